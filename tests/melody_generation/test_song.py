"""Every model of a search sings from the same opening, so that what one hears apart is the settings."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
import torch

from chromasonic.errors import ModelError, RenderingError
from chromasonic.melody_generation.datasets import SearchData, load_data, prepare, save_data
from chromasonic.melody_generation.models import MODEL_FAMILIES
from chromasonic.melody_generation.song import sing
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.music import Melody, Meter, Note
from chromasonic.music.melody import interval_shape
from chromasonic.music.midi import read_midi
from chromasonic.rendering.song import write_song

MakeMelody = Callable[..., Melody]


@pytest.fixture
def data() -> SearchData:
    """Ten waltzes that are all different."""
    return prepare(
        [
            Melody(
                tuple(Note(float(beat), 1.0, 60 + (tune * beat * beat + beat) % 13) for beat in range(24)),
                title=f"Waltz {tune}", meter=Meter(3, 4), qpm=140.0,
            )
            for tune in range(1, 11)
        ],
        "Waltzes",
    )  # fmt: skip


def tiny(seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    return MODEL_FAMILIES["gru"](vocab_size=VOCABULARY.size, embedding_dim=8, hidden_size=16, num_layers=1, dropout=0.0)


def test_it_opens_as_a_tune_that_no_model_learned_and_goes_on_in_its_meter_and_tempo(data: SearchData) -> None:
    assert data.opening is not None
    song = sing(tiny(0), data)
    n_given = len(data.opening.notes)
    assert song.notes[:n_given] == data.opening.notes
    assert VOCABULARY.encode(data.opening)[:-1] in [tokens[: 2 * n_given + 1] for tokens in data.validation]
    assert (song.meter, song.qpm, song.title) == (Meter(3, 4), 140.0, f"{data.opening.title}, continued")
    assert song.bars == 2 + 11  # 33 beats


def test_only_the_model_makes_a_difference(data: SearchData) -> None:
    assert sing(tiny(0), data) == sing(tiny(0), data)
    assert sing(tiny(0), data) != sing(tiny(1), data)


def test_the_opening_travels_with_the_data(data: SearchData, tmp_path: Path) -> None:
    save_data(tmp_path / "data.json.gz", data)
    assert load_data(tmp_path / "data.json.gz") == data


def test_data_that_has_no_opening_yet_is_sung_from_nothing(data: SearchData) -> None:
    older = SearchData.from_json({name: value for name, value in data.to_json().items() if name != "opening"})
    assert older.opening is None
    assert sing(tiny(0), older).bars == 8


def test_practice_sequences_are_no_song(data: SearchData) -> None:
    with pytest.raises(ModelError, match="Waltzes is no music"):
        sing(tiny(0), replace(data, melodic=False))


def test_it_is_written_as_notes_and_as_sound(data: SearchData, tmp_path: Path) -> None:
    song = sing(tiny(0), data)
    write_song(tmp_path / "songs" / "trial-00003", song)
    again = read_midi((tmp_path / "songs/trial-00003.mid").read_bytes(), "trial-00003.mid")
    assert interval_shape(again) == interval_shape(song)
    assert (again.title, again.meter, round(again.qpm or 0)) == (song.title, song.meter, 140)
    sound, rate = soundfile.read(io.BytesIO((tmp_path / "songs/trial-00003.ogg").read_bytes()))
    assert len(sound) / rate > song.seconds
    assert 0.5 < abs(sound).max() <= 1.0


def test_silence_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(RenderingError):
        write_song(tmp_path / "silence", Melody(()))
    assert not list(tmp_path.glob("silence*"))
