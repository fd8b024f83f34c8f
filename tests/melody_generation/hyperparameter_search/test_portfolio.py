"""Settings that did well on other music are tried first."""

from dataclasses import replace

import pytest
from scripted import ScriptedTrainer

from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search
from chromasonic.melody_generation.hyperparameter_search.portfolio import PORTFOLIO
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.space import HyperparameterSearchSpace
from chromasonic.results.records import PARAMETERS

WIDE = HyperparameterSearchSpace(batch_size_options=[4, 8, 16], num_epochs=4)


@pytest.fixture
def in_line(workspace, practice_data):
    """What a new search with such settings has in line after the default settings."""

    def look(space=WIDE, **settings):
        settings = SearchSettings(
            space=space, **{"n_trials": 20, "families": ("lstm",), "strategy": "resuming", **settings}
        )
        search = create_search("proven", practice_data, settings, workspace=workspace)
        waiting = search.study.get_trials(deepcopy=False)
        assert "chromasonic:untuned" in waiting[0].user_attrs
        assert all("chromasonic:proven" in trial.user_attrs for trial in waiting[1:])
        return [trial.system_attrs["fixed_params"] for trial in waiting[1:]]

    return look


@pytest.mark.parametrize("family", PORTFOLIO)
def test_each_family_has_settings_that_a_search_may_try(family, in_line):
    assert in_line(families=(family,)) == list(PORTFOLIO[family])
    assert all(tuple(params) == PARAMETERS for params in PORTFOLIO[family])


@pytest.mark.parametrize("n_trials, n_proven", [(1, 0), (4, 0), (5, 1), (19, 3), (20, 4), (700, 4)])
def test_at_most_a_fifth_of_a_search_is_given(in_line, n_trials, n_proven):
    assert len(in_line(n_trials=n_trials)) == n_proven


@pytest.mark.parametrize("strategy", ["median", "none", "hyperband", "halving"])
def test_where_each_would_be_trained_long_none_is_tried(in_line, strategy):
    assert in_line(strategy=strategy) == []


def test_they_are_moved_into_a_narrower_space_and_none_is_tried_twice(in_line):
    space = replace(WIDE, batch_size_options=[16, 32], hidden_size_range=(64, 64), learning_rate_range=(1e-3, 3e-3))
    tried = in_line(space)
    assert {(params["hidden_size"], params["batch_size"]) for params in tried} == {(64, 16)}
    assert all(params["learning_rate"] <= 3e-3 for params in tried)
    assert len({tuple(params.values()) for params in tried}) == len(tried) > 1


def test_of_several_families_each_has_its_turn(in_line):
    families = [params["model_family"] for params in in_line(families=("lstm", "rnn"))]
    assert families == ["lstm", "rnn", "lstm", "rnn"]


def test_a_family_of_ones_own_begins_with_the_default_settings_alone(in_line):
    assert in_line(families=("mine:Model",)) == []


def test_they_are_searched_right_after_the_default_settings_and_known_afterwards(workspace, practice_data):
    settings = SearchSettings(space=WIDE, n_trials=10, families=("lstm",), strategy="resuming")
    search = create_search("proven", practice_data, settings, workspace=workspace)
    SearchRunner(search, [ScriptedTrainer(lambda number: [2.0, 1.9, 1.8, 1.7])]).run()
    trials = search.record().trials
    assert [trial.is_given for trial in trials] == [True] * 3 + [False] * 7
    assert [trial.params for trial in trials if trial.is_proven] == list(PORTFOLIO["lstm"][:2])
