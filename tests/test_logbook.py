"""The log: what happened, without music and names, whoever else writes into it and whatever the disk says."""

import logging
import subprocess
import sys
import threading

import pytest
import searches
from scripted import ScriptedTrainer

from chromasonic import logbook
from chromasonic.errors import MusicFileError, SearchHeldError, WorkspaceError
from chromasonic.logbook import FILE, KEPT, in_words, keep_log, log_files, without_names
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.workspace import Workspace


@pytest.fixture
def log(home):
    """Opens the log, and then gives all that is in it."""
    workspace = Workspace.place()
    keep_log("test", workspace.logs, workspace=workspace.root)
    return lambda: "".join(file.read_text(encoding="utf-8") for file in log_files(workspace.logs))


WRITER = """
import logging, sys
from pathlib import Path
from chromasonic.logbook import keep_log
folder = Path(sys.argv[1])
keep_log("writer", folder, workspace=folder)
for number in range(300):
    logging.getLogger("chromasonic.test").info("%s says %d %s", sys.argv[2], number, "x" * 200)
"""


def test_several_processes_write_one_log_and_no_line_is_lost_or_mixed(tmp_path, monkeypatch):
    small = "import chromasonic.logbook as book; book.MAX_BYTES = 100_000; book.KEPT = 100\n"
    writers = [subprocess.Popen([sys.executable, "-c", small + WRITER, tmp_path, name]) for name in "abcd"]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    files = log_files(tmp_path)
    assert len(files) > 1
    lines = [line for file in files for line in file.read_text().splitlines()]
    said = [line.split(": ", 1)[1] for line in lines if " says " in line]
    assert sorted(said) == sorted(f"{name} says {number} {'x' * 200}" for name in "abcd" for number in range(300))


def test_a_full_file_is_moved_aside_and_the_oldest_are_let_go(log, home, monkeypatch):
    monkeypatch.setattr(logbook, "MAX_BYTES", 1000)
    for number in range(200):
        logging.getLogger("chromasonic.test").info("entry %03d %s", number, "x" * 100)
    files = log_files(home / "logs")
    assert len(files) <= KEPT + 1
    assert all(file.stat().st_size < 1200 for file in files)
    told = log()
    assert "entry 199" in told and "entry 000" not in told


@pytest.mark.parametrize("what", ["a file in the folder's place", "a folder in the file's place"])
def test_a_log_that_cannot_be_written_ends_nothing(home, what):
    home.mkdir()
    if what.startswith("a file"):
        (home / "logs").write_text("")
    else:
        (home / "logs" / FILE).mkdir(parents=True)
    keep_log("test", home / "logs", workspace=home)
    logging.getLogger("chromasonic.test").error("nobody reads this")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a device that is always full")
def test_a_full_disk_ends_nothing(home):
    (home / "logs").mkdir(parents=True)
    (home / "logs" / FILE).symlink_to("/dev/full")
    keep_log("test", home / "logs", workspace=home)
    logging.getLogger("chromasonic.test").error("nobody reads this")


def test_a_search_tells_how_it_began_what_failed_and_how_it_ended_but_not_its_name(log, home):
    workspace = Workspace.open()
    search = searches.practice_search(workspace, "Marys secret", n_trials=3)
    losses = {0: [2.0, 1.9], 1: "it ran out of memory", 2: [1.8, 1.7]}
    SearchRunner(search, [ScriptedTrainer(losses)]).run()
    told = log()
    assert "Search 1 is running" in told and "('lstm',) on cpu, 3 trials" in told
    assert told.count("Search 1, trial 1 failed: it ran out of memory") == 1
    assert "Search 1 is finished" in told
    assert "secret" not in told


def test_what_ends_a_thread_is_written_down_with_its_place_and_without_its_words(log, capfd):
    def fall() -> None:
        raise KeyError("Marys secret")

    thread = threading.Thread(target=fall)
    thread.start()
    thread.join()
    told = log()
    assert "A thread ended in an unexpected error" in told and "test_logbook.py" in told and "KeyError" in told
    assert "Marys secret" not in told
    assert "Marys secret" in capfd.readouterr().err  # the terminal tells all


@pytest.mark.parametrize(
    "error, words",
    [
        (MusicFileError("secret.mid", "at bar 3 a “secret” stands"), "MusicFileError"),
        (OSError(28, "No space left on device", "/home/anna/secret"), "OSError: No space left on device"),
        (ValueError("secret"), "ValueError"),
        (WorkspaceError("“secret” cannot be written"), "WorkspaceError: “secret” cannot be written"),
    ],
)
def test_of_an_error_those_words_are_kept_that_quote_nothing(error, words):
    assert in_words(error) == words


def test_names_passwords_and_folders_are_left_out(home):
    home_of_anna = "/home/anna/tunes/a.mid"
    text = (
        f"{SearchHeldError('secret', 'here')} {home / 'searches' / 'secret-1' / 'data.json.gz'} {home_of_anna} "
        "postgresql://anna:secret@host/db"
    )
    left = without_names(text, home)
    assert "secret" not in left and "anna/" not in left
    assert "WORKSPACE/searches/…/data.json.gz" in left


def test_the_library_writes_no_log_by_itself(home):
    searches.practice_search(Workspace.open())
    assert not (home / "logs").exists()


@pytest.mark.parametrize("module", ["chromasonic.cli", "chromasonic.hyperparameter_search_example"])
def test_what_ends_a_command_is_in_the_log_too(home, module):
    command = ["search"] * (module == "chromasonic.cli") + ["--resume", "Marys secret"]
    ended = subprocess.run([sys.executable, "-m", module, *command], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: ")
    told = (home / "logs" / FILE).read_text(encoding="utf-8")
    assert "SearchNotFoundError: There is no search called “…”" in told
