"""Collections that come with music21, read from the user's own install. One file each; start at `collection.py`."""

from collections.abc import Callable
from pathlib import Path

from chromasonic.checks import function, path, shown
from chromasonic.errors import CollectionError
from chromasonic.music.outcome import Reading

from .airds import AIRDS
from .bach import BACH
from .collection import Collection, corpus_files, load_collection_files
from .essen import ESSEN
from .oneills import ONEILLS
from .ryans import RYANS

COLLECTIONS: dict[str, Collection] = {"ryans": RYANS, "oneills": ONEILLS, "airds": AIRDS, "bach": BACH, **ESSEN}
"""Every collection by the short name that the command line and the stored searches use."""

DEFAULT_COLLECTION = "ryans"

__all__ = ["COLLECTIONS", "DEFAULT_COLLECTION", "Collection", "check_collection", "load_collection"]


def load_collection(key: str, cache: Path, on_progress: Callable[[int, int], None] | None = None) -> Reading:
    """The tunes of the collection called `key`: read from music21 once, then kept under `cache`.

    `on_progress` is told (files read, files in all); when the tunes come from the cache it is not called.

    Raises:
        CollectionError: there is no such collection, or music21 and its music are not installed.
    """
    collection = _called(key)
    cache = path("cache", cache, "a folder, such as Workspace.open().cache")
    if on_progress is not None:
        function("on_progress", on_progress, "a function of (files read, files in all), or None")
    return load_collection_files(collection, cache / "collections" / f"{key}.music", on_progress)


def check_collection(key: str) -> None:
    """Look whether the music of the collection called `key` is here.

    Raises:
        CollectionError: there is no such collection, or music21 or its music is not installed.
    """
    corpus_files(_called(key))


def _called(key: str) -> Collection:
    if not isinstance(key, str) or key not in COLLECTIONS:
        raise CollectionError(f"There is no collection called {shown(key)}. Choose one of: {', '.join(COLLECTIONS)}.")
    return COLLECTIONS[key]
