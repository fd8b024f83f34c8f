"""`optimization_report.html`: the report as one page that needs nothing else, with charts, songs and sheet music.

The page runs no script and asks nobody for anything: its own Content-Security-Policy forbids both. The template escapes
whatever it is given; only pictures of notes, which are made from numbers, go in as they are.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chromasonic.checks import instance
from chromasonic.languages import current, figure, moment, sign
from chromasonic.music.text import visible
from chromasonic.results.charts import loss_curves, loss_history
from chromasonic.results.contents import Contents, contents_of
from chromasonic.results.drawing import curves_drawing, history_drawing
from chromasonic.results.records import PARAMETERS, SearchRecord, TestScores
from chromasonic.results.report_words import HEADINGS, WORDS, ranking_title
from chromasonic.results.words import NAMES, PLAIN_NAMES, WITHIN_A_SENTENCE, family_name, percent, setting

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_SOUND = 6_000_000  # bytes of all songs together; as text they take a third more

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Song:
    """What one model sang."""

    number: int  # of its trial
    title: str
    loss: float  # nats per token
    facts: str  # key, bars, length
    settings: str  # with which it learned
    sound: bytes  # Ogg Vorbis
    roll: str  # its piano roll, as HTML of ours
    score: str = ""  # its sheet music as SVG of ours

    @property
    def address(self) -> str:
        """Its sound as an address that holds it."""
        return f"data:audio/ogg;base64,{base64.b64encode(self.sound).decode('ascii')}"


def report_page(
    search: SearchRecord,
    songs: Sequence[Song] = (),
    now: datetime | None = None,
    test: TestScores | None = None,
) -> str:
    """The whole report as an HTML page in the language of now, whatever state the search is in.

    Args:
        search: The search.
        songs: What its models sang, from the first to the best; where they are too much together, some in the middle
            are left out.
        now: The time of writing; the present when not given.
        test: Losses on the held-out test tunes, when they were measured.

    Raises:
        SettingsError: an argument is not what it may be.
    """
    contents = contents_of(search, now, test)
    instance("songs", songs, (list, tuple), "a list of songs")
    for song in songs:
        instance("songs", song, Song, "songs of models")
    style = (_TEMPLATES / "page.css").read_text(encoding="utf-8")
    return _environment().get_template("page.html.jinja").render(
        contents=contents,
        comparisons=_comparisons(contents, search),
        words=WORDS,
        headings=HEADINGS,
        ranking_title=ranking_title(contents),
        language=current(),
        written=moment(contents.written),
        songs=bounded(songs),
        history=history_drawing(loss_history(search)) if contents.ranking else None,
        curves=curves_drawing(loss_curves(search)) if contents.ranking else None,
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        terms=[(NAMES[key], PLAIN_NAMES[key]) for key in PARAMETERS],
        terms_told=sign("; ").join(f"{NAMES[key]} – {WITHIN_A_SENTENCE[key]}" for key in PARAMETERS),
        parameters=PARAMETERS,
        family_name=family_name,
        percent=percent,
        setting=setting,
        sign=sign,
    )  # fmt: skip


def bounded(songs: Sequence[Song], most: int = MOST_SOUND) -> list[Song]:
    """As many of the songs as `most` bytes hold: those in the middle go first, the best one never."""
    kept = list(songs)
    while len(kept) > 1 and sum(len(song.sound) for song in kept) > most:
        kept.pop(len(kept) // 2 if len(kept) > 2 else 0)
    return kept


@dataclass(frozen=True)
class Bar:
    """One line of a comparison."""

    name: str
    loss: float
    width: float  # of its bar, in percent of the longest
    difference: str
    is_best: bool = False


@dataclass(frozen=True)
class ComparisonTable:
    """The best trial and its rivals on the same tunes."""

    caption: str
    bars: list[Bar]


def _comparisons(contents: Contents, search: SearchRecord) -> list[ComparisonTable]:
    found = []
    if contents.on_test is not None:
        found.append((WORDS["on_held_out"], contents.on_test.loss, contents.on_test.rivals))
    if contents.loss is not None:
        found.append((WORDS["on_validation"], contents.loss, contents.rivals))
    tables = []
    for caption, loss, rivals in found:
        longest = max([loss, *(rival.loss for rival in rivals)])
        bars = [Bar(WORDS["the_best_trial"], loss, 100 * loss / longest, "", is_best=True)]
        bars += [Bar(rival.name, rival.loss, 100 * rival.loss / longest, rival.difference) for rival in rivals]
        tables.append(ComparisonTable(caption, sorted(bars, key=lambda bar: bar.loss)))
    return tables


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    environment.filters["figure"] = figure
    return environment
