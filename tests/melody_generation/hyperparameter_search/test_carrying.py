"""A search that goes on in another space begins with what the old one found."""

from dataclasses import replace

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from scripted import ScriptedTrainer

from chromasonic.melody_generation.hyperparameter_search.carrying import fitting_trials, holds, nearest, taken_along
from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.results.records import SearchState, TrialState
from chromasonic.results.report import optimization_report


@pytest.fixture
def old(make_search):
    """Six trials: the untuned one, four more, and one that failed."""
    search = make_search("old", n_trials=6)
    losses = {0: [2.5, 2.4], 1: [2.3, 2.2], 2: [2.1, 2.0], 3: [2.6, 2.5], 4: "out of tune", 5: [2.2, 2.1]}
    SearchRunner(search, [ScriptedTrainer(losses)], pruner=optuna.pruners.NopPruner()).run()
    return search


@pytest.fixture
def continued(workspace, practice_data, old):
    def make(name="new", n_trials=8, families=("lstm",), **space):
        settings = replace(
            old.settings, n_trials=n_trials, families=families, space=replace(old.settings.space, **space)
        )
        return create_search(name, practice_data, settings, workspace=workspace, begin_with=old)

    return make


def of(record, *names):
    return [tuple(getattr(trial, name) for name in names) for trial in record.trials]


def test_in_a_wider_space_every_trial_that_did_not_fail_is_taken_along(continued, old):
    new = continued(learning_rate_range=(1e-4, 1e-1), dropout_range=(0.0, 0.5))
    taken = [trial for trial in old.record().trials if trial.state is TrialState.COMPLETE]
    record = new.record()
    compared = ("params", "state", "best_validation_loss", "curve", "n_parameters", "is_untuned")
    assert of(record, *compared)[:5] == of(replace(old.record(), trials=tuple(taken)), *compared)
    assert record.began_with == "the trials of “old” that fit (5 of 6)"
    assert record.untuned is not None
    assert new.checkpoints.kept() == [0, 1, 2, 3, 4]


def test_as_many_are_foretold_to_be_taken_along_as_are(continued, old):
    for space in ({"dropout_range": (0.0, 0.5)}, {"num_epochs": old.settings.space.num_epochs + 1}):
        new = continued(name=f"new {space}", **space)
        told = taken_along(old, new.settings)
        assert len(told) == sum(trial.is_carried for trial in new.record().trials)
        assert all(begun.is_complete and begun.epochs == 2 for begun in told)
    assert not told  # after longer lessons losses cannot be compared
    assert taken_along(old, replace(old.settings, seed=old.settings.seed + 1)) == []


def test_a_wider_space_is_searched_to_the_asked_number_and_the_report_tells_what_it_began_with(continued):
    new = continued(learning_rate_range=(1e-4, 1e-1))
    trainer = ScriptedTrainer(lambda number: [1.9, 1.8])
    SearchRunner(new, [trainer]).run()
    record = new.record()
    assert (record.state, record.n_finished) == (SearchState.FINISHED, 8)
    assert [candidate.number for candidate in trainer.trained] == [5, 6, 7]
    assert "Began with" in optimization_report(record)


def test_what_lies_outside_a_narrower_space_is_left_behind(continued, old):
    new = continued(hidden_size_range=(32, 32))
    inside = [trial.params for trial in old.record().trials if trial.state is TrialState.COMPLETE]
    inside = [params for params in inside if params["hidden_size"] == 32]
    assert 0 < len(inside) < 5
    assert [params for (params,) in of(new.record(), "params") if params] == inside


def test_another_batch_size_leaves_the_trials_of_the_old_one_behind(continued, old):
    settings = replace(old.settings, space=replace(old.settings.space, batch_size_options=[16, 32]))
    assert {found.params["batch_size"] for found in fitting_trials(old, settings)} <= {16}


def test_more_families_take_along_what_the_one_has_found(continued):
    new = continued(families=("gru", "lstm"))
    assert {family for state, family in of(new.record(), "state", "family") if state is TrialState.COMPLETE} == {"lstm"}
    SearchRunner(new, [ScriptedTrainer(lambda number: [1.9, 1.8])]).run()
    assert new.record().n_finished == 8


def test_another_family_alone_begins_anew(continued):
    new = continued(families=("gru",))
    assert new.record().n_finished == 0
    assert new.record().began_with == "the trials of “old” that fit (0 of 6)"


def test_after_longer_lessons_losses_cannot_be_compared_so_the_best_settings_are_tried_first(continued, old):
    new = continued(num_epochs=9)
    assert new.record().n_finished == 0
    trainer = ScriptedTrainer(lambda number: [1.9, 1.8])
    SearchRunner(new, [trainer]).run()
    best = sorted(
        (trial for trial in old.record().trials if trial.state is TrialState.COMPLETE),
        key=lambda trial: trial.best_validation_loss,
    )
    assert [candidate.params for candidate in trainer.trained[:5]] == [trial.params for trial in best]
    assert new.record().untuned is not None


def test_where_nothing_fits_the_best_settings_are_moved_to_what_is_allowed_and_tried_first(continued, old):
    new = continued(dropout_range=(0.77, 0.77))
    assert new.record().n_finished == 0
    assert "moved to what is allowed" in new.record().began_with
    trainer = ScriptedTrainer(lambda number: [1.9, 1.8])
    SearchRunner(new, [trainer]).run()
    assert trainer.trained[0].params == {**old.record().best.params, "dropout": 0.77}


@pytest.mark.parametrize(
    "distribution, value, moved",
    [
        (IntDistribution(64, 192, step=32), 250, 192),
        (IntDistribution(64, 192, step=32), 100, 96),
        (FloatDistribution(1e-4, 1e-2, log=True), 0.5, 1e-2),
        (CategoricalDistribution([16, 64]), 32, 16),
        (CategoricalDistribution(["gru", "lstm"]), "lstm", "lstm"),
    ],
)
def test_a_setting_moves_to_the_nearest_that_is_allowed(distribution, value, moved):
    assert nearest(distribution, value) == moved
    assert holds(distribution, moved)
