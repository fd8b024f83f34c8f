"""Charts for paper and for pages without a script: lines, points and names at places in percent.

`page.html.jinja` draws them as SVG of any width, in which words keep their size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chromasonic.languages import figure, say
from chromasonic.results.charts import LossCurves, LossHistory, Role
from chromasonic.results.points import Points
from chromasonic.results.scale import LossScale

Place = tuple[float, float]
"""From the left and from the top, in percent of the chart."""


@dataclass(frozen=True)
class Mark:
    """A word at the edge of a chart, and the place that it names, in percent."""

    at: float
    text: str


@dataclass(frozen=True)
class Line:
    """A line through `places`."""

    look: str  # a class of the style sheet
    places: list[Place]

    @property
    def path(self) -> str:
        """Its places as SVG writes them."""
        return " ".join(f"{x:.2f},{y:.2f}" for x, y in self.places)


@dataclass(frozen=True)
class Dot:
    """A point, and what to read when pointing at it."""

    look: str  # a class of the style sheet
    place: Place
    told: str


@dataclass(frozen=True)
class Drawing:
    """Everything a chart shows."""

    alt: str  # the chart in words
    across: str  # what is measured to the right
    across_marks: list[Mark]
    upwards_marks: list[Mark]
    lines: list[Line] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    levels: list[Mark] = field(default_factory=list)
    key: list[tuple[str, str]] = field(default_factory=list)  # looks, and what has them


@dataclass(frozen=True)
class _Paper:
    """A sheet on which numbers have their places."""

    left: float
    right: float
    scale: LossScale

    def x(self, value: float) -> float:
        return 100 * (value - self.left) / (self.right - self.left)

    def y(self, value: float) -> float:
        bottom, top = self.scale.ends
        return 100 * (top - self.scale.height(value)) / (top - bottom)

    def line(self, look: str, places: Sequence[Place]) -> Line:
        return Line(look, [(self.x(x), self.y(y)) for x, y in places])

    def dots(self, look: str, points: Points, what: str) -> list[Dot]:
        """What lies above the sheet stands at its edge; a line is cut off there."""
        return [
            Dot(look, (self.x(number), max(0.0, self.y(loss))), _told(number, what, loss))
            for number, loss in zip(points.numbers, points.losses, strict=True)
        ]

    def across_marks(self) -> list[Mark]:
        return [Mark(self.x(at), figure(f"{at:,g}")) for at in _whole_numbers(self.left, self.right)]

    def upwards_marks(self) -> list[Mark]:
        return [Mark(self.y(loss), text) for loss, text in self.scale.marks()]


def history_drawing(history: LossHistory) -> Drawing:
    """The loss of every trial, and the best so far."""
    paper = _Paper(-0.5, max(history.n_trials - 0.5, 0.5), history.scale)
    steps = history.best_so_far
    corners = [place for (_, loss), after in pairwise(steps) for place in ((after[0], loss), after)]
    groups = [
        ("pruned", history.pruned, say("stopped early")),
        ("complete", history.complete, say("finished")),
        ("resting", history.resting, say("resting")),
        ("running", history.running, history.under_way),
    ]
    return Drawing(
        alt=history.describe(),
        across=say("trial"),
        across_marks=paper.across_marks(),
        upwards_marks=paper.upwards_marks(),
        lines=[paper.line("best", [*steps[:1], *corners])] if len(steps) > 1 else [],
        dots=[
            *(dot for look, points, what in groups for dot in paper.dots(look, points, what)),
            *paper.dots("winner", history.best, say("the best")),
        ],
        levels=[
            Mark(paper.y(level.loss), f"{level.short} {figure(f'{level.loss:.2f}')}")
            for level in history.levels
            if level.is_shown
        ],
        key=[*((look, what) for look, points, what in groups if len(points)), ("winner", say("the best"))],
    )


def curves_drawing(curves: LossCurves) -> Drawing:
    """How the models learned, from epoch to epoch."""
    paper = _Paper(0.7, curves.epochs + 0.3, curves.scale)
    roles = {  # each drawn as the class of its name says
        Role.PRUNED: say("stopped early"),
        Role.RESTING: say("resting"),
        Role.OTHER: say("other trials"),
        Role.UNTUNED: say("default settings"),
        Role.RUNNING: curves.under_way,
        Role.BEST: say("the best"),
    }
    return Drawing(
        alt=curves.describe(),
        across=say("epoch (pass through the practice tunes)"),
        across_marks=paper.across_marks(),
        upwards_marks=paper.upwards_marks(),
        lines=[
            paper.line(role.value, list(zip(curve.epochs, curve.losses, strict=True)))
            for role in roles
            for curve in curves.of_role(role)
        ],
        key=[(role.value, named) for role, named in roles.items() if curves.of_role(role)],
    )


def _told(number: int, what: str, loss: float) -> str:
    return say("Trial {number}, {what}: {loss:.3f}", number=number, what=what, loss=loss)


def _whole_numbers(low: float, high: float) -> list[float]:
    """A few round whole numbers from `low` to `high`."""
    from matplotlib.ticker import MaxNLocator

    found = MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True).tick_values(low, high)
    return [float(at) for at in found if low <= at <= high]
