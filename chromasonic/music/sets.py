"""Music sets: the tunes a musician keeps under one name – own files, a collection, or both – one file each."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from chromasonic.checks import instance
from chromasonic.checks import path as checked_path
from chromasonic.errors import MusicSetError
from chromasonic.files import file_name
from chromasonic.music.checked import checked_melodies
from chromasonic.music.melody import Melody, fingerprint
from chromasonic.music.outcome import Reading, Skipped
from chromasonic.music.packing import DamagedFileError, read_header, read_packed, write_packed

SUFFIX = ".music"
LONGEST_NAME = 100  # characters
_A_FOLDER = "the folder of the music sets, such as Workspace.open().music"


@dataclass(frozen=True)
class MusicSet:
    """Tunes under one name, with what was skipped on the way and where it all came from."""

    name: str
    melodies: tuple[Melody, ...]
    skipped: tuple[Skipped, ...] = ()
    sources: tuple[str, ...] = ()  # names of files and collections, in the musician's words

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that name this music, whatever the set is called."""
        return fingerprint(self.melodies)

    @property
    def n_notes(self) -> int:
        """How many notes all tunes have together."""
        return sum(len(melody.notes) for melody in self.melodies)


@dataclass(frozen=True)
class MusicSetSummary:
    """What a list of sets shows, known without reading the tunes."""

    name: str
    n_tunes: int = 0
    n_notes: int = 0
    n_skipped: int = 0
    created: str = ""  # ISO 8601, local time with its offset
    fingerprint: str = ""
    sources: tuple[str, ...] = ()
    is_damaged: bool = False  # its file cannot be read; nothing but the name is known


def save_music_set(folder: Path, music_set: MusicSet, *, overwrite: bool = False) -> MusicSetSummary:
    """Keep `music_set` in `folder`; a set of the same name is replaced only when `overwrite` says so.

    Raises:
        MusicSetError: the name cannot be used, or is taken.
        WorkspaceError: the folder cannot be written.
    """
    instance("music_set", music_set, MusicSet, "a MusicSet(name, melodies)")
    checked_melodies("music_set.melodies", music_set.melodies)
    path = _path(folder, music_set.name)
    if path.exists() and not overwrite:
        raise MusicSetError(
            f"There is already a music set called “{music_set.name}”. Choose another name, or say that it may be "
            "replaced."
        )
    summary = MusicSetSummary(
        name=music_set.name,
        n_tunes=len(music_set.melodies),
        n_notes=music_set.n_notes,
        n_skipped=len(music_set.skipped),
        created=datetime.now().astimezone().isoformat(timespec="microseconds"),
        fingerprint=music_set.fingerprint,
        sources=music_set.sources,
    )
    header = {field: value for field, value in vars(summary).items() if field != "is_damaged"}
    write_packed(path, header, Reading(music_set.melodies, music_set.skipped))
    return summary


def keep_music_set(folder: Path, music_set: MusicSet) -> MusicSet:
    """Save `music_set` under its name, or under that with a number where other music is called so.

    Returns:
        It, under the name that it got. The same tunes under the same name are not saved twice.

    Raises:
        MusicSetError: the name cannot be used.
        WorkspaceError: the folder cannot be written.
    """
    kept = under_free_name(folder, music_set)
    if not _path(folder, kept.name).exists():
        save_music_set(folder, kept)
    return kept


def under_free_name(folder: Path, music_set: MusicSet) -> MusicSet:
    """`music_set` under the first name that no other music has in `folder`: its own, or that with a number.

    Raises:
        MusicSetError: the name cannot be used.
    """
    instance("music_set", music_set, MusicSet, "a MusicSet(name, melodies)")
    checked_melodies("music_set.melodies", music_set.melodies)
    name, number = music_set.name, 2
    while (there := _summary(_path(folder, name))) is not None and there.fingerprint != music_set.fingerprint:
        end = f" ({number})"
        name, number = music_set.name[: LONGEST_NAME - len(end)] + end, number + 1
    return replace(music_set, name=name)


def load_music_set(folder: Path, name: str) -> MusicSet:
    """The set called `name`, with all its tunes.

    Raises:
        MusicSetError: there is none, or its file is damaged.
    """
    path = _existing(folder, name)
    try:
        header, reading = read_packed(path)
        summary = _described(header)
    except FileNotFoundError as error:  # deleted in another tab a moment ago
        raise _missing(name) from error
    except DamagedFileError as error:
        raise MusicSetError(
            f"The music set “{name}” is damaged and cannot be opened. Delete it, and save it again from its files or "
            "collection."
        ) from error
    return MusicSet(summary.name, reading.melodies, reading.skipped, summary.sources)


def saved_music_set(folder: Path, name: str) -> MusicSet | None:
    """The set called `name`; None where there is none that can be opened."""
    try:
        return load_music_set(folder, name)
    except MusicSetError:
        return None


def list_music_sets(folder: Path) -> list[MusicSetSummary]:
    """All sets in `folder`, the newest first, damaged ones last."""
    folder = checked_path("folder", folder, _A_FOLDER)
    summaries = [summary for path in folder.glob(f"*{SUFFIX}") if (summary := _summary(path)) is not None]
    summaries.sort(key=lambda summary: summary.name)
    return sorted(summaries, key=lambda summary: summary.created, reverse=True)


def delete_music_set(folder: Path, name: str) -> None:
    """Delete the set called `name`, damaged or not.

    Raises:
        MusicSetError: there is none.
    """
    try:
        _existing(folder, name).unlink()
    except FileNotFoundError as error:
        raise _missing(name) from error


def _summary(path: Path) -> MusicSetSummary | None:
    try:
        return _described(read_header(path))
    except FileNotFoundError:  # deleted while we looked
        return None
    except DamagedFileError:
        return MusicSetSummary(path.stem, is_damaged=True)


def _described(header: dict[str, Any]) -> MusicSetSummary:
    """What the header of a set says, or `DamagedFileError` where that is no header of ours."""
    try:
        summary = MusicSetSummary(
            **{field: header[field] for field in ("name", "n_tunes", "n_notes", "n_skipped", "created", "fingerprint")},
            sources=tuple(header["sources"]),
        )
    except (KeyError, TypeError) as error:
        raise DamagedFileError("header") from error
    words = (summary.name, summary.created, summary.fingerprint, *summary.sources)
    counts = (summary.n_tunes, summary.n_notes, summary.n_skipped)
    if not all(isinstance(word, str) for word in words) or not all(isinstance(count, int) for count in counts):
        raise DamagedFileError("header")
    return summary


def _path(folder: Path, name: str) -> Path:
    """Where a set called `name` lives: always a file in `folder`, whatever the name."""
    folder = checked_path("folder", folder, _A_FOLDER)
    if not instance("name", name, str, "the name of a music set").strip():
        raise MusicSetError("A music set needs a name. Give it one that you will know it by.")
    if len(name) > LONGEST_NAME:
        raise MusicSetError(f"The name has {len(name)} characters. Choose one of at most {LONGEST_NAME}.")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name):
        raise MusicSetError("The name holds a line break or another invisible sign. Type it again without.")
    # é may be one sign or two, and looks the same: one name, one file
    return folder / f"{file_name(unicodedata.normalize('NFC', name))}{SUFFIX}"


def _existing(folder: Path, name: str) -> Path:
    path = _path(folder, name)
    if path.exists():
        return path
    for other in path.parent.glob(f"*{SUFFIX}"):  # a damaged set is listed by the name of its file
        if other.stem == name:
            return other
    raise _missing(name)


def _missing(name: str) -> MusicSetError:
    return MusicSetError(f"There is no music set called “{name}”. Choose one of those in the list.")
