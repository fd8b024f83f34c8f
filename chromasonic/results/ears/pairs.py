"""Which two songs to compare next: the pair whose answer tells most, every song heard about equally often.

What an answer tells is the growth of the information about all strengths (D-optimality): with the chance p of either
answer and the variance v of the difference in strength, log(1 + p (1 − p) v). It is large for songs that are close and
little known. Source: M. E. Glickman and S. T. Jensen, Adaptive paired comparison design, J. Stat. Plan. Inference 127
(2005), 279–293.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from chromasonic.results.ears.comparisons import Comparison, times_heard
from chromasonic.results.ears.strengths import Array, preferred, strengths

ENOUGH = 3
"""Answers about one pair, after which another adds next to nothing."""

MOST_SONGS = 10
"""Songs that take part: with more, each would be heard too seldom before one is tired."""

_NEARLY = 0.02  # what tells less than the best pair by so small a share is drawn by lot, so that not all start alike


def taking_part(losses: Mapping[int, float], heard: Sequence[int]) -> list[int]:
    """Of the songs with `losses`, those to compare: the best of all, those `heard` before, and others.

    At most `MOST_SONGS`, unless more were heard; the others evenly from the best loss to the worst. By number.
    """
    chosen = {number for number in heard if number in losses}
    chosen.update(sorted(losses, key=lambda number: (losses[number], number))[:1])  # a new winner joins, however late
    others = [number for number in sorted(losses, key=lambda number: (losses[number], number)) if number not in chosen]
    room = MOST_SONGS - len(chosen)
    if room > 0 and others:
        places = [round(place * (len(others) - 1) / max(1, room - 1)) for place in range(room)]
        chosen.update(others[place] for place in places)
    return sorted(chosen)


def is_exhausted(comparisons: Sequence[Comparison], songs: Sequence[int]) -> bool:
    """Whether each two of the `songs` have been compared `ENOUGH` times."""
    asked = Counter(comparison.pair for comparison in comparisons)
    return all(asked[frozenset(pair)] >= ENOUGH for pair in combinations(songs, 2))


def next_pair(comparisons: Sequence[Comparison], songs: Sequence[int], seed: int) -> tuple[int, int]:
    """The song on the left and the one on the right of the next comparison; of two songs at least.

    One of the two is among those heard least; the same pair never comes twice in a row, unless there is no other. The
    sides are thrown for, so that neither says anything; a pair that comes again has changed sides.
    """
    chance = np.random.default_rng([seed, len(comparisons)])
    latest = comparisons[-1].pair if comparisons else frozenset()
    pairs = [pair for pair in combinations(sorted(songs), 2) if set(pair) != latest] or [(min(songs), max(songs))]
    heard = times_heard(comparisons)
    seldom = min(heard[song] for pair in pairs for song in pair)
    usual = sorted(heard[song] for song in songs)[len(songs) // 2]
    ceiling = max(seldom + 1, usual)
    pairs = [pair for pair in pairs if seldom in (heard[pair[0]], heard[pair[1]])]
    pairs = [pair for pair in pairs if max(heard[pair[0]], heard[pair[1]]) <= ceiling] or pairs
    told = _told_by(comparisons, songs, pairs)
    best = max(told)
    left, right = chance.permutation(
        pairs[chance.choice([place for place, gain in enumerate(told) if gain >= best * (1 - _NEARLY)])]
    )
    before = next((one for one in reversed(comparisons) if one.pair == {left, right}), None)
    if before is not None:
        left, right = before.right, before.left
    return int(left), int(right)


def _told_by(comparisons: Sequence[Comparison], songs: Sequence[int], pairs: Sequence[tuple[int, int]]) -> list[float]:
    """What the answer about each pair would tell, in nats."""
    known = strengths(comparisons, songs)
    place = {number: at for at, number in enumerate(songs)}
    return [_gain(known.means, known.covariance, place[one], place[other]) for one, other in pairs]


def _gain(means: Array, covariance: Array, one: int, other: int) -> float:
    chance = float(preferred(means[one] - means[other]))
    variance = covariance[one, one] + covariance[other, other] - 2 * covariance[one, other]
    return math.log1p(chance * (1 - chance) * float(variance))
