"""The charts of a search as it goes on, drawn once for all tabs and only when something has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chromasonic.languages import current, speaking
from chromasonic.results import charts
from chromasonic.results.points import measured
from chromasonic.results.records import SearchRecord
from chromasonic.ui.steady_chart import pack

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search


@dataclass(frozen=True)
class LiveCharts:
    """The charts of the Progress page, packed for the browser."""

    history: bytes
    curves: bytes
    shows_the_longest: bool  # of the curves of those that rest or were stopped early; the others are not among them
    importance: bytes | None  # None while too few trials have finished to tell what matters


_drawn: dict[tuple[str, int, bool, str], tuple[SearchRecord, LiveCharts]] = {}


def live_charts(search: Search, record: SearchRecord, dark: bool) -> LiveCharts:
    """The charts of `search`; they stay the same while it gives the same record."""
    key = (search.database.url, search.id, dark, current())
    latest = _drawn.get(key)
    if latest is None or latest[0] is not record:
        latest = _drawn[key] = (record, draw_charts(record, dark=dark))
    return latest[1]


def draw_charts(record: SearchRecord, *, dark: bool) -> LiveCharts:
    """Gather, then draw."""
    with speaking(current()):  # asked once, and not for each of a thousand points
        return _draw(record, dark)


def _draw(record: SearchRecord, dark: bool) -> LiveCharts:
    from chromasonic.results import figures

    groups = measured(record)
    history, curves = charts.loss_history(record, groups), charts.loss_curves(record, groups)
    importance = charts.importance(record)
    return LiveCharts(
        history=pack(figures.draw_loss_history(history, dark=dark), history.describe()),
        curves=pack(figures.draw_loss_curves(curves, dark=dark), curves.describe()),
        shows_the_longest=curves.shows_the_longest,
        importance=pack(figures.draw_importance(importance, dark=dark), importance.describe(), can_zoom=False)
        if importance.shares
        else None,
    )
