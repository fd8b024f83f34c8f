"""Arguments that are well each by itself and cannot be taken together: the class of the error, and its words.

What no single argument can be stands in `test_doors.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from chromasonic.errors import (
    ChromasonicError,
    ModelError,
    MusicFileError,
    MusicSetError,
    RenderingError,
    SettingsError,
)
from chromasonic.melody_generation.generation import GenerationConfig, generate, generate_tokens
from chromasonic.melody_generation.hyperparameter_search import HyperparameterSearchSpace
from chromasonic.melody_generation.models import GRUMelodyModel, TransformerMelodyModel, set_output_bias
from chromasonic.melody_generation.training import Corpus, create_training_data
from chromasonic.music import Melody, Note
from chromasonic.music.midi import write_midi
from chromasonic.music.reading import read_file
from chromasonic.music.sets import delete_music_set, load_music_set
from chromasonic.rendering.audio import render_audio

TUNE = Melody((Note(0, 1, 60), Note(1, 1, 62)))
SMALL = GRUMelodyModel(vocab_size=8, embedding_dim=8, hidden_size=8, num_layers=1, dropout=0.0)
HOW = GenerationConfig()


class Silent(nn.Module):
    """A model of somebody's own that answers with something else than logits."""

    def forward(self, tokens: Tensor) -> str:
        return "la la la"


class Broken(nn.Module):
    """A model of somebody's own that knows three tokens, and falls over any other."""

    def forward(self, tokens: Tensor) -> Tensor:
        return torch.eye(3)[tokens]


CALLS: dict[str, tuple[Callable[[], object], type[ChromasonicError], str]] = {
    "practice for years": (
        lambda: create_training_data(100_000, 100_000, 88, 0.8), SettingsError, "num_sequences: is 100000, which with"),
    "a model that no machine holds": (
        lambda: TransformerMelodyModel(1_000_000, 8192, 8192, 64, 0.0), SettingsError, "hidden_size: is 8192, which"),
    "a token outside the vocabulary": (
        lambda: Corpus([[1, 8]], context=4, vocab_size=8), SettingsError, "vocab_size: is 8, so token ids go from 0"),
    "counts of other music": (lambda: set_output_bias(SMALL, torch.ones(9)), ModelError, "The model knows 8 tokens"),
    "a model of other things than music": (lambda: generate(SMALL, HOW), ModelError, "This model knows 8 tokens, but"),
    "a melody for such a model": (lambda: generate(SMALL, HOW, TUNE), ModelError, "This model knows 8 tokens, but"),
    "an opening of other music": (
        lambda: generate_tokens(SMALL, HOW, [1, 8], 3), SettingsError, "opening: needs token ids from 0 to 7, but is"),
    "a model that says something else": (
        lambda: generate(Silent(), HOW), ModelError, "should answer with logits (B, T, V) or (B, V), but a str came"),
    "a model that falls over a token": (
        lambda: generate_tokens(Broken(), HOW, [7], 3), ModelError, "The model raised IndexError for tokens of shape"),
    "nothing to play": (lambda: render_audio(Melody(())), RenderingError, "has no notes to play"),
    "a track that is not there": (
        lambda: read_file("a.mid", write_midi(TUNE), track=-1), MusicFileError, "no track -1: this file has tracks 0"),
    "a set that is not there": (lambda: load_music_set(Path("nowhere"), "mine"), MusicSetError, "no music set called"),
    "a set that is gone": (lambda: delete_music_set(Path("nowhere"), "mine"), MusicSetError, "no music set called"),
    "a space without a size in it": (
        lambda: HyperparameterSearchSpace(hidden_size_range=(33, 63)), SettingsError, "hidden_size_range: needs a mul"),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_what_cannot_be_taken_together_is_said_in_words(name: str) -> None:
    call, kind, says = CALLS[name]
    with pytest.raises(kind) as caught:
        call()
    assert says in str(caught.value)
