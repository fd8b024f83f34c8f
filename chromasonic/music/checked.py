"""Music that comes in from Python is looked at where it is to be written, drawn, played or learned, and nowhere else.

A melody is not checked when it is made: readers make thousands, and theirs are always well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from chromasonic.checks import instance, number, shown, whole
from chromasonic.errors import SettingsError

from .limits import BAR_UNITS, FASTEST_QPM, MAX_BEATS, MAX_BEATS_IN_BAR
from .melody import MODE_FIFTHS, Key, Melody, Meter, Note


def checked_melody(field: str, melody: Melody) -> Melody:
    """`melody`, which can be written, drawn, played and learned: what a reader gives always can.

    Raises:
        SettingsError: it is none, or something in it is not what it may be; names `field` and the place.
    """
    instance(field, melody, Melody, "a Melody, such as Melody((Note(0, 1, 60), Note(1, 1, 62)))")
    instance(f"{field}.title", melody.title, str, "a text")
    instance(f"{field}.notes", melody.notes, (tuple, list), "notes, such as (Note(0, 1, 60),)")
    for index, note in enumerate(melody.notes):
        if not _is_plain(note):
            _check_note(f"{field}.notes[{index}]", note)
    if melody.key is not None:
        checked_key(f"{field}.key", melody.key)
    if melody.meter is not None:
        checked_meter(f"{field}.meter", melody.meter)
    if melody.qpm is not None:
        number(f"{field}.qpm", melody.qpm, above=0, at_most=FASTEST_QPM)
    number(f"{field}.pickup", melody.pickup, at_least=0, at_most=MAX_BEATS)
    return melody


def checked_melodies(field: str, melodies: Iterable[Melody]) -> list[Melody]:
    """`melodies`, each as `checked_melody` takes it."""
    instance(field, melodies, Iterable, "melodies, such as those that read_file(…) gives")
    return [checked_melody(f"{field}[{index}]", melody) for index, melody in enumerate(melodies)]


def checked_meter(field: str, meter: Meter) -> Meter:
    """`meter`, whose bars have a length.

    Raises:
        SettingsError: it is none; names `field`.
    """
    instance(field, meter, Meter, "a Meter, such as Meter(3, 4)")
    whole(f"{field}.beats", meter.beats, at_least=1, at_most=MAX_BEATS_IN_BAR)
    if type(meter.unit) is not int or meter.unit not in BAR_UNITS:
        raise SettingsError(
            f"{field}.unit", f"needs one of {', '.join(map(str, BAR_UNITS))}, but is {shown(meter.unit)}"
        )
    return meter


def _is_plain(note: Note) -> bool:
    """Whether a note is as nearly all are, without a word for each: a collection has a hundred thousand."""
    if type(note) is not Note:
        return False
    onset, duration, pitch, velocity = note
    return (
        type(onset) in (float, int)
        and type(duration) in (float, int)
        and type(pitch) is int
        and type(velocity) is int
        and 0 <= onset <= MAX_BEATS
        and 0 < duration <= MAX_BEATS
        and 0 <= pitch <= 127
        and 1 <= velocity <= 127
    )


def _check_note(field: str, note: Note) -> None:
    instance(field, note, Note, "a Note, such as Note(onset=0, duration=1, pitch=60)")
    number(f"{field}.onset", note.onset, at_least=0, at_most=MAX_BEATS)
    number(f"{field}.duration", note.duration, above=0, at_most=MAX_BEATS)
    whole(f"{field}.pitch", note.pitch, at_least=0, at_most=127)
    whole(f"{field}.velocity", note.velocity, at_least=1, at_most=127)


def checked_key(field: str, key: Key) -> Key:
    """`key`, which can be written and sung.

    Raises:
        SettingsError: it is none; names `field`.
    """
    instance(field, key, Key, "a Key, such as Key(“F#”, “minor”)")
    is_key = isinstance(key.tonic, str) and re.fullmatch(r"[A-G](#{0,3}|b{0,3})", key.tonic)
    if not is_key or not isinstance(key.mode, str) or key.mode not in MODE_FIFTHS:
        raise SettingsError(
            field, f"needs a tonic such as “F#” and a mode among {', '.join(MODE_FIFTHS)}, but is {shown(tuple(key))}"
        )
    return key
