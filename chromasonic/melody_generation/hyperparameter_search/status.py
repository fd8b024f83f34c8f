"""How a run stands: plain records for a page that asks every second, and the clock behind them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from chromasonic.results.records import SearchState

from .space import Params


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
    remaining: float | None  # seconds, by the pace so far; None before the first trial has ended
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
