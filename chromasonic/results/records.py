"""What a search found, as plain records. No Optuna, no torch: anything may read these."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from types import NoneType
from typing import Any, ClassVar, NamedTuple

from chromasonic.checks import instance
from chromasonic.languages import mark

from .workload import Begun, Workload

PARAMETERS = ("learning_rate", "batch_size", "hidden_size", "num_layers", "dropout", "embedding_dim")
"""The six searched settings, in the order they are shown."""


RESUMING = "resuming"
"""The strategy whose trials rest early, and of which those that lead go on."""

NEARLY_ALL = 0.98
"""So much is done at most of a search whose last trials may take longer than was expected."""

ENOUGH_FOR_IMPORTANCE = 80
"""With fewer trials the shares of the settings are a first, rough impression, whether trials rest or not: of replayed
searches the truly most important setting led in a third after 16 trials, in half after 30 to 40, in four of five after
80, and in no more after that (`benchmarks/importance.py`)."""


class TrialState(StrEnum):
    """How a trial stands."""

    WAITING = "waiting"
    RUNNING = "running"
    RESTING = "resting"  # holds still after a few epochs; goes on where it was if it turns out to lead
    COMPLETE = "complete"
    PRUNED = "pruned"  # stopped early: it fell behind the others, or rested until the search was over
    FAILED = "failed"  # out of memory, not a number, the model raised
    INTERRUPTED = "interrupted"  # stopped half-way by a person or a kill; does not count


FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED)
"""The states that count towards the asked number of trials."""


class SearchState(StrEnum):
    """How a search stands."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"  # a person stopped it, or its process ended; it can be resumed
    FINISHED = "finished"  # all its trials, or its time, are used up
    FAILED = "failed"  # it ended because nothing worked


YOU_STOPPED_IT, WORKER_LEFT = mark("you stopped it"), mark("its worker was asked to leave")
"""The reasons of a search that was stopped on purpose; one that something else has stopped says what to do about it."""

TIME_LIMIT_REACHED = mark("the time limit was reached")
"""The reason of a search that has finished before all its trials were tried."""


@dataclass(frozen=True, slots=True)  # of which a long search has hundreds of thousands
class Epoch:
    """One pass over the training tunes."""

    number: int  # from 1; 0 is before the first, of a model that learned something before
    validation_loss: float  # nats per token
    train_loss: float | None = None  # nats per token


@dataclass(frozen=True)
class Turn:
    """From when to when a trial trained without a rest; the end is None while it is training."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """One trial, whatever became of it. Losses are in nats per token; what is not known is None."""

    number: int
    state: TrialState
    params: dict[str, float | int]  # the six settings; empty while a trial waits for them
    reason: str | None = None  # why it failed, was pruned or interrupted, in plain words
    worker: str = ""  # who trained it, where several share a search
    is_untuned: bool = False  # tries the default settings, for comparison
    is_proven: bool = False  # tries settings that did well on other music
    is_carried: bool = False  # was trained by another search, from which this one took it over
    cut_by_time: bool = False  # complete, but the time limit of the search came before its last epoch
    family: str = ""  # model family, a key of MODEL_FAMILIES, or the class's own name
    best_validation_loss: float | None = None
    final_validation_loss: float | None = None
    train_loss: float | None = None  # at the best epoch
    best_epoch: int | None = None  # from 1
    training_time: float | None = None  # seconds
    n_parameters: int | None = None
    curve: tuple[Epoch, ...] = ()
    turns: tuple[Turn, ...] = ()  # when it trained, from rest to rest; empty where it never rested
    started: datetime | None = None
    finished: datetime | None = None

    @property
    def is_given(self) -> bool:
        """Whether its settings were neither drawn at random nor chosen in the light of others."""
        return self.is_untuned or self.is_proven

    @property
    def epochs_run(self) -> int:
        """How many epochs it trained."""
        return len(self.curve)

    def resting_after(self, seconds: Sequence[float]) -> TrialRecord:
        """The trial, cut off in training, as it rests after its first epochs, which took so many seconds each."""
        curve = self.curve[: len(seconds)]
        best = min(curve, key=lambda epoch: epoch.validation_loss, default=None)
        before = sum(((turn.end - turn.start).total_seconds() for turn in self.turns if turn.end is not None), 0.0)
        lasted = timedelta(seconds=max(0.0, self.epochs_run * sum(seconds) / len(seconds) - before))
        turns = [Turn(turn.start, turn.end or turn.start + lasted) for turn in self.turns]
        return replace(
            self,
            state=TrialState.RESTING,
            curve=curve,
            turns=tuple(turns),
            best_validation_loss=best.validation_loss if best else None,
            final_validation_loss=curve[-1].validation_loss if curve else None,
            train_loss=best.train_loss if best else None,
            best_epoch=best.number if best else None,
        )

    @property
    def was_gaining_when_cut(self) -> bool:
        """Whether the time limit came while it was still getting better."""
        return self.cut_by_time and bool(self.curve) and self.best_epoch == self.curve[-1].number

    @property
    def goes_on(self) -> bool:
        """Whether it is in training, and has rested before."""
        return self.state is TrialState.RUNNING and bool(self.turns)

    @cached_property
    def measured(self) -> Measured | None:
        """The trial with its best loss so far; None before its first epoch.

        Made once a trial: a live page asks for all of them again and again, and ten thousand new objects a second keep
        the garbage collector at work for longer than everything else.
        """
        loss = self.best_validation_loss
        if loss is None or not math.isfinite(loss):
            finite = [epoch.validation_loss for epoch in self.curve if math.isfinite(epoch.validation_loss)]
            loss = min(finite, default=None)
        return None if loss is None else Measured(loss, self.number, self)

    @cached_property
    def notes(self) -> dict[str, str]:
        """What charts say of it when one points at it, by language: made by `points.note_on`, once each."""
        return {}


class Measured(NamedTuple):
    """A trial with the loss to show for it. They sort by loss, then by number."""

    loss: float  # nats per token
    number: int
    trial: TrialRecord


@dataclass(frozen=True, kw_only=True)
class Baselines:
    """Losses to hold a trial against, in nats per token, all over the same validation tokens.

    `test_*` are the same over the held-out test tunes; None where there is no test side.
    """

    uniform: float  # every token equally likely: ln V
    ngram: float
    ngram_order: int  # the n of the n-gram, chosen on validation
    test_uniform: float | None = None
    test_ngram: float | None = None


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Between what a figure lies with 95 % confidence, had other tunes of the same kind been held out."""

    value: float  # on the tunes there are
    low: float
    high: float
    n_tunes: int


@dataclass(frozen=True, kw_only=True)
class TestScores:
    """Losses on the held-out test tunes, which no choice was made on; nats per token. What was not measured is None."""

    __test__: ClassVar[bool] = False  # pytest takes names like this one for tests

    best: float
    untuned: float | None = None
    ngram: float | None = None
    uniform: float | None = None
    interval: Interval | None = None  # of `best`
    better_by: Mapping[str, Interval] = field(default_factory=dict)  # than "untuned", "ngram" or "uniform"; nats


@dataclass(frozen=True, kw_only=True)
class SearchRecord:
    """A whole search: how it was set, how it stands, and its trials by number."""

    name: str
    state: SearchState
    trials: tuple[TrialRecord, ...]
    n_trials: int  # asked for
    epochs: int  # asked for, per trial
    timeout: float | None = None  # seconds
    total_time: float = 0.0  # seconds of searching so far, pauses not counted
    families: tuple[str, ...] = ()
    space: dict[str, Any] = field(default_factory=dict)  # HyperparameterSearchSpace.to_json()
    music: str = ""  # name of the music set, or what the data was
    fingerprint: str = ""  # of the training data
    vocab_size: int = 0
    sequence_length: int = 0
    n_train: int = 0  # sequences
    n_validation: int = 0
    n_test: int = 0
    by_phrase: bool = False  # too few tunes to deal whole ones: parts of each stand on all sides
    seed: int = 0
    device: str = "cpu"
    jobs: int = 1
    versions: dict[str, str] = field(default_factory=dict)
    created: datetime | None = None
    reason: str | None = None  # why it stopped or failed, in plain words
    began_with: str = ""  # what it took along from another search, in words
    baselines: Baselines | None = None
    importance: dict[str, float] | None = None  # share of each setting, summing to 1; None while too few trials
    warm_up: int = 0  # trials at the start that the sampler draws at random
    strategy: str = "median"  # how trials are stopped early, one of STRATEGIES of the search's settings
    prune_after: float = 0.2  # "median": share of its epochs after which a trial that falls behind may be stopped
    workload: Workload | None = None  # what it was asked to train; None: its trials and their epochs
    transpose: bool = False  # each phrase is moved to another key in each epoch
    is_melodic: bool = True  # its tokens are music, not practice melodies

    def of_state(self, *states: TrialState) -> list[TrialRecord]:
        """The trials in one of `states`, by number."""
        if len(states) == 1:
            return list(self._by_state[states[0]])
        return [trial for trial in self.trials if trial.state in states]

    @cached_property
    def _by_state(self) -> dict[TrialState, list[TrialRecord]]:
        """Grouped once: a page asks again each second, and a search may have thousands of trials."""
        groups: dict[TrialState, list[TrialRecord]] = {state: [] for state in TrialState}
        for trial in self.trials:
            groups[trial.state].append(trial)
        return groups

    def count(self, *states: TrialState) -> int:
        """How many trials are in one of `states`."""
        return sum(len(self._by_state[state]) for state in states)

    @cached_property
    def best(self) -> TrialRecord | None:
        """The finished trial with the lowest best validation loss; None while there is none."""
        best = min(self._by_state[TrialState.COMPLETE], key=_loss, default=None)  # of equal losses the first
        return best if best is not None and math.isfinite(_loss(best)) else None

    @property
    def importance_is_rough(self) -> bool:
        """Whether `importance` rests on so few trials that it is only a first impression."""
        return self.importance is not None and self.n_telling < ENOUGH_FOR_IMPORTANCE

    @property
    def n_telling(self) -> int:
        """Trials that tell which setting matters: the complete ones, or where trials rest all that learned something.

        One that goes on after a rest is among these.
        """
        if not self.lets_rest:
            return self.count(TrialState.COMPLETE)
        told = self.of_state(TrialState.COMPLETE, TrialState.PRUNED, TrialState.RESTING)
        return sum(trial.measured is not None for trial in told) + self.n_going_on

    @property
    def lets_rest(self) -> bool:
        """Whether its trials rest early, and those that lead go on."""
        return self.strategy == RESUMING

    @property
    def was_never_started(self) -> bool:
        """Whether it was set up, and nothing of it was done yet."""
        return self.state is SearchState.STOPPED and not self.total_time

    @property
    def is_used_up(self) -> bool:
        """Whether nothing is left to do within the asked number of trials and the time limit."""
        out_of_time = self.timeout is not None and self.total_time >= self.timeout
        return self.n_finished >= self.n_trials or out_of_time

    @property
    def was_cut_short(self) -> bool:
        """Whether it was stopped with trials and time left, so that it can go on as it is."""
        return self.state is SearchState.STOPPED and not self.is_used_up

    @property
    def is_at_work(self) -> bool:
        """Whether it has begun and not ended."""
        return self.state in (SearchState.RUNNING, SearchState.PAUSED)

    @property
    def may_go_on(self) -> bool:
        """Whether it is at work, or can be again as it is."""
        return self.is_at_work or self.was_cut_short

    @property
    def only_rests(self) -> bool:
        """Whether it was stopped before a trial was trained to its end, while others rest that can go on."""
        return not self.is_at_work and self.best is None and bool(self.count(TrialState.RESTING))

    @property
    def n_finished(self) -> int:
        """Trials that count towards `n_trials`."""
        return self.count(*FINISHED)

    @property
    def n_tried(self) -> int:
        """Trials that have shown what they promise: those that have ended, and those that have rested once.

        It is the count that people read. It never falls: a trial that goes on after a rest stays among them.
        """
        return self.n_finished + self.count(TrialState.RESTING) + self.n_going_on

    @property
    def n_going_on(self) -> int:
        """Trials in training that have rested before."""
        return sum(trial.goes_on for trial in self._by_state[TrialState.RUNNING])

    def share_done(self, elapsed: float) -> float:
        """How much is done after `elapsed` seconds, 0 to 1: of its trials or of its time, whichever is further.

        A search that has finished is done, whatever ended it.
        """
        if self.state is SearchState.FINISHED:
            return 1.0
        by_time = elapsed / self.timeout if self.timeout else 0.0
        return min(1.0, max(self.share_trained, by_time))

    def time_left(self, elapsed: float, pace: float | None) -> float | None:
        """Seconds until it will have ended, after `elapsed` seconds: by what is left to train, or by its time limit.

        Args:
            elapsed: seconds of searching so far.
            pace: seconds from epoch to epoch of each trial in training; None where that is not known yet.

        Returns:
            None where nothing is known: neither limit nor pace.
        """
        by_time = None if self.timeout is None else max(0.0, self.timeout - elapsed)
        if pace is None:
            return by_time
        by_work = pace * self._workload.epochs_on_the_clock(self._begun, self._at_once)
        return by_work if by_time is None else min(by_time, by_work)

    def mean_pace(self, elapsed: float) -> float | None:
        """Seconds from epoch to epoch of each trial in training, in the mean so far; None before the first epoch."""
        trained = sum(trial.epochs_run for trial in self._counted if not trial.is_carried)  # another trained those
        return elapsed * self._at_once / trained if trained else None

    def time_for(self, n_trials: int) -> float | None:
        """Seconds more that it takes to have tried `n_trials` in all, at its pace so far; None before there is one."""
        pace = self.mean_pace(self.total_time)
        if pace is None:
            return None
        asked = replace(self._workload, n_trials=max(1, n_trials - self.count(TrialState.FAILED)))
        return pace * asked.epochs_on_the_clock(self._begun, self._at_once)

    @property
    def _at_once(self) -> int:
        """How many trials train at once: as many as were asked for, and more where several workers share it."""
        return max(self.jobs, self.count(TrialState.RUNNING))

    @property
    def share_trained(self) -> float:
        """How much of what is asked is trained, 0 to 1.

        A trial in training counts by its epochs. Where trials rest all do, against the epochs that are expected of so
        many; one that was trained to its end counts in full, however soon that came. The last ones may take longer, so
        all is never said.
        """
        if self._workload.rungs:
            trained = sum(self.epochs if trial.is_complete else trial.epochs for trial in self._begun)
            return min(NEARLY_ALL, trained / max(1, trained + self._workload.epochs_left(self._begun)))
        begun = sum(min(1.0, trial.epochs_run / self.epochs) for trial in self._by_state[TrialState.RUNNING])
        return min(1.0, (self.n_finished + begun) / self.n_trials)

    @cached_property
    def _workload(self) -> Workload:
        """What is to be trained; trials that failed at once take the place of others."""
        asked = self.workload or Workload(n_trials=self.n_trials, epochs=self.epochs)
        return replace(asked, n_trials=max(1, self.n_trials - self.count(TrialState.FAILED)))

    @cached_property
    def _counted(self) -> list[TrialRecord]:
        """Trials whose epochs count: all that have begun, but for those that failed or were interrupted."""
        return self.of_state(TrialState.COMPLETE, TrialState.PRUNED, TrialState.RESTING, TrialState.RUNNING)

    @cached_property
    def _begun(self) -> list[Begun]:
        ended, whole = (TrialState.COMPLETE, TrialState.PRUNED), TrialState.COMPLETE
        return [Begun(trial.epochs_run, trial.state in ended, trial.state is whole) for trial in self._counted]

    @property
    def untuned(self) -> TrialRecord | None:
        """The trial with the default settings, to compare with; None until it was trained to its end.

        One that the time limit cut short had fewer epochs than others: what it scores is not what it would have.
        """
        complete = self._by_state[TrialState.COMPLETE]
        return next((trial for trial in complete if trial.is_untuned and not trial.cut_by_time), None)


def new_bests(record: SearchRecord) -> list[TrialRecord]:
    """The complete trials that each were the best so far when they finished: the first one, and the winner at the end.

    One whose time is not known counts as finished before all others, by number.
    """
    complete = sorted(record.of_state(TrialState.COMPLETE), key=_when_finished)
    return [step.trial for step in falling(trial.measured for trial in complete if trial.measured is not None)]


def _when_finished(trial: TrialRecord) -> tuple[float, int]:
    return trial.finished.timestamp() if trial.finished else -math.inf, trial.number


def falling(trials: Iterable[Measured]) -> list[Measured]:
    """Those that have a lower loss than all before them; of equal losses that of the first trial is the lower one."""
    steps: list[Measured] = []
    for trial in trials:
        if not steps or trial[:2] < steps[-1][:2]:
            steps.append(trial)
    return steps


def ranked(trials: Sequence[TrialRecord]) -> list[TrialRecord]:
    """The complete trials, lowest finite best validation loss first; equal losses by number."""
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE and math.isfinite(_loss(trial))]
    return sorted(complete, key=lambda trial: (_loss(trial), trial.number))


def _loss(trial: TrialRecord) -> float:
    loss = trial.best_validation_loss
    return math.inf if loss is None or math.isnan(loss) else loss


def check_record(search: SearchRecord, test: TestScores | None = None) -> None:
    """Refuse what is no record of a search.

    Raises:
        SettingsError: it is something else; says what it should be.
    """
    instance("search", search, SearchRecord, "the record of a search, such as search.record()")
    instance("test", test, (TestScores, NoneType), "test scores, such as held_out_scores(search), or None")
