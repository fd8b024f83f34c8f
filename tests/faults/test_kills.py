"""Processes are killed at random moments; nothing that was finished is lost, and the search goes on to its end."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
import pytest
from processes import still_running
from searches import TINY_SPACE, practice_search

from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search
from chromasonic.melody_generation.hyperparameter_search.checkpoints import KEPT_CHECKPOINTS
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database, open_database
from chromasonic.melody_generation.training import load_checkpoint
from chromasonic.results.records import FINISHED, SearchState, TrialState, ranked

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
ROOT = Path(__file__).parents[2]
N_TRIALS, JOBS = 8, 2
KINDS = ("terminal", "server", "child")
STRATEGIES = ("resuming", "median")
SPACE = replace(TINY_SPACE, num_epochs=4)  # so that trials rest after one epoch, and after two


@dataclass
class Count:
    """What the rounds saw."""

    rounds: int = 0
    finished_before: int = 0
    found_after: int = 0
    lost: int = 0
    duplicated: int = 0
    without_weights: set[tuple[str, int]] = field(default_factory=set)
    interrupted: set[tuple[str, int]] = field(default_factory=set)
    completed_searches: int = 0
    kinds: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))


def start(kind, workspace, name):
    """A process of its own that runs the search called `name`."""
    if kind == "terminal":
        reports = str(workspace.root / "reports")
        command = [
            "-m",
            "chromasonic.hyperparameter_search_example",
            "--resume",
            name,
            "--plot",
            "--output-dir",
            reports,
        ]
    else:
        command = [str(Path(__file__).with_name("serving.py")), str(workspace.root), name]
    environment = {**os.environ, "CHROMASONIC_HOME": str(workspace.root), "PYTHONPATH": str(ROOT)}
    with (workspace.root / "victim.log").open("ab") as log:
        return subprocess.Popen([sys.executable, *command], stdout=log, stderr=log, env=environment, cwd=ROOT)


def watch(search, process, seconds):
    """Look at the search as a page does for so long, or to its end: what was shown as finished."""
    shown = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        shown |= {t.number: t for t in search.record().trials if t.state in FINISHED}
        time.sleep(0.02)
    return shown


def wait_until_held(search, process):
    while process.poll() is None and not search.is_held():
        time.sleep(0.02)


def family_of(process):
    try:
        return [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def play_round(kind, search, chance):
    """Start, watch, kill at a random moment; what was shown as finished before."""
    process = start(kind, search.workspace, search.name)
    if chance.random() < 0.85:  # else while it starts
        wait_until_held(search, process)
    shown = watch(search, process, chance.uniform(0.0, 3.0))
    family = family_of(process)
    if kind == "child":
        if family[1:]:
            chance.choice(family[1:]).kill()
        shown |= watch(search, process, chance.uniform(0.0, 3.0))
        family = family_of(process)
    process.kill()
    process.wait()
    alive = still_running(family, 30)
    assert not alive, f"processes that outlived the kill: {alive}"
    return shown


def look_afterwards(search, shown, count):
    """Open the database anew and hold what is there against what was shown."""
    forget_database(search.workspace.storage_url)
    with closing(sqlite3.connect(search.workspace.root / "searches.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    again = open_search(search.name, search.workspace, open_database(search.workspace.storage_url))
    record = again.record()
    finished = [trial for trial in record.trials if trial.state in FINISHED]
    there = {trial.number: trial for trial in finished}
    count.finished_before += len(shown)
    count.found_after += len(shown.keys() & there.keys())
    lost = {number: (trial, there.get(number)) for number, trial in shown.items() if there.get(number) != trial}
    count.lost += len(lost)
    if lost:
        print(record.name, lost)  # shown where the test fails
    count.duplicated += len(finished) - len({json.dumps(t.params) + str(t.number) for t in finished})
    for trial in ranked(finished)[:KEPT_CHECKPOINTS]:
        if "its weights could not be kept" in (trial.reason or ""):  # its training process was killed between the two
            count.without_weights.add((record.name, trial.number))
        else:
            load_checkpoint(again.checkpoints.stem(trial.number))
    for trial in record.trials:
        assert trial.state is not TrialState.RUNNING
        if trial.state is TrialState.INTERRUPTED:
            assert trial.reason
            count.interrupted.add((record.name, trial.number))
    assert len(finished) <= N_TRIALS
    for folder in (again.folder / "results", search.workspace.root / "reports"):
        for report in folder.glob("*.json"):
            json.loads(report.read_text(encoding="utf-8"))
    return again


def bring_to_the_end(search, count):
    """Go on undisturbed; exactly the asked number must be finished, and the reports whole."""
    assert start("server", search.workspace, search.name).wait(300) == 0
    record = search.record()
    assert record.state is SearchState.FINISHED, record.reason
    assert record.n_finished == N_TRIALS
    results = json.loads((search.folder / "results" / "optimization_results.json").read_text(encoding="utf-8"))
    assert sum(trial["state"] in FINISHED for trial in results["trial_results"]) == N_TRIALS
    report = (search.folder / "results" / "optimization_report.txt").read_text(encoding="utf-8")
    assert "RANK 1: Trial" in report
    assert any(trial.is_untuned and trial.state in FINISHED for trial in record.trials)
    assert not list((search.folder / "resting").glob("*"))
    count.completed_searches += 1


def play(rounds, workspace, seed):
    """So many rounds, over as many searches as it takes."""
    chance, count = random.Random(seed), Count()
    search = None
    while count.rounds < rounds:
        if search is None:
            strategy = STRATEGIES[count.completed_searches % len(STRATEGIES)]
            name = f"Search {count.completed_searches + 1}, {strategy}"
            search = practice_search(workspace, name, n_trials=N_TRIALS, jobs=JOBS, space=SPACE, strategy=strategy)
        kind = KINDS[count.rounds % len(KINDS)]
        search = look_afterwards(search, play_round(kind, search, chance), count)
        count.rounds += 1
        count.kinds[kind] += 1
        if search.record().n_finished == N_TRIALS or chance.random() < 0.2:
            bring_to_the_end(search, count)
            search = None
    if search is not None:
        bring_to_the_end(search, count)
    return count


def in_words(count):
    return (
        f"kill -9: {count.rounds} rounds ({', '.join(f'{n} {kind}' for kind, n in count.kinds.items())}), "
        f"finished before {count.finished_before}, found after {count.found_after}, lost {count.lost}, "
        f"duplicated {count.duplicated}, without weights {len(count.without_weights)}, "
        f"interrupted {len(count.interrupted)}, searches brought to their end {count.completed_searches}"
    )


def hold(count, rounds):
    assert count.rounds == rounds
    assert len(count.without_weights) <= count.kinds["child"]
    assert count.finished_before == count.found_after
    assert (count.lost, count.duplicated) == (0, 0)


@pytest.mark.timeout(300)
def test_a_few_kills_lose_nothing(workspace, say_at_the_end):
    count = play(3, workspace, seed=1)
    say_at_the_end(in_words(count))
    hold(count, 3)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_hundred_kills_lose_nothing(workspace, say_at_the_end):
    count = play(100, workspace, seed=2026)
    say_at_the_end(in_words(count))
    hold(count, 100)
    assert count.finished_before > 100  # or nothing was at stake


@pytest.mark.parametrize("kind", ["terminal", "server"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_search_that_is_asked_to_end_ends_in_good_order(workspace, kind, number, say_at_the_end):
    search = practice_search(workspace, n_trials=400, jobs=2)
    process = start(kind, workspace, search.name)
    wait_until_held(search, process)
    while search.record().n_finished < 2 and process.poll() is None:
        time.sleep(0.05)
    family = family_of(process)
    assert len(family) == 3, (workspace.root / "victim.log").read_text()
    began = time.monotonic()
    process.send_signal(number)
    process.wait(60)
    took = time.monotonic() - began
    alive = still_running(family, 10)
    assert not alive
    record = search.record()
    assert (record.state, record.reason) == (SearchState.STOPPED, "you stopped it")
    assert record.n_finished >= 2
    folder = search.workspace.root / "reports" if kind == "terminal" else search.folder / "results"
    assert len(json.loads((folder / "optimization_results.json").read_text())["trial_results"]) >= 2
    assert "Traceback" not in (workspace.root / "victim.log").read_text()
    say_at_the_end(f"{kind}, {number.name}: ended in {took:.1f} s")
