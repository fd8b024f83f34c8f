"""What reading gives: the tunes, and what was skipped with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from .melody import Melody


@dataclass(frozen=True)
class Skipped:
    """A file, or one tune of a file, that could not be read."""

    name: str  # the file, and the tune in it where there are several
    reason: str  # one plain sentence: what is wrong, where, what to do next


@dataclass(frozen=True)
class Reading:
    """What came out of one file or of many."""

    melodies: tuple[Melody, ...] = ()
    skipped: tuple[Skipped, ...] = ()
