"""Children that train are killed, stopped and left alone, for real."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from chromasonic.melody_generation.hyperparameter_search.candidate import (
    Answer,
    Candidate,
    CandidateFailedError,
    CandidateStoppedError,
)
from chromasonic.melody_generation.hyperparameter_search.registry import SearchRegistry
from chromasonic.melody_generation.hyperparameter_search.trial_process import ChildTrainer
from chromasonic.results.records import SearchState, TrialState


@pytest.fixture
def child(make_search):
    trainer = ChildTrainer(make_search("for a child").data_file, "cpu")
    yield trainer
    trainer.close()


def candidate(tiny_space, epochs=2):
    return Candidate(number=0, family="lstm", params=tiny_space.untuned(), epochs=epochs, seed=0)


def process_of(trainer):
    return trainer._process


def test_a_child_trains_reports_each_epoch_keeps_and_stays_warm(child, tiny_space, tmp_path):
    epochs = []

    def note(epoch):
        epochs.append(epoch.number)
        return Answer.GO_ON

    result = child.train(candidate(tiny_space), note)
    assert epochs == [1, 2]
    assert result.epochs_run == 2
    child.keep(tmp_path / "kept")
    assert (tmp_path / "kept.safetensors").exists()
    first = process_of(child).pid
    child.train(candidate(tiny_space), lambda epoch: Answer.GO_ON)
    assert process_of(child).pid == first


def test_a_child_told_to_end_a_trial_answers_with_what_it_has(child, tiny_space):
    def three(epoch):
        return Answer.GO_ON if epoch.number < 3 else Answer.ENOUGH

    assert child.train(candidate(tiny_space, epochs=50), three).epochs_run == 3


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize(
    "kill, words", [(signal.SIGKILL, "most likely because memory ran out"), (signal.SIGSEGV, "crashed (SIGSEGV)")]
)
def test_a_child_that_dies_costs_one_trial_and_is_replaced(child, tiny_space, kill, words):
    def die(epoch):
        process_of(child).send_signal(kill)
        process_of(child).wait()
        return Answer.GO_ON

    with pytest.raises(CandidateFailedError) as caught:
        child.train(candidate(tiny_space), die)
    assert words in str(caught.value)
    assert child.train(candidate(tiny_space), lambda epoch: Answer.GO_ON).epochs_run == 2


def test_an_interrupted_child_stops_now_and_for_good(child, tiny_space):
    begun = threading.Event()

    def note(epoch):
        begun.set()
        return Answer.GO_ON

    threading.Thread(target=lambda: begun.wait(60) and child.interrupt()).start()
    with pytest.raises(CandidateStoppedError):
        child.train(candidate(tiny_space, epochs=100_000), note)
    with pytest.raises(CandidateStoppedError):
        child.train(candidate(tiny_space), note)


def test_a_child_leaves_when_its_parent_is_killed(make_search):
    script = (
        "import sys, threading; from pathlib import Path\n"
        "from chromasonic.melody_generation.hyperparameter_search.candidate import Answer, Candidate\n"
        "from chromasonic.melody_generation.hyperparameter_search.trial_process import ChildTrainer\n"
        "child = ChildTrainer(Path(sys.argv[1]), 'cpu')\n"
        "params = dict(learning_rate=1e-3, batch_size=8, hidden_size=32, num_layers=1, dropout=0.0, embedding_dim=32)\n"
        "def note(epoch):\n"
        "    print(child._process.pid, flush=True)\n"
        "    return Answer.GO_ON\n"
        "child.train(Candidate(number=0, family='lstm', params=params, epochs=100_000, seed=0), note)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(make_search("orphan").data_file)], stdout=subprocess.PIPE, text=True
    )
    with parent:
        orphan = int(parent.stdout.readline())
        parent.kill()
    end = time.monotonic() + 20
    while time.monotonic() < end and is_alive(orphan):
        time.sleep(0.05)
    assert not is_alive(orphan)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_search_from_a_machine_with_a_card_goes_on_without_one(make_search):
    search = make_search("from elsewhere", n_trials=1)
    search.settings = search.settings.gone_on_with(device="cuda:7")
    runner = SearchRegistry().start(search)
    assert runner.join(60)
    assert (search.record().state, search.settings.device) == (SearchState.FINISHED, "cpu")


def test_a_search_in_the_background_is_stopped_and_gone_on_with(make_search, tiny_space):
    search = make_search("in the background", n_trials=3, jobs=2)
    registry = SearchRegistry()
    runner = registry.start(search)
    registry.runner(search).stop()  # at once: the children may not even have begun
    assert runner.join(60)
    assert search.record().state is SearchState.STOPPED
    assert registry.runner(search) is None
    again = registry.start(search)
    assert again.join(100)
    record = search.record()
    assert (record.state, record.n_finished) == (SearchState.FINISHED, 3)
    assert all(trial.state is not TrialState.RUNNING for trial in record.trials)
