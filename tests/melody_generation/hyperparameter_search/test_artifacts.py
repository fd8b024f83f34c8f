"""Music and checkpoints travel through a store: a shared folder, or S3 as a real server speaks it."""

import zipfile
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from scripted import ScriptedTrainer
from searches import practice_search

from chromasonic.errors import ArtifactError, SearchError
from chromasonic.melody_generation.datasets import load_data, save_data
from chromasonic.melody_generation.hyperparameter_search.artifacts import Artifacts, open_artifacts
from chromasonic.melody_generation.hyperparameter_search.bundle import export_search, import_search
from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search, delete_search
from chromasonic.melody_generation.hyperparameter_search.checkpoints import KEPT_CHECKPOINTS
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.search import Search
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.workspace import Workspace

STORED = Path(__file__).parent / "data" / "six-songs-format-1.chromasonic"


@pytest.fixture(params=["a folder", pytest.param("S3", marks=pytest.mark.slow)])
def address(request, tmp_path, monkeypatch):
    if request.param == "a folder":
        yield str(tmp_path / "shared")
        return
    environment, bucket = request.getfixturevalue("s3_server")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield f"s3://{bucket}"
    store = open_artifacts(f"s3://{bucket}")
    for thing in store._store._backend.client.list_objects_v2(Bucket=bucket).get("Contents", []):
        store._store.remove(thing["Key"])


@pytest.fixture
def search(tmp_path, address):
    workspace = replace(Workspace.open(tmp_path / "app"), storage=f"sqlite:///{tmp_path / 'searches.db'}")
    workspace = replace(workspace, artifacts=address)
    yield practice_search(workspace, n_trials=KEPT_CHECKPOINTS + 4)
    forget_database(workspace.storage_url)


@pytest.fixture
def elsewhere(search, tmp_path):
    """The same search as another machine sees it, which has nothing of it yet."""
    there = replace(Workspace.open(tmp_path / "another machine"), **{
        name: getattr(search.workspace, name) for name in ("storage", "artifacts")
    })  # fmt: skip
    return Search(search.database, there, search.study)


def stored(search):
    """The ids of everything that is in the store."""
    backend = search.artifacts._store._backend
    if hasattr(backend, "client"):
        return {thing["Key"] for thing in backend.client.list_objects_v2(Bucket=backend.bucket).get("Contents", [])}
    return {file.name for file in backend._base_path.iterdir()}


def test_the_music_comes_to_another_machine_and_is_the_same(search, elsewhere):
    assert not elsewhere.data_file.exists()
    assert elsewhere.load_data() == search.load_data()
    assert not list(elsewhere.folder.glob("brought-*"))


def test_other_music_in_the_store_is_refused(search, elsewhere, tmp_path):
    other = replace(load_data(search.data_file), train=[[1, 2, 3]])
    save_data(tmp_path / "data.json.gz", other)
    search.artifacts.remove(search.database.storage.get_study_system_attrs(search.id))
    search.artifacts.upload(tmp_path / "data.json.gz", search.study)
    with pytest.raises(SearchError, match="is damaged or other music"):
        elsewhere.load_data()
    assert not list(elsewhere.folder.glob("*.gz"))


def test_music_that_is_nowhere_is_missed_in_words(search, elsewhere):
    search.artifacts.remove(search.database.storage.get_study_system_attrs(search.id))
    with pytest.raises(SearchError, match="is neither in the workspace of this machine nor in its artifact store"):
        elsewhere.load_data()


def test_the_leading_checkpoints_are_in_the_store_and_no_others(search, elsewhere):
    SearchRunner(search, [ScriptedTrainer(lambda number: [3.0 - number / 10])], plot=False).run()
    leading = [0, *range(4, 14)]  # the default settings stay, to compare with
    assert search.checkpoints.kept() == leading
    assert elsewhere.checkpoints.kept() == leading
    assert len(stored(search)) == 1 + 2 * len(leading)  # the music, and two files each
    elsewhere.checkpoints.bring(13)
    assert elsewhere.checkpoints.stem(13).with_suffix(".safetensors").read_bytes() == b"weights"
    elsewhere.checkpoints.bring(2)  # it no longer leads
    assert not elsewhere.checkpoints.stem(2).with_suffix(".safetensors").exists()


def test_a_deleted_search_leaves_nothing_in_the_store(search):
    SearchRunner(search, [ScriptedTrainer(lambda number: [3.0 - number / 10])], plot=False).run()
    delete_search(search)
    assert stored(search) == set()


def test_what_a_changed_search_takes_along_is_in_the_store_too(search, elsewhere):
    SearchRunner(search, [ScriptedTrainer(lambda number: [3.0 - number / 10])], plot=False).run()
    settings = replace(search.settings, space=replace(search.settings.space, learning_rate_range=(1e-4, 1e-1)))
    new = create_search("Wider", search.load_data(), settings, workspace=search.workspace, begin_with=search)
    there = Search(new.database, elsewhere.workspace, new.study)
    kept = there.checkpoints.kept()
    assert kept == new.checkpoints.kept() == search.checkpoints.kept()
    assert_can_be_heard(there, new, kept)
    delete_search(search)
    there.checkpoints.bring(kept[0])
    assert there.checkpoints.stem(kept[0]).with_suffix(".safetensors").exists()  # the new one's files are its own


def test_an_imported_search_is_in_the_store_too_and_is_exported_whole_by_any_machine(search, elsewhere, tmp_path):
    imported = import_search(STORED, search.workspace)
    there = Search(imported.database, elsewhere.workspace, imported.study)
    assert there.load_data() == imported.load_data()
    export_search(there, tmp_path / "again.chromasonic")
    with zipfile.ZipFile(STORED) as before, zipfile.ZipFile(tmp_path / "again.chromasonic") as after:
        weights = [name for name in before.namelist() if name.startswith("checkpoints/trial-")]
        assert weights and [after.read(name) for name in weights] == [before.read(name) for name in weights]
    again = import_search(tmp_path / "again.chromasonic", replace(search.workspace, artifacts=""))
    assert not any(search.artifacts.names(trial.system_attrs) for trial in again.study.trials)


def assert_can_be_heard(there, here, numbers):
    """That another machine gets the very weights that are here."""
    for number in numbers:
        assert not there.checkpoints.stem(number).with_suffix(".safetensors").exists()
        there.checkpoints.bring(number)
        for suffix in (".json", ".safetensors"):
            of_there, of_here = (search.checkpoints.stem(number).with_suffix(suffix) for search in (there, here))
            assert of_there.read_bytes() == of_here.read_bytes()


def test_a_trial_counts_though_the_store_cannot_be_written(search, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(search.artifacts._store._backend, "write", full)
    monkeypatch.setattr("optuna.artifacts._backoff.time.sleep", lambda seconds: None)
    SearchRunner(search, [ScriptedTrainer(lambda number: [2.0])], plot=False).run()
    record = search.record()
    assert record.n_finished == KEPT_CHECKPOINTS + 4
    assert "its weights could not be kept" in record.trials[0].reason
    assert "No space left on device" in record.trials[0].reason


@pytest.mark.parametrize("address", ["s3://", "s3://bucket/folder"])
def test_an_address_that_names_no_bucket_is_refused(address):
    with pytest.raises(ArtifactError, match="names no bucket"):
        Artifacts(address)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot be used"):
        Artifacts(str(tmp_path / "file" / "below"))


def test_a_file_that_is_gone_from_the_store_is_as_if_it_had_never_been(search, elsewhere):
    trial = optuna.trial.create_trial(value=1.0)
    assert search.artifacts.names(trial.system_attrs) == {}
    assert not search.artifacts.download("no such thing", elsewhere.folder / "thing")
    assert not (elsewhere.folder / "thing").exists()
