"""The searches of a workspace: made, found, named and deleted."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import threading
from dataclasses import asdict
from datetime import UTC, datetime
from types import NoneType

import optuna

from chromasonic import __version__
from chromasonic.checks import instance
from chromasonic.errors import SearchError
from chromasonic.melody_generation.datasets import SearchData, checked_data, save_data
from chromasonic.music.text import visible
from chromasonic.people import Person
from chromasonic.results.records import Baselines, SearchState
from chromasonic.workspace import Workspace

from . import holding
from .artifacts import open_artifacts
from .carrying import carry_over
from .history import UNTUNED
from .interrupted import enqueue_untuned
from .making import clear_half_made, new_study
from .portfolio import enqueue_portfolio
from .search import BEGAN_WITH, DATA, HERE, OWNER, SETTINGS, Search, device_name_of
from .settings import SearchSettings
from .storage import Database, database_of

MAX_NAME_LENGTH = 200
_NUMBERED = re.compile(r"(.*\S) \(([2-9]|[1-9]\d{1,5})\)")
_A_NAME, _A_SEARCH = "the name of a search, such as “My reels”", "a search, such as open_search(…)"
_VERSIONED = ("torch", "optuna", "numpy")


def create_search(
    name: str,
    data: SearchData,
    settings: SearchSettings,
    *,
    workspace: Workspace,
    database: Database | None = None,
    baselines: Baselines | None = None,
    owner: Person | None = None,
    begin_with: Search | None = None,
) -> Search:
    """A new search called `name`, on disk and ready to run, with the default settings as its first trial.

    Its baselines are worked out unless they are given. It belongs to its `owner`, where people log in. It begins with
    what the search `begin_with` found, as far as that fits.

    Raises:
        SettingsError: an argument is not what it may be.
        SearchError: the name is empty, too long or taken.
        DeviceError: its device is not there.
    """
    name = tidy_name(name)
    checked_data(data)
    instance("settings", settings, SearchSettings, "SearchSettings(…)")
    instance("baselines", baselines, (Baselines, NoneType), "Baselines(…), or None to work them out")
    instance("owner", owner, (Person, NoneType), "someone who logged in, or None")
    instance("begin_with", begin_with, (Search, NoneType), "an older search, or None")
    database = database_of(workspace, database)
    clear_half_made(workspace, database)
    name = _checked_name(name, database)
    baselines = baselines or _baselines(data)
    device = device_name_of(settings.device)  # before anything is on disk: it may not be there
    with new_study(lambda: _checked_name(name, database), workspace, database) as (study, folder):
        save_data(folder / "data.json.gz", data)
        study.set_user_attr(
            DATA,
            {
                "folder": folder.name,
                "music": data.music,
                "fingerprint": data.fingerprint,
                "vocab_size": data.vocab_size,
                "sequence_length": data.sequence_length,
                "melodic": data.melodic,
                "by_phrase": data.by_phrase,
                "n_train": len(data.train),
                "n_validation": len(data.validation),
                "n_test": len(data.test),
                "device_name": device,
                "created": datetime.now(UTC).isoformat(),
                "versions": _versions(),
                "baselines": asdict(baselines),
            },
        )
        if owner is not None:
            study.set_user_attr(OWNER, owner.to_json())
        study.set_user_attr(holding.LEASE, None)
        study.set_user_attr(holding.STATUS, holding.status(SearchState.STOPPED, 0.0))
        if begin_with is not None:
            carried = carry_over(begin_with, data.fingerprint, settings, folder)
            database.fill_study(study, carried.trials)
            study.set_user_attr(BEGAN_WITH, carried.words)
        if not any(trial.user_attrs.get(UNTUNED) for trial in study.get_trials(deepcopy=False)):
            enqueue_untuned(study, settings)
        if begin_with is None:
            enqueue_portfolio(study, settings)
        if (artifacts := open_artifacts(workspace.artifacts)) is not None:
            artifacts.upload(folder / "data.json.gz", study)
        study.set_user_attr(SETTINGS, settings.to_json())  # last: it makes the study a search of ours
    return Search(database, workspace, study)


def _baselines(data: SearchData) -> Baselines:
    from chromasonic.melody_generation.models.ngram import compute_baselines  # brings torch, which to read needs not

    return compute_baselines(data)


def _versions() -> dict[str, str]:
    return {
        "chromasonic": __version__,
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in _VERSIONED},
    }


_searches: dict[tuple[str, int], Search] = {}
_searches_lock = threading.Lock()


def open_search(name: str, workspace: Workspace, database: Database | None = None) -> Search:
    """The search called `name`; the same warm object for every caller in this process.

    Raises:
        SettingsError: an argument is not what it may be.
        SearchNotFoundError: there is none of that name.
    """
    instance("name", name, str, _A_NAME)
    database = database_of(workspace, database)
    study = database.load_study(name)
    key = (database.url, study._study_id)
    with _searches_lock:
        known = _searches.get(key)
        if known is None or known.name != name or known.database is not database:
            _searches[key] = Search(database, workspace, study)
        return _searches[key]


def search_names(database: Database) -> list[str]:
    """The names of all searches in the database, newest first."""
    instance("database", database, Database, "a Database, such as open_database(…)")
    studies = database.storage.get_all_studies()
    return [study.study_name for study in reversed(studies)]


def list_searches(workspace: Workspace, database: Database | None = None) -> list[Search]:
    """Every search, newest first; studies of other programs are left out."""
    database = database_of(workspace, database)
    return [
        open_search(study.study_name, workspace, database)
        for study in reversed(database.storage.get_all_studies())
        if SETTINGS in study.user_attrs
    ]


def tidy_name(name: str) -> str:
    """`name` as it is kept: what can be seen of it, one space where there were several, none at the ends."""
    return visible(instance("name", name, str, _A_NAME))


def free_name(name: str, database: Database) -> str:
    """`name` as it is kept, or with the first number behind it that no search has yet; cut where it gets too long.

    Where one of “Reels (2)” is taken, the next is “Reels (3)”.
    """
    name = candidate = tidy_name(name)
    taken = set(search_names(database))
    number = 2
    if name in taken and (numbered := _NUMBERED.fullmatch(name)):
        name, number = numbered[1], int(numbered[2]) + 1
    while candidate in taken:
        ending = f" ({number})"
        candidate, number = name[: MAX_NAME_LENGTH - len(ending)].rstrip() + ending, number + 1
    return candidate


def _checked_name(name: str, database: Database) -> str:
    name = tidy_name(name)
    if not name or len(name) > MAX_NAME_LENGTH:
        raise SearchError(f"A search needs a name of 1 to {MAX_NAME_LENGTH} characters; please choose another.")
    if name in search_names(database):
        raise SearchError(f"There is already a search called “{name}”; please choose another name, or resume that one.")
    return name


def rename_search(search: Search, name: str) -> Search:
    """The same search under another name.

    Raises:
        SearchHeldError: it is running.
        SearchError: the name is empty, too long or taken.
    """
    instance("search", search, Search, _A_SEARCH)
    name = _checked_name(tidy_name(name), search.database)
    with search.held_still(HERE):
        search.database.rename_study(search.id, name)
    return open_search(name, search.workspace, search.database)


def delete_search(search: Search) -> None:
    """Delete the search with its trials, its music and its checkpoints, for ever.

    Raises:
        SearchHeldError: it is running.
    """
    instance("search", search, Search, _A_SEARCH)
    search.take(HERE)  # and never given back: whoever would start it now finds it gone
    search.remove_artifacts()
    optuna.delete_study(study_name=search.name, storage=search.database.storage)
    with _searches_lock:
        _searches.pop((search.database.url, search.id), None)
    shutil.rmtree(search.folder, ignore_errors=True)
