"""Measures of a melody beside their spread over the tunes it was learned from, as plain numbers and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chromasonic.music.measures import Spread
from chromasonic.results.ink import DARK, LIGHT, Chart, chart, label, see_through

ROW_HEIGHT = 39  # pixels; eight measures stay below the 360 above which a phone would scroll sideways
_PADDING = 0.06  # of the width, left free on both sides, so that no dot is cut
_LEAST = 0.03  # of the width, on both sides of a bar's middle: where all are alike, it is still seen around the dot


@dataclass(frozen=True)
class MeasureRow:
    """One measure of a melody, and what is usual."""

    name: str
    told: str  # the value as a person reads it: "14 semitones"
    value: float
    tunes: Spread  # over the tunes that were learned from
    counting: Spread | None  # over songs of the n-gram model

    def place(self, value: float) -> float:
        """Where `value` stands in the row, from 0 at the left to 1: what the row shows fills it."""
        shown = [self.value, self.tunes.low, self.tunes.high]
        shown += [self.counting.low, self.counting.high] if self.counting else []
        low, high = min(shown), max(shown)
        within = (value - low) / (high - low) if high > low else 0.5
        return _PADDING + within * (1 - 2 * _PADDING)


def draw_measures(rows: Sequence[MeasureRow], *, dark: bool = False) -> Chart:
    """A row each: the middle half of the tunes as a wide bar, that of the n-gram's songs as a thin one, and a dot."""
    ink = DARK if dark else LIGHT

    def bars(spreads: Sequence[Spread | None]) -> dict[str, list[float | None]]:
        """A stroke in each row that has a spread, with a gap after it."""
        x: list[float | None] = []
        y: list[float | None] = []
        for at, (row, spread) in enumerate(zip(rows, spreads, strict=True)):
            if spread is not None:
                low, high = row.place(spread.low), row.place(spread.high)
                missing = max(0.0, _LEAST - (high - low) / 2)
                x += [low - missing, high + missing, None]
                y += [at, at, None]
        return {"x": x, "y": y}

    def strokes(spreads: Sequence[Spread | None], colour: str, width: int, name: str) -> dict[str, object]:
        line = {"width": width, "color": colour}
        return {**bars(spreads), "mode": "lines", "line": line, "hoverinfo": "skip", "name": name}

    dots = {
        "x": [row.place(row.value) for row in rows],
        "y": list(range(len(rows))),
        "mode": "markers",
        "marker": {"size": 13, "color": ink.text, "line": {"width": 2, "color": ink.paper}},
        "customdata": [f"{row.name}: {row.told}" for row in rows],
        "hovertemplate": "%{customdata}<extra></extra>",
        "cliponaxis": False,
        "name": "melody",
    }
    names = [
        label(text, ink.text, x=x, y=at - 0.24, xanchor=anchor, yanchor="bottom")
        for at, row in enumerate(rows)
        for text, x, anchor in ((row.name, 0, "left"), (f"<b>{row.told}</b>", 1, "right"))
    ]
    return chart(
        [
            strokes([row.tunes for row in rows], see_through(ink.complete, 0.45), 11, "tunes"),
            strokes([row.counting for row in rows], ink.untuned, 4, "counting"),
            dots,
        ],
        ink,
        16 + ROW_HEIGHT * max(len(rows), 1),
        across={"visible": False, "range": [0, 1]},
        upwards={"visible": False, "range": [len(rows) - 0.55, -0.85]},  # the first on top
        labels=names,
        margin={"t": 8, "b": 8, "l": 8, "r": 8},
    )
