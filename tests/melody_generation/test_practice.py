from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from chromasonic.errors import SettingsError
from chromasonic.melody_generation.models.ngram import fit_ngram
from chromasonic.melody_generation.training import create_training_data


@pytest.mark.parametrize("vocab_size", [2, 3, 5, 12, 13, 37, 88, 128, 1000])
@pytest.mark.parametrize("sequence_length", [1, 2, 7, 16, 100])
def test_every_melody_has_the_asked_length_and_vocabulary(sequence_length: int, vocab_size: int) -> None:
    train, validation = create_training_data(20, sequence_length, vocab_size, 0.8)
    assert len(train) + len(validation) == 20
    assert all(len(melody) == sequence_length for melody in train + validation)
    assert all(0 <= token < vocab_size for melody in train + validation for token in melody)


@pytest.mark.parametrize(
    "num_sequences, train_split, sizes",
    [(500, 0.8, (400, 100)), (10, 0.75, (8, 2)), (2, 0.5, (1, 1)), (2, 0.99, (1, 1)), (5, 0.01, (1, 4))],
)
def test_train_split_is_the_share_for_training(num_sequences: int, train_split: float, sizes: tuple[int, int]) -> None:
    train, validation = create_training_data(num_sequences, 16, 88, train_split)
    assert (len(train), len(validation)) == sizes


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sequence_length, vocab_size", [(1, 2), (2, 2), (1, 88), (4, 3), (16, 88)])
def test_no_melody_is_on_both_sides_however_few_there_are(sequence_length: int, vocab_size: int, seed: int) -> None:
    train, validation = create_training_data(40, sequence_length, vocab_size, 0.8, seed)
    assert train and validation
    assert not {tuple(melody) for melody in train} & {tuple(melody) for melody in validation}


def test_a_seed_gives_the_same_melodies_and_another_seed_others() -> None:
    assert create_training_data(20, 16, 88, 0.8, seed=3) == create_training_data(20, 16, 88, 0.8, seed=3)
    assert create_training_data(20, 16, 88, 0.8, seed=3) != create_training_data(20, 16, 88, 0.8)


def test_melodies_keep_to_a_scale_of_seven_notes() -> None:
    train, _ = create_training_data(50, 64, 88, 0.8)
    assert all(len({token % 12 for token in melody}) <= 7 for melody in train)
    assert len({frozenset(token % 12 for token in melody) for melody in train}) > 10  # in many keys


def test_melodies_move_by_step_more_than_by_leap_and_lie_in_the_middle() -> None:
    train, _ = create_training_data(50, 64, 128, 0.8)
    moves = Counter(min(abs(after - before), 5) for melody in train for before, after in pairwise(melody))
    assert moves[1] + moves[2] > moves[5]
    assert all(40 <= token <= 88 for melody in train for token in melody)


def test_phrases_come_back() -> None:
    train, _ = create_training_data(50, 64, 88, 0.8)
    for melody in train:
        bars = Counter(tuple(melody[start : start + 4]) for start in range(61))
        assert max(bars.values()) >= 2


def test_there_is_something_to_learn_and_more_for_those_who_remember() -> None:
    train, validation = create_training_data(500, 32, 88, 0.8)
    shuffled = [Random(0).sample(melody, len(melody)) for melody in validation]
    model = fit_ngram(train, validation, 88)
    assert model.order > 1
    assert model.loss(validation) < 0.9 * model.truncated(1).loss(validation)
    assert model.loss(validation) < model.loss(shuffled)


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"num_sequences": 1}, "^num_sequences: needs a .*, but is 1"),
        ({"num_sequences": 2.5}, "^num_sequences: needs a .*, but is 2.5"),
        ({"sequence_length": 0}, "^sequence_length: needs a .*, but is 0"),
        ({"vocab_size": 1}, "^vocab_size: needs a .*, but is 1"),
        ({"train_split": 0}, "^train_split: needs a .*, but is 0"),
        ({"train_split": 1.0}, "^train_split: needs a .*, but is 1.0"),
        ({"train_split": float("nan")}, "^train_split: needs a .*, but is nan"),
    ],
)
def test_bad_arguments_are_named_with_their_value(changed: dict[str, Any], message: str) -> None:
    arguments = {"num_sequences": 10, "sequence_length": 16, "vocab_size": 88, "train_split": 0.8}
    with pytest.raises(SettingsError, match=message):
        create_training_data(**{**arguments, **changed})
