"""Both calls of the command line as written, and what it says when something is wrong."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chromasonic.cli import main
from chromasonic.errors import CollectionError
from chromasonic.melody_generation.hyperparameter_search import storage

ROOT = Path(__file__).parent.parent
QUICK = ["--n-trials", "2", "--epochs", "2", "--n-sequences", "40"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CHROMASONIC_HOME", str(tmp_path / "home"))
    return {**os.environ, "COLUMNS": "100"}


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
    assert "go on with --resume long" in stderr
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
        (["search", "--family", "no.such:Model"], "no.such:Model"),
        (["search", "--storage", "redis://localhost"], "no storage that can be used"),
        (["dashboard", "--port", "99999"], "0 to 65535"),
    ],
)
def test_a_mistake_is_explained_in_one_line(home, tmp_path, arguments, words):
    done = call(["-m", "chromasonic.cli", *arguments], tmp_path, {**home, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def search(home, cwd, *arguments):
    return call(["-m", "chromasonic.cli", "search", *arguments], cwd, {**home, "PYTHONPATH": str(ROOT)})


def test_a_bare_resume_keeps_what_the_search_was_asked_for_and_refuses_what_would_be_ignored(home, tmp_path):
    first = search(home, tmp_path, *QUICK, "--time-limit", "500", "--name", "a  b")
    assert first.returncode == 0, first.stderr
    assert "2 trials of up to 2 epochs" in first.stdout
    bare = search(home, tmp_path, "--resume", " a b ")
    assert bare.returncode == 0, bare.stderr
    assert "has finished 2 trials already" in bare.stderr
    to_repeat = json.loads((tmp_path / "hyperparameter_search_results" / "optimization_results.json").read_text())[
        "to_repeat"
    ]
    assert (to_repeat["n_trials"], to_repeat["timeout"]) == (2, 500)
    refused = search(
        home, tmp_path, "--resume", "a b", "--family", "gru", "--epochs", "3", "--seed", "0", "--transpose"
    )
    assert refused.returncode == 1
    assert "so --seed cannot be used with --resume" in refused.stderr
    changed = search(home, tmp_path, "--resume", "a b", "--family", "transformer", "gru", "--n-trials", "3")
    assert changed.returncode == 0, changed.stderr
    assert "“a b (2)” is a new search, which begins with the trials of “a b” that fit (2 of 2)." in changed.stderr
    unchanged = search(home, tmp_path, "--resume", "a b", "--family", "transformer", "--epochs", "2")
    assert "is a new search" not in unchanged.stderr
    more = search(home, tmp_path, "--resume", "a b", "--n-trials", "3", "--jobs", "2", "--device", "cuda:7")
    assert more.returncode == 0, more.stderr
    assert "Warning" in more.stderr
    assert "3/3" in call(["-m", "chromasonic.cli", "studies"], ROOT, home).stdout


def test_the_way_to_go_on_can_be_pasted_into_a_shell(home, tmp_path, monkeypatch, capsys):
    def stopped(runner):
        raise KeyboardInterrupt

    monkeypatch.setattr("chromasonic.melody_generation.hyperparameter_search.runner.SearchRunner.run", stopped)
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path / 'my searches.db'}"
    assert main(["search", *QUICK, "--name", "Mary's lamb", "--storage", url]) == 130
    (hint,) = [line for line in capsys.readouterr().err.splitlines() if "go on with" in line]
    assert shlex.split(hint.partition("go on with ")[2]) == ["--resume", "Mary's lamb", "--storage", url]


def test_a_folder_that_cannot_be_written_is_found_before_the_search(home, tmp_path):
    (tmp_path / "a file").write_text("")
    done = search(home, tmp_path, *QUICK, "--output-dir", "a file/results")
    assert done.returncode == 1
    assert "choose another folder" in done.stderr
    assert "No searches yet" in call(["-m", "chromasonic.cli", "studies"], ROOT, home).stdout


def test_music_that_takes_long_to_read_shows_how_far_it_is(home, tmp_path, monkeypatch, capsys):
    def slowly(name, cache, on_progress):
        time.sleep(0.6)
        on_progress(3, 12)
        time.sleep(0.2)
        on_progress(4, 12)
        raise CollectionError("that is enough")

    monkeypatch.setattr("chromasonic.music.collections.load_collection", slowly)
    monkeypatch.chdir(tmp_path)
    assert main(["search", "--music", "ryans"]) == 1
    assert "Ryan's Mammoth Collection" in (said := capsys.readouterr().err)
    assert "/12" in said


def test_a_reader_who_leaves_early_is_no_error(home):
    reader = subprocess.Popen(
        [sys.executable, "-m", "chromasonic.cli", "studies"],
        cwd=ROOT, env=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    reader.stdout.close()
    _, stderr = reader.communicate(timeout=60)
    assert (reader.returncode, stderr) == (0, "")


def test_a_long_name_moves_its_own_line_only(home, tmp_path):
    for name in ("x" * 150, "short"):
        assert search(home, tmp_path, *QUICK, "--n-trials", "1", "--name", name).returncode == 0
    header, short, long = call(["-m", "chromasonic.cli", "studies"], ROOT, home).stdout.splitlines()
    assert len(short) < 100 < len(long)
    assert header.index("State") == short.index("finished")


def test_a_workspace_without_searches_says_how_to_start(home):
    assert "No searches yet" in call(["-m", "chromasonic.cli", "studies"], ROOT, home).stdout


def test_the_way_to_go_on_holds_no_password(home, tmp_path, monkeypatch, capsys):
    def stopped(runner):
        raise KeyboardInterrupt

    database = storage.open_database(f"sqlite:///{tmp_path / 'searches.db'}")
    monkeypatch.setattr(storage, "open_database", lambda url: database)  # as a PostgreSQL server would, that let us in
    monkeypatch.setattr("chromasonic.melody_generation.hyperparameter_search.runner.SearchRunner.run", stopped)
    monkeypatch.chdir(tmp_path)
    assert main(["search", *QUICK, "--name", "Hidden", "--storage", "postgresql://anna:hunter2@host/db"]) == 130
    told = capsys.readouterr()
    assert "hunter2" not in told.out + told.err
    assert "--storage 'postgresql://anna:***@host/db'" in told.err


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg9://anna:hunter2@127.0.0.1:1/db",
        "postgresql+psycopg2://anna:hunter2@127.0.0.1:port/db",
        "anna:hunter2@127.0.0.1/db",
        "sqlite:////proc/nowhere/searches.db?password=hunter2",
        "mysql+pymysql://anna:x@hunter2@127.0.0.1:1/db",
    ],
)
@pytest.mark.parametrize("command", ["studies", "dashboard"])
def test_a_storage_that_cannot_be_opened_is_named_without_its_password(home, command, url, capsys):
    assert main([command, "--storage", url]) == 1
    told = capsys.readouterr()
    assert told.err.startswith("Error: ")
    assert "hunter2" not in told.out + told.err


def test_a_search_is_exported_imported_and_gone_on_with(home, tmp_path, monkeypatch, capsys):
    def command(*arguments):
        code = main(list(arguments))
        told = capsys.readouterr()
        return code, told.out, told.err

    monkeypatch.setenv("CHROMASONIC_HOME", home["CHROMASONIC_HOME"])
    monkeypatch.chdir(tmp_path)
    assert main(["search", *QUICK, "--name", "Mary's lamb"]) == 0
    capsys.readouterr()
    assert command("export", " Mary's  lamb", "lamb.chromasonic")[::2] == (0, "")
    code, _, error = command("export", "Mary's lamb", "lamb.chromasonic")
    assert code == 1 and "is there already" in error
    _, told, _ = command("import", "lamb.chromasonic", "--storage", f"sqlite:///{tmp_path / 'other.db'}")
    assert "“Mary's lamb” is here, with its 2 trials" in told
    assert "“Mary's lamb (2)” is here" in command("import", "lamb.chromasonic")[1]
    assert main(["search", "--resume", "Mary's lamb (2)", "--n-trials", "3"]) == 0
    capsys.readouterr()
    code, _, error = command("import", "hyperparameter_search_results/optimization_results.json")
    assert code == 1 and "no search that Chromasonic exported" in error
    assert command("import", "no such file")[2].startswith("Error: There is no file")
    assert command("backup", "copy")[0] == 0
    monkeypatch.setenv("CHROMASONIC_HOME", str(tmp_path / "copy"))
    assert "Mary's lamb (2)  finished" in command("studies")[1]
