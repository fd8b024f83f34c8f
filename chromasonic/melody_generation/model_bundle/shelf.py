"""The finished models of a workspace: brought from elsewhere, or kept from a search; a bundle each, in one folder.

Where somebody goes on training one, the new weights wait in a file beside it until they are kept or let go.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from torch import nn

from chromasonic.checks import instance
from chromasonic.checks import path as checked_path
from chromasonic.errors import ModelBundleError, WorkspaceError

from .about import LONGEST_NAME, ModelAbout, tidy_name
from .bundle import SUFFIX, ModelBundle, about_of, load_model_bundle, save_model_bundle

_TRIED = f".tried{SUFFIX}"
_A_FOLDER = "the folder of the models, such as Workspace.open().models"


@dataclass(frozen=True)
class StoredModel:
    """A finished model of the workspace: all but its weights."""

    path: Path
    name: str
    about: ModelAbout | None  # None where its file is damaged

    @property
    def id(self) -> str:
        """Names its file, whatever the model is called."""
        return self.path.name.removesuffix(SUFFIX)

    @property
    def tried(self) -> Path:
        """Where its new weights wait to be kept."""
        return self.path.with_name(self.id + _TRIED)

    @property
    def folder(self) -> Path:
        """Where what was composed with it last is kept."""
        return self.path.with_name(self.id)


def list_models(folder: Path) -> list[StoredModel]:
    """Every model in `folder`, by name.

    Raises:
        SettingsError: `folder` is no folder's path.
    """
    folder = checked_path("folder", folder, _A_FOLDER)
    found = [_stored(path) for path in folder.glob(f"*{SUFFIX}") if not path.name.endswith(_TRIED)]
    return sorted(found, key=lambda model: (model.about is None, model.name.casefold(), model.id))


def bring_model(folder: Path, source: Path | BinaryIO) -> StoredModel:
    """Take in the model of a bundle; where its name is taken it gets a number.

    Raises:
        SettingsError: an argument is not what it may be.
        ModelBundleError: it is no bundle, damaged, of a newer version, or not to be trusted.
        WorkspaceError: the folder cannot be written.
    """
    folder = checked_path("folder", folder, _A_FOLDER)
    bundle = load_model_bundle(source)
    return add_model(folder, bundle.model, bundle.about)


def add_model(folder: Path, model: nn.Module, about: ModelAbout) -> StoredModel:
    """Put a model into `folder`; where its name is taken it gets a number. Raises as `save_model_bundle`."""
    folder = checked_path("folder", folder, _A_FOLDER)
    instance("model", model, nn.Module, "a model, such as LSTMMelodyModel(…)")
    instance("about", about, ModelAbout, "a ModelAbout(…)")
    _make(folder)
    about = replace(about, name=_untaken(about.name, {other.name for other in list_models(folder)}))
    path = folder / f"{secrets.token_hex(8)}{SUFFIX}"
    save_model_bundle(path, model, about)
    return StoredModel(path, about.name, about)


def open_model(stored: StoredModel) -> ModelBundle:
    """The model itself.

    Raises:
        SettingsError: this is no StoredModel.
        ModelBundleError: it is gone or damaged.
    """
    return load_model_bundle(
        instance("stored", stored, StoredModel, "a StoredModel, such as list_models(…) gives").path
    )


def rename_model(stored: StoredModel, name: str) -> StoredModel:
    """The same model under another name.

    Raises:
        SettingsError: the name cannot be used.
        ModelBundleError: another model is called so; or this one is gone or damaged.
        WorkspaceError: the folder cannot be written.
    """
    instance("stored", stored, StoredModel, "a StoredModel, such as list_models(…) gives")
    name = tidy_name(name)
    bundle = open_model(stored)
    if any(other.name == name and other.id != stored.id for other in list_models(stored.path.parent)):
        raise ModelBundleError(f"Another of your models is called “{name}”. Choose another name.")
    about = replace(bundle.about, name=name)
    save_model_bundle(stored.path, bundle.model, about)
    return StoredModel(stored.path, name, about)


def delete_model(stored: StoredModel) -> None:
    """Delete it for ever, with what waits beside it.

    Raises:
        SettingsError: this is no StoredModel.
        WorkspaceError: it cannot be deleted.
    """
    instance("stored", stored, StoredModel, "a StoredModel, such as list_models(…) gives")
    try:
        for path in (stored.path, stored.tried):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise WorkspaceError(f"“{stored.name}” could not be deleted ({error.strerror or error}).") from error
    shutil.rmtree(stored.folder, ignore_errors=True)


def keep_tried(stored: StoredModel) -> StoredModel:
    """Let the new weights that wait beside a model take the place of the old ones.

    Raises:
        SettingsError: this is no StoredModel.
        ModelBundleError: none wait, or they are damaged; the old ones stay.
        WorkspaceError: the folder cannot be written.
    """
    instance("stored", stored, StoredModel, "a StoredModel, such as list_models(…) gives")
    bundle = load_model_bundle(stored.tried)
    about = replace(bundle.about, name=stored.name)  # it may have been renamed meanwhile
    save_model_bundle(stored.path, bundle.model, about)
    let_go_of_tried(stored)
    return StoredModel(stored.path, stored.name, about)


def let_go_of_tried(stored: StoredModel) -> None:
    """Delete the new weights that wait beside a model, if any do.

    Raises:
        SettingsError: this is no StoredModel.
    """
    instance("stored", stored, StoredModel, "a StoredModel, such as list_models(…) gives")
    with suppress(OSError):  # what cannot be deleted now takes some room until it can
        stored.tried.unlink(missing_ok=True)


def tried_about(stored: StoredModel) -> ModelAbout | None:
    """What is known about the new weights that wait beside a model; None where none do.

    Raises:
        SettingsError: this is no StoredModel.
    """
    instance("stored", stored, StoredModel, "a StoredModel, such as list_models(…) gives")
    try:
        return about_of(stored.tried) if stored.tried.exists() else None
    except ModelBundleError:
        return None


def _stored(path: Path) -> StoredModel:
    try:
        about = about_of(path)
    except ModelBundleError:
        return StoredModel(path, path.name.removesuffix(SUFFIX), None)
    return StoredModel(path, about.name, about)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkspaceError(f"{folder} cannot be made ({error.strerror or error}). Allow writing there.") from error


def _untaken(name: str, taken: Iterable[str]) -> str:
    taken, number, free = set(taken), 1, name
    while free in taken:
        number += 1
        free = f"{name[: LONGEST_NAME - 8]} ({number})"
    return free
