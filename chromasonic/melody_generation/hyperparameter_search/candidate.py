"""One candidate: what a trial trains, what came of it, and what a trainer of candidates promises.

Plain records without torch: the page's process can run a search without ever loading it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from chromasonic.errors import ChromasonicError
from chromasonic.results.records import Epoch

from .space import Params

ARCHITECTURE = ("hidden_size", "num_layers", "dropout", "embedding_dim")
"""The settings that are constructor arguments of a model; the others steer its training."""


class Answer(StrEnum):
    """What becomes of a candidate after an epoch; the values travel between processes."""

    GO_ON = "on"
    ENOUGH = "enough"
    REST = "rest"


CHECKPOINT_EVERY = 3.0
"""Seconds after which what may rest is written at the end of an epoch though it goes on.

Who stops a search waits as long for the epoch that is trained: so either it ends, or all before it are on disk.
"""

OF_ONE_TURN = ("rests_at", "goes_on_from", "trained_for")
"""The fields of a candidate that may differ from turn to turn; all others say what is trained."""

OnEpoch = Callable[[Epoch], Answer]
"""Told after each epoch; answers whether training goes on."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What one trial trains: plain values only, for it may travel to another process."""

    number: int
    family: str
    params: Params
    epochs: int
    seed: int
    transpose: bool = False
    begins_with: str | None = None  # stem of the checkpoint whose weights it goes on with; None: from the beginning
    rests_at: Path | None = None  # where its checkpoint is written when it is told to rest
    goes_on_from: Path | None = None  # the checkpoint of a turn before
    trained_for: float = 0.0  # seconds in the turns before, which count towards the time that a trial may take

    @property
    def architecture(self) -> dict[str, Any]:
        """The constructor arguments beside `vocab_size`."""
        return {name: self.params[name] for name in ARCHITECTURE}


@dataclass(frozen=True, kw_only=True)
class CandidateResult:
    """What came of it, over all its turns; the losses of each epoch were told on the way."""

    best_validation_loss: float  # nats per token
    epochs_run: int
    training_time: float  # seconds
    n_parameters: int
    curve: tuple[Epoch, ...] = ()  # every epoch from the first, those before a rest too
    rests: bool = False  # it was told to rest, and its checkpoint is written: all here is so far


class CandidateFailedError(ChromasonicError):
    """A candidate that could not be trained; the message is the reason, in plain words."""


class CandidateStoppedError(ChromasonicError):
    """A candidate that was stopped half-way on request."""


class Trainer(Protocol):
    """Trains candidates one after the other, here or in another process."""

    def train(self, candidate: Candidate, on_epoch: OnEpoch) -> CandidateResult:
        """Train `candidate` until it is done, or `on_epoch` answers that it is enough, or that it rests.

        One that goes on tells the epochs that are new and no others: 4, 5, … after a rest at 3. Where its checkpoint
        is missing, damaged or of another training, it begins again and tells 1, 2, …

        Raises:
            CandidateFailedError: it could not be trained.
            CandidateStoppedError: `interrupt` was called.
        """

    def keep(self, stem: Path) -> None:
        """Write the checkpoint of the candidate trained last to `stem` + .safetensors and .json."""

    def sing(self, stem: Path) -> None:
        """Write what the candidate trained last sings to `stem` + .mid and .ogg; only for data that is music."""

    def interrupt(self) -> None:
        """Stop now and for good, from another thread: the training that goes on, and any that would begin."""

    def close(self) -> None:
        """Give everything back."""
