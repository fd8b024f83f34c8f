"""What the buttons say from which one chooses a song."""

import pytest

from chromasonic.results.records import TrialRecord, TrialState
from chromasonic.ui.songs_view import losses_told


@pytest.mark.parametrize(
    "losses, told",
    [
        ([], []),
        ([2.4, 2.25], ["2.40", "2.25"]),
        ([0.9123, 0.8741, 0.8695, 0.8671], ["0.912", "0.874", "0.870", "0.867"]),  # 0.87 thrice
    ],
)
def test_losses_that_look_alike_with_two_decimals_are_told_with_three(losses, told):
    trials = [
        TrialRecord(number=at, state=TrialState.COMPLETE, params={}, best_validation_loss=loss)
        for at, loss in enumerate(losses)
    ]
    assert losses_told(trials) == told
