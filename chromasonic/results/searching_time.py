"""When trials trained, in seconds of searching: the idle hours between two sittings are taken out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

IDLE = 30.0  # seconds without any trial that count as a rest


def without_rests(spans: Sequence[tuple[datetime, datetime]]) -> tuple[list[tuple[float, float]], list[float]]:
    """Start and end of each span in seconds since the first began, and where the rests were that were taken out.

    `spans` are in the order of their starts, and none ends before it starts.
    """
    placed: list[tuple[float, float]] = []
    rests: list[float] = []
    skipped, busy_until = timedelta(), None
    for started, finished in spans:
        origin = spans[0][0]
        if busy_until is not None and (started - busy_until).total_seconds() > IDLE:
            rests.append((busy_until - origin - skipped).total_seconds())
            skipped += started - busy_until
        busy_until = finished if busy_until is None else max(busy_until, finished)
        placed.append(((started - origin - skipped).total_seconds(), (finished - origin - skipped).total_seconds()))
    return placed, rests
