"""The checkpoints of trials that rest, as a process sees them that never loads torch."""

from __future__ import annotations

import json
from pathlib import Path

import safetensors

_HEADER = "chromasonic"  # as in `training.checkpoints`, which needs torch


def place_in(folder: Path, number: int) -> Path:
    """Where trial `number` of the search in `folder` has its checkpoint while it rests."""
    return folder / "resting" / f"trial-{number:05d}.safetensors"


def seconds_in(path: Path) -> list[float]:
    """How long each epoch took that the training resting at `path` has behind it; none where it cannot be read.

    It looks at the file's frame only; whether each number is what it was, the trainer sees when it goes on.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            return [float(seconds) for _, _, seconds in json.loads(file.metadata()[_HEADER])["epochs"]]
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError, RuntimeError):
        return []


def epochs_in(path: Path) -> int | None:
    """How many epochs that are; None where there are none that can be read."""
    return len(seconds_in(path)) or None
