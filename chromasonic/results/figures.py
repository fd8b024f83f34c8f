"""The charts of a search, drawn for Plotly from what `charts.py` gathered. Only ink is decided here.

Colours are Okabe and Ito's, which colour-blind eyes can tell apart, and no two things differ by colour alone. Labels
stand beside what they name, since a legend would take the width of a phone.
"""

from __future__ import annotations

import math
from typing import Any

from chromasonic.languages import figure, say
from chromasonic.results.charts import Importance, LossCurves, LossHistory, Role, Slice, Timeline
from chromasonic.results.ink import (
    DARK,
    GUTTER,
    LIGHT,
    Chart,
    Ink,
    chart,
    dots,
    in_the_gutter,
    label,
    see_through,
    whole_ticks,
)
from chromasonic.results.points import Points
from chromasonic.results.records import TrialState
from chromasonic.results.scale import LossScale
from chromasonic.results.words import duration, number

HEIGHT = 340  # pixels; above 360 a phone would have to scroll sideways
SLICE_HEIGHT = 250
PLOT_HEIGHT = 250  # of what lies between the title and the numbers below a chart of HEIGHT, about
BAR_HEIGHT = 44  # of one bar and its name
ABOVE = "above"  # name of the words that say how many trials are above the chart
_BEYOND = 99.0  # height of what has no loss: at the upper edge, however far one sees


def draw_loss_history(history: LossHistory, *, dark: bool = False) -> Chart:
    """Trials as points, the best so far as a line, the baselines as levels."""
    ink = DARK if dark else LIGHT
    scale = history.scale
    traces = [
        _trials(history.pruned, scale, ink.quiet, "circle-open", size=6),
        _trials(
            history.complete, scale, ink.complete, "circle", size=7 if len(history.complete) < 200 else 5, opacity=0.75
        ),
        _trials(history.resting, scale, ink.quiet, "diamond-open", size=8),
        _trials(history.running, scale, ink.running, "diamond", size=10),
        {
            "x": history.failed,
            "y": [scale.top] * len(history.failed),
            "meta": [_BEYOND] * len(history.failed),
            "mode": "markers",
            "marker": {"symbol": "x", "size": 8, "color": ink.failed},
            "hovertemplate": say("<b>Trial %{x}</b> · failed<extra></extra>"),
            "cliponaxis": False,
        },
        {
            "x": [trial for trial, _ in history.best_so_far],
            "y": [scale.height(loss) for _, loss in history.best_so_far],
            "mode": "lines",
            "line": {"shape": "hv", "width": 2.5, "color": ink.complete},
            "hoverinfo": "skip",
        },
        _trials(history.best, scale, ink.text, "star", size=17, outline=ink.paper),
    ]
    labels = in_the_gutter(_names_beside(history, ink), scale.ends, PLOT_HEIGHT)
    for at, loss in zip(history.best.numbers, history.best.losses, strict=True):
        right_half = at > history.n_trials / 2
        labels.append(
            label(
                say("<b>best {loss:.2f}</b>", loss=loss), ink.text, x=at, y=scale.height(loss), yanchor="top", yshift=-9
            )
            | {"xanchor": "right" if right_half else "left", "xshift": 12 if right_half else -8}
            | {"bgcolor": see_through(ink.paper, 0.75)}
        )
    if history.n_above:
        corner = {"xref": "paper", "yref": "paper", "x": 1, "y": 0, "xanchor": "right", "yanchor": "top"}
        told = say("↑ {n_above:,} worse than shown", n_above=history.n_above)
        beside_the_axis = {"xshift": GUTTER - 8, "yshift": -20, "name": ABOVE}
        labels.append(label(told, ink.quiet, **corner, **beside_the_axis))
    everywhere = (history.complete, history.resting, history.pruned, history.running)
    furthest = max((loss for points in everywhere for loss in points.losses), default=0.0)
    edge = max(0.5, history.n_trials * 0.015)
    return chart(
        traces,
        ink,
        HEIGHT,
        title=say("validation loss of each trial (nats per token)"),
        across={"title": say("trial"), "range": [-edge, history.n_trials - 1 + edge]} | whole_ticks(history.n_trials),
        upwards=_losses_upwards(scale),
        labels=labels,
        shapes=_levels(history, ink),
        meta={"floor": scale.floor, "furthest": scale.height(furthest)},
        margin={"l": 8, "r": GUTTER, "t": 34, "b": 8},
    )


def draw_importance(importance: Importance, *, dark: bool = False) -> Chart:
    """One bar a setting, its name above it and the share written at its end, unless that is a rough impression."""
    ink = DARK if dark else LIGHT
    top = max(importance.shares, default=1.0)
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": importance.shares,
        "y": list(range(len(importance.shares))),
        "width": 0.36,
        "text": [share for _, _, share in importance.told],
        "textposition": "outside",
        "textfont": {"color": ink.text, "size": 14},
        "cliponaxis": False,
        "marker": {"color": ink.complete, "opacity": [1.0 if share > top / 2 else 0.55 for share in importance.shares]},
        "hoverinfo": "skip",
    }
    names = [
        label(f"{plain} · <i>{term}</i>", ink.text, x=0, y=place - 0.2, xanchor="left", yanchor="bottom")
        for place, (plain, term) in enumerate(importance.names)
    ]
    return chart(
        [bars],
        ink,
        42 + BAR_HEIGHT * max(len(importance.names), 1),
        title=importance.impression if importance.is_rough else "",
        across={"visible": False, "range": [0, top * 1.15]},
        upwards={"visible": False, "range": [len(names) - 0.6, -0.75]},  # the largest on top
        labels=names,
        empty="" if importance.shares else say("It takes more trials to tell."),
        margin={"t": 34 if importance.is_rough else 8, "b": 8, "l": 8, "r": 8},
    )


def draw_loss_curves(curves: LossCurves, *, dark: bool = False) -> Chart:
    """Validation loss after each epoch: a few curves by name, the others faint behind them."""
    ink = DARK if dark else LIGHT
    faint_blue, faint_grey = (see_through(colour, 0.35) for colour in (ink.complete, ink.quiet))
    traces = [
        _bundle(curves, Role.PRUNED, {"width": 1, "color": faint_grey, "dash": "dot"}, ("circle-open", 6, ink.quiet)),
        _bundle(
            curves,
            Role.RESTING,
            {"width": 1, "color": see_through(ink.quiet, 0.7)},
            ("diamond-open", 8, ink.quiet),
        ),
        _bundle(curves, Role.OTHER, {"width": 1.2, "color": faint_blue}),
    ]
    looks: dict[Role, dict[str, Any]] = {
        Role.UNTUNED: {"width": 2.5, "color": ink.untuned, "dash": "dash"},
        Role.RUNNING: {"width": 2.5, "color": ink.running},
        Role.BEST: {"width": 3, "color": ink.complete},
    }
    names = {Role.UNTUNED: say("defaults"), Role.RUNNING: curves.under_way, Role.BEST: say("best")}
    ends: list[tuple[float, str, str]] = []
    for role, line in looks.items():
        for curve in curves.of_role(role):
            name = say("<b>{role}</b><br>trial {number}", role=names[role], number=curve.number)
            swatch = f'<span style="color:{line["color"]}">{"╍" if "dash" in line else "━"}</span>'
            ends.append((curves.scale.height(curve.losses[-1]), f"{swatch} {name}", ink.text))
            traces.append(
                {
                    "x": curve.epochs,
                    "y": [curves.scale.height(loss) for loss in curve.losses],
                    "customdata": curve.losses,
                    "mode": "lines+markers" if len(curve.epochs) < 3 or role is Role.RUNNING else "lines",
                    "line": line,
                    "marker": {"size": 6},
                    "hovertemplate": say("{name}<br>epoch %{{x}}: %{{customdata:.3f}}<extra></extra>", name=name),
                }
            )
    return chart(
        traces,
        ink,
        HEIGHT,
        title=say("validation loss after each epoch (nats per token)"),
        across={"title": say("epoch"), "range": [0.7, curves.epochs + 0.3]} | whole_ticks(curves.epochs),
        upwards=_losses_upwards(curves.scale),
        labels=in_the_gutter(ends, curves.scale.ends, PLOT_HEIGHT),
        meta={"floor": curves.scale.floor},
        empty="" if curves.curves else say("No trial has finished an epoch yet."),
        margin={"l": 8, "r": GUTTER if ends else 12, "t": 34, "b": 8},
    )


def draw_slice(points: Slice, *, dark: bool = False) -> Chart:
    """Loss against one setting, the best starred; what was not trained to its end stands behind, hollow and grey."""
    ink = DARK if dark else LIGHT
    scale = points.scale
    # Equally spaced places for a list of options: 16, 32, 64, 128 would crowd at the left.
    place = {option: float(at) for at, option in enumerate(points.options)}
    where = [place.get(value, value) for value in points.values]
    behind = [place.get(value, value) for value in points.unfinished_values]
    traces = [
        _trials(points.unfinished, scale, ink.quiet, "circle-open", size=6, opacity=0.6) | {"x": behind},
        _trials(points.points, scale, ink.complete, "circle", size=7, opacity=0.55) | {"x": where},
    ]
    if points.best is not None:
        star = Points([0], [points.best[1]], [say("the best: {best}", best=number(points.best[0]))])
        traces.append(
            _trials(star, scale, ink.text, "star", size=16, outline=ink.paper)
            | {"x": [place.get(points.best[0], points.best[0])]}
        )
    across: dict[str, Any]
    if points.is_log:
        low, high = _reach(
            [math.log10(value) for value in (points.limits or [*where, *behind]) if value > 0], least=1.0
        )
        steps = (1, 3) if high - low < 2.5 else (1,)
        marks = [step * 10.0**power for power in range(math.floor(low), math.ceil(high)) for step in steps]
        across = {"type": "log", "range": [low, high], "tickvals": marks, "ticktext": [number(mark) for mark in marks]}
    elif points.options:
        across = {"range": [-0.5, len(place) - 0.5], "tickvals": list(place.values())}
        across["ticktext"] = [number(option) for option in place]
    else:
        across = {"range": _reach([*where, *behind, *(points.limits or ())], least=0.1)}
    return chart(
        traces,
        ink,
        SLICE_HEIGHT,
        title=say("validation loss (nats per token)"),
        across={"title": points.name.replace(" · ", "<br>")} | across,  # a phone has no room for both in one line
        upwards=_losses_upwards(scale),
        empty="" if points.values or points.unfinished_values else say("No trial has finished yet."),
    )


def draw_timeline(timeline: Timeline, *, dark: bool = False) -> Chart:
    """A bar for each trial from start to end, trials at once below each other."""
    ink = DARK if dark else LIGHT
    whole = max([1.0, *(span.start + span.length for span in timeline.spans)])  # seconds
    units = ((say("hours of searching"), 3600), (say("minutes of searching"), 60))
    unit, per_unit = next((u for u in units if whole > 3 * u[1]), (say("seconds of searching"), 1))
    fills = {
        TrialState.COMPLETE: (ink.complete, "", say("finished")),
        TrialState.PRUNED: (ink.quiet, "", say("stopped early")),
        TrialState.FAILED: (ink.failed, "x", say("failed")),
        TrialState.INTERRUPTED: (ink.untuned, "/", say("interrupted")),
        TrialState.RUNNING: (ink.running, "", timeline.under_way),
        TrialState.RESTING: (ink.quiet, ".", say("resting")),
    }
    traces = []
    for state, (colour, pattern, name) in fills.items():
        spans = [span for span in timeline.spans if span.state is state]
        if not spans:
            continue
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
                    "color": see_through(colour, 0.3) if pattern else colour,
                    "line": {"width": 1, "color": ink.paper},
                    "pattern": {"shape": pattern, "fgcolor": colour, "fillmode": "overlay", "size": 8}
                    | {"solidity": 0.15},
                },
                "text": ["" if span.is_best else str(span.number) for span in spans],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "textfont": {"color": ink.text if pattern else ink.paper},  # hatching is pale, to be read through
                "constraintext": "inside",
                "customdata": [
                    say("{note}<br>took {length}", note=span.note, length=duration(span.length)) for span in spans
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
                "showlegend": True,
            }
        )
    for best in (span for span in timeline.spans if span.is_best):
        name = say("the best: trial {number}", number=best.number)
        traces.append(
            {
                "name": name,
                "mode": "markers",
                "x": [(best.start + best.length / 2) / per_unit],
                "y": [best.lane],
                "marker": {"symbol": "star", "size": 15, "color": ink.text, "line": {"width": 1.5, "color": ink.paper}},
                "hovertemplate": f"{name}<extra></extra>",
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
        across={"title": unit, "range": [0, whole / per_unit * 1.01], "nticks": 8},
        upwards={"visible": False, "range": [lanes - 0.5, -0.5]},  # the first lane on top
        empty="" if traces else say("No trial has begun yet."),
        barmode="overlay",
        uniformtext={"minsize": 10, "mode": "hide"},  # half a number would name another trial
        shapes=rests,
        showlegend=True,
        legend=legend | {"itemclick": False, "itemdoubleclick": False},
    )


def _losses_upwards(scale: LossScale) -> dict[str, Any]:
    """The axis of heights, on which losses are written."""
    heights = [scale.height(loss) for loss, _ in scale.marks()]
    return {"range": list(scale.ends), "tickvals": heights, "ticktext": [text for _, text in scale.marks()]}


def _trials(points: Points, scale: LossScale, colour: str, symbol: str, **look: Any) -> dict[str, Any]:
    """Trials as points; those beyond the upper edge stand at it, and where they would stand is their `meta`."""
    heights = [scale.height(loss) for loss in points.losses]
    at = {"y": [min(height, scale.top) for height in heights]}
    return dots(points, math.inf, colour, symbol, **look) | at | ({"meta": heights} if heights != at["y"] else {})


def _levels(history: LossHistory, ink: Ink) -> list[dict[str, Any]]:
    """Lines for the baselines."""
    heights = [history.scale.height(level.loss) for level in history.levels]
    return [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": height, "y1": height, "layer": "below"}
        | {"line": {"width": 1.5, "dash": "dash", "color": ink.quiet}}
        for level, height in zip(history.levels, heights, strict=True)
    ]


def _names_beside(history: LossHistory, ink: Ink) -> list[tuple[float, str, str]]:
    """What stands beside the chart: the baselines, and what trains now."""
    names, height = [], history.scale.height
    for level in history.levels:
        arrow = "" if level.is_shown else "↑ "
        names.append((height(level.loss), f"{level.short}<br>{arrow}{figure(f'{level.loss:.2f}')}", ink.quiet))
    if history.running.losses:
        name = f'<span style="color:{ink.running}">◆</span> {history.under_way}'
        names.append((height(history.running.losses[-1]), name, ink.quiet))
    return names


def _bundle(
    curves: LossCurves, role: Role, line: dict[str, Any], end: tuple[str, int, str] | None = None
) -> dict[str, Any]:
    """The faint curves of a role as one, which is drawn many times faster; an `end` is (symbol, pixels, colour)."""
    epochs: list[float | None] = []
    heights: list[float | None] = []
    notes: list[tuple[str, float | None]] = []
    ends: list[int] = []  # pixels
    symbol, size, colour = end or ("", 0, "")
    for curve in curves.of_role(role):
        epochs += [*curve.epochs, None]
        heights += [*map(curves.scale.height, curve.losses), None]
        name = say("Trial {number}", number=curve.number)
        notes += [*((name, loss) for loss in curve.losses), (name, None)]
        ends += [*[0] * (len(curve.epochs) - 1), size, 0]
    return {
        "x": epochs,
        "y": heights,
        "mode": "lines+markers" if end else "lines",
        "line": line,
        "customdata": notes,
        "hovertemplate": say("%{customdata[0]}<br>epoch %{x}: %{customdata[1]:.3f}<extra></extra>"),
    } | ({"marker": {"symbol": symbol, "size": ends, "color": colour}} if end else {})


def _reach(values: list[float], least: float) -> list[float]:
    """From the lowest to the highest value with some room at both ends; at least `least` wide."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = max(0.08 * (high - low), (least - (high - low)) / 2)
    return [low - room, high + room]
