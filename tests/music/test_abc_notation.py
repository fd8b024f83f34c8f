"""Tunes whose notes were worked out by hand. A bare name lasts `each` beats; `-` is a rest; `|` a barline."""

from __future__ import annotations

from fractions import Fraction
from itertools import count
from pathlib import Path

import pytest

from chromasonic.errors import MusicFileError
from chromasonic.music.abc_notation import read_abc, write_abc
from chromasonic.music.melody import Key, Melody, Meter, Note, Repeat, to_ticks

PITCH_CLASSES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

TUNES = {
    "a reel in D major": (
        "X:1\nT:The Wind that Shakes the Barley\nM:4/4\nL:1/8\nR:reel\nK:D\nA2AB AFED|B2BA BcdB|",
        (Key("D"), Meter(4, 4), None, 0),
        "1/2",
        "A4:1 A4 B4 A4 F#4 E4 D4 | B4:1 B4 A4 B4 C#5 D5 B4",
    ),
    "a jig in G major with a pickup": (
        "X:1\nT:The Irish Washerwoman\nM:6/8\nL:1/8\nQ:3/8=120\nK:Gmaj\ndc|BGG DGG|BGB dcB|",
        (Key("G"), Meter(6, 8), 180.0, 1),
        "1/2",
        "D5 C5 | B4 G4 G4 D4 G4 G4 | B4 G4 B4 D5 C5 B4",
    ),
    "a song in A dorian": (
        "X:1\nT:Scarborough Fair\nM:3/4\nL:1/4\nK:Ador\nA2 A|e2 e|B>c B|A3|z e g|a2 g|e f d|e3|]",
        (Key("A", "dorian"), Meter(3, 4), None, 0),
        "1",
        "A4:2 A4 | E5:2 E5 | B4:3/2 C5:1/2 B4 | A4:3 | - E5 G5 | A5:2 G5 | E5 F#5 D5 | E5:3",
    ),
    "a jig in D mixolydian": (
        "X:1\nT:Banish Misfortune\nM:6/8\nK:D Mixolydian\nfed cAG|A2d cAG|F2D DED|FEF GFG|",
        (Key("D", "mixolydian"), Meter(6, 8), None, 0),
        "1/2",
        "F#5 E5 D5 C5 A4 G4 | A4:1 D5 C5 A4 G4 | F#4:1 D4 D4 E4 D4 | F#4 E4 F#4 G4 F#4 G4",
    ),
    "a carol in E minor": (
        'X:1\nT:God Rest Ye Merry\nM:C\nL:1/4\nQ:"Gladly" 1/4=132\nK:Em\nE|E B B A|G F E D|E F G A|B3|',
        (Key("E", "minor"), Meter(4, 4), 132.0, 1),
        "1",
        "E4 | E4 B4 B4 A4 | G4 F#4 E4 D4 | E4 F#4 G4 A4 | B4:3",
    ),
    "a hornpipe in B flat with triplets and broken rhythm": (
        "X:1\nT:A hornpipe\nM:C|\nL:1/8\nQ:1/2=80\nK:Bb\n(3FGA|B>A B>c d<B f>>d|(3efg e>c B2 B2|",
        (Key("Bb"), Meter(2, 2), 160.0, 1),
        "1",
        "F4:1/3 G4:1/3 A4:1/3 | Bb4:3/4 A4:1/4 Bb4:3/4 C5:1/4 D5:1/4 Bb4:3/4 F5:7/8 D5:1/8"
        " | Eb5:1/3 F5:1/3 G5:1/3 Eb5:3/4 C5:1/4 Bb4 Bb4",
    ),
    "a waltz in F major": (
        "X:1\nT:Home on the Range\nM:3/4\nL:1/4\nK:F\nC|C F G|A2 F/E/|D B B|B2 A/B/|c3|",
        (Key("F"), Meter(3, 4), None, 1),
        "1",
        "C4 | C4 F4 G4 | A4:2 F4:1/2 E4:1/2 | D4 Bb4 Bb4 | Bb4:2 A4:1/2 Bb4:1/2 | C5:3",
    ),
    "a slip jig in E minor": (
        "X:1\nT:The Butterfly\nM:9/8\nL:1/8\nK:E minor\nB2E G2E F3|B2E G2E FED|",
        (Key("E", "minor"), Meter(9, 8), None, 0),
        "1/2",
        "B4:1 E4 G4:1 E4 F#4:3/2 | B4:1 E4 G4:1 E4 F#4 E4 D4",
    ),
    "a symphony in C minor, with a tie over the barline": (
        "X:1\nT:Fifth Symphony\nC:Beethoven\nM:2/4\nL:1/8\nK:Cm\nzGGG|E4|zFFF|D4-|D4|",
        (Key("C", "minor"), Meter(2, 4), None, 0),
        "1/2",
        "- G4 G4 G4 | Eb4:2 | - F4 F4 F4 | D4:4",
    ),
    "a polka in A major": (
        "X:1\nT:Bill Sullivan's\nM:2/4\nL:1/8\nK:A\nc>B Ac|BA FA|EA Ac|B2 Bc|",
        (Key("A"), Meter(2, 4), None, 0),
        "1/2",
        "C#5:3/4 B4:1/4 A4 C#5 | B4 A4 F#4 A4 | E4 A4 A4 C#5 | B4:1 B4 C#5",
    ),
    "a bagatelle in A minor whose sharps are taken back": (
        "X:1\nT:Für Elise\nC:Beethoven\nM:3/8\nL:1/16\nK:Am\ne^d|e^deB=dc|A2zCEA|B2zE^GB|c2z|",
        (Key("A", "minor"), Meter(3, 8), None, 0.5),
        "1/4",
        "E5 D#5 | E5 D#5 E5 B4 D5 C5 | A4:1/2 - C4 E4 A4 | B4:1/2 - E4 G#4 B4 | C5:1/2",
    ),
    "a ballad in A minor with leading notes": (
        "X:1\nT:Greensleeves\nM:6/8\nL:1/8\nQ:3/8=60\nK:Am\nA|c2d e>fe|d2B G>AB|c2A A>^GA|B2^G E2|",
        (Key("A", "minor"), Meter(6, 8), 90.0, 0.5),
        "1/2",
        "A4 | C5:1 D5 E5:3/4 F5:1/4 E5 | D5:1 B4 G4:3/4 A4:1/4 B4 | C5:1 A4 A4:3/4 G#4:1/4 A4 | B4:1 G#4 E4:1",
    ),
    "a pipe march": (
        "X:1\nT:Scotland the Brave\nM:4/4\nL:1/8\nK:HP\nA2 A>B c>A c>e|a2 a>g e>c A>c|",
        (Key("A", "mixolydian"), Meter(4, 4), None, 0),
        "1",
        "A4 A4:3/4 B4:1/4 C#5:3/4 A4:1/4 C#5:3/4 E5:1/4 | A5 A5:3/4 G5:1/4 E5:3/4 C#5:1/4 A4:3/4 C#5:1/4",
    ),
    "a chorale in F sharp minor, first of two voices": (
        "X:1\nT:A chorale\nM:4/4\nL:1/4\nV:S\nV:B clef=bass\nK:F#m\n"
        "[V:S] A|F G A B|[V:B] D|D, E, F, G,|\nV:S\n[ac]4|]\nV:B\nA,4|]\n",
        (Key("F#", "minor"), Meter(4, 4), None, 1),
        "1",
        "A4 | F#4 G#4 A4 B4 | A5:4",
    ),
}  # fmt: skip


def by_hand(table: str, each: str) -> list[tuple[int, int, int]]:
    """The table as (onset, duration, pitch), times in ticks."""
    notes, onset = [], Fraction(0)
    for word in table.replace("|", " ").split():
        name, _, length = word.partition(":")
        duration = Fraction(length or each)
        if name != "-":
            pitch = 12 * (int(name[-1]) + 1) + PITCH_CLASSES[name[0]] + name.count("#") - name.count("b")
            notes.append((int(onset * 48), int(duration * 48), pitch))
        onset += duration
    return notes


def ticks(melody: Melody) -> list[tuple[int, int, int]]:
    return [(to_ticks(note.onset), to_ticks(note.duration), note.pitch) for note in melody.notes]


def read(music: str, header: str = "M:4/4\nL:1/4\nK:C") -> Melody:
    reading = read_abc(f"X:1\nT:A tune\n{header}\n{music}\n".encode(), "tune.abc")
    assert reading.skipped == ()
    return reading.melodies[0]


@pytest.mark.parametrize("name", TUNES)
def test_a_tune_reads_as_worked_out_by_hand(name):
    text, (key, meter, qpm, pickup), each, table = TUNES[name]
    (tune,) = read_abc(text.encode(), "tune.abc").melodies
    assert ticks(tune) == by_hand(table, each)
    assert (tune.key, tune.meter, tune.qpm, tune.pickup) == (key, meter, qpm, pickup)
    assert f"T:{tune.title}\n" in text


@pytest.mark.parametrize("name", TUNES)
def test_a_tune_written_down_reads_back_the_same(name):
    (tune,) = read_abc(TUNES[name][0].encode(), "tune.abc").melodies
    (again,) = read_abc(write_abc(tune).encode(), "tune.abc").melodies
    assert again == tune


SIGNS = {
    # accidentals hold to the barline, in the octave where they stand
    "a sharp holds to the barline": ("^FGFG|FGFG", "F#4 G4 F#4 G4 | F4 G4 F4 G4"),
    "for its letter in every octave, where a file says so": (
        "%%propagate-accidentals pitch\n^Ff|f", "F#4 F#5 F5"),
    "or for nothing but its note": ("I:propagate-accidentals not\n^FF", "F#4 F4"),
    "an accidental or octave mark of no note": ("A=>B^3^F|,B ,F'' 'A", "A4:3/2 B4:1/2 F#4 B4 F6 A4"),
    "and a natural takes it back": ("^FF=FF|", "F#4 F#4 F4 F4"),
    "not in another octave": ("^Ff_Bb|", "F#4 F5 Bb4 B5"),
    "double accidentals": ("^^F__B^^f'G|", "G4 A4 G6 G4"),
    "a tie carries it over the barline, once": ("C2^F2-|FFGG|", "C4:2 F#4:3 F4 G4 G4"),
    "a repeat sign is a barline": ("^FF:|FF", "F#4 F#4 F4 F4"),
    # lengths
    "lengths": ("A2A/A//A3/2|A/4A3/4A>BC3/", "A4:2 A4:1/2 A4:1/4 A4:3/2 A4:1/4 A4:3/4 A4:3/2 B4:1/2 C4:3/2"),
    "octaves": ("C,, C, C c c' c'',|", "C2 C3 C4 C5 C6 C6"),
    "broken rhythm": ("A>BA<B|A>>BA<<<B", "A4:3/2 B4:1/2 A4:1/2 B4:3/2 A4:7/4 B4:1/4 A4:1/8 B4:15/8"),
    "rests, seen and unseen, and of whole bars": ("AzxA|Z|X2|A4|", "A4 - - A4 | -:4 | -:8 | A4:4"),
    "whole bars of another meter": ("A[M:3/4]Z|\nM:2/4\nZA|", "A4 -:3 -:2 A4"),
    "ties in a row": ("A4-|A4-|A2B2|", "A4:10 B4:2"),
    "a tie to another pitch is only a slur": ("A4-|B4|", "A4:4 B4:4"),
    # tuplets
    "a triplet": ("(3ABcA2|", "A4:2/3 B4:2/3 C5:2/3 A4:2"),
    "two in the time of three": ("(2ABA|", "A4:3/2 B4:3/2 A4"),
    "four in the time of three": ("(4ABcdA|", "A4:3/4 B4:3/4 C5:3/4 D5:3/4 A4"),
    "five in the time of two": ("(5ABcde|A", "A4:2/5 B4:2/5 C5:2/5 D5:2/5 E5:2/5 A4"),
    "six in the time of two": ("(6ABcdef|A", "A4:1/3 B4:1/3 C5:1/3 D5:1/3 E5:1/3 F5:1/3 A4"),
    "a tuplet with all its numbers": ("(5:4:5ABcde|A", "A4:4/5 B4:4/5 C5:4/5 D5:4/5 E5:4/5 A4"),
    "one of unequal notes": ("(3:2:2A2BA", "A4:4/3 B4:2/3 A4"),
    "one with numbers left out": ("(3::2A2BA", "A4:4/3 B4:2/3 A4"),
    "a broken triplet under a slur": ("((3A>BcA)", "A4:1 B4:1/3 C5:2/3 A4"),
    # what is not melody
    "of a chord the top note": ("[CEG]2[c2E][EG]/[G-B-][GB]|", "G4:2 C5:2 G4:1/2 B4:2"),
    "an old chord": ("+CEG+A+trill+B", "G4 A4 B4"),
    "grace notes are left out": ("{cd}A{/e}B", "A4 B4"),
    "ornaments and bowings": (".A~BvcuATHALM!trill!A!fermata!B", "A4 B4 C5 A4 A4 A4 B4"),
    "chord symbols and fingerings": ('"Am"A"^slow"B"1"c', "A4 B4 C5"),
    "slurs, backticks and line ends": ("(AB)``(c\\\nA)|\nB", "A4 B4 C5 A4 B4"),
    "lyrics and comments": ("AB % a comment: CDE\nw: la la\nc", "A4 B4 C5"),
    "silent bars at the start": ("Z8|zABc|", "- A4 B4 C5"),
    "a second voice in the bar": ("ABcd & CDEF|A4|", "A4 B4 C5 D5 | A4:4"),
    "voices named late": ("AB\nV:2\nCD\nV:1\ncd", "A4 B4 C5 D5"),
    "fields in the line": ("AF[K:D]F[L:1/8]FF[M:2/4]A", "A4 F4 F#4 F#4:1/2 F#4:1/2 A4:1/2"),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNS)
def test_a_sign_means_what_the_standard_says(name):
    music, table = SIGNS[name]
    expected = by_hand(table, "1")
    if "five" in name or "all its numbers" in name:  # fifths of a beat lie beside the grid: each within half a tick
        assert [note[2] for note in ticks(read(music))] == [note[2] for note in expected]
        assert ticks(read(music))[-1][0] == expected[-1][0]
    else:
        assert ticks(read(music)) == expected


def test_five_notes_fill_three_beats_after_the_meter_turns_compound():
    assert ticks(read("A|[M:6/8](5ABcde A|", "M:2/4\nL:1/8\nK:C"))[-1][0] == 24 + 72


@pytest.mark.parametrize(
    "header, key, semitones",
    [
        ("K:D transpose=-2", Key("C"), -2),  # a clarinet in B flat
        ("K:Em t=3", Key("G", "minor"), 3),
        ("K:G octave=-1", Key("G"), -12),
        ("K:G treble-8", Key("G"), -12),
        ("K:G clef=bass+8", Key("G"), 12),
        ("V:1 clef=treble-8 transpose=1\nV:2 octave=3\nK:none", None, -11),
        ("K:G treble", Key("G"), 0),
    ],
)
def test_a_voice_sounds_where_its_clef_and_its_player_put_it(header, key, semitones):
    tune, written = read("=c2^d2", f"L:1/4\n{header}"), read("=c2^d2", "L:1/4\nK:none")
    assert [note.pitch - semitones for note in tune.notes] == [note.pitch for note in written.notes]
    assert tune.key == key


def test_the_shortest_note_lasts_a_tick_and_none_is_lost():
    tune = read("L:1/512\nABcd|[L:1/4]A|")
    assert ticks(tune) == [(0, 1, 69), (1, 1, 71), (2, 1, 72), (3, 1, 74), (4, 46, 69)]


def test_five_notes_fill_three_beats_of_a_compound_meter():
    assert ticks(read("(5ABcde A|", "M:6/8\nL:1/8\nK:C"))[-1][0] == 72  # in the time of 3 eighths, 24 ticks each


@pytest.mark.parametrize(
    "field, key, scale",
    [
        ("C", Key("C"), "C4 D4 E4 F4 G4 A4 B4"),
        ("Gmaj", Key("G"), "C4 D4 E4 F#4 G4 A4 B4"),
        ("F#m", Key("F#", "minor"), "C#4 D4 E4 F#4 G#4 A4 B4"),
        ("Bb", Key("Bb"), "C4 D4 Eb4 F4 G4 A4 Bb4"),
        ("Ab Major", Key("Ab"), "C4 Db4 Eb4 F4 G4 Ab4 Bb4"),
        ("Ador", Key("A", "dorian"), "C4 D4 E4 F#4 G4 A4 B4"),
        ("D MIX", Key("D", "mixolydian"), "C4 D4 E4 F#4 G4 A4 B4"),
        ("Ephr", Key("E", "phrygian"), "C4 D4 E4 F4 G4 A4 B4"),
        ("F lydian", Key("F", "lydian"), "C4 D4 E4 F4 G4 A4 B4"),
        ("BLoc", Key("B", "locrian"), "C4 D4 E4 F4 G4 A4 B4"),
        ("Caeo", Key("C", "aeolian"), "C4 D4 Eb4 F4 G4 Ab4 Bb4"),
        ("Eion", Key("E", "ionian"), "C#4 D#4 E4 F#4 G#4 A4 B4"),
        ("Hp", Key("A", "mixolydian"), "C#4 D4 E4 F#4 G4 A4 B4"),
        ("D =c", Key("D"), "C4 D4 E4 F#4 G4 A4 B4"),
        ("Dmix_B", Key("D", "mixolydian"), "C4 D4 E4 F#4 G4 A4 Bb4"),
        ("D exp _b ^f", None, "C4 D4 E4 F#4 G4 A4 Bb4"),
        ("none", None, "C4 D4 E4 F4 G4 A4 B4"),
        ("", None, "C4 D4 E4 F4 G4 A4 B4"),
        ("Em clef=treble-8 middle=d", Key("E", "minor"), "C3 D3 E3 F#3 G3 A3 B3"),
        ("G bass", Key("G"), "C4 D4 E4 F#4 G4 A4 B4"),
        ("clef=bass", None, "C4 D4 E4 F4 G4 A4 B4"),
    ],
)
def test_a_key_colours_the_scale(field, key, scale):
    tune = read("CDEFGAB", f"L:1/4\nK:{field}")
    assert tune.key == key
    assert ticks(tune) == by_hand(scale, "1")


@pytest.mark.parametrize(
    "fields, meter, first_length",
    [
        ("M:4/4", Meter(4, 4), 0.5),
        ("M:3/4", Meter(3, 4), 0.5),
        ("M:C|", Meter(2, 2), 0.5),
        ("M:2/4", Meter(2, 4), 0.25),  # shorter than 3/4: the unit is a sixteenth
        ("M:6/8", Meter(6, 8), 0.5),
        ("M:2+3/8", Meter(5, 8), 0.25),
        ("M:none", None, 0.5),
        ("", None, 0.5),
        ("M:2/4\nL:1/8", Meter(2, 4), 0.5),
        ("M:3/4\nL:1/1", Meter(3, 4), 4.0),
    ],
)
def test_the_meter_gives_the_unit_unless_the_tune_names_one(fields, meter, first_length):
    tune = read("AB", f"{fields}\nK:C".lstrip())
    assert (tune.meter, tune.notes[0].duration) == (meter, first_length)


@pytest.mark.parametrize(
    "field, qpm",
    [
        ("1/4=120", 120), ("1/2=60", 120), ("3/8=100", 150), ("1/4 = 72.5", 72.5), ('"Andante" 1/4=80', 80),
        ('1/4=80 "Slowly"', 80), ("1/4 1/8=100", 150), ("120", 60), ("C=200", 100), ('"Allegro"', None), ("", None),
    ],
)  # fmt: skip
def test_the_tempo_counts_quarter_notes(field, qpm):
    assert read("AB", f"M:4/4\nL:1/8\nQ:{field}\nK:C").qpm == qpm  # a bare number counts units, eighths here


@pytest.mark.parametrize(
    "music, repeats",
    [
        ("ABcd|ABcd", []),
        ("|:ABcd:|", [(0, 4)]),
        ("ABcd:|efga:|", [(0, 4), (4, 8)]),
        ("|:ABcd::efga:|", [(0, 4), (4, 8)]),
        ("ABcd||efga:|", [(4, 8)]),
        ("|:ABcd|1efga:|", [(0, 4)]),  # up to the first ending
    ],
)
def test_repeats_are_noted_and_not_played_out(music, repeats):
    tune = read(music)
    assert tune.repeats == tuple(Repeat(*span) for span in repeats)
    assert len(tune.notes) == sum(letter in "ABCDEFGabcdefg" for letter in music)


@pytest.mark.parametrize(
    "music, table, repeats",
    [
        ("|:ABcd|1 A4:|2 B4|]", "A4 B4 C5 D5 A4:4 A4 B4 C5 D5 B4:4", []),
        ("|:ABcd|[1 A4:|[2 B4:|", "A4 B4 C5 D5 A4:4 A4 B4 C5 D5 B4:4", []),
        ("ABcd|\n1A4:|\n2B4|]", "A4 B4 C5 D5 A4:4 A4 B4 C5 D5 B4:4", []),
        ("e|:A4|1B3:|2c3||d4:|", "E5 A4:4 B4:3 A4:4 C5:3 D5:4", [(15, 19)]),
        ("|:A4::B4|1c4:|2d4:|[3e4|]", "A4:4 B4:4 C5:4 B4:4 D5:4 B4:4 E5:4", [(0, 4)]),
        ("|:^F2F2-|1F4:|2F4|F4|]", "F#4:2 F#4:6 F#4:2 F#4:6 F4:4", []),  # the tie leads into both
        ("|:A>B-|1B2:|[2B4|]", "A4:3/2 B4:5/2 A4:3/2 B4:9/2", []),
        ("|:A4|1B4:||:c4|2d4|]", "A4:4 B4:4 C5:4 D5:4", [(0, 4)]),  # the second ending of nothing
    ],
)
def test_a_passage_with_two_endings_is_written_out_as_it_is_played(music, table, repeats):
    tune = read(music)
    assert ticks(tune) == by_hand(table, "1")
    assert tune.repeats == tuple(Repeat(*span) for span in repeats)


def test_endings_do_not_multiply_without_bound():
    music = "|:" + "AB" * 5_000 + "".join(f"|{number}A:" for number in range(1, 100))
    (skipped,) = read_abc(f"X:1\nK:C\n{music}\n".encode(), "tune.abc").skipped
    assert "more than 50,000 notes" in skipped.reason


def test_a_file_gives_all_its_tunes_and_lists_the_ones_it_cannot_read():
    text = """% a tune book
L:1/4
M:3/4

X:1
T:The First
K:G
FGA|

X:2
T:The Second
K:H
ABc|

X:3
T:The Third
M:4/4
L:1/8
K:D
FGAB|
Some prose about this tune? It begins with ABC.

X:4
T:The Fourth
M:4/4

X:5
T:The Fifth
K:C
[CE|

X:6
T:The Sixth
K:C

X:7
T:The Seventh
K:C
A B c|

This prose stands after an empty line: ABC?
"""
    reading = read_abc(text.encode(), "book.abc")
    assert [tune.title for tune in reading.melodies] == ["The First", "The Seventh"]
    assert reading.melodies[0].meter == Meter(3, 4)  # from the head of the file
    assert [note.pitch for note in reading.melodies[0].notes] == [66, 67, 69]
    assert reading.melodies[1].source == "book.abc, tune 7"
    assert [(skipped.name, skipped.reason.split(":")[0]) for skipped in reading.skipped] == [
        ("book.abc, tune 2 (The Second)", "line 12"),
        ("book.abc, tune 3 (The Third)", "line 21"),
        ("book.abc, tune 4 (The Fourth)", "line 23"),
        ("book.abc, tune 5 (The Fifth)", "line 30"),
        ("book.abc, tune 6 (The Sixth)", "this tune has no notes. Add the notes after its key line “K"),
    ]


@pytest.mark.parametrize(
    "data, title",
    [
        ("T:Für Elise".encode(), "Für Elise"),
        ("T:Für Elise".encode("latin-1"), "Für Elise"),
        ("T:“Élise’s”".encode("cp1252"), "“Élise’s”"),
        (rb"T:\aase gr\/o\ss\u00e9 \cC \Ho \vS", "åse grøßé Ç ő Š"),
        ("\ufeffT:Für Elise".encode(), "Für Elise"),
        (rb"T:F\"ur \'Elise", "Für Élise"),
        (b"T:Caf&eacute; 50\\% &amp; more % a comment", "Café 50% & more"),
    ],
)
def test_titles_are_read_in_every_spelling(data, title):
    assert read_abc(data + b"\r\nK:C\r\nABc|\r\n", "tune.abc").melodies[0].title == title


def test_a_title_full_of_signs_is_written_and_read_back():
    tune = Melody((Note(0, 1, 60), Note(1, 1, 62)), title=r"50% & more \ 'é' \'e &amp; X:2")
    assert read_abc(write_abc(tune).encode(), "tune.abc").melodies[0].title == tune.title


@pytest.mark.parametrize(
    "music, says",
    [
        ("A?B", "“?” at place 2"),
        ("A0B", "“0” is no note length"),
        ("A1/0B", "no note length"),
        ("C,,,,,,B", "outside what any instrument plays"),
        ("A", "only one note"),
        ("[K:X]AB", "“K:X” is no key"),
        ("[L:0]AB", "“L:0” is no note length"),
        ("[K:" + "X" * 200 + "]AB", f"“K:{'X' * 38}…” is no key"),
        ("C" + "," * 200 + "B", f"“C{',' * 39}…” lies outside"),
        ("A99999B", "“9” at place"),
        ("(0AB", "tuplet of 0"),
        ("[M:99/1]A|Z999|Z999|A", "longer than 20,000 beats"),
        ("AB" * 25_001, "more than 50,000 notes"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(music, says):
    reading = read_abc(f"X:1\nK:C\n{music}\n".encode(), "tune.abc")
    assert reading.melodies == ()
    assert says in reading.skipped[0].reason


@pytest.mark.parametrize(
    "data", [b"", b"Dear diary", b"\x00\x01\x02", b"A" * (9 << 20)], ids=["empty", "prose", "binary", "huge"]
)
def test_a_file_without_tunes_is_refused(data):
    with pytest.raises(MusicFileError, match="ABC"):
        read_abc(data, "tune.abc")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "music",
    [
        "(" * 200_000, "{" * 200_000, '"' * 200_001, "[" * 100_000, "[V:a]" * 50_000, "Q:" + "1/111" * 50_000,
        "[V:" * 500_000, "X:1\n" * 500_000, "%%propagate-accidentals " * 200_000,
        "!" * 200_000, ":" * 200_000, "\n%%begintext" * 50_000, "+" * 200_000, "K:" + "^" * 100_000,
    ],
    ids=lambda music: music[:8].strip(),
)  # fmt: skip
def test_hostile_text_is_read_or_refused_in_good_time(music):
    read_abc(f"X:1\nK:C\nABc|\n{music}\n".encode(), "tune.abc")


def test_a_file_that_takes_too_long_is_read_as_far_as_time_allows():
    reading = read_abc(b"X:1\nK:C\nABc|\n", "slow.abc", seconds=0)
    assert reading.melodies == ()
    assert [(skipped.name, skipped.reason) for skipped in reading.skipped] == [
        ("slow.abc, from tune 1 on", "reading this file took longer than 0 seconds and was stopped here. Split it.")
    ]


def test_what_other_programs_take_of_the_processor_does_not_count(monkeypatch):
    monkeypatch.setattr("time.monotonic", count(step=60).__next__)
    assert len(read_abc(b"X:1\nK:C\nABc|\n" * 3, "busy.abc", seconds=5).melodies) == 3


def test_of_too_many_tunes_the_first_are_read():
    reading = read_abc(b"X:1\nK:C\nA4B4\n" * 20_001, "book.abc", seconds=60)
    assert len(reading.melodies) == 20_000
    assert [(skipped.name, skipped.reason) for skipped in reading.skipped] == [
        ("book.abc, from tune 20,001 on", "a file may have 20,000 tunes, and this has 20,001. Split it.")
    ]


def test_a_tune_before_the_first_number_is_read():
    reading = read_abc(b"T:Nameless\nL:1/4\nK:C\nABc|\n\nX:1\nT:First\nK:C\ncBA|\n", "book.abc")
    assert [tune.title for tune in reading.melodies] == ["Nameless", "First"]


def test_a_file_of_two_bytes_a_letter_is_read():
    (tune,) = read_abc("X:1\nT:Élise\nK:C\nABc|\n".encode("utf-16"), "tune.abc").melodies
    assert (tune.title, len(tune.notes)) == ("Élise", 3)


def test_a_tune_that_travelled_by_e_mail_is_read():
    tune = read("AB=3DB c=20\n(d =\nc)|[Q:1/4=20]", "L:1/4\nQ:1/4=20\nK:F")
    assert ticks(tune) == by_hand("A4 Bb4 B4 C5 D5 C5", "1")
    assert tune.qpm == 20


def test_written_accidentals_mean_the_same_to_programs_that_count_them_in_every_octave():
    tune = Melody(tuple(Note(i, 1, pitch) for i, pitch in enumerate((78, 65, 77, 66))), key=Key("C"), meter=Meter(4, 4))
    text = write_abc(tune)
    assert text.endswith("^f2 =F2 =f2 ^F2 |]\n")
    for rule in ("octave", "pitch"):
        (again,) = read_abc(f"%%propagate-accidentals {rule}\n{text}".encode(), "tune.abc").melodies
        assert again.notes == tune.notes


@pytest.mark.parametrize(
    ("header", "music", "written"),
    [
        ("M:4/4\nL:1/8\nK:C", "EGcB DFAG|c4 z2 EG|]", "EG cB DF AG | c4 z2 EG |]"),
        ("M:6/8\nL:1/8\nK:C", "EGcBDF|A3 A2B|]", "EGc BDF | A3 A2 B |]"),
        ("M:2/4\nL:1/16\nK:C", "EGcBD2FA|z2c2c3d|]", "E/2G/2c/2B/2 DF/2A/2 | z c c3/2d/2 |]"),
        ("M:4/4\nL:1/8\nK:C", "EFG|c3d e2fg|]", "E FG | c3 d e2 fg |]"),
        ("M:4/4\nL:1/8\nK:C", "(3EFG A(3B/2c/2d/2 A2 A2|]", "(3EFG A(3B/2c/2d/2 A2 A2 |]"),
        ("M:3/4\nL:1/4\nK:C", "(3EFG A|]", "(3E2F2G2 A2 |]"),
    ],
    ids=["eighths", "a jig", "sixteenths and a rest", "an upbeat", "triplets", "a triplet of quarters"],
)
def test_notes_under_one_beam_are_written_without_a_space(header, music, written):
    tune = read(music, header)
    text = write_abc(tune)
    assert text.splitlines()[-1] == written
    assert read_abc(text.encode(), "tune.abc").melodies[0].notes == tune.notes


def test_a_comment_ends_no_tune():
    tune = read("AB|\n% a note on the next part\n%%vskip 10\n  % indented\n%%begintext\n\nABC?\n%%endtext\ncd|")
    assert ticks(tune) == by_hand("A4 B4 | C5 D5", "1")


@pytest.mark.parametrize(
    "book, title, notes",
    [
        ("ryansMammoth/KittyONeilsChampionJig.abc", "Kitty O'Neil's Champion -- Jig", 444),
        ("oneills1850/0721-0730.abc", "Castle Donovan", 92),
        ("airdsAirs/book3.abc", "King of Sweden's March with Variations.", 542),
    ],
)
def test_a_real_tune_with_comments_between_its_parts_is_read_to_its_end(corpus: Path, book, title, notes):
    tunes = read_abc((corpus / book).read_bytes(), book).melodies
    assert len(next(tune for tune in tunes if tune.title == title).notes) == notes


def test_tunes_of_real_books_survive_the_round_trip(corpus: Path):
    for book in ["oneills1850/0001-0050.abc", "airdsAirs/book3.abc", "essenFolksong/altdeu10.abc"]:
        reading = read_abc((corpus / book).read_bytes(), book)
        assert reading.skipped == ()
        assert len(reading.melodies) >= 50
        for tune in reading.melodies:
            (again,) = read_abc(write_abc(tune).encode(), "tune.abc").melodies
            assert again.notes == tune.notes
            assert (again.title, again.key, again.meter) == (tune.title, tune.key, tune.meter)
            assert (again.qpm, again.pickup) == (tune.qpm, tune.pickup)


def test_music21_reads_the_same_notes_where_no_accidental_can_mislead_it(corpus: Path):
    from music21 import converter

    books = sorted((corpus / "ryansMammoth").glob("*.abc"))
    plain = [b for b in books if not set("^_={[+<>-:") & set(b.read_text("latin-1").partition("\nK:")[2])][:5]
    assert len(plain) == 5
    for book in plain:
        (tune,) = read_abc(book.read_bytes(), book.name).melodies
        theirs = converter.parse(book.read_text("latin-1"), format="abc").flatten().notes
        assert [note.pitch.midi for note in theirs] == [note.pitch for note in tune.notes], book.name
        assert [to_ticks(float(note.quarterLength)) for note in theirs] == [to_ticks(n.duration) for n in tune.notes]
