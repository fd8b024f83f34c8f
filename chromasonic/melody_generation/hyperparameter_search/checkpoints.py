"""The weights of a search's leading trials: in its folder, and in the artifact store where other machines work too."""

from __future__ import annotations

import contextlib
from pathlib import Path

import optuna

from chromasonic.results.records import TrialRecord, TrialState, ranked

from .artifacts import Artifacts, open_artifacts
from .history import TrialHistory

KEPT_CHECKPOINTS = 10
_FILES = (".json", ".safetensors")  # in this order: who finds the weights finds what they are


class Checkpoints:
    """The checkpoints of one search; `Search.checkpoints` has them.

    Args:
        study: whose they are.
        trials: its trials as plain records.
        folder: where they lie.
        store: address of the artifact store; empty where there is none.
    """

    def __init__(self, study: optuna.Study, trials: TrialHistory, folder: Path, store: str) -> None:
        self._study = study
        self._trials = trials
        self._folder = folder
        self._store = store

    @property
    def _artifacts(self) -> Artifacts | None:
        return open_artifacts(self._store)

    def stem(self, number: int) -> Path:
        """Stem of the checkpoint of trial `number`; its files are there while it is among those kept."""
        return self._folder / f"trial-{number:05d}"

    def kept(self) -> list[int]:
        """Numbers of the trials whose weights are kept: on disk, or where `bring` finds them."""
        return sorted(self._here() | set(self._there()))

    def _here(self) -> set[int]:
        return {int(file.stem[-5:]) for file in self._folder.glob("trial-*.safetensors")}

    def _there(self) -> dict[int, dict[str, str]]:
        """The ids of the files in the artifact store, by name, for each trial that leads."""
        if self._artifacts is None:
            return {}
        trials = self._study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
        leading = _leading(self._trials.read())
        there = {
            trial.number: self._artifacts.names(trial.system_attrs, _FILES)
            for trial in trials
            if trial.number in leading
        }
        return {number: names for number, names in there.items() if len(names) == len(_FILES)}

    def leads(self, loss: float) -> bool:
        """Whether a trial with this validation loss is among those whose weights are kept."""
        leading = ranked(self._trials.read())[:KEPT_CHECKPOINTS]
        return len(leading) < KEPT_CHECKPOINTS or loss < (leading[-1].best_validation_loss or 0.0)

    def leads_all(self, loss: float) -> bool:
        """Whether no trial that is complete or rests has so low a validation loss."""
        trials = (trial for trial in self._trials.read() if trial.state in (TrialState.COMPLETE, TrialState.RESTING))
        return all(loss < other.loss for trial in trials if (other := trial.measured))

    def share(self, trial: optuna.Trial) -> None:
        """Let other machines have the weights of a trial that is about to be told.

        Raises:
            ArtifactError: the store cannot be used.
        """
        if self._artifacts is not None:
            for suffix in _FILES:
                self._artifacts.upload(self.stem(trial.number).with_suffix(suffix), trial)

    def bring(self, number: int) -> None:
        """Fetch the weights of a trial from the artifact store, where they are not on disk and it has them.

        Raises:
            ArtifactError: the store cannot be used.
        """
        if number in self._here() or self._artifacts is None:
            return
        names = self._there().get(number, {})
        for suffix in _FILES:
            file = self.stem(number).with_suffix(suffix)
            if artifact := names.get(file.name):
                self._artifacts.download(artifact, file)

    def let_go(self) -> None:
        """Delete the weights of trials that no longer lead; those of the default settings stay, to compare with."""
        # In this order: what another worker begins and keeps meanwhile is not among what is looked through.
        here = self._here()
        artifacts = self._artifacts
        told = [] if artifacts is None else self._study.get_trials(deepcopy=False)
        trials = self._trials.read()
        needed = _leading(trials)
        # What another worker trains it may be about to tell, and what rests may count when the time is up.
        needed |= {trial.number for trial in trials if trial.state in (TrialState.RUNNING, TrialState.RESTING)}
        for number in here - needed:
            for suffix in _FILES:
                with contextlib.suppress(OSError):  # what cannot be deleted now takes some room until it can
                    self.stem(number).with_suffix(suffix).unlink(missing_ok=True)
        if artifacts is not None:
            for trial in told:
                if trial.state.is_finished() and trial.number not in needed:
                    artifacts.remove(trial.system_attrs, _FILES)


def _leading(trials: tuple[TrialRecord, ...]) -> set[int]:
    """Numbers of the trials whose weights are worth keeping."""
    untuned = {trial.number for trial in trials if trial.is_untuned}
    return {trial.number for trial in ranked(trials)[:KEPT_CHECKPOINTS]} | untuned
