"""What a search's plain records say of themselves."""

from datetime import UTC, datetime, timedelta

import pytest

from chromasonic.results.records import NEARLY_ALL, SearchState, Turn, new_bests
from chromasonic.results.workload import Workload


@pytest.mark.parametrize(
    "state, epochs_of_the_second, elapsed, timeout, share",
    [
        ("running", 0, 0.0, None, 0.25),  # one of four trials
        ("running", 10, 0.0, None, 0.375),  # and half of the next
        ("running", 10, 90.0, 100.0, 0.9),  # but nearly all of the time
        ("stopped", 0, 250.0, 100.0, 1.0),  # never more than all
        ("finished", 0, 0.0, None, 1.0),  # whatever ended it
    ],
)
def test_what_is_done_counts_trials_by_their_epochs_or_the_time(
    search, trial, state, epochs_of_the_second, elapsed, timeout, share
):
    running = trial(1, None, "running", curve=[2.0] * epochs_of_the_second)
    made = search([2.5, running], n_trials=4, epochs=20, timeout=timeout, state=SearchState(state))
    assert made.share_done(elapsed) == share


@pytest.mark.parametrize(
    "losses, numbers",
    [
        ([], []),
        ([None, None], []),
        ([2.5, 2.6, 2.1, 2.1, None, 1.9], [0, 2, 5]),  # an equal loss is no new best
        ([None, 2.5, 3.0], [1]),
    ],
)
def test_each_new_best_is_a_step_on_the_way_to_the_winner(search, losses, numbers):
    made = search(losses)
    assert [trial.number for trial in new_bests(made)] == numbers
    assert (new_bests(made) or [None])[-1] == made.best


@pytest.mark.parametrize(
    "losses, finished, numbers",
    [
        ([1.8, 2.5, 2.0, 1.5], [40, 10, 20, 30], [1, 2, 3]),  # the first began first, and went on after a long rest
        ([1.8, 2.5, 2.0], [None, 10, 20], [0]),
        ([1.8, 1.8], [20, 10], [1, 0]),  # of equal losses the first trial counts as the best, whenever it finished
    ],
)
def test_new_bests_go_by_the_time_at_which_each_finished(search, trial, losses, finished, numbers):
    def at(second):
        return second and datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=second)

    pairs = enumerate(zip(losses, finished, strict=True))
    made = search([trial(number, loss, finished=at(second)) for number, (loss, second) in pairs])
    assert [one.number for one in new_bests(made)] == numbers
    assert new_bests(made)[-1] == made.best


@pytest.mark.parametrize(
    "trials, share, n_tried",
    [
        ([], 0.0, 0),
        ([("running", 1)], 1 / 4.447, 0),  # left: an epoch of the other, and of two 10.4 / (1 + 16) = 61 % two more
        ([("resting", 1), ("pruned", 1)], 2 / 4.311, 2),  # 10.4 / (2 + 16) = 58 % of two go on
        ([("complete", 2), ("pruned", 1)], 4 / 4.533, 2),  # it was trained to its end; (1 + 10.4) / 18 = 63 % go on
        ([("interrupted", 3), ("waiting", 0)], 0.0, 0),
        ([("failed", 0), ("complete", 3)], 3 / 3.0, 2),  # nothing comes of the first
    ],
)
def test_where_trials_rest_all_count_by_their_epochs(search, trial, trials, share, n_tried):
    made = [trial(at, 2.0, state, curve=[2.0] * epochs) for at, (state, epochs) in enumerate(trials)]
    work = Workload(n_trials=2, epochs=3, rungs=(1,))
    record = search(made, n_trials=2, epochs=3, state=SearchState.RUNNING, strategy="resuming", workload=work)
    share = min(NEARLY_ALL, share)  # never all before it is over
    assert record.share_done(0.0) == record.share_trained == pytest.approx(share, abs=1e-3)
    assert record.n_tried == n_tried


@pytest.mark.parametrize(
    "trials, timeout, pace, left",
    [
        ([], None, None, None),
        ([], 100.0, None, 70.0),  # no more is known than the limit
        ([("complete", 10)], None, None, None),
        ([("complete", 10)], None, 2.0, 2 * 30),
        ([("complete", 10)], 100.0, 2.0, 60.0),
        ([("complete", 10)], 100.0, 3.0, 70.0),  # the limit comes sooner
        ([("complete", 10), ("running", 5), ("running", 5)], None, 2.0, 2 * (20 + 5) / 2),  # 5: the last trains alone
    ],
)
def test_the_time_left_follows_from_what_is_left_to_train_and_from_the_limit(
    search, trial, trials, timeout, pace, left
):
    made = [trial(at, 2.0, state, curve=[2.0] * epochs) for at, (state, epochs) in enumerate(trials)]
    record = search(made, n_trials=4, epochs=10, state=SearchState.RUNNING, timeout=timeout)
    assert record.time_left(30.0, pace) == (left if left is None else pytest.approx(left))


@pytest.mark.parametrize(
    "trials, pace",
    [
        ([], None),
        ([("complete", 10)], 3.0),
        ([("complete", 10), ("running", 5), ("running", 5)], 3.0),  # two trained 10 epochs each
    ],
)
def test_the_mean_pace_is_that_of_each_trial_in_training(search, trial, trials, pace):
    made = [trial(at, 2.0, state, curve=[2.0] * epochs) for at, (state, epochs) in enumerate(trials)]
    assert search(made, n_trials=4, epochs=10, state=SearchState.RUNNING).mean_pace(30.0) == pace


def test_trials_that_another_search_trained_do_not_make_this_one_look_fast(search, trial):
    taken = [trial(number, 2.0, curve=[2.0] * 10, is_carried=True) for number in range(3)]
    assert search([*taken, trial(3, 2.0, curve=[2.0] * 10)], epochs=10).mean_pace(30.0) == 3.0


@pytest.mark.parametrize("n_trials, seconds", [(4, 0.0), (6, 60.0)])
def test_the_time_for_more_trials_is_told_by_the_pace_so_far(search, trial, n_trials, seconds):
    made = [trial(at, 2.0, curve=[2.0] * 10) for at in range(4)]
    assert search(made, epochs=10, total_time=120.0).time_for(n_trials) == pytest.approx(seconds)
    assert search([], total_time=0.0).time_for(n_trials) is None


def test_where_trials_rest_those_that_were_given_up_tell_which_setting_matters_too(search, trial):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    made = [
        trial(0, 2.0),
        trial(1, 2.2, "pruned"),
        trial(2, 2.3, "resting"),
        trial(3, None, "failed"),
        trial(4, 2.4, "running"),
        trial(5, 2.5, "running", turns=(Turn(at, at), Turn(at, None))),
    ]
    assert search(made, strategy="median").n_telling == 1
    assert search(made, strategy="resuming").n_telling == 4


def test_default_settings_that_the_clock_cut_short_are_compared_with_nothing(search, trial):
    assert search([trial(0, 2.2), 2.0]).untuned.number == 0
    assert search([trial(0, 2.2, cut_by_time=True), 2.0]).untuned is None


def test_a_trial_that_goes_on_after_a_rest_stays_among_those_that_were_tried(search, trial):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    first, again = trial(0, 2.0, "running"), trial(1, 2.0, "running", turns=(Turn(at, at), Turn(at, None)))
    assert search([first, again], state=SearchState.RUNNING).n_tried == 1
