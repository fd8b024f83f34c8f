"""What the writers of notation need: exact grid places, how a pitch is spelt in a key, where barlines cut a melody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .melody import TICKS_PER_BEAT, Key, Melody, Meter, Note, to_beats, to_ticks

LETTERS_BY_FIFTHS = "FCGDAEB"  # each a fifth above the one before
NATURAL_PITCH_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_LONGEST_TRIPLET = 9  # pieces under one bracket: more than a reader's eye takes in


class Spelling(NamedTuple):
    """A written pitch: letter, octave (4 begins at middle C) and alteration in semitones (+1 is a sharp)."""

    letter: str
    octave: int
    alteration: int


class Piece(NamedTuple):
    """A note, a rest (pitch None) or a part of one that fits into a bar."""

    ticks: int
    pitch: int | None
    is_tied: bool = False  # to the next piece, with which it sounds as one note


class Bar(NamedTuple):
    """The pieces between two barlines."""

    pieces: tuple[Piece, ...]
    ticks: int  # what the bar should hold; the last bar may hold less


def on_grid(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The notes with onsets and durations exactly on the grid, so that equal music compares equal."""
    return tuple(
        Note(to_beats(start := to_ticks(onset)), to_beats(max(1, to_ticks(onset + duration) - start)), pitch, velocity)
        for onset, duration, pitch, velocity in notes
    )


def signature(key: Key | None) -> dict[str, int]:
    """The alteration that a key signature gives each letter; no key leaves all natural."""
    fifths = key.fifths if key else 0
    return {letter: (fifths - place + 6) // 7 for place, letter in enumerate(LETTERS_BY_FIFTHS)}


def spell(pitch: int, key: Key | None) -> Spelling:
    """How a pitch is written in a key: of its names, the one nearest to the key on the line of fifths.

    In C major that gives C C# D Eb E F F# G G# A Bb B. Source: D. Temperley, The Cognition of Basic Musical Structures
    (MIT Press, 2001), ch. 5.
    """
    fifths = max(-7, min(7, key.fifths if key else 0))
    place = (pitch * 7 - fifths + 3) % 12 + fifths - 3  # on the line of fifths, C being 0
    letter, alteration = LETTERS_BY_FIFTHS[(place + 1) % 7], (place + 1) // 7
    octave = (pitch - alteration - NATURAL_PITCH_CLASS[letter]) // 12 - 1
    return Spelling(letter, octave, alteration)


def cut_into_bars(melody: Melody) -> list[Bar]:
    """The melody as bars of its meter, pickup first; without a meter, as one long bar."""
    onsets = [to_ticks(note.onset) for note in melody.notes]
    ends = [to_ticks(note.end) for note in melody.notes]
    total = max(ends, default=0)
    full = to_ticks(melody.meter.bar_length) if melody.meter else max(total, 1)
    first = (to_ticks(melody.pickup) if melody.meter else 0) or full

    line: list[tuple[int, int | None]] = []  # (ticks, pitch), rests filled in
    position = 0
    for note, onset, end in zip(melody.notes, onsets, ends, strict=True):
        if onset > position:
            line.append((onset - position, None))
        line.append((end - onset, note.pitch))
        position = end

    bars: list[Bar] = []
    pieces: list[Piece] = []
    length = left = first
    for ticks, pitch in line:
        while ticks > left:  # over the barline
            bars.append(Bar((*pieces, Piece(left, pitch, is_tied=pitch is not None)), length))
            ticks, pieces, length, left = ticks - left, [], full, full
        pieces.append(Piece(ticks, pitch))
        left -= ticks
        if left == 0:
            bars.append(Bar(tuple(pieces), length))
            pieces, length, left = [], full, full
    if pieces:
        bars.append(Bar(tuple(pieces), length))
    return bars


def beam_length(meter: Meter | None) -> int:
    """How many ticks of a bar one beam may span: a beat, in compound metres the three eighths of it."""
    return TICKS_PER_BEAT * 3 // 2 if meter and meter.unit == 8 and meter.beats % 3 == 0 else TICKS_PER_BEAT


def triplet(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The pieces, from the first on, that share one bracket "3 in the time of 2"; none if the first needs none."""
    total = 0
    for count, piece in enumerate(pieces[:_LONGEST_TRIPLET], 1):
        total += piece.ticks
        if piece.ticks % 3 == 0 and count == 1:
            break
        if total % 3 == 0:  # back among the lengths that plain note values give
            return pieces[:count]
    return ()
