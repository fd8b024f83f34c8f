"""Disks that are full, read-only or broken: the search ends with advice, keeps what was finished, and goes on later."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from disks import failing_disk, fill, read_only, small_disk
from processes import still_running
from searches import practice_search

from chromasonic.errors import StorageError, WorkspaceError
from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches, open_search
from chromasonic.melody_generation.hyperparameter_search.checkpoints import KEPT_CHECKPOINTS
from chromasonic.melody_generation.hyperparameter_search.registry import SearchRegistry
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.melody_generation.training import load_checkpoint
from chromasonic.results.records import FINISHED, SearchState, TrialState, ranked
from chromasonic.workspace import Workspace

ROOT = Path(__file__).parents[2]


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk", megabytes=24) as folder:
        yield folder


@pytest.fixture
def workspace(disk):
    workspace = Workspace.open(disk / "Chromasonic")
    yield workspace
    forget_database(workspace.storage_url)


def finished(search):
    return {trial.number: trial for trial in search.record().trials if trial.state in FINISHED}


def wait_for_trials(search, process=None, n_trials=2):
    while len(finished(search)) < n_trials:
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.02)


def bring_to_the_end(search, before):
    """Go on in a process that knows nothing of what was; exactly the asked number is finished, and nothing was lost."""
    forget_database(search.workspace.storage_url)
    search = open_search(search.name, search.workspace)
    assert {number: finished(search).get(number) for number in before} == before
    for trial in ranked(list(before.values()))[:KEPT_CHECKPOINTS]:
        if "could not be kept" not in (trial.reason or ""):
            load_checkpoint(search.checkpoints.stem(trial.number))
    n_trials = len(finished(search)) + 2
    search.extend(n_trials, None)
    runner = SearchRegistry().start(search)
    runner.join()
    assert runner.error is None
    record = search.record()
    assert (record.state, record.n_finished) == (SearchState.FINISHED, n_trials)
    assert all(trial.reason for trial in record.trials if trial.state is TrialState.INTERRUPTED)
    results = json.loads((search.folder / "results" / "optimization_results.json").read_text(encoding="utf-8"))
    assert sum(trial["state"] in FINISHED for trial in results["trial_results"]) == n_trials


def test_a_full_disk_ends_the_search_with_advice_and_it_goes_on_when_there_is_space(workspace):
    search = practice_search(workspace, n_trials=400)
    registry = SearchRegistry()
    others = psutil.Process().children()  # what earlier tests keep warm
    runner = registry.start(search)
    wait_for_trials(search)
    children = [child for child in psutil.Process().children() if child not in others]
    filler = fill(workspace.root)
    assert runner.join(60)
    assert children and not still_running(children, 10)
    assert "The disk is full" in str(registry.trouble(search))
    assert "Free some space, then try again" in str(registry.trouble(search))
    assert search.record().state is SearchState.STOPPED
    before = finished(search)
    with pytest.raises(StorageError, match="The disk is full"):
        registry.start(search)
    assert search.record().state is SearchState.STOPPED
    filler.unlink()
    bring_to_the_end(search, before)


def test_a_full_disk_is_told_in_the_terminal_with_the_way_to_go_on(workspace):
    search = practice_search(workspace, n_trials=400)
    process = terminal(workspace, "--resume", search.name)
    wait_for_trials(search, process)
    filler = fill(workspace.root)
    _, told = process.communicate(timeout=100)
    assert process.returncode == 1
    assert "Every trial that has finished or rests is kept; go on with --resume Practice" in told
    assert "Error: The disk is full" in told
    assert "Traceback" not in told
    before = finished(search)
    filler.unlink()
    bring_to_the_end(search, before)


def terminal(workspace, *arguments):
    """`chromasonic search` in a process of its own; its reports go to another disk."""
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "chromasonic.cli",
            "search",
            f"--output-dir={workspace.root.parents[1] / 'out'}",
            *arguments,
        ],
        env={**os.environ, "CHROMASONIC_HOME": str(workspace.root), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_full_disk_lets_no_search_begin_and_leaves_none_half_made(workspace):
    filler = fill(workspace.root)
    with pytest.raises((StorageError, WorkspaceError), match=r"[Ff]ree some space"):
        practice_search(workspace)
    filler.unlink()
    assert list_searches(workspace) == []
    assert practice_search(workspace).name == "Practice"


def test_a_read_only_workspace_is_told_at_the_door(workspace):
    practice_search(workspace)
    forget_database(workspace.storage_url)
    with read_only(workspace.root):
        with pytest.raises(WorkspaceError, match=r"cannot write there .*allow writing to that folder"):
            Workspace.open(workspace.root)
        _, told = terminal(workspace, "--resume", "Practice").communicate(timeout=60)
    assert told.startswith("Error: Chromasonic keeps your music and searches in")


def test_a_workspace_that_was_read_only_for_a_while_is_used_again_without_a_new_start(workspace):
    search = practice_search(workspace)
    search.database.engine.dispose()  # as when nobody looked for a while
    with read_only(workspace.root):
        for look in (search.record, lambda: search.take("the app"), lambda: open_search("Practice", workspace)):
            with pytest.raises(StorageError, match=r"is read-only, or its disk is\. Allow writing there"):
                look()
    search.give_back(search.take("the app"))
    assert search.record().n_trials == 2


def test_a_disk_that_fails_ends_the_search_with_advice_and_keeps_what_was_finished(tmp_path):
    with failing_disk(tmp_path / "disk") as fail:
        workspace = Workspace.open(tmp_path / "disk" / "Chromasonic")
        search = practice_search(workspace, n_trials=400)
        registry = SearchRegistry()
        runner = registry.start(search)
        wait_for_trials(search)
        fail()
        before = finished(search)
        assert runner.join(60)
        assert "read-only, or its disk is. Allow writing there" in str(registry.trouble(search))
        forget_database(workspace.storage_url)
        search = open_search(search.name, workspace)
        assert {number: finished(search).get(number) for number in before} == before
        forget_database(workspace.storage_url)
