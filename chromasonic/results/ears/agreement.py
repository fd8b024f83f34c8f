"""Do your ears and the loss agree? Kendall's tau-b between strengths and losses, with an interval.

Source: M. G. Kendall, The treatment of ties in ranking problems, Biometrika 33 (1945), 239–251. The interval is what
95 % of the strengths that are still possible give: drawn from their posterior, each held against the losses. So it
tells what is not known about the ears; the songs are taken as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from chromasonic.results.ears.strengths import Array, Strengths

FEWEST_SONGS = 5  # of four, one order in twenty-four is the very same by chance
_DRAWS = 2_000
_LITTLE = 0.5  # a tau below which ears and loss order songs nearly as if they knew nothing of each other


class Verdict(Enum):
    """What can be said."""

    AGREE = auto()
    DISAGREE = auto()
    UNRELATED = auto()


@dataclass(frozen=True)
class Agreement:
    """Kendall's tau-b: 1 where what is liked more always has the lower loss, −1 where it always has the higher."""

    tau: float
    low: float
    high: float
    n_songs: int

    @property
    def verdict(self) -> Verdict | None:
        """What can be said; None while that is nothing."""
        if self.low > -_LITTLE and self.high < _LITTLE:
            return Verdict.UNRELATED
        if self.low > 0:
            return Verdict.AGREE
        return Verdict.DISAGREE if self.high < 0 else None


def agreement(known: Strengths, losses: Mapping[int, float], seed: int = 0) -> Agreement | None:
    """How far the order by ear is that by loss; None for fewer than `FEWEST_SONGS`, or losses that are all the same."""
    held = -np.array([losses[number] for number in known.songs])
    if len(held) < FEWEST_SONGS or np.ptp(held) == 0:
        return None
    drawn = np.random.default_rng(seed).multivariate_normal(known.means, known.covariance, _DRAWS, method="eigh")
    low, high = np.quantile(kendall_tau_b(drawn, held), (0.025, 0.975))
    (tau,) = kendall_tau_b(known.means[None, :], held)
    return Agreement(float(tau), float(low), float(high), len(held))


def kendall_tau_b(orders: Array, other: Array) -> Array:
    """Of each row of `orders` (d, n) with `other` (n,): (concordant − discordant) / √(pairs untied in each), (d,).

    An order in which all are tied has none: NaN.
    """
    first, second = np.triu_indices(len(other), 1)
    signs: NDArray[np.float64] = np.sign(orders[:, first] - orders[:, second])  # (d, pairs)
    held: NDArray[np.float64] = np.sign(other[first] - other[second])  # (pairs,)
    untied = np.abs(signs).sum(axis=1) * np.abs(held).sum()
    result: Array = np.divide(signs @ held, np.sqrt(untied), out=np.full(len(orders), np.nan), where=untied > 0)
    return result
