"""Trials that were cut off in training: marked as such, and their settings put in line to be tried again."""

from __future__ import annotations

import copy
from collections.abc import Collection
from datetime import datetime
from typing import Any

import optuna

from chromasonic.languages import mark
from chromasonic.results.records import TrialState

from .history import FAMILY, OUTCOME, PROVEN, RETRY, UNTUNED
from .settings import SearchSettings

CUT_OFF = mark("the search ended while it was training")


def mark_interrupted(study: optuna.Study, settings: SearchSettings, spared: Collection[int] = ()) -> None:
    """Mark trials that no runner trains any more, and put their settings in line; for whoever holds the search.

    Trials with a number in `spared` rest, and can go on.
    """
    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        if trial.number in spared:
            continue
        outcome = {"state": TrialState.INTERRUPTED, "reason": CUT_OFF}
        study._storage.set_trial_user_attr(trial._trial_id, OUTCOME, outcome)
        # Not through `study.tell`, which would ask the sampler too, and that may be what broke.
        study._storage.set_trial_state_values(trial._trial_id, state=optuna.trial.TrialState.FAIL)
        try_again(study, trial)
    _try_the_untuned(study, settings)


def _try_the_untuned(study: optuna.Study, settings: SearchSettings) -> None:
    """Put the default settings in line, unless they are in line or were tried: a kill may fall in between."""
    failed = optuna.trial.TrialState.FAIL
    trials = study.get_trials(deepcopy=False)
    if not any(trial.user_attrs.get(UNTUNED) and trial.state is not failed for trial in trials):
        enqueue_untuned(study, settings)


def enqueue_untuned(study: optuna.Study, settings: SearchSettings) -> None:
    """Put the default settings in line."""
    first_family = {} if len(settings.families) == 1 else {FAMILY: settings.families[0]}
    study.enqueue_trial({**settings.space.untuned(), **first_family}, user_attrs={UNTUNED: True})


def is_told(study: optuna.Study, trial: optuna.Trial) -> bool:
    """Whether how `trial` ended is on disk."""
    return study._storage.get_trial(trial._trial_id).state.is_finished()


def try_again(study: optuna.Study, trial: optuna.trial.FrozenTrial | optuna.Trial, *, is_retry: bool = False) -> None:
    """Put the settings of an interrupted trial in line, if it had any yet; marked so where it is a retry."""
    stored = study._storage.get_trial(trial._trial_id)
    params, marks = _wanted(stored)
    if params:
        if is_retry:
            marks[RETRY] = True
        study.enqueue_trial(params, user_attrs=marks)


def _wanted(trial: optuna.trial.FrozenTrial) -> tuple[dict[str, Any], dict[str, bool]]:
    """The settings of a trial, of which it may not have asked for all yet, and the marks that go with them."""
    params = {**trial.system_attrs.get("fixed_params", {}), **trial.params}
    return params, {mark: True for mark in (UNTUNED, PROVEN, RETRY) if trial.user_attrs.get(mark)}


def given_up(trial: optuna.trial.FrozenTrial) -> optuna.trial.FrozenTrial:
    """A copy of `trial`, which rests, as an interrupted one; nothing is written down."""
    copied = copy.deepcopy(trial)
    copied.state = optuna.trial.TrialState.FAIL
    copied.datetime_complete = datetime.now()
    copied.user_attrs[OUTCOME] = {"state": TrialState.INTERRUPTED, "reason": CUT_OFF}
    return copied


def in_line_again(trial: optuna.trial.FrozenTrial, number: int) -> optuna.trial.FrozenTrial:
    """A trial `number` that waits with the settings of `trial`; nothing is written down."""
    params, marks = _wanted(trial)
    waiting = optuna.trial.create_trial(
        state=optuna.trial.TrialState.WAITING, system_attrs={"fixed_params": params}, user_attrs=marks
    )
    waiting.number = number
    return waiting
