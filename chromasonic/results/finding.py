"""What a search says, as records: a finding, the charts that show it, and what the next search should change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a finding is about."""

    WON = "won"
    MATTERED = "mattered"
    NEXT = "next"  # something to try
    CAUTION = "caution"  # something to know before believing the rest


class ChartKind(StrEnum):
    """A chart that can show a finding."""

    IMPORTANCE = "importance"
    HISTORY = "history"  # every trial's loss, in the order they were tried
    SLICE = "slice"  # loss against one setting
    LEARNING = "learning"  # how one trial learned


@dataclass(frozen=True)
class Chart:
    """The chart to look at, so that nobody need believe a finding."""

    kind: ChartKind
    setting: str = ""  # of a slice
    trial: int | None = None  # of a learning curve


@dataclass(frozen=True)
class Change:
    """One thing to set otherwise in the next search.

    `setting` names a field of the search's settings or of its space, such as `hidden_size_range` or `n_trials`.
    """

    setting: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Finding:
    """One thing the search says."""

    kind: Kind
    text: str  # a plain sentence
    detail: str = ""  # the numbers behind it, or the technical words
    charts: tuple[Chart, ...] = ()
    changes: tuple[Change, ...] = ()


AMOUNTS = ("n_trials", "num_epochs", "timeout")
"""Settings that say how much is spent: whoever asks for the most has what all others ask for."""


def changes_with_reasons(findings: Iterable[Finding]) -> list[tuple[Change, Finding]]:
    """What the next search should change, each with the finding that asks for it.

    Of two for one setting the first, and of two that say how much is spent (`AMOUNTS`) the larger.
    """
    told: dict[str, tuple[Change, Finding]] = {}
    for finding in findings:
        for change in finding.changes:
            known, _ = told.setdefault(change.setting, (change, finding))
            if change.setting in AMOUNTS and change.after > known.after:
                told[change.setting] = (change, finding)
    return list(told.values())
