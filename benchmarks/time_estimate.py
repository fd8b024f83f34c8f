"""How true the time is that a musician is told, before a search and during it.

    python benchmarks/time_estimate.py               # by replay, as search_efficiency.py does (some minutes)
    python benchmarks/time_estimate.py --real 6      # and by so many real searches, of one or two minutes each

Beforehand it is what the Search page says, and then what the Progress page says when a tenth, a quarter, a half and
three quarters of the time have passed, unless that is *soon known*. *left*: the share of searches whose time left
was right within 25 %; *end*: of those whose whole time was, from beginning to end; *median*: of the time that was told,
over the true one. Two trials at once. By replay the speed of the machine is known beforehand: the table tells what each
of its settings takes, the default ones first. A limit is given in times of what was foretold without one.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import random
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import optuna
import psutil
from learning_curves import TABLES, Curve, Table, read_table
from search_efficiency import Replay, Training

from chromasonic.melody_generation.datasets import prepare
from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search
from chromasonic.melody_generation.hyperparameter_search.estimate import estimate_seconds, expected_cost, measure_speed
from chromasonic.melody_generation.hyperparameter_search.history import UNTUNED
from chromasonic.melody_generation.hyperparameter_search.registry import SearchRegistry
from chromasonic.melody_generation.hyperparameter_search.resting import RestingTrials, Turn
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.space import HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.status import Pace
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database, open_database
from chromasonic.melody_generation.hyperparameter_search.strategy import pruner_of, sampler_of
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.music.collections import load_collection
from chromasonic.results.records import RESUMING, Epoch, SearchRecord, SearchState, TrialRecord, TrialState
from chromasonic.ui.presets import TOKENS_PER_NOTE, TRAIN_SHARE, phrases_to_learn, preset
from chromasonic.workspace import Workspace

MOMENTS = (0.1, 0.25, 0.5, 0.75)
AT_ONCE = 2
TOLERANCE = 0.25


@dataclass
class Told:
    """What was told of one search, and how it was."""

    before: float  # seconds foretold for the whole search
    end: float  # seconds that it took
    left: list[tuple[float, float | None]]  # seconds passed and seconds left as told, at each of the moments

    def ratio(self, place: int) -> float | None:
        """The time left that was told at a moment, over that which was left; None where it was *soon known*."""
        passed, left = self.left[place]
        return None if left is None else left / (self.end - passed)

    def end_ratio(self, place: int) -> float | None:
        """The whole time that was told at a moment, over that which it took; None where it was *soon known*."""
        passed, left = self.left[place]
        return None if left is None else (passed + left) / self.end


# ---- replayed -------------------------------------------------------------------------------------------------------


@dataclass
class Change:
    """How a trial stood from a moment on."""

    seconds: float
    number: int
    epochs: int
    state: TrialState
    pace: float | None


@dataclass
class Watched(Replay):
    """A replay with several trials at once; each change is noted."""

    changes: list[Change] = field(default_factory=list)
    trainings: dict[int, Training] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)

    def take(self, key: tuple[float | int, ...]) -> Curve:
        """Settings may be begun again: a sampler that found good ones goes on to try some much like them.

        Of a table from which each was taken once, ever worse ones would be left, and fewer would go on than really do.
        """
        return self.untried[key]

    def note(self, training: Training, state: TrialState) -> None:
        """Trial `number` is in this state now."""
        self.changes.append(Change(self.seconds, training.trial.number, training.epochs, state, self.pace.seconds))

    def given_up(self, trial: optuna.Trial, curve: Sequence[Epoch] = ()) -> None:
        """It is stopped before its end."""
        super().given_up(trial, curve)
        self.note(self.trainings[trial.number], TrialState.PRUNED)

    def record(self, seconds: float) -> tuple[SearchRecord, float | None]:
        """What a page could read after so many seconds, and the pace until then."""
        passed = [change for change in self.changes if change.seconds <= seconds]
        latest = {change.number: change for change in passed}
        trials = tuple(
            TrialRecord(
                number=number, state=change.state, params={}, curve=tuple(Epoch(n, 0.0) for n in range(change.epochs))
            )
            for number, change in latest.items()
        )
        settings = self.settings
        record = SearchRecord(
            name="",
            state=SearchState.RUNNING,
            trials=trials,
            n_trials=settings.n_trials,
            epochs=settings.space.num_epochs,
            timeout=settings.timeout,
            jobs=settings.jobs,
            workload=settings.workload,
            strategy=settings.strategy,
        )
        return record, passed[-1].pace if passed else None


def search_at_once(replay: Watched) -> None:
    """The runner's loop with several workers: the one whose epoch ends next goes on."""
    settings = replay.settings
    search = SimpleNamespace(settings=settings, study=replay.study, folder=Path("none"))
    resting = RestingTrials(search, replay)
    at_work: list[tuple[float, int, int, Turn]] = []  # when an epoch ends, a number, the worker, its turn
    idle = list(range(settings.jobs))
    numbers = itertools.count()

    def next_turn() -> Turn | None:
        time_left = None if settings.timeout is None else settings.timeout - replay.seconds
        if (turn := resting.next_turn(time_left)) is not None:
            return turn
        if replay.begun < settings.n_trials and (training := replay.begin()) is not None:
            replay.trainings[training.trial.number] = training
            return Turn(training.trial)
        return resting.last_turn(is_alone=not at_work)

    def train_on(worker: int, turn: Turn) -> None:
        training = replay.trainings[turn.number]
        ends = replay.seconds + training.of_table.seconds[training.epochs]
        heapq.heappush(at_work, (ends, next(numbers), worker, turn))

    while True:
        while idle and (turn := next_turn()) is not None:
            replay.note(replay.trainings[turn.number], TrialState.RUNNING)
            train_on(idle.pop(), turn)
        if not at_work:
            return
        ends, _, worker, turn = heapq.heappop(at_work)
        training = replay.trainings[turn.number]
        if settings.timeout is not None and ends > settings.timeout:
            replay.seconds = settings.timeout
            return
        replay.seconds = ends - training.of_table.seconds[training.epochs]
        replay.learn(training)
        replay.pace.note(worker, replay.seconds)
        if training.is_done:
            resting.ended(turn, training.curve)
            replay.tell(training)
            replay.note(training, TrialState.COMPLETE)
        elif resting.is_rung(turn, training.epochs):
            replay.note(training, TrialState.RESTING)
            resting.lie_down(replace(turn, curve=training.curve, seconds=training.seconds))
        else:
            replay.note(training, TrialState.RUNNING)
            train_on(worker, turn)
            continue
        idle.append(worker)


def replayed(table: Table, n_trials: int, seed: int, limit: float | None) -> Told:
    """One search, with a limit in times of what is foretold without one."""
    space = HyperparameterSearchSpace.from_json(table.space)
    settings = SearchSettings(space=space, n_trials=n_trials, strategy=RESUMING, jobs=AT_ONCE)
    each = [statistics.fmean(curve.seconds) for curve in table.curves if curve.seconds]
    before = expected_cost(each, each[:1]) * settings.workload.epochs_on_the_clock(at_once=AT_ONCE)
    settings = replace(settings, timeout=limit and limit * before)
    replay = Watched(table, float("inf"), settings, sampler_of(settings, seed), pruner_of(settings), seed)
    replay.study.enqueue_trial(table.curves[0].params, user_attrs={UNTUNED: True})
    search_at_once(replay)
    left = []
    for moment in MOMENTS:
        passed = moment * replay.seconds
        record, pace = replay.record(passed)
        left.append((passed, record.time_left(passed, pace)))
    return Told(min(before, settings.timeout or before), replay.seconds, left)


# ---- real -----------------------------------------------------------------------------------------------------------

SEARCHES = (  # collection, tunes, preset and what is another in it
    ("ryans", 60, "quick", {}),
    ("bach", 80, "quick", {"trials": 40, "epochs": 20, "families": ("rnn",)}),
    ("essen-china", 100, "quick", {}),
    ("oneills", 50, "balanced", {"trials": 40, "epochs": 12}),
    ("airds", 20, "thorough", {"trials": 40, "epochs": 10}),
    ("ryans", 40, "quick", {"trials": 30, "epochs": 20, "families": ("gru",)}),
)


def really_searched(place: int, workspace: Workspace) -> Told:
    """One real search without a limit, watched twice a second as a page watches it."""
    collection, n_tunes, preset_name, others = SEARCHES[place % len(SEARCHES)]
    seed = place // len(SEARCHES)
    melodies = random.Random(place).sample(load_collection(collection, workspace.cache).melodies, n_tunes)
    answers = preset(preset_name, "cpu", phrases_to_learn(melodies))
    settings = replace(answers, minutes=0, jobs=AT_ONCE, seed=seed, **others).to_settings()
    speeds = {family: measure_speed(workspace.cache, family, "cpu") for family in settings.families}
    n_tokens = round(sum(len(melody.notes) for melody in melodies) * TOKENS_PER_NOTE * TRAIN_SHARE)
    before = estimate_seconds(settings, speeds, n_tokens, VOCABULARY.size)
    database = open_database(workspace.storage_url)
    search = create_search(f"{place}", prepare(melodies, collection), settings, workspace=workspace, database=database)
    told: list[tuple[float, float | None]] = []
    runner = SearchRegistry().start(search)
    while not runner.join(0.5):
        status = runner.status()
        told.append((status.elapsed, search.record().time_left(status.elapsed, status.pace)))
    record = search.record()
    end = record.total_time
    left = [min(told, key=lambda pair: abs(pair[0] - moment * end)) for moment in MOMENTS]
    epochs = sum(trial.epochs_run for trial in record.trials)
    print(
        f"| {place + 1}: {n_tunes} of {collection}, {', '.join(settings.families)}, {settings.n_trials} × "
        f"{settings.space.num_epochs} | {before:.0f} | {end:.0f} | "
        + " | ".join(f"{'?' if told is None else round(told)} ({end - passed:.0f})" for passed, told in left)
        + f" | {epochs} ({settings.workload.epochs_left():.0f}) | {psutil.getloadavg()[0]:.1f} |",
        flush=True,
    )
    return Told(before, end, left)


# ---- told -----------------------------------------------------------------------------------------------------------


def row(name: str, all_told: Sequence[Told]) -> str:
    """A line of the table."""
    foretold = [told.before / told.end for told in all_told]
    cells = [f"{_right(foretold)}, {statistics.median(foretold):.2f}"]
    for place in range(len(MOMENTS)):
        ratios = [ratio for told in all_told if (ratio := told.ratio(place)) is not None]
        ends = [ratio for told in all_told if (ratio := told.end_ratio(place)) is not None]
        median = f"{statistics.median(ratios):.2f}" if ratios else "-"
        unknown = f", {1 - len(ratios) / len(all_told):.0%} unknown" if len(ratios) < len(all_told) else ""
        cells.append(f"{_right(ratios)}, {median}, {_right(ends)}{unknown}")
    return f"| {name} | {len(all_told)} | " + " | ".join(cells) + " |"


def _right(ratios: Sequence[float]) -> str:
    is_right = [abs(ratio - 1) <= TOLERANCE for ratio in ratios]
    return f"{sum(is_right) / len(is_right):.0%}" if is_right else "-"


def main() -> None:
    """Replay, search, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=Path, nargs="+", default=sorted(TABLES.glob("*.json.gz")))
    parser.add_argument("--seeds", type=int, default=31)
    parser.add_argument("--trials", type=int, nargs="*", default=[12, 24, 36], help="asked of a replayed search")
    parser.add_argument("--limits", type=float, nargs="*", default=[1.5, 1.0], help="of time, besides none")
    parser.add_argument("--real", type=int, default=0, help="real searches (default: none)")
    parser.add_argument("--first", type=int, default=0, help="which of them is the first, to have other ones")
    options = parser.parse_args()

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    head = (
        "| searches | number | before, median | "
        + " | ".join(f"{moment:.0%}: left, median, end" for moment in MOMENTS)
        + " |"
    )
    head += "\n|" + "---|" * (3 + len(MOMENTS))
    tables = [read_table(path) for path in options.tables]
    print(head)
    for limit in (None, *options.limits):
        for n_trials in options.trials:
            told = [replayed(table, n_trials, seed, limit) for table in tables for seed in range(options.seeds)]
            print(row(f"{n_trials} trials" + (f", limit {limit:g}×" if limit else ""), told), flush=True)
    if options.real:
        moments = " | ".join(f"left at {moment:.0%}" for moment in MOMENTS)
        print(f"\n| search | foretold | took | {moments} | epochs | load |\n|" + "---|" * (5 + len(MOMENTS)))
        with tempfile.TemporaryDirectory() as home:
            workspace = Workspace.open(Path(home))
            told = [really_searched(place, workspace) for place in range(options.first, options.first + options.real)]
            forget_database(workspace.storage_url)
        print("\n".join(["", head, row("real", told)]))


if __name__ == "__main__":
    main()
