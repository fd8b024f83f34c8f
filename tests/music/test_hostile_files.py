"""Files that mean harm, each by its name: what they would do to a careless reader, and what becomes of them here."""

from __future__ import annotations

import http.server
import io
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import mutation
import pytest

from chromasonic.errors import MusicFileError
from chromasonic.music.limits import MAX_TRACKS
from chromasonic.music.melody import Key, Melody, Note
from chromasonic.music.midi import read_midi, write_midi
from chromasonic.music.reading import Reading, read_file, read_files
from chromasonic.music.score import write_musicxml

MIB = 1 << 20
TUNE = Melody(tuple(Note(beat, 1, 60 + beat) for beat in range(8)), "A tune", Key("C"))
SCORE = write_musicxml(TUNE)
END = b"\x00\xff\x2f\x00"
NOTE = b"\x00\x90\x3c\x40\x83\x60\x3c\x00"  # a quarter note
LONGEST_TIME = b"\xff\xff\xff\x7f"  # ticks


def midi(*tracks: bytes, kind: int = 1, claims: int | None = None, division: int = 480) -> bytes:
    head = b"MThd" + struct.pack(">IHHH", 6, kind, len(tracks) if claims is None else claims, division)
    return head + b"".join(b"MTrk" + struct.pack(">I", len(track) + 4) + track + END for track in tracks)


def instrument(number: int) -> bytes:
    """A note on one of 2,048 instruments."""
    channel, program = number % 16, number // 16
    return bytes([0, 0xC0 | channel, program, 0, 0x90 | channel, 60, 64, 1, 60, 0])


def archive(files: dict[str, bytes | str], *, links: tuple[str, ...] = ()) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if name in links:
                entry.external_attr = 0o120777 << 16
            writer.writestr(entry, data)
    return packed.getvalue()


def container(path: str) -> dict[str, bytes | str]:
    return {"META-INF/container.xml": f'<container><rootfiles><rootfile full-path="{path}"/></rootfiles></container>'}


def table_of_contents(n: int) -> bytes:
    """An archive of n files that are not there: 53 bytes each, and a thousand in the reader's memory."""
    entry = struct.Struct("<4s4B4HL2L5H2L")
    entries = b"".join(
        entry.pack(b"PK\x01\x02", 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0) + b"%07d" % i
        for i in range(n)
    )
    start = b"PK\x03\x04" + bytes(26)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, n & 0xFFFF, n & 0xFFFF, len(entries), len(start), 0)
    return start + entries + end


def declared(encoding: str) -> bytes:
    """The beginning of an XML file in that encoding, and a byte by which it is no UTF-8."""
    return f"<?xml version='1.0' encoding='{encoding}'?>".encode() + b"\xff"


def quine_like() -> bytes:
    data = archive({"score.xml": SCORE})
    for _ in range(5):
        data = archive({"score.xml": data})
    return data


def entities(doctype: str) -> str:
    return f"<!DOCTYPE score-partwise [{doctype}]>" + SCORE.partition('dtd">\n')[2].replace("A tune", "&x;")


BILLION = "<!ENTITY x0 'la'>" + "".join(f"<!ENTITY x{i} '{f'&x{i - 1};' * 10}'>" for i in range(1, 10))
HOSTILE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    # archives
    "a bomb of zeros": ("a.mxl", lambda: archive({"score.xml": bytes(300 * MIB)}), "larger than 30 MiB"),
    "bombs in a bomb": ("a.mxl", lambda: archive({"s.xml": archive({"s.xml": bytes(99 * MIB)})}), "no MusicXML score"),
    "an archive in an archive in an archive": ("a.mxl", quine_like, "no MusicXML score"),
    "a bomb as contents": ("a.mxl", lambda: archive({"META-INF/container.xml": bytes(99 * MIB)}), "no score in this"),
    "150,000 files that are not there": ("a.mxl", lambda: table_of_contents(150_000), "no score in this"),
    "400,000 files that are not there": ("a.mxl", lambda: table_of_contents(400_000), "may have 8 MiB"),
    "an offset before the beginning": ("a.mxl", lambda: mutation.zipped(SCORE.encode())[40:], "MusicXML score|damaged"),
    "a path out of the archive": ("a.mxl", lambda: archive(container("../../../../etc/passwd")), "no score in this"),
    "a path from the root": ("a.mxl", lambda: archive(container("/etc/passwd")), "no score in this"),
    "a file:// path": ("a.mxl", lambda: archive(container("file:///etc/passwd")), "no score in this"),
    "a link to a file outside": (
        "a.mxl", lambda: archive({"score.xml": "/etc/passwd"}, links=("score.xml",)), "no MusicXML score"),
    # XML
    "a billion laughs": ("a.xml", lambda: entities(BILLION + "<!ENTITY x '&x9;'>").encode(), "XML entities"),
    "a billion laughs in UTF-16": ("a.xml", lambda: entities(BILLION).encode("utf-16"), "XML entities"),
    "a billion laughs in UTF-7": (
        "a.xml", lambda: declared("utf-7") + entities(BILLION).encode("utf-7"), "entities|no Mus"),
    "an encoding that takes for ever": (
        "a.xml", lambda: declared("punycode") + b"<score-partwise>-" + b"z9" * MIB, "understood"),
    "an encoding that is none": (
        "a.xml", lambda: declared("undefined") + b"<score-partwise>", "understood"),
    "200,000 elements within each other": ("a.xml", lambda: b"<score-partwise>" + b"<part>" * 200_000, "understood"),
    "a hundred thousand parts": (
        "a.xml", lambda: ("<score-partwise><part-list>" + "<score-part/>" * 100_000).encode(), "understood"),
    "a NUL": ("a.xml", lambda: SCORE.replace("A tune", "A\0tune").encode(), "understood"),
    "a surrogate": ("a.xml", lambda: SCORE.replace("A tune", "&#xD800;").encode(), "understood"),
    # MIDI
    "10,000 tracks": ("a.mid", lambda: midi(*[NOTE * 2] * 10_000), "10,000 tracks"),
    "50,000 instruments in 256 tracks": (
        "a.mid", lambda: midi(*[b"".join(map(instrument, range(195)))] * 256), "tracks are more than"),
    "notes of years": ("a.mid", lambda: midi((LONGEST_TIME + NOTE[1:]) * 1000), "longer than 20,000 beats"),
    "a track that claims 4 GiB": ("a.mid", lambda: midi(NOTE).replace(b"MTrk\0\0\0", b"MTrk\xff\xff\xff"), "damaged"),
    "a name that claims 256 MiB": ("a.mid", lambda: midi(b"\0\xff\x03" + LONGEST_TIME + b"a", NOTE * 2), "damaged"),
    "a head that claims 4 GiB": ("a.mid", lambda: b"MThd\xff\xff\xff\xff" + midi(NOTE * 2)[8:], "damaged"),
    "700,000 notes": ("a.mid", lambda: midi(NOTE[:4] + b"\x01\x3c\x00\x01\x3c\x40" * 690_000), "notes are more than"),
    "a million notes that never end": ("a.mid", lambda: midi(b"\0\x90\x3c\x40" + b"\0\x3c\x40" * MIB), "no notes"),
    "a beat of no time": ("a.mid", lambda: midi(NOTE * 2, division=0), "how long a beat is"),
    "a file of 5 MiB": ("a.mid", lambda: midi(bytes(5 * MIB)), "4 MiB"),
    "only a head": ("a.mid", lambda: midi(), "no notes"),
    # ABC
    "a chord of eight million notes": ("a.abc", lambda: b"X:1\nK:C\nAB[" + b"C" * 8_000_000 + b"]", "a line may have"),
    "a chord of 150,000 notes": ("a.abc", lambda: b"X:1\nK:C\n[" + b"C" * 150_000 + b"]", "only one note"),
    "a chord that never ends": ("a.abc", lambda: b"X:1\nK:C\nAB[" + b"C," * 90_000, "means nothing in ABC"),
    "repeats within repeats": ("a.abc", lambda: b"X:1\nK:C\n" + b"|:AB|1A:|2B|3C|\n" * 9_999, "more than 50,000 notes"),
    "rests for ever": ("a.abc", lambda: b"X:1\nM:99/1\nK:C\nA" + b"Z999" * 100 + b"B", "longer than 20,000 beats"),
    "a NUL in ABC": ("a.abc", lambda: b"X:1\nK:C\nA\0B", "no ABC text"),
    # kern
    "spines that divide for ever": (
        "a.krn", lambda: b"**kern\n" + b"".join(b"*^\t" * 2**i + b"\n" for i in range(12)), "two notes|underst|longer"),
    "an empty kern": ("a.krn", lambda: b"**kern\n*-\n", "two notes|understood"),
    # whatever it says it is
    "nothing": ("a.mid", lambda: b"", "the file is empty"),
    "a score called MIDI": ("a.mid", lambda: SCORE.encode(), "no MIDI file"),
    "a picture called a score": ("a.musicxml", lambda: b"\x89PNG\r\n\x1a\n" + bytes(99), r"a picture \(PNG\)"),
    "random bytes called a score": ("a.mxl", lambda: bytes(range(256)) * 64, "no MusicXML score"),
    "tunes called a score": ("a.xml", lambda: b"X:1\nK:C\nAB", "no MusicXML score"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_means_harm_is_refused_in_words(name: str) -> None:
    file, data, says = HOSTILE[name]
    with pytest.raises(MusicFileError, match=says) as caught:
        reading = read_file(file, data())
        assert not reading.melodies, "it was read as music"
        raise MusicFileError(reading.skipped[0].name, reading.skipped[0].reason)
    mutation.check_refusal(caught.value.name, caught.value.reason)


ODD: dict[str, tuple[str, Callable[[], bytes], int]] = {  # … and those that are read all the same: how many notes
    "a score at a path that leads out": ("a.mxl", lambda: archive(container("../x.xml") | {"../x.xml": SCORE}), 8),
    "a score at a path from the root": ("a.mxl", lambda: archive(container("/x.xml") | {"/x.xml": SCORE}), 8),
    "a tempo of no time": ("a.mid", lambda: midi(b"\0\xff\x51\x03\0\0\0" + NOTE * 4), 4),
    "a tempo of a microsecond": ("a.mid", lambda: midi(b"\0\xff\x51\x03\0\0\x01" + NOTE * 4), 4),
    "a tempo of 16 seconds": ("a.mid", lambda: midi(b"\0\xff\x51\x03\xff\xff\xff" + NOTE * 4), 4),
    "a meter of 0/1": ("a.mid", lambda: midi(b"\0\xff\x58\x04\0\0\0\0" + NOTE * 4), 4),
    "a meter of 4/2^255": ("a.mid", lambda: midi(b"\0\xff\x58\x04\x04\xff\0\0" + NOTE * 4), 4),
    "a key of 127 flats": ("a.mid", lambda: midi(b"\0\xff\x59\x02\x81\x07" + NOTE * 4), 4),
    "ten thousand tracks, and a head that claims one": ("a.mid", lambda: midi(*[NOTE * 2] * 10_000, claims=1), 2),
    "600,000 tempi": ("a.mid", lambda: midi(b"\0\xff\x51\x03\0\0\0" * 590_000 + NOTE * 2), 2),
    "a name of 4 MB": ("a.mid", lambda: midi(b"\0\xff\x03\x81\xf4\x92\x00" + b"a" * 4_000_000 + NOTE * 2), 2),
    "a hundred tuplets within each other": ("a.abc", lambda: b"X:1\nK:C\n" + b"(3" * 100 + b"ABC", 3),
    "a note made longer and longer": ("a.abc", lambda: b"X:1\nK:C\nA" + b">" * 5_000 + b"B", 2),
    "a line of 150,000 bars": ("a.abc", lambda: b"X:1\nK:C\nAB" + b"|" * 150_000, 2),
    "a key in front of every note": ("a.abc", lambda: b"X:1\nK:C\n" + b"[K:F]A" * 3_000, 3_000),
    "a declaration of a DTD on the web": ("a.xml", SCORE.encode, 8),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_gives_its_notes_and_nothing_odd(name: str) -> None:
    file, data, notes = ODD[name]
    (melody,) = read_file(file, data()).melodies
    assert len(melody.notes) == notes
    mutation.check_melody(melody)


class _Listener(http.server.BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)


@pytest.fixture
def address() -> Iterator[str]:
    """Of a server that notes what it is asked for."""
    _Listener.asked.clear()
    with http.server.HTTPServer(("127.0.0.1", 0), _Listener) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE score-partwise SYSTEM '{where}'>",
        "<!DOCTYPE score-partwise PUBLIC 'x' '{where}'>",
        "<!DOCTYPE score-partwise [<!ENTITY x SYSTEM '{where}'>]>",
        "<!DOCTYPE score-partwise [<!ENTITY % x SYSTEM '{where}'> %x;]>",
        "<?xml-stylesheet href='{where}'?>",
    ],
)
def test_nothing_outside_a_file_is_ever_asked_for(doctype: str, address: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text("<work-title>the secret</work-title>")
    body = SCORE.partition('dtd">\n')[2].replace(
        "<work>", "<work xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='{where}'/>"
    )
    titles = []
    for where in (f"{address}/secret.xml", secret.as_uri()):
        text = (
            (doctype + body).replace("{where}", where).replace("A tune", "&x;" if "ENTITY x" in doctype else "A tune")
        )
        reading = read_files([("a.xml", text.encode())])
        titles += [melody.title for melody in reading.melodies]
        assert "secret" not in repr(reading)
    assert _Listener.asked == []
    assert set(titles) <= {"A tune"}


NAMES = {
    "Arabic": "أغنية قديمة", "Hebrew": "שיר ישן", "Devanagari": "पुराना गीत", "Chinese": "老歌", "Thai": "เพลงเก่า",
    "Greek": "Παλιό τραγούδι", "emoji": "🎵 a family 👨‍👩‍👧", "linear B": "𐀀𐀁", "combining": "Z̸̢̛a̵l̶g̷o̶",
}  # fmt: skip


@pytest.mark.parametrize("script", NAMES)
@pytest.mark.parametrize("kind", ["mid", "musicxml", "abc"])
def test_a_title_in_any_script_goes_out_and_comes_back(script: str, kind: str) -> None:
    from chromasonic.music.abc_notation import write_abc

    title = NAMES[script]
    tune = Melody(TUNE.notes, title, Key("C"))
    data = {"mid": write_midi(tune), "musicxml": write_musicxml(tune).encode(), "abc": write_abc(tune).encode()}[kind]
    reading = read_file(f"{title}.{kind}", data)
    assert [melody.title for melody in reading.melodies] == [title]
    assert reading.melodies[0].source == f"{title}.{kind}"


@pytest.mark.parametrize(
    "name, kept",
    [
        ("a\x00b\x1b[31m.mid", "ab[31m.mid"),
        ("gnp.\u202edim.mid", "gnp.dim.mid"),
        ("two\nlines\r\n.mid", "two lines .mid"),
        ("half \ud800 a character.mid", "half a character.mid"),
        ("../../etc/passwd.mid", "../../etc/passwd.mid"),  # only a name: no file is ever made of it
        ("x" * 10_000 + ".mid", "x" * 179 + "…" + "x" * 16 + ".mid"),
    ],
)
def test_a_name_is_shown_on_one_line_of_letters_and_signs(name: str, kept: str) -> None:
    (melody,) = read_files([(name, write_midi(TUNE))]).melodies
    assert melody.source == kept
    (skipped,) = read_files([(name, b"MThd")]).skipped
    assert skipped.name == kept


@pytest.mark.parametrize(
    "title, kept",
    [
        ("A \x1b[31mred\x1b[0m tune\x07", "A [31mred[0m tune"),
        ("A \u202etune\u202c", "A tune"),
        ("A\x85tune", "A tune"),
        ("t" * 5_000, "t" * 179 + "…" + "t" * 20),
    ],
)
def test_a_title_keeps_what_can_be_seen(title: str, kept: str) -> None:
    long_name = b"\0\xff\x03" + bytes([0x80 | len(title.encode()) >> 7, len(title.encode()) & 0x7F]) + title.encode()
    track = read_midi(midi(long_name + NOTE * 2, NOTE * 2), "a.mid")
    assert track.source in (f"a.mid, track 1 ({kept})", f"a.mid, track 1 ({kept[:199]})")
    text = f"X:1\nT:{title}\nK:C\nAB\n" if len(title) < 300 else None
    if text and "\x85" not in title:
        assert read_file("a.abc", text.encode()).melodies[0].title == kept


def test_an_upload_that_takes_too_long_is_read_as_far_as_time_allows() -> None:
    reading: Reading = read_files([("a.mid", write_midi(TUNE)), ("b.mid", write_midi(TUNE))], seconds=0)
    assert not reading.melodies
    assert [skipped.name for skipped in reading.skipped] == ["a.mid", "b.mid"]
    assert "took longer than" in reading.skipped[0].reason


def test_the_limit_of_tracks_is_that_of_files_people_make() -> None:
    assert MAX_TRACKS >= 256
    assert len(read_file("a.mid", midi(*[NOTE * 2] * 256)).melodies) == 1
