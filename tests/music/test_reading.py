"""An upload as musicians make them: good tunes, foreign files and broken ones together."""

from __future__ import annotations

import pytest

from chromasonic.errors import MusicFileError
from chromasonic.music import reading as reading_module
from chromasonic.music.melody import Key, Melody, Meter, Note
from chromasonic.music.midi import write_midi
from chromasonic.music.reading import SUFFIXES, read_file, read_files
from chromasonic.music.score import write_musicxml

TUNE = Melody(tuple(Note(beat, 1, 60 + beat) for beat in range(4)), "A tune", Key("C"), Meter(4, 4), 120)
ABC = b"X:1\nT:A tune\nM:4/4\nL:1/4\nQ:1/4=120\nK:C\nC ^C D ^D|\n"
KERN = b"**kern\n*M4/4\n4c\n4c#\n4d\n4d#\n*-\n"
MUSICXML = write_musicxml(TUNE).encode()
MIDI = write_midi(TUNE)


@pytest.mark.parametrize(
    "name, data",
    [
        ("tune.mid", MIDI), ("tune.MIDI", MIDI), ("tune.kar", MIDI), ("tune.abc", ABC), ("Tune.ABC", ABC),
        ("tune.musicxml", MUSICXML), ("tune.xml", MUSICXML), ("tune.krn", KERN), ("tune.txt", MIDI),
    ],
)  # fmt: skip
def test_each_format_gives_the_same_tune(name, data):
    (tune,) = read_file(name, data).melodies
    assert tune.notes == TUNE.notes
    assert (tune.meter, tune.source) == (TUNE.meter, name)


def test_the_endings_are_those_promised():
    assert set(SUFFIXES) == {".mid", ".midi", ".kar", ".abc", ".musicxml", ".xml", ".mxl", ".krn"}


@pytest.mark.parametrize(
    "name, data, says",
    [
        ("song.mp3", b"ID3\x04\x00", "an audio recording (MP3)"),
        ("song.mid", b"\xff\xfb\x90\x00", "an audio recording (MP3)"),  # renamed, as people do
        ("song.wav", b"RIFF\x24\x00\x00\x00WAVEfmt ", "an audio recording (WAV)"),
        ("song.m4a", b"\x00\x00\x00\x20ftypM4A ", "an audio or video recording"),
        ("score.xml", b"%PDF-1.7", "this is a PDF"),
        ("scan.png", b"\x89PNG\r\n", "a picture (PNG)"),
        ("score.mscz", b"PK\x03\x04", "a MuseScore file"),
        ("song.gp5", b"\x18FICHIER GUITAR PRO", "a Guitar Pro file"),
        ("tunes.zip", b"PK\x03\x04", "a ZIP archive"),
        ("notes.docx", b"\xd0\xcf\x11\xe0", "reads files that end in .mid"),
        ("tune", b"Dear diary", "reads files that end in .mid"),
        ("tune.abc", b"", "empty"),
    ],
)
def test_a_file_of_another_kind_is_named_and_the_way_out_shown(name, data, says):
    with pytest.raises(MusicFileError) as caught:
        read_file(name, data)
    assert says in caught.value.reason
    assert caught.value.name == name


def test_one_bad_file_never_stops_the_others():
    files = [("a.abc", ABC), ("b.mid", MIDI[:40]), ("c.pdf", b"%PDF"), ("d.xml", b"<score-partwise>"), ("e.mid", MIDI)]
    calls: list[tuple[int, int]] = []
    reading = read_files(iter(files), on_progress=lambda done, total: calls.append((done, total)))
    assert [tune.source for tune in reading.melodies] == ["a.abc", "e.mid"]
    assert [skipped.name for skipped in reading.skipped] == ["b.mid", "c.pdf", "d.xml"]
    assert calls == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_of_too_many_files_the_first_are_read():
    reading = read_files((f"{number}.mid", MIDI) for number in range(502))
    assert len(reading.melodies) == 500
    assert [skipped.name for skipped in reading.skipped] == ["500.mid", "501.mid"]
    assert "at most 500 files" in reading.skipped[0].reason


def test_of_too_many_bytes_what_fits_is_read(monkeypatch):
    monkeypatch.setattr(reading_module, "MAX_UPLOAD_BYTES", len(MIDI) + 10)
    reading = read_files([("a.mid", MIDI), ("b.mid", MIDI), ("c.mid", b"MThd")])
    assert [tune.source for tune in reading.melodies] == ["a.mid"]
    assert "larger than" in reading.skipped[0].reason
    assert "damaged" in reading.skipped[1].reason


def test_a_track_can_be_picked():
    with pytest.raises(MusicFileError, match="tracks 0 to 0"):
        read_file("tune.mid", MIDI, track=3)
