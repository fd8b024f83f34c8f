"""What the Progress page says of how a search stands."""

from datetime import UTC, datetime

import pytest

from chromasonic.results.records import Epoch, SearchRecord, SearchState, TrialRecord, TrialState, Turn
from chromasonic.ui.progress_view import counts, how_to_read_history

TURN = Turn(datetime(2026, 11, 24, tzinfo=UTC), None)


def record_of(states, state=SearchState.RUNNING):
    trials = [
        TrialRecord(
            number=number,
            state=TrialState(name.removesuffix(" again")),
            params={},
            curve=(Epoch(1, 2.0),),
            turns=(TURN,) if name.endswith(" again") else (),
        )
        for number, name in enumerate(states)
    ]
    return SearchRecord(name="Reels", state=state, trials=tuple(trials), n_trials=60, epochs=8)


@pytest.mark.parametrize(
    "states, told",
    [
        ([], "No trial has begun yet."),
        (["running"], "Not counted yet: 1 training now."),
        (["complete", "complete", "failed"], "Tried: 2 finished, 1 failed."),
        (["complete", "resting", "running again"], "Tried: 1 finished, 1 resting, 1 going on after a rest."),
        (
            ["resting", "running", "running again"],
            "Tried: 1 resting, 1 going on after a rest. Not counted yet: 1 training now.",
        ),
        (
            ["pruned", "interrupted"],
            "Tried: 1 stopped early (*pruned*). Not counted yet: 1 interrupted (their settings get another try).",
        ),
    ],
)
def test_what_is_counted_adds_up_to_the_number_of_trials_tried(states, told):
    record = record_of(states)
    assert counts(record) == told
    tried = told.partition("Not counted")[0]
    assert sum(int(word) for word in tried.split() if word.isdigit()) == record.n_tried


def test_while_a_search_is_paused_nothing_is_said_to_train():
    running, paused = (
        record_of(["resting", "running", "running again"], state) for state in (SearchState.RUNNING, SearchState.PAUSED)
    )
    assert counts(paused) == "Tried: 1 resting, 1 paused after a rest. Not counted yet: 1 paused."
    assert "◆ trains now" in how_to_read_history(running)
    assert "◆ paused" in how_to_read_history(paused) and "train" not in how_to_read_history(paused)
