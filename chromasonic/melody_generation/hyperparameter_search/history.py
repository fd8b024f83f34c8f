"""From Optuna's trials to plain records.

A trial carries one attribute of ours, `OUTCOME`, with what Optuna has no place for. A trial that failed is told to
Optuna as pruned with a broken constraint, because TPE learns from those and forgets Optuna's own "fail"; a trial that
was interrupted is told as failed, because nothing is to be learned from it; one that rests is running to Optuna. Here
all get their true names back.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from chromasonic.masking import masked
from chromasonic.results.records import PARAMETERS, Epoch, SearchState, TrialRecord, TrialState, Turn

OUTCOME = "chromasonic"
UNTUNED = "chromasonic:untuned"
PROVEN = "chromasonic:proven"
CARRIED = "chromasonic:carried"  # the search it was taken over from, and its number there
WORKER = "chromasonic:worker"  # the id of its seat
RETRY = "chromasonic:retry"
INTERRUPTED = "chromasonic:interrupted"  # why a trial was given up by others than its worker
RESTS, GOES_ON = "chromasonic:rests:", "chromasonic:goes-on:"  # each with a number, from 1: its first rest, its second
"""What a trial had learned by then; when it went on from there."""
FAMILY = "model_family"
MIN_TRIALS_FOR_IMPORTANCE = 16
"""So that a quick search shows something too; up to `ENOUGH_FOR_IMPORTANCE` it is called a rough impression."""

TIME_WAS_UP = "the time was up after"
"""How the reason of a complete trial begins that the time limit cut short."""

_STATES = {
    optuna.trial.TrialState.WAITING: TrialState.WAITING,
    optuna.trial.TrialState.RUNNING: TrialState.RUNNING,
    optuna.trial.TrialState.COMPLETE: TrialState.COMPLETE,
    optuna.trial.TrialState.PRUNED: TrialState.PRUNED,
    optuna.trial.TrialState.FAIL: TrialState.FAILED,
}


@dataclass(frozen=True)
class Rest:
    """A rest of a trial: which one, after how many epochs, and the seconds of training up to it."""

    turn: int
    epochs: int
    seconds: float
    told: int = 0  # epochs that Optuna had been told by then, where a stop or a kill took the last ones with it
    until: str | None = None  # when the turn before it ended, as an ISO date


def latest_rest(trial: FrozenTrial) -> Rest | None:
    """The latest rest of `trial`, from which it may have gone on since; None where it never rested.

    Each is an attribute of its own, not one that is overwritten: a page sees that something has changed by new rows.
    """
    turns = [int(key.removeprefix(RESTS)) for key in trial.user_attrs if key.startswith(RESTS)]
    return Rest(max(turns), **trial.user_attrs[f"{RESTS}{max(turns)}"]) if turns else None


def is_resting(trial: FrozenTrial) -> bool:
    """Whether `trial` rests."""
    rest = latest_rest(trial) if trial.state is optuna.trial.TrialState.RUNNING else None
    return rest is not None and f"{GOES_ON}{rest.turn}" not in trial.user_attrs


def kept_losses(trial: FrozenTrial) -> dict[int, float]:
    """The validation loss of each epoch that `trial` still has, by epoch.

    Optuna keeps those too that a kill took with it; they are trained again.
    """
    values, rest = trial.intermediate_values, latest_rest(trial)
    last = math.inf if rest is None else _last_kept(trial, rest)
    return {epoch: values[epoch] for epoch in sorted(values) if epoch <= last}


def _last_kept(trial: FrozenTrial, rest: Rest) -> float:
    if f"{GOES_ON}{rest.turn}" not in trial.user_attrs:
        return rest.epochs
    if trial.state.is_finished():
        return len(trial.user_attrs.get(OUTCOME, {}).get("train_losses", ())) or math.inf
    return rest.epochs if max(trial.intermediate_values, default=0) <= rest.told else math.inf


def trial_record(trial: FrozenTrial, families: tuple[str, ...] = ()) -> TrialRecord:
    """`trial` as a plain record; its family is the only one of `families` unless the trial chose one itself."""
    outcome: Mapping[str, Any] = trial.user_attrs.get(OUTCOME, {})
    curve = _curve(kept_losses(trial), outcome)
    best = min(curve, key=lambda epoch: epoch.validation_loss, default=None)
    given_up = trial.user_attrs.get(INTERRUPTED) if trial.state is optuna.trial.TrialState.FAIL else None
    if given_up:  # whatever its worker was about to tell
        outcome = {**outcome, "state": TrialState.INTERRUPTED, "reason": given_up}
    reason = masked(outcome["reason"]) if outcome.get("reason") else None  # a driver may have repeated its address
    state = TrialState.RESTING if is_resting(trial) else _STATES[trial.state]
    if trial.state.is_finished():  # its outcome is written a moment before it is told
        state = TrialState(outcome.get("state", state))
    return TrialRecord(
        number=trial.number,
        state=state,
        params={name: trial.params[name] for name in PARAMETERS if name in trial.params},
        reason=reason,
        is_untuned=bool(trial.user_attrs.get(UNTUNED)),
        is_proven=bool(trial.user_attrs.get(PROVEN)),
        is_carried=CARRIED in trial.user_attrs,
        worker=trial.user_attrs.get(WORKER, ""),
        cut_by_time=state is TrialState.COMPLETE and (reason or "").startswith(TIME_WAS_UP),
        family=trial.params.get(FAMILY, families[0] if len(families) == 1 else ""),
        best_validation_loss=best.validation_loss if best else trial.value if trial.values else None,
        final_validation_loss=curve[-1].validation_loss if curve else None,
        train_loss=best.train_loss if best else None,
        best_epoch=best.number if best else None,
        training_time=outcome.get("training_time"),
        n_parameters=outcome.get("n_parameters"),
        curve=curve,
        turns=_turns(trial),
        started=_aware(trial.datetime_start),
        finished=_aware(trial.datetime_complete),
    )


def _turns(trial: FrozenTrial) -> tuple[Turn, ...]:
    """When `trial` trained, from rest to rest; empty where it never rested."""
    begins, seconds, turns = _aware(trial.datetime_start), 0.0, []
    for number in itertools.count(1):
        rest = trial.user_attrs.get(f"{RESTS}{number}")
        if begins is None or rest is None:
            break
        trained = timedelta(seconds=max(0.0, rest["seconds"] - seconds))
        ended = datetime.fromisoformat(rest["until"]) if "until" in rest else begins + trained
        if "told" in rest:  # it was cut off
            turns.append(Turn(begins, max(begins + trained, ended)))
        else:  # its process may have had to start first
            turns.append(Turn(max(begins, ended - trained), ended))
        seconds, went_on = rest["seconds"], trial.user_attrs.get(f"{GOES_ON}{number}")
        begins = datetime.fromisoformat(went_on) if isinstance(went_on, str) else None
    if turns and begins is not None:
        turns.append(Turn(begins, _aware(trial.datetime_complete)))
    return tuple(turns)


def curve_up_to(trial: FrozenTrial, last: int) -> tuple[Epoch, ...]:
    """The epochs that `trial` ever trained up to the one numbered `last`."""
    losses = {epoch: loss for epoch, loss in sorted(trial.intermediate_values.items()) if epoch <= last}
    return _curve(losses, trial.user_attrs.get(OUTCOME, {}))


def _curve(losses: Mapping[int, float], outcome: Mapping[str, Any]) -> tuple[Epoch, ...]:
    train_losses = outcome.get("train_losses", ())
    padded = [*train_losses, *[None] * (len(losses) - len(train_losses))]
    return tuple(
        Epoch(number=step, validation_loss=loss, train_loss=train_loss)
        for (step, loss), train_loss in zip(losses.items(), padded, strict=False)
    )


def _aware(moment: datetime | None) -> datetime | None:
    """Optuna stores local time without a zone."""
    return None if moment is None else moment.astimezone(UTC)


class TrialHistory:
    """The trials of one study as records; finished ones are turned into a record once and kept."""

    def __init__(self, study: optuna.Study, families: tuple[str, ...]) -> None:
        self._study = study
        self._families = families
        self._records: dict[int, TrialRecord] = {}
        self._unfinished: list[int] = []
        self._lock = threading.Lock()

    def read(self) -> tuple[TrialRecord, ...]:
        """Every trial, by number."""
        with self._lock:
            trials = self._study.get_trials(deepcopy=False)
            changed = [*self._unfinished, *range(len(self._records), len(trials))]
            for number in changed:
                self._records[number] = trial_record(trials[number], self._families)
            self._unfinished = [number for number in changed if not trials[number].state.is_finished()]
            return tuple(self._records.values())


def importance(study: optuna.Study, *, lets_rest: bool = False) -> dict[str, float] | None:
    """Share of the variation among good trials that each setting explains, summing to 1; most important first.

    Where trials rest, those that were trained to the end are the chosen ones: they are alike in what mattered most.
    There all trials are compared, by rank: the one that came further is the better one, of equal length that of the
    lower loss.

    None while fewer than MIN_TRIALS_FOR_IMPORTANCE trials can be compared: the shares are mere chance then.
    Source: PED-ANOVA, S. Watanabe et al., PED-ANOVA: efficiently quantifying hyperparameter importance (IJCAI, 2023).
    """
    study = _ranked(study) if lets_rest else study
    complete = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    if len(complete) < MIN_TRIALS_FOR_IMPORTANCE or len({trial.value for trial in complete}) < 2:
        return None
    return {name: float(share) for name, share in optuna.importance.get_param_importances(study).items()}


def _ranked(study: optuna.Study) -> optuna.Study:
    """A study in memory with the rank of each trial of `study` as its value."""
    trials = [trial for trial in study.get_trials(deepcopy=False) if _tells(trial)]
    trials.sort(
        key=lambda trial: (
            trial.state is not optuna.trial.TrialState.COMPLETE,
            -len(_losses_compared(trial)) if trial.state is not optuna.trial.TrialState.COMPLETE else 0,
            trial.value if trial.values else min(_losses_compared(trial).values()),
        )
    )
    ranks = optuna.create_study()
    ranks.add_trials(
        [
            optuna.trial.create_trial(params=trial.params, distributions=trial.distributions, value=float(rank))
            for rank, trial in enumerate(trials)
        ]
    )
    return ranks


def _tells(trial: FrozenTrial) -> bool:
    """Whether `trial` says something about its settings: it is complete, or learned until it rested or was stopped."""
    if trial.state is optuna.trial.TrialState.COMPLETE:
        return True
    state = trial.user_attrs.get(OUTCOME, {}).get("state")
    was_stopped = trial.state is optuna.trial.TrialState.PRUNED and state != TrialState.FAILED
    has_rested = trial.state is optuna.trial.TrialState.RUNNING and latest_rest(trial) is not None
    return (was_stopped or has_rested) and bool(_losses_compared(trial))


def _losses_compared(trial: FrozenTrial) -> dict[int, float]:
    """The losses that `trial` still has; of one that goes on those up to its rest, as of others that rest."""
    rest = latest_rest(trial) if trial.state is optuna.trial.TrialState.RUNNING else None
    last = math.inf if rest is None else rest.epochs
    return {epoch: loss for epoch, loss in kept_losses(trial).items() if epoch <= last}


def state_now(stored: SearchState, is_alive: bool) -> SearchState:
    """What a search that was last `stored` so is now: a running search whose process is gone has stopped."""
    return SearchState.STOPPED if stored in (SearchState.RUNNING, SearchState.PAUSED) and not is_alive else stored
