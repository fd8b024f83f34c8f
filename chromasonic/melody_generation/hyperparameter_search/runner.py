"""The runner owns the loop of a search: ask, train, report each epoch, prune, tell.

It is the same class everywhere: a background thread of the app (`start`), or the terminal's own thread (`run`). Only
the runner writes the study. It never speaks to a page; pages read `status` and the study's record.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum, auto
from pathlib import Path

import optuna

from chromasonic.errors import ChromasonicError, SearchFailedError, SearchHeldError, StorageError, WorkspaceError
from chromasonic.languages import mark
from chromasonic.results.export import PLOT_FILE, write_results
from chromasonic.results.plot import save_optimization_history
from chromasonic.results.records import (
    TIME_LIMIT_REACHED,
    WORKER_LEFT,
    YOU_STOPPED_IT,
    Epoch,
    SearchState,
    TrialRecord,
    TrialState,
)

from .candidate import CHECKPOINT_EVERY, Answer, Candidate, CandidateFailedError, CandidateStoppedError, Trainer
from .evaluation import known_scores
from .history import FAMILY
from .holding import HEARTBEAT_INTERVAL
from .interrupts import Interrupts
from .resting import RestingTrials, Turn
from .search import Search
from .settings import SearchSettings
from .status import CurrentTrial, Pace, RunnerStatus, Stopwatch
from .strategy import RestingShownAsPruned, default_pruner, default_sampler
from .telling import Teller
from .tenure import Alone, Tenure

CONSECUTIVE_FAILURES = 12
"""A search whose first this many trials all fail gives up: nothing in its space works."""

_LOOK = 0.2  # seconds from look to look whether one that rests may go on


class Verdict(Enum):
    """What becomes of a trial after an epoch."""

    GO_ON = auto()
    REST = auto()
    PRUNE = auto()
    TIME_IS_UP = auto()
    STOP = auto()


class Fate(Enum):
    """What became of a trial in a turn of its."""

    ENDED = auto()
    RESTS = auto()
    INTERRUPTED = auto()


class SearchRunner:
    """Runs one search to its asked number of trials, with one trainer for each trial at once.

    Args:
        search: what to run.
        trainers: one for each trial at once.
        tenure: on what terms it has the search; alone when None.
        settings: settings to go on with in place of the search's own; kept once it is sure that nobody else runs it.
        sampler: an Optuna sampler in place of seeded TPE.
        pruner: an Optuna pruner in place of what the settings say.
        output_dir: where the result files are written; the search's own folder when None.
        plot: whether a picture is among them.
        drain_limit: seconds that a first SIGTERM lets the trials in training go on; None: it stops them at once.
        on_trial: told each trial that has ended.
        on_epoch: told each epoch.
    """

    def __init__(
        self,
        search: Search,
        trainers: Sequence[Trainer],
        *,
        tenure: Tenure | None = None,
        settings: SearchSettings | None = None,
        sampler: optuna.samplers.BaseSampler | None = None,
        pruner: optuna.pruners.BasePruner | None = None,
        output_dir: Path | None = None,
        plot: bool = True,
        drain_limit: float | None = None,
        on_trial: Callable[[TrialRecord], None] | None = None,
        on_epoch: Callable[[CurrentTrial], None] = lambda current: None,
    ) -> None:
        self.search = search
        self._trainers = trainers
        self._tenure = tenure or Alone(search)
        self._settings = settings
        self._output_dir = output_dir or search.folder / "results"
        self._plot = plot
        self._on_trial = on_trial
        self._on_epoch = on_epoch
        self._study = search.study
        self._sampler = sampler
        self._pruner = pruner
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._drain = threading.Event()
        self._drain_limit = drain_limit
        self._woken = threading.Event()  # by either of the two
        self._unpaused = threading.Event()
        self._unpaused.set()
        self._ended = threading.Event()
        self._interrupts = Interrupts(self.stop, None if drain_limit is None else self.drain)
        self._book = threading.Lock()  # guards what the trial threads share: the clock, the current trials
        self._teller = Teller(search)
        self._failures_in_a_row = 0
        self._current: dict[int, CurrentTrial] = {}
        self._clock = Stopwatch()
        self._resting: RestingTrials | None = None  # where trials are stopped early by resting
        self._pace = Pace()
        self._choice = threading.Lock()  # held by whoever chooses what to train next
        self._n_training = 0
        self._error: BaseException | None = None
        self._state = SearchState.STOPPED

    # ---- what pages and terminals ask for -------------------------------------------------------------------------

    def start(self) -> None:
        """Run in a background thread; the process can end without waiting for it.

        Raises:
            SearchHeldError: another runner holds this search; says where.
        """
        self._claim(mark("the app"))
        self._thread = threading.Thread(target=self._run_in_background, name=f"search {self.search.name}", daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Run in this thread until the trials or the time are used up, or `stop` is called.

        Raises:
            SearchHeldError: another runner holds this search; says where.
            SearchFailedError: every trial failed.
            KeyboardInterrupt: after the half-done trial was marked and the status and the reports were written.
        """
        with self._interrupts.heard():
            self._claim(self._tenure.place)
            self._run()

    def stop(self) -> None:
        """Stop now: the trials in training are marked interrupted and are tried again on resume.

        Where trials can rest, those in training rest after the epoch that they are in; one that takes too long is cut
        off, and rests where its latest checkpoint is.
        """
        self._stop.set()
        self._unpaused.set()
        self._woken.set()
        if self._resting is None or self._tenure.is_shared:
            self._break_off()
        elif not self._ended.is_set():
            timer = threading.Timer(CHECKPOINT_EVERY, self._break_off)
            timer.daemon = True
            timer.start()

    def _stop_at_once(self) -> None:
        self.stop()
        self._break_off()

    def _break_off(self) -> None:
        """Stop within an epoch."""
        if not self._ended.is_set():
            for trainer in self._trainers:
                trainer.interrupt()

    def drain(self) -> None:
        """Begin no other trial, and end after those in training, or when the drain limit is reached."""
        self._drain.set()
        self._unpaused.set()
        self._woken.set()
        if self._drain_limit is not None:
            timer = threading.Timer(self._drain_limit, self.stop)
            timer.daemon = True
            timer.start()

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
            return RunnerStatus(self._state, self._clock.elapsed(), self._pace.seconds, current)

    # ---- the run --------------------------------------------------------------------------------------------------

    def _claim(self, place: str) -> None:
        self._tenure.take(place, self._settings)
        try:
            self._clock = Stopwatch(self.search.elapsed())  # of a run that was killed: up to its last sign of life
            self._pace = Pace(self.search.record().mean_pace(self._clock.elapsed()))
            may_rest = self.search.settings.lets_rest and self._pruner is None
            own = RestingShownAsPruned(self._sampler) if self._sampler is not None and may_rest else self._sampler
            self._study.sampler = own or default_sampler(self.search, self._tenure.salt)
            self._study.pruner = self._pruner or default_pruner(self.search)
            if may_rest:
                self._resting = RestingTrials(self.search, self._teller, self._tell_on)
                if not self._tenure.is_shared:
                    self._resting.take_up()
            self._clock.go()
            self._write(SearchState.RUNNING)
        except BaseException:
            self._tenure.leave()
            raise

    def _run_in_background(self) -> None:
        with contextlib.suppress(ChromasonicError):  # kept in `error`, and in the study's status
            self._run()

    def _run(self) -> None:
        heart = threading.Thread(target=self._beat, daemon=True)
        heart.start()
        state: SearchState = SearchState.FAILED
        reason: str | None = None
        try:
            with self._interrupts.may_break_in():
                self._run_trials()
            if self._resting is not None:
                if self._time_is_up() and not self._was_stopped():
                    self._resting.settle()
                if self._tenure.is_shared:
                    self._resting.clear()
            state, reason = self._how_it_ended()
        except KeyboardInterrupt:
            state, reason = SearchState.STOPPED, YOU_STOPPED_IT
            raise
        except (StorageError, WorkspaceError) as error:  # it can go on as soon as that is put right
            self._error = error
            state, reason = SearchState.STOPPED, str(error)
            raise
        except BaseException as error:
            self._error = error
            reason = str(error) if isinstance(error, ChromasonicError) else _unexpected(error)
            raise
        finally:
            self._close(state, reason)
        if state is SearchState.FAILED:
            self._error = SearchFailedError(reason)
            raise self._error

    def _close(self, state: SearchState, reason: str | None) -> None:
        self._clock.pause()
        try:
            for trainer in self._trainers:
                trainer.close()
            if self._has_lost_it():  # what stands on disk is another's by now
                self._state = SearchState.STOPPED
                return
            self._state = state
            self._tenure.settle(state, self._clock.elapsed(), reason)
            if not self._tenure.is_shared:
                self._write_reports()
        except ChromasonicError as error:
            self._error = self._error or error
            raise
        finally:
            try:
                self._tenure.leave()
            finally:
                self._ended.set()

    def _write_reports(self) -> None:
        record = self.search.record()
        write_results(record, self._output_dir, test=known_scores(self.search))
        if self._plot:  # last: it takes longest
            save_optimization_history(record, self._output_dir / PLOT_FILE)

    def _run_trials(self) -> None:
        first, *others = self._trainers
        threads = [threading.Thread(target=self._work_aside, args=[trainer], daemon=True) for trainer in others]
        for thread in threads:
            thread.start()
        try:
            self._work(first)
        except BaseException:
            self._stop_at_once()
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
            self._stop_at_once()

    def _work(self, trainer: Trainer) -> None:
        while (turn := self._next_turn()) is not None:
            fate = Fate.INTERRUPTED
            try:
                fate = self._run_turn(trainer, turn)
            finally:
                with self._choice:
                    self._n_training -= 1
                if fate is Fate.INTERRUPTED:
                    self._tenure.put_back(turn.trial)

    def _next_turn(self) -> Turn | None:
        """What to train next, unless the search is over; waits through a pause."""
        while True:
            self._unpaused.wait()
            if self._is_over():
                return None
            with self._choice:
                is_alone = not self._n_training
                if (turn := self._chosen_turn(is_alone)) is not None:
                    self._n_training += 1
                    return turn
            seconds = self._tenure.wait_for_more()
            if seconds is None and (self._resting is None or is_alone):
                return None
            self._woken.wait(seconds or _LOOK)  # what trains beside it may come to rest, and let another go on

    def _chosen_turn(self, is_alone: bool) -> Turn | None:
        if self._tenure.is_halted():
            return None
        if self._resting is not None:
            if self._tenure.is_shared:
                self._resting.look_at(self._study.get_trials(deepcopy=False))
            if (turn := self._resting.next_turn(self._time_left())) is not None:
                return turn
        if (trial := self._tenure.next_trial()) is not None:
            return Turn(trial)
        return self._resting.last_turn(is_alone=is_alone) if self._resting is not None else None

    def _is_over(self) -> bool:
        if self._stop.is_set() or self._drain.is_set() or self._error is not None or self._time_is_up():
            return True
        return self._failures_in_a_row >= CONSECUTIVE_FAILURES and not self.search.has_complete()

    def _time_is_up(self) -> bool:
        time_left = self._time_left()
        return time_left is not None and time_left <= 0

    def _time_left(self) -> float | None:
        timeout = self.search.settings.timeout
        return None if timeout is None else timeout - self._clock.elapsed()

    def _was_stopped(self) -> bool:
        return self._stop.is_set() or self._drain.is_set()

    def _run_turn(self, trainer: Trainer, turn: Turn) -> Fate:
        """Suggest, train, tell."""
        trial, curve = turn.trial, list(turn.curve)
        verdict = Verdict.GO_ON
        fate = Fate.ENDED

        def on_epoch(epoch: Epoch) -> Answer:
            nonlocal verdict
            del curve[epoch.number - 1 :]  # none, unless a checkpoint was lost and it begins again
            curve.append(epoch)
            if epoch.number not in turn.reported:
                trial.report(epoch.validation_loss, epoch.number)
                turn.reported.add(epoch.number)
            self._note_epoch(trainer, trial.number, epoch)
            self._unpaused.wait()
            verdict = self._judge(turn, epoch.number, last=epoch.number >= candidate.epochs)
            return {Verdict.GO_ON: Answer.GO_ON, Verdict.REST: Answer.REST}.get(verdict, Answer.ENOUGH)

        try:
            candidate = self._candidate(turn)
            result = trainer.train(candidate, on_epoch)
            if verdict is Verdict.STOP:
                raise CandidateStoppedError
            curve = list(result.curve) or curve  # the train losses of the turns before too, which Optuna does not keep
            if self._resting is not None and result.rests:
                self._teller.rests(trainer, trial, result, curve)
                self._resting.lie_down(replace(turn, curve=tuple(curve), seconds=result.training_time))
                fate = Fate.RESTS
            elif verdict is Verdict.PRUNE:
                self._teller.pruned(trial, result, curve)
            else:
                self._teller.complete(trainer, trial, result, curve, is_cut=verdict is Verdict.TIME_IS_UP)
            self._count(has_failed=False)
        except CandidateFailedError as error:
            self._teller.failed(trial, str(error), curve)
            self._count(has_failed=True)
        except optuna.exceptions.UpdateFinishedTrialError:  # another took it over and marked it
            if not self._tenure.is_lost(trial):
                raise
            return Fate.INTERRUPTED
        except (CandidateStoppedError, KeyboardInterrupt) as error:
            if self._resting is not None and self._resting.cut_off(turn, curve):
                fate = Fate.RESTS
            else:
                self._teller.interrupted(trial, self._why_it_stopped())
                fate = Fate.INTERRUPTED
            if isinstance(error, KeyboardInterrupt):
                raise
            return fate
        except StorageError:  # nothing can be told now; at the end, or when the search goes on, the trial is marked
            raise
        except BaseException as error:
            self._teller.interrupted(trial, mark(f"the search ended while it was training ({error})"))
            raise
        finally:
            with self._book:
                self._current.pop(trial.number, None)
        if fate is Fate.ENDED:
            if self._resting is not None:
                self._resting.ended(turn, curve)
            self._tell_on(trial.number)
        return fate

    def _tell_on(self, number: int) -> None:
        if self._on_trial is not None:
            self._on_trial(self.search.trial(number))

    def _why_it_stopped(self) -> str:
        is_for_all = self._tenure.is_halted() and not self._stop.is_set()
        if is_for_all:
            return mark("you stopped the search for all workers while it was training")
        return mark("you stopped the search while it was training")

    def _candidate(self, turn: Turn) -> Candidate:
        settings, trial = self.search.settings, turn.trial
        with self._book:
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
                rests_at=self._resting.place(trial.number) if self._resting is not None else None,
                goes_on_from=turn.checkpoint,
                trained_for=turn.seconds,
            )
            done, loss = len(turn.curve), turn.curve[-1].validation_loss if turn.curve else None
            self._current[trial.number] = CurrentTrial(
                trial.number, family, params, done, candidate.epochs, loss, time.monotonic()
            )
        return candidate

    def _note_epoch(self, trainer: Trainer, number: int, epoch: Epoch) -> None:
        with self._book:
            self._pace.note(id(trainer), self._clock.elapsed())
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

    def _count(self, *, has_failed: bool) -> None:
        with self._book:
            self._failures_in_a_row = self._failures_in_a_row + 1 if has_failed else 0

    def _judge(self, turn: Turn, epoch: int, *, last: bool) -> Verdict:
        is_stopped = self._stop.is_set() or self._tenure.is_halted()
        if is_stopped and self._resting is None:
            return Verdict.STOP
        if last:
            return Verdict.GO_ON
        if is_stopped:
            return Verdict.REST
        if self._resting is not None and not turn.is_last:
            may_rest = self._resting.is_rung(turn, epoch) or self._time_is_up()  # the best of them counts in the end
            return Verdict.REST if may_rest else Verdict.GO_ON
        if self._time_is_up():
            return Verdict.TIME_IS_UP
        if self._resting is not None:
            return Verdict.GO_ON
        return Verdict.PRUNE if turn.trial.should_prune() else Verdict.GO_ON

    # ---- status ---------------------------------------------------------------------------------------------------

    def _how_it_ended(self) -> tuple[SearchState, str | None]:
        if self._stop.is_set():
            return SearchState.STOPPED, YOU_STOPPED_IT
        if self._drain.is_set():
            return SearchState.STOPPED, WORKER_LEFT
        if not self.search.has_complete():
            return SearchState.FAILED, self._why_no_best()
        if self._tenure.taken() < self.search.settings.n_trials:
            return SearchState.FINISHED, TIME_LIMIT_REACHED
        return SearchState.FINISHED, None

    def _why_no_best(self) -> str:
        record = self.search.record()
        if failed := record.of_state(TrialState.FAILED):
            return mark(
                f"no trial could be trained to the end; the last one: {failed[-1].reason or 'no reason was recorded'}"
            )
        if record.of_state(TrialState.PRUNED):
            return mark(
                "every trial was stopped early by the pruner, so there is no best one; a more patient pruner helps"
            )
        return mark("the time was up before a trial had finished an epoch; allow more time, or smaller models")

    def _write(self, state: SearchState, reason: str | None = None) -> None:
        self._state = state
        self.search.write_status(state, self._clock.elapsed(), reason)

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_INTERVAL):
            with contextlib.suppress(Exception):  # a missed beat is no reason to end a search
                if self._has_lost_it():
                    self._stop_at_once()
                    return
                self._tenure.beat(self._clock.elapsed())

    def _has_lost_it(self) -> bool:
        """Whether another took the search over, because this process slept or was cut off for too long."""
        if self._error is None:
            self._error = self._tenure.was_taken_over()
        return isinstance(self._error, SearchHeldError)


def _unexpected(error: BaseException) -> str:
    detail = str(error).strip().splitlines()
    return mark(f"something unexpected went wrong ({type(error).__name__}{': ' + detail[0] if detail else ''})")
