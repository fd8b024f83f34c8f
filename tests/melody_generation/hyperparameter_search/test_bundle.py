"""A search as one file: everything arrives, whole or not at all, and nothing that means harm gets in."""

import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import searches

from chromasonic.errors import BundleError, SearchError, SearchHeldError, WorkspaceError
from chromasonic.melody_generation.generation import GenerationConfig, generate
from chromasonic.melody_generation.hyperparameter_search.bundle import (
    export_search,
    import_search,
)
from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches, open_search
from chromasonic.melody_generation.hyperparameter_search.evaluation import known_scores
from chromasonic.melody_generation.hyperparameter_search.making import clear_half_made
from chromasonic.melody_generation.hyperparameter_search.storage import Database, forget_database, open_database
from chromasonic.melody_generation.training import load_checkpoint
from chromasonic.results.export import optimization_results
from chromasonic.results.records import SearchState, TrialState
from chromasonic.workspace import Workspace

STORED = Path(__file__).parent / "data" / "six-songs-format-1.chromasonic"
"""Exported by version 0.1.0 from a real search over the old songs in six-songs.abc beside it: it must open for ever."""


@pytest.fixture
def elsewhere(tmp_path):
    """Another machine."""
    workspace = Workspace.open(tmp_path / "elsewhere")
    yield workspace
    forget_database(workspace.storage_url)


@pytest.fixture
def here(home):
    workspace = Workspace.open(home)
    yield workspace
    forget_database(workspace.storage_url)


def changed(**files):
    """The stored export with some of its files replaced; None leaves one out."""
    out = io.BytesIO()
    with zipfile.ZipFile(STORED) as stored, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in stored.namelist():
            content = files.pop(name, stored.read(name))
            if content is not None:
                archive.writestr(name, content)
        for name, content in files.items():
            archive.writestr(name, content)
    return out


def manifest(change):
    with zipfile.ZipFile(STORED) as stored:
        record = json.loads(stored.read("manifest.json"))
    change(record)
    return {"manifest.json": json.dumps(record)}


def trials(change):
    with zipfile.ZipFile(STORED) as stored:
        records = [json.loads(line) for line in stored.read("trials.jsonl").splitlines()]
    change(records)
    return {"trials.jsonl": "".join(json.dumps(record) + "\n" for record in records)}


def everything(study):
    """All that Optuna knows of the trials, but for its own primary keys."""
    return [
        (
            trial.number, trial.state, trial.values, trial.params, trial.distributions, trial.intermediate_values,
            trial.user_attrs, trial.system_attrs, trial.datetime_start, trial.datetime_complete,
        )
        for trial in study.get_trials()
    ]  # fmt: skip


def assert_nothing_is_left(workspace):
    assert list_searches(workspace) == []
    assert open_database(workspace.storage_url).storage.get_all_studies() == []
    assert list(workspace.searches.iterdir()) == []


def test_everything_arrives_on_the_other_machine(here, elsewhere, tmp_path):
    search = import_search(STORED, here)
    export_search(search, tmp_path / "again.chromasonic")
    moved = import_search(tmp_path / "again.chromasonic", elsewhere)
    assert everything(moved.study) == everything(search.study)
    assert moved.settings == search.settings
    ours, theirs = optimization_results(search.record()), optimization_results(moved.record())
    assert ours | {"timestamp": ""} == theirs | {"timestamp": ""}
    assert moved.load_data() == search.load_data()
    assert moved.checkpoints.kept() == search.checkpoints.kept() == [0, 1, 2]
    for number in moved.checkpoints.kept():
        for suffix in (".safetensors", ".json"):
            file = search.checkpoints.stem(number).with_suffix(suffix)
            assert moved.checkpoints.stem(number).with_suffix(suffix).read_bytes() == file.read_bytes()
    assert known_scores(moved) == known_scores(search)


def test_the_file_of_the_first_format_opens_and_goes_on(here):
    search = import_search(STORED, here)
    record = search.record()
    assert record.name == "Six songs" and record.state is SearchState.FINISHED
    assert [trial.state for trial in record.trials] == [TrialState.COMPLETE] * 3
    assert [round(trial.best_validation_loss, 4) for trial in record.trials] == STORED_LOSSES
    assert record.fingerprint == STORED_FINGERPRINT and record.music == "Six songs"
    model, _ = load_checkpoint(search.checkpoints.stem(record.best.number))
    assert generate(model, GenerationConfig(seed=1))[0].notes
    search.extend(4, None)
    searches.run(search)
    after = search.record()
    assert [trial.state for trial in after.trials] == [TrialState.COMPLETE] * 3 + [after.trials[3].state]
    assert len(after.trials) == 4 and after.state is SearchState.FINISHED
    assert after.trials[:3] == record.trials


STORED_LOSSES = [2.8959, 2.4365, 2.4361]
STORED_FINGERPRINT = "c2afc2b1388bfd5e"


def test_a_name_that_is_taken_gets_a_number_and_both_go_their_own_way(here):
    first, second = import_search(STORED, here), import_search(STORED, here)
    assert (first.name, second.name) == ("Six songs", "Six songs (2)")
    assert first.folder != second.folder


def test_of_two_imports_at_once_each_gets_a_name_of_its_own(here):
    with ThreadPoolExecutor(4) as several:
        names = [search.name for search in several.map(lambda _: import_search(STORED, here), range(4))]
    assert sorted(names) == ["Six songs", "Six songs (2)", "Six songs (3)", "Six songs (4)"]


def test_a_search_that_runs_is_not_exported(here, tmp_path):
    search = searches.practice_search(here)
    search.take("another window")
    search.write_status(SearchState.RUNNING, 1.0)
    with pytest.raises(SearchHeldError):
        export_search(search, tmp_path / "x.chromasonic")
    assert list(tmp_path.glob("*x.chromasonic*")) == []


def test_trials_of_every_kind_travel_those_in_line_too(here, elsewhere, tmp_path):
    search = searches.practice_search(here, families=("lstm", "gru"))
    trial = search.study.ask()  # and then its runner is killed
    search.settings.space.suggest(trial)
    export_search(search, tmp_path / "x.chromasonic")
    moved = import_search(tmp_path / "x.chromasonic", elsewhere)
    assert [t.state for t in moved.record().trials] == [TrialState.INTERRUPTED, TrialState.WAITING]
    assert everything(moved.study) == everything(search.study)
    searches.run(moved)
    assert moved.record().n_finished == 2 and moved.record().trials[1].is_untuned


def test_an_export_replaces_no_file_and_leaves_no_half_one(here, tmp_path):
    search = import_search(STORED, here)
    (tmp_path / "mine.chromasonic").write_text("mine")
    with pytest.raises(WorkspaceError, match="there already"):
        export_search(search, tmp_path / "mine.chromasonic")
    with pytest.raises(WorkspaceError, match="could not be written"):
        export_search(search, tmp_path / "no such folder" / "x.chromasonic")
    search.data_file.unlink()
    with pytest.raises(SearchError, match="can no longer be read"):
        export_search(search, tmp_path / "x.chromasonic")
    assert {file.name for file in tmp_path.iterdir() if file.is_file()} == {"mine.chromasonic"}


def set_to(value, *path):
    def change(record):
        for step in path[:-1]:
            record = record[step]
        record[path[-1]] = value

    return change


ABOUT, SETTINGS, STATUS = (("attributes", f"chromasonic:{name}") for name in ("data", "settings", "status"))
HOSTILE = {
    "no archive": lambda: io.BytesIO(b"MThd and so on"),
    "an empty file": lambda: io.BytesIO(),
    "cut short": lambda: io.BytesIO(STORED.read_bytes()[:-2000]),
    "another archive": lambda: changed(**{"manifest.json": None}),
    "a path out of the folder": lambda: changed(**{"../../evil.txt": b""}),
    "a path out, by another slash": lambda: changed(**{"..\\evil.txt": b""}),
    "an absolute path": lambda: changed(**{"/tmp/evil.txt": b""}),
    "a path in a good folder": lambda: changed(**{"checkpoints/../../evil.json": b""}),
    "a pickle": lambda: changed(**{"checkpoints/trial-00001.pt": b"\x80\x04."}),
    "a folder": lambda: changed(**{"checkpoints/": b""}),
    "a bomb among the reports": lambda: changed(**{"results/optimization_report.txt": bytes(80 << 20)}),
    "a bomb of music": lambda: changed(**{"data.json.gz": gzip.compress(bytes(80 << 20))}),
    "a newer version": lambda: changed(**manifest(set_to(99, "format"))),
    "a version that is no number": lambda: changed(**manifest(set_to("1", "format"))),
    "a manifest that is a list": lambda: changed(**{"manifest.json": "[]"}),
    "a deep manifest": lambda: changed(**{"manifest.json": "[" * 100_000}),
    "no JSON": lambda: changed(**{"manifest.json": b"\xff"}),
    "a name that is no text": lambda: changed(**manifest(set_to(["x"], "name"))),
    "a name that cannot be written": lambda: changed(**manifest(set_to("\ud800", "name"))),
    "a setting of another kind": lambda: changed(**manifest(set_to("many", *SETTINGS, "n_trials"))),
    "an unknown setting": lambda: changed(**manifest(set_to(1, *SETTINGS, "run_this"))),
    "code of one's own": lambda: changed(**manifest(set_to(["subprocess:Popen"], *SETTINGS, "families"))),
    "another music": lambda: changed(**manifest(set_to("0" * 16, *ABOUT, "fingerprint"))),
    "counts that are wrong": lambda: changed(**manifest(set_to(10_000_000, *ABOUT, "n_train"))),
    "a date that is none": lambda: changed(**manifest(set_to("tomorrow", *ABOUT, "created"))),
    "a search that runs": lambda: changed(**manifest(set_to("running", *STATUS, "state"))),
    "a time that is none": lambda: changed(**manifest(set_to(float("nan"), *STATUS, "total_time"))),
    "a trial too few": lambda: changed(**trials(lambda records: records.pop())),
    "a trial twice": lambda: changed(**trials(lambda records: records.append(records[0]))),
    "trials in another order": lambda: changed(**trials(lambda records: records.reverse())),
    "a trial that trains": lambda: changed(**trials(set_to("RUNNING", 1, "state"))),
    "a loss that is no number": lambda: changed(**trials(set_to([float("nan")], 1, "values"))),
    "two losses": lambda: changed(**trials(set_to([1.0, 2.0], 1, "values"))),
    "settings outside the space": lambda: changed(**trials(set_to(10**12, 1, "params", "hidden_size"))),
    "settings of another space": lambda: changed(
        **trials(set_to(10**12, 1, "distributions", "hidden_size", "attributes", "high"))
    ),
    "settings in line outside the space": lambda: changed(
        **trials(set_to({"hidden_size": 10**12}, 1, "system_attrs", "fixed_params"))
    ),
    "a reason that is no text": lambda: changed(**trials(set_to({}, 1, "user_attrs", "chromasonic", "reason"))),
    "a state that is none": lambda: changed(**trials(set_to("odd", 1, "user_attrs", "chromasonic", "state"))),
    "a date of a trial": lambda: changed(**trials(set_to(7, 1, "started"))),
    "no music": lambda: changed(**{"data.json.gz": None}),
    "music that is none": lambda: changed(**{"data.json.gz": b"music"}),
    "weights that are none": lambda: changed(**{"checkpoints/trial-00001.safetensors": b"weights"}),
    "weights of another trial": lambda: changed(**{"checkpoints/trial-00077.safetensors": b"weights"}),
    "a note that is no text": lambda: changed(**manifest(set_to(["x"], "note"))),
    "a note that cannot be written": lambda: changed(**trials(set_to("\ud800", 1, "note"))),
    "a star that is none": lambda: changed(**manifest(set_to({"starred": 1, "tags": []}, "labels"))),
    "a tag that is too long": lambda: changed(**trials(set_to({"starred": True, "tags": ["x" * 99]}, 1, "labels"))),
    "tags that are too many": lambda: changed(
        **trials(set_to({"starred": True, "tags": [str(n) for n in range(99)]}, 1, "labels"))
    ),
    "losses that are none": lambda: changed(**{"test_losses.json": b'{"1": "low"}'}),
}  # fmt: skip


NO_EXPORT = ("no archive", "an empty file", "another archive")


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_not_as_an_export_writes_it_is_refused_and_leaves_nothing(what, here, tmp_path):
    with pytest.raises(BundleError) as refused:
        import_search(HOSTILE[what](), here)
    assert ("no search that Chromasonic exported" in str(refused.value)) is (what in NO_EXPORT)
    assert "/tmp" not in str(refused.value) and len(str(refused.value)) < 400
    assert_nothing_is_left(here)
    assert not list(tmp_path.rglob("evil*"))


def test_a_model_that_says_it_is_huge_is_refused_without_being_made(here, tmp_path):
    import safetensors.torch
    from safetensors import safe_open

    with zipfile.ZipFile(STORED) as stored:
        stored.extract("checkpoints/trial-00001.safetensors", tmp_path)
    with safe_open(tmp_path / "checkpoints/trial-00001.safetensors", framework="pt") as file:
        said = json.loads(file.metadata()["chromasonic"])
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    for family, size in (("lstm", 8192), ("lstm", 10**9), ("os:system", 64)):
        said["arguments"]["hidden_size"], said["family"] = size, family
        huge = safetensors.torch.save(weights, {"chromasonic": json.dumps(said)})
        with pytest.raises(BundleError, match="the model trial-00001"):
            import_search(changed(**{"checkpoints/trial-00001.safetensors": huge}), here)
        assert_nothing_is_left(here)


def test_a_model_of_ones_own_is_imported_only_when_it_is_trusted(here):
    own = manifest(set_to(["tests.no_such:Model"], *SETTINGS, "families"))
    search = import_search(changed(**own), here, trusts_own_models=True)
    assert search.settings.families == ("tests.no_such:Model",)


def test_names_and_reasons_with_markup_arrive_as_text(here):
    name = "../<b>*evil*</b> ‮ 🎻"
    search = import_search(changed(**manifest(set_to(name, "name"))), here)
    assert search.name == name.replace("\u202e ", "")  # which would turn the words after it
    assert search.folder.parent == here.searches


def test_an_import_that_breaks_half_way_leaves_nothing(here, monkeypatch):
    def fill(database, study, trials):
        study.add_trials(trials[:2])
        raise KeyboardInterrupt

    monkeypatch.setattr(Database, "fill_study", fill)
    with pytest.raises(KeyboardInterrupt):
        import_search(STORED, here)
    assert_nothing_is_left(here)


KILLED = """
import os, signal, sys
from pathlib import Path
from chromasonic.melody_generation.hyperparameter_search.bundle import import_search
from chromasonic.melody_generation.hyperparameter_search.storage import Database
from chromasonic.workspace import Workspace

fill = Database.fill_study
def fill_and_die(database, study, trials):
    fill(database, study, trials)
    os.kill(os.getpid(), signal.SIGKILL)
Database.fill_study = fill_and_die
import_search(Path(sys.argv[1]), Workspace.open())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_an_import_that_is_killed_shows_no_half_search_and_the_next_one_clears_it_away(here):
    killed = subprocess.run([sys.executable, "-c", KILLED, STORED], env={**os.environ}, timeout=100)
    assert killed.returncode == -signal.SIGKILL
    database = open_database(here.storage_url)
    assert list_searches(here) == []
    assert len(database.storage.get_all_studies()) == 1
    search = import_search(STORED, here)
    assert search.name == "Six songs"
    assert len(database.storage.get_all_studies()) == 1
    assert {folder.name for folder in here.searches.iterdir()} >= {search.folder.name}
    assert clear_half_made(here, database) == 0


def test_a_full_disk_imports_nothing(here, monkeypatch):
    usage = shutil.disk_usage(here.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: replace_free(usage))
    with pytest.raises(WorkspaceError, match="the disk has less"):
        import_search(STORED, here)
    assert_nothing_is_left(here)


def replace_free(usage):
    return usage._replace(free=1)


def test_an_imported_search_is_found_by_its_name(here):
    import_search(STORED, here)
    assert open_search("Six songs", here).record().n_finished == 3


def test_what_rests_stays_here_and_travels_with_its_settings_in_line(here, elsewhere, tmp_path):
    search = searches.practice_search(here, strategy="resuming", n_trials=9)
    searches.run_until(search, 2)
    resting = [trial.number for trial in search.record().of_state(TrialState.RESTING)]
    assert resting
    before = everything(search.study)
    export_search(search, tmp_path / "rests.chromasonic")
    assert everything(search.study) == before
    moved = import_search(tmp_path / "rests.chromasonic", elsewhere)
    interrupted = moved.record().of_state(TrialState.INTERRUPTED)
    assert set(resting) <= {trial.number for trial in interrupted}
    in_line = [
        trial.system_attrs["fixed_params"] for trial in moved.study.get_trials() if trial.state.name == "WAITING"
    ]
    assert [before[number][3] for number in resting] == in_line[-len(resting) :]
    searches.run(moved)
    assert moved.record().n_finished == 9
