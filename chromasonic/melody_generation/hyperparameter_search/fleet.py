"""Many runners on one search, on any number of machines: each is a worker with a seat, and none holds the search alone.

Everything here goes through Optuna's own storage, so it works behind a storage proxy too, and nothing waits for a lock.

**Never more than asked.** A trial is *active* unless it was interrupted (Optuna's FAIL). A worker looks whether fewer
than the asked number are active, asks for a trial, and then counts the active trials with a *lower number* than it has;
where these are as many as asked, it gives the trial up again. Numbers are given out one by one, in the order in which
the trials come to be, and a trial that was interrupted never becomes active again. So if more than the asked number
were active at the end, take the one of them with the highest number: all the others have lower numbers, were there
before it and active all the time, so its worker counted at least as many as asked and gave it up: a contradiction.

**Never fewer.** A worker goes on while fewer than asked are finished, also while others train the last ones, for they
may die. A trial whose worker gives no more sign of life is marked interrupted, by exactly one of the others since a
trial ends but once, and its settings are put in line; once, for a second death may be their fault.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import optuna
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from chromasonic.errors import SearchHeldError
from chromasonic.languages import mark
from chromasonic.results.records import SearchState, TrialState

from . import holding
from .history import INTERRUPTED, OUTCOME, RETRY, WORKER
from .holding import EXPIRY, Holder
from .interrupted import is_told, try_again
from .search import Search
from .seats import SEAT, Seat, is_halted, living_seats, seats
from .settings import SearchSettings

_LOOK = 1.0  # seconds from look to look while others train the last trials
# What one look costs grows with the number of workers, so many of them look less often, each second all together:
_ASKS = 20  # times, whether there is something to do for those that wait
_LOOKS = 5  # times, whether one has died
_HEED = 2.0  # seconds within which all workers hold still when they are asked to

_FINISHED = (OptunaState.COMPLETE, OptunaState.PRUNED)
_UNDER_WAY = (*_FINISHED, OptunaState.RUNNING)

_log = logging.getLogger(__name__)


class InFleet:
    """A runner that is one of many workers; see `Tenure`.

    Args:
        search: what to work on.
        device: what it trains on, for whoever looks.
    """

    place = mark("a worker")
    is_shared = True

    def __init__(self, search: Search, device: str) -> None:
        self._search = search
        self._device = device
        self._lock = threading.Lock()  # one sampler, so one at a time
        self._lookout = _Lookout()
        self._looked = 0.0  # when it looked for dead workers last, time.monotonic()
        self._heeded = (-_HEED, False)  # when it looked whether to hold still last, and whether to
        self._buried: set[str] = set()  # seats of dead workers whose trials were seen to
        self._counted = 0.0  # when it last looked at all trials that train, time.monotonic()
        self._taken = 0
        self._left_to_do = 1
        self._others = 0
        self.salt = ""

    def take(self, place: str, settings: SearchSettings | None) -> None:
        """See `Tenure`. Its settings are the search's own: what one worker is asked for is no matter of the others."""
        holder = Holder.here(place)
        holding.note_held(holder)
        self.salt = f"{holder.host}-{holder.pid}-{holder.token[:6]}"
        now = time.time()
        self._seat = Seat(id=self.salt, holder=holder, device=self._device, joined=now, beat=now, elapsed=0.0)
        self._write_seat()
        # Seat first, then the question: of a worker and a runner of its own that come at once, at least one sees the
        # other.
        if (other := self._search.holder()) is not None:
            self.leave()
            raise SearchHeldError(self._search.name, str(other))

    def next_trial(self) -> optuna.Trial | None:
        """See `Tenure`, and above."""
        if self.is_halted():
            return None
        study, n_trials = self._search.study, self._search.settings.n_trials
        with self._lock:
            trials = study.get_trials(deepcopy=False)
            self._taken = sum(trial.state in _UNDER_WAY for trial in trials)
            self._left_to_do = n_trials - sum(trial.state in _FINISHED for trial in trials)
            if self._taken >= n_trials:
                self._look_for_the_dead(at_most_every=self._pace())
                return None
            trial = study.ask()
            active_before = [
                other
                for other in study.get_trials(deepcopy=False)
                if other.number < trial.number and other.state is not OptunaState.FAIL
            ]
            if len(active_before) >= n_trials:
                self._withdraw(trial)
                return None
            trial.set_user_attr(WORKER, self._seat.id)
            return trial

    def _withdraw(self, trial: optuna.Trial) -> None:
        reason = mark("others were faster and had the last places")
        trial.set_user_attr(OUTCOME, {"state": TrialState.INTERRUPTED, "reason": reason})
        self._search.study.tell(trial, state=OptunaState.FAIL)

    def wait_for_more(self) -> float | None:
        """See `Tenure`: while others train the last trials, for they may die."""
        if self._left_to_do <= 0:
            return None
        return self._pace()

    def _pace(self) -> float:
        return max(_LOOK, self._others / _ASKS)

    def put_back(self, trial: optuna.Trial) -> None:
        """See `Tenure`: it was interrupted, and so it is active no more."""

    def taken(self) -> int:
        """See `Tenure`."""
        return self._taken

    def is_halted(self) -> bool:
        """See `Tenure`."""
        when, halted = self._heeded
        if time.monotonic() - when >= _HEED:
            halted = is_halted(self._search.study)
            self._heeded = (time.monotonic(), halted)
        return halted

    def is_lost(self, trial: optuna.Trial) -> bool:
        """See `Tenure`: the others thought that this worker was dead, and so one trial is theirs."""
        return is_told(self._search.study, trial)

    def was_taken_over(self) -> SearchHeldError | None:
        """See `Tenure`."""
        other = self._search.holder()
        return None if other is None else SearchHeldError(self._search.name, str(other))

    def beat(self, elapsed: float) -> None:
        """See `Tenure`; and look for those that beat no more."""
        self._seat = replace(self._seat, beat=time.time(), elapsed=elapsed)
        self._write_seat()
        self._look_for_the_dead(at_most_every=max(holding.HEARTBEAT_INTERVAL / 2, self._others / _LOOKS))

    def settle(self, state: SearchState, elapsed: float, reason: str | None) -> None:
        """See `Tenure`. How the search stands is written by the last one to leave, or by whoever sees that it is done.

        A trial that was interrupted while it was being asked for bears no worker's name yet; others see to that.
        """
        for trial in self._search.study.get_trials(deepcopy=False, states=(OptunaState.RUNNING,)):
            if trial.user_attrs.get(WORKER) == self._seat.id:
                self._mark_interrupted(trial, mark("its worker ended while it was training"), may_retry=True)
        self.beat(elapsed)
        finished = self._search.study.get_trials(deepcopy=False, states=_FINISHED)
        if len(finished) >= self._search.settings.n_trials and state is not SearchState.FAILED:
            self._search.write_status(SearchState.FINISHED, elapsed)
        elif not [seat for seat in living_seats(self._search.study.user_attrs) if seat.id != self._seat.id]:
            self._search.write_status(state, elapsed, reason)

    def leave(self) -> None:
        """See `Tenure`."""
        try:
            self._seat = replace(self._seat, left=time.time())
            self._write_seat()
        finally:
            holding.note_given_back(self._seat.holder)

    def _write_seat(self) -> None:
        self._search.study.set_user_attr(SEAT + self._seat.id, self._seat.to_json())

    # ---- the others -----------------------------------------------------------------------------------------------

    def _look_for_the_dead(self, at_most_every: float) -> None:
        """Mark the trials of dead workers interrupted, and put their settings in line once."""
        if time.monotonic() - self._looked < at_most_every:
            return
        self._looked = time.monotonic()
        known = {seat.id: seat for seat in seats(self._search.study.user_attrs) if seat.id != self._seat.id}
        self._others = sum(seat.left is None for seat in known.values())
        dead = {name for name, seat in known.items() if self._lookout.is_dead(seat)}
        if dead <= self._buried and self._looked - self._counted < max(EXPIRY, self._others):  # one a second, by all
            return  # the seats are one question; all trials that train are many
        self._counted = time.monotonic()
        self._buried |= dead
        for trial in self._search.study.get_trials(deepcopy=False, states=(OptunaState.RUNNING,)):
            name = trial.user_attrs.get(WORKER, "")
            seat = known.get(name)
            if name != self._seat.id and (name in dead or (name not in known and self._lookout.is_abandoned(trial))):
                reason = (
                    mark(f"its worker on {seat.holder.host} gave no more sign of life while it was training")
                    if seat
                    else mark("its worker gave no more sign of life while it was training")
                )
                self._mark_interrupted(trial, reason, may_retry=RETRY not in trial.user_attrs)

    def _mark_interrupted(self, trial: FrozenTrial, reason: str, *, may_retry: bool) -> None:
        storage = self._search.study._storage
        try:
            # Under a name of its own: where its worker lives after all and is faster, this is one word too many in a
            # trial that is complete, and changes nothing.
            storage.set_trial_user_attr(trial._trial_id, INTERRUPTED, reason)
            storage.set_trial_state_values(trial._trial_id, state=OptunaState.FAIL)
        except optuna.exceptions.UpdateFinishedTrialError:
            return  # another was faster
        _log.warning("Search %d, trial %d: %s", self._search.id, trial.number, reason)
        if may_retry:
            try_again(self._search.study, trial, is_retry=True)


class _Lookout:
    """Who is dead, by this process's own clock: clocks of several machines differ, and some are set back.

    On this machine the operating system knows; elsewhere dead is whose sign of life stays the same for `EXPIRY`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._beats: dict[str, tuple[float, float]] = {}  # by seat: its sign of life, and when that was new here
        self._nameless: dict[int, float] = {}  # by trial: when it was first seen without a worker's name

    def is_dead(self, seat: Seat) -> bool:
        """Whether the worker on `seat` is dead, or has left."""
        if seat.left is not None:
            return True
        if seat.holder.is_on_this_machine:
            return not seat.holder.lives(seat.beat)
        beat, since = self._beats.get(seat.id, (None, 0.0))
        if beat != seat.beat:
            self._beats[seat.id] = (seat.beat, self._clock())
            return False
        return self._clock() - since > EXPIRY

    def is_abandoned(self, trial: FrozenTrial) -> bool:
        """Whether the worker of `trial` died before it could write its name on it."""
        return self._clock() - self._nameless.setdefault(trial.number, self._clock()) > EXPIRY
