"""MIDI files written byte by byte, so that what they hold is known without the library that reads them."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from chromasonic.errors import MusicFileError
from chromasonic.music.abc_notation import read_abc
from chromasonic.music.limits import MAX_MIDI_BYTES
from chromasonic.music.melody import Key, Melody, Meter, Note
from chromasonic.music.midi import midi_tracks, read_midi, write_midi

BEAT = 96  # ticks per quarter note in these files


def length(ticks: int) -> bytes:
    """A MIDI variable-length number of up to two bytes."""
    return bytes([0x80 | ticks >> 7, ticks & 0x7F]) if ticks > 127 else bytes([ticks])


def meta(kind: int, data: bytes) -> bytes:
    return b"\x00\xff" + bytes([kind, len(data)]) + data


def song(*pitches: int, channel: int = 0, ticks: int = BEAT) -> bytes:
    """One note after the other, each `ticks` long."""
    on, off = bytes([0x90 | channel]), bytes([0x80 | channel])
    return b"".join(b"\x00" + on + bytes([p, 90]) + length(ticks) + off + bytes([p, 0]) for p in pitches)


def chords(*chords_of_pitches: tuple[int, ...], channel: int = 0) -> bytes:
    data = b""
    for chord in chords_of_pitches:
        data += b"".join(b"\x00" + bytes([0x90 | channel, pitch, 60]) for pitch in chord)
        data += length(BEAT) + b"".join(
            (b"\x00" if i else b"") + bytes([0x80 | channel, pitch, 0]) for i, pitch in enumerate(chord)
        )
    return data


def midi_file(*tracks: bytes, kind: int = 1, division: bytes = BEAT.to_bytes(2, "big")) -> bytes:
    head = b"MThd" + (6).to_bytes(4, "big") + kind.to_bytes(2, "big") + len(tracks).to_bytes(2, "big") + division
    end = b"\x00\xff\x2f\x00"
    return head + b"".join(b"MTrk" + len(track + end).to_bytes(4, "big") + track + end for track in tracks)


TITLE, NAME = 3, 3
TEMPO_90 = meta(0x51, (60_000_000 // 90).to_bytes(3, "big"))
SIX_EIGHT = meta(0x58, bytes([6, 3, 24, 8]))
ENDLESS = b"\x00\x90\x3c\x5a\xff\xff\xff\x7f\x3c\x00" + song(62)  # the first note lasts 268 million ticks
D_MINOR = meta(0x59, bytes([0xFF, 1]))  # one flat, minor


def test_format_1_gives_title_tempo_meter_key_and_notes():
    data = midi_file(
        meta(TITLE, b"Evening Song") + TEMPO_90 + SIX_EIGHT + D_MINOR, meta(NAME, b"Flute") + song(74, 76, 77)
    )
    tune = read_midi(data, "evening.mid")
    assert tune.notes == (Note(0, 1, 74, 90), Note(1, 1, 76, 90), Note(2, 1, 77, 90))
    assert (tune.title, tune.key, tune.meter) == ("Evening Song", Key("D", "minor"), Meter(6, 8))
    assert tune.qpm == pytest.approx(90, abs=0.01)
    assert (tune.source, tune.track) == ("evening.mid", 0)


def test_format_0_is_parted_by_channel():
    data = midi_file(chords((48, 52, 55), (43, 47, 50), channel=1) + song(72, 71, channel=0), kind=0)
    assert {(track.notes, track.is_chosen) for track in midi_tracks(data, "song.mid")} == {(6, False), (2, True)}
    assert [note.pitch for note in read_midi(data, "song.mid").notes] == [72, 71]


@pytest.mark.parametrize(
    "tracks, chosen",
    [
        ([(b"Vocals", song(60, 62)), (b"Piano", song(72, 74))], "Vocals"),
        ([(b"Bass", song(36, 38, 40)), (b"Track 2", song(72, 74, 76))], "Track 2"),
        ([(b"", chords((72, 76, 79), (71, 74, 79))), (b"Line", song(67, 69))], "Line"),
        ([(b"SOPRANO", song(72, 74)), (b"ALTO", song(65, 67)), (b"TENOR", song(60, 62))], "SOPRANO"),
        ([(b"Lead guitar", song(64, 66, 67, 69)), (b"Flute", song(72, 74, 76, 77))], "Lead guitar"),
        ([(b"Piano right", song(72, 74)), (b"Piano left", song(48, 50))], "Piano right"),
        ([(b"Melody", song(50, 50, channel=9)), (b"Oboe", song(72, 74))], "Oboe"),  # drums, whatever they are called
    ],
    ids=["the name says so", "no bass", "one voice at a time", "soprano", "lead", "the right hand", "never drums"],
)
def test_the_track_most_like_a_melody_is_chosen(tracks, chosen):
    data = midi_file(*(meta(NAME, name) + notes for name, notes in tracks))
    assert [track.name for track in midi_tracks(data, "song.mid") if track.is_chosen] == [chosen]


def test_another_track_can_be_picked():
    data = midi_file(
        meta(NAME, b"Melody") + song(72, 74), meta(NAME, b"Cello") + b"\x00\xc1\x2a" + song(48, 50, channel=1)
    )
    second = midi_tracks(data, "duo.mid")[1]
    assert (second.index, second.name, second.instrument, second.notes) == (1, "Cello", "Cello", 2)
    assert (second.pitch_range, second.is_drums, second.is_chosen) == ((48, 50), False, False)
    tune = read_midi(data, "duo.mid", track=1)
    assert ([note.pitch for note in tune.notes], tune.source) == ([48, 50], "duo.mid, track 2 (Cello)")
    with pytest.raises(MusicFileError, match="tracks 0 to 1"):
        read_midi(data, "duo.mid", track=2)


def test_of_chords_the_highest_note_is_kept():
    data = midi_file(chords((60, 64, 67), (59, 62, 71)))
    assert [note.pitch for note in read_midi(data, "chords.mid").notes] == [67, 71]


def test_notes_move_to_the_grid():
    late = b"\x01" + bytes([0x90, 60, 90]) + length(BEAT - 2) + bytes([0x80, 60, 0])
    tune = read_midi(midi_file(late + song(62)), "played.mid")  # 1/96 of a beat beside it: half a step
    assert [(note.onset, note.duration) for note in tune.notes] == [(0, 1), (1, 1)]


@pytest.mark.parametrize("title, encoding", [("Für Élise", "latin-1"), ("Für “Élise” – oder: Zoë’s", "cp1252")])
def test_a_title_typed_under_windows_is_read(title, encoding):
    assert read_midi(midi_file(meta(TITLE, title.encode(encoding)) + song(60, 62)), "tune.mid").title == title


def test_what_a_file_does_not_say_is_not_made_up():
    tune = read_midi(midi_file(song(60, 62)), "My song.mid")
    assert (tune.title, tune.key, tune.meter, tune.qpm, tune.pickup) == ("My song", None, None, None, 0)


@pytest.mark.parametrize(
    "data, says",
    [
        (b"", "no MIDI file"),
        (b"RIFFxxxxWAVE", "no MIDI file"),
        (midi_file(song(60, 62), kind=2), "format 2"),
        (midi_file(song(60, 62), kind=77), "damaged"),
        (midi_file(song(60, 62), division=b"\xe7\x28"), "film frames"),
        (midi_file(song(60, 62), division=b"\x00\x00"), "damaged"),
        (midi_file(song(60, 62))[:-9], "damaged or cut short"),
        (midi_file(song(36, 38, channel=9)), "there are only drums in this file, hence"),
        (midi_file(meta(TITLE, b"Silence")), "there are no notes in this file, hence"),
        (midi_file(song(60)), "^song.mid: no track of this file has two notes, hence"),
        (midi_file(*[song(60, 62)] * 257), "257 tracks"),
        (midi_file(song(*[60, 62] * 25_001)), "50,002 notes"),
        (b"MThd" + b"\x00" * MAX_MIDI_BYTES, "4 MiB"),
        (midi_file(ENDLESS, division=b"\x00\x01"), "longer than 20,000 beats"),
    ],
    ids=["empty", "sound", "format 2", "no format", "film", "no beat", "truncated", "drums only", "no notes",
         "one note", "tracks", "notes", "bytes", "endless"],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_words(data, says):
    with pytest.raises(MusicFileError, match=says) as caught:
        read_midi(data, "song.mid")
    assert str(caught.value).startswith("song.mid: ")
    assert str(caught.value).endswith(".")


def test_a_written_melody_reads_back_the_same():
    notes = (Note(0.5, 0.5, 67, 70), Note(1, 1 / 3, 69, 90), Note(4 / 3, 2 / 3, 71), Note(3, 1.5, 72))
    tune = Melody(notes, "Für Élise & Söhne", Key("G", "minor"), Meter(3, 4), 133.3, pickup=1.0)
    again = read_midi(write_midi(tune), "tune.mid")
    assert [(n.pitch, n.velocity) for n in again.notes] == [(n.pitch, n.velocity) for n in notes]
    assert [n.onset for n in again.notes] == pytest.approx([n.onset for n in notes])
    assert [n.duration for n in again.notes] == pytest.approx([n.duration for n in notes])
    assert (again.title, again.key, again.meter) == (tune.title, tune.key, tune.meter)
    assert (again.qpm, again.pickup) == (tune.qpm, tune.pickup)


def test_real_tunes_survive_the_round_trip(corpus: Path):
    for book in sorted((corpus / "ryansMammoth").glob("*.abc"))[:200]:
        for tune in read_abc(book.read_bytes(), book.name).melodies:
            again = read_midi(write_midi(tune), "tune.mid")
            assert replace(again, key=tune.key, source=tune.source, repeats=tune.repeats, track=None) == tune
            assert again.key is not None  # MIDI keeps the signature, though not the mode
            assert again.key.fifths == tune.key.fifths


def test_a_tempo_of_no_time_at_all_counts_as_none():
    assert read_midi(midi_file(meta(0x51, b"\x00\x00\x00") + song(60, 62)), "fast.mid").qpm is None


def test_a_tempo_too_slow_for_midi_is_written_as_the_slowest():
    tune = Melody((Note(0, 1, 60, 90), Note(1, 1, 62, 90)), qpm=0.5)
    again = read_midi(write_midi(tune), "slow.mid")
    assert again.notes == tune.notes
    assert again.qpm is None  # 3.6 a minute, which no one plays


def test_silent_bars_before_the_first_note_are_left_out():
    late = song(60, 62)[1:]  # without the time that its first note waits
    tune = read_midi(midi_file(SIX_EIGHT + length(7 * BEAT) + late), "late.mid")
    assert [note.onset for note in tune.notes] == [1, 2]  # of seven beats' silence two bars of three are gone


def test_damaged_files_raise_only_our_error():
    chance = random.Random(7)
    whole = write_midi(Melody(tuple(Note(i, 1, 60 + i % 12) for i in range(60)), "Whole", Key("C"), Meter(4, 4), 120))
    for _ in range(1_500):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            read_midi(bytes(data[: chance.randint(1, len(data))]), "damaged.mid")
        except MusicFileError as error:
            assert error.reason
