"""A search is kept whole: found, renamed, deleted, and read again only when something changed."""

import math
import re

import optuna
import pytest
from scripted import ScriptedTrainer
from searches import held_by_the_dead

from chromasonic.errors import SearchError, SearchNotFoundError, StorageError
from chromasonic.melody_generation.hyperparameter_search import storage
from chromasonic.melody_generation.hyperparameter_search.catalogue import (
    MAX_NAME_LENGTH,
    Search,
    create_search,
    delete_search,
    free_name,
    list_searches,
    open_search,
    rename_search,
)
from chromasonic.melody_generation.hyperparameter_search.registry import SearchRegistry
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database, open_database
from chromasonic.people import Person
from chromasonic.results.records import SearchState


def test_everything_needed_to_repeat_a_search_is_stored_with_it(make_search, practice_data, tiny_space):
    search = make_search(seed=11, jobs=2)
    record = search.record()
    assert (record.seed, record.jobs, record.space) == (11, 2, tiny_space.to_json())
    assert record.fingerprint == practice_data.fingerprint
    assert set(record.versions) == {"chromasonic", "python", "torch", "optuna", "numpy"}
    assert search.load_data().train == practice_data.train


@pytest.mark.parametrize(
    "name", ["Étude №1 <b>bold</b>", "../../etc/passwd", "夜想曲 🎵", "a/b\\c:d", "CON", '"quoted"']
)
def test_any_name_is_kept_exactly_and_stays_in_the_workspace(make_search, workspace, name):
    search = make_search(name)
    assert open_search(name, workspace).name == name
    assert search.folder.resolve().parent == workspace.searches.resolve()


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_name_that_cannot_be_is_explained(make_search, name):
    with pytest.raises(SearchError, match="1 to 200 characters"):
        make_search(name)


def test_a_name_is_tidied_in_the_same_way_everywhere(make_search, workspace):
    make_search("a  b")
    database = open_database(workspace.storage_url)
    assert free_name(" a   b ", database) == "a b (2)"


def test_a_copy_of_a_copy_gets_the_next_number(make_search, workspace):
    for name in ("Reels", "Reels (2)"):
        make_search(name)
    assert free_name("Reels (2)", open_database(workspace.storage_url)) == "Reels (3)"
    assert free_name("Jigs (2)", open_database(workspace.storage_url)) == "Jigs (2)"


def test_a_taken_name_of_full_length_gets_a_number_too(make_search, workspace):
    make_search("x" * MAX_NAME_LENGTH)
    free = free_name("x" * MAX_NAME_LENGTH, open_database(workspace.storage_url))
    assert make_search(free).name == "x" * (MAX_NAME_LENGTH - 4) + " (2)"


def test_a_new_search_knows_its_baselines_and_its_device(make_search):
    record = make_search().record()
    assert record.baselines.uniform == pytest.approx(math.log(88))
    assert "core" in record.device


def test_a_taken_name_is_refused_and_leaves_the_first_as_it_was(make_search, workspace):
    first = make_search("twins")
    with pytest.raises(SearchError, match="already a search"):
        make_search("twins")
    assert [search.name for search in list_searches(workspace)] == ["twins"]
    assert len(list(workspace.searches.iterdir())) == 1
    assert first.load_data()


def test_renaming_keeps_trials_and_music(make_search, workspace):
    search = make_search("draft")
    SearchRunner(search, [ScriptedTrainer(lambda number: [2.0])]).run()
    renamed = rename_search(search, "opus 1")
    assert renamed.record().name == "opus 1"
    assert renamed.record().n_finished == 4
    assert renamed.load_data()
    with pytest.raises(SearchNotFoundError, match="draft"):
        open_search("draft", workspace)
    assert optuna.load_study(study_name="opus 1", storage=workspace.storage_url).trials


def test_deleting_takes_the_folder_along(make_search, workspace):
    search = make_search()
    delete_search(search)
    assert list_searches(workspace) == []
    assert list(workspace.searches.iterdir()) == []


def test_a_running_search_is_neither_renamed_nor_deleted(make_search):
    search = make_search()
    trainer = ScriptedTrainer(lambda number: "slow")
    runner = SearchRunner(search, [trainer])
    runner.start()
    assert trainer.in_slow_trial.wait(20)
    for action in (lambda: rename_search(search, "other"), lambda: delete_search(search)):
        with pytest.raises(SearchError, match="Stop it there first"):
            action()
    runner.stop()
    assert runner.join(20)


def test_the_record_is_the_same_object_until_something_changes(make_search):
    search = make_search()
    before = search.record()
    assert search.record() is before
    trial = search.study.ask()
    after = search.record()
    assert after is not before
    trial.report(3.0, 1)
    assert search.record().trials[0].curve[0].validation_loss == 3.0


def test_what_another_process_extended_is_seen_at_the_next_look(make_search, workspace):
    search = make_search(n_trials=4)
    assert search.record().n_trials == 4
    there = Search(search.database, workspace, search.study)  # as another process has it
    there.extend(9, timeout=60.0)
    assert (search.record().n_trials, search.record().timeout) == (9, 60.0)
    assert search.settings == there.settings


def test_studies_of_other_programs_are_left_alone(make_search, workspace):
    make_search("ours")
    database = open_database(workspace.storage_url)
    optuna.create_study(study_name="theirs", storage=database.storage)
    assert [search.name for search in list_searches(workspace)] == ["ours"]
    with pytest.raises(SearchNotFoundError, match="another program"):
        open_search("theirs", workspace)
    assert free_name("theirs", database) == "theirs (2)"


def test_a_search_whose_process_is_gone_has_stopped(make_search):
    search = make_search()
    held_by_the_dead(search)
    record = search.record()
    assert record.state is SearchState.STOPPED
    assert record.reason.startswith("the program that ran it ended suddenly")


def test_the_database_is_in_wal_mode_and_opened_once(workspace):
    database = open_database(workspace.storage_url)
    assert open_database(workspace.storage_url) is database
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


@pytest.mark.parametrize("url", ["nonsense", "redis://localhost", "", "sqlite+lute:///searches.db"])
def test_an_address_that_is_no_database_is_not_called_damaged(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SearchError, match="no storage that can be used") as caught:
        open_database(url)
    assert "damaged" not in str(caught.value)
    assert "sqlite:///" in str(caught.value)


def test_no_column_is_named_by_a_word_that_mysql_keeps_for_itself():
    assert not re.search(r"(?<!\.)\bkey\b", str(storage._CHANGE_TOKEN))


def test_a_damaged_database_is_explained(tmp_path):
    (tmp_path / "searches.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StorageError, match="is damaged"):
        open_database(f"sqlite:///{tmp_path / 'searches.db'}")


def test_a_search_belongs_to_who_made_it_and_is_shared_only_when_they_say_so(workspace, practice_data):
    anna = Person("https://id.example 1", "Anna", "anna@example.org")
    mine = create_search("Anna's", practice_data, SearchSettings(), workspace=workspace, owner=anna)
    assert (mine.owner, mine.is_shared) == (anna, False)
    mine.share(True)
    forget_database(workspace.storage_url)  # read again, as another process would
    found = open_search("Anna's", workspace)
    assert found is not mine
    assert (found.owner, found.is_shared) == (anna, True)


def test_a_search_made_without_a_login_belongs_to_nobody(make_search):
    assert make_search().owner is None


def test_another_search_starts_only_when_it_may(make_search):
    def full(running):
        raise SearchError("as many as may run")

    registry = SearchRegistry()
    search = make_search()
    with pytest.raises(SearchError, match="as many as may run"):
        registry.start(search, full)
    assert registry.running() == [] and not search.is_held()
