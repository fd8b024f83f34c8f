"""One candidate: what a trial trains, what came of it, and what a trainer of candidates promises.

Plain records without torch: the page's process can run a search without ever loading it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from chromasonic.errors import ChromasonicError
from chromasonic.results.records import Epoch

from .space import Params

ARCHITECTURE = ("hidden_size", "num_layers", "dropout", "embedding_dim")
"""The settings that are constructor arguments of a model; the others steer its training."""

OnEpoch = Callable[[Epoch], bool]
"""Told after each epoch; returns whether training goes on."""


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

    @property
    def architecture(self) -> dict[str, Any]:
        """The constructor arguments beside `vocab_size`."""
        return {name: self.params[name] for name in ARCHITECTURE}


@dataclass(frozen=True, kw_only=True)
class CandidateResult:
    """What came of it; the losses of each epoch were told on the way."""

    best_validation_loss: float  # nats per token
    epochs_run: int
    training_time: float  # seconds
    n_parameters: int


class CandidateFailedError(ChromasonicError):
    """A candidate that could not be trained; the message is the reason, in plain words."""


class CandidateStoppedError(ChromasonicError):
    """A candidate that was stopped half-way on request."""


class Trainer(Protocol):
    """Trains candidates one after the other, here or in another process."""

    def train(self, candidate: Candidate, on_epoch: OnEpoch) -> CandidateResult:
        """Train `candidate` until it is done or `on_epoch` returns False.

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
