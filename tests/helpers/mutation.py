"""Real music files, changed at random in ways that follow from a number: the same number makes the same file.

`python tests/helpers/mutation.py FORMAT COUNT FILE` reads that many and prints what became of them as JSON. FILE holds
the one being read, so that one which takes the whole process with it can be looked at afterwards.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import random
import re
import resource
import signal
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from chromasonic.errors import MusicFileError
from chromasonic.music import score
from chromasonic.music.abc_notation import write_abc
from chromasonic.music.limits import MAX_BEATS, MAX_NOTES
from chromasonic.music.melody import Key, Melody, Meter, Note, to_beats, to_ticks
from chromasonic.music.midi import write_midi
from chromasonic.music.reading import Reading, read_file
from chromasonic.music.score import write_musicxml

SECONDS_A_FILE = 60  # after which reading counts as hung; the limits of the readers are a sixth of that
MEMORY = 2048 << 20  # bytes that the process which reads MIDI and ABC may take

# ---- the files that are changed -------------------------------------------------------------------------------------

_CORPUS = {  # inside the installed music21
    "abc": ["ryansMammoth/PaddyMilesFricasseeReel.abc", "ryansMammoth/DeerFootHornpipe.abc",
            "ryansMammoth/LetsBeGay.abc"],
    "musicxml": ["demos/nested_tuplet_finale_test.xml", "demos/two-voices.xml", "demos/two-parts.xml",
                 "demos/multiple-verses.xml"],
    "mxl": ["bach/bwv66.6.mxl", "bach/bwv165.6.mxl", "theoryExercises/checker_demo.mxl"],
    "kern": ["palestrina/Credo_67_c.krn", "palestrina/Gloria_70_c.krn", "palestrina/Credo_16_c.krn"],
}  # fmt: skip
SUFFIXES = {"midi": ".mid", "abc": ".abc", "musicxml": ".musicxml", "mxl": ".mxl", "kern": ".krn"}
FORMATS = tuple(SUFFIXES)

_TUNES = (
    Melody(
        tuple(Note(beat / 2, 0.5, 60 + beat * 5 % 12) for beat in range(32)),
        "The Élan & the “Oak”", Key("G", "dorian"), Meter(6, 8), 96, pickup=0.5,
    ),
    Melody(tuple(Note(to_beats(16 * place), to_beats(16), 90 - place) for place in range(24)), "Триоли", Key("Bb")),
)  # fmt: skip
_ODD_ABC = """\
%abc-2.1
%%propagate-accidentals pitch
X:1
T:Two voices, \\"uber
M:2+3/8
L:1/16
Q:"Allegro" 3/8=80.5
K:Em clef=treble-8 transpose=-2
V:1
[V:1] (3ABc (5:4:6A2B^c_d=e{gef}|: [CEG]4- [CEG]2 A>B c<<d z2 Z4 |1 y!trill!"Am"G,,2 :|2 x4 "^word"a''/2/ |]
V:2
C8|C8|
w: words to sing
X:2
T:Second
K:HP
a/b/ & c4 | +ceg+ d3/2 |]
"""


@cache
def originals(kind: str) -> tuple[bytes, ...]:
    """The files of one format that are changed: of music21's corpus, of our own writers, and written by hand."""
    written: dict[str, Callable[[Melody], bytes]] = {
        "midi": write_midi,
        "abc": lambda tune: write_abc(tune).encode(),
        "musicxml": lambda tune: write_musicxml(tune).encode(),
        "mxl": lambda tune: zipped(write_musicxml(tune).encode()),
    }
    spec = find_spec("music21")
    assert spec is not None
    assert spec.origin is not None
    corpus = Path(spec.origin).parent / "corpus"
    files = [(corpus / name).read_bytes() for name in _CORPUS.get(kind, ())]
    files += [written[kind](tune) for tune in _TUNES if kind in written]
    if kind == "abc":
        files.append(_ODD_ABC.encode())
    if kind == "midi":
        files += [_many_tracks(), *(_with_all_events(tune) for tune in files)]
    return tuple(files)


def zipped(text: bytes, inside: str = "score.xml") -> bytes:
    """An .mxl file of one score."""
    packed = io.BytesIO()
    container = f'<container><rootfiles><rootfile full-path="{inside}"/></rootfiles></container>'
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", container)
        archive.writestr(inside, text)
    return packed.getvalue()


def _many_tracks() -> bytes:
    from symusic import Note as MidiNote
    from symusic import Score, Track

    many = Score(96)
    for program in range(12):
        track = Track(f"Voice {program}", program * 9, program == 9)
        track.notes.extend(MidiNote(48 * place, 40, 40 + 3 * program + place % 5, 64) for place in range(16))
        many.tracks.append(track)
    return bytes(many.dumps_midi())


def _with_all_events(tune: bytes) -> bytes:
    """The MIDI file with one of every kind of event put before its first."""
    events = (
        b"\x00\xff\x00\x02\x00\x01\x00\xff\x01\x02hi\x00\xff\x05\x02la\x00\xff\x06\x01A\x00\xff\x20\x01\x00\x00\xff\x21\x01\x00"
        b"\x00\xff\x54\x05\x60\x00\x00\x00\x00\x00\xff\x58\x04\x06\x03\x24\x08\x00\xff\x59\x02\xfd\x01\x00\xff\x7f\x03\x00\x00\x41"
        b"\x00\xf0\x05\x7e\x7f\x09\x01\xf7\x00\xb0\x40\x7f\x10\x40\x00\x00\xc0\x05\x00\xd0\x40\x00\xe0\x00\x40\x00\xa0\x3c\x40"
    )
    start = tune.index(b"MTrk")
    length = int.from_bytes(tune[start + 4 : start + 8], "big") + len(events)
    return tune[: start + 4] + length.to_bytes(4, "big") + events + tune[start + 8 :]


# ---- how they are changed -------------------------------------------------------------------------------------------

_BYTES = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"MTrk",
          b"\xff\x51\x03\x00\x00\x00", b"\xff\x2f\x00", b"\xed\xa0\x80", b"PK\x03\x04")  # fmt: skip
_NUMBERS = (b"0", b"-1", b"1", b"255", b"65536", b"2147483648", b"99999999999999999999", b"1e308", b"NaN", b"inf",
            b"0/0", b"1/3", b"0.0000001", b"-0")  # fmt: skip
_WORDS = (b"<", b">", b"&", b"&lt;", b"&#0;", b"&x;", b'"', b"'", b"]]>", b"<!--", b"<![CDATA[", b"\r", b"\n\n",
          b"\t*^\t", b"*v\t*v", b"*-\n", b"[", b"(", b"|:", b":|2", b"%", b"K:", b"X:", "\u202e".encode(), "𝄞".encode(),
          b"\x0b", b"=")  # fmt: skip
_EVENTS = (
    *(b"\xff\x51\x03" + tempo.to_bytes(3, "big") for tempo in (0, 1, 500_000, 16_777_215)),
    *(b"\xff\x58\x04" + meter for meter in (b"\0\0\0\0", b"\x04\xff\x18\x08", b"\xff\x02\x18\x08", b"\7\3\0\7")),
    *(b"\xff\x59\x02" + key for key in (b"\x80\x00", b"\x07\x01", b"\x7f\x7f", b"\xf8\x02")),
    b"\xff\x03\x05a\x00\x1b[m", b"\xff\x03\x03\xe2\x80\xae", b"\xff\x05\x00", b"\xc0\x7f", b"\xb0\x40\x7f",
    b"\xe0\x7f\x7f", b"\x90\x3c\x40", b"\x90\x7f\x7f", b"\x99\x00\x01", b"\x80\x3c\x40", b"\xf0\x01\xf7",
)  # fmt: skip
_NUMBER = re.compile(rb"\d+")
_ELEMENT = re.compile(rb"<(\w[\w-]*)[^<>]*>[^<>]*</\1>|<[\w-]+[^<>]*/>")


def mutant(kind: str, number: int) -> bytes:
    """The file of that number."""
    chance = random.Random(f"{kind} {number}")
    data = chance.choice(originals(kind))
    if kind == "mxl" and chance.random() < 0.7:  # the score inside is changed, and packed whole
        return zipped(_changed(_inside(data), chance, "musicxml"))
    return _changed(data, chance, kind)


def _changed(data: bytes, chance: random.Random, kind: str) -> bytes:
    changes = [_flip, _overwrite, _insert, _delete, _repeat, _move, _cut, _splice_numbers]
    if kind not in ("midi", "mxl"):
        changes += [_number, _number, _word, _line, _swap_lines]
    is_whole = kind in _WHOLE and chance.random() < 0.6  # what keeps its form gets past the first door
    if is_whole:
        changes = _WHOLE[kind]
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        data = chance.choice(changes)(data, chance)
    return _with_true_lengths(data) if kind == "midi" and is_whole else data


def _with_true_lengths(data: bytes) -> bytes:
    """The MIDI file with the length that each of its tracks has."""
    head, *tracks = data.split(b"MTrk")
    return head + b"".join(b"MTrk" + max(0, len(track) - 4).to_bytes(4, "big") + track[4:] for track in tracks)


def _inside(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(next(name for name in archive.namelist() if not name.startswith("META-INF")))


def _span(data: bytes, chance: random.Random, longest: int = 64) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + chance.randint(1, longest))


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 2, 8)) if data else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _overwrite(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    new = chance.choice(_BYTES)
    return data[:start] + new + data[start + len(new) :]


def _insert(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    return data[:start] + chance.choice((*_BYTES, chance.randbytes(chance.randint(1, 12)))) + data[start:]


def _delete(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance)
    return data[:start] + data[end:]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance, 200)
    return data[:end] + data[start:end] * chance.choice((1, 2, 20, 100)) + data[end:]


def _move(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance)
    place = chance.randrange(len(data) + 1)
    return data[:place] + data[start:end] + data[place:]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)] if chance.random() < 0.5 else data[chance.randrange(40) :]


def _splice_numbers(data: bytes, chance: random.Random) -> bytes:
    """Two or four bytes as a number that no file should have."""
    start, wide = chance.randrange(len(data) + 1), chance.choice((1, 2, 4))
    value = chance.choice((0, 1, 2 ** (8 * wide) - 1, 2 ** (8 * wide - 1), chance.randrange(2 ** (8 * wide))))
    return data[:start] + value.to_bytes(wide, "big") + data[start + wide :]


def _data_byte(data: bytes, chance: random.Random) -> bytes:
    """A byte of the MIDI tracks that is no command, as another such."""
    places = [place for place in range(data.find(b"MTrk") + 8, len(data)) if data[place] < 128]
    place = chance.choice(places or [len(data)])
    return data[:place] + bytes([chance.choice((0, 1, 64, 127, chance.randrange(128)))]) + data[place + 1 :]


def _event(data: bytes, chance: random.Random) -> bytes:
    """A whole event more, behind one that ends a note."""
    places = [found.end() for found in re.finditer(rb"[\x00-\x7f][\x80\x90][\x00-\x7f]{2}", data)]
    place = chance.choice(places or [len(data)])
    length = chance.choice((b"\x00", b"\x30", b"\x81\x00", b"\xff\x7f", b"\xff\xff\xff\x7f"))
    return data[:place] + (length + chance.choice(_EVENTS)) * chance.choice((1, 1, 2, 40)) + data[place:]


def _number(data: bytes, chance: random.Random) -> bytes:
    return _replaced(data, _NUMBER, chance, chance.choice(_NUMBERS))


def _word(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    return data[:start] + chance.choice(_WORDS) * chance.choice((1, 1, 3, 50)) + data[start:]


def _line(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    return b"\n".join([*lines[:place], *lines[place:][:1] * chance.choice((0, 2, 40)), *lines[place + 1 :]])


def _swap_lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    a, b = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return b"\n".join(lines)


def _element(data: bytes, chance: random.Random) -> bytes:
    """An XML element left out, doubled, or put inside another."""
    found = list(_ELEMENT.finditer(data))
    if not found:
        return data
    one, other = chance.choice(found), chance.choice(found)
    new = chance.choice((b"", one[0] * 2, one[0] * 30, other[0], b"<note>" + one[0] + b"</note>"))
    return data[: one.start()] + new + data[one.end() :]


_WHOLE: dict[str, list[Callable[[bytes, random.Random], bytes]]] = {
    "midi": [_data_byte, _event, _event],
    "musicxml": [_number, _element, _element],
}


def _replaced(data: bytes, pattern: re.Pattern[bytes], chance: random.Random, new: bytes) -> bytes:
    found = list(pattern.finditer(data))
    if not found:
        return data + new
    place = chance.choice(found)
    return data[: place.start()] + new + data[place.end() :]


# ---- what becomes of them -------------------------------------------------------------------------------------------


def outcome(name: str, data: bytes) -> str:
    """“melody”, or “refused”; anything else is raised."""
    try:
        reading = read_file(name, data)
    except MusicFileError as error:
        check_refusal(error.name, error.reason)
        return "refused"
    check_reading(reading)
    return "melody" if reading.melodies else "refused"


def check_reading(reading: Reading) -> None:
    """Raise AssertionError unless the rest of the house may trust what was read."""
    for melody in reading.melodies:
        check_melody(melody)
    for skipped in reading.skipped:
        check_refusal(skipped.name, skipped.reason)
    assert reading.melodies or reading.skipped, "nothing was read, and nobody says why"


def check_refusal(name: str, reason: str) -> None:
    """A reason is a short sentence or two on one line, with what to do at its end."""
    assert name, "a refusal that names no file"
    assert reason.endswith("."), reason
    assert reason.isprintable(), reason
    assert len(reason) < 400, reason


def check_melody(melody: Melody) -> None:
    """Raise AssertionError unless `melody` is what every reader promises, and every writer can write it down."""
    assert 2 <= len(melody.notes) <= MAX_NOTES
    for note in melody.notes:
        assert 0 <= note.pitch <= 127, note
        assert 1 <= note.velocity <= 127, note
        assert note.onset >= 0, note
        assert note.duration > 0, note
        assert note.onset == to_beats(to_ticks(note.onset)), note
        assert note.duration == to_beats(to_ticks(note.duration)), note
    assert all(to_ticks(one.end) <= to_ticks(other.onset) for one, other in pairwise(melody.notes)), "notes overlap"
    assert melody.duration <= MAX_BEATS
    assert melody.qpm is None or (math.isfinite(melody.qpm) and melody.qpm > 0)
    assert melody.meter is None or (0 < melody.meter.beats <= 255 and melody.meter.unit in (1, 2, 4, 8, 16, 32, 64))
    assert melody.key is None or abs(melody.key.fifths) <= 7
    assert 0 <= melody.pickup < (melody.meter or Meter()).bar_length
    assert all(0 <= repeat.start < repeat.end for repeat in melody.repeats)
    for text in (melody.title, melody.source):
        assert text == " ".join(text.split()), text
        assert len(text) <= 400, text
        text.encode()  # no halves of characters
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text), repr(text)
    assert Melody.from_json(json.loads(json.dumps(melody.to_json(), allow_nan=False))) == melody
    for write in (write_midi, write_abc, write_musicxml):
        assert write(melody)


# ---- a process of its own -------------------------------------------------------------------------------------------


def main(kind: str, count: int, current: Path) -> None:
    """Reads `count` files of one format and prints what became of them."""
    if kind in ("midi", "abc"):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    became: Counter[str] = Counter()
    others: list[str] = []
    slowest, name = 0.0, f"mutant{SUFFIXES[kind]}"
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process, whatever it hangs in
    with _pid_of_child() as peak_of_child:
        for number in range(count):
            data = mutant(kind, number)
            current.write_bytes(data)
            signal.alarm(SECONDS_A_FILE)
            start = time.perf_counter()
            try:
                became[outcome(name, data)] += 1
            except BaseException as error:  # whatever it is, it is none of ours
                became["other"] += 1
                others.append(f"{kind} {number}: {error!r:.300}")
            slowest = max(slowest, time.perf_counter() - start)
        signal.alarm(0)
        peak = max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, *peak_of_child())
    print(json.dumps({**became, "slowest": slowest, "peak": peak / 1024, "others": others[:20]}))


@contextlib.contextmanager
def _pid_of_child() -> Iterator[Callable[[], tuple[int, ...]]]:
    """Gives the most memory, in KiB, that any process which read scores for us has taken."""
    peaks: dict[int, int] = {}
    ask = score._CHILD.ask

    def asked(*request: object) -> dict[str, object]:
        answer = ask(*request)  # type: ignore[arg-type]
        process = score._CHILD._process
        if process is not None and len(peaks) < 1_000:
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{process.pid}/status").read_text()
                peaks[process.pid] = int(re.search(r"VmHWM:\s+(\d+)", status)[1])  # type: ignore[index]
        return answer

    score._CHILD.ask = asked  # type: ignore[method-assign]
    try:
        yield lambda: (0, *peaks.values())
    finally:
        del score._CHILD.ask


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
