"""A search is taken in from one file: all of it, or nothing."""

from __future__ import annotations

import contextlib
import logging
import shutil
import time
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import BinaryIO

from optuna.trial import FrozenTrial

from chromasonic.checks import instance
from chromasonic.checks import path as checked_path
from chromasonic.errors import WorkspaceError
from chromasonic.people import Person
from chromasonic.rendering.song import NOTES, SOUND
from chromasonic.workspace import Workspace

from .. import holding
from ..artifacts import open_artifacts
from ..catalogue import free_name, open_search
from ..making import clear_half_made, new_study
from ..remarks import Remarks
from ..search import BEGAN_WITH, DATA, OWNER, SETTINGS, Search
from ..storage import Database, database_of
from .format import MIB, largest_size
from .reading import Manifest, Said, check_files, opened, read_manifest, read_trials

_UNPACKED = ".importing-"
_LONGEST_IMPORT = 24 * 60 * 60  # seconds; what is unpacked for longer was left behind

_log = logging.getLogger(__name__)


def import_search(
    source: Path | BinaryIO,
    workspace: Workspace,
    database: Database | None = None,
    *,
    owner: Person | None = None,
    trusts_own_models: bool = False,
) -> Search:
    """The search in an exported file, as a new search of this workspace: all of it, or nothing.

    Where its name is taken it gets a number. It can be resumed, reported and listened to like any other.

    Args:
        source: the file.
        workspace: where its music and models go.
        database: where its trials go; the workspace's own when None.
        owner: who it belongs to from now on, where people log in.
        trusts_own_models: whether a model class of one's own may be named in it: resuming such a search runs that code.

    Raises:
        SettingsError: an argument is not what it may be.
        BundleError: it is no such file, damaged, of a newer version, or not to be trusted.
        WorkspaceError: it cannot be written.
    """
    if not hasattr(source, "seek"):  # a file that is open already is taken as it is
        source = checked_path("source", source, "a file, such as Path(“reels.chromasonic”)")
    instance("owner", owner, (Person, NoneType), "someone who logged in, or None")
    instance("trusts_own_models", trusts_own_models, bool, "True or False")
    database = database_of(workspace, database)
    clear_half_made(workspace, database)
    _clear_unpacked(workspace)
    unpacked = workspace.searches / f"{_UNPACKED}{uuid.uuid4().hex}"
    try:
        _made(unpacked)
        with opened(source) as archive:
            manifest = read_manifest(archive, trusts_own_models)
            _unpack(archive, unpacked)
            trials, said = read_trials(archive, manifest)
        check_files(unpacked, manifest, len(trials))
        search = _add(manifest, trials, said, unpacked, workspace, database, owner)
    except OSError as error:
        raise WorkspaceError(
            f"The search could not be imported ({error.strerror or error}). Free some space or allow writing to "
            f"{workspace.root}, then try again."
        ) from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    _log.info("Search %d was imported, with %d trials", search.id, len(trials))
    return search


def _clear_unpacked(workspace: Workspace) -> None:
    """Take away what imports that were killed had unpacked."""
    for folder in workspace.searches.glob(f"{_UNPACKED}*"):
        with contextlib.suppress(FileNotFoundError):  # its import has ended just now
            if time.time() - folder.stat().st_mtime > _LONGEST_IMPORT:
                shutil.rmtree(folder, ignore_errors=True)


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    """Write the search's own files to `folder`; their names were looked at before."""
    size = sum(entry.file_size for entry in archive.infolist())
    if size + 64 * MIB > shutil.disk_usage(folder).free:
        raise WorkspaceError(
            f"To import this search takes {size / MIB:.0f} MiB, and the disk has less. Free some space, then try again."
        )
    for name in archive.namelist():
        if largest_size(name) is not None:
            _made((folder / name).parent)
            with archive.open(name) as packed, (folder / name).open("wb") as file:
                shutil.copyfileobj(packed, file)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _add(
    manifest: Manifest,
    trials: list[FrozenTrial],
    said: Mapping[int, Said],
    unpacked: Path,
    workspace: Workspace,
    database: Database,
    owner: Person | None,
) -> Search:
    """Move the files into place and tell the database."""
    with new_study(lambda: free_name(manifest.name, database), workspace, database) as (study, folder):
        unpacked.rename(folder)
        if (artifacts := open_artifacts(workspace.artifacts)) is not None:  # for workers on other machines
            artifacts.upload(folder / "data.json.gz", study)
            for weights in folder.glob("checkpoints/trial-*.safetensors"):
                files = [weights.with_suffix(".json"), weights]
                trials[int(weights.stem.removeprefix("trial-"))].system_attrs.update(artifacts.keep(files))
        store = open_artifacts(workspace.artifact_store)
        for sound in folder.glob(f"songs/trial-*{SOUND}"):
            assert store is not None
            files = [sound, sound.with_suffix(NOTES)]
            trials[int(sound.stem.removeprefix("trial-"))].system_attrs.update(store.keep(files))
        database.fill_study(study, trials)
        if owner is not None:
            study.set_user_attr(OWNER, owner.to_json())
        if manifest.began_with:
            study.set_user_attr(BEGAN_WITH, manifest.began_with)
        remarks = Remarks(database, study)
        remarks.fill(manifest.said.note, manifest.said.labels)
        for number, about in said.items():
            remarks.fill(about.note, about.labels, number)
        study.set_user_attr(holding.STATUS, manifest.status)
        study.set_user_attr(DATA, {**manifest.about, "folder": folder.name})
        study.set_user_attr(SETTINGS, manifest.settings.to_json())  # last: it makes the study a search of ours
    return open_search(study.study_name, workspace, database)
