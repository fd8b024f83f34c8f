"""A training process that hangs, raises, leaks, crashes or leaves in silence costs one trial, and says why."""

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from chromasonic.melody_generation.datasets import SearchData, save_data
from chromasonic.melody_generation.hyperparameter_search import HyperparameterSearchSpace, limits
from chromasonic.melody_generation.hyperparameter_search.candidate import Answer, Candidate, CandidateFailedError
from chromasonic.melody_generation.hyperparameter_search.limits import TrialLimits
from chromasonic.melody_generation.hyperparameter_search.trial_process import ChildTrainer
from chromasonic.melody_generation.training import create_training_data

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
MEMORY_GROUPS = Path("/sys/fs/cgroup/memory")


@pytest.fixture
def data_file(tmp_path):
    train, validation = create_training_data(24, 16, 88, 0.75, seed=0)
    data = SearchData(train, validation, [], vocab_size=88, sequence_length=16, music="practice", melodic=False)
    save_data(tmp_path / "data.json.gz", data)
    return tmp_path / "data.json.gz"


@pytest.fixture
def make_child(data_file):
    with contextlib.ExitStack() as stack:

        def make(**options):
            child = ChildTrainer(data_file, "cpu", TrialLimits(**options))
            stack.callback(child.close)
            return child

        yield make


def candidate(family, epochs=2):
    params = HyperparameterSearchSpace(hidden_size_range=(32, 32), num_layers_range=(1, 1)).untuned()
    return Candidate(number=0, family=family, params=params, epochs=epochs, seed=0)


def train(child, family, epochs=2):
    return child.train(candidate(family, epochs), lambda epoch: Answer.GO_ON)


@pytest.mark.parametrize(
    ("family", "reason"),
    [
        ("misbehaving:Raises", "the model raised ZeroDivisionError: the metronome stands still"),
        ("misbehaving:Segfaults", "its training process crashed (SIGSEGV)"),
        ("misbehaving:LeavesInSilence", "its training process ended without a result (exit code 0)"),
        ("misbehaving:Hangs", "it took longer than the 6 s that one trial may take"),
        ("misbehaving:HangsInTheLibrary", "it took longer than the 6 s that one trial may take"),
        ("misbehaving:Leaks", "it needed more than the 1,000 MiB of memory that one trial may take"),
    ],
)
def test_one_trial_ends_with_its_reason_and_the_next_trains(make_child, family, reason):
    child = make_child(seconds=6.0 if "Hangs" in family else None, memory=1000 if "Leaks" in family else None)
    train(child, "lstm")
    before = child._process.pid
    with pytest.raises(CandidateFailedError) as caught:
        train(child, family)
    assert str(caught.value) == reason
    assert train(child, "lstm").epochs_run == 2
    is_warm = child._process.pid == before
    assert is_warm is ("Raises" in family)
    assert psutil.pid_exists(before) is is_warm


def test_a_child_that_gives_no_sign_of_life_is_given_up_without_any_limit(make_child, monkeypatch):
    child = make_child()
    train(child, "lstm")
    monkeypatch.setattr(limits, "SILENCE", 5.0)
    with pytest.raises(CandidateFailedError, match="it gave no sign of life for 5 s, so it was ended"):
        train(child, "misbehaving:Hangs")


def test_the_turns_before_a_rest_count_towards_the_time_a_trial_may_take(make_child):
    child = make_child(seconds=1800.0)
    with pytest.raises(CandidateFailedError, match="it took longer than the 30 min 00 s that one trial may take"):
        child.train(replace(candidate("misbehaving:Hangs"), trained_for=1799.0), lambda epoch: Answer.GO_ON)


@pytest.mark.slow
def test_the_time_of_a_pause_is_not_counted(make_child):
    child = make_child(seconds=20.0)

    def pause_long(epoch):
        if epoch.number == 1:
            time.sleep(21)
        return Answer.GO_ON

    assert child.train(candidate("lstm"), pause_long).epochs_run == 2


def test_the_kernel_takes_a_leaking_child_and_not_its_parent(make_child):
    group = MEMORY_GROUPS / f"chromasonic-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(1000 * 1024 * 1024))
    except OSError:
        pytest.skip("control groups cannot be made here, so the kernel's own memory limit cannot be set")
    child = make_child()
    train(child, "lstm")
    (group / "cgroup.procs").write_text(str(child._process.pid))
    try:
        with pytest.raises(CandidateFailedError, match="most likely because memory ran out"):
            train(child, "misbehaving:Leaks")
        assert train(child, "lstm").epochs_run == 2
    finally:
        child.close()
        group.rmdir()


def test_memory_that_runs_out_takes_the_child_first(make_child):
    child = make_child()
    train(child, "lstm")
    assert Path(f"/proc/{child._process.pid}/oom_score_adj").read_text().strip() == "1000"


def test_a_child_that_hangs_in_a_library_leaves_when_its_parent_is_killed(data_file):
    script = (
        "import sys; from pathlib import Path\n"
        "from test_training_children import Answer, candidate\n"
        "from chromasonic.melody_generation.hyperparameter_search.trial_process import ChildTrainer\n"
        "child = ChildTrainer(Path(sys.argv[1]), 'cpu')\n"
        "child.train(candidate('lstm'), lambda epoch: Answer.GO_ON)\n"
        "print(child._process.pid, flush=True)\n"
        "child.train(candidate('misbehaving:HangsInTheLibrary'), lambda epoch: Answer.GO_ON)\n"
    )
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(data_file)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    with parent:
        orphan = psutil.Process(int(parent.stdout.readline()))
        time.sleep(1.0)  # for it to begin to hang
        parent.kill()
    psutil.wait_procs([orphan], timeout=20)
    assert not orphan.is_running()
