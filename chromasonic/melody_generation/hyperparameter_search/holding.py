"""Who holds a search: one runner at a time, by a lease in the study's own attributes.

The lease names its holder. It is taken and given back by compare-and-swap in the database, so of two that reach for it
at the same moment exactly one gets it, on one machine or on many. While its holder lives nobody else gets it; whether
it lives is asked of the operating system on the same machine, and of its signs of life on another.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from chromasonic.languages import mark
from chromasonic.results.records import SearchState

STATUS, HEARTBEAT, LEASE = "chromasonic:status", "chromasonic:heartbeat", "chromasonic:lease"
HEARTBEAT_INTERVAL = 10.0
"""Seconds between two signs of life of a search's runner."""

EXPIRY = 4 * HEARTBEAT_INTERVAL
"""Seconds without a sign of life after which a holder on another machine is given up for dead."""

_held_here: set[str] = set()
"""Tokens of the leases that runners of this process hold."""


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds a search."""

    token: str  # another one each time
    place: str  # in words: "the app", "a terminal"
    host: str
    pid: int
    began: float  # when the process began, seconds since 1970: process ids are used again
    namespace: str  # in which `pid` is counted: machines and containers count their own

    @classmethod
    def here(cls, place: str) -> Holder:
        """A new holder in this process."""
        return cls(
            token=uuid.uuid4().hex,
            place=place,
            host=socket.gethostname(),
            pid=os.getpid(),
            began=psutil.Process().create_time(),
            namespace=_namespace(),
        )

    @classmethod
    def from_json(cls, record: Mapping[str, Any] | None) -> Holder | None:
        """What `to_json` wrote; None where nobody holds."""
        return None if record is None else cls(**record)

    def to_json(self) -> dict[str, Any]:
        """Plain values for an attribute of the study."""
        return asdict(self)

    @property
    def is_on_this_machine(self) -> bool:
        """Whether the operating system here can be asked about it."""
        return (self.host, self.namespace) == (socket.gethostname(), _namespace())

    def lives(self, beat: float) -> bool:
        """Whether it is alive, with its last sign of life at `beat` (seconds since 1970)."""
        is_fresh = abs(time.time() - beat) < EXPIRY  # either way, for a clock may be set back
        if not self.is_on_this_machine:
            return is_fresh
        if self.pid == os.getpid() and self.token not in _held_here:
            return False
        try:
            began = psutil.Process(self.pid).create_time()
        except psutil.NoSuchProcess:
            return False
        return abs(began - self.began) < 1.0 or is_fresh  # another time may be another process, or the clock was set

    def __str__(self) -> str:
        """Where to find it, in words."""
        if self.host == socket.gethostname():
            return mark(f"in {self.place} on this machine (process {self.pid})")
        return mark(f"in {self.place} on {self.host} (process {self.pid})")


@cache
def _namespace() -> str:
    namespace, boot = Path("/proc/self/ns/pid"), Path("/proc/sys/kernel/random/boot_id")
    if not namespace.is_symlink() or not boot.exists():
        return ""
    return f"{namespace.readlink()} {boot.read_text().strip()}"  # machines may bear the same name


def note_held(holder: Holder) -> None:
    """Remember that `holder` is a runner of this process."""
    _held_here.add(holder.token)


def note_given_back(holder: Holder) -> None:
    """Forget what `note_held` remembered."""
    _held_here.discard(holder.token)


def living_holder(attributes: Mapping[str, Any]) -> Holder | None:
    """Who holds the search with these attributes, if it lives."""
    holder = Holder.from_json(attributes.get(LEASE))
    return holder if holder is not None and holder.lives(attributes.get(HEARTBEAT, _NEVER)["at"]) else None


_NEVER = {"at": 0.0, "elapsed": 0.0}


def status(state: SearchState, total_time: float, reason: str | None = None) -> dict[str, Any]:
    """How a search stands, as it is stored; `total_time` in seconds of searching, pauses not counted."""
    return {"state": state, "total_time": total_time, "reason": reason}


def heartbeat(elapsed: float) -> dict[str, float]:
    """A sign of life after `elapsed` seconds of searching, as it is stored."""
    return {"at": time.time(), "elapsed": elapsed}


def elapsed(attributes: Mapping[str, Any]) -> float:
    """Seconds of searching up to this moment, or to the last sign of life; pauses not counted."""
    stored = attributes[STATUS]
    if stored["state"] != SearchState.RUNNING:
        return float(stored["total_time"])
    beat = attributes.get(HEARTBEAT, _NEVER)
    since = time.time() - beat["at"] if living_holder(attributes) else 0.0
    return float(max(stored["total_time"], beat["elapsed"]) + min(max(since, 0.0), EXPIRY))
