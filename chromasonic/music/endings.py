"""Repeats with a first and a second ending, which are written out as they are played."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from .melody import Melody, Note, Repeat


class Return(NamedTuple):
    """Where a second ending begins, and the passage that is played again before it."""

    place: float  # beats, as all three
    start: float
    end: float


def written_out(melody: Melody, returns: Sequence[Return]) -> Melody:
    """`melody`, each of whose second endings follows the first in the file, with the passage between them."""
    for back in reversed(returns):  # from the last, so that the places before it stay true
        melody = replace(
            melody,
            notes=tuple(_notes(melody.notes, back)),
            repeats=tuple(
                Repeat(start + _delay(start, back), end + _delay(start, back))
                for start, end in melody.repeats
                if (start, end) != (back.start, back.end)
            ),
        )
    return melody


def _notes(notes: Sequence[Note], back: Return) -> Iterable[Note]:
    again = back.place - back.start
    yield from (note for note in notes if note.onset < back.place)
    for note in notes:
        if back.start <= note.onset < back.end:
            yield note._replace(onset=note.onset + again, duration=min(note.end, back.end) - note.onset)
    yield from (
        note._replace(onset=note.onset + _delay(note.onset, back)) for note in notes if note.onset >= back.place
    )


def _delay(onset: float, back: Return) -> float:
    return back.end - back.start if onset >= back.place else 0.0
