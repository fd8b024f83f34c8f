"""What every reader does last, so that whatever file a melody comes from, the rest of the house may trust it."""

from __future__ import annotations

from dataclasses import replace

from ..errors import MusicFileError
from .limits import BAR_UNITS, FASTEST_QPM, MAX_BEATS, MAX_BEATS_IN_BAR, MIN_NOTES, SLOWEST_QPM
from .melody import Melody, Meter, Note, Repeat, to_beats, to_ticks
from .text import one_line


def finished(melody: Melody, name: str) -> Melody:
    """`melody` from the first bar that has a note; a tempo, key or meter that no music has is taken as not given.

    Args:
        melody: as it stands in the file.
        name: of the file, for the message.

    Raises:
        MusicFileError: it lasts longer than `MAX_BEATS`, or too few notes are left to make a melody.
    """
    meter = melody.meter if melody.meter and _is_meter(melody.meter) else None
    melody = replace(
        melody,
        notes=tuple(note for note in melody.notes if note.onset >= 0),  # a damaged file may count backwards
        title=one_line(melody.title),
        key=melody.key if melody.key and abs(melody.key.fifths) <= 7 else None,
        meter=meter,
        qpm=melody.qpm if melody.qpm and SLOWEST_QPM <= melody.qpm <= FASTEST_QPM else None,
        pickup=melody.pickup if meter and 0 < melody.pickup < meter.bar_length else 0.0,
    )
    if len(melody.notes) < MIN_NOTES:
        raise MusicFileError(name, "fewer than two notes have a place in time, so this is damaged. Export it again.")
    melody = _without_silent_bars(melody)
    if melody.duration > MAX_BEATS:
        raise MusicFileError(
            name, f"this music lasts longer than {MAX_BEATS:,} beats. Split it, or correct the lengths in it."
        )
    return melody


def _is_meter(meter: Meter) -> bool:
    return 0 < meter.beats <= MAX_BEATS_IN_BAR and meter.unit in BAR_UNITS


def _without_silent_bars(melody: Melody) -> Melody:
    """The melody without the whole bars of silence before it; the first note keeps its place within its bar."""
    onset, pickup = to_ticks(melody.notes[0].onset), to_ticks(melody.pickup)
    if onset < pickup:
        return melody
    bar = max(1, to_ticks((melody.meter or Meter()).bar_length))
    silence = pickup + (onset - pickup) // bar * bar  # ticks
    if not silence:
        return melody

    def earlier(beats: float) -> float:
        return to_beats(max(0, to_ticks(beats) - silence))

    repeats = (Repeat(earlier(start), earlier(end)) for start, end in melody.repeats)
    return replace(
        melody,
        notes=tuple(Note(earlier(note.onset), *note[1:]) for note in melody.notes),
        pickup=0.0,
        repeats=tuple(repeat for repeat in repeats if repeat.end > repeat.start),
    )
