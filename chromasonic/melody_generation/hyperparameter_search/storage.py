"""The database of all searches: one warm storage object per database and process."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import NoneType
from typing import Any
from urllib.parse import urlsplit

import optuna
import sqlalchemy
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages._rdb.models import StudySystemAttributeModel, StudyUserAttributeModel
from optuna.trial import FrozenTrial, TrialState

from chromasonic.checks import instance
from chromasonic.errors import SearchError, SearchNotFoundError, StorageError
from chromasonic.languages import mark
from chromasonic.masking import masked
from chromasonic.workspace import PROXY_PORT, Workspace

from .rows import ABSENT, insert_study, insert_trials, read_trials, swap_attributes
from .storage_faults import DatabaseFile, tell_plainly

optuna.logging.set_verbosity(optuna.logging.WARNING)  # pages and terminal say in their own words what goes on

HOW_TO_INSTALL = mark("Install it with: pip install -r requirements-team.txt")

LOCK_TIMEOUT = 60
"""Seconds to wait for another process's write: 8 s of lock ended a search with SQLite's default of 5 s."""


@dataclass(frozen=True)
class Database:
    """An Optuna storage with its cache, and the engine beneath it for questions Optuna does not answer."""

    url: str = field(repr=False)  # it may hold a password
    storage: BaseStorage
    engine: sqlalchemy.Engine | None  # None behind a storage proxy, which speaks Optuna's own words only
    file: DatabaseFile | None = None  # of SQLite

    def is_replaced(self) -> bool:
        """Whether another file stands where the one was that was opened."""
        return self.file is not None and self.file.is_replaced()

    def load_study(self, name: str) -> optuna.Study:
        """The study called `name`.

        Raises:
            SearchNotFoundError: there is none of that name.
        """
        try:
            return optuna.load_study(study_name=name, storage=self.storage)
        except KeyError:
            raise not_found(name) from None

    def create_study(self, name: str, key: str, value: object) -> optuna.Study:
        """A new study, which bears the attribute `key` from its first moment; behind a proxy, from its second.

        Raises:
            DuplicatedStudyError: there is one of that name.
        """
        if self.engine is None:
            study = optuna.create_study(study_name=name, storage=self.storage, direction="minimize")
            study.set_user_attr(key, value)
            return study
        insert_study(self.engine, name, key, value)
        return self.load_study(name)

    def fill_study(self, study: optuna.Study, trials: Sequence[FrozenTrial]) -> None:
        """Give a study that has no trials yet `trials`, all or none: Optuna asks the database 30 times for each."""
        if self.engine is None:
            study.add_trials(trials)
            return
        insert_trials(self.engine, study._study_id, trials)

    def user_attributes(self, study_id: int) -> dict[str, Any]:
        """The study's own attributes, in a fifth of the time that Optuna takes: a page asks six times a second.

        Raises:
            KeyError: there is no such study, as Optuna says it.
        """
        if self.engine is None:
            return self.storage.get_study_user_attrs(study_id)
        with self.engine.connect() as connection:
            found = connection.execute(_USER_ATTRIBUTES, {"study": study_id}).all()
        if not found:  # ours have some from their first moment
            return self.storage.get_study_user_attrs(study_id)
        return {key: json.loads(value) for key, value in found}

    def change_token(self, study_id: int) -> tuple[int, ...]:
        """Numbers that differ whenever the trials of the study have changed.

        The largest primary key of each growing table, all by index, and how many trials run and are finished.
        """
        if self.engine is None:
            return self._change_token_by_proxy(study_id)
        with self.engine.connect() as connection:
            row = connection.execute(_CHANGE_TOKEN, {"study": study_id}).one()
        return tuple(hash(value) for value in row)

    def _change_token_by_proxy(self, study_id: int) -> tuple[int, ...]:
        trials = self.storage.get_all_trials(study_id, deepcopy=False)
        states = Counter(trial.state for trial in trials)
        reported = sum(len(trial.intermediate_values) for trial in trials if not trial.state.is_finished())
        return (len(trials), *(states[state] for state in TrialState), reported)

    def swap_attribute(self, study_id: int, key: str, before: object, after: object) -> bool:
        """Write `after` as the study's attribute `key` where `before` still stands; whether it did.

        Of several processes that swap from the same `before` exactly one succeeds, so this is refused behind a proxy.
        """
        return swap_attributes(self._beneath(), StudyUserAttributeModel, study_id, key, before, {key: after})

    def swap_attributes(
        self, study_id: int, key: str, before: object, after: Mapping[str, Any], *, of_system: bool = False
    ) -> bool:
        """Write all of `after` as attributes of the study where `before` still stands at `key`; whether it did.

        All or none, and exactly one of several that swap from the same `before` succeeds; behind a proxy, which knows
        no such thing, as nearly so as asking first can make it.
        """
        if self.engine is not None:
            model = StudySystemAttributeModel if of_system else StudyUserAttributeModel
            return swap_attributes(self.engine, model, study_id, key, before, after)
        storage = self.storage
        read, write = (
            (storage.get_study_system_attrs, storage.set_study_system_attr)
            if of_system
            else (storage.get_study_user_attrs, storage.set_study_user_attr)
        )
        if read(study_id).get(key, ABSENT) != before:
            return False
        for name, value in after.items():
            write(study_id, name, value)
        return True

    def rename_study(self, study_id: int, name: str) -> None:
        """Give a study another name, keeping its id; Optuna itself can only copy and delete."""
        with self._beneath().begin() as connection:
            connection.execute(
                sqlalchemy.text("UPDATE studies SET study_name = :name WHERE study_id = :study"),
                {"name": name, "study": study_id},
            )

    def _beneath(self) -> sqlalchemy.Engine:
        if self.engine is None:
            raise SearchError(
                "A storage proxy can be worked through and watched through, but a search can be run alone, renamed, "
                "extended or deleted only at the database itself. Give the database's own address for that."
            )
        return self.engine

    def close(self) -> None:
        """Let go of its connections."""
        if self.engine is not None:
            self.engine.dispose()
        elif hasattr(self.storage, "close"):
            self.storage.close()


def not_found(name: str) -> SearchNotFoundError:
    """That there is no search called `name`: none at all, or none for whoever asks."""
    return SearchNotFoundError(
        f"There is no search called “{name}” here. Look at the Studies page, or run “chromasonic studies”, for the "
        "names there are."
    )


_USER_ATTRIBUTES = sqlalchemy.text(
    "SELECT study_user_attributes.key, value_json FROM study_user_attributes WHERE study_id = :study"
)  # alone, `key` is a word of MySQL's own
_CHANGE_TOKEN = sqlalchemy.text(
    "SELECT (SELECT MAX(trial_id) FROM trials),"
    " (SELECT MAX(trial_value_id) FROM trial_values),"
    " (SELECT MAX(trial_intermediate_value_id) FROM trial_intermediate_values),"
    " (SELECT MAX(trial_user_attribute_id) FROM trial_user_attributes),"
    " COUNT(CASE WHEN state NOT IN ('RUNNING', 'WAITING') THEN 1 END),"
    " COUNT(CASE WHEN state = 'RUNNING' THEN 1 END)"
    " FROM trials WHERE study_id = :study"
)


_databases: dict[str, Database] = {}
_lock = threading.Lock()


def open_database(url: str) -> Database:
    """The database at `url`, opened once per process.

    SQLite, or any other that Optuna's RDBStorage speaks; or grpc://host:port, where `serve_storage` stands before one.

    A file that was put in the place of the one that was opened, a backup say, is opened anew.

    Raises:
        SettingsError: the address is no text.
        StorageError: it cannot be opened, or its file is gone.
        SearchError: that is no address of a database.
    """
    instance("url", url, str, "the address of a database, such as “sqlite:///searches.db”")
    with _lock:
        if url in _databases and _databases[url].is_replaced():
            _databases.pop(url).close()
        if url not in _databases:
            _databases[url] = _open(url)
        return _databases[url]


def database_of(workspace: Workspace, database: Database | None) -> Database:
    """`database`, or where it is None that of `workspace`.

    Raises:
        SettingsError: one of them is something else.
        SearchError: the workspace's own cannot be opened.
    """
    instance("workspace", workspace, Workspace, "a Workspace, such as Workspace.open()")
    instance("database", database, (Database, NoneType), "a Database, such as open_database(…), or None")
    return database or open_database(workspace.storage_url)


def forget_database(url: str) -> None:
    """Close the database, so that its file can be moved or deleted."""
    with _lock:
        database = _databases.pop(url, None)
    if database is not None:
        database.close()


def _open(url: str) -> Database:
    if url.startswith(PROXY):
        return _open_proxy(url)
    file: DatabaseFile | None = None
    try:
        address = sqlalchemy.make_url(url)
        is_sqlite = address.get_backend_name() == "sqlite"
        if is_sqlite and address.database:
            file = DatabaseFile(Path(address.database), LOCK_TIMEOUT)
            file.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(sqlite3.connect(file.path, timeout=LOCK_TIMEOUT)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")  # readers never stop the writer; the file remembers it
        backend = _SQLiteStorage(url) if is_sqlite else _Storage(url)
    except (sqlalchemy.exc.ArgumentError, sqlalchemy.exc.NoSuchModuleError, ImportError, ValueError) as error:
        raise SearchError(
            f"This is no storage that can be used: {_first_line(error, url)}. Give an address such as "
            "sqlite:///searches.db or postgresql+psycopg2://name@host/database, with its driver installed "
            "(pip install -r requirements-team.txt brings PostgreSQL's)."
        ) from error
    except (optuna.exceptions.OptunaError, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
        if file is not None and (explained := file.explain(error)) is not None:
            raise explained from error
        advice = (
            mark("Look at the file")
            if is_sqlite
            else mark("Check the address, and that the server runs and lets you in")
        )
        raise StorageError(
            f"The database of your searches cannot be opened: {_first_line(error, url)}. {advice}."
        ) from error
    except RuntimeError as error:  # Optuna's own words, of its versions and for those who know them
        raise StorageError(_OTHER_VERSION["upgrade" in str(error)].format(url=masked(url))) from error
    tell_plainly(backend.engine, url, file)
    return Database(url, optuna.storages.get_storage(backend), backend.engine, file)


_OTHER_VERSION = {
    False: mark(
        "The database of your searches was last used by a newer Chromasonic, and this one cannot read it ({url}). "
        "Update Chromasonic; or name another folder in CHROMASONIC_HOME, or another --storage, to begin anew there."
    ),
    True: mark(
        "The database of your searches was made by an older Chromasonic ({url}). Make a copy of it, then bring it up "
        "to date with “optuna storage upgrade --storage {url}”."
    ),
}


class _Storage(RDBStorage):
    """Optuna's storage, from which a study of 10,000 trials is read in a fraction of the time and memory."""

    def _get_trials(
        self,
        study_id: int,
        states: Container[TrialState] | None,
        included_trial_ids: set[int],
        trial_id_greater_than: int,
    ) -> list[FrozenTrial]:
        if states is None:
            trials = read_trials(self.engine, study_id, included_trial_ids, trial_id_greater_than)
            if trials:
                return trials
        return super()._get_trials(study_id, states, included_trial_ids, trial_id_greater_than)  # or says what is wrong


class _SQLiteStorage(_Storage):
    """Optuna's storage where a trial is taken from the line by one process and ended by one process, in SQLite too.

    Optuna reads the trial's state, then writes it, and relies on SELECT … FOR UPDATE in between, which SQLite has not:
    of four processes that took 60 trials from the line, several took the same 56 times.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url, engine_kwargs={"connect_args": {"timeout": LOCK_TIMEOUT}})
        self._here = threading.local()
        sqlalchemy.event.listen(self.engine, "begin", self._begin)

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        with self._as_the_only_writer():
            return super().set_trial_state_values(trial_id, state, values)

    @contextlib.contextmanager
    def _as_the_only_writer(self) -> Iterator[None]:
        self._here.is_writer = True
        try:
            yield
        finally:
            self._here.is_writer = False

    def _begin(self, connection: sqlalchemy.Connection) -> None:
        if getattr(self._here, "is_writer", False):
            connection.exec_driver_sql("BEGIN IMMEDIATE")


# ---- a proxy before the database ---------------------------------------------------------------------------------

PROXY = "grpc://"
_PATIENCE = 10.0  # seconds for a proxy to answer
_PROXY_THREADS = 32  # requests served at once: each waits for the database most of its time


def _open_proxy(url: str) -> Database:
    address = urlsplit(url)
    try:
        host, port = address.hostname, address.port or PROXY_PORT
    except ValueError:
        host = None
    if not host:
        raise SearchError(f"{masked(url)} is no address of a storage proxy. Give one such as grpc://host:{PROXY_PORT}.")
    try:
        with _experimental():
            storage = optuna.storages.GrpcStorageProxy(host=host, port=port)
        storage.wait_server_ready(_PATIENCE)
    except ImportError as error:
        raise SearchError(f"A storage proxy needs the package grpcio. {HOW_TO_INSTALL}") from error
    except ConnectionError as error:
        raise SearchError(
            f"The storage proxy at {host}:{port} does not answer. Check the address, and that “chromasonic proxy” runs "
            "there."
        ) from error
    return Database(url, storage, None)


@contextlib.contextmanager
def proxy_explained() -> Iterator[None]:
    """Say in words what befalls a storage proxy that is spoken to inside.

    Raises:
        StorageError: it went away, or its database did.
    """
    try:
        yield
    except Exception as error:  # grpc may not be installed, so its errors are known by their module
        code = getattr(error, "code", None)
        if not type(error).__module__.startswith("grpc") or not callable(code):
            raise
        raise StorageError(
            f"The storage proxy no longer answers as it should ({code().name}). See whether “chromasonic proxy” and "
            "its database still run, then start this again. What was finished is kept, and what was in training is "
            "tried again."
        ) from error


def serve_storage(url: str, host: str, port: int, when_ready: Callable[[], None] = lambda: None) -> None:
    """Stand before the database at `url` as a storage proxy, until the process ends; `when_ready` is called once.

    It keeps the few connections that a database can bear, however many workers there are. It knows no passwords and
    encrypts nothing, so it belongs into a network of one's own.

    Raises:
        SearchError: the database cannot be opened, or the port cannot be had.
    """
    if not 0 < port < 2**16:  # gRPC takes what is left of another number
        raise SearchError(f"Port {port} cannot be used (ports go from 1 to 65535). Choose another with --port.")
    database = open_database(url)
    try:
        from optuna.storages._grpc.server import make_server

        server = make_server(database.storage, host, port, ThreadPoolExecutor(_PROXY_THREADS))
    except ImportError as error:
        raise SearchError(f"A storage proxy needs the package grpcio. {HOW_TO_INSTALL}") from error
    except RuntimeError as error:
        raise SearchError(
            f"{host}:{port} cannot be listened on. See that --host is an address of this machine, or choose another "
            "--port, for this one may be taken."
        ) from error
    server.start()
    when_ready()
    server.wait_for_termination()


@contextlib.contextmanager
def _experimental() -> Iterator[None]:
    """What Optuna calls experimental is pinned and tested here; its warning helps no musician."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield


def _first_line(error: Exception, url: str) -> str:
    return masked(str(error.__cause__ or error).strip().splitlines()[0].rstrip("."), url)
