"""The final model: the best settings, trained once more on all the music, test tunes included.

Nothing is left to measure it on, so it has no score of its own; the search's held-out score stands for its settings. It
trains for as many epochs as the best trial needed, because no unseen tune is left that could say when to stop.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chromasonic.errors import SearchError
from chromasonic.melody_generation.datasets import save_data
from chromasonic.melody_generation.training import device_or_cpu

from .background import BackgroundTraining
from .candidate import Candidate
from .search import Search
from .trial_process import ChildTrainer


def final_checkpoint(search: Search) -> Path:
    """Stem of the final model's checkpoint."""
    return search.folder / "checkpoints" / "final"


def has_final(search: Search) -> bool:
    """Whether the final model has been trained."""
    return final_checkpoint(search).with_suffix(".safetensors").exists()


class FinalTraining(BackgroundTraining):
    """Trains the final model of a search in the background, in a child process.

    Raises:
        SearchError: no trial of the search is complete yet.
    """

    def __init__(self, search: Search) -> None:
        best = search.record().best
        if best is None or best.best_epoch is None:
            raise SearchError("There is no best trial yet; let the search finish one first.")
        data = search.load_data()
        everything = replace(data, train=[*data.train, *data.validation, *data.test], test=[])
        self._data_file = search.folder / "final-data.json.gz"
        save_data(self._data_file, everything)
        self.search = search
        self._candidate = Candidate(
            number=best.number,
            family=best.family,
            params=best.params,
            # A best epoch is how much a trial needed, unless the time limit cut it while it was still gaining: then the
            # clock chose that epoch, in the middle of the cosine, before the learning rate had come down. Such a trial
            # gets the whole lesson that its schedule was made for.
            epochs=search.settings.space.num_epochs if best.was_gaining_when_cut else best.best_epoch,
            seed=search.settings.seed,
            transpose=search.settings.transpose,
        )
        super().__init__(f"final {search.name}", self._candidate.epochs, device_or_cpu(search.settings.device))

    def _prepare(self) -> tuple[Candidate, Path]:
        return self._candidate, self._data_file

    def _keep(self, trainer: ChildTrainer) -> None:
        trainer.keep(final_checkpoint(self.search))
