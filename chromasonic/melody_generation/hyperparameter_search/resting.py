"""Trials that rest: which, where their checkpoints are, and what becomes of them in the end.

To Optuna a resting trial is *running*, with an attribute of ours (`history.latest_rest`): so it can go on, its curve is
drawn by optuna-dashboard, and no other runner takes it. On disk comes first its checkpoint and then the attribute, and
only then anything else is begun: a kill at any moment costs what was trained since the last checkpoint.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean

import optuna
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from chromasonic.results.records import Epoch

from .history import GOES_ON, RESTS, UNTUNED, Rest, curve_up_to, is_resting, kept_losses, latest_rest
from .ladder import Ladder
from .rest_files import epochs_in, place_in, seconds_in
from .search import Search
from .telling import Teller

_SPARE = 1.25
"""So many times what its pace says is kept free for the default settings to be trained to their end."""


@dataclass(frozen=True)
class Turn:
    """A trial and what it has learned so far: what is trained until its next rest, or its end."""

    trial: optuna.Trial
    curve: tuple[Epoch, ...] = ()  # of the turns before
    seconds: float = 0.0  # of training in them
    rests: int = 0  # how often it has rested
    reported: set[int] = field(default_factory=set)  # epochs that Optuna knows
    checkpoint: Path | None = None  # where it goes on from
    is_last: bool = False  # it is trained to its end now
    is_told: bool = True  # what it learned so far is known, and kept where it leads: not so where it was cut off

    @property
    def number(self) -> int:
        """The trial's."""
        return self.trial.number

    @property
    def is_untuned(self) -> bool:
        """Whether it tries the default settings, which everything is compared with."""
        return UNTUNED in self.trial.user_attrs

    @property
    def best(self) -> float:
        """The lowest validation loss so far."""
        return min(epoch.validation_loss for epoch in self.curve)


class RestingTrials:
    """The trials of one search that rest with one runner; all its trainers share them.

    Args:
        search: whose trials.
        teller: tells those that will not go on.
        on_told: told the number of each such trial.
    """

    def __init__(self, search: Search, teller: Teller, on_told: Callable[[int], None] = lambda number: None) -> None:
        self._search = search
        self._study = search.study
        self._teller = teller
        self._on_told = on_told
        self._lock = threading.RLock()
        self.ladder = Ladder(search.settings.space.num_epochs)
        self._turns: dict[int, Turn] = {}

    def take_up(self) -> None:
        """Find those that a run before left resting; checkpoints that are of no use are deleted."""
        trials = self._study.get_trials(deepcopy=False)
        self.look_at(trials)
        resting = can_go_on(self._search, trials)
        for trial in resting:
            self._take_up(trial)
        needed = {self.place(trial.number) for trial in resting}
        for file in (self._search.folder / "resting").glob("*"):
            if file not in needed:
                _delete(file)

    def _take_up(self, frozen: FrozenTrial) -> None:
        rest, place = latest_rest(frozen), self.place(frozen.number)
        assert rest is not None
        seconds = seconds_in(place)  # of more epochs than the attribute says, where a kill fell between the two
        turn = Turn(
            optuna.Trial(self._study, frozen._trial_id),
            curve_up_to(frozen, len(seconds)),
            rest.seconds + sum(seconds[rest.epochs :]),
            rest.turn,
            set(frozen.intermediate_values),
            place,
            is_told=len(seconds) == rest.epochs,
        )
        if is_resting(frozen) and turn.is_told:
            self._rest(turn)
        else:  # it was cut off after it had gone on
            self.lie_down(turn, until=_cut_off_at(frozen, rest, fmean(seconds)))

    def look_at(self, trials: Iterable[FrozenTrial]) -> None:
        """Take into account how far these have come."""
        with self._lock:
            for trial in trials:
                self.ladder.come(trial.number, list(kept_losses(trial).values()))

    def place(self, number: int) -> Path:
        """Where trial `number` has its checkpoint while it rests."""
        return place_in(self._search.folder, number)

    def is_rung(self, turn: Turn, epoch: int) -> bool:
        """Whether the trial of `turn` rests after this epoch."""
        return not turn.is_last and epoch > len(turn.curve) and epoch in self.ladder.rungs

    def cut_off(self, turn: Turn, curve: Sequence[Epoch]) -> bool:
        """A trial was stopped within an epoch: it rests where its latest checkpoint is; False where it has none.

        Args:
            turn: what was trained.
            curve: how far it had come.
        """
        seconds = seconds_in(self.place(turn.number))
        if not seconds:
            return False
        kept = tuple(curve[: len(seconds)]) if len(curve) >= len(seconds) else turn.curve
        trained = sum(seconds[len(turn.curve) :])
        is_told = turn.is_told and len(kept) == len(turn.curve)
        turn = replace(turn, curve=kept, seconds=turn.seconds + trained, is_told=is_told)
        self.lie_down(turn, until=datetime.now(UTC))
        return True

    def lie_down(self, turn: Turn, *, until: datetime | None = None) -> None:
        """A trial rests; its checkpoint is on disk. Those that so many better ones are before now are given up.

        Args:
            turn: what it has learned.
            until: when it was cut off, unless it lay down by itself.
        """
        turn = replace(turn, rests=turn.rests + 1, is_last=False, checkpoint=self.place(turn.number))
        ended = datetime.now(UTC) if until is None else until
        value = {"epochs": len(turn.curve), "seconds": round(turn.seconds, 3), "until": ended.isoformat()}
        if until is not None:
            value["told"] = max(turn.reported, default=0)
        turn.trial.set_user_attr(f"{RESTS}{turn.rests}", value)
        with self._lock:
            self._rest(turn)
            for number in self.ladder.who_is_out():
                if not self._turns[number].is_untuned:
                    self._give_up(number)

    def _rest(self, turn: Turn) -> None:
        self._turns[turn.number] = turn
        self.ladder.come(turn.number, [epoch.validation_loss for epoch in turn.curve])
        self.ladder.rest(turn.number, len(turn.curve))

    # ---- who goes on ------------------------------------------------------------------------------------------------

    def next_turn(self, time_left: float | None) -> Turn | None:
        """The turn of the one that is to go on now, with `time_left` seconds of searching; None: begin another."""
        with self._lock:
            untuned = self._untuned()
            if untuned is not None and time_left is not None:
                pace = untuned.seconds / len(untuned.curve)
                if time_left < _SPARE * pace * (self._search.settings.space.num_epochs - len(untuned.curve)):
                    return self._go_on(untuned.number, is_last=True)
            return self._go_on(self.ladder.who_goes_on())

    def last_turn(self, *, is_alone: bool) -> Turn | None:
        """The same, when there is no other to begin.

        Where none is to go on and the caller `is_alone`, so that none will come to rest either, the default settings
        are trained to their end; after that all others that rest are given up.
        """
        with self._lock:
            turn = self._go_on(self.ladder.who_goes_on(is_last_call=True))
            if turn is not None or not is_alone:
                return turn
            if (untuned := self._untuned()) is not None:
                return self._go_on(untuned.number, is_last=True)
            self._give_up_all()
            return None

    def _untuned(self) -> Turn | None:
        return next((turn for turn in self._turns.values() if turn.is_untuned), None)

    def _go_on(self, number: int | None, *, is_last: bool = False) -> Turn | None:
        """The next turn of trial `number`; the default settings have only one more once they have come to a rung.

        As they lead then, they are better than most of what a short search finds, and are heard early.
        """
        if number is None:
            return None
        turn = self._leave(number)
        turn.trial.set_user_attr(f"{GOES_ON}{turn.rests}", datetime.now(UTC).isoformat())
        leads = turn.is_untuned and self.ladder.has_come(number)
        return replace(turn, is_last=is_last or leads)

    def _leave(self, number: int) -> Turn:
        self.ladder.leave(number)
        return self._turns.pop(number)

    # ---- how it ends ------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """The time is up: what rests is given up, unless it is better than all that count; then the best one counts.

        A search that was stopped is never settled: a trial that counted with fewer epochs than asked could not go on.
        """
        with self._lock:
            complete = self._study.get_trials(deepcopy=False, states=(OptunaState.COMPLETE,))
            told = [turn for turn in self._turns.values() if turn.is_told]
            best = min(told, key=lambda turn: turn.best, default=None)
            to_beat = min((trial.value or 0.0 for trial in complete), default=math.inf)
            if best is not None and best.best < to_beat:
                self._leave(best.number)
                self._teller.counts(best.trial, best.best, best.curve)
                self._was_told(best.number)
            self._give_up_all()

    def _give_up_all(self) -> None:
        for number in tuple(self._turns):
            self._give_up(number)

    def _give_up(self, number: int) -> None:
        turn = self._leave(number)
        self._teller.given_up(turn.trial, turn.curve)
        self._was_told(number)

    def _was_told(self, number: int) -> None:
        _delete(self.place(number))
        self._on_told(number)

    def ended(self, turn: Turn, curve: Sequence[Epoch]) -> None:
        """A trial has ended in training: its checkpoint is of no more use."""
        if not turn.is_last:  # what came to its end for another reason than its loss makes no room for others
            with self._lock:
                self.ladder.come(turn.number, [epoch.validation_loss for epoch in curve])
        _delete(self.place(turn.number))

    def clear(self) -> None:
        """Delete all its checkpoints: what rests here goes on nowhere."""
        for number in tuple(self._turns):
            _delete(self.place(number))


def can_go_on(search: Search, trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Those of `trials` that have rested and whose checkpoint can be read: no kill has ended them."""
    if not search.settings.lets_rest:
        return []
    return [
        trial
        for trial in trials
        if trial.state is OptunaState.RUNNING
        and latest_rest(trial)
        and epochs_in(place_in(search.folder, trial.number))
    ]


def _cut_off_at(trial: FrozenTrial, rest: Rest, pace: float) -> datetime | None:
    """When a kill ended the turn that `trial` was in, by the epochs it had told and the seconds that each takes."""
    went_on = trial.user_attrs.get(f"{GOES_ON}{rest.turn}")
    if not isinstance(went_on, str):
        return None
    trained = max(0, len(trial.intermediate_values) - rest.epochs) * pace
    return datetime.fromisoformat(went_on) + timedelta(seconds=trained)


def _delete(file: Path) -> None:
    with contextlib.suppress(OSError):  # what cannot be deleted now is deleted when the search is taken up again
        file.unlink(missing_ok=True)
