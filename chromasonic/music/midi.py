"""MIDI files, formats 0 and 1: which track sings the melody, and that melody on the grid.

MIDI knows no modes: a dorian tune comes back as the major key with the same signature.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from chromasonic.languages import mark

from ..errors import MusicFileError
from .checked import checked_melody
from .engraving import on_grid
from .finishing import finished
from .general_midi import INSTRUMENTS
from .limits import MAX_BEATS_IN_BAR, MAX_MIDI_BYTES, MAX_NOTES, MAX_TRACKS, MIN_NOTES
from .melody import TICKS_PER_BEAT, Key, Melody, Meter, Note, monophonic, to_beats, to_ticks
from .text import decoded, one_line, visible

_SUNG = re.compile(r"melod|vocal|voice|voix|stimme|sing|lead|solo|sopran|canto|chant|cantus|tune|theme", re.IGNORECASE)
_ACCOMPANYING = re.compile(
    r"bass|chord|accomp|begleit|harmon|pad\b|backing|strum|drum|perc|arp|left|\balto|tenor|baritone", re.IGNORECASE
)
_SLOWEST_QPM = 60_000_000 / (2**24 - 1)  # a MIDI file has 24 bits for the microseconds of a quarter note
_PUNCTUATION = "‘’“”„–—…«»"  # what a title typed under Windows has beside letters
_LONGEST_NAME = 1000  # characters; it is cut again once it is clean
_TITLE = re.compile(rb"\x00\xff\x03([\x00-\x7f])")  # the meta event "sequence or track name", at time 0


@dataclass(frozen=True)
class Track:
    """One track of a MIDI file, as a musician chooses among them."""

    index: int  # what `read_midi(track=…)` takes
    name: str  # as the file gives it, often empty
    instrument: str  # "Drums", or a name of General MIDI
    notes: int
    pitch_range: tuple[int, int]  # lowest and highest MIDI pitch
    is_drums: bool
    is_chosen: bool  # the one `read_midi` takes when not told otherwise


def read_midi(data: bytes, name: str, track: int | None = None) -> Melody:
    """Reads the melody of a MIDI file: of the track given, or of the one most like a melody.

    Raises:
        MusicFileError: the file is damaged, too large, or has no such track.
    """
    score = _parse(data, name)
    tracks = _describe(score)
    if track is None:
        track = next((t.index for t in tracks if t.is_chosen), None)
        if track is None:
            what = mark("no track of this file has two notes")
            if all(t.is_drums for t in tracks):
                what = mark("there are only drums in this file") if tracks else mark("there are no notes in this file")
            raise MusicFileError(name, f"{what}, hence no melody. Add a file that has one.")
    elif not 0 <= track < len(tracks):
        raise MusicFileError(name, f"there is no track {track}: this file has tracks 0 to {len(tracks) - 1}.")

    notes = on_grid(monophonic(_notes(score.tracks[track], score.ticks_per_quarter)))
    if len(notes) < MIN_NOTES:
        raise MusicFileError(name, "the track has fewer than two notes, which make no melody. Choose another track.")
    meter, pickup = _meter(score)
    key = next((_key(signature) for signature in score.key_signatures), None)
    tempo = next((round(tempo.qpm, 2) for tempo in score.tempos), None)  # MIDI stores whole microseconds: 2 digits hold
    part = tracks[track].name
    melody = Melody(
        notes,
        title=_title(data, tracks) or PurePath(name).stem,
        key=key,
        meter=meter,
        qpm=tempo,
        pickup=pickup,
        source=name if len(tracks) == 1 else mark(f"{name}, track {track + 1}") + (f" ({part})" if part else ""),
        track=track,
    )
    return finished(melody, name)


def midi_tracks(data: bytes, name: str) -> list[Track]:
    """The tracks of a MIDI file that have notes, and which of them is taken for the melody.

    Raises:
        MusicFileError: the file is damaged or too large.
    """
    return _describe(_parse(data, name))


def _parse(data: bytes, name: str) -> Any:
    """The file as a symusic Score whose tracks all have notes."""
    if len(data) > MAX_MIDI_BYTES:
        size = f"{len(data) / 2**20:.1f} MiB"
        raise MusicFileError(
            name, f"{size} is more than the {MAX_MIDI_BYTES >> 20} MiB a MIDI file may have. Split it."
        )
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":  # an old wrapping around the same bytes
        data = data[max(0, data.find(b"MThd")) :]
    if data[:4] != b"MThd":
        raise MusicFileError(name, "this is no MIDI file, though its name says so. Export the music as MIDI again.")
    kind, n_tracks = int.from_bytes(data[8:10], "big"), int.from_bytes(data[10:12], "big")
    if kind > 2:
        raise MusicFileError(name, "this MIDI file is damaged: its head names a format that does not exist.")
    if kind == 2:
        raise MusicFileError(name, "this MIDI file holds separate patterns (format 2). Save it as format 0 or 1.")
    if n_tracks > MAX_TRACKS:
        raise MusicFileError(name, _too_many_tracks(n_tracks))

    from symusic import Score

    try:
        score: Any = Score.from_midi(data)
    except (RuntimeError, ValueError) as error:
        if "ticks per quarter" in str(error):
            raise MusicFileError(name, "this MIDI file counts film frames, not beats. Save it with beats.") from None
        raise MusicFileError(name, "this MIDI file is damaged or cut short. Export it again.") from None
    if score.ticks_per_quarter <= 0:
        raise MusicFileError(name, "this MIDI file does not say how long a beat is, so it is damaged. Export it again.")
    if score.note_num() > MAX_NOTES:
        raise MusicFileError(
            name, f"{score.note_num():,} notes are more than the {MAX_NOTES:,} a file may have. Split it."
        )
    score.tracks = [track for track in score.tracks if track.note_num()]
    if len(score.tracks) > MAX_TRACKS:  # the reader parts a track by its channels and instruments
        raise MusicFileError(name, _too_many_tracks(len(score.tracks)))
    return score


def _too_many_tracks(n: int) -> str:
    return mark(f"{n:,} tracks are more than the {MAX_TRACKS} a file may have. Split it.")


def _notes(track: Any, ticks_per_quarter: int) -> list[Note]:
    """The notes of a track on our grid, the shortest a tick long."""
    notes = []
    for note in track.notes:
        start = round(note.time * TICKS_PER_BEAT / ticks_per_quarter)
        end = round((note.time + note.duration) * TICKS_PER_BEAT / ticks_per_quarter)
        notes.append(Note(to_beats(start), to_beats(max(1, end - start)), note.pitch, max(1, note.velocity)))
    return notes


def _describe(score: Any) -> list[Track]:
    parts = [_notes(track, score.ticks_per_quarter) for track in score.tracks]
    length = max((note.end for notes in parts for note in notes), default=0.0)
    likeness = {
        index: _likeness_to_melody(_clean(track.name), track.program, notes, length)
        for index, (track, notes) in enumerate(zip(score.tracks, parts, strict=True))
        if not track.is_drum and len(notes) >= MIN_NOTES
    }
    chosen = max(likeness, key=lambda index: likeness[index], default=None)
    return [
        Track(
            index=index,
            name=_clean(track.name),
            instrument="Drums" if track.is_drum else INSTRUMENTS[track.program % 128],
            notes=len(notes),
            pitch_range=(min(note.pitch for note in notes), max(note.pitch for note in notes)),
            is_drums=track.is_drum,
            is_chosen=index == chosen,
        )
        for index, (track, notes) in enumerate(zip(score.tracks, parts, strict=True))
    ]


def _likeness_to_melody(name: str, program: int, notes: list[Note], length: float) -> float:
    """How much a track looks like the melody: the names count most, then four shares of 0 to 1 each.

    One voice at a time, in the register of singing (up to C6), throughout the piece, on no bass or sound effect.
    """
    alone, sounding, busy_until = 0, 0.0, 0.0
    for note in sorted(notes):
        alone += note.onset >= busy_until - 0.125  # legato players overlap by a hair
        sounding += max(0.0, note.end - max(note.onset, busy_until))
        busy_until = max(busy_until, note.end)
    mean = sum(note.pitch for note in notes) / len(notes)
    register = max(0.0, min((mean - 40) / 32, (108 - mean) / 24, 1.0))
    is_tuneful = not (32 <= program <= 39 or program >= 112)
    hint = 3 * bool(_SUNG.search(name)) - 2 * bool(_ACCOMPANYING.search(name))
    return hint + 2 * (alone / len(notes)) + 2 * register + min(1.0, 2 * sounding / length) + is_tuneful


def _meter(score: Any) -> tuple[Meter | None, float]:
    """The meter, and the pickup in beats: a first, shorter meter that lasts for just one of its bars."""
    signatures = [
        (sign.time * TICKS_PER_BEAT / score.ticks_per_quarter, Meter(sign.numerator, sign.denominator))
        for sign in score.time_signatures
        if sign.numerator > 0 and sign.denominator in (1, 2, 4, 8, 16, 32, 64)
    ]
    if not signatures:
        return None, 0.0
    first = signatures[0][1]
    if len(signatures) > 1:
        at, second = signatures[1]
        if round(at) == to_ticks(first.bar_length) < to_ticks(second.bar_length):
            return second, first.bar_length
    return first, 0.0


def _key(signature: Any) -> Key:
    return Key.from_fifths(signature.key, "minor" if signature.tonality == 1 else "major")


def _title(data: bytes, tracks: list[Track]) -> str:
    """The name of the first track, which the standard makes the title, unless it names one instrument of several."""
    start = data.find(b"MTrk")
    found = _TITLE.search(data, start, start + 8 + int.from_bytes(data[start + 4 : start + 8], "big"))
    if not found:
        return ""
    raw = data[found.end() : found.end() + found[1][0]]
    try:
        title = _clean(raw.decode())
    except UnicodeDecodeError:
        title = _clean(decoded(raw))
        if not all(
            c.isascii() or c.isalpha() or c in _PUNCTUATION for c in title
        ):  # some other encoding, which nothing names
            return ""
    return title if len(tracks) == 1 or all(track.name != title for track in tracks) else ""


def _clean(text: str) -> str:
    return one_line(text[:_LONGEST_NAME].replace("\ufffd", ""))


def write_midi(melody: Melody) -> bytes:
    """The melody as a MIDI file, with its title, tempo, meter and key signature.

    Raises:
        SettingsError: this is no melody, or a note in it is none.
    """
    checked_melody("melody", melody)
    from symusic import KeySignature, Score, Tempo, TimeSignature
    from symusic import Note as MidiNote
    from symusic import Track as MidiTrack

    score: Any = Score(TICKS_PER_BEAT)
    if melody.qpm:
        score.tempos.append(Tempo(0, max(melody.qpm, _SLOWEST_QPM)))
    if melody.key and abs(melody.key.fifths) <= 7:
        score.key_signatures.append(KeySignature(0, melody.key.fifths, int(melody.key.mode in ("minor", "aeolian"))))
    if melody.meter:
        pickup = _as_meter(melody.pickup)
        if pickup:
            score.time_signatures.append(TimeSignature(0, *pickup))
        score.time_signatures.append(TimeSignature(to_ticks(melody.pickup) if pickup else 0, *melody.meter))
    track: Any = MidiTrack(visible(melody.title))
    for note in melody.notes:
        start, end = to_ticks(note.onset), to_ticks(note.end)
        track.notes.append(MidiNote(start, end - start, note.pitch, note.velocity))
    score.tracks.append(track)
    return bytes(score.dumps_midi())


def _as_meter(beats: float) -> Meter | None:
    """A meter whose bar is that long; None for no length, or one that plain note values do not make."""
    for unit in (4, 8, 16, 32):
        count = beats * unit / 4
        if count == int(count) and 0 < count <= MAX_BEATS_IN_BAR:
            return Meter(int(count), unit)
    return None
