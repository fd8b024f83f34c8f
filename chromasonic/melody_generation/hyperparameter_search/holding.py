"""Who holds a search: the runner that wrote its status last, for as long as it leaves signs of life.

Both stand in attributes of the study, so that every process and every machine reads the same.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Mapping
from typing import Any

from chromasonic.results.records import SearchState

STATUS, HEARTBEAT = "chromasonic:status", "chromasonic:heartbeat"
HEARTBEAT_INTERVAL = 10.0
"""Seconds between two signs of life of a search's runner."""


def status_of_this_process(state: SearchState, total_time: float, reason: str | None) -> dict[str, Any]:
    """How a search stands that this process holds, or let go just now."""
    return {
        "state": state,
        "total_time": total_time,
        "since": time.time(),
        "reason": reason,
        "pid": os.getpid(),
        "host": socket.gethostname(),
    }


def status_of_nobody() -> dict[str, Any]:
    """How a search stands that nobody has run yet."""
    return {**status_of_this_process(SearchState.STOPPED, 0.0, None), "pid": 0, "host": ""}


def is_held(attributes: Mapping[str, Any]) -> bool:
    """Whether a living runner holds the search with these attributes."""
    status = attributes[STATUS]
    if SearchState(status["state"]) not in (SearchState.RUNNING, SearchState.PAUSED):
        return False
    if status["host"] == socket.gethostname() and sys.platform != "win32" and not _is_process(status["pid"]):
        return False
    return bool(time.time() - attributes.get(HEARTBEAT, 0.0) < 4 * HEARTBEAT_INTERVAL)


def elapsed(attributes: Mapping[str, Any]) -> float:
    """Seconds of searching up to this moment, or to the last sign of life; pauses not counted."""
    status = attributes[STATUS]
    if status["state"] != SearchState.RUNNING:
        return float(status["total_time"])
    until = time.time() if is_held(attributes) else attributes.get(HEARTBEAT, 0.0)
    return float(status["total_time"] + max(0.0, until - status["since"]))


def _is_process(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
