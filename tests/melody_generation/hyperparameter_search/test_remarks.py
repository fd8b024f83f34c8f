"""Notes, tags and stars: shared with optuna-dashboard, safe between several people, written while a search runs."""

import json
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import optuna_dashboard
import pytest
import searches
from scripted import ScriptedTrainer

from chromasonic.errors import NoteChangedError, SearchNotFoundError, SettingsError
from chromasonic.melody_generation.hyperparameter_search.bundle import export_search, import_search
from chromasonic.melody_generation.hyperparameter_search.catalogue import delete_search, open_search
from chromasonic.melody_generation.hyperparameter_search.dashboard import serve_dashboard
from chromasonic.melody_generation.hyperparameter_search.remarks import LONGEST_NOTE, WrittenNote
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.results.labels import LONGEST_TAG, MOST_TAGS, Labels
from chromasonic.results.records import SearchState, TrialState
from chromasonic.workspace import Workspace

TEXTS = ["Swings **best** so far", "", "a\nb\n\n- c", "é🎵" * 2000, "x" * 2045, "x" * 2046, "x" * LONGEST_NOTE]


@pytest.fixture
def searched(make_search):
    """A search with three finished trials."""
    search = make_search("Reels", n_trials=3)
    SearchRunner(search, [ScriptedTrainer(lambda number: [3.0 - number / 10])], plot=False).run()
    return search


def in_dashboard(search, trial):
    """What optuna-dashboard's own functions take: the study, or something that knows it and the trial's id."""
    return search.study if trial is None else DashboardTrial(search.study, search.study.get_trials()[trial]._trial_id)


class DashboardTrial:
    def __init__(self, study, trial_id):
        self.study, self.storage, self._trial_id = study, study._storage, trial_id


# ---- notes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trial", [None, 1], ids=["the study", "a trial"])
@pytest.mark.parametrize("text", TEXTS, ids=len)
def test_a_note_of_ours_is_read_by_optuna_dashboard(searched, trial, text):
    before = searched.remarks.write_note("x" * 5000, instead_of=WrittenNote(), trial=trial)
    searched.remarks.write_note(text, instead_of=before, trial=trial)
    assert optuna_dashboard.get_note(in_dashboard(searched, trial)) == text
    assert searched.remarks.note(trial) == WrittenNote(text, 2)


@pytest.mark.parametrize("trial", [None, 1], ids=["the study", "a trial"])
@pytest.mark.parametrize("text", TEXTS, ids=len)
def test_a_note_of_optuna_dashboard_is_read_by_us(searched, trial, text):
    optuna_dashboard.save_note(in_dashboard(searched, trial), "y" * 7000)
    optuna_dashboard.save_note(in_dashboard(searched, trial), text)
    assert searched.remarks.note(trial) == WrittenNote(text, 2)
    other = 0 if trial is None else None
    assert searched.remarks.note(other) == WrittenNote()


def test_the_dashboards_server_and_we_see_each_others_notes_and_step_on_none(searched):
    server = serve_dashboard(searched.database)

    def put(where, body, version):
        data = json.dumps({"body": body, "version": version}).encode()
        request = urllib.request.Request(
            f"{server.url}api/studies/{where}/note", data, {"Content-Type": "application/json"}, method="PUT"
        )
        with urllib.request.urlopen(request) as response:
            return response.status

    def details():
        with urllib.request.urlopen(f"{server.url}api/studies/{searched.id}?after=0") as response:
            return json.load(response)

    try:
        of_trial = f"{searched.id}/{searched.study.get_trials()[2]._trial_id}"
        assert put(searched.id, "From the dashboard", 1) == 204
        assert put(of_trial, "About a trial", 1) == 204
        assert searched.remarks.note() == WrittenNote("From the dashboard", 1)
        assert searched.remarks.note(2) == WrittenNote("About a trial", 1)
        searched.remarks.write_note("From the app", instead_of=WrittenNote("From the dashboard", 1))
        searched.remarks.write_note("The app on the trial", instead_of=WrittenNote("About a trial", 1), trial=2)
        assert details()["note"] == {"body": "From the app", "version": 2}
        assert details()["trials"][2]["note"] == {"body": "The app on the trial", "version": 2}
        with pytest.raises(urllib.error.HTTPError, match="409"):
            put(searched.id, "The dashboard, from before", 2)
        assert put(searched.id, "The dashboard, from now", 3) == 204
        with pytest.raises(NoteChangedError):
            searched.remarks.write_note("The app, from before", instead_of=WrittenNote("From the app", 2))
        assert searched.remarks.note() == WrittenNote("The dashboard, from now", 3)
    finally:
        server.close()


def test_of_several_who_save_at_once_one_succeeds_and_the_others_learn_what_stands_there(searched):
    together = threading.Barrier(8)

    def write(number):
        together.wait()
        try:
            return searched.remarks.write_note(f"by {number}" * 900, instead_of=WrittenNote())
        except NoteChangedError as error:
            return error.now

    with ThreadPoolExecutor(8) as people:
        told = list(people.map(write, range(8)))
    written = [note for note in told if isinstance(note, WrittenNote)]
    assert len(written) == 1
    assert searched.remarks.note() == written[0]
    assert {text for text in told if isinstance(text, str)} == {written[0].text}


def test_the_same_text_from_two_people_is_no_quarrel(searched):
    searched.remarks.write_note("Good", instead_of=WrittenNote())
    assert searched.remarks.write_note("Good", instead_of=WrittenNote()) == WrittenNote("Good", 1)


def test_what_cannot_be_a_note_is_refused_and_what_stood_there_stays(searched):
    stands = searched.remarks.write_note("Good", instead_of=WrittenNote())
    for text, trial, says in (
        ("x" * (LONGEST_NOTE + 1), None, "may have at most 10,000 characters, and has 10,001"),
        (5, None, "needs a text"),
        ("x", 3, "there is no trial 3"),
        ("x", -1, "needs a whole number"),
        ("x", "2", "needs a whole number"),
        ("x", 10**30, "needs a whole number"),
    ):
        with pytest.raises(SettingsError, match=says):
            searched.remarks.write_note(text, instead_of=stands, trial=trial)
    assert searched.remarks.note() == stands


def test_what_no_one_sees_is_left_out_of_a_note_and_its_layout_stays(searched):
    note = searched.remarks.write_note("a\x00b\u202e\n    code\n\n\tx\n\n", instead_of=WrittenNote())
    assert note.text == "ab\n    code\n\n    x"


# ---- tags and stars -------------------------------------------------------------------------------------------------


def test_stars_and_tags_are_kept_for_the_study_and_for_each_trial(searched):
    searched.remarks.star(True)
    searched.remarks.tag(["for the band", "slow"])
    searched.remarks.star(True, 2)
    searched.remarks.tag(["odd"], trial=0)
    searched.remarks.tag(["fast"], ["SLOW"])
    assert searched.remarks.all_labels() == {
        None: Labels(True, ("for the band", "fast")),
        2: Labels(True),
        0: Labels(False, ("odd",)),
    }
    searched.remarks.star(False, 2)
    assert searched.remarks.labels(2) == searched.remarks.labels(1) == Labels()


@pytest.mark.parametrize(
    "before, added, removed, after",
    [
        ((), ["a"], [], ("a",)),
        (("a",), ["b"], [], ("a", "b")),
        (("a", "b"), [], ["a"], ("b",)),
        (("Slow",), ["slow", " SLOW "], [], ("Slow",)),
        (("a",), ["  two   words\n"], ["not there"], ("a", "two words")),
    ],
    ids=["the first", "another", "one less", "capitals make no other", "spaces neither"],
)
def test_tags_are_given_and_taken(before, added, removed, after):
    assert Labels(True, before).retagged(added, removed) == Labels(True, after)


@pytest.mark.parametrize(
    "added, says",
    [
        ([""], "needs 1 to 40 characters, and has 0"),
        (["\u202e\x00 "], "needs 1 to 40 characters, and has 0"),
        (["x" * (LONGEST_TAG + 1)], "needs 1 to 40 characters, and has 41"),
        ([str(n) for n in range(MOST_TAGS + 1)], "may be at most 12, and there are 13"),
        ("slow", "needs a list of tags"),
        ([5], "needs tags"),
    ],
    ids=["empty", "unseen", "too long", "too many", "a text", "a number"],
)
def test_what_cannot_be_a_tag_is_refused(searched, added, says):
    with pytest.raises(SettingsError, match=says):
        searched.remarks.tag(added)
    assert searched.remarks.all_labels() == {}


def test_tags_of_several_people_at_once_are_all_kept(searched):
    with ThreadPoolExecutor(4) as people:
        list(people.map(lambda n: searched.remarks.tag([f"tag {n}"]), range(MOST_TAGS)))
    assert set(searched.remarks.labels().tags) == {f"tag {n}" for n in range(MOST_TAGS)}


@pytest.mark.parametrize("value", [None, 5, "x", [], {}, {"starred": 1, "tags": []}, {"starred": True, "tags": [5]}])
def test_labels_that_another_program_wrote_wrongly_are_none_and_can_be_written_anew(searched, value):
    searched.study.set_user_attr("chromasonic:labels", value)
    searched.study.set_user_attr("chromasonic:labels:x", value)
    assert searched.remarks.labels() == Labels()
    searched.remarks.star(True)
    assert searched.remarks.labels() == Labels(True)


# ---- while it runs, and on its travels ------------------------------------------------------------------------------


def test_a_search_that_runs_is_noted_and_starred_without_being_disturbed(make_search):
    search = make_search("Reels", n_trials=4)

    def played(number):
        search.remarks.star(True, number)
        search.remarks.tag([f"tag {number}"])
        search.remarks.write_note(f"trains: {number}", instead_of=search.remarks.note(number), trial=number)
        yield 3.0 - number / 10

    SearchRunner(search, [ScriptedTrainer(played)], plot=False).run()
    record = search.record()
    assert record.state is SearchState.FINISHED
    assert [trial.state for trial in record.trials] == [TrialState.COMPLETE] * 4
    assert [note.text for note in search.remarks.trial_notes().values()] == [f"trains: {n}" for n in range(4)]
    assert search.remarks.labels().tags == tuple(f"tag {n}" for n in range(4))
    assert all(search.remarks.labels(number).is_starred for number in range(4))


def test_all_of_it_travels_with_the_search(make_search, tmp_path):
    searched = searches.run(make_search("Reels", n_trials=3))
    long = "é\n" * 4000 + "end"
    searched.remarks.write_note(long, instead_of=WrittenNote())
    searched.remarks.write_note("the winner", instead_of=WrittenNote(), trial=2)
    searched.remarks.star(True)
    searched.remarks.tag(["for the band"], trial=1)
    export_search(searched, tmp_path / "reels.chromasonic")
    there = Workspace.open(tmp_path / "there")
    searches.practice_search(there, "Others")  # whose trials take the first ids
    moved = import_search(tmp_path / "reels.chromasonic", there)
    assert moved.remarks.note() == WrittenNote(long, 1)
    assert moved.remarks.trial_notes() == {2: WrittenNote("the winner", 1)}
    assert moved.remarks.all_labels() == {None: Labels(True), 1: Labels(False, ("for the band",))}
    assert optuna_dashboard.get_note(in_dashboard(moved, 2)) == "the winner"
    forget_database(there.storage_url)


def test_it_stays_with_a_search_that_is_renamed(searched):
    from chromasonic.melody_generation.hyperparameter_search.catalogue import rename_search

    searched.remarks.write_note("Good", instead_of=WrittenNote())
    searched.remarks.star(True, 1)
    rename_search(searched, "Jigs")
    again = open_search("Jigs", searched.workspace)
    assert again.remarks.note().text == "Good" and again.remarks.labels(1).is_starred


def test_a_star_on_a_trial_of_a_search_that_was_deleted_says_that_it_is_gone(searched):
    delete_search(searched)
    with pytest.raises(SearchNotFoundError, match="Reels"):
        searched.remarks.star(True, trial=1)
