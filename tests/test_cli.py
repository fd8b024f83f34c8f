"""Both calls of the command line as written, and what it says when something is wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
QUICK = ["--n-trials", "2", "--epochs", "2", "--n-sequences", "40"]


@pytest.fixture
def home(tmp_path):
    return {**os.environ, "CHROMASONIC_HOME": str(tmp_path / "home"), "COLUMNS": "100"}


def call(arguments, cwd, env, **options):
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=110, **options
    )


def test_the_example_runs_from_its_own_folder(home, tmp_path):
    done = call(
        ["hyperparameter_search_example.py", *QUICK, "--output-dir", str(tmp_path / "out")], ROOT / "chromasonic", home
    )
    assert done.returncode == 0, done.stderr
    assert "Best: trial" in done.stdout
    assert "guessing blindly scores 4.477" in done.stdout  # ln 88


def test_the_example_runs_as_a_module_with_a_plot_and_warns_of_a_missing_device(home, tmp_path):
    done = call(
        [
            "-m",
            "chromasonic.hyperparameter_search_example",
            *QUICK,
            "--device",
            "cuda:7",
            "--plot",
            "--output-dir",
            "results",
        ],
        tmp_path,
        {**home, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" in done.stderr
    assert {file.name for file in (tmp_path / "results").iterdir()} == {
        "best_hyperparameters.json",
        "optimization_results.json",
        "optimization_report.txt",
        "optimization_history.png",
    }
    assert json.loads((tmp_path / "results" / "optimization_results.json").read_text())["n_trials"] == 2


def test_ctrl_c_keeps_finished_trials_and_writes_the_reports(home, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "chromasonic.cli", "search", "--n-trials", "500", "--epochs", "2", "--n-sequences", "40",
         "--output-dir", "out", "--name", "long"],
        cwd=tmp_path, env={**home, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and "2/500" not in call(["-m", "chromasonic.cli", "studies"], ROOT, home).stdout:
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "go on with --resume" in stderr
    results = json.loads((tmp_path / "out" / "optimization_results.json").read_text())
    assert sum(trial["state"] == "complete" for trial in results["trial_results"]) >= 1
    listed = call(["-m", "chromasonic.cli", "studies"], ROOT, home).stdout
    assert "stopped" in listed
    finished = sum(trial["state"] in ("complete", "pruned", "failed") for trial in results["trial_results"])
    resumed = call(
        ["-m", "chromasonic.cli", "search", "--resume", "long", "--n-trials", str(finished + 1), "--output-dir", "out"],
        tmp_path,
        {**home, "PYTHONPATH": str(ROOT)},
    )
    assert resumed.returncode == 0, resumed.stderr
    assert f"{finished + 1}/{finished + 1}" in call(["-m", "chromasonic.cli", "studies"], ROOT, home).stdout


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["search", "--n-trials", "0"], "n_trials"),
        (["search", "--family", "harp"], "harp"),
        (["search", "--music", "nothing.mid"], "nothing.mid"),
        (["search", "--resume", "nobody"], "nobody"),
    ],
)
def test_a_mistake_is_explained_in_one_line(home, tmp_path, arguments, words):
    done = call(["-m", "chromasonic.cli", *arguments], tmp_path, {**home, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_workspace_without_searches_says_how_to_start(home):
    assert "No searches yet" in call(["-m", "chromasonic.cli", "studies"], ROOT, home).stdout
