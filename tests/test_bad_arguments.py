"""What the library is given that it cannot take: the class of the error, and its words, in one table."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chromasonic.errors import (
    ChromasonicError,
    DeviceError,
    MusicFileError,
    MusicSetError,
    RenderingError,
    SettingsError,
)
from chromasonic.melody_generation.generation import GenerationConfig, generate_tokens
from chromasonic.melody_generation.hyperparameter_search import HyperparameterSearchSpace
from chromasonic.melody_generation.models import MODEL_FAMILIES, GRUMelodyModel
from chromasonic.melody_generation.training import create_training_data, resolve_device
from chromasonic.music import Melody, Meter, Note
from chromasonic.music.midi import write_midi
from chromasonic.music.reading import read_file
from chromasonic.music.sets import delete_music_set, load_music_set
from chromasonic.rendering.audio import render_audio

TUNE = Melody((Note(0, 1, 60), Note(1, 1, 62)))
SIZES = {"vocab_size": 8, "embedding_dim": 8, "hidden_size": 8, "num_layers": 1, "dropout": 0.0}
NO_SIZE = (0, -1, 1.5, math.nan, "x", None, True, [1])


@pytest.mark.parametrize("family", MODEL_FAMILIES)
@pytest.mark.parametrize(
    "field, value",
    [*((field, value) for field in list(SIZES)[:4] for value in NO_SIZE),
     *(("dropout", value) for value in (-0.1, 1, math.nan, "x", None, [0.1]))],
)  # fmt: skip
def test_a_model_of_impossible_size_is_refused_by_its_field(family: str, field: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=f"^{field}: is .+, but (must be|a model needs|it is a share)"):
        MODEL_FAMILIES[family](**{**SIZES, field: value})


@pytest.mark.parametrize(
    "field, value",
    [
        *(("temperature", value) for value in (0, -1, math.nan, math.inf, "x", None)),
        *(("qpm", value) for value in (0, -1, math.nan, math.inf, "x", None)),
        *(("top_k", value) for value in (0, -1, 1.5, "x")),
        *(("top_p", value) for value in (0, 2, math.nan, "x")),
        *(("bars", value) for value in (0, -1, 1.5, 10**9, "x", None)),
        *(("variations", value) for value in (0, -1, 10**9, "x", None)),
        *(("seed", value) for value in (1.5, "x", None)),
        *(("meter", value) for value in (None, "4/4", (4, 4), Meter(0, 4), Meter(4, 0), Meter(1, 10**6))),
    ],
)
def test_a_way_to_sing_that_cannot_be_is_refused_by_its_field(field: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=f"^{field}: is "):
        GenerationConfig(**{field: value})


@pytest.mark.parametrize(
    "field, arguments",
    [
        ("num_sequences", (-1, 16, 88, 0.8)), ("num_sequences", (1, 16, 88, 0.8)),
        ("num_sequences", ("a", 16, 88, 0.8)),
        ("num_sequences", (10.5, 16, 88, 0.8)), ("num_sequences", (None, 16, 88, 0.8)),
        ("sequence_length", (10, 0, 88, 0.8)), ("vocab_size", (10, 16, 0, 0.8)), ("vocab_size", (10, 16, 1, 0.8)),
        ("train_split", (10, 16, 88, 0)), ("train_split", (10, 16, 88, 1)), ("train_split", (10, 16, 88, 1.5)),
        ("train_split", (10, 16, 88, math.nan)), ("train_split", (10, 16, 88, "x")),
    ],
)  # fmt: skip
def test_practice_melodies_that_cannot_be_are_refused_by_their_field(field: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(SettingsError, match=f"^{field}: is "):
        create_training_data(*arguments)


@pytest.mark.parametrize(
    "field, opening, n_tokens",
    [("opening", [], 3), ("opening", [-1], 3), ("opening", ["a"], 3), ("opening", [1.5], 3), ("opening", None, 3),
     ("n_tokens", [1], -1), ("n_tokens", [1], "x"), ("n_tokens", [1], 1.5)],
)  # fmt: skip
def test_tokens_that_cannot_be_gone_on_from_are_refused(field: str, opening: Any, n_tokens: Any) -> None:
    with pytest.raises(SettingsError, match=f"^{field}: is "):
        generate_tokens(GRUMelodyModel(**SIZES), GenerationConfig(), opening, n_tokens)


CALLS: dict[str, tuple[Callable[[], object], type[ChromasonicError], str]] = {
    "a device that is not there": (lambda: resolve_device("cuda:99"), DeviceError, "no device “cuda:99” on this"),
    "a device that is none": (lambda: resolve_device("piano"), DeviceError, "no device “piano” on this"),
    "an unknown instrument": (lambda: render_audio(TUNE, instrument="kazoo"), RenderingError, "called kazoo. Choose"),
    "no sample rate": (lambda: render_audio(TUNE, sample_rate=0), RenderingError, "sample rate of 0 cannot be played"),
    "a billion samples": (lambda: render_audio(TUNE, sample_rate=10**9), RenderingError, "Choose 4,000 to 192,000"),
    "nothing to play": (lambda: render_audio(Melody(())), RenderingError, "has no notes to play"),
    "a track that is not there": (
        lambda: read_file("a.mid", write_midi(TUNE), track=-1), MusicFileError, "no track -1: this file has tracks 0"),
    "a set that is not there": (lambda: load_music_set(Path("nowhere"), "mine"), MusicSetError, "no music set called"),
    "a set that is gone": (lambda: delete_music_set(Path("nowhere"), "mine"), MusicSetError, "no music set called"),
    "a space that is none": (
        lambda: HyperparameterSearchSpace(num_layers_range=(3, 1)), SettingsError, "num_layers_range: needs the lower"),
    "epochs that are none": (
        lambda: HyperparameterSearchSpace(num_epochs=0), SettingsError, "num_epochs: needs a whole number from 1 to"),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_what_cannot_be_taken_is_said_in_words(name: str) -> None:
    call, kind, says = CALLS[name]
    with pytest.raises(kind) as caught:
        call()
    assert says in str(caught.value)
