"""What a collection is, and how its files become tunes once and are remembered after."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from chromasonic.errors import CollectionError, MusicFileError, WorkspaceError
from chromasonic.music.abc_notation import read_abc
from chromasonic.music.melody import Melody, interval_shape
from chromasonic.music.outcome import Reading, Skipped
from chromasonic.music.packing import DamagedFileError, read_packed, write_packed

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Collection:
    """One corpus in music21: what it is, under which terms, where its files are and how one of them is read."""

    name: str
    about: str  # a sentence for the musician who chooses
    licence_note: str  # shown beside it; we never redistribute it
    files: str  # a pattern inside music21's folder of music
    read: Callable[[bytes, str], Reading]  # one file: its bytes and its name
    clean_title: Callable[[str], str] = str.strip
    each_tune_once: bool = False  # leave out a tune that an earlier one equals note for note, in whatever key


def read_abc_book(data: bytes, name: str) -> Reading:
    """An ABC file of a collection, however long it takes: what a slow machine left out would be missing for good.

    Raises:
        MusicFileError: as `read_abc`.
    """
    return read_abc(data, name, seconds=math.inf)


def load_collection_files(
    collection: Collection, cached: Path, on_progress: Callable[[int, int], None] | None = None
) -> Reading:
    """The tunes of `collection` from the file `cached`, or else from music21's own files.

    Raises:
        CollectionError: music21 and its music are not installed.
    """
    files = corpus_files(collection)
    made_by = f"{_reader_version()} music21 {version('music21')}"
    try:
        header, reading = read_packed(cached)
        if header["made_by"] == made_by:
            return reading
    except (FileNotFoundError, DamagedFileError, KeyError):
        pass  # it is only a copy: read the music again
    reading = _read(collection, files, on_progress or (lambda done, total: None))
    try:
        write_packed(cached, {"made_by": made_by, "name": collection.name}, reading)
    except WorkspaceError as error:  # the tunes are here; next time they take a second longer
        logger.warning("%s", error)
    return reading


def _read(collection: Collection, files: list[Path], on_progress: Callable[[int, int], None]) -> Reading:
    melodies: list[Melody] = []
    skipped: list[Skipped] = []
    for done, file in enumerate(files, start=1):
        try:
            reading = collection.read(file.read_bytes(), file.name)
        except MusicFileError as error:
            reading = Reading(skipped=(Skipped(error.name, error.reason),))
        except OSError as error:
            reading = Reading(skipped=(Skipped(file.name, f"The file cannot be opened ({error.strerror})."),))
        melodies += (
            replace(melody, title=collection.clean_title(melody.title), source=f"{collection.name}, {melody.source}")
            for melody in reading.melodies
        )
        skipped += reading.skipped
        on_progress(done, len(files))
    if collection.each_tune_once:
        melodies = list({interval_shape(melody): melody for melody in reversed(melodies)}.values())[::-1]
    return Reading(tuple(melodies), tuple(skipped))


def corpus_files(collection: Collection) -> list[Path]:
    """The files of `collection` in the user's own music21.

    Raises:
        CollectionError: music21 or its music is not installed.
    """
    package = find_spec("music21")  # finds without importing, which would take more than a second
    try:
        version("music21")
    except PackageNotFoundError:
        package = None
    if package is None or package.origin is None:
        raise CollectionError(
            f"{collection.name} comes with the package music21, which is not installed. Run "
            "`pip install -r requirements.txt`, then choose it again."
        )
    files = sorted(Path(package.origin).parent.glob(f"corpus/{collection.files}"))
    if not files:
        raise CollectionError(
            f"The music of {collection.name} is missing from the package music21. Run "
            "`pip install --force-reinstall music21`, then choose it again."
        )
    return files


@lru_cache(maxsize=1)
def _reader_version() -> str:
    """Changes whenever the code that reads music does, so that no old mistake outlives its correction."""
    code = hashlib.sha256()
    for file in sorted(Path(__file__).parents[1].rglob("*.py")):
        code.update(file.read_bytes())
    return code.hexdigest()[:16]
