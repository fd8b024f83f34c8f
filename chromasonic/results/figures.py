"""The charts of a search, drawn with Plotly from what `charts.py` gathered. Only ink is decided here.

Colours are Okabe and Ito's, which colour-blind eyes can tell apart, and no two things differ by colour alone. Labels
stand beside what they name, since a legend would take the width of a phone. Plotly is imported when the first chart is
drawn, and never `plotly.express`, which takes seconds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from chromasonic.results.charts import Curve, Importance, LossCurves, LossHistory, Role, Slice, Timeline
from chromasonic.results.ink import DARK, LIGHT, Ink, chart, dots, label, see_through
from chromasonic.results.points import Points
from chromasonic.results.records import TrialState
from chromasonic.results.words import duration, number

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT = 340  # pixels; above 360 a phone would have to scroll sideways
SLICE_HEIGHT = 230
BAR_HEIGHT = 34  # of one bar


def draw_loss_history(history: LossHistory, *, dark: bool = False) -> Figure:
    """Trials as points, the best so far as a line, the baselines as levels."""
    ink = DARK if dark else LIGHT
    low, high = history.loss_range
    traces = [
        dots(history.pruned, high, ink.quiet, "circle-open", size=6),
        dots(
            history.complete, high, ink.complete, "circle", size=7 if len(history.complete) < 200 else 5, opacity=0.75
        ),
        dots(history.running, high, ink.running, "diamond", size=10),
        {
            "x": history.failed,
            "y": [high] * len(history.failed),
            "mode": "markers",
            "marker": {"symbol": "x", "size": 8, "color": ink.failed},
            "hovertemplate": "<b>Trial %{x}</b> · failed<extra></extra>",
            "cliponaxis": False,
        },
        {
            "x": [trial for trial, _ in history.best_so_far],
            "y": [loss for _, loss in history.best_so_far],
            "mode": "lines",
            "line": {"shape": "hv", "width": 2.5, "color": ink.complete},
            "hoverinfo": "skip",
        },
        dots(history.best, high, ink.text, "star", size=17, outline=ink.paper),
    ]
    shapes, labels = _levels(history, ink)
    for at, loss in zip(history.best.numbers, history.best.losses, strict=True):
        right_half = at > history.n_trials / 2
        labels.append(
            label(f"<b>best {loss:.2f}</b>", ink.text, x=at, y=loss, yanchor="top", yshift=-9)
            | {"xanchor": "right" if right_half else "left", "xshift": 12 if right_half else -8}
        )
    edge = max(0.5, history.n_trials * 0.015)
    return chart(
        traces,
        ink,
        HEIGHT,
        title="validation loss of each trial (nats per token)",
        across={"title": "trial", "range": [-edge, history.n_trials - 1 + edge]} | _whole_ticks(history.n_trials),
        upwards={"range": [low, high]},
        labels=labels,
        shapes=shapes,
    )


def draw_importance(importance: Importance, *, dark: bool = False) -> Figure:
    """One bar a setting, the share written at its end."""
    ink = DARK if dark else LIGHT
    top = max(importance.shares, default=1.0)
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": importance.shares,
        "y": importance.names,
        "text": [f"{share:.0%}" for share in importance.shares],
        "textposition": "outside",
        "textfont": {"color": ink.text, "size": 14},
        "cliponaxis": False,
        "marker": {"color": ink.complete, "opacity": [1.0 if share > top / 2 else 0.55 for share in importance.shares]},
        "hoverinfo": "skip",
    }
    return chart(
        [bars],
        ink,
        60 + BAR_HEIGHT * max(len(importance.names), 1),
        across={"visible": False, "range": [0, top * 1.15]},
        upwards={"autorange": "reversed", "showgrid": False, "ticksuffix": "  ", "nticks": 0},
        empty="" if importance.shares else "It takes more trials to tell.",
        bargap=0.35,
        margin={"t": 8, "b": 8, "l": 8, "r": 8},
    )


def draw_loss_curves(curves: LossCurves, *, dark: bool = False) -> Figure:
    """Validation loss after each epoch: a few curves by name, the others faint behind them."""
    ink = DARK if dark else LIGHT
    faint_blue, faint_grey = (see_through(colour, 0.35) for colour in (ink.complete, ink.quiet))
    traces = [
        _bundle(curves.of_role(Role.PRUNED), {"width": 1, "color": faint_grey, "dash": "dot"}),
        _bundle(curves.of_role(Role.OTHER), {"width": 1.2, "color": faint_blue}),
    ]
    looks: dict[Role, dict[str, Any]] = {
        Role.UNTUNED: {"width": 2.5, "color": ink.untuned, "dash": "dash"},
        Role.RUNNING: {"width": 2.5, "color": ink.running},
        Role.BEST: {"width": 3, "color": ink.complete},
    }
    names = {Role.UNTUNED: "default settings", Role.RUNNING: "training now", Role.BEST: "best"}
    ends: list[tuple[float, float, str]] = []
    for role, line in looks.items():
        for curve in curves.of_role(role):
            name = f"<b>{names[role]}</b> · trial {curve.number}"
            swatch = f'<span style="color:{line["color"]}">━</span>'
            ends.append((curve.epochs[-1], curve.losses[-1], f"{swatch} {name}"))
            traces.append(
                {
                    "x": curve.epochs,
                    "y": curve.losses,
                    "mode": "lines+markers" if len(curve.epochs) < 3 or role is Role.RUNNING else "lines",
                    "line": line,
                    "marker": {"size": 6},
                    "hovertemplate": f"{name}<br>epoch %{{x}}: %{{y:.3f}}<extra></extra>",
                }
            )
    return chart(
        traces,
        ink,
        HEIGHT,
        title="validation loss after each epoch (nats per token)",
        across={"title": "epoch", "range": [0.7, curves.epochs + 0.3]} | _whole_ticks(curves.epochs),
        upwards={"range": list(curves.loss_range)},
        labels=_end_labels(ends, curves, ink),
        empty="" if curves.curves else "No trial has finished an epoch yet.",
    )


def draw_slice(points: Slice, *, dark: bool = False) -> Figure:
    """Loss against one setting, the best starred."""
    ink = DARK if dark else LIGHT
    top = points.loss_range[1]
    # Equally spaced places for a list of options: 16, 32, 64, 128 would crowd at the left.
    place = {option: float(at) for at, option in enumerate(points.options)}
    where = [place.get(value, value) for value in points.values]
    traces = [dots(points.points, top, ink.complete, "circle", 7, 0.55) | {"x": where}]
    if points.best is not None:
        star = Points([0], [points.best[1]], [f"the best: {points.name} {number(points.best[0])}"])
        traces.append(
            dots(star, top, ink.text, "star", 16, outline=ink.paper)
            | {"x": [place.get(points.best[0], points.best[0])]}
        )
    across: dict[str, Any]
    if points.is_log:
        low, high = _reach([math.log10(value) for value in (points.limits or where) if value > 0], least=1.0)
        steps = (1, 3) if high - low < 2.5 else (1,)
        marks = [step * 10.0**power for power in range(math.floor(low), math.ceil(high)) for step in steps]
        across = {"type": "log", "range": [low, high], "tickvals": marks, "ticktext": [number(mark) for mark in marks]}
    elif points.options:
        across = {"range": [-0.5, len(place) - 0.5], "tickvals": list(place.values())}
        across["ticktext"] = [number(option) for option in place]
    else:
        across = {"range": _reach([*where, *(points.limits or ())], least=0.1)}
    return chart(
        traces,
        ink,
        SLICE_HEIGHT,
        title="loss",
        across={"title": points.name} | across,
        upwards={"range": list(points.loss_range)},
        empty="" if points.values else "No trial has finished yet.",
    )


def draw_timeline(timeline: Timeline, *, dark: bool = False) -> Figure:
    """A bar for each trial from start to end, trials at once below each other."""
    ink = DARK if dark else LIGHT
    whole = max([1.0, *(span.start + span.length for span in timeline.spans)])  # seconds
    unit, per_unit = next((u for u in (("hours", 3600), ("minutes", 60)) if whole > 3 * u[1]), ("seconds", 1))
    fills = {
        TrialState.COMPLETE: (ink.complete, "", "finished"),
        TrialState.PRUNED: (ink.quiet, "", "stopped early"),
        TrialState.FAILED: (ink.failed, "x", "failed"),
        TrialState.INTERRUPTED: (ink.untuned, "/", "interrupted"),
        TrialState.RUNNING: (ink.running, "", "training now"),
    }
    traces = []
    for state, (colour, pattern, name) in fills.items():
        spans = [span for span in timeline.spans if span.state is state]
        if not spans:
            continue
        roomy = [span.length > whole / 28 for span in spans]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "base": [span.start / per_unit for span in spans],
                "x": [max(span.length, whole / 800) / per_unit for span in spans],
                "y": [span.lane for span in spans],
                "width": 0.8,
                "marker": {
                    "color": colour,
                    "line": {"width": 1, "color": ink.paper},
                    "pattern": {"shape": pattern, "fgcolor": ink.paper, "bgcolor": colour, "size": 6},
                },
                "text": [
                    f"{'★ ' if span.is_best else ''}{span.number}" if fits or span.is_best else ""
                    for span, fits in zip(spans, roomy, strict=True)
                ],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "textfont": {"color": ink.paper},
                "constraintext": "none",
                "customdata": [f"{span.note}<br>took {duration(span.length)}" for span in spans],
                "hovertemplate": "%{customdata}<extra></extra>",
                "showlegend": True,
            }
        )
    lanes = max(timeline.n_lanes, 1)
    rests = [
        {"type": "line", "x0": at / per_unit, "x1": at / per_unit, "yref": "paper", "y0": 0, "y1": 1}
        | {"line": {"width": 1.5, "dash": "dot", "color": ink.text}}
        for at in timeline.breaks
    ]
    legend = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": {"size": 13}}
    return chart(
        traces,
        ink,
        min(HEIGHT, 120 + 44 * lanes),
        across={"title": f"{unit} of searching", "range": [0, whole / per_unit * 1.01], "nticks": 8},
        upwards={"visible": False, "range": [lanes - 0.5, -0.5]},  # the first lane on top
        empty="" if traces else "No trial has begun yet.",
        barmode="overlay",
        shapes=rests,
        showlegend=True,
        legend=legend | {"itemclick": False, "itemdoubleclick": False},
    )


def _levels(history: LossHistory, ink: Ink) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Lines and labels for the baselines: the upper of two neighbours is named above its line, the lower one below."""
    low, high = history.loss_range
    shown = [level for level in history.levels if level.is_shown]
    shapes = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level.loss, "y1": level.loss, "layer": "below"}
        | {"line": {"width": 1.5, "dash": "dash", "color": ink.quiet}}
        for level in shown
    ]
    labels = []
    for place, level in enumerate(shown):
        crowded = place + 1 < len(shown) and shown[place + 1].loss - level.loss < 0.14 * (high - low)
        labels.append(
            label(f"{level.name} {level.loss:.2f}", ink.quiet, xref="paper", x=1, y=level.loss, xanchor="right")
            | {"yanchor": "top" if crowded else "bottom"}
        )
    far = [f"{level.name} {level.loss:.2f}" for level in history.levels if not level.is_shown]
    if far:
        above = label("↑ " + ", ".join(far), ink.quiet, xref="paper", yref="paper", x=0, y=1, xanchor="left")
        labels.append(above | {"yanchor": "top", "yshift": -6, "bgcolor": see_through(ink.paper, 0.75)})
    return shapes, labels


def _bundle(curves: list[Curve], line: dict[str, Any]) -> dict[str, Any]:
    """Many faint curves as one, which is drawn many times faster."""
    epochs: list[float | None] = []
    losses: list[float | None] = []
    notes: list[str] = []
    for curve in curves:
        epochs += [*curve.epochs, None]
        losses += [*curve.losses, None]
        notes += [f"Trial {curve.number}"] * (len(curve.epochs) + 1)
    return {
        "x": epochs,
        "y": losses,
        "mode": "lines",
        "line": line,
        "customdata": notes,
        "hovertemplate": "%{customdata}<br>epoch %{x}: %{y:.3f}<extra></extra>",
    }


def _end_labels(ends: list[tuple[float, float, str]], curves: LossCurves, ink: Ink) -> list[dict[str, Any]]:
    """A name at the end of each curve, moved apart where two would overlap."""
    low, high = curves.loss_range
    gap = 0.075 * (high - low)  # a line of text
    labels: list[dict[str, Any]] = []
    free = math.inf
    for epoch, loss, name in sorted(ends, key=lambda end: -end[1]):
        above = loss + gap <= min(free, high - gap) and len(labels) < len(ends) - (
            len(ends) > 1
        )  # the lowest stands below
        at = loss + gap if above else max(min(loss - gap, free, high - gap), low + gap * 0.6)
        free = at - gap
        right = epoch > curves.epochs / 2
        labels.append(
            label(name, ink.text, x=epoch, y=at, xanchor="right" if right else "left", yanchor="middle")
            | {"xshift": 0 if right else 8, "bgcolor": see_through(ink.paper, 0.75)}
        )
    return labels


def _whole_ticks(width: int) -> dict[str, Any]:
    """Ticks on whole numbers only."""
    return {"dtick": 1, "tickformat": "d"} if width <= 10 else {"nticks": 10, "tickformat": "d"}


def _reach(values: list[float], least: float) -> list[float]:
    """From the lowest to the highest value with some room at both ends; at least `least` wide."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = max(0.08 * (high - low), (least - (high - low)) / 2)
    return [low - room, high + room]
