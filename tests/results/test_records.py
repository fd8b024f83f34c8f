"""What a search's plain records say of themselves."""

import pytest

from chromasonic.results.records import NEARLY_ALL, SearchState, new_bests


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
    "trials, expected, share, n_tried",
    [
        ([], 100, 0.0, 0),
        ([("resting", 3), ("running", 1), ("pruned", 1)], 100, 0.05, 2),  # all by their epochs
        ([("complete", 12)], 180, 1 / 9, 1),  # trained to its end, however soon that came
        ([("complete", 20)], 90, 0.2, 1),  # 20 of 20 + 8 / 9 of 90
        ([("interrupted", 9), ("waiting", 0)], 100, 0.0, 0),
        ([("complete", 20)] * 9, 10, NEARLY_ALL, 9),  # never all before it is over
    ],
)
def test_where_trials_rest_all_count_by_their_epochs(search, trial, trials, expected, share, n_tried):
    made = [trial(at, 2.0, state, curve=[2.0] * epochs) for at, (state, epochs) in enumerate(trials)]
    record = search(
        made, n_trials=9, epochs=20, state=SearchState.RUNNING, strategy="resuming", epochs_expected=expected
    )
    assert record.share_done(0.0) == record.share_trained == pytest.approx(share)
    assert record.n_tried == n_tried


def test_where_trials_rest_those_that_were_given_up_tell_which_setting_matters_too(search, trial):
    made = [
        trial(0, 2.0),
        trial(1, 2.2, "pruned"),
        trial(2, 2.3, "resting"),
        trial(3, None, "failed"),
        trial(4, 2.4, "running"),
    ]
    assert search(made, strategy="median").n_telling == 1
    assert search(made, strategy="resuming").n_telling == 3
    assert search(made, strategy="resuming").enough_for_importance == 60
