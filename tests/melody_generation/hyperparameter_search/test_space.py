"""The search space says what it refuses, and comes back whole from JSON."""

import json

import numpy as np
import optuna
import pytest

from chromasonic.errors import SettingsError
from chromasonic.melody_generation.hyperparameter_search import HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.space import batch_size_for


def test_every_field_has_the_promised_default():
    space = HyperparameterSearchSpace()
    assert space.learning_rate_range == (1e-5, 1e-2)
    assert space.batch_size_options == [16, 32, 64, 128]
    assert space.hidden_size_range == (64, 512)
    assert space.num_layers_range == (1, 4)
    assert space.dropout_range == (0.0, 0.5)
    assert space.embedding_dim_range == (32, 256)
    assert space.num_epochs == 20


@pytest.mark.parametrize(
    "field, value, word",
    [
        ("learning_rate_range", (1e-2, 1e-5), "lower value first"),
        ("learning_rate_range", (0.0, 1e-2), "above 0"),
        ("learning_rate_range", (1e-5, float("inf")), "finite"),
        ("learning_rate_range", (float("nan"), 1e-2), "finite"),
        ("learning_rate_range", "fast", "lowest and a highest"),
        ("batch_size_options", [], "at least one"),
        ("batch_size_options", [16, 16], "twice"),
        ("batch_size_options", [0, 16], "1 to 65536"),
        ("batch_size_options", [16.5], "whole numbers"),
        ("hidden_size_range", (64,), "lowest and a highest"),
        ("hidden_size_range", (33, 63), "multiple of 32"),
        ("hidden_size_range", (64.0, 128.0), "whole numbers"),
        ("num_layers_range", (0, 2), "at least 1"),
        ("num_layers_range", (True, 2), "whole numbers"),
        ("dropout_range", (-0.1, 0.5), "at least 0"),
        ("dropout_range", (0.0, 1.0), "at most 0.95"),
        ("embedding_dim_range", (256, 32), "lower value first"),
        ("num_epochs", 0, "from 1"),
        ("num_epochs", 1.5, "whole number"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(field, value, word):
    with pytest.raises(SettingsError, match=word) as caught:
        HyperparameterSearchSpace(**{field: value})
    assert caught.value.field == field


def test_numbers_and_arrays_of_numpy_are_as_welcome_as_plain_ones():
    space = HyperparameterSearchSpace(
        learning_rate_range=np.array([0.25, 0.5]),
        batch_size_options=np.array([16, 8]),
        hidden_size_range=(np.int64(32), np.int32(64)),
        num_epochs=np.int64(3),
    )
    plain = HyperparameterSearchSpace(
        learning_rate_range=(0.25, 0.5), batch_size_options=[8, 16], hidden_size_range=(32, 64), num_epochs=3
    )
    settings = SearchSettings(space=space, n_trials=np.int64(5), timeout=np.float32(2.5), seed=np.uint8(1))
    assert json.dumps(settings.to_json()) == json.dumps(
        SearchSettings(space=plain, n_trials=5, timeout=2.5, seed=1).to_json()
    )


def test_a_space_goes_to_json_and_back():
    space = HyperparameterSearchSpace(hidden_size_range=[32, 96], batch_size_options=(64, 16), num_epochs=3)
    assert HyperparameterSearchSpace.from_json(json.loads(json.dumps(space.to_json()))) == space


def test_an_unknown_field_in_json_is_named():
    with pytest.raises(SettingsError, match="moon_phase"):
        HyperparameterSearchSpace.from_json({"moon_phase": 3})


def test_every_suggestion_lies_in_the_space():
    space = HyperparameterSearchSpace(hidden_size_range=(40, 200), num_layers_range=(2, 2))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for _ in range(50):
        params = space.suggest(study.ask())
        assert 1e-5 <= params["learning_rate"] <= 1e-2
        assert params["batch_size"] in (16, 32, 64, 128)
        assert params["hidden_size"] in (64, 96, 128, 160, 192)
        assert params["num_layers"] == 2
        assert 0.0 <= params["dropout"] <= 0.5
        assert params["embedding_dim"] % 32 == 0


@pytest.mark.parametrize("n_phrases, batch_size", [(0, 4), (95, 4), (96, 8), (191, 8), (192, 16), (100_000, 16)])
def test_an_epoch_of_little_music_has_a_dozen_steps(n_phrases, batch_size):
    assert batch_size_for(n_phrases) == batch_size


@pytest.mark.parametrize(
    "offered, batch_size",
    [([16, 32, 64, 128], 16), ([64, 8, 16], 8), ([1, 4, 8], 4), ([1, 2], 2), ([128], 128)],
)
def test_the_untuned_settings_take_the_smallest_batches_that_are_not_tiny(offered, batch_size):
    assert HyperparameterSearchSpace(batch_size_options=offered).untuned()["batch_size"] == batch_size


def test_the_untuned_settings_move_into_a_narrow_space():
    space = HyperparameterSearchSpace(
        learning_rate_range=(4e-3, 5e-3),
        batch_size_options=[8, 128],
        hidden_size_range=(256, 512),
        num_layers_range=(1, 1),
        dropout_range=(0.3, 0.3),
        embedding_dim_range=(100, 200),
    )
    assert space.untuned() == {
        "learning_rate": 4e-3,
        "batch_size": 8,
        "hidden_size": 256,
        "num_layers": 1,
        "dropout": 0.3,
        "embedding_dim": 128,
    }


@pytest.mark.parametrize(
    "field, value",
    [
        ("families", ()),
        ("families", ("harp",)),
        ("n_trials", 0),
        ("jobs", 0),
        ("jobs", 65),
        ("seed", -1),
        ("timeout", 0.0),
        ("timeout", float("nan")),
        ("timeout", "3"),
        ("timeout", True),
        ("timeout", 2**2000),
        ("n_trials", "3"),
        ("n_trials", 3.0),
        ("n_trials", None),
        ("seed", True),
    ],
)
def test_search_settings_that_cannot_be_are_refused_by_name(field, value):
    with pytest.raises(SettingsError) as caught:
        SearchSettings(**{field: value})
    assert caught.value.field == field


def test_a_family_named_twice_is_one():
    assert SearchSettings(families=("lstm", "gru", "lstm")).families == ("lstm", "gru")


def test_search_settings_go_to_json_and_back():
    settings = SearchSettings(families=("gru", "transformer"), n_trials=7, timeout=12.5, seed=3, jobs=2, transpose=True)
    assert SearchSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


@pytest.mark.parametrize("n_trials, warm_up", [(1, 4), (10, 4), (20, 5), (40, 10), (1000, 10)])
def test_random_trials_at_the_start_are_scaled_to_the_budget(n_trials, warm_up):
    assert SearchSettings(n_trials=n_trials).warm_up == warm_up
