"""Who works on a search: one attribute of the study for each worker, and one that asks all of them to hold still."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import optuna

from chromasonic.languages import mark
from chromasonic.results.words import count

from . import holding
from .holding import EXPIRY, Holder

SEAT = "chromasonic:worker:"
"""With a worker's id behind it: where its seat is written."""

_HALT = "chromasonic:halt"  # of the system's attributes, for each worker asks for it often and those are few


@dataclass(frozen=True, kw_only=True)
class Seat:
    """One worker, as it wrote itself down."""

    id: str  # host, process and chance
    holder: Holder
    device: str
    joined: float  # seconds since 1970, as are the next ones
    beat: float  # its last sign of life
    elapsed: float  # seconds of searching up to then, pauses not counted
    left: float | None = None  # None: it did not say goodbye

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Seat:
        """What `to_json` wrote."""
        return cls(**{**record, "holder": Holder(**record["holder"])})

    def to_json(self) -> dict[str, Any]:
        """Plain values for an attribute of the study."""
        return asdict(self)

    @property
    def is_alive(self) -> bool:
        """Whether it is at work, as far as its signs of life tell."""
        return self.left is None and self.holder.lives(self.beat)


def seats(attributes: Mapping[str, Any]) -> list[Seat]:
    """Everyone who has worked on the search with these attributes, in the order in which they came."""
    found = [Seat.from_json(value) for key, value in attributes.items() if key.startswith(SEAT)]
    return sorted(found, key=lambda seat: (seat.joined, seat.id))


def living_seats(attributes: Mapping[str, Any]) -> list[Seat]:
    """Those of them that are at work."""
    return [seat for seat in seats(attributes) if seat.is_alive]


def elapsed(attributes: Mapping[str, Any]) -> float:
    """Seconds of searching up to this moment, or to the last sign of life of whoever ran it; pauses not counted."""
    known = holding.elapsed(attributes)
    for seat in seats(attributes):
        since = min(max(time.time() - seat.beat, 0.0), EXPIRY) if seat.is_alive else 0.0
        known = max(known, seat.elapsed + since)
    return known


def halt(study: optuna.Study, is_halted: bool) -> None:
    """Ask all workers to hold still, or to go on."""
    study._storage.set_study_system_attr(study._study_id, _HALT, is_halted)


def is_halted(study: optuna.Study) -> bool:
    """Whether all workers are asked to hold still."""
    return is_halted_in(study._storage.get_study_system_attrs(study._study_id))


def is_halted_in(system_attributes: Mapping[str, Any]) -> bool:
    """Whether these system attributes of a study ask all its workers to hold still."""
    return bool(system_attributes.get(_HALT))


def where_at_work(attributes: Mapping[str, Any]) -> str:
    """Which workers are at work, in words that follow “is already running”; empty where none is."""
    at_work = living_seats(attributes)
    if not at_work:
        return ""
    if len(at_work) == 1:
        return str(at_work[0].holder)
    hosts = sorted({seat.holder.host for seat in at_work})
    return mark(f"in {count(len(at_work), 'worker')} on {', '.join(hosts)}")
