"""What no melody may bring into the house, whichever reader it came through."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from chromasonic.errors import MusicFileError
from chromasonic.music.finishing import finished
from chromasonic.music.melody import Key, Melody, Meter, Note, Repeat

TUNE = Melody((Note(0, 1, 60), Note(1, 1, 62)))


@pytest.mark.parametrize("qpm", [math.inf, math.nan, -5.0, 0.0, 9.9, 1001.0])
def test_a_tempo_that_no_one_plays_counts_as_none(qpm):
    assert finished(replace(TUNE, qpm=qpm), "tune").qpm is None
    assert finished(replace(TUNE, qpm=132.0), "tune").qpm == 132


@pytest.mark.parametrize("meter", [Meter(0, 4), Meter(-3, 4), Meter(300, 4), Meter(4, 3), Meter(4, 0)])
def test_a_meter_that_no_one_counts_counts_as_none(meter):
    assert finished(replace(TUNE, meter=meter, pickup=1.0), "tune") == TUNE


def test_a_key_that_no_one_writes_counts_as_none():
    assert finished(replace(TUNE, key=Key.from_fifths(99)), "tune").key is None
    assert finished(replace(TUNE, key=Key("C#")), "tune").key == Key("C#")


@pytest.mark.parametrize(
    "onsets, pickup, kept, pickup_kept",
    [
        ((0, 1), 0, (0, 1), 0),
        ((2, 3), 0, (2, 3), 0),  # a rest within the first bar
        ((9, 10), 0, (0, 1), 0),
        ((10, 12), 0, (1, 3), 0),
        ((0.5, 1), 1, (0.5, 1), 1),
        ((1, 2), 1, (0, 1), 0),  # a pickup of silence
        ((8, 9), 1, (1, 2), 0),
    ],
)
def test_silent_bars_before_the_first_note_are_left_out(onsets, pickup, kept, pickup_kept):
    late = Melody(tuple(Note(onset, 1, 60) for onset in onsets), meter=Meter(3, 4), pickup=pickup)
    tune = finished(late, "tune")
    assert tuple(each.onset for each in tune.notes) == kept
    assert tune.pickup == pickup_kept


def test_repeats_move_with_the_notes():
    late = Melody((Note(8, 1, 60), Note(9, 1, 62)), meter=Meter(4, 4), repeats=(Repeat(0, 4), Repeat(4, 12)))
    assert finished(late, "tune").repeats == (Repeat(0, 4),)


def test_notes_before_the_beginning_of_time_make_no_melody():
    with pytest.raises(MusicFileError, match="fewer than two notes have a place in time"):
        finished(Melody((Note(-9, 1, 60), Note(0, 1, 62))), "early.mid")


def test_music_without_end_is_refused_in_a_sentence():
    with pytest.raises(MusicFileError, match=r"long\.mid: this music lasts longer than 20,000 beats. Split it"):
        finished(Melody((Note(0, 1, 60), Note(1, 20_000, 62))), "long.mid")
