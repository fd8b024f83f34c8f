"""How soon a way of searching finds good settings: searches replayed on learning curves that were really trained.

    python benchmarks/search_efficiency.py
    python benchmarks/search_efficiency.py --seeds 101 --trials 25 --tables benchmarks/tables/bach-lstm.json.gz

The tables are those of `learning_curves.py`. A replay asks a real Optuna study, with the app's sampler and pruner, for
settings; the nearest settings of the table that the search has not had yet take their place, before the study knows
them. Which trials rest and which go on, the app's own code decides (`RestingTrials`). Each epoch moves the clock by
the processor seconds that it took when it was trained. All ways have one worker and the same budget: so many mean
trainings of the table. What a search itself costs (the sampler, the storage, checkpoints) is left out.

For each way: the median of the best loss in the end; how many times sooner than TPE without pruning it reaches what
that has reached in the median in the end (medians of the time until then; *never* where half of the searches do not);
the share of searches that get there; how many settings they began (in the median), and how many of the searches began
all settings of the table: where these are many, the table is too short for the budget. Such a search ends as in the
app: what leads is trained to its end, and then the default settings. Where settings come first that did well on other
music, they are chosen from the other tables of the family (`portfolio.py`), never from the one that is searched.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
from learning_curves import TABLES, Curve, Table, read_table
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState
from portfolio import key_of, portfolio

from chromasonic.melody_generation.hyperparameter_search.history import UNTUNED
from chromasonic.melody_generation.hyperparameter_search.ladder import ETA, Ladder
from chromasonic.melody_generation.hyperparameter_search.resting import RestingTrials, Turn
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.space import HyperparameterSearchSpace, Params
from chromasonic.melody_generation.hyperparameter_search.strategy import pruner_of, sampler_of
from chromasonic.results.records import RESUMING, Epoch


class Nearest(optuna.samplers.BaseSampler):
    """A sampler whose wishes are moved to the nearest settings that a table has and a search has not had yet."""

    def __init__(self, wishes: optuna.samplers.BaseSampler, space: HyperparameterSearchSpace) -> None:
        self.wishes = wishes
        self.untried: list[Params] = []
        probe = optuna.create_study().ask()
        space.suggest(probe)
        self.distributions = probe.distributions

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """All settings at once."""
        return self.distributions

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The nearest to the wish."""
        known = self.wishes.infer_relative_search_space(study, trial)
        wish = dict(self.wishes.sample_relative(study, trial, known))
        for name, distribution in search_space.items():
            if name not in wish:
                wish[name] = self.wishes.sample_independent(study, trial, name, distribution)
        return min(self.untried, key=partial(self._distance, wish), default={})

    def sample_independent(self, study: Any, trial: Any, name: str, distribution: BaseDistribution) -> Any:
        """Never asked for."""
        raise AssertionError(f"{name} was asked for by itself")

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """As the sampler behind it."""
        self.wishes.before_trial(study, trial)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """As the sampler behind it."""
        self.wishes.after_trial(study, trial, state, values)

    def _distance(self, wish: Mapping[str, Any], params: Params) -> float:
        return math.hypot(*(_place(d, wish[name]) - _place(d, params[name]) for name, d in self.distributions.items()))


def _place(distribution: Any, value: Any) -> float:
    """Where `value` lies between the ends of its range, 0 to 1, on the scale on which it is drawn."""
    if isinstance(distribution, CategoricalDistribution):  # batch sizes, in order
        return distribution.choices.index(value) / max(1, len(distribution.choices) - 1)
    low, high = distribution.low, distribution.high
    if low == high:
        return 0.0
    if distribution.log:
        low, high, value = math.log(low), math.log(high), math.log(value)
    return float((value - low) / (high - low))


@dataclass
class Training:
    """Settings in training: how far they are."""

    trial: optuna.Trial
    of_table: Curve
    epochs: int = 0

    @property
    def curve(self) -> tuple[Epoch, ...]:
        """The epochs so far."""
        return tuple(Epoch(number, loss) for number, loss in enumerate(self.of_table.losses[: self.epochs], start=1))

    @property
    def seconds(self) -> float:
        """What these have taken."""
        return sum(self.of_table.seconds[: self.epochs])

    @property
    def best(self) -> float:
        """The best loss so far."""
        return min(self.of_table.losses[: self.epochs])

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to train."""
        return self.epochs >= len(self.of_table.losses)


class TimeIsUpError(Exception):
    """Ends a replay."""


@dataclass
class Replay:
    """One search on a table: a study, and a clock that training moves."""

    table: Table
    budget: float  # seconds
    settings: SearchSettings
    sampler: optuna.samplers.BaseSampler
    pruner: optuna.pruners.BasePruner
    seed: int = 0
    seconds: float = 0.0
    bests: list[tuple[float, float]] = field(default_factory=list)  # when a better loss was found, and which
    begun: int = 0

    def __post_init__(self) -> None:
        self.nearest = Nearest(self.sampler, self.settings.space)
        self.untried = {key_of(curve.params): curve for curve in self.table.curves}
        # Hyperband deals trials to its brackets by the name of the study.
        self.study = optuna.create_study(study_name=f"{self.seed}", sampler=self.nearest, pruner=self.pruner)

    @property
    def had_all(self) -> bool:
        """Whether the table has no settings that were not begun."""
        return not self.untried

    def begin(self) -> Training | None:
        """New settings; None where the table has no others."""
        if self.had_all:
            return None
        self.nearest.untried = [curve.params for curve in self.untried.values()]
        trial = self.study.ask()
        self.begun += 1
        return Training(trial, self.take(key_of(self.settings.space.suggest(trial))))

    def take(self, key: tuple[float | int, ...]) -> Curve:
        """What the table has of the settings with this key, which are not begun again."""
        return self.untried.pop(key)

    def learn(self, training: Training) -> None:
        """One epoch more.

        Raises:
            TimeIsUpError: it would end after the budget.
        """
        self.seconds += training.of_table.seconds[training.epochs]
        if self.seconds > self.budget:
            raise TimeIsUpError
        training.epochs += 1
        training.trial.report(training.of_table.losses[training.epochs - 1], training.epochs)
        if not self.bests or training.best < self.bests[-1][1]:
            self.bests.append((self.seconds, training.best))

    def tell(self, training: Training) -> None:
        """It is trained to the end, or to where it failed."""
        if training.of_table.failed is None:
            self.study.tell(training.trial, training.best)
        else:  # as the app tells it
            training.trial.set_constraint("trained to the end", 1.0)
            self.given_up(training.trial)

    def given_up(self, trial: optuna.Trial, curve: Sequence[Epoch] = ()) -> None:
        """It is stopped before its end."""
        self.study.tell(trial, state=TrialState.PRUNED)


def one_after_another(replay: Replay) -> None:
    """Each trial to its end, or until the pruner stops it for good."""
    while (training := replay.begin()) is not None:
        while not training.is_done:
            replay.learn(training)
            if not training.is_done and training.trial.should_prune():
                replay.given_up(training.trial)
                break
        else:
            replay.tell(training)


def resuming(replay: Replay, eta: int = ETA) -> None:
    """Trials rest, and the leading ones go on: the runner's loop, with what decides in the app."""
    # Of a search it looks at no more than this, and of a teller it wants only `given_up`.
    search = SimpleNamespace(settings=replay.settings, study=replay.study, folder=Path("none"))
    resting = RestingTrials(search, replay)
    resting.ladder = Ladder(replay.table.epochs, eta)
    trainings: dict[int, Training] = {}

    def next_turn() -> Turn | None:
        if (turn := resting.next_turn(replay.budget - replay.seconds)) is not None:
            return turn
        if (training := replay.begin()) is None:
            return resting.last_turn(is_alone=True)
        trainings[training.trial.number] = training
        return Turn(training.trial)

    while (turn := next_turn()) is not None:
        training = trainings[turn.number]
        while not training.is_done:
            replay.learn(training)
            if not training.is_done and resting.is_rung(turn, training.epochs):
                resting.lie_down(replace(turn, curve=training.curve, seconds=training.seconds))
                break
        else:
            resting.ended(turn, training.curve)
            replay.tell(training)


@dataclass(frozen=True)
class Way:
    """A way of searching."""

    name: str
    strategy: str = "none"
    default_first: bool = False
    proven_first: bool = False  # then those that did best on the tables of other music
    is_random: bool = False
    eta: int = ETA

    def sampler(self, settings: SearchSettings, seed: int) -> optuna.samplers.BaseSampler:
        """What draws the settings."""
        return optuna.samplers.RandomSampler(seed=seed) if self.is_random else sampler_of(settings, seed)

    def run(self, replay: Replay) -> Replay:
        """Search until the time is up or the table has nothing left to train."""
        with contextlib.suppress(TimeIsUpError):
            if self.strategy == RESUMING:
                resuming(replay, self.eta)
            else:
                one_after_another(replay)
        return replay


TPE = "TPE, no pruning"
WAYS = (
    Way("random", is_random=True),
    Way(TPE),
    Way("TPE + median", "median"),
    Way("TPE + Hyperband", "hyperband"),
    Way("TPE + successive halving", "halving"),
    Way("the app before: median, default", "median", default_first=True),
    Way("resuming, random", RESUMING, is_random=True),
    Way("resuming, default first", RESUMING, default_first=True),
    Way("resuming as in the app", RESUMING, default_first=True, proven_first=True),
    Way("resuming", RESUMING),
    Way("resuming, η 3", RESUMING, eta=3),
    Way("resuming, η 4", RESUMING, eta=4),
)


def share_trained(rungs: Sequence[int], epochs: int, eta: int) -> float:
    """Share of all epochs that is trained where of each rung one in `eta` goes on."""
    levels = (0, *rungs, epochs)
    return sum((high - low) / eta**place for place, (low, high) in enumerate(pairwise(levels))) / epochs


def replayed(
    way: Way, table: Table, others: Sequence[Table], seed: int, n_trials: int, kind: type[Replay] = Replay
) -> Replay:
    """One search of `n_trials` mean trainings; `others` are the same family's tables of other music."""
    space = HyperparameterSearchSpace.from_json(table.space)
    share = share_trained(Ladder(table.epochs, way.eta).rungs, table.epochs, way.eta) if way.strategy == RESUMING else 1
    settings = SearchSettings(space=space, n_trials=round(n_trials / share), strategy=way.strategy)
    mean = statistics.fmean(sum(curve.seconds) for curve in table.curves)
    replay = kind(table, n_trials * mean, settings, way.sampler(settings, seed), pruner_of(settings), seed)
    if way.default_first:  # the default settings when the table was made
        replay.study.enqueue_trial(table.curves[0].params, user_attrs={UNTUNED: True})
    if way.proven_first and others:
        for params in portfolio(others):
            if key_of(params) in replay.untried:
                replay.study.enqueue_trial(params)
    return way.run(replay)


@dataclass(frozen=True)
class Row:
    """What came of one way on one table."""

    way: str
    final: float  # best loss in the end, the median of all searches
    times: list[float]  # seconds until the target; inf where it was not reached
    begun: float
    had_all: float  # share

    @property
    def reached(self) -> float:
        """Share of the searches that reached the target."""
        return sum(math.isfinite(time) for time in self.times) / len(self.times)


def measure(table: Table, others: Sequence[Table], ways: Sequence[Way], n_seeds: int, n_trials: int) -> list[Row]:
    """Each way on one table, with `n_seeds` seeds."""
    searches = {way.name: [replayed(way, table, others, seed, n_trials) for seed in range(n_seeds)] for way in ways}
    finals = {name: [best_of(replay) for replay in replays] for name, replays in searches.items()}
    target = statistics.median_high(finals[TPE])  # high: one that was really reached
    return [
        Row(
            name,
            statistics.median_high(finals[name]),
            [next((time for time, loss in replay.bests if loss <= target), math.inf) for replay in replays],
            statistics.median(replay.begun for replay in replays),
            sum(replay.had_all for replay in replays) / n_seeds,
        )
        for name, replays in searches.items()
    ]


def best_of(replay: Replay) -> float:
    """The best loss that a search found."""
    return replay.bests[-1][1] if replay.bests else math.inf


def gain(row: Row, plain: Row) -> float:
    """How many times sooner than `plain` the target was reached, in the median; 0 where it never was."""
    return statistics.median_high(plain.times) / statistics.median_high(row.times)


def show(rows: Sequence[Row]) -> Iterator[str]:
    """The lines of a table."""
    plain = next(row for row in rows if row.way == TPE)
    yield f"{'way':<32} {'best loss':>10} {'sooner':>8} {'get there':>10} {'begun':>6} {'had all':>8}"
    for row in rows:
        yield (
            f"{row.way:<32} {row.final:>10.4f} {_times(gain(row, plain)):>8} {row.reached:>10.0%} {row.begun:>6.0f} "
            f"{row.had_all:>8.0%}"
        )


def summary(rows_of_tables: Sequence[Sequence[Row]]) -> Iterator[str]:
    """All tables together."""
    yield f"{'way':<32} {'sooner: mean':>13} {'least':>7} {'get there: mean':>16} {'least':>6} {'ends worse':>11}"
    for rows in zip(*rows_of_tables, strict=True):
        plain = [next(row for row in table if row.way == TPE) for table in rows_of_tables]
        gains = [gain(row, other) for row, other in zip(rows, plain, strict=True)]
        mean = statistics.geometric_mean(gains) if all(gains) else 0.0
        reached = [row.reached for row in rows]
        worse = sum(row.final > other.final for row, other in zip(rows, plain, strict=True))
        yield (
            f"{rows[0].way:<32} {_times(mean):>13} {_times(min(gains)):>7} {statistics.fmean(reached):>16.0%} "
            f"{min(reached):>6.0%} {f'{worse} of {len(rows)}':>11}"
        )


def _times(ratio: float) -> str:
    return f"{ratio:.1f}×" if ratio else "never"


def main() -> None:
    """Replay, and print a table for each table of curves and one for all together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=Path, nargs="+", default=sorted(TABLES.glob("*.json.gz")))
    parser.add_argument("--seeds", type=int, default=31)
    parser.add_argument("--trials", type=int, default=7, help="budget, in mean trainings (default: %(default)s)")
    parser.add_argument("--ways", nargs="+", default=[way.name for way in WAYS], metavar="WAY")
    options = parser.parse_args()

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    ways = [way for way in WAYS if way.name in {TPE, *options.ways}]
    all_rows = []
    tables = [read_table(path) for path in options.tables]
    for table in tables:
        others = [other for other in tables if other.family == table.family and other.music != table.music]
        losses = [min(curve.losses) for curve in table.curves if curve.losses]
        rows = measure(table, others, ways, options.seeds, options.trials)
        print(
            f"{table.music}, {table.family}: {len(table.curves)} settings, {table.epochs} epochs; "
            f"best {min(losses):.4f}, default {losses[0]:.4f}; {options.trials} mean trainings, {options.seeds} seeds"
        )
        print("\n".join([*show(rows), ""]), flush=True)
        all_rows.append(rows)
    print(f"All {len(all_rows)} tables")
    print("\n".join(summary(all_rows)))


if __name__ == "__main__":
    main()
