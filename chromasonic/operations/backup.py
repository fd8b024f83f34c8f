"""A copy of a whole workspace, taken while it is in use."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from chromasonic.checks import instance
from chromasonic.checks import path as checked_path
from chromasonic.errors import WorkspaceError
from chromasonic.melody_generation.hyperparameter_search.holding import LEASE
from chromasonic.workspace import Workspace

_DATABASE = "searches.db"
_LEFT_OUT = ("cache", "logs")
"""What can be computed again, and what only this machine needs."""


def back_up(workspace: Workspace, folder: Path) -> None:
    """Copy `workspace` into the new folder `folder`; searches that run go on meanwhile, and run on from the copy too.

    First the database, as it is at one moment, then the files: a search's music is on disk before the database knows of
    the search. A model that was let go of in between is missing in the copy, as if it had not been among the best.

    Raises:
        SettingsError: an argument is not what it may be.
        WorkspaceError: the folder is there already, lies in the workspace or cannot be written; or the workspace cannot
            be read.
    """
    instance("workspace", workspace, Workspace, "a Workspace, such as Workspace.open()")
    folder = checked_path("folder", folder, "a new folder, such as Path(“my-backup”)")
    if folder.exists():
        raise WorkspaceError(f"{folder} is there already. Name a new folder, so that no older backup is mixed with it.")
    if folder.resolve().is_relative_to(workspace.root.resolve()):
        raise WorkspaceError(
            f"{folder} lies in the workspace, so each backup would copy those before it. Name a folder elsewhere, best "
            "on another disk."
        )
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        if (workspace.root / _DATABASE).exists():
            _copy_database(workspace.root / _DATABASE, unfinished / _DATABASE)
        for part in sorted(workspace.root.iterdir()):
            if part.is_dir() and part.name not in _LEFT_OUT:
                shutil.copytree(part, unfinished / part.name, ignore=_half_written, copy_function=_copy)
        unfinished.rename(folder)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        reason = getattr(error, "strerror", None) or error
        raise WorkspaceError(
            f"The backup could not be written to {folder} ({reason}). Free some space or allow writing there, then try "
            "again; “chromasonic doctor” says whether the workspace itself is well."
        ) from error


def _copy_database(source: Path, target: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=60)) as database,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        database.backup(copy)
        with contextlib.suppress(sqlite3.OperationalError):  # no search was made yet
            copy.execute("UPDATE study_user_attributes SET value_json = 'null' WHERE key = ?", [LEASE])
        copy.commit()  # a search that runs here is held by nobody there


def _half_written(folder: str, names: Sequence[str]) -> list[str]:
    return [name for name in names if name.startswith(".")]  # as `files.write_whole` and an import name them


def _copy(source: str, target: str) -> None:
    with contextlib.suppress(FileNotFoundError):  # let go of while we copied
        shutil.copy2(source, target)
