"""How people mark a study or a trial: with a star, and with tags of a few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chromasonic.checks import instance
from chromasonic.errors import SettingsError
from chromasonic.music.text import visible

LONGEST_TAG = 40  # characters: a few words
MOST_TAGS = 12  # of one study or trial


@dataclass(frozen=True)
class Labels:
    """The marks of one study or trial."""

    is_starred: bool = False
    tags: tuple[str, ...] = ()  # in the order in which they were given

    def starred(self, is_starred: bool) -> Labels:
        """The same tags, with a star or without."""
        return Labels(is_starred, self.tags)

    def retagged(self, added: Iterable[str], removed: Iterable[str]) -> Labels:
        """The same star, with other tags; one that differs from another by capitals alone is that one.

        Raises:
            SettingsError: a tag is empty or too long, or there are too many.
        """
        gone = {tag.casefold() for tag in removed}
        tags = {tag.casefold(): tag for tag in self.tags if tag.casefold() not in gone}
        for tag in map(tidy_tag, added):
            tags.setdefault(tag.casefold(), tag)
        if len(tags) > MOST_TAGS:
            raise SettingsError("tags", f"may be at most {MOST_TAGS}, and there are {len(tags)}; take some away first")
        return Labels(self.is_starred, tuple(tags.values()))

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` turns back into equal labels."""
        return {"starred": self.is_starred, "tags": list(self.tags)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Labels:
        """What `to_json` wrote.

        Raises:
            ValueError, TypeError, KeyError: it is something else.
            SettingsError: a tag is none.
        """
        is_starred, tags = record["starred"], record["tags"]
        if not isinstance(is_starred, bool) or not isinstance(tags, list):
            raise TypeError
        return cls(is_starred).retagged(tags, ())


def tidy_tag(tag: str) -> str:
    """`tag` as it is kept: what can be seen of it, on one line.

    Raises:
        SettingsError: nothing can be seen of it, or it is too long.
    """
    tidy = visible(instance("tag", tag, str, "a tag of a few words, such as “for the band”"))
    if not 0 < len(tidy) <= LONGEST_TAG:
        raise SettingsError("tag", f"needs 1 to {LONGEST_TAG} characters, and has {len(tidy)}; write a few words")
    return tidy
