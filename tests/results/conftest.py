"""Searches made by hand, so that each test states only what it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chromasonic.results.records import Baselines, Epoch, SearchRecord, SearchState, TrialRecord, TrialState

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SPACE = {
    "learning_rate_range": [1e-5, 1e-2],
    "batch_size_options": [16, 32, 64, 128],
    "hidden_size_range": [64, 512],
    "num_layers_range": [1, 4],
    "dropout_range": [0.0, 0.5],
    "embedding_dim_range": [32, 256],
    "num_epochs": 20,
}
MIDDLE = {
    "learning_rate": 1e-3,
    "batch_size": 32,
    "hidden_size": 256,
    "num_layers": 2,
    "dropout": 0.2,
    "embedding_dim": 128,
}


@pytest.fixture
def trial() -> Callable[..., TrialRecord]:
    """`trial(5, 2.1)`: trial 5 with a best validation loss of 2.1 nats, all else in the middle."""

    def make(number: int, loss: float | None = None, state: str = "complete", **changes: Any) -> TrialRecord:
        losses: Sequence[float] = changes.pop("curve", () if loss is None else (loss + 1.0, loss, loss + 0.1))
        curve = tuple(Epoch(i, value, value - 0.05) for i, value in enumerate(losses, start=1))
        best = min(curve, key=lambda epoch: epoch.validation_loss, default=None)
        known: dict[str, Any] = {
            "params": {**MIDDLE, **changes.pop("params", {})},
            "family": "lstm",
            "is_untuned": number == 0,
            "best_validation_loss": loss,
            "final_validation_loss": losses[-1] if losses else None,
            "train_loss": best.train_loss if best else None,
            "best_epoch": best.number if best else None,
            "training_time": 10.0,
            "n_parameters": 127_488,
            "curve": curve,
            "started": START + timedelta(seconds=12 * number),
            "finished": START + timedelta(seconds=12 * number + 10),
        }
        return TrialRecord(number=number, state=TrialState(state), **{**known, **changes})

    return make


@pytest.fixture
def search(trial: Callable[..., TrialRecord]) -> Callable[..., SearchRecord]:
    """`search([2.5, 2.1, None])`: a finished search with those losses; None is a trial that failed."""

    def make(trials: Sequence[float | TrialRecord | None] = (), **changes: Any) -> SearchRecord:
        made = [
            entry
            if isinstance(entry, TrialRecord)
            else trial(number, entry)
            if entry is not None
            else trial(number, None, "failed", reason="Out of memory: the model did not fit.")
            for number, entry in enumerate(trials)
        ]
        known: dict[str, Any] = {
            "name": "Reels",
            "state": SearchState.FINISHED,
            "trials": tuple(made),
            "n_trials": max(len(made), 1),
            "epochs": 20,
            "total_time": 125.0,
            "families": ("lstm",),
            "space": SPACE,
            "music": "Ryan's Mammoth Collection",
            "fingerprint": "abc123",
            "vocab_size": 113,
            "sequence_length": 256,
            "n_train": 800,
            "n_validation": 100,
            "n_test": 100,
            "seed": 7,
            "versions": {"optuna": "5.0.0"},
            "created": START,
            "baselines": Baselines(uniform=4.7274, ngram=2.3, ngram_order=4),
        }
        return SearchRecord(**{**known, **changes})

    return make
