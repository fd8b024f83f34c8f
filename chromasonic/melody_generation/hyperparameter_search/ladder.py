"""Who rests and who goes on: successive halving without rounds; trials rest on rungs and keep what they learned.

Two rungs stand at shares of the asked epochs. A trial that comes to a rung rests there. Whoever is free looks at the
rungs from the higher one down: the best that rests on one goes on, if it is among the best 1/η of all that ever came
there. Where none is, one goes on that was stopped before its first rung; where there is none, new settings are begun.
That is ASHA (L. Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020), with trials that go on
where they were in place of new ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

RUNGS = (0.15, 0.6)
"""Where they stand, as shares of the epochs: below 15 % of them the order of the trials is still chance with some
families, and each further rung is one more wait before the best is trained to its end (docs/performance.md)."""

ETA = 2
"""One in so many goes on from a rung: sooner than 3 in replays (docs/performance.md)."""

PLACES = 12
"""So many may rest on one rung. Who is behind them is given up: before it could go on, all of them would have to."""


_BEFORE_THE_FIRST = 0


class Ladder:
    """The rungs, who came to each with which loss, and who rests where; trials are known by their numbers.

    Args:
        epochs: asked of each trial.
        eta: one in so many goes on.
    """

    def __init__(self, epochs: int, eta: int = ETA) -> None:
        places = {max(1, round(share * epochs)) for share in RUNGS}
        self.rungs = tuple(sorted(rung for rung in places if rung < epochs))
        self._eta = eta
        self._came: dict[int, dict[int, float]] = {rung: {} for rung in self.rungs}  # rung: number: loss
        self._resting: dict[int, int] = {}  # number: rung

    def come(self, number: int, losses: Sequence[float]) -> None:
        """Note how far trial `number` has come: its validation losses, one for each epoch from the first."""
        for rung in self.rungs:
            if rung <= len(losses):
                self._came[rung][number] = min(losses[:rung])

    def has_come(self, number: int) -> bool:
        """Whether trial `number` has come to a rung."""
        return any(number in came for came in self._came.values())

    def rest(self, number: int, epochs: int) -> None:
        """Trial `number` rests after so many epochs: on the highest rung that it has come to, or before the first."""
        self._resting[number] = max((rung for rung in self.rungs if rung <= epochs), default=_BEFORE_THE_FIRST)

    def leave(self, number: int) -> None:
        """Trial `number` rests no more: it goes on, or has ended."""
        self._resting.pop(number, None)

    def who_goes_on(self, *, is_last_call: bool = False) -> int | None:
        """The trial that is to go on now; None where new settings are to be begun.

        Args:
            is_last_call: no others will begin, so that at least one goes on from each rung.
        """
        for rung in reversed(self.rungs):
            came = self._came[rung]
            n_go_on = math.ceil(len(came) / self._eta) if is_last_call else len(came) // self._eta
            leading = sorted(came, key=lambda number: (came[number], number))[:n_go_on]
            if (best := next(iter(self._ranking(rung)), None)) in leading:
                return best
        return min((number for number, where in self._resting.items() if where == _BEFORE_THE_FIRST), default=None)

    def who_is_out(self) -> list[int]:
        """The trials that rest and will not go on, since so many better ones rest on the same rung."""
        return [number for rung in self.rungs for number in self._ranking(rung)[PLACES:]]

    def _ranking(self, rung: int) -> list[int]:
        """Who rests on `rung`, lowest loss first."""
        came = self._came[rung]
        here = [number for number, where in self._resting.items() if where == rung]
        return sorted(here, key=lambda number: (came[number], number))
