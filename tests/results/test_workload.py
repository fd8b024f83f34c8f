"""How much a search has still to train, checked by eye."""

import pytest

from chromasonic.results.workload import Begun, Workload

RESTING = Workload(n_trials=40, epochs=9, rungs=(1, 3))  # of 40 each 1 epoch, of 65 % of them 2, of 65 % of those 6
PLAIN = Workload(n_trials=10, epochs=20)


def test_before_a_search_has_begun_its_trials_go_on_as_is_usual():
    assert RESTING.epochs_left() == pytest.approx(40 + 26 * 2 + 16.9 * 6)
    assert RESTING.turns_left() == pytest.approx(40 + 26 + 16.9)
    assert PLAIN.epochs_left() == 10 * 20
    assert PLAIN.turns_left() == 10


def test_what_goes_on_more_often_in_a_search_is_expected_to_do_so_to_its_end():
    few = [Begun(1, False)] * 16
    many = [Begun(3, False)] * 16
    # 24 begin; of 40 go on (0 + 16 × 0.65) / (16 + 16) = 32.5 %, or (16 + 10.4) / 32 = 82.5 %, of which 16 have
    assert RESTING.epochs_left(few) == pytest.approx(24 + 13 * 2 + 13 * 0.65 * 6)
    assert RESTING.epochs_left(many) == pytest.approx(24 + (33 - 16) * 2 + 33 * 0.325 * 6)
    assert RESTING.turns_left(many) == pytest.approx(24 + 33 - 16 + 33 * 0.325)


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
