"""When trials trained, in seconds of searching: pauses, and the idle hours between two sittings, are taken out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from chromasonic.results.records import SearchRecord, SearchState, TrialRecord, TrialState, Turn

IDLE = 30.0  # seconds without any trial that count as a rest


def turns_of(search: SearchRecord, now: datetime | None = None) -> list[tuple[datetime, datetime, TrialRecord]]:
    """Start and end of each turn, from rest to rest, of all trials that have begun; in the order of their starts.

    By the clock a trial may have taken far longer than it trained: it waited through a pause, or its search was killed
    and noticed that the next day. Such a trial ends here when it would have without that.
    """
    pace = search.mean_pace(search.total_time) or 0.0
    begun = []
    for trial in search.trials:
        turns = trial.turns or ((Turn(trial.started, trial.finished),) if trial.started else ())
        left = _trained(trial, search, pace)  # seconds
        for turn in turns:
            end = max(turn.start, turn.end or now or datetime.now(UTC))
            if turn is turns[-1] and (end - turn.start).total_seconds() > left + IDLE:
                end = turn.start + timedelta(seconds=left)
            left = max(0.0, left - (end - turn.start).total_seconds())
            begun.append((turn.start, end, trial))
    return sorted(begun, key=lambda entry: (entry[0], entry[2].number))


def _trained(trial: TrialRecord, search: SearchRecord, pace: float) -> float:
    """For how many seconds `trial` trained, or at most, as far as is known; `pace` in seconds for each epoch."""
    if trial.state is TrialState.RUNNING and search.state is not SearchState.PAUSED:
        return search.total_time
    if trial.state in (TrialState.RUNNING, TrialState.INTERRUPTED):
        return pace * trial.epochs_run
    if trial.training_time is None:
        return math.inf if trial.finished else 0.0
    return trial.training_time


def without_rests(spans: Sequence[tuple[datetime, datetime]]) -> tuple[list[tuple[float, float]], list[float]]:
    """Start and end of each span in seconds since the first began, and where the rests were that were taken out.

    `spans` are in the order of their starts, and none ends before it starts.
    """
    placed: list[tuple[float, float]] = []
    rests: list[float] = []
    skipped, busy_until = timedelta(), None
    for started, finished in spans:
        origin = spans[0][0]
        if busy_until is not None and (started - busy_until).total_seconds() > IDLE:
            rests.append((busy_until - origin - skipped).total_seconds())
            skipped += started - busy_until
        busy_until = finished if busy_until is None else max(busy_until, finished)
        placed.append(((started - origin - skipped).total_seconds(), (finished - origin - skipped).total_seconds()))
    return placed, rests
