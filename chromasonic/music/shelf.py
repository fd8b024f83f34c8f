"""The shelf: melodies a musician keeps, one file each, under names of their own and with how they were made."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from chromasonic.checks import instance
from chromasonic.checks import path as checked_path
from chromasonic.errors import KeptMelodyError, WorkspaceError
from chromasonic.languages import mark, say
from chromasonic.music.checked import checked_melody
from chromasonic.music.melody import Melody
from chromasonic.music.outcome import Reading
from chromasonic.music.packing import DamagedFileError, read_header, read_packed, write_packed

SUFFIX = ".melody"
LONGEST_NAME = 100  # characters
UNNAMED = mark("New melody")
_A_FOLDER = "the folder of the kept melodies, such as Workspace.open().melodies"


@dataclass(frozen=True)
class KeptMelody:
    """A melody on the shelf: all but its notes, which `load_melody` reads."""

    id: str  # names its file, whatever the melody is called
    name: str
    kept: str = ""  # when: ISO 8601, local time with its offset
    made: Mapping[str, Any] = field(default_factory=dict)  # how: plain values, of whoever made it
    is_damaged: bool = False  # its file cannot be read; nothing but the id is known


def keep_melody(folder: Path, melody: Melody, made: Mapping[str, Any] | None = None, *, name: str = "") -> KeptMelody:
    """Put `melody` on the shelf in `folder`: as `name`, or by its title, with a number where another is called so.

    The names of melodies that nobody has named are numbered on: after “New melody 3” comes “New melody 4”.

    Args:
        folder: where the kept melodies are.
        melody: what is kept.
        made: how it was made, in values that JSON knows.
        name: what it is to be called.

    Raises:
        SettingsError: an argument is not what it may be.
        KeptMelodyError: the name cannot be used.
        WorkspaceError: the folder cannot be written.
    """
    checked_melody("melody", melody)
    instance("name", name, str, "a name, such as “A reel at last”")
    made = {} if made is None else instance("made", made, Mapping, "how it was made, such as {“seed”: 1}")
    wanted = tidy_name(name or melody.title[:LONGEST_NAME].strip() or say(UNNAMED))
    taken = {kept.name for kept in list_melodies(folder)}
    when = datetime.now().astimezone().isoformat(timespec="microseconds")
    return put_back(folder, KeptMelody(secrets.token_hex(8), _untaken(wanted, taken), when, made), melody)


def put_back(folder: Path, kept: KeptMelody, melody: Melody) -> KeptMelody:
    """Put what was taken off the shelf where it was.

    Raises:
        SettingsError: an argument is not what it may be.
        WorkspaceError: the folder cannot be written.
    """
    instance("kept", kept, KeptMelody, "a KeptMelody, such as list_melodies(…) gives")
    checked_melody("melody", melody)
    header = {"name": kept.name, "kept": kept.kept, "made": dict(kept.made)}
    write_packed(_path(folder, kept.id), header, Reading((melody,)))
    return kept


def list_melodies(folder: Path) -> list[KeptMelody]:
    """Everything on the shelf, the newest first, damaged ones last.

    Raises:
        SettingsError: `folder` is no folder's path.
    """
    folder = checked_path("folder", folder, _A_FOLDER)
    all_kept = [kept for path in folder.glob(f"*{SUFFIX}") if (kept := _kept(path)) is not None]
    all_kept.sort(key=lambda kept: kept.id)
    return sorted(all_kept, key=lambda kept: kept.kept, reverse=True)


def load_melody(folder: Path, kept: KeptMelody) -> Melody:
    """The melody itself; its title is the name it has on the shelf.

    Raises:
        SettingsError: an argument is not what it may be.
        KeptMelodyError: it is no longer there, or its file is damaged.
    """
    instance("kept", kept, KeptMelody, "a KeptMelody, such as list_melodies(…) gives")
    path = _path(folder, kept.id)
    try:
        _, reading = read_packed(path)
        (melody,) = reading.melodies
    except FileNotFoundError as error:  # deleted in another tab a moment ago
        raise _missing(kept) from error
    except (DamagedFileError, ValueError) as error:
        raise KeptMelodyError(f"The melody “{kept.name}” is damaged and cannot be opened. Delete it.") from error
    return replace(melody, title=kept.name)


def rename_melody(folder: Path, kept: KeptMelody, name: str) -> KeptMelody:
    """The same melody under another name.

    Raises:
        SettingsError: an argument is not what it may be.
        KeptMelodyError: the name cannot be used, or another melody has it; or this one is gone or damaged.
        WorkspaceError: the folder cannot be written.
    """
    wanted = tidy_name(name)
    melody = load_melody(folder, kept)
    if any(other.name == wanted and other.id != kept.id for other in list_melodies(folder)):
        raise KeptMelodyError(f"Another melody on your shelf is called “{wanted}”. Choose another name.")
    return put_back(folder, replace(kept, name=wanted), melody)


def delete_melody(folder: Path, kept: KeptMelody) -> None:
    """Take it off the shelf for ever, damaged or not.

    Raises:
        SettingsError: an argument is not what it may be.
        KeptMelodyError: it is no longer there.
        WorkspaceError: its file cannot be deleted.
    """
    instance("kept", kept, KeptMelody, "a KeptMelody, such as list_melodies(…) gives")
    path = _path(folder, kept.id)
    try:
        path.unlink()
    except FileNotFoundError as error:
        raise _missing(kept) from error
    except OSError as error:
        raise WorkspaceError(
            f"“{kept.name}” could not be deleted ({error.strerror or error}). Allow writing to {path.parent}, then "
            "try again."
        ) from error


def tidy_name(name: str) -> str:
    """`name` as it stands on the shelf: on one line, without spaces around it.

    Raises:
        SettingsError: it is no text.
        KeptMelodyError: nothing can be seen of it, or it is too long.
    """
    instance("name", name, str, "a name, such as “A reel at last”")
    tidy = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    if not tidy:
        raise KeptMelodyError("A melody needs a name. Give it one that you will know it by.")
    if len(tidy) > LONGEST_NAME:
        raise KeptMelodyError(f"The name has {len(tidy)} characters. Choose one of at most {LONGEST_NAME}.")
    return tidy


def _untaken(name: str, taken: set[str]) -> str:
    unnamed = re.compile(rf"{re.escape(say(UNNAMED))}(?: (\d{{1,9}}))?")
    if name in taken and unnamed.fullmatch(name):
        numbers = [int(found[1] or 1) for other in taken if (found := unnamed.fullmatch(other))]
        return f"{say(UNNAMED)} {max(numbers) + 1}"
    number = 2
    untaken = name
    while untaken in taken:
        end = f" ({number})"
        untaken = name[: LONGEST_NAME - len(end)] + end
        number += 1
    return untaken


def _kept(path: Path) -> KeptMelody | None:
    """What the first line of a file says; None when it was deleted while we looked."""
    with suppress(DamagedFileError, KeyError):
        try:
            header = read_header(path)
        except FileNotFoundError:
            return None
        name, when, made = header["name"], header["kept"], header["made"]
        if isinstance(name, str) and isinstance(when, str) and isinstance(made, dict):
            return KeptMelody(path.stem, name, when, made)
    return KeptMelody(path.stem, path.stem, is_damaged=True)


def _path(folder: Path, id: str) -> Path:
    """Where the melody of that id lies: always a file in `folder`."""
    folder = checked_path("folder", folder, _A_FOLDER)
    if not isinstance(id, str) or not re.fullmatch(r"[\w-]{1,100}", id):
        raise KeptMelodyError("There is no such melody on your shelf. Choose one of those in the list.")
    return folder / f"{id}{SUFFIX}"


def _missing(kept: KeptMelody) -> KeptMelodyError:
    return KeptMelodyError(f"“{kept.name}” is no longer on your shelf: it was deleted a moment ago.")
