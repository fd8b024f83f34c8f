"""A line of the list says what the record of that search says, though its trials are never read."""

import pytest
from scripted import ScriptedTrainer
from searches import held_by_the_dead, held_elsewhere

from chromasonic.errors import SearchFailedError
from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches
from chromasonic.melody_generation.hyperparameter_search.listing import list_studies
from chromasonic.melody_generation.hyperparameter_search.remarks import WrittenNote
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.storage import Database, open_database
from chromasonic.results.labels import Labels


def run(search, losses):
    SearchRunner(search, [ScriptedTrainer(lambda number: losses[number % len(losses)])], plot=False).run()


@pytest.fixture
def several(make_search):
    """Searches in which trials ended in every way, and that stand in every way."""
    run(make_search("finished", n_trials=3), [[3.0, 2.5], [2.9, 2.1, 2.2], [2.8]])
    run(make_search("failures", n_trials=4), [[3.0], "out of memory", [2.0], "not a number"])
    run(make_search("pruned", n_trials=8), [[2.0, 2.0, 2.0, 2.0], [9.0, 9.0, 9.0, 9.0]])
    with pytest.raises(SearchFailedError):
        run(make_search("nothing worked", n_trials=2), ["out of memory"])
    make_search("not begun", families=("gru", "rnn"))
    held_elsewhere(make_search("running"))
    killed = make_search("killed")
    killed.settings.space.suggest(killed.study.ask())
    held_by_the_dead(killed)
    stopped = make_search("stopped", n_trials=2)
    trainer = ScriptedTrainer([[2.0], "slow"])
    runner = SearchRunner(stopped, [trainer], plot=False)
    runner.start()
    assert trainer.in_slow_trial.wait(20)
    runner.stop()
    runner.join(20)


def as_told_by_records(workspace):
    return [
        (
            search.id, record.name, record.music, record.state, record.n_tried, record.n_trials,
            record.best and record.best.best_validation_loss, record.created, record.families,
        )
        for search in list_searches(workspace)
        for record in [search.record()]
    ]  # fmt: skip


def as_listed(studies):
    return [
        (
            study.id, study.name, study.music, study.state, study.n_tried, study.n_trials, study.best_loss,
            study.created, study.families,
        )
        for study in studies
    ]  # fmt: skip


def test_the_list_says_the_same_as_the_records(several, workspace):
    listed = as_listed(list_studies(workspace))
    assert len(listed) == 8
    assert listed == as_told_by_records(workspace)


def test_behind_a_proxy_that_knows_no_tables_it_says_the_same(several, workspace):
    database = open_database(workspace.storage_url)
    proxied = Database("grpc://proxy", database.storage, None)
    assert as_listed(list_studies(workspace, proxied)) == as_told_by_records(workspace)


def test_a_line_bears_the_star_the_tags_and_the_note_of_the_search_and_none_of_its_trials(make_search, workspace):
    search = make_search()
    search.remarks.star(True)
    search.remarks.tag(["slow"])
    search.remarks.star(True, 0)
    search.remarks.write_note("Good", instead_of=WrittenNote())
    search.remarks.write_note("A trial", instead_of=WrittenNote(), trial=0)
    (line,) = list_studies(workspace)
    assert (line.labels, line.note) == (Labels(True, ("slow",)), "Good")


def test_studies_of_other_programs_are_left_out(make_search, workspace):
    search = make_search()
    search.database.create_study("another's", "x", 1)
    assert [study.name for study in list_studies(workspace)] == [search.name]
