"""How long a search will take, and how fast it goes."""

from dataclasses import replace

import numpy as np
import pytest

from chromasonic.melody_generation import cores
from chromasonic.melody_generation.hyperparameter_search.estimate import (
    TURN_COST,
    Shown,
    Speed,
    estimate_seconds,
    expected_cost,
    fit_costs,
    parts,
)
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.space import HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.status import Pace
from chromasonic.results.workload import Begun

TWO_AT_ONCE = SearchSettings(space=HyperparameterSearchSpace(num_epochs=10), n_trials=4, jobs=2, strategy="none")


@pytest.fixture
def seconds(monkeypatch):
    """The estimate of a search in which a token takes 1 ms and an epoch has 1,000; processes start in 3 s."""
    monkeypatch.setattr(Speed, "seconds_per_token", lambda self, family, params, vocab_size: 1e-3)
    return lambda settings, begun=(): estimate_seconds(settings, {"lstm": Speed((), 3.0)}, 1_000, 100, begun)


@pytest.mark.parametrize(("share", "at_once"), [("200000 100000", 2), ("50000 100000", 1)])
def test_no_more_train_at_once_than_a_container_has_cores(share, at_once, seconds, tmp_path, monkeypatch):
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda process: range(8), raising=False)
    monkeypatch.setattr(cores, "CPU_SHARE", tmp_path / "cpu.max")
    cores.CPU_SHARE.write_text(share, encoding="ascii")
    alone = {1: 0, 2: 10 / 2 / 2}[at_once]  # half of the last trial, while the other process has nothing to do
    assert seconds(TWO_AT_ONCE) == pytest.approx(3 + (4 * 10 / at_once + alone) + 4 * TURN_COST / at_once)


def test_one_that_lets_trials_rest_takes_as_long_as_they_are_expected_to_train(seconds):
    one = replace(TWO_AT_ONCE, jobs=1)
    resting = replace(one, strategy="resuming")
    assert seconds(one) == pytest.approx(3 + 4 * 10 + 4 * TURN_COST)
    work = resting.workload
    assert seconds(resting) == pytest.approx(3 + work.epochs_left() + TURN_COST * work.turns_left())
    assert work.epochs_left() < 4 * 10


def test_what_is_taken_along_from_another_search_takes_no_time(seconds):
    one = replace(TWO_AT_ONCE, jobs=1)
    taken = [Begun(10, True, True), Begun(10, True, True)]
    assert seconds(one, taken) == pytest.approx(3 + 2 * 10 + 2 * TURN_COST)


def test_what_a_search_of_the_same_music_has_shown_is_surer_than_a_measured_speed(monkeypatch):
    monkeypatch.setattr(Speed, "seconds_per_token", lambda self, family, params, vocab_size: params["hidden_size"])
    one, speeds = replace(TWO_AT_ONCE, jobs=1), {"lstm": Speed(())}
    small, large = (
        replace(one, space=HyperparameterSearchSpace(num_epochs=10, hidden_size_range=(h, h))) for h in (64, 128)
    )
    taken, shown = [Begun(10, True, True)], Shown(small, pace=3.0)
    assert estimate_seconds(small, speeds, 1_000, 100, taken, shown) == pytest.approx(3.0 * 3 * 10)
    assert estimate_seconds(large, speeds, 1_000, 100, taken, shown) == pytest.approx(2 * 3.0 * 3 * 10)


def test_the_pace_is_from_epoch_to_epoch_and_leaves_the_start_out():
    pace = Pace()
    pace.note(1, 30.0)
    pace.note(2, 31.0)
    for now in (32.0, 34.0):
        pace.note(1, now)
    for now in (34.0, 37.0):
        assert pace.seconds is None
        pace.note(2, now)
    assert pace.seconds is None
    pace.note(1, 36.0)
    assert pace.seconds == (2 + 2 + 3 + 3 + 2) / 5


def test_a_search_that_goes_on_knows_the_pace_of_the_runs_before():
    pace = Pace(before=2.0)
    assert pace.seconds == 2.0
    for now in range(0, 24, 4):  # five epochs of four seconds each
        pace.note(1, float(now))
    assert pace.seconds == 3.0


@pytest.mark.parametrize(
    ("seconds", "costs"),
    [
        ([2.0, 5.0, 8.0], [2.0, 3.0]),
        ([4.0, 4.0, 4.0], [4.0, 0.0]),
        ([4.0, 3.0, 2.0], [(1 / 4 + 1 / 3 + 1 / 2) / (1 / 16 + 1 / 9 + 1 / 4), 0.0]),  # not 4 and -1
    ],
    ids=["two costs", "one cost", "none below zero"],
)
def test_the_costs_of_parts_explain_the_times_and_none_is_below_zero(seconds, costs):
    done = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    assert fit_costs(done, np.array(seconds)) == pytest.approx(costs, abs=1e-9)


def test_the_parts_of_a_token_are_shared_by_the_phrases_of_a_batch_but_for_its_arithmetic():
    params = {"hidden_size": 64, "num_layers": 2, "batch_size": 4, "embedding_dim": 32}
    steps, unit_steps, units, n_weights = parts("lstm", params, 100)
    assert (steps, unit_steps, units) == (2 / 4, 2 * 64 / 4, 2 * 64)
    assert n_weights == 32 * 64 + 64 * 100 + 4 * 64 * (32 + 64) + 4 * 64 * 128
    assert Speed((1.0, 0.0, 0.0, 1.0)).seconds_per_token("lstm", params, 100) == 0.5 + n_weights


def test_what_a_search_trains_lies_between_the_default_settings_and_the_middle_of_the_range():
    drawn = [1.0, 10.0, 100.0, 1000.0, 10.0]  # whose middle, by ratios, is 10 to the power of 7 / 5
    assert expected_cost(drawn, [10.0, 10.0]) == pytest.approx(10 ** ((7 / 5 + 1) / 2))
