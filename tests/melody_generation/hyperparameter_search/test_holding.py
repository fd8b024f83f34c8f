"""One runner holds a search; the others are told where it is."""

import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psutil
import pytest
from scripted import ScriptedTrainer
from searches import held_by_the_dead, held_elsewhere

from chromasonic.errors import SearchHeldError
from chromasonic.melody_generation.hyperparameter_search import holding
from chromasonic.melody_generation.hyperparameter_search.catalogue import delete_search, rename_search
from chromasonic.melody_generation.hyperparameter_search.holding import Holder
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.results.records import SearchState

HERE = Holder.here("a terminal")


def test_a_holder_is_the_same_after_a_round_trip():
    assert Holder.from_json(HERE.to_json()) == HERE
    assert Holder.from_json(None) is None


@pytest.fixture
def parent():
    process = psutil.Process(os.getppid())
    return replace(HERE, pid=process.pid, began=process.create_time())


@pytest.mark.parametrize(
    "change, age, lives",
    [
        ({}, 0, True),
        ({}, 10_000, True),  # a laptop that slept: the process is still there
        ({"pid": 2**22 + 1}, 0, False),  # above Linux's largest process id
        ({"began": 1.0}, 10_000, False),  # another process has its id now
        ({"began": 1.0}, 5, True),  # the clock was set, and with it when every process seems to have begun
        ({"host": "elsewhere"}, 5, True),
        ({"host": "elsewhere"}, 41, False),
        ({"host": "elsewhere"}, -3600, False),  # the clock was set back an hour, and it has not beaten since
        ({"namespace": "a container"}, 5, True),
        ({"namespace": "a container"}, 41, False),
    ],
)
def test_whether_a_holder_lives(parent, change, age, lives):
    assert replace(parent, **change).lives(time.time() - age) is lives


def test_a_runner_of_this_process_that_has_ended_is_not_alive():
    assert not HERE.lives(time.time())
    holding.note_held(HERE)
    assert HERE.lives(time.time())
    holding.note_given_back(HERE)
    assert not HERE.lives(time.time())


def test_a_held_search_says_where_it_runs(make_search):
    search = make_search("Evening")
    holder = held_elsewhere(search)
    for attempt in (
        lambda: search.take("the app"),
        lambda: search.extend(99, None),
        lambda: rename_search(search, "Morning"),
        lambda: delete_search(search),
        SearchRunner(search, [ScriptedTrainer({})]).run,
    ):
        with pytest.raises(SearchHeldError) as caught:
            attempt()
        assert str(caught.value) == (
            f"“Evening” is already running in a terminal on this machine (process {os.getppid()}). Stop it there "
            "first, then try again."
        )
    assert search.holder() == holder
    assert (search.record().n_trials, search.name) == (4, "Evening")


def test_a_search_on_another_machine_is_named_by_it(make_search):
    search = make_search()
    search.study.set_user_attr(holding.LEASE, replace(HERE, host="studio").to_json())
    search.write_status(SearchState.RUNNING, 1.0)
    with pytest.raises(SearchHeldError, match="in a terminal on studio"):
        search.take("the app")


def test_what_the_dead_held_is_taken_over(make_search):
    search = make_search()
    held_by_the_dead(search)
    assert not search.is_held()
    mine = search.take("the app")
    assert search.holder() == mine
    search.give_back(mine)
    assert search.holder() is None


def test_to_give_back_what_another_has_taken_over_does_nothing(make_search):
    search = make_search()
    mine = search.take("the app")
    other = held_elsewhere(search)
    assert not search.is_held_by(mine)
    search.give_back(mine)
    assert search.holder() == other


@pytest.mark.slow
def test_of_many_threads_that_take_one_search_exactly_one_gets_it(make_search):
    search = make_search()

    def take(_):
        try:
            return search.take("the app")
        except SearchHeldError:
            return None

    with ThreadPoolExecutor(16) as pool:
        taken = [holder for holder in pool.map(take, range(16)) if holder]
    assert [search.holder()] == taken


def test_of_several_processes_that_take_one_search_exactly_one_gets_it(make_search, workspace):
    make_search("wanted")
    script = (
        "import sys, time; from pathlib import Path\n"
        "from chromasonic.errors import SearchHeldError\n"
        "from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search\n"
        "from chromasonic.workspace import Workspace\n"
        "search = open_search('wanted', Workspace.open(Path(sys.argv[1])))\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "try: search.take('a terminal'); print('taken', flush=True)\n"
        "except SearchHeldError as error: print(error, flush=True)\n"
        "sys.stdin.readline()\n"
    )
    command = [sys.executable, "-c", script, str(workspace.root)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(4)]

    def tell_all():
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()

    try:
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 4
        tell_all()
        answers = [process.stdout.readline().strip() for process in processes]
        winner = processes[answers.index("taken")].pid
        told = f"“wanted” is already running in a terminal on this machine (process {winner}). Stop it there first, "
        assert sorted(answers) == ["taken", *[told + "then try again."] * 3]
        tell_all()
    finally:
        for process in processes:
            with process:
                process.kill()


def test_a_runner_whose_search_was_taken_over_stops_and_leaves_it_alone(make_search, monkeypatch):
    monkeypatch.setattr("chromasonic.melody_generation.hyperparameter_search.runner.HEARTBEAT_INTERVAL", 0.05)
    search = make_search()
    trainer = ScriptedTrainer({0: "slow"})
    runner = SearchRunner(search, [trainer])
    runner.start()
    assert trainer.in_slow_trial.wait(20)
    other = held_elsewhere(search, elapsed=77.0)
    assert runner.join(20)
    assert isinstance(runner.error, SearchHeldError) and f"process {os.getppid()}" in str(runner.error)
    assert search.holder() == other
    assert search.status() == holding.status(SearchState.RUNNING, 77.0)
    assert trainer.closed


def test_the_time_searched_is_counted_up_to_the_last_sign_of_life(make_search):
    search = make_search()
    held_by_the_dead(search, elapsed=10.0)
    search.beat(42.0)
    assert search.elapsed() == 42.0
    held_elsewhere(search, elapsed=10.0)
    search.study.set_user_attr(holding.HEARTBEAT, {"at": time.time() + 3600, "elapsed": 42.0})  # the clock went back
    assert search.elapsed() == 42.0


def test_the_host_is_named_only_when_it_is_another():
    assert "on this machine" in str(HERE)
    assert socket.gethostname() not in str(HERE)
