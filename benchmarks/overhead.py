"""What a search costs beside training, and beside what plain Optuna costs.

    python benchmarks/overhead.py                    # 30 trials of 4 epochs (a few minutes)
    python benchmarks/overhead.py --tunes 600 --rounds 1    # of 5 s and more each

All trials have models of one size, so that each epoch takes as long as any other: the *overhead* of a search is the
time that passed, less so many times the median epoch, over the trials. *of 5 s* is its share of a search whose trials
train for five seconds each. The plain search has the same sampler, storage and training; its objective only trains and
reports. The strategies `none`, where each trial is trained to its end, and `resuming`, where trials rest, train in a
child as in the app. Of their overhead: *start* is that of the child; *report* is telling the database of the epochs;
*model* is to build it, or to take up what rested, before the first epoch of a turn; *rest* is to write down what rests;
*keep* is to keep weights, and to sing where a trial leads all others; *choose* is all between two turns: which is next,
with which settings, and what became of the last.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import optuna
import psutil

from chromasonic.melody_generation.datasets import SearchData, prepare
from chromasonic.melody_generation.hyperparameter_search.candidate import Answer, Candidate, CandidateResult
from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search
from chromasonic.melody_generation.hyperparameter_search.in_process import InProcessTrainer
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.space import HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database, open_database
from chromasonic.melody_generation.hyperparameter_search.trial_process import ChildTrainer
from chromasonic.music.collections import load_collection
from chromasonic.results.records import Baselines, Epoch
from chromasonic.workspace import Workspace

TRIAL = 5.0
SPACE = HyperparameterSearchSpace(
    batch_size_options=[16],
    hidden_size_range=(128, 128),
    num_layers_range=(2, 2),
    embedding_dim_range=(64, 64),
)


@dataclass
class Timed:
    """A trainer, and where the time goes that it is asked to do something; seconds."""

    trainer: ChildTrainer
    epochs: list[float] = field(default_factory=list)  # each but the first of a turn
    first: list[float] = field(default_factory=list)  # the first of each turn, with what comes before
    parts: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Count the time inside."""
        began = time.perf_counter()
        yield
        self.parts[part] = self.parts.get(part, 0.0) + time.perf_counter() - began

    def train(self, candidate: Candidate, on_epoch: Callable[[Epoch], Answer]) -> CandidateResult:
        """See `Trainer`."""
        since = time.perf_counter()
        is_first = True

        def noted(epoch: Epoch) -> Answer:
            nonlocal since, is_first
            (self.first if is_first else self.epochs).append(time.perf_counter() - since)
            is_first = False
            with self.timed("report"):
                answer = on_epoch(epoch)
            since = time.perf_counter()
            return answer

        result = self.trainer.train(candidate, noted)
        self.parts["rest"] = self.parts.get("rest", 0.0) + time.perf_counter() - since
        return result

    def keep(self, stem: Path) -> None:
        """See `Trainer`."""
        with self.timed("keep"):
            self.trainer.keep(stem)

    def sing(self, stem: Path) -> None:
        """See `Trainer`."""
        with self.timed("keep"):
            self.trainer.sing(stem)

    def interrupt(self) -> None:
        """See `Trainer`."""
        self.trainer.interrupt()

    def close(self) -> None:
        """See `Trainer`."""
        self.trainer.close()


@dataclass
class Cost:
    """What one search has cost; seconds."""

    n_trials: int
    wall: float
    epochs: list[float]
    n_epochs: int
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def overhead(self) -> float:
        """For each trial."""
        return (self.wall - self.n_epochs * statistics.median(self.epochs)) / self.n_trials


def plain_search(data: SearchData, settings: SearchSettings, home: Path) -> Cost:
    """Optuna's own loop."""
    trainer = InProcessTrainer(data)
    epochs: list[float] = []
    sampler = optuna.samplers.TPESampler(seed=settings.seed, n_startup_trials=settings.warm_up)
    study = optuna.create_study(storage=f"sqlite:///{home / 'plain.db'}", sampler=sampler)

    def objective(trial: optuna.Trial) -> float:
        since = time.perf_counter()

        def on_epoch(epoch: Epoch) -> Answer:
            nonlocal since
            epochs.append(time.perf_counter() - since)
            trial.report(epoch.validation_loss, epoch.number)
            since = time.perf_counter()
            return Answer.GO_ON

        candidate = Candidate(
            number=trial.number,
            family="lstm",
            params=settings.space.suggest(trial),
            epochs=settings.space.num_epochs,
            seed=settings.seed,
        )
        return trainer.train(candidate, on_epoch).best_validation_loss

    began = time.perf_counter()
    study.optimize(objective, n_trials=settings.n_trials)
    return Cost(settings.n_trials, time.perf_counter() - began, epochs, len(epochs))


def our_search(data: SearchData, settings: SearchSettings, home: Path) -> Cost:
    """Our runner, its trainer in a child."""
    workspace = Workspace.open(home)
    database = open_database(workspace.storage_url)
    baselines = Baselines(uniform=5.0, ngram=4.0, ngram_order=2)  # they are counted once, before a search begins
    search = create_search("x", data, settings, workspace=workspace, database=database, baselines=baselines)
    timed = Timed(ChildTrainer(search.data_file, "cpu"))
    began = time.perf_counter()
    SearchRunner(search, [timed], plot=False).run()
    wall = time.perf_counter() - began
    forget_database(workspace.storage_url)
    n_epochs = len(timed.epochs) + len(timed.first)
    epoch = statistics.median(timed.epochs)
    before = [seconds - epoch for seconds in timed.first]
    parts = {"start": before[0], "model": sum(before[1:]), **timed.parts}
    parts["choose"] = wall - n_epochs * epoch - sum(parts.values())
    return Cost(settings.n_trials, wall, timed.epochs, n_epochs, parts)


PARTS = ("start", "report", "model", "rest", "keep", "choose")


def show(name: str, costs: list[Cost]) -> None:
    """A line of the table: medians of the rounds, seconds for each trial."""
    overhead = statistics.median(cost.overhead for cost in costs)
    parts = [
        f"{statistics.median(cost.parts[part] / cost.n_trials for cost in costs):.3f}" if costs[0].parts else ""
        for part in PARTS
    ]
    trained = statistics.median(cost.n_epochs * statistics.median(cost.epochs) for cost in costs)
    wall = statistics.median(cost.wall for cost in costs)
    print(
        f"| {name} | {costs[0].n_epochs} | {trained:.1f} | {wall:.1f} | {overhead:.3f} | "
        f"{overhead / (overhead + TRIAL):.1%} | " + " | ".join(parts) + " |",
        flush=True,
    )


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--tunes", type=int, default=20, help="of Ryan's fiddle tunes (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    settings = SearchSettings(space=replace(SPACE, num_epochs=options.epochs), n_trials=options.trials)
    ways = {
        "plain Optuna": (plain_search, settings),
        "none": (our_search, replace(settings, strategy="none")),
        "resuming": (our_search, replace(settings, strategy="resuming")),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as cache:
        tunes = random.Random(0).sample(load_collection("ryans", Path(cache)).melodies, options.tunes)
    data = prepare(tunes, "tunes")
    print(f"{options.trials} trials of {options.epochs} epochs, load {psutil.getloadavg()[0]:.1f}; seconds\n")
    for _ in range(options.rounds):
        for name, (search, of_way) in ways.items():
            with tempfile.TemporaryDirectory() as home:
                costs[name].append(search(data, of_way, Path(home)))
    print(f"| search | epochs | trained | passed | overhead a trial | of {TRIAL:g} s | " + " | ".join(PARTS) + " |")
    print("|" + "---|" * (6 + len(PARTS)))
    for name, of_way in costs.items():
        show(name, of_way)


if __name__ == "__main__":
    main()
