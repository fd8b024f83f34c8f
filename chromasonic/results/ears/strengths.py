"""How much each song is liked, from comparisons of two: the model of Bradley and Terry, with its uncertainty.

Each song has a strength u, and song i is preferred to song j with the chance 1 / (1 + exp(u_j − u_i)). Sources:
R. A. Bradley and M. E. Terry, Rank analysis of incomplete block designs I, Biometrika 39 (1952), 324–345; for the prior
F. Caron and A. Doucet, Efficient Bayesian inference for generalized Bradley–Terry models, J. Comput. Graph. Stat. 21
(2012), 174–196. “Can't say” counts as half a win for each; R. R. Davidson, J. Am. Stat. Assoc. 65 (1970), 317–328,
gives ties a parameter of their own, which a few dozen answers cannot fill.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chromasonic.results.ears.comparisons import Answer, Comparison

Array = NDArray[np.floating[Any]]

PRIOR_SDS = (0.5, 1.0, 2.0, 4.0)
"""How far strengths may spread before anything was heard, each as likely: from a listener who hardly prefers any song
to one who always does. Without a prior, a song that has won each time would be infinitely good; with a single one the
intervals of whoever is otherwise would be too narrow.
"""
NORMAL_95 = 1.959964  # standard deviations to either side that hold 95 % of a normal distribution
_MOST_STEPS, _CLOSE = 100, 1e-9  # of Newton's method, which takes about six


@dataclass(frozen=True)
class Strengths:
    """The strength of each song against the mean of all, and what is not known about it."""

    songs: tuple[int, ...]  # the numbers of their trials
    means: Array  # (n,), in logits, summing to 0
    covariance: Array  # (n, n)

    @property
    def sds(self) -> Array:
        """The standard error of each (n,)."""
        return np.sqrt(np.diag(self.covariance))

    def interval(self, place: int) -> tuple[float, float]:
        """Between what the strength of the song at `place` lies with a chance of 95 %."""
        reach = NORMAL_95 * float(self.sds[place])
        return float(self.means[place]) - reach, float(self.means[place]) + reach


def strengths(
    comparisons: Sequence[Comparison], songs: Sequence[int], prior_sds: Sequence[float] = PRIOR_SDS
) -> Strengths:
    """The strengths of `songs` after `comparisons`; those with other songs do not count.

    The most probable ones a posteriori (MAP) under independent normal priors, with the covariance from the Hessian
    there (Laplace's approximation); averaged over `prior_sds`, each with the weight that the answers give it (its
    evidence). Before the first comparison all are 0.
    """
    wins, prior = wins_of(comparisons, songs), np.eye(len(songs))
    weights, known = weighed(wins, [prior * sd**2 for sd in prior_sds])
    means = sum(weight * one.means for weight, one in zip(weights, known, strict=True))
    covariance = sum(
        weight * (one.covariance + np.outer(one.means - means, one.means - means))
        for weight, one in zip(weights, known, strict=True)
    )
    centre = prior - 1 / max(1, len(songs))
    return Strengths(tuple(songs), centre @ means, centre @ covariance @ centre)


def wins_of(comparisons: Sequence[Comparison], songs: Sequence[int]) -> Array:
    """How often the song of each row (n, n) was preferred to that of each column; “can't say” is half of one each."""
    places = {number: place for place, number in enumerate(songs)}
    wins = np.zeros((len(songs), len(songs)))
    for comparison in comparisons:
        if not comparison.pair <= places.keys():
            continue
        left, right = places[comparison.left], places[comparison.right]
        share = {Answer.LEFT: 1.0, Answer.RIGHT: 0.0, Answer.CANNOT_SAY: 0.5}[comparison.answer]
        wins[left, right] += share
        wins[right, left] += 1 - share
    return wins


@dataclass(frozen=True)
class Posterior:
    """What is known after some answers, as a normal distribution."""

    means: Array  # (n,)
    covariance: Array  # (n, n)
    evidence: float  # the logarithm of the chance of those answers under the prior


def weighed(wins: Array, priors: Sequence[Array]) -> tuple[Array, list[Posterior]]:
    """What is known under each of `priors`, and how likely the answers make each: weights that sum to 1."""
    known = [most_probable(wins, prior) for prior in priors]
    evidence = np.array([one.evidence for one in known])
    weights: Array = np.exp(evidence - evidence.max())
    return weights / weights.sum(), known


def most_probable(wins: Array, prior: Array) -> Posterior:
    """The most probable strengths and their covariance, by Newton's method.

    Args:
        wins: as of `wins_of`, (n, n).
        prior: covariance of the strengths before anything was heard, (n, n); their mean is 0.
    """
    precision = np.linalg.inv(prior)
    games = wins + wins.T

    def logarithm(u: Array) -> float:
        """Of the posterior density, up to a constant."""
        return float(-(wins * np.logaddexp(0, u[None, :] - u[:, None])).sum() - u @ precision @ u / 2)

    def curvature(u: Array) -> Array:
        chances = preferred(u[:, None] - u[None, :])
        information = games * chances * (1 - chances)
        result: Array = np.diag(information.sum(axis=1)) - information + precision
        return result

    u: Array = np.zeros(len(wins))
    for _ in range(_MOST_STEPS):
        slope = (wins - games * preferred(u[:, None] - u[None, :])).sum(axis=1) - precision @ u
        step = np.linalg.solve(curvature(u), slope)
        size = 1.0
        while logarithm(u + size * step) < logarithm(u) and size > _CLOSE:  # never downhill, as a full step may go
            size /= 2
        u += size * step
        if np.abs(step).max(initial=0.0) < _CLOSE:
            break
    information = curvature(u)
    evidence = logarithm(u) + (np.linalg.slogdet(precision)[1] - np.linalg.slogdet(information)[1]) / 2
    return Posterior(u, np.linalg.inv(information), float(evidence))


def preferred(difference: Array) -> Array:
    """The chance to be preferred with a strength higher by `difference`."""
    result: Array = (1 + np.tanh(difference / 2)) / 2  # the logistic function, which as tanh never overflows
    return result


def chance_against_the_mean(strength: float) -> float:
    """How often a song of that strength is preferred to a middling one, 0 to 1."""
    return (1 + math.tanh(strength / 2)) / 2
