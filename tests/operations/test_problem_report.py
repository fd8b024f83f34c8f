"""A report of a problem: enough to understand it, and nothing that is private."""

import io
import logging
import threading
import zipfile
from pathlib import Path

import pytest
import searches
from scripted import ScriptedTrainer

from chromasonic.errors import WorkspaceError
from chromasonic.logbook import keep_log
from chromasonic.melody_generation.datasets import SearchData
from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database, open_database
from chromasonic.melody_generation.training import create_training_data
from chromasonic.music.sets import MusicSet, save_music_set
from chromasonic.operations.problem_report import as_zip, gather
from chromasonic.people import Person
from chromasonic.workspace import Workspace

CANARY = "Kanarienvogel"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace of somebody whose home, name, searches, music and password are all called alike."""
    monkeypatch.setenv("HOME", str(tmp_path / CANARY))
    monkeypatch.setenv("CHROMASONIC_HOME", str(tmp_path / CANARY / "Chromasonic"))
    assert Path.home().name == CANARY
    workspace = Workspace.open()
    keep_log("test", workspace.logs, workspace=workspace.root)
    yield workspace
    forget_database(workspace.storage_url)


def unzipped(workspace):
    with zipfile.ZipFile(io.BytesIO(as_zip(gather(workspace)))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_no_private_word_is_in_it_wherever_it_stood(workspace, melody, capfd):
    save_music_set(workspace.music, MusicSet(CANARY, (melody([60, 62], title=CANARY),), sources=(f"{CANARY}.mid",)))
    workspace.of(Person(CANARY, f"Anna {CANARY}", f"{CANARY}@example.org"))
    train, validation = create_training_data(24, 16, 88, 0.75, seed=0)
    data = SearchData(train, validation, [], vocab_size=88, sequence_length=16, music=CANARY, melodic=False)
    settings = SearchSettings(space=searches.TINY_SPACE, n_trials=2, families=(f"{CANARY}:Model",))
    search = create_search(CANARY, data, settings, workspace=workspace, owner=Person("1", CANARY))
    reasons = {0: f"the model raised ValueError: {CANARY} sings 60 62 64", 1: [2.0, 1.9]}
    SearchRunner(search, [ScriptedTrainer(reasons)], plot=False).run()

    log = logging.getLogger("chromasonic.test")
    try:
        raise KeyError(CANARY)
    except KeyError:
        log.exception("A page ended in an unexpected error")
    log.error("%s", WorkspaceError(f"“{CANARY}” is gone"))
    log.error("cannot reach postgresql://anna:%s@host/db", CANARY)
    log.error("cannot write %s", search.data_file)
    with pytest.raises(Exception, match=r"\*\*\*|used") as refused:
        open_database(f"postgresql+nodriver://anna:{CANARY}@host/db")
    log.error("%s", refused.value)
    thread = threading.Thread(target=lambda: [][CANARY])
    thread.start()
    thread.join()

    files = unzipped(workspace)
    assert set(files) == {"README.txt", "versions.txt", "doctor.txt", "log.txt", "searches.json"}
    for name, text in files.items():
        assert CANARY.lower() not in text.lower(), name
        assert "60 62 64" not in text, name
        assert str(train[0][:6])[1:-1] not in text, name
    assert "Search 1 is running" in files["log.txt"] and "KeyError" in files["log.txt"]
    assert "the model raised ValueError" in files["searches.json"] and "a model of one's own" in files["searches.json"]
    assert "✓ Database" in files["doctor.txt"]
    assert "torch" in files["versions.txt"]


def test_a_report_is_put_together_where_the_database_is_damaged(workspace):
    (workspace.root / "searches.db").write_bytes(b"no database at all " * 500)
    files = unzipped(workspace)
    assert "✗ Database" in files["doctor.txt"]
    assert files["searches.json"].startswith("This could not be read: StorageError")


def test_a_report_is_put_together_where_there_is_nothing_yet(tmp_path, monkeypatch):
    monkeypatch.setenv("CHROMASONIC_HOME", str(tmp_path / "nowhere"))
    files = unzipped(Workspace.place())
    assert files["searches.json"] == "[]" and files["log.txt"] == "There is no log yet."
