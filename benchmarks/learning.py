"""Processor time until a melody model knows as much as a plain loop ever teaches it.

    python benchmarks/learning.py
    python benchmarks/learning.py --paces 0.001:32 0.003:16   # learning rates and batch sizes beside one another

Both sides train a model of the same family and sizes on the same tunes (pitches alone, 88 keys) with one thread, with
settings that nobody tuned. The plain side is `plain_loop.py` with the weights and the learning rate that torch starts
with, and batches of 32; it goes on until its validation loss has not fallen for three epochs. Its best epoch is the
goal. Our side starts and trains as the first trial of every search does; it is at the goal after the first epoch whose
validation loss is as low.

Both losses are means over the same notes: all but a tune's first 16, which the plain loop cannot predict. Tunes are
split as for a search, whole and with near copies on one side, and are at most 129 notes long, so that ours reads each
as one phrase. What was chosen on validation tunes is confirmed on test tunes: *test* is our loss on them at the goal,
less that of the plain loop's best epoch.

Time is processor time, each side's own validation included, what only this comparison needs left out. *ratio* is the
plain loop's time to its best epoch over our time to the goal, a median over the rounds, which differ in their seeds
and alternate between the sides; 0 where ours never came there. *best* is how far below the goal ours ends.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
import torch.nn.functional as F
from plain_loop import KEYS, WINDOW, Tunes, Windows, as_keys, plain_epoch, plain_loss, plain_optimizer, some_tunes
from torch import nn

from chromasonic.melody_generation.datasets import DEFAULT_CONTEXT, split_by_tune
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.hyperparameter_search import HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.space import batch_size_for
from chromasonic.melody_generation.models import MODEL_FAMILIES, MelodyModel, set_output_bias
from chromasonic.melody_generation.training import (
    Corpus,
    EpochProgress,
    TrainingConfig,
    build_model,
    device_name,
    token_counts,
    train,
    use_one_thread,
)

CPU = torch.device("cpu")
PATIENCE = 3  # epochs that the plain loop goes on without a better loss
SETTINGS = HyperparameterSearchSpace().untuned()
PLAIN_BATCH_SIZE, PLAIN_LEARNING_RATE = 32, 1e-3  # the latter as torch has it


@dataclass(frozen=True)
class Pace:
    """How ours is trained."""

    learning_rate: float
    batch_size: int

    @classmethod
    def untuned(cls, sides: Sides) -> Pace:
        """As the first trial of a search in the app: there is one phrase in each of these tunes."""
        return cls(float(SETTINGS["learning_rate"]), batch_size_for(len(sides.train)))

    @classmethod
    def parse(cls, text: str) -> Pace:
        """From a learning rate and a batch size, as in 0.001:32."""
        learning_rate, _, batch_size = text.partition(":")
        return cls(float(learning_rate), int(batch_size))

    def __str__(self) -> str:
        return f"{self.learning_rate:g}:{self.batch_size}"


@dataclass(frozen=True)
class Sides:
    """The tunes of one collection."""

    train: Tunes
    validation: Tunes
    test: Tunes


@dataclass(frozen=True)
class Epoch:
    """Where a side stands after an epoch."""

    seconds: float  # of processor time since its start
    validation: float  # nats per note
    test: float


class Stopwatch:
    """Processor time, without what happens between `pause` and `go_on`."""

    def __init__(self) -> None:
        self.seconds, self._since = 0.0, time.process_time()

    def pause(self) -> None:
        """Stop counting."""
        self.seconds += time.process_time() - self._since

    def go_on(self) -> None:
        """Count again."""
        self._since = time.process_time()


def build(family: str, seed: int) -> MelodyModel:
    """An untuned model with our start."""
    architecture = {name: SETTINGS[name] for name in ("embedding_dim", "hidden_size", "num_layers", "dropout")}
    return build_model(MODEL_FAMILIES[family], KEYS, architecture, seed=seed, device=CPU)


def start_as_torch_does(model: nn.Module) -> None:
    """Give every layer the weights that torch gives it."""
    for layer in model.modules():
        reset: Callable[[], None] | None = getattr(layer, "reset_parameters", None)
        if reset is not None:
            reset()


def plain_way(family: str, sides: Sides, seed: int, most_epochs: int) -> list[Epoch]:
    """Train the plain way until it gets no better."""
    torch.manual_seed(seed)
    watch = Stopwatch()
    training, validation, test = Windows(sides.train), Windows(sides.validation), Windows(sides.test)
    model = build(family, seed)
    start_as_torch_does(model)
    optimizer = plain_optimizer(model, PLAIN_LEARNING_RATE)
    epochs: list[Epoch] = []
    while len(epochs) < most_epochs and len(epochs) - _best(epochs) <= PATIENCE:
        plain_epoch(model, optimizer, training, PLAIN_BATCH_SIZE, CPU)
        loss = plain_loss(model, validation, PLAIN_BATCH_SIZE, CPU)
        watch.pause()
        epochs.append(Epoch(watch.seconds, loss, plain_loss(model, test, PLAIN_BATCH_SIZE, CPU)))
        watch.go_on()
    return epochs


def our_way(family: str, sides: Sides, seed: int, pace: Pace) -> list[Epoch]:
    """Train as an untuned trial is trained."""
    watch = Stopwatch()
    training, validation = (
        Corpus(tunes, context=DEFAULT_CONTEXT, vocab_size=KEYS) for tunes in (sides.train, sides.validation)
    )
    model = build(family, seed)
    set_output_bias(model, token_counts(training))
    epochs: list[Epoch] = []

    def look(progress: EpochProgress) -> None:
        watch.pause()
        epochs.append(Epoch(watch.seconds, *(loss_after_a_window(model, x) for x in (sides.validation, sides.test))))
        watch.go_on()

    config = TrainingConfig(
        epochs=HyperparameterSearchSpace().num_epochs,
        learning_rate=pace.learning_rate,
        batch_size=pace.batch_size,
        seed=seed,
    )
    train(model, training, validation, config, on_epoch=look)
    return epochs


@torch.inference_mode()
def loss_after_a_window(model: MelodyModel, tunes: Tunes) -> float:
    """The mean loss in nats per note, of the notes that the plain loop predicts."""
    model.eval()
    total, n_notes = 0.0, 0
    for tune in tunes:
        notes = torch.tensor(tune)
        logits = model(notes[None, :-1])[0, WINDOW - 1 :]  # (T - 16, V)
        total += F.cross_entropy(logits, notes[WINDOW:], reduction="sum").item()
        n_notes += len(tune) - WINDOW
    return total / n_notes


@dataclass(frozen=True)
class Race:
    """One round of both sides."""

    plain: Epoch  # its best
    ours: Epoch | None  # the first as good, if any
    best: Epoch  # our best

    @property
    def ratio(self) -> float:
        """How many times as fast ours was."""
        return self.plain.seconds / self.ours.seconds if self.ours else 0.0


def race(plain: list[Epoch], ours: list[Epoch]) -> Race:
    """Who was where, when."""
    goal = plain[_best(plain) - 1]
    there = next((epoch for epoch in ours if epoch.validation <= goal.validation), None)
    return Race(goal, there, ours[_best(ours) - 1])


def _best(epochs: list[Epoch]) -> int:
    """The number of the epoch with the lowest validation loss, from 1; 0 before the first."""
    return min(range(len(epochs)), key=lambda index: epochs[index].validation) + 1 if epochs else 0


def sides_of(name: str, n_tunes: int, cache: Path | None) -> Sides:
    """Tunes of a collection, dealt as for a search, with more of them to judge by."""
    split = split_by_tune(some_tunes(name, n_tunes, cache, longest=DEFAULT_CONTEXT + 1), shares=(0.6, 0.2, 0.2))
    return Sides(as_keys(split.train), as_keys(split.validation), as_keys(split.test))


def show(family: str, collection: str, pace: Pace, sides: Sides, races: list[Race]) -> None:
    """One line of the table."""
    goal = statistics.median(race.plain.validation for race in races)
    plain = statistics.median(race.plain.seconds for race in races)
    there = [race for race in races if race.ours]
    ours = statistics.median(race.ours.seconds for race in there if race.ours) if there else float("nan")
    test = statistics.median(race.ours.test - race.plain.test for race in there if race.ours) if there else float("nan")
    below = statistics.median(race.best.validation - race.plain.validation for race in races)
    ratio = statistics.median(race.ratio for race in races)
    print(
        f"| {collection} ({sum(map(len, sides.train)):,}) | {MODEL_LABELS[family]} | {pace} | {goal:.3f} "
        f"| {plain:.1f} s | {ours:.2f} s | {ratio:.1f}× | {test:+.3f} | {below:+.3f} "
        f"| {len(there)} of {len(races)} |",
        flush=True,
    )


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", default=list(MODEL_FAMILIES), choices=list(MODEL_FAMILIES))
    parser.add_argument("--collections", nargs="+", default=["ryans", "bach", "essen-china"], metavar="NAME")
    parser.add_argument("--tunes", type=int, default=120, help="of each collection; six in ten are learned from")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30, help="the plain loop trains at most")
    parser.add_argument(
        "--paces", nargs="+", default=[], metavar="RATE:BATCH", help="train ours so instead; several are compared"
    )
    parser.add_argument("--minutes", type=float, default=60, help="begin no other race after so many on the clock")
    parser.add_argument("--cache", type=Path, help="folder that keeps the collections as read, for the next run")
    options = parser.parse_args()

    use_one_thread()
    print(
        f"Settings {SETTINGS}, one thread, {device_name('cpu')}, torch {torch.__version__}, {platform.machine()}; "
        "in brackets the notes learned from\n"
    )
    print("| music | family | ours with | goal (nats) | plain | ours | ratio | test | best | there |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    music = {name: sides_of(name, options.tunes, options.cache) for name in options.collections}
    asked = [Pace.parse(text) for text in options.paces]
    started = time.monotonic()
    for family, name in product(options.families, music):
        races: dict[Pace, list[Race]] = {pace: [] for pace in asked or [Pace.untuned(music[name])]}
        for seed in range(options.rounds):
            if time.monotonic() - started > 60 * options.minutes:
                break
            plain = plain_way(family, music[name], seed, options.epochs)
            for pace, finished in races.items():
                finished.append(race(plain, our_way(family, music[name], seed, pace)))
        for pace, finished in races.items():
            if finished:
                show(family, name, pace, music[name], finished)


if __name__ == "__main__":
    main()
