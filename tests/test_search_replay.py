"""Searches replayed on learning curves: small tables, checked by eye."""

import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from learning_curves import Curve, Table, path_of, read_table
from portfolio import portfolio
from search_efficiency import Replay, Row, Way, gain, replayed

from chromasonic.melody_generation.hyperparameter_search import HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.history import UNTUNED
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "learning_curves.py"
SPACE = HyperparameterSearchSpace(num_epochs=4)
SETTINGS = [SPACE.untuned() | {"hidden_size": size} for size in (64, 128, 256, 512, 320)]


def table_of(*losses: list[float]) -> Table:
    """One curve for each of SETTINGS; each epoch takes one second."""
    curves = [Curve(params, curve, [1.0] * len(curve)) for params, curve in zip(SETTINGS, losses, strict=False)]
    return Table(
        music="none",
        family="rnn",
        tunes=1,
        epochs=4,
        space=SPACE.to_json(),
        seed=0,
        code="none",
        made_on={},
        curves=curves,
    )


TABLE = table_of([9, 8, 7, 6], [5, 4, 3, 2], [8, 7, 6, 5], [7, 6, 5, 4])
LONGER_TABLE = table_of(*(curve.losses for curve in TABLE.curves), [9, 9, 9, 9])


class InOrder(optuna.samplers.RandomSampler):
    """Wishes for the first settings that were not tried."""

    def sample_relative(self, study, trial, search_space):
        return self.nearest.untried[0]


def replay_of(table: Table, budget: float, pruner: optuna.pruners.BasePruner | None = None) -> Replay:
    """A replay that begins with the settings in their order."""
    sampler = InOrder(seed=0)
    replay = Replay(table, budget, SearchSettings(space=SPACE), sampler, pruner or optuna.pruners.NopPruner())
    sampler.nearest = replay.nearest
    return replay


ONE_AFTER_ANOTHER = Way("one after another")
RESUMING = Way("resuming", "resuming", eta=2)


def epochs_of_trials(replay: Replay) -> list[tuple[int, list[float], str]]:
    return [
        (trial.params["hidden_size"], list(trial.intermediate_values.values()), trial.state.name)
        for trial in replay.study.trials
        if trial.params
    ]


def train(folder: Path, *options: str) -> Table:
    """What the script that trains has put into `folder`."""
    small = ["--epochs", "2", "--music", "airds", "--families", "rnn", "--tunes", "12", "--space", "quick"]
    command = [sys.executable, str(SCRIPT), *small, "--folder", str(folder), *options]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=110, env=dict(os.environ))
    return read_table(path_of(folder, "airds", "rnn"))


def test_a_replay_ends_when_its_seconds_are_used_up_and_tells_when_each_better_loss_was_found() -> None:
    replay = ONE_AFTER_ANOTHER.run(replay_of(TABLE, budget=6.5))
    assert replay.bests == [(1, 9), (2, 8), (3, 7), (4, 6), (5, 5), (6, 4)]
    assert not replay.had_all


def test_a_replay_that_has_had_all_settings_says_so() -> None:
    replay = ONE_AFTER_ANOTHER.run(replay_of(TABLE, budget=100))
    assert replay.had_all
    assert [trial.value for trial in replay.study.trials] == [6, 2, 5, 4]


def test_a_pruned_trial_never_goes_on() -> None:
    pruner = optuna.pruners.ThresholdPruner(upper=7.5)
    replay = ONE_AFTER_ANOTHER.run(replay_of(TABLE, budget=100, pruner=pruner))
    assert epochs_of_trials(replay) == [
        (64, [9], "PRUNED"),
        (128, [5, 4, 3, 2], "COMPLETE"),
        (256, [8], "PRUNED"),
        (512, [7, 6, 5, 4], "COMPLETE"),
    ]


# Rungs at 1 and 2 epochs. 64 rests at 9, and 128 at 5. Of these two 128 goes on, and rests at 4, alone on its rung. 256
# rests at 8: of three, one goes on, which has. 512 rests at 7: of four, two go on, so it does, and rests at 6. Of these
# two 128 goes on, to its end. Now neither may go on, so 320 is begun, and the time is up.
def test_when_resuming_the_better_half_of_each_rung_goes_on_where_it_rested() -> None:
    replay = RESUMING.run(replay_of(LONGER_TABLE, budget=8))
    assert epochs_of_trials(replay) == [
        (64, [9], "RUNNING"),
        (128, [5, 4, 3, 2], "COMPLETE"),
        (256, [8], "RUNNING"),
        (512, [7, 6], "RUNNING"),
        (320, [], "RUNNING"),
    ]
    assert replay.bests == [(1, 9), (2, 5), (3, 4), (7, 3), (8, 2)]  # seconds: no epoch was trained twice


# Without 320 as many go on from each rung as may: two of the four from the first, which have, and one of two.
def test_when_resuming_and_the_table_has_no_other_settings_the_search_ends_as_in_the_app() -> None:
    replay = RESUMING.run(replay_of(TABLE, budget=100))
    assert replay.had_all
    assert epochs_of_trials(replay) == [
        (64, [9], "PRUNED"),
        (128, [5, 4, 3, 2], "COMPLETE"),
        (256, [8], "PRUNED"),
        (512, [7, 6], "PRUNED"),
    ]


def test_when_resuming_the_default_settings_are_trained_to_their_end_after_all_others() -> None:
    replay = replay_of(TABLE, budget=100)
    replay.study.enqueue_trial(SETTINGS[0], user_attrs={UNTUNED: True})
    assert epochs_of_trials(RESUMING.run(replay))[0] == (64, [9, 8, 7, 6], "COMPLETE")
    assert [loss for _, loss in replay.bests] == [9, 5, 4, 3, 2]


@pytest.mark.parametrize("strategy", ["median", "resuming"])
def test_a_way_may_begin_with_the_default_settings(strategy: str) -> None:
    replay = replayed(Way("default first", strategy, default_first=True), TABLE, (), seed=3, n_trials=1)
    assert replay.study.trials[0].params == SETTINGS[0]


def test_a_way_may_begin_with_what_did_best_on_other_music() -> None:
    others = table_of([9, 9, 9, 9], [9, 9, 9, 8], [9, 9, 9, 2], [9, 9, 9, 4]), table_of([9], [8], [3], [4])
    assert [params["hidden_size"] for params in portfolio(others, size=2)] == [256, 512]
    way = Way("proven first", "resuming", default_first=True, proven_first=True)
    replay = replayed(way, LONGER_TABLE, others, seed=3, n_trials=3)
    assert [trial.params["hidden_size"] for trial in replay.study.trials[:4]] == [64, 256, 512, 128]


def test_a_wish_is_moved_to_the_nearest_settings_of_the_table_that_were_not_had() -> None:
    replay = replay_of(TABLE, budget=1)
    replay.sampler.sample_relative = lambda study, trial, space: SETTINGS[1] | {"hidden_size": 160, "dropout": 0.2}
    sizes = [replay.begin().trial.params["hidden_size"] for _ in range(4)]
    assert sizes == [128, 64, 256, 512]


@pytest.mark.parametrize(
    ("times", "gained"),
    [([2.0, 1.0, 4.0], 3.0), ([6.0, 6.0, 6.0], 1.0), ([1.0, math.inf, math.inf], 0.0), ([1.0, 1.0, math.inf], 6.0)],
    ids=["sooner", "as soon", "half never get there", "one never does"],
)
def test_the_gain_is_the_ratio_of_the_median_times(times: list[float], gained: float) -> None:
    plain = Row("plain", 1.0, [5.0, 6.0, 7.0], begun=3, had_all=0.0)
    assert gain(replace(plain, times=times), plain) == gained


@pytest.mark.slow
def test_a_trained_table_grows_and_keeps_what_it_has(tmp_path: Path, home: Path) -> None:
    few = train(tmp_path, "--n", "1")
    more = train(tmp_path, "--n", "2")
    assert more.curves[:1] == few.curves
    assert [len(curve.losses) for curve in more.curves] == [2, 2]
    assert more.curves[0].params == HyperparameterSearchSpace.from_json(more.space).untuned()
    with pytest.raises(subprocess.CalledProcessError) as refused:
        train(tmp_path, "--n", "3", "--epochs", "3")
    assert "other epochs" in refused.value.stderr
