"""The key of a melody, found by ear."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chromasonic.music.collections import load_collection
from chromasonic.music.key_finding import estimated_key
from chromasonic.music.melody import Key, Melody

MakeMelody = Callable[..., Melody]

FRERE_JACQUES = [60, 62, 64, 60, 60, 62, 64, 60, 64, 65, 67, 64, 65, 67]
GREENSLEEVES = [69, 72, 74, 76, 77, 76, 74, 71, 67, 69, 71, 72, 69, 69, 68, 69, 71, 68, 64]


@pytest.mark.parametrize(
    "pitches, key",
    [(FRERE_JACQUES, Key("C", "major")), (GREENSLEEVES, Key("A", "minor"))],
    ids=["Frère Jacques", "Greensleeves"],
)
def test_a_well_known_tune_is_in_its_key(pitches: list[int], key: Key, melody: MakeMelody) -> None:
    assert estimated_key(melody(pitches)) == key


@pytest.mark.parametrize("semitones", range(12))
def test_a_tune_moved_to_another_key_is_in_that_key(semitones: int, melody: MakeMelody) -> None:
    major = estimated_key(melody(FRERE_JACQUES).transposed(semitones))
    minor = estimated_key(melody(GREENSLEEVES).transposed(semitones))
    assert major and minor
    assert (major.mode, major.pitch_class) == ("major", semitones)
    assert (minor.mode, minor.pitch_class) == ("minor", (9 + semitones) % 12)
    assert max(abs(major.fifths), abs(minor.fifths)) <= 6  # never more signs in the signature than need be


def test_a_long_note_weighs_more_than_a_short_one(melody: MakeMelody) -> None:
    scale = [60, 62, 64, 65, 67, 69, 71]  # the same seven notes, once about C and once about A
    assert estimated_key(melody(scale, [4, 1, 2, 1, 3, 1, 1])) == Key("C", "major")
    assert estimated_key(melody(scale, [2, 1, 3, 1, 1, 4, 1])) == Key("A", "minor")


@pytest.mark.parametrize("pitches", [[], range(60, 72)], ids=["no notes", "all twelve alike"])
def test_where_no_key_stands_out_none_is_named(pitches: list[int], melody: MakeMelody) -> None:
    assert estimated_key(melody(list(pitches))) is None


@pytest.mark.slow
@pytest.mark.parametrize("name, least", [("ryans", 0.85), ("oneills", 0.85), ("airds", 0.85), ("bach", 0.55)])
def test_the_printed_key_is_named_as_often_as_promised(name: str, least: float, tmp_path: Path) -> None:
    tunes = [tune for tune in load_collection(name, tmp_path).melodies if tune.key and tune.key.mode in _MODES]
    right = sum(estimated_key(tune) == tune.key for tune in tunes)
    assert right / len(tunes) > least


_MODES = ("major", "minor")
