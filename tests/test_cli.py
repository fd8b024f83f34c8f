"""Both calls of the command line as written, and what it says when something is wrong."""

import json
import os
import re
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
from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search
from chromasonic.music.midi import read_midi
from chromasonic.music.sets import list_music_sets, load_music_set
from chromasonic.workspace import Workspace

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


@pytest.fixture
def command(home, tmp_path, monkeypatch, capsys):
    """`chromasonic …` in this process, where all is imported already: its exit code, what it said, its errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        capsys.readouterr()
        code = main(list(arguments))
        return code, *capsys.readouterr()

    return run


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


def test_ctrl_c_keeps_finished_trials_and_writes_the_reports(home, tmp_path, command):
    process = subprocess.Popen(
        [sys.executable, "-m", "chromasonic.cli", "search", "--n-trials", "500", "--epochs", "2", "--n-sequences", "40",
         "--output-dir", "out", "--name", "long"],
        cwd=tmp_path, env={**home, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not re.search(r"/500 +\d", command("studies")[1]):  # a loss: one is complete
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "and the reports are in out; go on with --resume long --output-dir out" in stderr.splitlines()[-1]
    results = json.loads((tmp_path / "out" / "optimization_results.json").read_text())
    assert sum(trial["state"] == "complete" for trial in results["trial_results"]) >= 1
    assert "stopped" in command("studies")[1]
    begun = ("complete", "pruned", "failed", "resting")
    n_begun = sum(trial["state"] in begun for trial in results["trial_results"])
    asked = str(n_begun + 1)
    code, _, told = command("search", "--resume", "long", "--n-trials", asked, "--output-dir", "out")
    assert code == 0, told
    assert f"{asked}/{asked}" in command("studies")[1]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["search", "--n-trials", "0"], "n_trials"),
        (["search", "--family", "harp"], "harp"),
        (["search", "--music", "nothing.mid"], "nothing.mid"),
        (["search", "--resume", "nobody"], "nobody"),
        (["search", "--resume", ""], "--resume needs the name"),
        (["search", "--resume", "nobody", "--music", "ryans"], "--music cannot be used with --resume"),
        (["search", "--family", "no.such:Model"], "no.such:Model"),
        (["search", "--storage", "redis://localhost"], "no storage that can be used"),
        (["dashboard", "--port", "99999"], "0 to 65535"),
        (["proxy", "--port", "99999"], "1 to 65535"),
        (["import", str(ROOT)], "cannot be read"),
        (["worker", "--study", "x", "--drain-limit", "nan"], "--drain-limit"),
    ],
)
def test_a_mistake_is_explained_in_one_line(command, arguments, words):
    code, _, told = command(*arguments)
    assert code == 1
    (line,) = told.splitlines()
    assert line.startswith("Error: ")
    assert words in line


def test_a_bare_resume_keeps_what_the_search_was_asked_for_and_refuses_what_would_be_ignored(command, tmp_path):
    code, _, told = command("search", *QUICK, "--time-limit", "500", "--name", "a  b")
    assert code == 0, told
    assert "2 trials of up to 2 epochs" in told
    code, _, told = command("search", "--resume", " a b ")
    assert code == 0, told
    assert "has finished 2 trials already" in told
    to_repeat = json.loads((tmp_path / "hyperparameter_search_results" / "optimization_results.json").read_text())[
        "to_repeat"
    ]
    assert (to_repeat["n_trials"], to_repeat["timeout"]) == (2, 500)
    code, _, told = command(
        "search", "--resume", "a b", "--family", "gru", "--epochs", "3", "--seed", "0", "--transpose"
    )
    assert code == 1
    assert "so --seed cannot be used with --resume" in told
    code, _, told = command("search", "--resume", "a b", "--family", "transformer", "gru", "--n-trials", "3")
    assert code == 0, told
    assert "“a b (2)” is a new search, which begins with the trials of “a b” that fit (2 of 2)." in told
    assert "is a new search" not in command("search", "--resume", "a b", "--family", "transformer", "--epochs", "2")[2]
    code, _, told = command("search", "--resume", "a b", "--n-trials", "3", "--jobs", "2", "--device", "cuda:7")
    assert code == 0, told
    assert "Warning" in told
    assert "3/3" in command("studies")[1]


def test_the_way_to_go_on_can_be_pasted_into_a_shell(home, tmp_path, monkeypatch, capsys):
    def stopped(runner):
        raise KeyboardInterrupt

    monkeypatch.setattr("chromasonic.melody_generation.hyperparameter_search.runner.SearchRunner.run", stopped)
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path / 'my searches.db'}"
    assert main(["search", *QUICK, "--name", "Mary's lamb", "--storage", url]) == 130
    (hint,) = [line for line in capsys.readouterr().err.splitlines() if "go on with" in line]
    assert shlex.split(hint.partition("go on with ")[2]) == ["--resume", "Mary's lamb", "--storage", url]


def test_a_folder_that_cannot_be_written_is_found_before_the_search(command, tmp_path):
    (tmp_path / "a file").write_text("")
    code, _, told = command("search", *QUICK, "--output-dir", "a file/results")
    assert code == 1
    assert "choose another folder" in told
    assert "No searches yet" in command("studies")[1]


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


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell is needed")
@pytest.mark.parametrize("ending", ["| true", "2>&1 | true", "2>&-"], ids=["output", "both", "no terminal"])
def test_a_search_goes_on_though_nobody_watches(home, command, tmp_path, ending):
    arguments = ["search", *QUICK, "--n-trials", "1", "--name", "alone", "--output-dir", str(tmp_path / "out")]
    subprocess.run(
        f"{shlex.join([sys.executable, '-m', 'chromasonic.cli', *arguments])} {ending}",
        shell=True, cwd=ROOT, env=home, stderr=subprocess.DEVNULL, timeout=100,
    )  # fmt: skip
    assert "finished      1/1" in command("studies")[1]
    assert (tmp_path / "out" / "optimization_report.txt").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes them")
@pytest.mark.parametrize(
    "ending, code, words",
    [
        (">&-", 0, ""),
        (">&- 2>&-", 0, ""),
        ("> /dev/full", 1, "Error: the disk is full. Free some space, then try again.\n"),
    ],
    ids=["no output", "no terminal", "a full disk"],
)
def test_a_terminal_that_takes_nothing_is_no_riddle(home, ending, code, words):
    command = f"{shlex.quote(sys.executable)} -m chromasonic.cli studies {ending}"
    done = subprocess.run(command, shell=True, cwd=ROOT, env=home, stderr=subprocess.PIPE, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (code, words)


def test_a_long_name_moves_its_own_line_only(command):
    for name in ("x" * 150, "short"):
        assert command("search", *QUICK, "--n-trials", "1", "--name", name)[0] == 0
    header, short, long = command("studies")[1].splitlines()
    assert len(short) < 100 < len(long)
    assert header.index("State") == short.index("finished")


def test_a_workspace_without_searches_says_how_to_start(command):
    assert "No searches yet" in command("studies")[1]


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


def test_a_search_is_exported_imported_and_gone_on_with(command, tmp_path, monkeypatch):
    assert command("search", *QUICK, "--name", "Mary's lamb")[0] == 0
    assert command("export", " Mary's  lamb", "lamb.chromasonic")[::2] == (0, "")
    code, _, error = command("export", "Mary's lamb", "lamb.chromasonic")
    assert code == 1 and "is there already" in error
    _, told, _ = command("import", "lamb.chromasonic", "--storage", f"sqlite:///{tmp_path / 'other.db'}")
    assert "“Mary's lamb” is here, with its 2 trials" in told
    assert "“Mary's lamb (2)” is here" in command("import", "lamb.chromasonic")[1]
    assert command("search", "--resume", "Mary's lamb (2)", "--n-trials", "3")[0] == 0
    code, _, error = command("import", "hyperparameter_search_results/optimization_results.json")
    assert code == 1 and "no search that Chromasonic exported" in error
    assert command("import", "no such file")[2].startswith("Error: There is no file")
    assert command("backup", "copy")[0] == 0
    monkeypatch.setenv("CHROMASONIC_HOME", str(tmp_path / "copy"))
    assert "Mary's lamb (2)  finished" in command("studies")[1]


def abc(title, bar, meter="3/4"):
    return f"X:1\nT:{title}\nM:{meter}\nL:1/8\nK:C\n" + bar * 16


def test_the_music_is_saved_under_the_name_by_which_the_search_knows_it(command, tmp_path):
    search = ["search", *QUICK[2:4], "--n-trials", "1", "--music"]
    files = [tmp_path / "one" / "tune.abc", tmp_path / "other" / "tune.abc"]
    for file, bar in zip(files, ("CDEFGA|BAGFED|", "EGEGEG|ACACAC|"), strict=True):
        file.parent.mkdir()
        file.write_text(abc("Waltz", bar), encoding="utf-8")
    home = Workspace.open()
    for name, file, music in (("a", 0, "tune"), ("b", 1, "tune (2)"), ("c", 0, "tune"), ("d", 1, "tune (2)")):
        code, _, told = command(*search, str(files[file]), "--name", name)
        assert code == 0, told
        assert open_search(name, home).record().music == music
    assert sorted(saved.name for saved in list_music_sets(home.music)) == ["tune", "tune (2)"]
    saved = load_music_set(home.music, "tune")
    assert saved.sources == ("tune.abc",)
    assert [(tune.title, tune.meter) for tune in saved.melodies] == [("Waltz", (3, 4))]


def test_a_folder_is_taken_as_all_the_music_in_it(command, tmp_path):
    folder = tmp_path / "My tunes"
    for name in ("b.abc", "more/A.ABC", ".trash/old.abc", "notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(abc(name, "CDEFGA|BAGFED|"), encoding="utf-8")
    (tmp_path / "empty").mkdir()
    search = ["search", *QUICK[2:4], "--n-trials", "1", "--music"]
    assert command(*search, str(folder), "--name", "a")[0] == 0
    home = Workspace.open()
    saved = load_music_set(home.music, open_search("a", home).record().music)
    assert (saved.name, saved.sources) == ("My tunes", ("b.abc", "A.ABC"))
    code, _, told = command(*search, str(tmp_path / "empty"))
    assert code == 1 and "holds no music" in told


def test_a_final_model_is_exported_imported_and_sings(command, tmp_path):
    tune = tmp_path / "scale.abc"
    tune.write_text("X:1\nT:Scale\nM:4/4\nL:1/8\nK:C\n" + "CDEF GABc|cBAG FEDC|" * 8, encoding="utf-8")
    assert command("search", "--music", str(tune), *QUICK[2:4], "--n-trials", "1", "--name", "Scale")[0] == 0
    code, told, error = command("export", "Scale", "scale.chromasonic-model.zip", "--model")
    assert code == 0 and "with its card and an example" in told, error
    assert "is there already" in command("export", "Scale", "scale.chromasonic-model.zip", "--model")[2]
    assert "The model “Scale” is here" in command("import", "scale.chromasonic-model.zip")[1]
    Path("scale.chromasonic-model.zip").rename("model.zip")
    assert "The model “Scale (2)” is here" in command("import", "model.zip")[1]
    assert command("export", "Scale", "search.chromasonic-model.zip")[0] == 0
    assert "“Scale (2)” is here" in command("import", "search.chromasonic-model.zip")[1]
    Path("model.zip").rename("scale.chromasonic-model.zip")
    code, told, error = command("sing", "scale.chromasonic-model.zip", "new.mid", "--seed", "3")
    assert code == 0 and "“Scale” sang" in told, error
    assert read_midi(Path("new.mid").read_bytes(), "new.mid").notes
    assert command("sing", "new.mid", "newer.mid")[2].startswith("Error: This is no model from Chromasonic")


def test_the_report_to_show_is_written_where_it_is_asked_for(command, tmp_path):
    code, _, told = command(
        "search", *QUICK, "--n-trials", "1", "--report", "html", "md", "--output-dir", str(tmp_path / "out")
    )
    assert code == 0, told
    assert (tmp_path / "out" / "optimization_report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (tmp_path / "out" / "optimization_report.md").read_text(encoding="utf-8").startswith("# ")


def test_the_terminal_offers_every_strategy_but_a_pruner_that_only_python_can_give():
    from chromasonic import hyperparameter_search_example as example
    from chromasonic.melody_generation.hyperparameter_search.settings import OWN_PRUNER, STRATEGIES
    from chromasonic.results.records import RESUMING

    assert (*example.STRATEGIES, OWN_PRUNER) == STRATEGIES
    assert example.STRATEGIES[0] == RESUMING
