"""The checkpoints of trials that rest, as a process sees them that never loads torch."""

from __future__ import annotations

import json
from pathlib import Path

import safetensors

_HEADER = "chromasonic"  # as in `training.checkpoints`, which needs torch


def epochs_in(path: Path) -> int | None:
    """How many epochs the training that rests at `path` has behind it; None where there is none that can be read.

    It looks at the file's frame only; whether each number is what it was, the trainer sees when it goes on.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            epochs = json.loads(file.metadata()[_HEADER])["epochs"]
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError, RuntimeError):
        return None
    return len(epochs) or None if isinstance(epochs, list) else None
