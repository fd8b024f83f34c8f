"""How much of a search is still to be trained: the one place where that is foretold, before it begins and during it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

GO_ON = 0.65
"""Share of those that come to a rung which go on from it, before a search shows its own. More than one in two: who
led for a while has gone on as well, and the sampler finds better settings as it learns. Of 21 real searches 0.65 and
0.67 went on from the two rungs, 0.54 to 0.76 of each (docs/performance.md)."""

_GO_ON_SAYS = 16
_SHARE_SAYS = 8
"""So many trials of a search tell as much as what is expected of all searches: on a rung, and where none rests."""


class Begun(NamedTuple):
    """How far a trial is that has begun."""

    epochs: int  # trained
    has_ended: bool  # it will not be trained further
    is_complete: bool = False  # it was trained to its end, however soon that came


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What is asked of a search, as far as it says how much there is to train."""

    n_trials: int
    epochs: int  # of each trial, at most
    rungs: tuple[int, ...] = ()  # epochs after which trials rest; none where they do not
    share: float = 1.0  # of its epochs that a trial trains where none rests, before a search shows its own

    def epochs_left(self, begun: Sequence[Begun] = ()) -> float:
        """Epochs that all trials together have still to train, when these have `begun`.

        Where trials rest, as many go on from each rung as have done so, and at first as is usual; where they do not, a
        new one is trained for as long as those that have ended.
        """
        return sum(self._left_by_rung(begun)) if self.rungs else self._left_of_each(begun)

    def turns_left(self, begun: Sequence[Begun] = ()) -> float:
        """How often a trial has still to begin or to go on."""
        came = self._will_come(begun)
        return max(0.0, sum(came) - sum(trial.epochs > rung for trial in begun for rung in (0, *self.rungs)))

    def epochs_on_the_clock(self, begun: Sequence[Begun] = (), at_once: int = 1) -> float:
        """How many epochs pass until all are trained, so many trials `at_once`; those that train last train alone."""
        last_stretch = (self.epochs - max(self.rungs, default=0)) / 2
        left = self.epochs_left(begun)
        return left / at_once + min(last_stretch, left) * (at_once - 1) / at_once

    def _will_come(self, begun: Sequence[Begun]) -> list[float]:
        """How many trials in all begin, and come to go on from each rung."""
        came = [float(max(self.n_trials, len(begun)))]
        for rung in self.rungs:
            reached, beyond = (sum(trial.epochs >= least for trial in begun) for least in (rung, rung + 1))
            share = (beyond + _GO_ON_SAYS * GO_ON) / (reached + _GO_ON_SAYS)
            came.append(max(beyond, share * came[-1]))
        return came

    def _left_by_rung(self, begun: Sequence[Begun]) -> list[float]:
        left = []
        for came, low, high in zip(self._will_come(begun), (0, *self.rungs), (*self.rungs, self.epochs), strict=True):
            trained = [high if trial.is_complete else min(high, trial.epochs) for trial in begun]
            left.append(max(0.0, came * (high - low) - sum(max(0, epochs - low) for epochs in trained)))
        return left

    def _left_of_each(self, begun: Sequence[Begun]) -> float:
        ended = [trial.epochs for trial in begun if trial.has_ended]
        usual = (sum(ended) + _SHARE_SAYS * self.share * self.epochs) / (len(ended) + _SHARE_SAYS)
        under_way = [trial.epochs for trial in begun if not trial.has_ended]
        of_those = sum((self.epochs if epochs >= usual else usual) - epochs for epochs in under_way)
        return of_those + usual * max(0, self.n_trials - len(begun))
