"""A search is made whole or not at all, whoever is killed half way.

Its study bears the mark of its maker from its first moment, and its settings are written last: until then it is no
search. What a maker that was killed left behind is cleared away before the next search is made.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import optuna

from chromasonic.languages import mark
from chromasonic.workspace import Workspace

from . import holding
from .search import SETTINGS
from .storage import Database

_MAKER = "chromasonic:maker"
_LONGEST = 24 * 60 * 60  # seconds; what was begun before, on a machine that cannot be asked, was left behind


@contextlib.contextmanager
def new_study(name: Callable[[], str], workspace: Workspace, database: Database) -> Iterator[tuple[optuna.Study, Path]]:
    """A new study and the folder of its files, to be filled inside; where that fails, neither is left.

    Args:
        name: gives a free name; asked again where another maker took it just now.
        workspace: where the folder is.
        database: where the study is.
    """
    holder = holding.Holder.here(mark("the window that makes it"))
    holding.note_held(holder)
    try:
        study, folder = _begin(name, holder, workspace, database)
        try:
            yield study, folder
        except BaseException:
            with contextlib.suppress(Exception):  # what cannot be deleted now is cleared away later
                optuna.delete_study(study_name=study.study_name, storage=database.storage)
            shutil.rmtree(folder, ignore_errors=True)
            raise
    finally:
        holding.note_given_back(holder)


def _begin(
    name: Callable[[], str], holder: holding.Holder, workspace: Workspace, database: Database
) -> tuple[optuna.Study, Path]:
    while True:
        free, began = name(), datetime.now(UTC)
        folder = workspace.searches / f"{workspace.search_folder(free).name}-{began:%Y%m%d%H%M%S%f}"
        mark = {"holder": holder.to_json(), "folder": folder.name, "began": began.timestamp()}
        with contextlib.suppress(optuna.exceptions.DuplicatedStudyError):  # another took the name just now
            return database.create_study(free, _MAKER, mark), folder


def clear_half_made(workspace: Workspace, database: Database) -> int:
    """Take away what makers that were killed left behind; how many there were. One that is at work is let be."""
    n_cleared = 0
    for study in database.storage.get_all_studies():
        mark = study.user_attrs.get(_MAKER)
        if mark is None or SETTINGS in study.user_attrs:
            continue
        maker = holding.Holder.from_json(mark["holder"])
        is_recent = time.time() - mark["began"] < _LONGEST
        if maker is not None and not (maker.lives(mark["began"]) if maker.is_on_this_machine else is_recent):
            with contextlib.suppress(KeyError):  # another process clears it away too
                optuna.delete_study(study_name=study.study_name, storage=database.storage)
            shutil.rmtree(workspace.searches / str(mark["folder"]), ignore_errors=True)
            n_cleared += 1
    return n_cleared
