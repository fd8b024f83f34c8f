"""Songs as files, one beside another and one after another."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from chromasonic.music import Melody, Note
from chromasonic.rendering.song import PAUSE, in_a_row, write_song


def sound_of(stem: Path, *pitches: int) -> bytes:
    write_song(stem, Melody(tuple(Note(beat, 1.0, pitch) for beat, pitch in enumerate(pitches)), qpm=120.0))
    return stem.with_suffix(".ogg").read_bytes()


def test_several_songs_are_one_with_a_breath_between(tmp_path: Path) -> None:
    sounds = [sound_of(tmp_path / "low", 48, 50), sound_of(tmp_path / "high", 84, 86, 88)]
    lengths = [len(soundfile.read(io.BytesIO(sound))[0]) for sound in sounds]
    whole, begins = in_a_row(sounds)
    heard, rate = soundfile.read(io.BytesIO(whole))
    assert begins == pytest.approx([0.0, lengths[0] / rate + PAUSE])
    assert len(heard) == pytest.approx(sum(lengths) + 2 * PAUSE * rate, abs=rate // 100)
    assert (
        loudest_frequency(heard[: rate // 2], rate)
        < 200
        < 900
        < loudest_frequency(heard[round(begins[1] * rate) :][: rate // 2], rate)
    )


def loudest_frequency(sound: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum)) * rate / len(sound)
