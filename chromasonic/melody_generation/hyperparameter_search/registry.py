"""The work of this process, by search: page reloads and second tabs find the same runner."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

from chromasonic.errors import ChromasonicError, StorageError, WorkspaceError
from chromasonic.melody_generation.model_bundle.shelf import StoredModel
from chromasonic.melody_generation.training import device_or_cpu

from .continuing import Continuation
from .final import FinalTraining
from .fleet import InFleet
from .runner import SearchRunner
from .search import Search
from .trial_process import child_trainers


class Lesson(StrEnum):
    """What trains."""

    TRIALS = "trials"  # of a search
    FINAL = "final"  # the final model of a search
    FURTHER = "further"  # a finished model that goes on


AtWork = Search | Continuation
MayStart = Callable[[Sequence[AtWork]], None]
"""Raises when nothing else may train beside these."""


class SearchRegistry:
    """Starts searches in the background, each trial in a child process, and knows who runs what."""

    def __init__(self) -> None:
        self._runners: dict[tuple[str, int], SearchRunner] = {}
        self._finals: dict[tuple[str, int], FinalTraining] = {}
        self._continuations: dict[Path, Continuation] = {}
        self._lock = threading.Lock()
        atexit.register(self.stop_all)  # Ctrl-C on the server then marks the half-done trials and leaves no orphan

    def start(self, search: Search, may_start: MayStart = lambda busy: None) -> SearchRunner:
        """Run `search` in a background thread, from where it stands; on the processor where its own device is not.

        Where it runs already in this process, started from a second tab perhaps, that runner is given.

        Raises:
            SearchHeldError: it is running elsewhere; says where.
            SearchError: `may_start`, shown what trains, says no.
        """
        search.record()  # reads its settings: another process may have extended it
        search.bring_music()
        search.load_data()  # what cannot be read is told once, here, and not by each trial
        with self._lock:  # between the question and the start nobody else starts another
            if (runner := self.runner(search)) is not None:
                return runner
            may_start(self.busy())
            settings = search.settings.gone_on_with(device=device_or_cpu(search.settings.device))
            # Where several machines share the database, this server is one worker among others.
            tenure = InFleet(search, settings.device) if search.workspace.storage else None
            trainers = child_trainers(search.data_file, settings)
            runner = SearchRunner(search, trainers, tenure=tenure, settings=settings)
            runner.start()
            self._runners[_key(search)] = runner
            return runner

    def runner(self, search: Search) -> SearchRunner | None:
        """The runner of `search` in this process; None when it runs elsewhere or not at all."""
        runner = self._runners.get(_key(search))
        return runner if runner is not None and runner.is_running else None

    def trouble(self, search: Search) -> ChromasonicError | None:
        """What ended the last run of `search` in this process, where that could be put right and the search go on."""
        runner = self._runners.get(_key(search))
        error = None if runner is None or runner.is_running else runner.error
        return error if isinstance(error, StorageError | WorkspaceError) else None

    def running(self) -> list[SearchRunner]:
        """Every runner at work in this process."""
        return [runner for runner in self._runners.values() if runner.is_running]

    def busy(self) -> list[AtWork]:
        """Everything for which something trains in this process: a search, its final model, or one gone on with."""
        return [at_work for _, at_work in self.lessons()]

    def lessons(self) -> list[tuple[Lesson, AtWork]]:
        """The same, each with what trains for it."""
        searches = [(Lesson.TRIALS, runner.search) for runner in self.running()]
        finals = [(Lesson.FINAL, final.search) for final in self._finals.values() if not final.status.done]
        others = [(Lesson.FURTHER, other) for other in self._continuations.values() if not other.status.done]
        return [*searches, *finals, *others]

    def train_final(self, search: Search, may_start: MayStart = lambda busy: None) -> FinalTraining:
        """Train the final model of `search` in the background; a training that is under way is not started twice.

        Raises:
            SearchError: no trial of the search is complete yet; or `may_start`, shown what trains, says no.
        """
        with self._lock:
            under_way = self._finals.get(_key(search))
            if under_way is None or under_way.status.done:
                may_start(self.busy())
                self._finals[_key(search)] = FinalTraining(search)
            return self._finals[_key(search)]

    def final(self, search: Search) -> FinalTraining | None:
        """The training of the final model that was started in this process, if any."""
        return self._finals.get(_key(search))

    def go_on_with(
        self, stored: StoredModel, begin: Callable[[], Continuation], may_start: MayStart = lambda busy: None
    ) -> Continuation:
        """Go on training a finished model in the background; a lesson that is under way is not begun twice.

        Raises:
            ChromasonicError: `begin`, which begins the lesson, or `may_start`, shown what trains, says no.
        """
        with self._lock:
            under_way = self._continuations.get(stored.path)
            if under_way is None or under_way.status.done:
                may_start(self.busy())
                self._continuations[stored.path] = begin()
            return self._continuations[stored.path]

    def continuation(self, stored: StoredModel) -> Continuation | None:
        """The lesson of a finished model that was begun in this process, if any."""
        return self._continuations.get(stored.path)

    def forget_continuation(self, stored: StoredModel) -> None:
        """Let go of a lesson that has ended, once the musician has decided what becomes of it."""
        lesson = self._continuations.get(stored.path)
        if lesson is not None and lesson.status.done:
            del self._continuations[stored.path]

    def stop_all(self, timeout: float = 5.0) -> None:
        """Stop everything and wait until each search has written how it stands."""
        running = self.running()
        for lesson in [*self._finals.values(), *self._continuations.values()]:
            lesson.stop()
        for runner in running:
            runner.stop()
        for runner in running:
            runner.join(timeout)


def _key(search: Search) -> tuple[str, int]:
    return search.database.url, search.id
