"""The songs by what the ears say, beside their place by the loss: gathered here, and drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chromasonic.languages import say
from chromasonic.results.ears.strengths import Strengths, chance_against_the_mean
from chromasonic.results.ink import DARK, LIGHT, Chart, chart, label
from chromasonic.results.words import listing, percent

ROW_HEIGHT = 44  # pixels of one song: its name, and its mark below


@dataclass(frozen=True)
class Row:
    """One song. The chances are those to be preferred to a middling song of the search, 0 to 1."""

    number: int  # of its trial
    chance: float
    low: float  # of the interval that holds the true chance with 95 %
    high: float
    loss: float  # nats per token
    place_by_loss: int  # 1 for the lowest


@dataclass(frozen=True)
class Ranking:
    """The songs, the one liked most first."""

    rows: tuple[Row, ...]

    def describe(self) -> str:
        """The chart in words."""
        told = [
            say(
                "trial {number}, liked better than a middling song {chance} of the time ({low} to {high}), "
                "{place_by_loss} of {n_songs} by loss",
                number=row.number,
                chance=percent(row.chance),
                low=percent(row.low),
                high=percent(row.high),
                place_by_loss=row.place_by_loss,
                n_songs=len(self.rows),
            )
            for row in self.rows
        ]
        return say("The songs by ear, the one liked most first: {told}.", told=listing(told))


def ranking(known: Strengths, losses: Mapping[int, float]) -> Ranking:
    """The songs of `known` by strength; those of equal strength by number."""
    by_loss = sorted(known.songs, key=lambda number: (losses[number], number))
    rows = []
    for place, number in enumerate(known.songs):
        low, high = (chance_against_the_mean(end) for end in known.interval(place))
        chance = chance_against_the_mean(float(known.means[place]))
        rows.append(Row(number, chance, low, high, losses[number], by_loss.index(number) + 1))
    return Ranking(tuple(sorted(rows, key=lambda row: (-row.chance, row.number))))


def draw_ranking(ranking: Ranking, *, dark: bool = False) -> Chart:
    """One row a song, its name above its mark; the bar through that is its interval, the line in the middle 50 %."""
    ink = DARK if dark else LIGHT
    places = list(range(len(ranking.rows)))
    chances = [row.chance for row in ranking.rows]
    marks = {
        "type": "scatter",
        "x": chances,
        "y": places,
        "mode": "markers",
        "marker": {"size": 10, "color": ink.complete},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [row.high - row.chance for row in ranking.rows],
            "arrayminus": [row.chance - row.low for row in ranking.rows],
            "color": ink.complete,
            "thickness": 2,
            "width": 5,
        },
        "customdata": [
            say(
                "{chance}, between {low} and {high}",
                chance=percent(row.chance),
                low=percent(row.low),
                high=percent(row.high),
            )
            for row in ranking.rows
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        "cliponaxis": False,
    }
    names = [
        label(
            say(
                "<b>trial {number}</b> · by loss {place_by_loss} of {n_songs} ({loss:.2f})",
                number=row.number,
                place_by_loss=row.place_by_loss,
                n_songs=len(places),
                loss=row.loss,
            ),
            ink.text,
            x=0,
            y=place - 0.24,
            xanchor="left",
            yanchor="bottom",
        )
        for place, row in zip(places, ranking.rows, strict=True)
    ]
    middle = {"type": "line", "x0": 0.5, "x1": 0.5, "y0": -0.75, "y1": len(places) - 0.5}
    return chart(
        [marks],
        ink,
        80 + ROW_HEIGHT * max(1, len(places)),
        title=say("how often liked better than a middling song"),
        across={"range": [0, 1], "tickvals": [0, 0.25, 0.5, 0.75, 1], "tickformat": ".0%"},
        upwards={"visible": False, "range": [len(places) - 0.5, -0.75]},
        labels=names,
        shapes=[middle | {"line": {"color": ink.quiet, "width": 1, "dash": "dot"}, "layer": "below"}],
        margin={"l": 8, "r": 16, "t": 34, "b": 8},
    )
