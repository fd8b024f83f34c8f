"""The database of all searches: one warm storage object per database and process."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from dataclasses import dataclass, field
from pathlib import Path

import optuna
import sqlalchemy
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages._rdb.models import StudyUserAttributeModel

from chromasonic.errors import SearchError, SearchNotFoundError
from chromasonic.masking import masked

optuna.logging.set_verbosity(optuna.logging.WARNING)  # pages and terminal say in their own words what goes on

LOCK_TIMEOUT = 60
"""Seconds to wait for another process's write: 8 s of lock ended a search with SQLite's default of 5 s."""


@dataclass(frozen=True)
class Database:
    """An Optuna storage with its cache, and the engine beneath it for questions Optuna does not answer."""

    url: str = field(repr=False)  # it may hold a password
    storage: BaseStorage
    engine: sqlalchemy.Engine

    def load_study(self, name: str) -> optuna.Study:
        """The study called `name`.

        Raises:
            SearchNotFoundError: there is none of that name.
        """
        try:
            return optuna.load_study(study_name=name, storage=self.storage)
        except KeyError:
            raise SearchNotFoundError(
                f"There is no search called “{name}” here. Look at the Studies page, or run “chromasonic studies”, for "
                "the names there are."
            ) from None

    def change_token(self, study_id: int) -> tuple[int, ...]:
        """Numbers that differ whenever anything a page shows of the study has changed.

        The largest primary key of each growing table, the number of finished trials, and the study's own attributes;
        all by index, so it costs the same at ten trials and at ten thousand.
        """
        with self.engine.connect() as connection:
            row = connection.execute(_CHANGE_TOKEN, {"study": study_id}).one()
        return tuple(hash(value) for value in row)

    def swap_attribute(self, study_id: int, key: str, before: object, after: object) -> bool:
        """Write `after` as the study's attribute `key` where `before` still stands; whether it did.

        One statement, so that of several processes that swap from the same `before` exactly one succeeds.
        """
        table = StudyUserAttributeModel.__table__
        statement = (
            sqlalchemy.update(table)
            .where(table.c.study_id == study_id, table.c.key == key, table.c.value_json == json.dumps(before))
            .values(value_json=json.dumps(after))
        )
        with self.engine.begin() as connection:
            return connection.execute(statement).rowcount == 1

    def rename_study(self, study_id: int, name: str) -> None:
        """Give a study another name, keeping its id; Optuna itself can only copy and delete."""
        with self.engine.begin() as connection:
            connection.execute(
                sqlalchemy.text("UPDATE studies SET study_name = :name WHERE study_id = :study"),
                {"name": name, "study": study_id},
            )


_CHANGE_TOKEN = sqlalchemy.text(
    "SELECT (SELECT MAX(trial_id) FROM trials),"
    " (SELECT MAX(trial_value_id) FROM trial_values),"
    " (SELECT MAX(trial_intermediate_value_id) FROM trial_intermediate_values),"
    " (SELECT MAX(trial_user_attribute_id) FROM trial_user_attributes),"
    " (SELECT COUNT(*) FROM trials WHERE study_id = :study AND state NOT IN ('RUNNING', 'WAITING')),"
    " (SELECT COUNT(*) FROM trials WHERE study_id = :study AND state = 'RUNNING'),"
    " (SELECT value_json FROM study_user_attributes WHERE study_id = :study AND"
    " study_user_attributes.key = 'chromasonic:status')"  # alone, `key` is a word of MySQL's own
)

_databases: dict[str, Database] = {}
_lock = threading.Lock()


def open_database(url: str) -> Database:
    """The database at `url` (SQLite, or any other that Optuna's RDBStorage speaks), opened once per process.

    Raises:
        SearchError: it cannot be opened.
    """
    with _lock:
        if url not in _databases:
            _databases[url] = _open(url)
        return _databases[url]


def forget_database(url: str) -> None:
    """Close the database, so that its file can be moved or deleted."""
    with _lock:
        database = _databases.pop(url, None)
    if database is not None:
        database.engine.dispose()


def _open(url: str) -> Database:
    try:
        is_sqlite = sqlalchemy.make_url(url).get_backend_name() == "sqlite"
        if is_sqlite and (path := sqlalchemy.make_url(url).database):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(sqlite3.connect(path, timeout=LOCK_TIMEOUT)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")  # readers never stop the writer; the file remembers it
        backend = RDBStorage(url, engine_kwargs={"connect_args": {"timeout": LOCK_TIMEOUT}} if is_sqlite else None)
    except (sqlalchemy.exc.ArgumentError, sqlalchemy.exc.NoSuchModuleError, ImportError, ValueError) as error:
        raise SearchError(
            f"This is no storage that can be used: {_first_line(error, url)}. Give an address such as "
            "sqlite:///searches.db or postgresql+psycopg2://name@host/database, with its driver installed."
        ) from error
    except (sqlalchemy.exc.SQLAlchemyError, sqlite3.Error, OSError, RuntimeError) as error:
        advice = _DAMAGED if is_sqlite else "Check the address, and that the server runs and lets you in"
        raise SearchError(
            f"The database of your searches cannot be opened: {_first_line(error, url)}. {advice}."
        ) from error
    return Database(url, optuna.storages.get_storage(backend), backend.engine)


_DAMAGED = (
    "If the file is damaged, move it away and put a backup in its place; nothing else in your workspace is touched by "
    "that"
)


def _first_line(error: Exception, url: str) -> str:
    return masked(str(error.__cause__ or error).strip().splitlines()[0].rstrip("."), url)
