"""The final model: the best settings, trained once more on all the music, test tunes included.

Nothing is left to measure it on, so it has no score of its own; the search's held-out score stands for its settings. It
trains for as many epochs as the best trial needed, because no unseen tune is left that could say when to stop.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from chromasonic.errors import ChromasonicError, SearchError
from chromasonic.melody_generation.datasets import save_data
from chromasonic.melody_generation.training import device_or_cpu
from chromasonic.results.records import Epoch

from .candidate import Candidate, CandidateStoppedError
from .search import Search
from .trial_process import ChildTrainer

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FinalStatus:
    """How far the training of a final model is."""

    epoch: int  # epochs done
    epochs: int
    done: bool
    error: str | None = None


def final_checkpoint(search: Search) -> Path:
    """Stem of the final model's checkpoint."""
    return search.folder / "checkpoints" / "final"


def has_final(search: Search) -> bool:
    """Whether the final model has been trained."""
    return final_checkpoint(search).with_suffix(".safetensors").exists()


class FinalTraining:
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
        data_file = search.folder / "final-data.json.gz"
        save_data(data_file, everything)
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
        self._trainer = ChildTrainer(data_file, device_or_cpu(search.settings.device))
        self._status = FinalStatus(0, self._candidate.epochs, done=False)
        self._thread = threading.Thread(target=self._run, name=f"final {search.name}", daemon=True)
        self._thread.start()

    @property
    def status(self) -> FinalStatus:
        """How far it is."""
        return self._status

    def stop(self) -> None:
        """Stop now and keep nothing."""
        self._trainer.interrupt()

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended."""
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            self._trainer.train(self._candidate, self._note)
            self._trainer.keep(final_checkpoint(self.search))
            self._status = replace(self._status, done=True)
        except CandidateStoppedError:
            self._status = replace(self._status, done=True, error="it was stopped")
        except ChromasonicError as error:
            self._status = replace(self._status, done=True, error=str(error))
        except Exception as error:  # or the page would wait for ever
            self._status = replace(self._status, done=True, error=f"something unexpected went wrong ({error})")
            _log.exception("A final training ended in an unexpected error")
        finally:
            self._trainer.close()

    def _note(self, epoch: Epoch) -> bool:
        self._status = replace(self._status, epoch=epoch.number)
        return True
