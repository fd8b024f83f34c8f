"""The charts of several searches side by side, drawn from what `side_by_side.py` gathered.

Each search has a letter, a colour, a kind of line, a sign and a hatching of its own, so that no two differ by colour
alone. Words come from whoever shows the chart.
"""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import Any

from chromasonic.languages import figure
from chromasonic.results.figures import HEIGHT, PLOT_HEIGHT
from chromasonic.results.ink import DARK, LIGHT, Chart, Ink, chart, in_the_gutter, label, whole_ticks
from chromasonic.results.side_by_side import LETTERS, Along, Course, Courses, Importances

_GUTTER = 84  # pixels at the right for “● A 2.11” and “counting”
_NAME, _BAR, _GAP = 22, 17, 10  # pixels of a setting's name, of one bar, and between two settings


@dataclass(frozen=True)
class Look:
    """How one search is told from the others."""

    sign: str  # as it stands in a text
    symbol: str  # the same in Plotly's words
    dash: str
    pattern: str


LOOKS = {
    "A": Look("●", "circle", "solid", ""),
    "B": Look("■", "square", "dash", "/"),
    "C": Look("◆", "diamond", "dot", "."),
    "D": Look("▲", "triangle-up", "dashdot", "x"),
}


def colour(letter: str, ink: Ink) -> str:
    """The colour of the search with that letter."""
    return (ink.complete, ink.failed, ink.running, ink.untuned)[LETTERS.index(letter)]


def draw_courses(courses: Courses, *, title: str, across: str, counting: str, dark: bool = False) -> Chart:
    """The best so far of each search as a falling line, and where counting stands.

    Args:
        courses: What to draw.
        title: What is measured upwards.
        across: What is measured to the right.
        counting: What the level of the n-gram baseline is called; two short lines at most.
        dark: For a dark page.
    """
    ink = DARK if dark else LIGHT
    low, high = courses.value_range
    unit = 60.0 if courses.is_in_minutes else 1.0
    level = courses.counting if courses.counting is not None and low <= courses.counting <= high else None
    names = [(course.values[-1], _at_its_end(course, ink), ink.text) for course in courses.courses]
    names += [(level, counting, ink.quiet)] if level is not None else []
    width = max(courses.width / unit, 1.0)
    whole = whole_ticks(math.ceil(width)) if courses.along is Along.TRIALS else {}
    ends = [-0.02 * width, 1.02 * width]
    return chart(
        [
            *([] if level is None else [_level(level, ends, ink)]),
            *(_line(course, unit, ink) for course in courses.courses),
        ],
        ink,
        HEIGHT,
        title=title,
        across={"title": across, "range": ends} | whole,
        upwards={"range": [low, high]},
        labels=in_the_gutter(names, courses.value_range, PLOT_HEIGHT),
        margin={"l": 8, "r": _GUTTER, "t": 34, "b": 8},
    )


def _line(course: Course, unit: float, ink: Ink) -> dict[str, Any]:
    letter = course.side.letter
    look, ink_of_it = LOOKS[letter], colour(letter, ink)
    sizes = [9] * course.n_bests + [0] * (len(course.at) - course.n_bests)
    return {
        "x": [at / unit for at in course.at],
        "y": course.values,
        "mode": "lines+markers",
        "line": {"shape": "hv", "width": 2.5, "color": ink_of_it, "dash": look.dash},
        "marker": {"symbol": look.symbol, "size": sizes, "color": ink_of_it, "line": {"width": 1, "color": ink.paper}},
        "customdata": [f"<b>{letter}</b> · {html.escape(course.side.record.name[:60])}"] * len(course.at),
        "hovertemplate": "%{customdata}<br>%{y:.3f}<extra></extra>",
    }


def _level(level: float, ends: list[float], ink: Ink) -> dict[str, Any]:
    """A dashed line across the chart. Not one of its shapes: the grid, with a line at 0 too, is drawn over these."""
    dashes = {"line": {"width": 2, "dash": "dash", "color": ink.quiet}}
    return {"x": ends, "y": [level, level], "mode": "lines", "hoverinfo": "skip"} | dashes


def _at_its_end(course: Course, ink: Ink) -> str:
    letter = course.side.letter
    sign = f'<span style="color:{colour(letter, ink)}">{LOOKS[letter].sign}</span>'
    return f"{sign} <b>{letter}</b> {figure(f'{course.values[-1]:.2f}')}"


def draw_importances(importances: Importances, names: list[tuple[str, str]], *, dark: bool = False) -> Chart:
    """A group of bars for each setting, one bar a search; `names` are (plain, term) in step with the settings."""
    ink = DARK if dark else LIGHT
    letters = list(importances.shares)
    step = _NAME + _BAR * len(letters) + _GAP
    top = max((share for shares in importances.shares.values() for share in shares), default=1.0)
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "x": importances.shares[letter],
            "y": [row * step + _NAME + _BAR * (place + 0.5) for row in range(len(names))],
            "width": _BAR - 3,
            "text": [f"{LOOKS[letter].sign} {letter} {share}".rstrip() for _, share in importances.told(letter)],
            "textposition": "outside",
            "constraintext": "none",  # or words shrink with their bar
            "textfont": {"color": ink.text, "size": 13},
            "cliponaxis": False,
            "marker": {
                "color": colour(letter, ink),
                "pattern": {"shape": LOOKS[letter].pattern, "fillmode": "overlay", "fgcolor": ink.paper}
                | {"size": 6, "solidity": 0.25},
            },
            "hoverinfo": "skip",
        }
        for place, letter in enumerate(letters)
    ]
    labels = [
        label(f"{plain} · <i>{term}</i>", ink.text, x=0, y=row * step + _NAME, xanchor="left", yanchor="bottom")
        for row, (plain, term) in enumerate(names)
    ]
    height = step * max(len(names), 1)
    return chart(
        traces,
        ink,
        height + 16,
        across={"visible": False, "range": [0, max(top, 0.01) * 1.35]},
        upwards={"visible": False, "range": [height, 0]},
        labels=labels,
        barmode="overlay",
        margin={"t": 8, "b": 8, "l": 8, "r": 8},
    )
