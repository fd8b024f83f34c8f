"""That the fast ways are still fast: processor time beside a plain way's, turn by turn, the median of the ratios.

No clock is asked, so a slow or busy machine changes little. Each least gain is about half of what was measured
(docs/performance.md): what halves the speed is caught, and what costs a tenth is not.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
import symusic
import torch
from torch import nn

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from live_page import fill, music
from plain_loop import KEYS
from recurrence import PAIRS, step_time
from train_step import Size, compare

from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search
from chromasonic.melody_generation.hyperparameter_search.search import Search
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.models.dropout import dropout
from chromasonic.melody_generation.training import create_training_data
from chromasonic.music.melody import Melody, Note
from chromasonic.music.midi import read_midi, write_midi
from chromasonic.workspace import Workspace

pytestmark = pytest.mark.slow

LEAST = {"transformer": 9, "lstm": 9.5, "gru": 10.5, "rnn": 12.5}
"""How many times as many notes; measured 18.2, 19.2, 21 and 25."""


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def gain(
    plain: Callable[[], object],
    ours: Callable[[], object],
    before: Callable[[], None] = lambda: None,
    rounds: int = 9,
) -> float:
    """How many times the processor time of `ours` `plain` takes; `before` each is done what does not count."""

    def seconds(act: Callable[[], object]) -> float:
        before()
        began = time.process_time()
        act()
        return time.process_time() - began

    seconds(plain), seconds(ours)  # warms up
    found = statistics.median(seconds(plain) / seconds(ours) for _ in range(rounds))
    print(f"{found:.3g} times")
    return found


@pytest.mark.parametrize("family", ["transformer", "lstm", "gru", "rnn"])
def test_our_loop_learns_more_notes_than_a_plain_one(family):
    tunes, _ = create_training_data(80, 100, KEYS, 0.9, seed=0)
    options = argparse.Namespace(device="cpu", plain_tunes=10, batch_size=32, rounds=3)
    ratio = compare(family, Size(hidden=64, layers=2), tunes, options).ratio
    print(f"{ratio:.1f} times")
    assert ratio >= LEAST[family]


@pytest.mark.parametrize("name", ["RNN", "GRU"])
def test_recurrence_written_out_is_faster_than_autograd(name):
    torchs, ours = PAIRS[name][1], PAIRS[name][0]
    x = torch.randn(4, 100, 32)
    pair = [layers(32, 64, 2, batch_first=True) for layers in (torchs, ours)]
    assert gain(lambda: step_time(pair[0], x), lambda: step_time(pair[1], x)) >= 1.3  # measured: 2.0


def test_dropout_is_faster_than_torchs():
    x, back = torch.randn(16, 100, 128, requires_grad=True), torch.randn(16, 100, 128)

    def there_and_back(drop: Callable[..., torch.Tensor]) -> None:
        torch.autograd.backward(drop(x, 0.1, True), back)

    assert gain(lambda: there_and_back(nn.functional.dropout), lambda: there_and_back(dropout), rounds=51) >= 1.2


def test_a_midi_file_is_read_in_few_times_the_time_of_parsing_it_in_c():
    chance = random.Random(0)
    data = write_midi(Melody(tuple(Note(beat, 1.0, chance.randrange(60, 80)) for beat in range(400)), "A tune"))

    def parse() -> None:
        for _ in range(20):
            symusic.Score.from_midi(data)

    def read() -> None:
        for _ in range(20):
            read_midi(data, "a tune.mid")

    assert gain(parse, read) >= 1 / 150  # measured: 1/60 to 1/80


@pytest.fixture
def thousand_trials(tmp_path: Path) -> Search:
    """A search with made-up trials, read once."""
    search = create_search("Full", music(), SearchSettings(n_trials=2_000), workspace=Workspace.open(tmp_path))
    search.study.sampler = optuna.samplers.RandomSampler(seed=0)
    fill(search, 1_000, random.Random(0))
    search.record()
    return search


def test_a_page_looks_at_a_search_that_has_not_changed_for_next_to_nothing(thousand_trials: Search):
    study = thousand_trials.study
    assert gain(lambda: study.trials, thousand_trials.record) >= 20  # measured: 41


def test_a_page_looks_at_a_search_with_one_more_trial_without_reading_the_others(thousand_trials: Search):
    study = thousand_trials.study
    distributions = study.get_trials(deepcopy=False)[0].distributions

    def finish_another() -> None:
        study.tell(study.ask(fixed_distributions=distributions), 2.0)

    assert gain(lambda: study.trials, thousand_trials.record, before=finish_another) >= 5  # measured: 10
