"""Draw a melody as sheet music: verovio engraves our MusicXML, and every note knows which of the melody it is."""

from __future__ import annotations

import threading
import xml.etree.ElementTree as ET  # nosec B405: it reads only what verovio wrote
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chromasonic.checks import whole
from chromasonic.errors import RenderingError
from chromasonic.music.checked import checked_melody
from chromasonic.music.melody import Melody, Meter, to_ticks
from chromasonic.music.score import write_musicxml

WIDE, NARROW = 1600, 850  # for a screen of 700 pixels, and for a phone: there a staff is about 30 pixels high
NARROWEST, WIDEST = 400, 4000  # verovio's own units, 72 to the height of a staff
MOST_NOTES, MOST_BARS = 500, 128  # a score of so many is half a megabyte, and takes a tenth of a second
PAPER_WIDTH, PAPER_HEIGHT = 1800, 2050  # as A4 and letter paper within their margins, less a title
MOST_PRINTED_NOTES, MOST_PRINTED_BARS = 5_000, 1_280  # thirty pages
_LONGEST_PAGE = 60_000  # verovio's own limit

_OPTIONS: dict[str, Any] = {
    "header": "none", "footer": "none", "breaks": "auto",
    "adjustPageHeight": True,
    "pageMarginTop": 20, "pageMarginBottom": 20, "pageMarginLeft": 24, "pageMarginRight": 10,
    "svgViewBox": True, "svgHtml5": True, "svgRemoveXlink": True, "svgFormatRaw": True,
}  # fmt: skip
_ONE_AT_A_TIME = threading.Lock()  # verovio promises nothing to those who draw in several threads at once
_SVG = "http://www.w3.org/2000/svg"
_MEANT_FOR_OTHERS = ("data-id", "data-class", "class", "id", "font-family", "color", "version", "overflow")


@dataclass(frozen=True)
class Score:
    """Sheet music as an SVG picture without a title, in the colour and the letters of the text around it.

    The signs of note `i` of the melody have the attribute `data-note="i"`; tied over a barline, it has several.
    """

    svg: str
    n_notes: int  # how many notes of the melody are drawn, from the first on
    is_whole: bool  # whether these are all


def draw_score(melody: Melody, *, width: int = WIDE) -> Score:
    """The sheet music of `melody`, in lines of `width` (a staff is 72 high): the narrower, the fewer bars a line.

    Without a meter, bars are those of 4/4. Of a long melody the beginning is drawn.

    Raises:
        SettingsError: this is no melody, or `width` is none.
        RenderingError: verovio is not there, or cannot draw it.
    """
    checked_melody("melody", melody)
    whole("width", width, at_least=NARROWEST, at_most=WIDEST)
    beginning = _beginning(melody, MOST_NOTES, MOST_BARS)
    (svg,) = _pages(beginning, width, _LONGEST_PAGE)
    return Score(svg, n_notes=len(beginning.notes), is_whole=len(beginning.notes) == len(melody.notes))


def draw_sheets(melody: Melody) -> list[str]:
    """The sheet music of `melody` as pictures of which each fits on a printed page, under a title.

    Raises:
        SettingsError: this is no melody.
        RenderingError: verovio is not there, or cannot draw it.
    """
    checked_melody("melody", melody)
    return _pages(_beginning(melody, MOST_PRINTED_NOTES, MOST_PRINTED_BARS), PAPER_WIDTH, PAPER_HEIGHT)


def _pages(melody: Melody, width: int, height: int) -> list[str]:
    try:
        import verovio
    except ImportError as error:
        raise RenderingError(
            "Sheet music is drawn by the package verovio, which is not installed. Run "
            "`pip install -r requirements.txt`, then look again."
        ) from error
    musicxml = _without_words(melody)
    with _ONE_AT_A_TIME:
        verovio.enableLog(verovio.LOG_OFF)
        toolkit = verovio.toolkit(False)
        toolkit.setResourcePath(str(Path(verovio.__file__).with_name("data")))  # else known to one thread only
        toolkit.setOptions(_OPTIONS | {"pageWidth": width, "pageHeight": height})
        if not toolkit.loadData(musicxml):
            raise RenderingError("The sheet music of this melody could not be drawn. Open its MusicXML file instead.")
        drawn = [toolkit.renderToSVG(page) for page in range(1, toolkit.getPageCount() + 1)]
    signs = iter(_note_of_each_sign(musicxml))
    return [_tidied(svg, signs, f"{width}-{page}") for page, svg in enumerate(drawn, 1)]


def _beginning(melody: Melody, most_notes: int, most_bars: int) -> Melody:
    meter = melody.meter or Meter()
    end = melody.pickup + most_bars * meter.bar_length
    notes = tuple(
        note._replace(duration=min(note.duration, end - note.onset))
        for note in melody.notes[:most_notes]
        if to_ticks(note.onset) < to_ticks(end)
    )
    return replace(melody, notes=notes, meter=meter, repeats=())


def _without_words(melody: Melody) -> str:
    """Its MusicXML without title, tempo and the part's name, which the page shows in letters of its own."""
    score = write_musicxml(replace(melody, title="", qpm=None))
    return score.replace("<part-name>Melody</part-name>", "<part-name />")


def _note_of_each_sign(musicxml: str) -> list[int]:
    """Which note of the melody each sign belongs to, in the order of the score; a tie adds a sign to its note."""
    signs: list[int] = []
    for sign in ET.fromstring(musicxml).iter("note"):  # nosec B314: we wrote it
        if sign.find("pitch") is not None:
            is_tied = any(tie.get("type") == "stop" for tie in sign.findall("tie"))
            signs.append(signs[-1] + (not is_tied) if signs else 0)
    return signs


def _tidied(drawn: str, signs: Iterator[int], name: str) -> str:
    """The picture with the numbers of its notes, half as long, and nothing in it that a page has a say in."""
    ET.register_namespace("", _SVG)
    picture = ET.fromstring(drawn)  # nosec B314: verovio wrote it, from numbers
    suffix = f"-{picture.get('id')}"
    for parent in list(picture.iter()):
        for child in list(parent):
            if _kind(child) in ("desc", "style") or child.get("data-class") == "section" or _is_empty(child):
                parent.remove(child)
    for element in picture.iter():
        meaning, is_glyph = element.get("data-class"), "data-id" not in element.attrib and "id" in element.attrib
        glyph = element.get("id", "").removesuffix(suffix)
        for attribute in _MEANT_FOR_OTHERS:
            element.attrib.pop(attribute, None)
        if meaning == "note":
            element.set("data-note", str(next(signs)))
        elif is_glyph and element is not picture:
            element.set("id", f"{glyph}-{name}")  # two scores on one page may have different ones
        elif _kind(element) == "use":
            element.set("href", element.get("href", "").replace(suffix, f"-{name}"))
        elif _kind(element) == "text":
            element.set("stroke", "none")
    picture.set("fill", "currentColor")
    picture.set("stroke", "currentColor")
    return ET.tostring(picture, encoding="unicode")


def _kind(element: ET.Element) -> str:
    return element.tag.removeprefix(f"{{{_SVG}}}")


def _is_empty(element: ET.Element) -> bool:
    return _kind(element) == "g" and not len(element)
