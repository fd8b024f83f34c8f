"""What a melody is: notes in beats, with the words a musician would put above the staff.

A beat is a quarter note, whatever the meter. Onsets and durations are floats in beats; music from files lies on a grid
of `TICKS_PER_BEAT`, so `round(beats * TICKS_PER_BEAT)` gives an exact integer back.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

TICKS_PER_BEAT = 48
"""Grid of the whole house: divides a beat by 2, 3, 4, 6, 8, 12 and 16, which covers 99.97 % of 916k printed notes."""

_SHARPS = "FCGDAEB"
MODE_FIFTHS = {
    "major": 0, "ionian": 0, "mixolydian": -1, "dorian": -2, "minor": -3, "aeolian": -3, "phrygian": -4,
    "locrian": -5, "lydian": 1,
}  # fmt: skip


def to_ticks(beats: float) -> int:
    """The grid position nearest to `beats`."""
    return round(beats * TICKS_PER_BEAT)


def to_beats(ticks: int) -> float:
    """The length of `ticks` in beats."""
    return ticks / TICKS_PER_BEAT


class Note(NamedTuple):
    """One sounding event. Tens of thousands are made at once, hence the plain tuple."""

    onset: float  # beats from the start of the tune
    duration: float  # beats, > 0
    pitch: int  # MIDI number, 0-127; 60 is middle C
    velocity: int = 80  # 1-127

    @property
    def end(self) -> float:
        """Where the note stops, in beats."""
        return self.onset + self.duration


class Meter(NamedTuple):
    """A time signature: `beats` of a 1/`unit` note in a bar."""

    beats: int = 4
    unit: int = 4

    @property
    def bar_length(self) -> float:
        """Length of a bar in beats (quarter notes)."""
        return self.beats * 4 / self.unit

    def __str__(self) -> str:
        return f"{self.beats}/{self.unit}"


class Key(NamedTuple):
    """A tonality: a tonic such as "F#" or "Bb", and a mode such as "major" or "dorian"."""

    tonic: str = "C"
    mode: str = "major"

    @property
    def fifths(self) -> int:
        """Sharps (positive) or flats (negative) in the signature."""
        letter, accidentals = self.tonic[0], self.tonic[1:]
        major = _SHARPS.index(letter) - 1 + 7 * (accidentals.count("#") - accidentals.count("b"))
        return major + MODE_FIFTHS[self.mode]

    @property
    def pitch_class(self) -> int:
        """The tonic as a pitch class, 0-11, C being 0."""
        natural = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[self.tonic[0]]
        return (natural + self.tonic.count("#") - self.tonic[1:].count("b")) % 12

    @property
    def scale(self) -> frozenset[int]:
        """The pitch classes of its scale; in minor also the sixth and the seventh that are raised on the way up."""
        tones = {(7 * (self.fifths + place)) % 12 for place in range(-1, 6)}  # on the line of fifths, from its fourth
        raised = (9, 11) if self.mode in ("minor", "aeolian") else ()
        return frozenset(tones | {(self.pitch_class + semitones) % 12 for semitones in raised})

    @classmethod
    def from_fifths(cls, fifths: int, mode: str = "major") -> Key:
        """The key of that mode whose signature has `fifths` sharps (or flats, when negative)."""
        place = fifths - MODE_FIFTHS[mode] + 1  # place on the line of fifths, F being 0
        accidental = "#" * (place // 7) if place >= 0 else "b" * -(place // 7)
        return cls(_SHARPS[place % 7] + accidental, mode)

    def __str__(self) -> str:
        return f"{self.tonic.replace('#', '♯').replace('b', '♭')} {self.mode}"


class Repeat(NamedTuple):
    """A passage the score asks to play twice; the notes stand in the melody once."""

    start: float  # beats
    end: float  # beats


@dataclass(frozen=True, slots=True)
class Melody:
    """One tune: notes that do not overlap, in order of onset, with its provenance.

    What a file does not say is None (`key`, `meter`, `qpm`); `pickup` is the length of an incomplete first bar.
    """

    notes: tuple[Note, ...]
    title: str = ""
    key: Key | None = None
    meter: Meter | None = None
    qpm: float | None = None  # tempo: quarter notes per minute
    pickup: float = 0.0  # beats before the first full bar
    source: str = ""  # where the tune came from: file or collection, and the place in it
    repeats: tuple[Repeat, ...] = ()
    track: int | None = None  # for MIDI: the track it was read from

    @property
    def duration(self) -> float:
        """Length in beats, from 0 to the end of the last note."""
        return max((note.end for note in self.notes), default=0.0)

    @property
    def seconds(self) -> float:
        """Length in seconds at its tempo, or at `DEFAULT_QPM` when it has none."""
        return self.duration * 60 / (self.qpm or DEFAULT_QPM)

    @property
    def bars(self) -> int:
        """How many bars of its meter (4/4 when it has none) it begins; as in print, an upbeat is not counted."""
        bar = max(1, to_ticks((self.meter or Meter()).bar_length))
        return max(0, math.ceil(to_ticks(self.duration - self.pickup) / bar))

    @property
    def pitch_range(self) -> tuple[int, int]:
        """Lowest and highest pitch. Raises ValueError for a melody without notes."""
        pitches = [note.pitch for note in self.notes]
        return min(pitches), max(pitches)

    def transposed(self, semitones: int) -> Melody:
        """The same tune, `semitones` higher; the written key is dropped, for it is no longer true.

        Raises:
            ValueError: a note would leave the MIDI range 0-127.
        """
        notes = tuple(note._replace(pitch=note.pitch + semitones) for note in self.notes)
        if any(not 0 <= note.pitch <= 127 for note in notes):
            raise ValueError(f"{self.title or 'The tune'} moved by {semitones} semitones leaves the MIDI range 0-127")
        return replace(self, notes=notes, key=self.key if semitones % 12 == 0 else None)

    def opening(self, bars: int) -> Melody:
        """The first full `bars`, the upbeat included; a note that is still held there ends there."""
        end = self.pickup + bars * (self.meter or Meter()).bar_length
        notes = tuple(
            note._replace(duration=min(note.duration, end - note.onset)) for note in self.notes if note.onset < end
        )
        return replace(self, notes=notes, repeats=())

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` turns back into an equal melody."""
        return {
            "notes": [list(note) for note in self.notes],
            "title": self.title,
            "key": self.key and list(self.key),
            "meter": self.meter and list(self.meter),
            "qpm": self.qpm,
            "pickup": self.pickup,
            "source": self.source,
            "repeats": [list(repeat) for repeat in self.repeats],
            "track": self.track,
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Melody:
        """The melody that `to_json` wrote."""
        return cls(
            notes=tuple(Note(*note) for note in record["notes"]),
            title=record["title"],
            key=Key(*record["key"]) if record["key"] else None,
            meter=Meter(*record["meter"]) if record["meter"] else None,
            qpm=record["qpm"],
            pickup=record["pickup"],
            source=record["source"],
            repeats=tuple(Repeat(*repeat) for repeat in record["repeats"]),
            track=record["track"],
        )


DEFAULT_QPM = 120.0
"""Tempo where a file names none; the default of the MIDI standard (500,000 µs per quarter note)."""


def monophonic(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The skyline of `notes`: the highest at each onset, each cut where the next begins.

    Source: "skyline" in A. Uitdenbogerd and J. Zobel, Melodic matching techniques for large music databases (ACM
    Multimedia, 1999).
    """
    top: dict[float, Note] = {}
    for note in notes:
        if note.duration > 0 and (note.onset not in top or note.pitch > top[note.onset].pitch):
            top[note.onset] = note
    line = [top[onset] for onset in sorted(top)]
    following = [note.onset for note in line[1:]] + [float("inf")]
    return tuple(
        note if note.end <= then else note._replace(duration=then - note.onset)
        for note, then in zip(line, following, strict=False)  # without notes nothing follows
    )


def usual_meter(melodies: Iterable[Melody]) -> Meter:
    """The meter that most of the melodies have; 4/4 where none says what it has."""
    meters = Counter(melody.meter for melody in melodies if melody.meter)
    return meters.most_common(1)[0][0] if meters else Meter()


def interval_shape(melody: Melody) -> tuple[tuple[int, int, int], ...]:
    """Each note as (interval from the note before, gap before it, length), in semitones and ticks.

    Two tunes have the same shape exactly when one is a transposition of the other.
    """
    shape, before = [], None
    for note in melody.notes:
        interval = note.pitch - before.pitch if before else 0
        gap = to_ticks(note.onset - before.end) if before else 0
        shape.append((interval, gap, to_ticks(note.duration)))
        before = note
    return tuple(shape)


def fingerprint(melodies: Iterable[Melody]) -> str:
    """16 hexadecimal digits that name this music: the same tunes in any order give the same fingerprint."""
    tunes = sorted(json.dumps([[to_ticks(n.onset), to_ticks(n.duration), n.pitch] for n in m.notes]) for m in melodies)
    return hashlib.sha256("\n".join(tunes).encode()).hexdigest()[:16]
