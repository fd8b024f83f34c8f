"""How a run stands: plain records for a page that asks every second, and the clock behind them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from chromasonic.results.records import SearchState

from .space import Params

_ENOUGH = 5
"""So many epochs tell how fast a search is."""


@dataclass(frozen=True)
class CurrentTrial:
    """A trial in training, as the page shows it."""

    number: int
    family: str
    params: Params
    epoch: int  # epochs done
    epochs: int  # asked for
    validation_loss: float | None
    started: float  # time.monotonic()


@dataclass(frozen=True)
class RunnerStatus:
    """How a run stands, for a page that asks every second."""

    state: SearchState
    elapsed: float  # seconds of searching, pauses not counted
    pace: float | None  # seconds from epoch to epoch of each trial in training; None before there were a few
    current: tuple[CurrentTrial, ...]


class Stopwatch:
    """Seconds of searching; holds still while paused."""

    def __init__(self, elapsed: float = 0.0) -> None:
        self._before = elapsed
        self._since: float | None = None

    def go(self) -> None:
        """Start, or go on after a pause."""
        if self._since is None:
            self._since = time.monotonic()

    def pause(self) -> None:
        """Hold still."""
        self._before, self._since = self.elapsed(), None

    def elapsed(self) -> float:
        """Seconds gone by, pauses not counted."""
        since = self._since
        return self._before + (time.monotonic() - since if since is not None else 0.0)


class Pace:
    """Seconds from epoch to epoch of a trainer, with all that happens between two; its start is not counted.

    Args:
        before: that of the runs before, which says as much as a few epochs; None where there was none.
    """

    def __init__(self, before: float | None = None) -> None:
        self._before = before
        self._heard: dict[int, tuple[float, float, int]] = {}  # of each trainer: when first, when last, how often since

    def note(self, trainer: int, now: float) -> None:
        """A trainer has told of an epoch."""
        first, _, epochs = self._heard.get(trainer, (now, now, -1))
        self._heard[trainer] = first, now, epochs + 1

    @property
    def seconds(self) -> float | None:
        """The mean; None before there were a few: the first trials sing, for each leads those before it."""
        epochs = sum(since for _, _, since in self._heard.values())
        passed = sum(last - first for first, last, _ in self._heard.values())
        if self._before is not None:
            return (_ENOUGH * self._before + passed) / (_ENOUGH + epochs)
        return passed / epochs if epochs >= _ENOUGH else None
