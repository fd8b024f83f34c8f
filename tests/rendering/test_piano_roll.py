import re
from dataclasses import replace

import pytest

from chromasonic.music.melody import Key, Melody, Meter, Note
from chromasonic.rendering.piano_roll import HELD, draw_piano_roll, gather_piano_roll, pitch_name


@pytest.mark.parametrize(
    "pitch, flats, name",
    [(60, False, "C4"), (69, False, "A4"), (66, False, "F♯4"), (70, True, "B♭4"), (21, False, "A0")],
)
def test_pitch_name(pitch, flats, name):
    assert pitch_name(pitch, flats=flats) == name


def texts(drawn, picture):
    """What is written in one of the pictures."""
    (svg,) = re.findall(f'<svg class="{picture}".*?</svg>', drawn)
    return re.findall("<text[^>]*>([^<]*)</text>", svg)


JIG = Melody(  # an eighth before the first bar of 6/8, then half a bar of eighths and a dotted quarter
    (Note(0, 0.5, 74), Note(0.5, 0.5, 71), Note(1, 0.5, 70), Note(1.5, 0.5, 67), Note(2, 1.5, 62)),
    meter=Meter(6, 8),
    key=Key("G", "minor"),
    pickup=0.5,
)


def test_labels_count_bars_and_beats_as_a_musician_does():
    assert [note.label for note in gather_piano_roll(JIG).notes] == [
        "D5, bar 0, beat 6, eighth note",
        "B4, bar 1, beat 1, eighth note",
        "B♭4, bar 1, beat 2, eighth note",
        "G4, bar 1, beat 3, eighth note",
        "D4, bar 1, beat 4, dotted quarter note",
    ]


def test_bar_lines_follow_meter_and_pickup():
    roll = gather_piano_roll(JIG)
    assert roll.bar_lines == ((0.5, 1), (3.5, 2))
    assert roll.beat_lines == (0, 0.5, 1, 1.5, 2, 2.5, 3)
    assert roll.end == 3.5


@pytest.mark.parametrize(
    "meter, bars, lines", [(Meter(4, 4), 12, 48), (Meter(4, 4), 13, 0), (Meter(9, 8), 5, 45), (Meter(9, 8), 6, 0)]
)
def test_beats_have_lines_where_these_would_not_blur(meter, bars, lines):
    melody = Melody((Note(0, bars * meter.bar_length, 60),), meter=meter)
    assert len(gather_piano_roll(melody).beat_lines) == lines


def test_without_a_meter_bars_are_those_of_four_four():
    assert gather_piano_roll(Melody((Note(0, 6, 60),))).bar_lines == ((0, 1), (4, 2), (8, 3))


def test_notes_that_no_word_fits_are_measured():
    assert gather_piano_roll(Melody((Note(0, 1.25, 60),))).notes[0].label.endswith("1.25 quarter notes long")


def test_the_opening_stands_out():
    notes = re.findall(r'<rect data-note="(\d)"( class=opening)?', draw_piano_roll(JIG, primer_beats=1.5))
    assert [int(number) for number, opening in notes if opening] == [0, 1, 2]
    assert [int(number) for number, opening in notes if not opening] == [3, 4]


def test_a_note_stands_where_and_as_long_as_it_sounds():
    drawn = draw_piano_roll(Melody((Note(1, 2, 60), Note(3, 1, 62))))
    places = re.findall(r'<rect data-note="\d" x="([\d.]+)%" width="([\d.]+)%" y="([\d.]+)%" height="([\d.]+)%"', drawn)
    (first, second) = [[float(number) for number in place] for place in places]
    assert first[:2] == [25, 50 * HELD] and second[:2] == [75, 25 * HELD]
    assert second[2] + 2 * 20 == pytest.approx(first[2])  # two of five semitones higher


@pytest.mark.parametrize(
    "n_bars, labels",
    [
        (2, ["1", "2"]),
        (12, [str(number) for number in range(1, 13)]),
        (16, ["1", "3", "5", "7", "9", "11", "13", "15"]),
    ],
)
def test_only_bars_that_exist_have_a_label(n_bars, labels):
    drawn = draw_piano_roll(Melody(tuple(Note(4 * bar, 4, 60) for bar in range(n_bars))))
    assert texts(drawn, "bars") == labels


def test_thirds_of_a_beat_add_up_to_whole_bars():
    melody = Melody(tuple(Note(place / 3, 1 / 3, 60) for place in range(7 * 12)))
    last = melody.notes[-1]
    nearly = replace(melody, notes=(*melody.notes[:-1], last._replace(duration=28.0000001 - last.onset)))
    assert gather_piano_roll(nearly).end == 28
    assert nearly.bars == 7


def test_bars_are_counted_as_in_print():
    assert JIG.bars == 1  # after its upbeat
    assert Melody((Note(0, 4.5, 60),)).bars == 2  # the second has begun
    assert Melody(()).bars == 0


@pytest.mark.parametrize(
    "highest, names",
    [
        (72, ["C4", "D4", "E4", "F4", "G4", "A4", "B4", "C5"]),
        (81, ["C4", "D4", "E4", "G4", "A4", "C5", "D5", "E5", "G5", "A5"]),  # E and F would touch
        (108, ["C4", "G4", "C5", "G5", "C6", "G6", "C7", "G7", "C8"]),
    ],
)
def test_names_of_pitches_never_touch(highest, names):
    melody = Melody((Note(0, 1, 61), Note(1, 1, highest)))
    assert [name for _, name in gather_piano_roll(melody).pitch_names] == names


def test_a_long_melody_is_still_a_small_picture():
    drawn = draw_piano_roll(Melody(tuple(Note(i / 2, 0.5, 48 + i * 7 % 40) for i in range(2000))))
    assert len(texts(drawn, "bars")) <= 12
    assert len(texts(drawn, "pitches")) <= 12
    assert len(drawn) < 250_000


def test_a_melody_of_300_000_bars_is_drawn_too():
    drawn = draw_piano_roll(Melody((Note(0, 1, 60), Note(19_999, 1, 62)), meter=Meter(1, 64)))
    assert 6 <= len(texts(drawn, "bars")) <= 12
    assert len(drawn) < 200_000


def test_a_melody_without_notes_is_an_empty_staff():
    assert "<rect" not in draw_piano_roll(Melody(()))
