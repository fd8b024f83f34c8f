"""Which of two songs a person liked better, one line a time, in a file that no kill can spoil.

Answers are only ever added, an undone one by a line that says so. What a kill has cut short, or a stranger has written,
is passed over: the other lines count.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from chromasonic.files import add_line

MOST_TRIALS = 10_000_000  # no search has a trial of a higher number


class Answer(StrEnum):
    """What was liked better."""

    LEFT = "left"
    RIGHT = "right"
    CANNOT_SAY = "can't say"


@dataclass(frozen=True)
class Comparison:
    """Two songs, by the numbers of their trials, and which was liked better."""

    left: int
    right: int
    answer: Answer
    when: datetime

    @property
    def pair(self) -> frozenset[int]:
        """The two, whichever side they were on."""
        return frozenset((self.left, self.right))


class Comparisons:
    """The answers of one person about the songs of one search, in the file at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Comparison]:
        """All that were not undone, in the order in which they were given."""
        comparisons: list[Comparison] = []
        try:
            lines = self._path.read_bytes().splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return []
        for line in lines:
            entry = _entry(line)
            if entry == _UNDONE:
                del comparisons[-1:]
            elif (comparison := _comparison(entry)) is not None:
                comparisons.append(comparison)
        return comparisons

    def add(self, left: int, right: int, answer: Answer) -> None:
        """Keep an answer given now.

        Raises:
            WorkspaceError: the file cannot be written.
        """
        when = datetime.now(UTC).isoformat(timespec="seconds")
        add_line(self._path, json.dumps({"left": left, "right": right, "answer": answer, "when": when}))

    def undo(self) -> None:
        """Take the last answer back. Raises as `add` does."""
        add_line(self._path, json.dumps(_UNDONE))


def times_heard(comparisons: Sequence[Comparison]) -> Counter[int]:
    """In how many comparisons each song was."""
    return Counter(number for comparison in comparisons for number in (comparison.left, comparison.right))


_UNDONE = {"undone": "the last"}


def _entry(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _comparison(entry: Any) -> Comparison | None:
    try:
        left, right = entry["left"], entry["right"]
        comparison = Comparison(left, right, Answer(entry["answer"]), datetime.fromisoformat(entry["when"]))
    except (TypeError, KeyError, ValueError):
        return None
    are_numbers = all(type(number) is int and 0 <= number < MOST_TRIALS for number in (left, right))
    return comparison if are_numbers and left != right else None
