"""Do the intervals of a ranking by ear hold the truth as often as they say? Listeners who are made up, and asked.

Each prefers one song to another as Bradley and Terry say, with strengths that spread as given; the pairs are those the
page By ear would ask for. Losses follow the strengths half and half with chance. Of the 95 % intervals it is counted
how many hold the true strength, and the true Kendall's tau between strengths and losses.

    python benchmarks/ears.py
    python benchmarks/ears.py --listeners 200 --answers 12 24 48
"""

from __future__ import annotations

import argparse
import math
from datetime import UTC, datetime

import numpy as np

from chromasonic.results.ears.agreement import agreement, kendall_tau_b
from chromasonic.results.ears.comparisons import Answer, Comparison
from chromasonic.results.ears.pairs import next_pair
from chromasonic.results.ears.strengths import strengths

SPREADS = (0.5, 1.0, 2.0)  # logits: who hardly prefers one to another, … , who mostly does
NOW = datetime.now(UTC)


def listen(likes: np.ndarray, n_answers: int, chance: np.random.Generator, seed: int) -> list[Comparison]:
    """The answers of one listener."""
    comparisons: list[Comparison] = []
    for _ in range(n_answers):
        left, right = next_pair(comparisons, range(len(likes)), seed)
        prefers_left = chance.random() < 1 / (1 + math.exp(likes[right] - likes[left]))
        comparisons.append(Comparison(left, right, Answer.LEFT if prefers_left else Answer.RIGHT, NOW))
    return comparisons


def measure(n_songs: int, n_answers: int, spread: float, n_listeners: int) -> tuple[float, float, float]:
    """The share of intervals of strengths and of tau that hold the truth, and how often a verdict was given."""
    held, held_tau, told = 0, 0, 0
    for seed in range(n_listeners):
        chance = np.random.default_rng(seed)
        likes = chance.normal(0, spread, n_songs)
        losses = spread * chance.normal(0, 1, n_songs) - likes
        answers = listen(likes, n_answers, chance, seed)
        known = strengths(answers, range(n_songs))
        for place, truth in enumerate(likes - likes.mean()):
            low, high = known.interval(place)
            held += low <= truth <= high
        found = agreement(answers, dict(enumerate(losses)))
        assert found is not None
        (tau,) = kendall_tau_b(likes[None, :], -losses)
        held_tau += found.low <= tau <= found.high
        told += found.verdict is not None
    return held / n_listeners / n_songs, held_tau / n_listeners, told / n_listeners


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, default=8)
    parser.add_argument("--answers", type=int, nargs="+", default=[12, 24, 48])
    parser.add_argument("--listeners", type=int, default=100, help="of each kind (default: %(default)s)")
    options = parser.parse_args()
    print(f"{options.songs} songs, {options.listeners} listeners of each kind; how many 95 % intervals hold the truth")
    print(f"{'spread':>8} {'answers':>8} {'strength':>9} {'tau':>6} {'verdict given':>14}")
    for spread in SPREADS:
        for n_answers in options.answers:
            held, held_tau, told = measure(options.songs, n_answers, spread, options.listeners)
            print(f"{spread:>8} {n_answers:>8} {held:>9.1%} {held_tau:>6.0%} {told:>14.0%}", flush=True)


if __name__ == "__main__":
    main()
