"""Do your ears and the loss agree? Kendall's tau-b between strengths and losses, with an interval.

Source: M. G. Kendall, The treatment of ties in ranking problems, Biometrika 33 (1945), 239–251. The interval is what
95 % of the strengths that are still possible give: drawn from their posterior, each held against the losses. So it
tells what is not known about the ears; the songs are taken as they are.

Strengths that know nothing of the losses would take it for likely, before the first answer, that ears and loss have
little to do with each other. So here the prior is impartial: strengths may follow the order of the losses, or the
reverse of it, by as much as each of `TIES` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from chromasonic.results.ears.comparisons import Comparison
from chromasonic.results.ears.strengths import PRIOR_SDS, Array, weighed, wins_of

FEWEST_SONGS = 5  # of four, one order in twenty-four is the very same by chance
TIES = (0.0, 0.5, 0.9)
"""Shares of the variance of strengths that may follow the losses, each as likely before the first answer."""

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


def agreement(comparisons: Sequence[Comparison], losses: Mapping[int, float], seed: int = 0) -> Agreement | None:
    """How far the order by ear is that of the songs' `losses`, after `comparisons` of them.

    None for fewer than `FEWEST_SONGS`, or losses that are all the same.
    """
    songs = sorted(losses)
    held = -np.array([losses[number] for number in songs])
    if len(held) < FEWEST_SONGS or np.ptp(held) == 0:
        return None
    order = _scaled_ranks(held)
    own, shared = np.eye(len(songs)), np.outer(order, order)
    priors = [sd**2 * ((1 - tie) * own + tie * shared) for sd in PRIOR_SDS for tie in TIES]
    weights, known = weighed(wins_of(comparisons, songs), priors)
    chance = np.random.default_rng(seed)
    drawn = [
        chance.multivariate_normal(one.means, one.covariance, n_draws, method="eigh")
        for one, n_draws in zip(known, chance.multinomial(_DRAWS, weights), strict=True)
    ]
    low, tau, high = np.quantile(kendall_tau_b(np.concatenate(drawn), held), (0.025, 0.5, 0.975))
    return Agreement(float(tau), float(low), float(high), len(held))


def _scaled_ranks(values: Array) -> Array:
    """The place of each value (n,) in their order, scaled to mean 0 and variance 1; equal ones share a place."""
    ranks = np.sign(values[:, None] - values[None, :]).sum(axis=1)
    result: Array = ranks / ranks.std()
    return result


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
