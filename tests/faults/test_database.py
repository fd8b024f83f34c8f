"""What befalls the database of searches is told in words that say what to do, and what was finished stays."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager

import pytest
from scripted import ScriptedTrainer
from searches import practice_search

from chromasonic.errors import StorageError
from chromasonic.melody_generation.hyperparameter_search import storage
from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches, open_search
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database, open_database
from chromasonic.results.records import SearchState, TrialState

NAME = "Practice"


@pytest.fixture
def search(workspace):
    return practice_search(workspace, NAME, n_trials=6)


@pytest.fixture
def file(workspace, search):
    """The closed database of a workspace with one search, of which three trials are finished."""
    search.change(search.settings.gone_on_with(n_trials=3))
    run(search)
    forget_database(workspace.storage_url)
    return workspace.root / "searches.db"


def run(search, epoch_time=0.0, **settings):
    runner = SearchRunner(
        search, [ScriptedTrainer(lambda number: [3.0, 2.0 - number / 10], epoch_time)], plot=False,
        settings=search.settings.gone_on_with(**settings),
    )  # fmt: skip
    runner.run()
    return runner


HOLD = """
import sqlite3, sys, time
path, statements, seconds = sys.argv[1:]
connection = sqlite3.connect(path, isolation_level=None)
for statement in statements.split(";"):
    connection.execute(statement).fetchall()
print("held", flush=True)
time.sleep(float(seconds))
"""


@contextmanager
def held(path, statements, seconds):
    """Let another process hold the database for so long, from before the inside begins."""
    command = [sys.executable, "-c", HOLD, str(path), statements, str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.wait(seconds + 60)


LOCK = "BEGIN EXCLUSIVE"
READER = "BEGIN; SELECT count(*) FROM trials"


def lock_while_searching(search, statement, seconds):
    """The search, run to its end while another process holds the database."""
    with held(search.workspace.root / "searches.db", statement, seconds):
        before = search.record().n_finished
        run(search, n_trials=before + 3)
    record = search.record()
    assert record.state is SearchState.FINISHED
    assert (record.n_finished, len(record.trials)) == (before + 3, before + 3)


@pytest.mark.parametrize("statement", [LOCK, READER], ids=["a lock", "a reader in the middle of a transaction"])
def test_a_search_waits_for_another_program_that_holds_the_database(search, statement):
    lock_while_searching(search, statement, seconds=2)


@pytest.mark.slow
@pytest.mark.parametrize("statement", [LOCK, READER], ids=["a lock", "a reader in the middle of a transaction"])
def test_a_search_waits_half_a_minute_for_another_program(search, statement):
    lock_while_searching(search, statement, seconds=30)


def test_a_lock_that_stays_ends_the_search_with_advice_and_what_was_finished_stays(workspace, file, monkeypatch):
    monkeypatch.setattr(storage, "LOCK_TIMEOUT", 1)
    search = open_search(NAME, workspace)
    before = search.record().trials
    with held(file, LOCK, 4), pytest.raises(StorageError, match=r"locked for 1 seconds .*Close what may hold it"):
        run(search, n_trials=6)
    assert search.record().trials == before
    run(search, n_trials=6)
    assert search.record().n_finished == 6


def test_pages_can_be_read_while_another_program_writes(workspace, file):
    with held(file, LOCK, 3) as process:
        assert [search.record().n_finished for search in list_searches(workspace)] == [3]
        assert process.poll() is None


def no_database(file, content):
    file.write_bytes(b"Once upon a time" * 400)


def damaged_header(file, content):
    file.write_bytes(b"\xff" * 100 + content[100:])


def damaged_page(file, content):
    """The first page of the table of trials, whatever it holds."""
    with closing(sqlite3.connect(file)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'trials'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    file.write_bytes(content[: (page - 1) * size] + b"\xa5" * size + content[page * size :])


def cut_short(file, content):
    file.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize("damage", [no_database, damaged_header, damaged_page, cut_short])
def test_a_damaged_database_is_told_as_such(workspace, file, damage):
    damage(file, file.read_bytes())
    with pytest.raises(StorageError, match=r"is damaged .*move this file away"):
        for search in list_searches(workspace):
            search.record()
    assert len(list(workspace.searches.glob("*/checkpoints/*.safetensors"))) == 3


def test_a_database_that_is_damaged_while_a_search_runs_ends_it_with_advice(workspace, file):
    search = open_search(NAME, workspace)
    search.record()
    damaged_page(file, file.read_bytes())
    with pytest.raises(StorageError, match="is damaged"):
        run(search, n_trials=6)


@pytest.mark.parametrize(
    ("version", "advice"),
    [
        ("v99.0.0.a", r"a newer Chromasonic.*Update Chromasonic"),
        ("v3.0.0.d", r"an older Chromasonic.*optuna storage upg"),
    ],
    ids=["newer", "older"],
)
def test_a_database_of_another_version_says_which_one_to_update(workspace, file, version, advice):
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [version])
        connection.commit()
    with pytest.raises(StorageError, match=advice) as told:
        open_database(workspace.storage_url)
    assert "pip" not in str(told.value)


def test_what_was_written_before_its_log_was_cut_is_kept(workspace, search, tmp_path):
    run(search, n_trials=3)
    shutil.copy(workspace.root / "searches.db", tmp_path)  # as a crash leaves it: the log not yet taken in
    log = (workspace.root / "searches.db-wal").read_bytes()
    (tmp_path / "searches.db-wal").write_bytes(log[: len(log) * 9 // 10])
    url = f"sqlite:///{tmp_path / 'searches.db'}"
    again = open_search(NAME, workspace, open_database(url))
    kept = [trial for trial in again.record().trials if trial.state is TrialState.COMPLETE]
    assert kept == list(search.record().trials[: len(kept)])
    assert len(kept) >= 1
    run(again, n_trials=6)
    assert again.record().n_finished == 6
    forget_database(url)


def test_a_database_that_was_moved_away_is_missed_and_found_again(workspace, search):
    away = workspace.root.with_name("away")
    workspace.root.rename(away)
    for look in (search.record, lambda: list_searches(workspace), lambda: open_search(NAME, workspace)):
        with pytest.raises(StorageError, match=r"is gone: .*Put it back"):
            look()
    assert not workspace.root.exists()  # no empty one was made in its place
    away.rename(workspace.root)
    assert search.record().name == NAME


def test_a_database_that_was_put_in_the_place_of_another_is_opened_anew(workspace, file):
    backup = file.with_name("backup.db")
    shutil.copy(file, backup)
    running = open_search(NAME, workspace)
    run(running, n_trials=5)
    backup.replace(file)
    file.with_name("searches.db-wal").unlink(missing_ok=True)
    with pytest.raises(StorageError, match="Another file was put in the place"):
        running.record()
    assert open_search(NAME, workspace).record().n_finished == 3


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
def test_a_workspace_deleted_while_a_search_runs_ends_the_search_and_is_not_made_again(workspace, search):
    search.change(search.settings.gone_on_with(n_trials=1000))
    threading.Timer(0.5, shutil.rmtree, [workspace.root]).start()
    with pytest.raises(StorageError, match=r"is gone: .*deleted, moved or unplugged"):
        run(search, epoch_time=0.02)
    assert not (workspace.root / "searches.db").exists()


def test_a_folder_in_the_place_of_the_database_is_no_reason_for_a_traceback(workspace):
    (workspace.root / "searches.db").mkdir()
    with pytest.raises(StorageError, match=r"cannot be opened .*See that its folder is there"):
        open_database(workspace.storage_url)
