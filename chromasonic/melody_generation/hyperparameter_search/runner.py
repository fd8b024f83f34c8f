"""The runner owns the loop of a search: ask, train, report each epoch, prune, tell.

It is the same class everywhere: a background thread of the app (`start`), or the terminal's own thread (`run`). Only
the runner writes the study. It never speaks to a page; pages read `status` and the study's record.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from enum import Enum, auto
from pathlib import Path

import optuna
from optuna.trial import TrialState as OptunaState

from chromasonic.errors import ChromasonicError, SearchError, SearchFailedError
from chromasonic.results.export import write_results
from chromasonic.results.records import FINISHED, Epoch, SearchState, TrialRecord, TrialState

from .candidate import Candidate, CandidateFailedError, CandidateResult, CandidateStoppedError, Trainer
from .history import FAMILY, OUTCOME, UNTUNED
from .search import HEARTBEAT_INTERVAL, Search
from .status import CurrentTrial, RunnerStatus, Stopwatch
from .strategy import default_pruner, default_sampler

CONSECUTIVE_FAILURES = 12
"""A search whose first this many trials all fail gives up: nothing in its space works."""


class Verdict(Enum):
    """What becomes of a trial after an epoch."""

    GO_ON = auto()
    PRUNE = auto()
    TIME_IS_UP = auto()
    STOP = auto()


class SearchRunner:
    """Runs one search to its asked number of trials, with one trainer for each trial at once."""

    def __init__(
        self,
        search: Search,
        trainers: Sequence[Trainer],
        *,
        sampler: optuna.samplers.BaseSampler | None = None,
        pruner: optuna.pruners.BasePruner | None = None,
        output_dir: Path | None = None,
        plot: bool = True,
        on_trial: Callable[[TrialRecord], None] = lambda trial: None,
        on_epoch: Callable[[CurrentTrial], None] = lambda current: None,
    ) -> None:
        self.search = search
        self._trainers = trainers
        self._output_dir = output_dir or search.folder / "results"
        self._plot = plot
        self._on_trial = on_trial
        self._on_epoch = on_epoch
        self._study = search.study
        self._study.sampler = sampler or default_sampler(search)
        self._study.pruner = pruner or default_pruner(search)
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._unpaused = threading.Event()
        self._unpaused.set()
        self._ended = threading.Event()
        self._book = threading.Lock()  # guards what the trial threads share: the count, the clock, the current trials
        self._claimed = 0
        self._failures_in_a_row = 0
        self._n_complete = 0
        self._current: dict[int, CurrentTrial] = {}
        self._clock = Stopwatch()
        self._finished_here: list[float] = []  # seconds each trial of this run took
        self._error: BaseException | None = None
        self._state = SearchState.STOPPED

    # ---- what pages and terminals ask for -------------------------------------------------------------------------

    def start(self) -> None:
        """Run in a background thread; the process can end without waiting for it."""
        self._claim()
        self._thread = threading.Thread(target=self._run_in_background, name=f"search {self.search.name}", daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Run in this thread until the trials or the time are used up, or `stop` is called.

        Raises:
            SearchError: another runner holds this search.
            SearchFailedError: every trial failed.
            KeyboardInterrupt: after the half-done trial was marked and the status written.
        """
        self._claim()
        self._run()

    def stop(self) -> None:
        """Stop now: the trials in training are marked interrupted and are tried again on resume."""
        self._stop.set()
        self._unpaused.set()
        for trainer in self._trainers:
            trainer.interrupt()

    def pause(self) -> None:
        """Hold still after the epoch that is being trained; the clock of the time limit holds still too."""
        if not self._ended.is_set() and self._unpaused.is_set():
            self._unpaused.clear()
            self._clock.pause()
            self._write(SearchState.PAUSED)

    def resume(self) -> None:
        """Go on after a pause."""
        if not self._ended.is_set() and not self._unpaused.is_set():
            self._clock.go()
            self._write(SearchState.RUNNING)
            self._unpaused.set()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the search has ended; whether it has."""
        return self._ended.wait(timeout)

    @property
    def is_running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._state in (SearchState.RUNNING, SearchState.PAUSED) and not self._ended.is_set()

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop and has not ended yet."""
        return self._stop.is_set() and self.is_running

    @property
    def error(self) -> BaseException | None:
        """What ended a background run, when it did not end well."""
        return self._error

    def status(self) -> RunnerStatus:
        """How the run stands now."""
        with self._book:
            current = tuple(sorted(self._current.values(), key=lambda trial: trial.number))
            return RunnerStatus(self._state, self._clock.elapsed(), self._remaining(), current)

    def _remaining(self) -> float | None:
        settings = self.search.settings
        by_time = None if settings.timeout is None else max(0.0, settings.timeout - self._clock.elapsed())
        if not self._finished_here:
            return by_time
        pace = sum(self._finished_here) / len(self._finished_here) / len(self._trainers)
        under_way = sum(time.monotonic() - trial.started for trial in self._current.values()) / len(self._trainers)
        by_trials = max(0.0, pace * (settings.n_trials - self._claimed + len(self._current)) - under_way)
        return by_trials if by_time is None else min(by_time, by_trials)

    # ---- the run --------------------------------------------------------------------------------------------------

    def _claim(self) -> None:
        if self.search.is_held():
            raise SearchError(
                f"“{self.search.name}” is already running, here or in another window. Watch it on the Progress page; "
                "to run it here, stop it there first."
            )
        status = self.search.status()
        self._clock = Stopwatch(status["total_time"])
        self.search.mark_interrupted()
        trials = self.search.record().trials
        self._claimed = sum(trial.state in FINISHED for trial in trials)
        self._n_complete = sum(trial.state is TrialState.COMPLETE for trial in trials)
        self._clock.go()
        self._write(SearchState.RUNNING)

    def _run_in_background(self) -> None:
        with contextlib.suppress(ChromasonicError):  # kept in `error`, and in the study's status
            self._run()

    def _run(self) -> None:
        heart = threading.Thread(target=self._beat, daemon=True)
        heart.start()
        state: SearchState = SearchState.FAILED
        reason: str | None = None
        try:
            self._run_trials()
            state, reason = self._how_it_ended()
        except KeyboardInterrupt:
            state, reason = SearchState.STOPPED, "you stopped it"
            raise
        except BaseException as error:
            self._error = error
            reason = str(error) if isinstance(error, ChromasonicError) else _unexpected(error)
            raise
        finally:
            self._clock.pause()
            for trainer in self._trainers:
                trainer.close()
            try:
                self._write(state, reason)
                write_results(self.search.record(), self._output_dir, plot=self._plot)
            finally:
                self._ended.set()
        if state is SearchState.FAILED:
            self._error = SearchFailedError(reason)
            raise self._error

    def _run_trials(self) -> None:
        first, *others = self._trainers
        threads = [threading.Thread(target=self._work_aside, args=[trainer], daemon=True) for trainer in others]
        for thread in threads:
            thread.start()
        try:
            self._work(first)
        except BaseException:
            self.stop()
            raise
        finally:
            for thread in threads:
                thread.join()
        if self._error is not None:
            raise self._error

    def _work_aside(self, trainer: Trainer) -> None:
        try:
            self._work(trainer)
        except BaseException as error:
            self._error = error
            self.stop()

    def _work(self, trainer: Trainer) -> None:
        while self._may_begin():
            began = time.monotonic()
            counts = False
            try:
                counts = self._run_trial(trainer)
            finally:
                with self._book:
                    if counts:
                        self._finished_here.append(time.monotonic() - began)
                    else:
                        self._claimed -= 1

    def _may_begin(self) -> bool:
        """Claim the next trial, unless the search is over; waits through a pause."""
        self._unpaused.wait()
        with self._book:
            hopeless = self._n_complete == 0 and self._failures_in_a_row >= CONSECUTIVE_FAILURES
            if self._stop.is_set() or self._time_is_up() or hopeless or self._claimed >= self.search.settings.n_trials:
                return False
            self._claimed += 1
            return True

    def _time_is_up(self) -> bool:
        timeout = self.search.settings.timeout
        return timeout is not None and self._clock.elapsed() >= timeout

    def _run_trial(self, trainer: Trainer) -> bool:
        """Ask, train, tell; whether the trial counts towards the asked number."""
        trial, candidate = self._ask()
        curve: list[Epoch] = []
        verdict = Verdict.GO_ON

        def on_epoch(epoch: Epoch) -> bool:
            nonlocal verdict
            curve.append(epoch)
            trial.report(epoch.validation_loss, epoch.number)
            self._note_epoch(trial.number, epoch)
            self._unpaused.wait()
            verdict = self._judge(trial, last=epoch.number >= candidate.epochs)
            return verdict is Verdict.GO_ON

        try:
            result = trainer.train(candidate, on_epoch)
            if verdict is Verdict.STOP:
                raise CandidateStoppedError
            self._tell_result(trainer, trial, result, verdict, curve)
        except CandidateFailedError as error:
            self._tell_failure(trial, str(error), curve)
        except (CandidateStoppedError, KeyboardInterrupt) as error:
            self._tell_interrupted(trial, "you stopped the search while it was training")
            if isinstance(error, KeyboardInterrupt):
                raise
            return False
        except BaseException as error:
            self._tell_interrupted(trial, f"the search ended while it was training ({error})")
            raise
        finally:
            with self._book:
                self._current.pop(trial.number, None)
        self._on_trial(self.search.record().trials[trial.number])
        return True

    def _ask(self) -> tuple[optuna.Trial, Candidate]:
        settings = self.search.settings
        with self._book:  # one sampler, so one at a time
            trial = self._study.ask()
            params = settings.space.suggest(trial)
            family = settings.families[0]
            if len(settings.families) > 1:
                family = trial.suggest_categorical(FAMILY, list(settings.families))
            candidate = Candidate(
                number=trial.number,
                family=family,
                params=params,
                epochs=settings.space.num_epochs,
                seed=settings.seed,
                transpose=settings.transpose,
            )
            self._current[trial.number] = CurrentTrial(
                trial.number, family, params, 0, candidate.epochs, None, time.monotonic()
            )
        return trial, candidate

    def _note_epoch(self, number: int, epoch: Epoch) -> None:
        with self._book:
            before = self._current[number]
            current = self._current[number] = CurrentTrial(
                number,
                before.family,
                before.params,
                epoch.number,
                before.epochs,
                epoch.validation_loss,
                before.started,
            )
        self._on_epoch(current)

    def _judge(self, trial: optuna.Trial, *, last: bool) -> Verdict:
        if self._stop.is_set():
            return Verdict.STOP
        if last:
            return Verdict.GO_ON
        if self._time_is_up():
            return Verdict.TIME_IS_UP
        return Verdict.PRUNE if trial.should_prune() else Verdict.GO_ON

    # ---- telling Optuna -------------------------------------------------------------------------------------------

    def _tell_result(
        self,
        trainer: Trainer,
        trial: optuna.Trial,
        result: CandidateResult,
        verdict: Verdict,
        curve: Sequence[Epoch],
    ) -> None:
        loss = result.best_validation_loss
        outcome = {
            "training_time": result.training_time,
            "n_parameters": result.n_parameters,
            "train_losses": [epoch.train_loss for epoch in curve],
        }
        if verdict is Verdict.PRUNE:
            outcome["reason"] = f"after {len(curve)} epochs it was behind most of the others"
            trial.set_user_attr(OUTCOME, outcome)
            self._study.tell(trial, state=OptunaState.PRUNED)
            return
        if verdict is Verdict.TIME_IS_UP:
            outcome["reason"] = f"the time was up after {len(curve)} of {self.search.settings.space.num_epochs} epochs"
        trial.set_user_attr(OUTCOME, outcome)
        if UNTUNED in trial.user_attrs or self.search.leads(loss):
            trainer.keep(self.search.checkpoint(trial.number))  # on disk before anyone is told
        self._study.tell(trial, loss)
        self.search.let_go_of_checkpoints()
        with self._book:
            self._n_complete += 1
            self._failures_in_a_row = 0

    def _tell_failure(self, trial: optuna.Trial, reason: str, curve: Sequence[Epoch]) -> None:
        losses = [epoch.train_loss for epoch in curve]
        trial.set_user_attr(OUTCOME, {"state": TrialState.FAILED, "reason": reason, "train_losses": losses})
        trial.set_constraint("trained to the end", 1.0)  # > 0: broken, so that TPE stays away from here
        self._study.tell(trial, state=OptunaState.PRUNED)
        with self._book:
            self._failures_in_a_row += 1

    def _tell_interrupted(self, trial: optuna.Trial, reason: str) -> None:
        trial.set_user_attr(OUTCOME, {"state": TrialState.INTERRUPTED, "reason": reason})
        self._study.tell(trial, state=OptunaState.FAIL)
        self.search.try_again(trial)

    # ---- status ---------------------------------------------------------------------------------------------------

    def _how_it_ended(self) -> tuple[SearchState, str | None]:
        if self._n_complete == 0 and self._failures_in_a_row > 0 and not self._stop.is_set():
            return SearchState.FAILED, f"no trial could be trained to the end; the last one: {self._last_failure()}"
        if self._stop.is_set():
            return SearchState.STOPPED, "you stopped it"
        if self._claimed < self.search.settings.n_trials:
            return SearchState.FINISHED, "the time limit was reached"
        return SearchState.FINISHED, None

    def _last_failure(self) -> str:
        failed = self.search.record().of_state(TrialState.FAILED)
        return failed[-1].reason or "no reason was recorded"

    def _write(self, state: SearchState, reason: str | None = None) -> None:
        self._state = state
        self.search.write_status(state, self._clock.elapsed(), reason)

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_INTERVAL):
            with contextlib.suppress(Exception):  # a missed beat is no reason to end a search
                self.search.beat()


def _unexpected(error: BaseException) -> str:
    detail = str(error).strip().splitlines()
    return f"something unexpected went wrong ({type(error).__name__}{': ' + detail[0] if detail else ''})"
