"""How a trial ended, and why, is told to Optuna; whatever is to be kept of it is on disk before."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

import optuna
from optuna.trial import TrialState as OptunaState

from chromasonic.errors import ChromasonicError
from chromasonic.languages import mark
from chromasonic.results.records import Epoch, TrialState
from chromasonic.results.words import count

from .candidate import CandidateResult, CandidateStoppedError, Trainer
from .history import OUTCOME, UNTUNED
from .interrupted import is_told, try_again
from .search import Search

_log = logging.getLogger(__name__)


class Teller:
    """Tells the trials of one search, from any thread.

    Each method raises optuna's UpdateFinishedTrialError where another has told the trial meanwhile; `interrupted` alone
    lets that be.
    """

    def __init__(self, search: Search) -> None:
        self._search = search
        self._study = search.study
        self._shelf = threading.Lock()  # guards the checkpoints: none is let go between being kept and being told

    def complete(
        self,
        trainer: Trainer,
        trial: optuna.Trial,
        result: CandidateResult,
        curve: Sequence[Epoch],
        *,
        is_cut: bool = False,
    ) -> None:
        """A trial counts with its best loss, though the time limit may have cut it; leading weights are kept."""
        outcome = _outcome(result, curve)
        loss = result.best_validation_loss
        if is_cut:
            asked = count(self._search.settings.space.num_epochs, "epoch")
            outcome["reason"] = mark(f"the time was up after {len(curve)} of {asked}")
        with self._shelf:
            leads = UNTUNED in trial.user_attrs or self._search.checkpoints.leads(loss)
            if leads:
                self._keep(trainer, trial, outcome)  # on disk before anyone is told
            trial.set_user_attr(OUTCOME, outcome)
            self._tell(trial, loss)
            if leads:  # or nothing has changed
                self._search.checkpoints.let_go()

    def rests(self, trainer: Trainer, trial: optuna.Trial, result: CandidateResult, curve: Sequence[Epoch]) -> None:
        """A trial rests: what is known of it so far; where it leads all others, its weights and its song are kept."""
        outcome = _outcome(result, curve)
        with self._shelf:
            if self._search.checkpoints.leads_all(result.best_validation_loss):
                self._keep(trainer, trial, outcome)
            trial.set_user_attr(OUTCOME, outcome)

    def counts(self, trial: optuna.Trial, loss: float, curve: Sequence[Epoch]) -> None:
        """A trial that rests and leads counts with its best loss, for the time is up; its weights were kept before."""
        asked = count(self._search.settings.space.num_epochs, "epoch")
        reason = mark(f"the time was up after {len(curve)} of {asked}")
        with self._shelf:
            trial.set_user_attr(OUTCOME, {**self._outcome_so_far(trial), "reason": reason})
            self._tell(trial, loss)
            self._search.checkpoints.let_go()

    def given_up(self, trial: optuna.Trial, curve: Sequence[Epoch]) -> None:
        """A trial that rests will not go on."""
        reason = mark(f"after {count(len(curve), 'epoch')} others promised more")
        trial.set_user_attr(OUTCOME, {**self._outcome_so_far(trial), "reason": reason})
        self._tell(trial, state=OptunaState.PRUNED)

    def _outcome_so_far(self, trial: optuna.Trial) -> dict[str, Any]:
        stored = self._study._storage.get_trial(trial._trial_id)
        return dict(stored.user_attrs.get(OUTCOME, {}))

    def _keep(self, trainer: Trainer, trial: optuna.Trial, outcome: dict[str, Any]) -> None:
        """Keep its weights and its song; where these cannot be kept the trial still counts, with a note."""
        has_weights = False
        try:
            trainer.keep(self._search.checkpoints.stem(trial.number))
            self._search.checkpoints.share(trial)
            has_weights = True
            if self._search.is_melodic:
                trainer.sing(self._search.songs.stem(trial.number))
                self._search.songs.share(trial)
        except CandidateStoppedError:
            raise
        except ChromasonicError as error:
            notes = [outcome["reason"]] if "reason" in outcome else []
            told = (
                mark(f"its song could not be kept: {error}")
                if has_weights
                else mark(f"its weights could not be kept: {error}")
            )
            outcome["reason"] = "; ".join([*notes, told])

    def pruned(self, trial: optuna.Trial, result: CandidateResult, curve: Sequence[Epoch]) -> None:
        """A trial was stopped early."""
        reason = mark(f"after {count(len(curve), 'epoch')} it was behind most of the others")
        trial.set_user_attr(OUTCOME, {**_outcome(result, curve), "reason": reason})
        self._tell(trial, state=OptunaState.PRUNED)

    def failed(self, trial: optuna.Trial, reason: str, curve: Sequence[Epoch]) -> None:
        """A trial could not be trained to the end."""
        losses = [epoch.train_loss for epoch in curve]
        trial.set_user_attr(OUTCOME, {"state": TrialState.FAILED, "reason": reason, "train_losses": losses})
        trial.set_constraint("trained to the end", 1.0)  # > 0: broken, so that TPE stays away from here
        self._tell(trial, state=OptunaState.PRUNED)
        _log.warning("Search %d, trial %d failed: %s; %s", self._search.id, trial.number, reason, trial.params)

    def interrupted(self, trial: optuna.Trial, reason: str) -> None:
        """A trial was cut off, through no fault of its own; its settings are put in line again."""
        if is_told(self._study, trial):
            return
        try:
            trial.set_user_attr(OUTCOME, {"state": TrialState.INTERRUPTED, "reason": reason})
            self._tell(trial, state=OptunaState.FAIL)
        except optuna.exceptions.UpdateFinishedTrialError:  # another marked it meanwhile, and put it in line
            return
        _log.info("Search %d, trial %d was interrupted: %s; %s", self._search.id, trial.number, reason, trial.params)
        try_again(self._study, trial)

    def _tell(self, trial: optuna.Trial, loss: float | None = None, state: OptunaState | None = None) -> None:
        try:
            self._study.tell(trial, loss, state=state)
        except ValueError:
            if not is_told(self._study, trial):
                raise
            raise optuna.exceptions.UpdateFinishedTrialError from None


def _outcome(result: CandidateResult, curve: Sequence[Epoch]) -> dict[str, Any]:
    return {
        "training_time": result.training_time,
        "n_parameters": result.n_parameters,
        "train_losses": [epoch.train_loss for epoch in curve],
    }
