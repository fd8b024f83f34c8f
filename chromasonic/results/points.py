"""Trials as points of a chart: their loss, what to read when pointing at one, and as many as a screen can show."""

from __future__ import annotations

import heapq
import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from chromasonic.languages import current, say
from chromasonic.languages.retelling import retold
from chromasonic.results.records import Measured, SearchRecord, TrialRecord, TrialState
from chromasonic.results.words import NAMES, STATES, curve_loss, duration, settings_of

Item = TypeVar("Item")

MOST_POINTS = 300  # of one state in one chart
MOST_STEPS = 6  # of a search that found a new best twenty times: the first, the last, and some between


@dataclass(frozen=True)
class Points:
    """Trials as points; the three lists run in step."""

    numbers: list[int]
    losses: list[float]  # nats per token
    notes: list[str]  # what to read when pointing at one

    def __len__(self) -> int:
        return len(self.numbers)


Groups = dict[TrialState, list[Measured]]
"""The trials that have a loss to show, by state and number."""


def measured(search: SearchRecord) -> Groups:
    """The trials that have a loss to show, gathered in one pass: a search may have thousands."""
    groups: Groups = {state: [] for state in TrialState}
    for trial in search.trials:
        if trial.measured is not None:
            groups[trial.state].append(trial.measured)
    return groups


def thinned(trials: Sequence[Measured]) -> list[Measured]:
    """At most about `MOST_POINTS`, by number: the best, the latest, and an even share of the rest."""
    if len(trials) <= MOST_POINTS:
        return list(trials)
    third = MOST_POINTS // 3
    kept = {
        shown.number: shown for shown in [*heapq.nsmallest(third, trials), *trials[-third:], *spread(trials, third)]
    }
    return [kept[number] for number in sorted(kept)]


def spread(items: Sequence[Item], most: int) -> list[Item]:
    """At most `most` of the items, evenly spread."""
    return list(items[:: max(1, math.ceil(len(items) / most))])


def thinned_steps(steps: list[TrialRecord]) -> list[TrialRecord]:
    """At most `MOST_STEPS` of them, evenly spread, the first and the last among them."""
    if len(steps) <= MOST_STEPS:
        return steps
    stride = (len(steps) - 1) / (MOST_STEPS - 1)
    return [steps[round(place * stride)] for place in range(MOST_STEPS)]


def points_of(trials: Sequence[Measured]) -> Points:
    """The trials as points."""
    return Points([t.number for t in trials], [t.loss for t in trials], [note_on(t.trial) for t in trials])


def note_on(trial: TrialRecord) -> str:
    """What to read when pointing at a trial: made once, for a live chart shows the same hundreds again and again."""
    language = current()
    if language not in trial.notes:
        trial.notes[language] = _note_on(trial)
    return trial.notes[language]


def _note_on(trial: TrialRecord) -> str:
    loss = curve_loss(trial)
    lines = [say("<b>Trial {number}</b> · {state}", number=trial.number, state=STATES[trial.state])]
    if loss is not None:
        lines.append(
            say("validation loss {loss:.3f} (epoch {epoch})", loss=loss, epoch=trial.best_epoch)
            if trial.best_epoch
            else say("validation loss {loss:.3f}", loss=loss)
        )
    if trial.reason and trial.state is not TrialState.PRUNED:
        lines.append(html.escape(retold(trial.reason)[:100]))
    if trial.training_time is not None:
        lines.append(say("trained for {time}", time=duration(trial.training_time)))
    lines += [f"{NAMES.get(key, key)} {value}" for key, value in settings_of(trial)]
    return "<br>".join(lines)
