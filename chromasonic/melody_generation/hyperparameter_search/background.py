"""A training in the background outside any search: of a final model, or of one that is gone on with."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path

from chromasonic.errors import ChromasonicError
from chromasonic.results.records import Epoch

from .candidate import Answer, Candidate, CandidateStoppedError
from .trial_process import ChildTrainer

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BackgroundStatus:
    """How far such a training is."""

    epochs: int  # asked for
    curve: tuple[Epoch, ...] = ()  # so far; epoch 0 is before the first
    seconds_left: float | None = None  # None while nobody can tell
    done: bool = False
    error: str | None = None

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return self.curve[-1].number if self.curve else 0

    @property
    def best(self) -> Epoch | None:
        """The one whose weights are kept."""
        learned = [epoch for epoch in self.curve if epoch.number]
        return min(learned, key=lambda epoch: epoch.validation_loss, default=None)


class BackgroundTraining(ABC):
    """A training in a child process that begins at once. `_prepare` says of what, and `_keep` what becomes of it."""

    def __init__(self, name: str, epochs: int, device: str) -> None:
        self._name = name
        self._device = device
        self._trainer: ChildTrainer | None = None
        self._is_stopped = False
        self._status = BackgroundStatus(epochs)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def status(self) -> BackgroundStatus:
        """How far it is."""
        return self._status

    def stop(self) -> None:
        """Stop now and keep nothing."""
        self._is_stopped = True
        if self._trainer is not None:
            self._trainer.interrupt()

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended."""
        self._thread.join(timeout)

    @abstractmethod
    def _prepare(self) -> tuple[Candidate, Path]:
        """What is to be trained, and the file of the music."""

    @abstractmethod
    def _keep(self, trainer: ChildTrainer) -> None:
        """Put what was learned where it belongs."""

    def _clear(self) -> None:  # noqa: B027 – many have nothing to take away
        """Take away what was needed only while it went on."""

    def _run(self) -> None:
        error = None
        try:
            candidate, data_file = self._prepare()
            trainer = self._trainer = ChildTrainer(data_file, self._device)
            if self._is_stopped:  # while it was prepared
                trainer.interrupt()
            trainer.train(candidate, self._note)
            self._keep(trainer)
        except CandidateStoppedError:
            error = "it was stopped"
        except ChromasonicError as reason:
            error = str(reason)
        except Exception as reason:  # or the page would wait for ever
            error = f"something unexpected went wrong ({reason})"
            _log.exception("A training ended in an unexpected error")
        finally:
            if self._trainer is not None:
                self._trainer.close()
            self._clear()
            self._status = replace(self._status, done=True, error=error, seconds_left=None)

    def _note(self, epoch: Epoch) -> Answer:
        now, left = time.monotonic(), None
        if not self._status.curve:  # what came before was the start of a process, too
            self._first = (epoch.number, now)
        else:
            number, then = self._first
            left = (now - then) / (epoch.number - number) * (self._status.epochs - epoch.number)
        self._status = replace(self._status, curve=(*self._status.curve, epoch), seconds_left=left)
        return Answer.GO_ON
