"""Sheet music: what is drawn, and which sign belongs to which note."""

import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from chromasonic.errors import RenderingError
from chromasonic.music.melody import Key, Melody, Meter, Note
from chromasonic.rendering.notation import MOST_BARS, MOST_NOTES, NARROW, WIDE, draw_score, draw_sheets
from chromasonic.rendering.sheet import print_page

SCALE = Melody(
    tuple(Note(place / 2, 0.5, pitch) for place, pitch in enumerate([60, 62, 64, 65, 67, 69, 71, 72] * 8)),
    meter=Meter(4, 4),
    key=Key("C"),
    qpm=100,
)


def signs(svg):
    """The number of the note of each sign, from the first to the last."""
    return [int(number) for number in re.findall(r'data-note="(\d+)"', svg)]


def heights(svg):
    """How far down each note's head stands, from the first to the last."""
    heads = re.findall(r'data-note="\d+"><g><use href="#E0A4-[\d-]+" transform="translate\(\d+, (\d+)\)', svg)
    return [int(height) for height in heads]


def staves(svg):
    """How many lines of music there are."""
    return svg.count('href="#E050-')  # each begins with a clef


def test_every_note_has_its_sign_in_order():
    score = draw_score(SCALE)
    assert signs(score.svg) == list(range(64))
    assert (score.n_notes, score.is_whole) == (64, True)


def test_a_note_that_rises_stands_higher():
    first_bar = heights(draw_score(SCALE).svg)[:8]
    assert first_bar == sorted(first_bar, reverse=True)
    assert len(set(first_bar)) == 8


def test_tied_over_the_barline_a_note_has_several_signs():
    melody = Melody((Note(0, 3, 60), Note(3, 6, 62), Note(9, 1, 64)), meter=Meter(4, 4))
    assert signs(draw_score(melody).svg) == [0, 1, 1, 1, 2]


def test_rests_pickups_and_odd_lengths_do_not_confuse_the_numbers():
    notes = (Note(0, 0.5, 67), Note(0.5, 1 / 3, 69), Note(5 / 6, 1 / 3, 71), Note(7 / 6, 7 / 48, 72), Note(9, 2.5, 60))
    for meter in (Meter(3, 4), Meter(6, 8), None):
        assert list(Counter(signs(draw_score(Melody(notes, meter=meter, pickup=0.5)).svg))) == [0, 1, 2, 3, 4]


def test_on_a_phone_there_are_fewer_bars_in_a_line():
    wide, narrow = draw_score(SCALE, width=WIDE).svg, draw_score(SCALE, width=NARROW).svg
    assert signs(wide) == signs(narrow)
    assert staves(narrow) > staves(wide) > 1


def test_it_takes_colour_and_letters_from_the_page_around_it():
    svg = draw_score(SCALE).svg
    assert 'fill="currentColor" stroke="currentColor"' in svg
    for fixed in ("font-family", "black", "<style", "class=", "height="):
        assert fixed not in svg


def test_nothing_of_a_strangers_title_reaches_the_picture():
    stranger = Melody(SCALE.notes, title="<script>alert(1)</script>", source="<b>", meter=Meter(4, 4), qpm=1e-9)
    svg = draw_score(stranger).svg
    assert "alert" not in svg and "Melody" not in svg
    kinds = {element.tag.split("}")[1] for element in ET.fromstring(svg).iter()}
    assert kinds <= {"svg", "defs", "g", "path", "use", "rect", "ellipse", "polygon", "polyline", "text", "tspan"}


def test_two_scores_on_one_page_keep_their_own_signs():
    def glyphs(width):
        return set(re.findall(r'id="([^"]+)"', draw_score(SCALE, width=width).svg))

    assert glyphs(WIDE) and not glyphs(WIDE) & glyphs(NARROW)
    used = set(re.findall(r'href="#([^"]+)"', draw_score(SCALE, width=WIDE).svg))
    assert used <= glyphs(WIDE)


@pytest.mark.parametrize(
    "melody, n_notes",
    [
        (Melody(tuple(Note(place / 2, 0.5, 60 + place % 12) for place in range(2_000))), MOST_NOTES),
        (Melody((Note(0, 1, 60), Note(19_999, 1, 62)), meter=Meter(1, 64)), 1),
        (Melody((Note(4 * MOST_BARS - 1, 9, 60), Note(4 * MOST_BARS + 8, 1, 62))), 1),
    ],
    ids=["many notes", "very many bars", "over the last bar line"],
)
def test_of_a_long_melody_the_beginning_is_drawn(melody, n_notes):
    score = draw_score(melody)
    assert (score.n_notes, score.is_whole) == (n_notes, False)
    assert len(score.svg) < 400_000


def test_a_melody_without_notes_is_an_empty_page():
    assert draw_score(Melody(())).n_notes == 0


@pytest.mark.parametrize("pitch", [0, 21, 108, 127])
def test_the_lowest_and_the_highest_notes_are_drawn(pitch):
    assert signs(draw_score(Melody((Note(0, 1, pitch), Note(1, 1, 60)))).svg) == [0, 1]


def test_every_page_can_draw_though_each_runs_in_a_thread_of_its_own():
    with ThreadPoolExecutor(3) as threads:
        assert {signs(score.svg) == list(range(64)) for score in threads.map(draw_score, [SCALE] * 6)} == {True}


def test_without_verovio_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "verovio", None)
    with pytest.raises(RenderingError, match="pip install -r"):
        draw_score(SCALE)


def test_printed_each_page_holds_what_follows_on_the_one_before():
    long = Melody(tuple(Note(place / 2, 0.5, 60 + place % 12) for place in range(1_200)), meter=Meter(4, 4))
    sheets = draw_sheets(long)
    assert len(sheets) > 3
    assert [sign for sheet in sheets for sign in signs(sheet)] == list(range(1_200))
    for sheet in sheets:
        width, height = (int(side) for side in re.findall(r'viewBox="0 0 (\d+) (\d+)"', sheet)[0])
        assert height / width < 1.15  # A4 and letter paper have room for a title above


def test_a_page_to_print_holds_everything_and_nothing_of_a_strangers():
    page = print_page(SCALE, title="<script>alert(1)</script>", facts=["C major", "8 & <b>ars"])
    assert "&lt;script&gt;" in page and "8 &amp; &lt;b&gt;ars" in page
    assert "<script" not in page and "<b>" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert signs(page) == list(range(64))
