"""How much a search has still to train, checked by eye."""

import pytest

from chromasonic.results.workload import Begun, Workload

RESTING = Workload(n_trials=40, epochs=9, rungs=(1, 3))  # of 40 each 1 epoch, of 52 % of them 2, of 52 % of those 6
PLAIN = Workload(n_trials=10, epochs=20)


def test_before_a_search_has_begun_its_trials_go_on_as_is_usual():
    assert RESTING.epochs_left() == pytest.approx(40 + 20.8 * 2 + 10.816 * 6)
    assert RESTING.turns_left() == pytest.approx(40 + 20.8 + 10.816)
    assert PLAIN.epochs_left() == 10 * 20
    assert PLAIN.turns_left() == 10


def test_what_goes_on_more_often_in_a_search_is_expected_to_do_so_to_its_end():
    few = [Begun(1, False)] * 12
    many = [Begun(3, False)] * 12
    # 28 begin; of 40 go on (0 + 8 × 0.52) / (12 + 8) = 20.8 %, or (12 + 4.16) / 20 = 80.8 %, of which 12 have
    assert RESTING.epochs_left(few) == pytest.approx(28 + 8.32 * 2 + 8.32 * 0.52 * 6)
    assert RESTING.epochs_left(many) == pytest.approx(28 + (32.32 - 12) * 2 + 32.32 * 0.208 * 6)
    assert RESTING.turns_left(many) == pytest.approx(28 + 32.32 - 12 + 32.32 * 0.208)


@pytest.mark.parametrize("rungs", [(), (1, 3)])
def test_nothing_is_left_once_all_are_trained_to_their_end(rungs):
    work = Workload(n_trials=3, epochs=9, rungs=rungs)
    ended = [Begun(9, True, True), Begun(9, True, True), Begun(4, True, True)]
    assert work.epochs_left(ended) == work.epochs_on_the_clock(ended, at_once=2) == 0


@pytest.mark.parametrize(
    ("begun", "left"),
    [
        ([], 200),
        ([Begun(5, False)], 195),
        ([Begun(20, True, True)] * 5, 100),
        ([Begun(2, True)] * 8, 2 * 11),  # as long as (8 × 2 + 8 × 20) / 16
        ([Begun(2, True)] * 8 + [Begun(15, False)], 5 + 11),  # beyond where others end it goes to its end
        ([Begun(20, True, True)] * 12, 0),  # more were begun than asked
    ],
)
def test_where_none_rests_a_trial_is_trained_as_long_as_those_before(begun, left):
    assert PLAIN.epochs_left(begun) == left


def test_those_that_train_last_train_alone():
    assert PLAIN.epochs_on_the_clock() == 200
    assert PLAIN.epochs_on_the_clock(at_once=2) == 100 + 10 / 2
    last = [*[Begun(20, True, True)] * 9, Begun(16, False)]
    assert PLAIN.epochs_on_the_clock(last, at_once=2) == 4
