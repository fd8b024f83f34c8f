"""Each trial that leads leaves a song, which stays with its search wherever that goes."""

import json
import urllib.request
from dataclasses import replace

import pytest
from scripted import ScriptedTrainer
from searches import TINY_SPACE, practice_search, run, tiny_search

from chromasonic.errors import RenderingError
from chromasonic.melody_generation.hyperparameter_search.bundle import export_search, import_search
from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search, delete_search
from chromasonic.melody_generation.hyperparameter_search.dashboard import serve_dashboard
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.search import Search
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.music.melody import Melody, Note
from chromasonic.results.ears.comparisons import Answer, Comparisons
from chromasonic.workspace import Workspace

TUNES = [
    Melody(tuple(Note(beat / 2, 0.5, 60 + (tune * beat * beat + 3 * beat) % 17) for beat in range(32)), title=f"{tune}")
    for tune in range(1, 13)
]


@pytest.fixture
def sung(workspace):
    """A search whose second of three trials, scripted, was no new best."""
    search = tiny_search(workspace, TUNES, n_trials=3)
    SearchRunner(search, [ScriptedTrainer([[3.0, 2.9], [3.1, 3.0], [2.5, 2.4]])], plot=False).run()
    return search


def stored(workspace):
    return list((workspace.root / "artifacts").iterdir())


def test_a_real_search_sings_as_it_goes(workspace):
    search = run(tiny_search(workspace, TUNES, n_trials=2))
    assert search.songs.numbers() == [trial.number for trial in search.record().trials if trial.state == "complete"]
    song = search.songs.melody(0)
    assert search.opening is not None
    given = search.opening.notes
    assert [note.pitch for note in song.notes[: len(given)]] == [note.pitch for note in given]
    assert search.songs.sound(0).startswith(b"OggS")


def test_each_trial_that_leads_leaves_notes_and_sound(sung, workspace):
    assert sung.songs.numbers() == [0, 1, 2]
    assert [note.pitch for note in sung.songs.melody(2).notes][:3] == [62, 63, 64]
    assert len(stored(workspace)) == 6


def test_practice_melodies_are_not_sung(workspace):
    search = run(practice_search(workspace))
    assert search.songs.numbers() == []
    assert all(trial.reason is None for trial in search.record().trials)


def test_a_song_that_cannot_be_made_is_a_note_on_the_trial_which_counts(workspace):
    class Hoarse(ScriptedTrainer):
        def sing(self, stem):
            raise RenderingError("it has no voice")

    search = tiny_search(workspace, TUNES, n_trials=1)
    SearchRunner(search, [Hoarse([[2.0]])], plot=False).run()
    (trial,) = search.record().trials
    assert (trial.state, trial.reason) == ("complete", "its song could not be kept: it has no voice")
    assert search.checkpoints.kept() == [0]


def test_the_dashboard_plays_them(sung, workspace):
    server = serve_dashboard(sung.database, songs=workspace.artifact_store)
    try:
        with urllib.request.urlopen(f"{server.url}api/studies/{sung.id}?after=0") as answer:
            trials = json.load(answer)["trials"]
        (artifact,) = (a for a in trials[2]["artifacts"] if a["mimetype"] == "audio/ogg")
        address = f"{server.url}artifacts/{sung.id}/{trials[2]['trial_id']}/{artifact['artifact_id']}"
        with urllib.request.urlopen(address) as answer:
            assert answer.read() == sung.songs.sound(2)
    finally:
        server.close()


def test_a_deleted_search_leaves_no_song(sung, workspace):
    delete_search(sung)
    assert stored(workspace) == []


def test_they_travel_with_an_export(workspace, tmp_path):
    sung = run(tiny_search(workspace, TUNES, n_trials=1))
    export_search(sung, tmp_path / "sung.chromasonic")
    elsewhere = Workspace.open(tmp_path / "elsewhere")
    search = import_search(tmp_path / "sung.chromasonic", elsewhere)
    assert search.songs.melody(0) == sung.songs.melody(0)
    assert len(stored(elsewhere)) == 2
    forget_database(elsewhere.storage_url)


def test_comparisons_by_ear_travel_too_but_not_those_of_other_people(workspace, tmp_path):
    sung = run(tiny_search(workspace, TUNES, n_trials=1))
    for whose in ("mine", "0123abcd"):
        Comparisons(sung.folder / "ears" / f"{whose}.jsonl").add(0, 2, Answer.RIGHT)
    export_search(sung, tmp_path / "sung.chromasonic")
    search = import_search(tmp_path / "sung.chromasonic", workspace)
    assert [file.name for file in (search.folder / "ears").iterdir()] == ["mine.jsonl"]
    assert len(Comparisons(search.folder / "ears" / "mine.jsonl").read()) == 1


def test_a_search_that_begins_with_another_has_its_songs(sung, workspace):
    wider = replace(sung.settings, space=replace(TINY_SPACE, hidden_size_range=(32, 96)), n_trials=4)
    changed = create_search("Changed", sung.load_data(), wider, workspace=workspace, begin_with=sung)
    assert changed.songs.numbers() == [0, 1, 2]
    assert changed.songs.sound(2) == sung.songs.sound(2)
    delete_search(changed)
    assert len(stored(workspace)) == 6


def test_another_machine_hears_them_through_the_store(tmp_path):
    here = replace(Workspace.open(tmp_path / "here"), storage=f"sqlite:///{tmp_path / 'all.db'}")
    here = replace(here, artifacts=str(tmp_path / "shared"))
    search = tiny_search(here, TUNES, n_trials=2)
    SearchRunner(search, [ScriptedTrainer([[3.0], [2.0]])], plot=False).run()
    there = replace(Workspace.open(tmp_path / "there"), storage=here.storage, artifacts=here.artifacts)
    elsewhere = Search(search.database, there, search.study)
    assert elsewhere.songs.numbers() == [0, 1]
    assert elsewhere.songs.melody(1) == search.songs.melody(1)
    assert search.checkpoints.kept() == [0, 1]
    forget_database(here.storage_url)
