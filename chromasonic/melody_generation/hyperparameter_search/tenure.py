"""On what terms a runner has its search: alone, or as one of many (`fleet.py`).

The runner asks for its trials here, and here it hears that the search is no longer its own.
"""

from __future__ import annotations

import threading
from typing import Protocol

import optuna

from chromasonic.errors import SearchHeldError
from chromasonic.languages import mark
from chromasonic.results.records import FINISHED, SearchState

from .interrupted import mark_interrupted
from .resting import can_go_on
from .search import Search
from .settings import SearchSettings


class Tenure(Protocol):
    """What a runner asks of the terms on which it has its search."""

    place: str
    """Where it runs, in words, unless it runs in the app."""

    salt: str
    """What makes this runner's chance another than that of the runners beside it."""

    is_shared: bool
    """Whether others run it too. Then the reports are not this runner's to write, and what rests goes on only here."""

    def take(self, place: str, settings: SearchSettings | None) -> None:
        """Begin, for a runner in `place` (in words), with other settings maybe.

        Raises:
            SearchHeldError: it cannot be had on these terms; says who has it.
        """

    def next_trial(self) -> optuna.Trial | None:
        """A trial to train; None where there is none now."""

    def wait_for_more(self) -> float | None:
        """How many seconds to wait, none being there now, before asking again; None where none will come."""

    def put_back(self, trial: optuna.Trial) -> None:
        """`trial` will not count; its place is free again."""

    def taken(self) -> int:
        """How many of the asked trials are done or in training, as far as is known."""

    def is_halted(self) -> bool:
        """Whether somebody elsewhere asks all runners of this search to hold still."""

    def is_lost(self, trial: optuna.Trial) -> bool:
        """Whether `trial` was ended by another, as happens to a runner that slept or was cut off for too long."""

    def was_taken_over(self) -> SearchHeldError | None:
        """Who has the search now, where another took it over."""

    def beat(self, elapsed: float) -> None:
        """Leave a sign of life after `elapsed` seconds of searching."""

    def settle(self, state: SearchState, elapsed: float, reason: str | None) -> None:
        """Leave no half-done trial behind, and write how the search stands."""

    def leave(self) -> None:
        """End; others may have it."""


class Alone:
    """A runner that has the search to itself, by the lease (`holding.py`)."""

    place = mark("a terminal")
    salt = ""
    is_shared = False

    def __init__(self, search: Search) -> None:
        self._search = search
        self._lock = threading.Lock()  # one sampler, so one at a time
        self._taken = 0

    def take(self, place: str, settings: SearchSettings | None) -> None:
        """See `Tenure`."""
        self._holder = self._search.take(place)
        try:
            n_resting = self._mark_interrupted()
            self._taken = n_resting + sum(trial.state in FINISHED for trial in self._search.record().trials)
            settings = settings or self._search.settings
            n_trials = max(settings.n_trials, self._taken)  # what is done cannot be undone
            self._search.change(settings.gone_on_with(n_trials=n_trials))
        except BaseException:
            self.leave()
            raise

    def next_trial(self) -> optuna.Trial | None:
        """See `Tenure`."""
        with self._lock:
            if self._taken >= self._search.settings.n_trials:
                return None
            trial = self._search.study.ask()
            self._taken += 1
            return trial

    def wait_for_more(self) -> float | None:
        """See `Tenure`."""
        return None

    def put_back(self, trial: optuna.Trial) -> None:
        """See `Tenure`."""
        with self._lock:
            self._taken -= 1

    def taken(self) -> int:
        """See `Tenure`."""
        return self._taken

    def is_halted(self) -> bool:
        """See `Tenure`."""
        return False

    def is_lost(self, trial: optuna.Trial) -> bool:
        """See `Tenure`."""
        return self.was_taken_over() is not None

    def was_taken_over(self) -> SearchHeldError | None:
        """See `Tenure`."""
        if self._search.is_held_by(self._holder):
            return None
        return SearchHeldError(self._search.name, str(self._search.holder() or mark("somewhere else")))

    def beat(self, elapsed: float) -> None:
        """See `Tenure`."""
        self._search.beat(elapsed)

    def settle(self, state: SearchState, elapsed: float, reason: str | None) -> None:
        """See `Tenure`."""
        self._mark_interrupted()
        self._search.write_status(state, elapsed, reason)

    def _mark_interrupted(self) -> int:
        """Mark what was cut off; how many are left that rest, or will again since they were cut off after they had."""
        study = self._search.study
        spared = {trial.number for trial in can_go_on(self._search, study.get_trials(deepcopy=False))}
        mark_interrupted(study, self._search.settings, spared)
        return len(spared)

    def leave(self) -> None:
        """See `Tenure`."""
        self._search.give_back(self._holder)
