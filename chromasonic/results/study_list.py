"""The list of all studies: what each line says, which are looked for, and in what order they stand."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chromasonic.people import Person
from chromasonic.results.labels import Labels
from chromasonic.results.records import SearchState


@dataclass(frozen=True, kw_only=True)
class ListedStudy:
    """One study as it stands in the list."""

    id: int  # Optuna's; it stays when the study is renamed
    name: str
    music: str
    state: SearchState
    n_tried: int  # trials that have ended, or have rested once
    n_trials: int  # asked for
    best_loss: float | None  # nats per token; None before a trial is complete
    created: datetime | None
    total_time: float  # seconds of searching
    families: tuple[str, ...]
    owner: Person | None = None
    is_shared: bool = False
    labels: Labels = field(default_factory=Labels)
    note: str = ""
    is_out_of_time: bool = False  # it finished because its time limit was reached

    @property
    def was_never_started(self) -> bool:
        """Whether it was set up, and nothing of it was done yet."""
        return self.state is SearchState.STOPPED and not self.total_time


class Order(StrEnum):
    """In what order studies stand."""

    NEWEST = "newest"
    BEST = "best"
    NAME = "name"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for; of each kind that is empty, everything."""

    words: str = ""  # each of them in the name, the music, the note or a tag
    only_starred: bool = False
    states: Sequence[SearchState] = ()
    tags: Sequence[str] = ()  # all of them
    families: Sequence[str] = ()  # at least one of them
    owners: Sequence[str | None] = ()  # ids of people; None is nobody

    def fits(self, study: ListedStudy) -> bool:
        """Whether `study` is among what is looked for."""
        return (
            (study.labels.is_starred or not self.only_starred)
            and (not self.states or study.state in self.states)
            and set(self.tags) <= set(study.labels.tags)
            and (not self.families or not set(self.families).isdisjoint(study.families))
            and (not self.owners or (study.owner.id if study.owner else None) in self.owners)
            and _has_words(study, self.words)
        )


def found(studies: Iterable[ListedStudy], wanted: Wanted) -> list[ListedStudy]:
    """Those of `studies` that are looked for."""
    return [study for study in studies if wanted.fits(study)]


def in_order(studies: Iterable[ListedStudy], order: Order) -> list[ListedStudy]:
    """The newest first, or the lowest loss first, those without one last; or by name, as one says it."""
    newest = sorted(studies, key=_age)
    if order is Order.BEST:
        return sorted(newest, key=lambda study: math.inf if study.best_loss is None else study.best_loss)
    if order is Order.NAME:
        return sorted(newest, key=lambda study: plain(study.name))
    return newest


def _age(study: ListedStudy) -> tuple[float, int]:
    return (-study.created.timestamp() if study.created else math.inf, -study.id)


def _has_words(study: ListedStudy, words: str) -> bool:
    if not words.strip():
        return True
    text = plain("\n".join((study.name, study.music, study.note, *study.labels.tags)))
    return all(word in text for word in plain(words).split())


def plain(text: str) -> str:
    """`text` without capitals and accents: whoever looks for “etude” finds “Étude”."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))
