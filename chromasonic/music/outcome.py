"""What reading gives: the tunes, and what was skipped with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

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

    def files_among(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the files called `names` that gave a tune."""
        beginnings: set[str] = set()  # behind the name of its file a source may name a tune, a track or a part
        for melody in self.melodies:
            beginnings.update(accumulate(melody.source.split(", "), "{}, {}".format))
        return tuple(name for name in names if name in beginnings)
