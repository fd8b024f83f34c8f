"""A training that rests: one safetensors file from which it goes on, in another process too, as if it never had.

Nothing in the file is code. What it holds must be what this training would have written itself: of the same settings
and music, with the same torch on the same kind of device, and with the check sum that was written with it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from chromasonic.checks import number
from chromasonic.errors import CheckpointError
from chromasonic.files import write_whole

from .checkpoints import HEADER, opened
from .loop import EpochProgress, Training, TrainingState

FORMAT = 1
"""Of the file; one of another format is not gone on from."""

_CHECK_SUM = "crc32"


def save_training(path: Path, training: Training, of: Mapping[str, Any]) -> None:
    """Write where `training` stands, after an epoch, to `path`, whole or not at all.

    Args:
        path: the file itself, with its ending.
        training: what rests; nothing in it changes.
        of: plain JSON values that say what is trained, and on what music.

    Raises:
        CheckpointError: the model's state holds something else than tensors.
        WorkspaceError: the disk is full or the folder cannot be written.
    """
    state = training.state()
    epochs = [[epoch.train_loss, epoch.validation_loss, epoch.seconds] for epoch in state.epochs]
    header = json.dumps({"of": _described(training, of), "epochs": epochs}, allow_nan=False)
    metadata = {HEADER: header, _CHECK_SUM: _check_sum(header, state.tensors)}
    write_whole(path, safetensors.torch.save(state.tensors, metadata))


def restore_training(path: Path, training: Training, of: Mapping[str, Any]) -> None:
    """Let `training`, which has not begun, stand where the one in the file stood.

    Raises:
        CheckpointError: the file is missing, damaged or of another training; `training` and its model may be of no use.
    """
    with opened(path) as (file, settings):
        if settings["of"] != json.loads(json.dumps(_described(training, of))):
            raise CheckpointError(f"{path.name} is of another training.")
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 (it is no dict)
        metadata = file.metadata()
        if metadata[_CHECK_SUM] != _check_sum(metadata[HEADER], tensors):
            raise ValueError("the check sum is another")
        training.restore(TrainingState(_epochs(settings["epochs"]), tensors))


def _described(training: Training, of: Mapping[str, Any]) -> dict[str, Any]:
    """All that must be equal, or what follows would be another training."""
    return {
        "format": FORMAT,
        "torch": torch.__version__,
        "device": training.device.type,
        "config": asdict(training.config),
        "steps": training.n_steps,
        "what": dict(of),
    }


def _epochs(rows: Any) -> tuple[EpochProgress, ...]:
    return tuple(
        EpochProgress(epoch, *(number("epochs", value, at_least=0) for value in row))
        for epoch, row in enumerate(rows, start=1)
    )


def _check_sum(header: str, tensors: Mapping[str, Tensor]) -> str:
    total = zlib.crc32(header.encode())
    for name in sorted(tensors):
        total = zlib.crc32(tensors[name].reshape(-1).view(torch.uint8).numpy().data, zlib.crc32(name.encode(), total))
    return f"{total:08x}"
