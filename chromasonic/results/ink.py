"""The ink all charts share: colours for light and dark pages, type, axes, points and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chromasonic.languages import figure
from chromasonic.results.points import Points

Chart = dict[str, Any]
"""What Plotly draws in the browser: `data` and `layout`, as plain values.

No `plotly.graph_objects.Figure`: its classes check all that they are given, which takes longer than to gather it.
"""


@dataclass(frozen=True)
class Ink:
    """The colours of one mode."""

    text: str
    quiet: str  # second-rank text and marks
    grid: str
    complete: str
    running: str
    untuned: str
    failed: str
    paper: str  # what lies behind the chart, to cut marks out of one another


LIGHT = Ink("#1f2933", "#5f6b76", "#e4e8ec", "#0072B2", "#009E73", "#CC79A7", "#D55E00", "#ffffff")
DARK = Ink("#e8edf2", "#a3afba", "#2c353f", "#56B4E9", "#009E73", "#CC79A7", "#E69F00", "#0e1117")


def chart(
    traces: list[dict[str, Any]],
    ink: Ink,
    height: int,
    *,
    title: str = "",
    across: dict[str, Any],
    upwards: dict[str, Any],
    labels: Sequence[dict[str, Any]] = (),
    empty: str = "",
    **layout: Any,
) -> Chart:
    """A chart in our style.

    Args:
        traces: What to draw.
        ink: The colours.
        height: In pixels.
        title: What is measured upwards, written at the top left.
        across: Settings of the x axis; its `title` is a plain text.
        upwards: Settings of the y axis.
        labels: Annotations.
        empty: When given, there is nothing to draw, and these words stand in the middle instead.
        **layout: Anything else that Plotly's layout knows.
    """
    middle = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}
    corner = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", "yshift": 8}
    axis = {
        "gridcolor": ink.grid,
        "zeroline": False,
        "ticks": "",
        "automargin": True,
        "tickfont": {"color": ink.quiet, "size": 13},
        "nticks": 6,
    }
    named = {"text": across.pop("title", ""), "font": {"size": 14, "color": ink.quiet}, "standoff": 6}
    style = {
        "template": {},  # the default one, to Streamlit, is placeholder colours
        "separators": figure(".,"),
        "height": height,
        "margin": {"l": 8, "r": 12, "t": 34 if title else 12, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": '"Source Sans", "Source Sans 3", sans-serif', "size": 14, "color": ink.text},
        "hoverlabel": {"align": "left", "bgcolor": ink.paper, "bordercolor": ink.quiet}
        | {"font": {"size": 13, "color": ink.text}},
        "hovermode": "closest",
        "showlegend": False,
        "dragmode": False,  # on a phone a finger scrolls the page
        "xaxis": axis | {"showgrid": False, "title": named, "visible": not empty} | across,
        "yaxis": axis | {"visible": not empty} | upwards,
        "annotations": [label(empty, ink.quiet, **middle)]
        if empty
        else [*([label(title, ink.quiet, **corner)] if title else []), *labels],
    }
    return {"data": traces, "layout": style | layout}


def dots(
    points: Points,
    high: float,
    colour: str,
    symbol: str,
    size: int = 7,
    opacity: float = 1.0,
    outline: str | None = None,
) -> dict[str, Any]:
    """Points; those above the chart become arrows at its upper edge."""
    above = [loss > high for loss in points.losses]
    line = {"line": {"width": 1.5, "color": outline}} if outline else {}
    return {
        "x": points.numbers,
        "y": [min(loss, high) for loss in points.losses],
        "mode": "markers",
        "marker": {
            "symbol": ["triangle-up-open" if is_above else symbol for is_above in above] if any(above) else symbol,
            "size": size,
            "color": colour,
            "opacity": opacity,
        }
        | line,
        "customdata": points.notes,
        "hovertemplate": "%{customdata}<extra></extra>",
        "cliponaxis": False,
    }


def label(text: str, colour: str, **place: Any) -> dict[str, Any]:
    """Words in a chart, without an arrow."""
    return {"text": text, "showarrow": False, "font": {"size": 13, "color": colour}} | place


GUTTER = 116  # pixels at the right of a chart for names that would cover what it shows
_NAME_HEIGHT = 36  # pixels of a name of two lines


def in_the_gutter(
    names: Sequence[tuple[float, str, str]], loss_range: tuple[float, float], height: float
) -> list[dict[str, Any]]:
    """Names at the right of a chart, each at the height of what it names, moved apart where two would overlap.

    Each carries its loss as its `name`, for whoever shows a part of the chart alone.

    Args:
        names: (loss, text of up to two lines, colour) each.
        loss_range: The losses at the chart's lower and upper edge; names beyond stand at the edge.
        height: Of the space between them, in pixels.
    """
    low, high = loss_range
    names = sorted(names, key=lambda name: -name[0])
    places: list[float] = []  # pixels from the top
    for loss, _, _ in names:
        wished = max(min((high - loss) / (high - low), 1.0) * height, _NAME_HEIGHT / 2)  # below the title
        places.append(max(wished, places[-1] + _NAME_HEIGHT) if places else wished)
    floor = height
    for index in reversed(range(len(places))):  # what was pushed out at the bottom goes up again
        places[index] = min(places[index], floor)
        floor = places[index] - _NAME_HEIGHT
    at_the_right = {"xref": "paper", "yref": "paper", "x": 1, "xanchor": "left", "xshift": 8, "align": "left"}
    return [
        label(text, colour, **at_the_right, y=1 - place / height, yanchor="middle", name=str(loss))
        for (loss, text, colour), place in zip(names, places, strict=True)
    ]


def whole_ticks(width: int) -> dict[str, Any]:
    """An axis of `width` whole numbers, with ticks on these alone."""
    return {"dtick": 1, "tickformat": "d"} if width <= 10 else {"nticks": 10, "tickformat": "d"}


def see_through(colour: str, share: float) -> str:
    """The colour `#rrggbb` with that share of its strength."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"
