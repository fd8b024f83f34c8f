"""A backup of a workspace in use."""

import sqlite3
import threading

import pytest
import searches
from scripted import ScriptedTrainer

from chromasonic.errors import WorkspaceError
from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.operations.backup import back_up
from chromasonic.results.records import TrialState
from chromasonic.workspace import Workspace


def test_a_running_search_runs_on_here_and_from_the_copy(workspace, tmp_path):
    began, copied = threading.Event(), threading.Event()

    def losses(number):
        if number == 2:
            began.set()
            assert copied.wait(30)
        return [2.0 - 0.1 * number]

    search = searches.practice_search(workspace, n_trials=4)
    runner = SearchRunner(search, [ScriptedTrainer(losses)], plot=False)
    runner.start()
    assert began.wait(30)
    back_up(workspace, tmp_path / "copy")
    copied.set()
    assert runner.join(30)
    assert search.record().n_finished == 4

    copy = Workspace.open(tmp_path / "copy")
    (again,) = list_searches(copy)
    assert again.load_data() == search.load_data()
    assert again.record().n_finished == 2
    SearchRunner(again, [ScriptedTrainer(losses)], plot=False).run()
    assert again.record().n_finished == 4
    assert [trial.state for trial in again.record().trials].count(TrialState.INTERRUPTED) == 1
    forget_database(copy.storage_url)


def test_a_folder_that_is_there_is_not_touched(workspace, tmp_path):
    (tmp_path / "copy").mkdir()
    with pytest.raises(WorkspaceError, match="there already"):
        back_up(workspace, tmp_path / "copy")


def test_a_backup_into_the_workspace_itself_is_refused(workspace):
    with pytest.raises(WorkspaceError, match="lies in the workspace"):
        back_up(workspace, workspace.root / "backups" / "monday")
    assert not (workspace.root / "backups").exists()


def test_what_cannot_be_read_leaves_no_half_backup(workspace, tmp_path):
    (workspace.root / "searches.db").write_bytes(b"no database at all " * 500)
    with pytest.raises(WorkspaceError, match="chromasonic doctor"):
        back_up(workspace, tmp_path / "copy")
    assert not list(tmp_path.glob("copy*"))


def test_the_copy_is_a_whole_database(workspace, tmp_path):
    searches.practice_search(workspace)
    back_up(workspace, tmp_path / "copy")
    with sqlite3.connect(tmp_path / "copy" / "searches.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
