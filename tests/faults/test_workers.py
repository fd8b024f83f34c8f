"""Several workers share a search and are killed at random moments: none lost, none twice, exactly as many as asked."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import servers
from searches import practice_search

from chromasonic.melody_generation.hyperparameter_search.checkpoints import KEPT_CHECKPOINTS
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.melody_generation.training import load_checkpoint
from chromasonic.results.records import FINISHED, SearchState, TrialState, ranked
from chromasonic.workspace import Workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
ROOT = Path(__file__).parents[2]
PATH = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "helpers")])


class Fleet:
    """Workers in processes of their own, each with a workspace of its own as if on a machine of its own."""

    def __init__(self, search, folder, environment=(), epoch_time=0.05):
        self.search = search
        self.folder = folder
        self.environment = dict(environment)
        self.epoch_time = epoch_time
        self.workers = []
        self.started = 0

    def start(self, *options):
        home = self.folder / f"machine-{self.started}"
        home.mkdir()
        self.started += 1
        workspace = self.search.workspace
        command = [sys.executable, str(Path(__file__).with_name("working.py")), "--study", self.search.name]
        command += ["--storage", workspace.storage_url, "--artifacts", workspace.artifacts]
        command += ["--epoch-time", str(self.epoch_time), "--told", str(home / "told"), *options]
        with (home / "log").open("wb") as log:
            environment = {**os.environ, **self.environment, "CHROMASONIC_HOME": str(home), "PYTHONPATH": PATH}
            worker = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=ROOT)
        self.workers.append(worker)
        return worker

    def running(self):
        return [worker for worker in self.workers if worker.poll() is None]

    def training(self):
        """Those of them that train a trial just now; a worker's id tells its process."""
        trials = self.search.record().trials
        at_work = {
            int(trial.worker.split("-")[-2]) for trial in trials if trial.state is TrialState.RUNNING and trial.worker
        }
        return [worker for worker in self.running() if worker.pid in at_work]

    def told(self):
        """How often a worker said of each trial that it had told it."""
        return Counter(int(line) for file in self.folder.glob("*/told") for line in file.read_text().split())

    def logs(self):
        return "\n".join(f"{log.parent.name}: {log.read_text()}" for log in sorted(self.folder.glob("*/log")))

    def end(self):
        for worker in self.workers:
            worker.kill()
            worker.wait()


@dataclass
class Count:
    asked: int
    kills: int = 0
    seen_before: int = 0
    found_after: int = 0
    lost: int = 0
    twice: int = 0
    finished: int = 0
    interrupted: int = 0
    retried: int = 0
    withdrawn: int = 0

    def __str__(self):
        return ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in vars(self).items())


def play(fleet, n_workers, n_kills, seed, limit):
    """Let workers work and be killed, each replaced by a new one, until the search is done."""
    chance, search = random.Random(seed), fleet.search
    count, shown = Count(search.settings.n_trials), {}
    for _ in range(n_workers):
        fleet.start()
    end = time.monotonic() + limit
    next_kill = 0.0
    while fleet.running():
        assert time.monotonic() < end, fleet.logs()
        shown |= {trial.number: trial for trial in search.record().trials if trial.state in FINISHED}
        if count.kills < n_kills and time.monotonic() > next_kill and 2 <= len(shown) < count.asked:
            chance.choice(fleet.training() or fleet.running()).send_signal(signal.SIGKILL)
            count.kills += 1
            fleet.start()
            next_kill = time.monotonic() + chance.uniform(0.2, 2.0)
        time.sleep(0.05)
    record = search.record()
    there = {trial.number: trial for trial in record.trials if trial.state in FINISHED}
    raw = search.study.get_trials(deepcopy=False)
    count.seen_before = len(shown)
    count.found_after = len(shown.keys() & there.keys())
    count.lost = sum(there.get(number) != trial for number, trial in shown.items())
    count.twice = sum(times > 1 for times in fleet.told().values())
    count.finished = len(there)
    interrupted = [trial for trial in record.trials if trial.state is TrialState.INTERRUPTED]
    count.withdrawn = sum("had the last places" in trial.reason for trial in interrupted)
    count.interrupted = len(interrupted) - count.withdrawn
    count.retried = sum("chromasonic:retry" in trial.user_attrs for trial in raw)
    return count


def hold(fleet, count):
    """What is promised, whatever befell the workers."""
    search, record = fleet.search, fleet.search.record()
    assert (count.lost, count.twice, count.finished) == (0, 0, count.asked), count
    assert count.seen_before == count.found_after
    assert record.state is SearchState.FINISHED, (record.reason, fleet.logs())
    assert not [trial for trial in record.trials if trial.state in (TrialState.RUNNING, TrialState.WAITING)]
    assert all(trial.reason for trial in record.trials if trial.state is TrialState.INTERRUPTED)
    assert all(trial.worker for trial in record.trials if trial.state in FINISHED)
    assert any(trial.is_untuned and trial.state in FINISHED for trial in record.trials)
    assert "Traceback" not in fleet.logs(), fleet.logs()
    leading = {trial.number for trial in ranked(record.trials)[:KEPT_CHECKPOINTS]}
    assert leading <= set(search.checkpoints.kept())
    for number in leading:
        search.checkpoints.bring(number)
        assert search.checkpoints.stem(number).with_suffix(".safetensors").read_bytes() == b"weights"


@pytest.fixture
def make_fleet(tmp_path):
    """A search whose music and checkpoints go through a store, and the workers on it."""
    with ExitStack() as stack:

        def make(n_trials, storage="", artifacts="", environment=(), **options):
            (tmp_path / "machines").mkdir()
            workspace = replace(
                Workspace.open(tmp_path / "app"), storage=storage, artifacts=artifacts or str(tmp_path / "shared")
            )
            stack.callback(forget_database, workspace.storage_url)
            search = practice_search(workspace, f"Shared {tmp_path.name}", n_trials=n_trials)
            fleet = Fleet(search, tmp_path / "machines", environment, **options)
            stack.callback(fleet.end)
            return fleet

        yield make


@pytest.mark.timeout(180)
def test_two_workers_and_a_kill_come_to_exactly_the_asked_number(make_fleet, say_at_the_end):
    fleet = make_fleet(12, epoch_time=0.2)
    count = play(fleet, n_workers=2, n_kills=1, seed=1, limit=150)
    say_at_the_end(f"2 workers, SQLite: {count}")
    hold(fleet, count)


def command(fleet, *options):
    """The `chromasonic worker` command itself, on a machine of its own; how it ended."""
    (fleet.folder / "its own").mkdir(exist_ok=True)
    environment = {**os.environ, "CHROMASONIC_HOME": str(fleet.folder / "its own"), "PYTHONPATH": PATH}
    command = [sys.executable, "-m", "chromasonic.cli", "worker", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=150, env=environment, cwd=ROOT, check=False)


@pytest.mark.timeout(180)
def test_the_command_works_on_a_search_whose_music_comes_from_the_store(make_fleet):
    fleet = make_fleet(2)
    search = fleet.search
    shared = ["--storage", search.workspace.storage_url, "--artifacts", search.workspace.artifacts]
    done = command(fleet, "--study", search.name, *shared, "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert "with 2 of 2 trials finished" in done.stdout
    assert search.record().state is SearchState.FINISHED
    number = search.record().best.number
    search.checkpoints.bring(number)
    load_checkpoint(search.checkpoints.stem(number))
    done = command(fleet, "--study", search.name, *shared[:2])
    assert done.returncode == 0  # nothing is left to do, and the music is here by now


def test_the_command_says_what_is_missing(make_fleet):
    fleet = make_fleet(2)
    storage = ["--storage", fleet.search.workspace.storage_url]
    for options, words in (
        (["--study", "Nobody's", *storage], "There is no search called “Nobody's” here"),
        (["--study", fleet.search.name, *storage], "is not in the workspace of this machine. Say with --artifacts"),
        (["--study", fleet.search.name, "--storage", "grpc://127.0.0.1:1"], "127.0.0.1:1 does not answer"),
    ):
        done = command(fleet, *options)
        assert done.returncode == 1
        assert words in done.stderr, done.stderr
        assert "Traceback" not in done.stderr


def wait_for(condition, fleet):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, fleet.logs()
        time.sleep(0.05)


def test_sigterm_drains_and_a_second_one_stops_now(make_fleet):
    fleet = make_fleet(6, epoch_time=1.0)
    search = fleet.search
    patient, hurried = fleet.start(), fleet.start()
    wait_for(lambda: len(fleet.training()) == 2, fleet)
    mine = next(trial.number for trial in search.record().trials if f"-{patient.pid}-" in trial.worker)
    other = next(trial.number for trial in search.record().trials if f"-{hurried.pid}-" in trial.worker)
    hurried.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    hurried.send_signal(signal.SIGTERM)
    patient.send_signal(signal.SIGTERM)
    assert patient.wait(60) == 0, fleet.logs()
    hurried.wait(60)
    trials = search.record().trials
    assert trials[mine].state is TrialState.COMPLETE
    assert trials[other].state is TrialState.INTERRUPTED
    assert search.record().state is SearchState.STOPPED
    assert not [trial for trial in trials if trial.state is TrialState.RUNNING]


def test_a_proxy_that_goes_away_is_told_in_words_and_the_others_go_on(make_fleet, tmp_path):
    url = f"sqlite:///{tmp_path / 'searches.db'}"
    fleet = make_fleet(6, url, epoch_time=0.3)
    with servers.proxy(url) as proxy:
        fleet.start("--storage", proxy)
        wait_for(lambda: fleet.training(), fleet)
    (cut_off,) = fleet.workers
    assert cut_off.wait(60) == 1
    assert "The storage proxy no longer answers as it should (UNAVAILABLE)" in fleet.logs()
    fleet.start()
    wait_for(lambda: fleet.search.record().state is SearchState.FINISHED, fleet)
    assert fleet.search.record().n_finished == 6
    assert "gave no more sign of life" in " ".join(trial.reason or "" for trial in fleet.search.record().trials)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("database", ["PostgreSQL", "a storage proxy before PostgreSQL"])
def test_four_workers_and_kills_at_random_come_to_exactly_two_hundred(
    make_fleet, postgresql_server, s3_server, database, monkeypatch, say_at_the_end
):
    environment, bucket = s3_server
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:
        storage = postgresql_server
        if database != "PostgreSQL":
            storage = stack.enter_context(servers.proxy(storage))
        fleet = make_fleet(200, storage, f"s3://{bucket}", environment)
        count = play(fleet, n_workers=4, n_kills=12, seed=2026, limit=360)
        say_at_the_end(f"4 workers, {database}, S3: {count}")
        hold(fleet, count)
        assert count.interrupted
