"""The answers of the Search page become the settings of a search, and back."""

import math
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chromasonic.errors import SettingsError
from chromasonic.melody_generation import cores
from chromasonic.melody_generation.datasets import prepare
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.space import HyperparameterSearchSpace
from chromasonic.music import Melody
from chromasonic.ui.presets import BATCH_SIZES, LEARNING_RATES, Answers, phrases_to_learn, preset
from chromasonic.ui.wording import search as words

MUCH = 2_000  # phrases of a large collection


@pytest.mark.parametrize("name", words.PRESETS)
@pytest.mark.parametrize("device", ["cpu", "cuda:0"])
@pytest.mark.parametrize("n_phrases", [1, MUCH])
def test_every_preset_is_a_possible_search(name: str, device: str, n_phrases: int) -> None:
    answers = preset(name, device, n_phrases)
    settings = answers.to_settings()
    assert settings.device == device
    assert settings.timeout == answers.minutes * 60
    assert set(answers.batch) <= set(BATCH_SIZES)
    assert set(answers.learning_rate) <= set(LEARNING_RATES)


@pytest.mark.parametrize("name", words.PRESETS)
def test_answers_come_back_from_their_settings(name: str) -> None:
    answers = preset(name, "cpu", MUCH)
    assert Answers.from_settings(answers.to_settings()) == answers


@pytest.mark.parametrize(
    ("n_phrases", "quick", "thorough"),
    [
        (2_000, (16, 32, 64), (16, 32, 64, 128)),
        (192, (16, 32, 64), (16, 32, 64, 128)),
        (191, (8, 16, 32), (8, 16, 32, 64)),
        (95, (4, 8, 16), (4, 8, 16, 32)),
        (1, (4, 8, 16), (4, 8, 16, 32)),
    ],
)
def test_little_music_is_learned_in_small_batches(
    n_phrases: int, quick: tuple[int, ...], thorough: tuple[int, ...]
) -> None:
    assert preset("quick", "cpu", n_phrases).batch == quick
    assert preset("thorough", "cpu", n_phrases).batch == thorough


def test_the_first_trial_of_a_preset_takes_its_smallest_batches() -> None:
    assert preset("balanced", "cpu", 50).to_settings().space.untuned()["batch_size"] == 4
    assert preset("balanced", "cpu", MUCH).to_settings().space.untuned()["batch_size"] == 16


def test_phrases_are_counted_as_a_search_cuts_them(melody: Callable[..., Melody]) -> None:
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    tunes = [melody(random.Random(seed).choices(scale, k=20 + 5 * seed)) for seed in range(40)]
    data = prepare(tunes, "tunes")
    cut = sum(math.ceil((len(tune) - 1) / data.sequence_length) for tune in data.train)
    assert phrases_to_learn(tunes) == pytest.approx(cut, rel=0.15)


@pytest.mark.parametrize(("share", "at_once"), [("50000 100000", 1), ("100000 100000", 1), ("max 100000", None)])
def test_a_container_trains_as_many_at_once_as_its_share_of_the_processor(
    share: str, at_once: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = preset("quick", "cpu", MUCH).jobs
    monkeypatch.setattr(cores, "CPU_SHARE", tmp_path / "cpu.max")
    cores.CPU_SHARE.write_text(share + "\n", encoding="ascii")
    assert preset("quick", "cpu", MUCH).jobs == (at_once or everything)


def test_quick_keeps_to_three_minutes() -> None:
    assert preset("quick", "cpu", MUCH).to_settings().timeout == 180


def test_no_time_limit_is_zero_minutes() -> None:
    answers = replace(preset("quick", "cpu", MUCH), minutes=0)
    assert answers.to_settings().timeout is None
    assert Answers.from_settings(answers.to_settings()).minutes == 0


def test_settings_of_another_search_are_moved_to_what_the_widgets_can_show() -> None:
    answers = Answers.from_settings(SearchSettings(timeout=61.0))
    assert answers.minutes == 2
    assert answers.learning_rate == (1e-5, 1e-2)
    assert answers.to_settings().space == SearchSettings().space


@pytest.mark.parametrize(
    ("answer", "value"),
    [("families", ()), ("batch", ()), ("trials", 0), ("jobs", 0), ("hidden", (200, 100)), ("dropout", (0.0, 1.0))],
)
def test_an_impossible_answer_is_named_by_its_widget(answer: str, value: object) -> None:
    with pytest.raises(SettingsError) as error:
        replace(preset("quick", "cpu", MUCH), **{answer: value}).to_settings()
    assert error.value.field == answer


def test_learning_rates_climb_from_the_smallest_of_the_promised_range() -> None:
    assert LEARNING_RATES[0] == 1e-5
    assert 1e-2 in LEARNING_RATES
    assert list(LEARNING_RATES) == sorted(LEARNING_RATES)


def test_settings_that_no_widget_has_are_moved_to_the_nearest_that_one_has() -> None:
    space = HyperparameterSearchSpace(
        num_epochs=500, num_layers_range=(1, 12), dropout_range=(0.02, 0.9), hidden_size_range=(32, 2048)
    )
    settings = SearchSettings(
        space=space, n_trials=9000, prune_after=0.37, families=("my.models:Own",), timeout=30 * 24 * 3600.0
    )
    answers = Answers.from_settings(settings)
    assert (answers.trials, answers.epochs, answers.layers, answers.patience) == (3000, 100, (1, 8), 35)
    assert (answers.dropout, answers.hidden, answers.minutes) == ((0.0, 0.7), (32, 1024), 7 * 24 * 60)
    assert answers.families == ("lstm",)
    assert Answers.from_settings(answers.to_settings()) == answers
