"""What a search's plain records say of themselves."""

import pytest

from chromasonic.results.records import SearchState


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
