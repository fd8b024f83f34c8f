"""Scores: small MusicXML and kern with known notes, real ones from music21's corpus, and files that mean harm."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from chromasonic.errors import MusicFileError
from chromasonic.music.abc_notation import read_abc
from chromasonic.music.melody import Key, Melody, Meter, Note, Repeat
from chromasonic.music.score import read_score, write_musicxml
from chromasonic.music.score_child import receive

NOTE = "<note><pitch><step>{0}</step><octave>{1}</octave></pitch><duration>{2}</duration>{3}</note>"


def note(name: str, beats: int = 1, extra: str = "") -> str:
    return NOTE.format(name[0], name[1], beats, extra)


def score(*measures: str, part: str = "Flute", head: str = "") -> str:
    bars = "".join(f'<measure number="{i}">{bar}</measure>' for i, bar in enumerate(measures, 1))
    return (
        f"<score-partwise>{head}<part-list><score-part id='P1'><part-name>{part}</part-name></score-part></part-list>"
        f"<part id='P1'>{bars}</part></score-partwise>"
    )


def attributes(beats: int, unit: int, fifths: int = 0, mode: str = "major") -> str:
    return (
        f"<attributes><divisions>1</divisions><key><fifths>{fifths}</fifths><mode>{mode}</mode></key>"
        f"<time><beats>{beats}</beats><beat-type>{unit}</beat-type></time></attributes>"
    )


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def pitches(melody: Melody) -> list[int]:
    return [each.pitch for each in melody.notes]


def read(text: str | bytes, name: str = "score.musicxml") -> Melody:
    (tune,) = read_score(text if isinstance(text, bytes) else text.encode(), name).melodies
    return tune


SMALL = score(
    attributes(3, 4, fifths=-1, mode="minor") + "<direction><sound tempo='84'/></direction>" + note("A4"),
    note("D5", 2) + note("E5"),
    note("F5", 3, "<tie type='start'/>"),
    note("F5", 1, "<tie type='stop'/>") + "<note><rest/><duration>1</duration></note>" + note("G5"),
    head="<work><work-title>Small Waltz</work-title></work>",
)


def test_a_small_score_gives_everything_it_says():
    tune = read(SMALL)
    assert tune.notes == (Note(0, 1, 69), Note(1, 2, 74), Note(3, 1, 76), Note(4, 4, 77), Note(9, 1, 79))
    assert (tune.title, tune.key, tune.meter) == ("Small Waltz", Key("D", "minor"), Meter(3, 4))
    assert (tune.qpm, tune.pickup, tune.source) == (84, 1, "score.musicxml")


def test_a_compressed_score_is_the_same_score():
    container = b'<container><rootfiles><rootfile full-path="inside/small.xml"/></rootfiles></container>'
    other = b"<score-partwise>not this one</score-partwise>"
    with_index = {"a.xml": other, "META-INF/container.xml": container, "inside/small.xml": SMALL.encode()}
    assert read(zipped(with_index), "score.mxl").notes == read(SMALL).notes
    assert read(zipped({"SMALL.XML": SMALL.encode()}), "score.mxl").notes == read(SMALL).notes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_a_score_is_read_in_any_encoding(encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + SMALL.replace("Small Waltz", "Für Élise")
    assert read(text.encode(encoding)).title == "Für Élise"


def test_repeats_are_noted_up_to_the_first_ending():
    forward = "<barline location='left'><repeat direction='forward'/></barline>"
    backward = "<barline location='right'>{}<repeat direction='backward'/></barline>"
    first = "<barline location='left'><ending number='1' type='start'/></barline>"
    tune = read(
        score(
            attributes(2, 4) + note("C5", 2),
            forward + note("D5", 2) + backward.format(""),
            note("E5", 2),
            first + note("F5", 2) + backward.format("<ending number='1' type='stop'/>"),
            note("G5", 2),
        )
    )
    assert tune.repeats == (Repeat(2, 4), Repeat(4, 6))


def test_a_passage_with_two_endings_is_written_out_as_it_is_played():
    def ending(number: int, sound: str, repeat: str) -> str:
        opening = f"<barline location='left'><ending number='{number}' type='start'/></barline>"
        return f"{opening}{sound}<barline location='right'><ending number='{number}' type='stop'/>{repeat}</barline>"

    back = "<repeat direction='backward'/>"
    forward = "<barline location='left'><repeat direction='forward'/></barline>"
    tune = read(
        score(
            attributes(2, 4) + note("C5", 2),
            forward + note("D5", 2),
            ending(1, note("E5", 2), back),
            ending(2, note("F5", 2), ""),
            forward + note("G5", 2) + f"<barline location='right'>{back}</barline>",
        )
    )
    assert tune.notes == tuple(Note(2 * place, 2, pitch) for place, pitch in enumerate((72, 74, 76, 74, 77, 79)))
    assert tune.repeats == (Repeat(10, 12),)


def test_chords_give_their_top_note_and_grace_notes_and_chord_symbols_none():
    grace = "<note><grace/><pitch><step>B</step><octave>5</octave></pitch></note>"
    symbol = "<harmony><root><root-step>C</root-step></root><kind>major</kind></harmony>"
    chord = note("C5") + note("E5").replace("<note>", "<note><chord/>")
    assert pitches(read(score(attributes(4, 4) + symbol + chord + grace + note("G4", 3)))) == [76, 67]


def test_a_transposing_instrument_is_heard_as_it_sounds():
    clarinet = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose></attributes>"
    tune = read(score(attributes(4, 4, fifths=2).replace("</attributes>", clarinet) + note("D5") + note("E5")))
    assert (pitches(tune), tune.key) == ([72, 74], Key("C"))
    assert pitches(read(score(attributes(4, 4) + note("D5") + note("E5"), part="Clarinet"))) == [74, 76]


def test_cue_notes_are_for_another_player():
    cue = note("C6").replace("<note>", "<note><cue/>")
    chord = note("E6").replace("<note>", "<note><cue/><chord/>")
    tune = read(score(attributes(4, 4) + note("C5") + cue + chord + note("D5") + cue.replace("/octave>", "/octave>\n")))
    assert tune.notes == (Note(0, 1, 72), Note(2, 1, 74))


def test_of_notes_that_begin_together_the_highest_is_held_until_the_next():
    second = "<backup><duration>4</duration></backup>" + note("E5", 4, "<voice>2</voice>")
    tune = read(score(attributes(4, 4) + note("C5", 1, "<voice>1</voice>") * 4 + second))
    assert tune.notes == (Note(0, 1, 76), Note(1, 1, 72), Note(2, 1, 72), Note(3, 1, 72))


def test_a_title_stands_on_one_line():
    assert read(SMALL.replace("Small Waltz", "Small\nWaltz")).title == "Small Waltz"
    assert read(SMALL.replace("Small Waltz", " \n "), "waltz.xml").title == "waltz"


def test_the_part_that_is_named_melody_is_read():
    parts = "".join(
        f"<score-part id='{p}'><part-name>{n}</part-name></score-part>" for p, n in [("A", "Piano"), ("B", "Voice")]
    )
    text = (
        f"<score-partwise><part-list>{parts}</part-list>"
        f"<part id='A'><measure number='1'>{attributes(2, 4)}{note('C3')}{note('D3')}</measure></part>"
        f"<part id='B'><measure number='1'>{attributes(2, 4)}{note('G4')}{note('A4')}</measure></part></score-partwise>"
    )
    tune = read(text)
    assert (pitches(tune), tune.source) == ([67, 69], "score.musicxml, Voice")


def test_a_part_of_drums_is_passed_over():
    drum = "<note><unpitched><display-step>C</display-step></unpitched><duration>1</duration></note>"
    parts = "".join(f"<score-part id='{name}'><part-name>{name}</part-name></score-part>" for name in ["Drums", "Oboe"])
    text = (
        f"<score-partwise><part-list>{parts}</part-list>"
        f"<part id='Drums'><measure number='1'>{attributes(2, 4)}{drum}{drum}</measure></part>"
        f"<part id='Oboe'><measure number='1'>{attributes(2, 4)}{note('G4')}{note('A4')}</measure></part>"
        "</score-partwise>"
    )
    assert read(text).source == "score.musicxml, Oboe"


KERN = """!!!OTL: A kern tune
**kern
*M3/4
*k[f#]
*G:
4d
=1
4.g
8a
4b
=2
2.f#
*-
"""


def test_kern_is_read():
    tune = read(KERN, "tune.krn")
    assert tune.notes == (Note(0, 1, 62), Note(1, 1.5, 67), Note(2.5, 0.5, 69), Note(3, 1, 71), Note(4, 3, 66))
    assert (tune.title, tune.key, tune.meter, tune.pickup) == ("A kern tune", Key("G"), Meter(3, 4), 1)


def test_bach_sings(corpus: Path):
    tune = read((corpus / "bach/bwv66.6.mxl").read_bytes(), "bwv66.6.mxl")
    assert pitches(tune)[:9] == [73, 71, 69, 71, 73, 76, 73, 71, 69]  # C♯ B A B C♯ E C♯ B A
    assert (tune.key, tune.meter, tune.pickup) == (Key("F#", "minor"), Meter(4, 4), 1)
    assert tune.source == "bwv66.6.mxl, Soprano"


def test_real_tunes_survive_the_round_trip(corpus: Path):
    books: Sequence[Path] = [
        *sorted((corpus / "ryansMammoth").glob("*.abc"))[:300:15],
        corpus / "essenFolksong/erk5.abc",
        corpus / "miscFolk/northumbrianminstrelsyopus.abc",
    ]
    tunes = [tune for book in books for tune in read_abc(book.read_bytes(), book.name).melodies][:40]
    for tune in tunes:
        again = read(write_musicxml(tune))
        assert again.notes == tune.notes
        assert (again.title, again.key, again.meter) == (tune.title, tune.key, tune.meter)
        assert (again.qpm, again.pickup) == (tune.qpm, tune.pickup)


def test_every_length_on_the_grid_survives():
    onset, notes = 0, []
    for index, length in enumerate([*range(1, 100), 192, 193, 288, 500]):
        notes.append(Note(onset / 48, length / 48, 60 + index % 24))
        onset += length + index % 3
    for meter in (Meter(4, 4), Meter(6, 8), None):
        tune = Melody(tuple(notes), "Lengths", Key("Eb", "lydian"), meter, 101.7)
        again = read(write_musicxml(tune))
        assert [(round(n.onset * 48), round(n.duration * 48), n.pitch) for n in again.notes] == [
            (round(n.onset * 48), round(n.duration * 48), n.pitch) for n in tune.notes
        ]
        assert (again.key, again.meter, again.qpm) == (tune.key, tune.meter, tune.qpm)


def test_the_written_page_has_bars_ties_beams_triplets_and_only_the_accidentals_it_needs():
    text = "X:1\nT:Page\nM:2/4\nL:1/8\nK:G\nd|^c/d/=c/B/ (3ABc|f^f=f2-|f2 z2|]"
    page = ElementTree.fromstring(write_musicxml(read_abc(text.encode(), "x").melodies[0]))
    bars = page.findall("part/measure")
    assert [bar.get("number") for bar in bars] == ["0", "1", "2", "3"]
    assert bars[0].get("implicit") == "yes"
    assert [sum(int(d.text or 0) for d in bar.findall("note/duration")) for bar in bars] == [24, 96, 96, 72]
    assert [a.text for a in page.iter("accidental")] == ["sharp", "natural", "natural"]  # c♯, c♮; then f♮ after f♯
    assert [b.text for b in bars[1].findall("note/beam[@number='1']")] == [
        *["begin", "continue", "continue", "end"],
        *["begin", "continue", "end"],
    ]
    assert [b.text for b in bars[1].findall("note/beam[@number='2']")] == ["begin", "continue", "continue", "end"]
    assert [t.get("type") for t in bars[1].iter("tuplet")] == ["start", "stop"]
    assert [t.get("type") for t in page.iter("tied")] == ["start", "stop"]


BOMB = """<?xml version="1.0"?><!DOCTYPE score-partwise [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><score-partwise>&c;</score-partwise>"""


@pytest.mark.parametrize(
    "name, data, says",
    [
        ("bomb.mxl", zipped({"score.xml": b" " * (31 << 20)}), "larger than 30 MiB"),
        ("long.xml", b"<score-partwise>" + b" " * (31 << 20), "larger than 30 MiB"),
        ("bomb.xml", BOMB.encode(), "XML entities"),
        ("bomb.xml", BOMB.encode("utf-16"), "XML entities"),
        ("web.xml", b"<html><body>Hello</body></html>", "no MusicXML score"),
        ("time.xml", b"<score-timewise></score-timewise>", "by time"),
        ("cut.xml", SMALL[:300].encode(), "line 1: .*cut short"),
        ("cut.mxl", zipped({"score.xml": SMALL.encode()})[:200], "damaged"),
        ("endless.xml", score(attributes(4, 4) + note("C5") + note("D5", 10**15)).encode(), "longer than 20,000 beats"),
        ("pictures.mxl", zipped({"picture.png": b""}), "no score in this"),
        ("rests.krn", b"**kern\n*M4/4\n1r\n*-\n", "two notes"),
        ("empty.xml", score(attributes(4, 4)).encode(), "two notes"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(name, data, says):
    with pytest.raises(MusicFileError, match=says) as caught:
        reading = read_score(data, name)
        raise MusicFileError(reading.skipped[0].name, reading.skipped[0].reason)
    assert str(caught.value).startswith(f"{name}: ")
    assert str(caught.value).endswith(".")


def test_what_no_music_has_is_left_out():
    metronome = "<metronome><beat-unit>quarter</beat-unit><per-minute>-5</per-minute></metronome>"
    tempo = f"<direction><direction-type>{metronome}</direction-type></direction>"
    tune = read(score(attributes(4, 4, fifths=99) + tempo + note("C5", -4) + note("D5") * 6))
    assert (tune.qpm, tune.key) == (None, None)
    assert all(each.onset >= 0 for each in tune.notes)


def test_silent_bars_before_the_first_note_are_left_out():
    silence = "<note><rest/><duration>4</duration></note>"
    tune = read(score(attributes(4, 4) + silence, silence, note("C5", 4), note("D5", 4)))
    assert [each.onset for each in tune.notes] == [0, 4]


def test_an_archive_that_lies_about_its_size_is_refused():
    data = bytearray(zipped({"score.xml": b" " * (31 << 20)}))
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (1_000).to_bytes(4, "little")  # "unpacked I have 1,000 bytes"
    with pytest.raises(MusicFileError, match=r"damaged|larger"):
        read_score(bytes(data), "bomb.mxl")


def test_a_score_that_takes_too_long_is_stopped_and_the_next_is_read():
    slow = score(*[attributes(4, 4) + note("C5") * 4] * 3_000)
    with pytest.raises(MusicFileError, match=r"longer than 0\.2 seconds"):
        read_score(slow.encode(), "slow.xml", seconds=0.2)
    assert len(read(SMALL).notes) == 5


def test_a_score_with_too_many_notes_is_refused():
    with pytest.raises(MusicFileError, match="more than 50,000 notes"):
        read_score(score(attributes(4, 4) + note("C5") * 50_001).encode(), "long.xml")


def test_the_child_leaves_when_nobody_is_there_to_ask():
    command = [sys.executable, "-m", "chromasonic.music.score_child"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert receive(child.stdout) == "ready"
        child.stdin.close()
        assert child.wait(timeout=30) == 0


def test_a_script_without_a_main_guard_may_read_scores(tmp_path: Path):
    (tmp_path / "small.xml").write_text(SMALL)
    (tmp_path / "script.py").write_text(
        "from pathlib import Path\n"
        "from chromasonic.music.reading import read_file\n"
        "print(read_file('small.xml', Path('small.xml').read_bytes()).melodies[0].title)\n"
    )
    (tmp_path / "music.py").write_text("raise RuntimeError('a file of the user that must not be imported')")
    script = [sys.executable, "script.py"]
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "Small Waltz\n"
