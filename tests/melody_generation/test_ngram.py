from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chromasonic.errors import NotEnoughMusicError
from chromasonic.melody_generation.datasets import SearchData
from chromasonic.melody_generation.generation import GenerationConfig, generate
from chromasonic.melody_generation.models.ngram import (
    MAX_ORDER,
    BackoffNgram,
    NgramSinger,
    compute_baselines,
    fit_ngram,
)
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.music.melody import Melody

# Do re mi do, do re mi fa: after do always re; after re always mi; after mi once do, once fa.
DO, RE, MI, FA, SO = range(5)
TUNES = [[DO, RE, MI, DO], [DO, RE, MI, FA]]


def probability(model: BackoffNgram, history: list[int], token: int) -> float:
    """How likely the model holds `token` after `history`, which is not empty."""
    return float(model.probabilities([[*history, token]])[-1, -1])


@pytest.mark.parametrize(
    "order, history, token, expected",
    [
        # Targets are re mi do re mi fa: six of four kinds; unseen mass goes to the uniform guess 1/5.
        (1, [DO], RE, (2 + 4 * 1 / 5) / (6 + 4)),
        (1, [DO], SO, (0 + 4 * 1 / 5) / (6 + 4)),
        # After do came re, twice, one kind.
        (2, [DO], RE, (2 + 1 * 0.28) / (2 + 1)),
        (2, [DO], SO, (0 + 1 * 0.08) / (2 + 1)),
        # Nothing ever followed fa or so: left to the shorter history.
        (2, [FA], RE, 0.28),
        (2, [SO], RE, 0.28),
        (3, [SO, DO], RE, (2 + 1 * 0.28) / (2 + 1)),
    ],
)
def test_probabilities_worked_out_by_hand(order: int, history: list[int], token: int, expected: float) -> None:
    assert probability(BackoffNgram.fit(TUNES, order, 5), history, token) == pytest.approx(expected)


@given(
    st.lists(st.lists(st.integers(0, 4), max_size=12), max_size=6),
    st.lists(st.integers(0, 4), min_size=1, max_size=10),
    st.integers(1, MAX_ORDER),
)
@settings(max_examples=50, deadline=None)
def test_whatever_was_heard_the_probabilities_sum_to_one(
    sequences: list[list[int]], history: list[int], order: int
) -> None:
    model = BackoffNgram.fit(sequences, order, 5)
    assert sum(probability(model, history, token) for token in range(5)) == pytest.approx(1)


@given(
    st.lists(st.lists(st.integers(0, 4), max_size=12), max_size=6),
    st.lists(st.integers(0, 4), min_size=1, max_size=10),
    st.integers(1, MAX_ORDER),
)
@settings(max_examples=50, deadline=None)
def test_what_may_follow_is_as_likely_as_when_it_did(sequences: list[list[int]], heard: list[int], order: int) -> None:
    model = BackoffNgram.fit(sequences, order, 5)
    expected = [probability(model, heard, token) for token in range(5)]
    assert model.following(np.array([heard, heard])).tolist() == [pytest.approx(expected)] * 2


def test_counting_sings_in_the_same_grammar_and_what_it_has_heard(melody: Callable[..., Melody]) -> None:
    tune = melody([60, 62, 64, 65, 67, 65, 64, 62] * 2, [1, 0.5, 0.5, 1, 1, 0.5, 0.5, 3] * 2)
    model = BackoffNgram.fit([VOCABULARY.encode(tune)] * 20, MAX_ORDER, VOCABULARY.size)
    (sung,) = generate(NgramSinger(model), GenerationConfig(bars=4, temperature=0.1))
    assert sung.notes == tune.notes
    (wild,) = generate(NgramSinger(model), GenerationConfig(bars=4, temperature=5.0))
    assert wild.notes != tune.notes and 12 < wild.duration <= 16


@given(
    st.lists(st.lists(st.integers(0, 3), max_size=9), max_size=5),
    st.lists(st.lists(st.integers(0, 3), max_size=9), max_size=5),
    st.integers(1, 5),
)
@settings(max_examples=50, deadline=None)
def test_arrays_count_as_the_formula_does(train: list[list[int]], heard: list[list[int]], order: int) -> None:
    counts: Counter[tuple[int, ...]] = Counter()
    for tune in train:
        for place in range(1, len(tune)):
            counts.update(tuple(tune[place - n : place + 1]) for n in range(min(order - 1, place) + 1))

    def by_formula(history: tuple[int, ...], token: int) -> float:
        shorter = by_formula(history[1:], token) if history else 1 / 4
        followers = [counts[(*history, other)] for other in range(4)]
        kinds = sum(count > 0 for count in followers)
        return (counts[(*history, token)] + kinds * shorter) / (sum(followers) + kinds) if kinds else shorter

    expected = [
        by_formula(tuple(tune[max(0, place - order + 1) : place]), tune[place])
        for tune in heard
        for place in range(1, len(tune))
    ]
    assert list(BackoffNgram.fit(train, order, 4).probabilities(heard)[-1]) == pytest.approx(expected)


def test_the_loss_counts_every_token_after_the_first() -> None:
    model = BackoffNgram.fit(TUNES, 2, 5)
    steps = [([DO], RE), ([DO, RE], MI), ([SO], FA)]
    expected = -sum(math.log(probability(model, *step)) for step in steps) / 3
    assert model.loss([[DO, RE, MI], [SO, FA], [MI], []]) == pytest.approx(expected)


def test_the_order_is_chosen_on_validation() -> None:
    """Where each token is mostly the sum of the two before it, three in a row say all; in noise, nothing does."""
    rng = Random(0)

    def sums() -> list[int]:
        tune = [rng.randrange(7), rng.randrange(7)]
        while len(tune) < 30:
            tune.append((tune[-1] + tune[-2] + rng.choice((0, 0, 0, 1, 3))) % 7)
        return tune

    assert fit_ngram([sums() for _ in range(40)], [sums() for _ in range(40)], 7).order == 3
    noise = [[rng.randrange(7) for _ in range(30)] for _ in range(80)]
    assert fit_ngram(noise[:40], noise[40:], 7).order == 1


def test_baselines_are_told_for_validation_and_for_the_test_tunes() -> None:
    data = SearchData(TUNES, TUNES[:1], TUNES[1:], 5, 16, "Do re mi", melodic=False)
    baselines = compute_baselines(data)
    model = BackoffNgram.fit(TUNES, baselines.ngram_order, 5)
    assert baselines.uniform == baselines.test_uniform == pytest.approx(math.log(5))
    assert baselines.ngram == pytest.approx(model.loss(TUNES[:1]))
    assert baselines.test_ngram == pytest.approx(model.loss(TUNES[1:]))
    without = compute_baselines(SearchData(TUNES, TUNES, [], 5, 16, "Do re mi", melodic=False))
    assert without.test_ngram is None and without.test_uniform is None


def test_a_model_that_heard_nothing_guesses_blindly() -> None:
    assert BackoffNgram.fit([], 3, 5).loss(TUNES) == pytest.approx(math.log(5))


def test_nothing_to_measure_on_is_said_so() -> None:
    with pytest.raises(NotEnoughMusicError, match="no two tokens"):
        BackoffNgram.fit(TUNES, 2, 5).loss([[DO], []])


def test_the_losses_of_all_tunes_add_up_to_the_loss() -> None:
    tunes = [[0, 1, 2, 0, 1], [2, 2], [0], [1, 0, 2]]
    model = BackoffNgram.fit(tunes[:1], 2, vocab_size=3)
    losses = model.losses_of_each(tunes)
    assert len(losses) == 3  # nothing follows a single token
    assert sum(losses) / (4 + 1 + 2) == pytest.approx(model.loss(tunes))
