"""Whether a difference on the held-out tunes is real, or luck with these tunes.

The tunes that are held out are a few of all those that might have been. The bootstrap draws as many again from them,
with repeats, a few thousand times, and looks how far the figure moves (B. Efron and R. J. Tibshirani, An Introduction
to the Bootstrap, 1993, ch. 13: the percentile interval). What two models reach is compared on the same drawn tunes, so
that a tune which is hard for both does not blur what lies between them (P. Koehn, Statistical significance tests for
machine translation evaluation, EMNLP 2004: the paired bootstrap). Whole tunes are drawn, for the notes of one tune are
alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from chromasonic.languages import Translated, figure, say
from chromasonic.results.records import Interval, TestScores
from chromasonic.results.words import count

CONFIDENCE = 0.95
ENOUGH_TO_TELL = 10  # tunes; of fewer the bootstrap sees too little of what tunes can be like
DRAWS = 4000

RIVALS = Translated(
    {
        "untuned": "the default settings",
        "ngram": "counting what follows what",
        "uniform": "guessing blindly",
        "alone": "the best model alone",
    }
)


def interval(losses: Sequence[float], n_targets: Sequence[int]) -> Interval:
    """The loss per token over all tunes, of which `losses` (nats, summed) and `n_targets` (tokens) tell each."""
    import numpy as np  # not every page that reads records needs it

    nats, tokens = np.asarray(losses, dtype=np.float64), np.asarray(n_targets, dtype=np.float64)
    n = len(nats)
    drawn = np.random.default_rng(0).integers(0, n, (DRAWS, n))  # always the same, or a reload would change a verdict
    means = nats[drawn].sum(1) / tokens[drawn].sum(1)
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(value=float(nats.sum() / tokens.sum()), low=float(low), high=float(high), n_tunes=n)


def better_by(losses: Sequence[float], rivals: Sequence[float], n_targets: Sequence[int]) -> Interval:
    """How much lower the loss per token is than a rival's on the same tunes, in nats; below 0 it is higher."""
    return interval([theirs - ours for ours, theirs in zip(losses, rivals, strict=True)], n_targets)


def is_real(difference: Interval) -> bool:
    """Whether the difference has one sign with 95 % confidence, and enough tunes to say so."""
    return difference.n_tunes >= ENOUGH_TO_TELL and (difference.low > 0 or difference.high < 0)


def verdict(rival: str, difference: Interval) -> str:
    """One sentence for one of RIVALS: how large the difference is, and whether it is real."""
    name, tunes = RIVALS[rival], count(difference.n_tunes, "test tune")
    size = say(
        "{value:.2f} ± {half:.2f} nats per token",
        value=abs(difference.value),
        half=(difference.high - difference.low) / 2,
    )
    if difference.n_tunes < ENOUGH_TO_TELL:
        return say("Whether it is better than {name}: {tunes} are too few to tell.", name=name, tunes=tunes)
    if not is_real(difference):
        return say(
            "As good as {name}, as far as {tunes} can show (a difference of {size}).", name=name, tunes=tunes, size=size
        )
    return say(
        "Better than {name} by {size}; with 95 % confidence the difference is real."
        if difference.value > 0
        else "Worse than {name} by {size}; with 95 % confidence the difference is real.",
        name=name,
        size=size,
    )


def verdicts(test: TestScores) -> list[str]:
    """A sentence for each rival that the best model was compared with, tune by tune; one where tunes are too few."""
    few = max((found.n_tunes for found in test.better_by.values() if found.n_tunes < ENOUGH_TO_TELL), default=0)
    if few:
        return [say("{tunes}: too few to tell whether these differences are real.", tunes=count(few, "test tune"))]
    return [verdict(rival, test.better_by[rival]) for rival in RIVALS if rival in test.better_by]


def spread_in_words(found: Interval) -> str:
    """`2.14 (with 95 % confidence 2.05 to 2.23)`; of one tune alone, which can tell nothing of others, `2.14`."""
    if found.n_tunes < 2 or not math.isfinite(found.value):
        return figure(f"{found.value:.2f}")
    return say(
        "{value:.2f} (with 95 % confidence {low:.2f} to {high:.2f})", value=found.value, low=found.low, high=found.high
    )
