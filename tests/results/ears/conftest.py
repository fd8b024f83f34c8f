"""Answers made by hand, and listeners who prefer as the model says."""

import math
import random
from datetime import UTC, datetime

import pytest

from chromasonic.results.ears.comparisons import Answer, Comparison
from chromasonic.results.ears.pairs import next_pair

WHEN = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def said():
    """`said("1>2 2=3")`: song 1 was preferred to 2, and of 2 and 3 nobody could say."""

    def make(text):
        answers = {">": Answer.LEFT, "<": Answer.RIGHT, "=": Answer.CANNOT_SAY}
        return [Comparison(int(one[0]), int(one[2]), answers[one[1]], WHEN) for one in text.split()]

    return make


@pytest.fixture
def listen():
    """`listen({1: 0.3, 2: -0.3}, 20)`: the answers of one who likes the songs so well."""

    def make(likes, n_comparisons, seed=0):
        chance, comparisons = random.Random(seed), []
        for _ in range(n_comparisons):
            left, right = next_pair(comparisons, list(likes), seed)
            prefers_left = chance.random() < 1 / (1 + math.exp(likes[right] - likes[left]))
            comparisons.append(Comparison(left, right, Answer.LEFT if prefers_left else Answer.RIGHT, WHEN))
        return comparisons

    return make
