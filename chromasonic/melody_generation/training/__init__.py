"""How models learn. Start reading at `loop.py`; `batches.py` says what they learn from."""

from .batches import Corpus, token_counts
from .checkpoints import check_checkpoint, load_checkpoint, save_checkpoint
from .config import TrainingConfig
from .devices import Device, available_devices, device_name, device_or_cpu, resolve_device, use_one_thread
from .loop import (
    DivergedError,
    EpochProgress,
    TargetLosses,
    TrainingHistory,
    TrainingStoppedError,
    build_model,
    count_parameters,
    evaluate,
    target_losses,
    train,
)
from .practice import create_training_data
from .probe import answers_every_position

__all__ = [
    "Corpus",
    "Device",
    "DivergedError",
    "EpochProgress",
    "TargetLosses",
    "TrainingConfig",
    "TrainingHistory",
    "TrainingStoppedError",
    "answers_every_position",
    "available_devices",
    "build_model",
    "check_checkpoint",
    "count_parameters",
    "create_training_data",
    "device_name",
    "device_or_cpu",
    "evaluate",
    "load_checkpoint",
    "resolve_device",
    "save_checkpoint",
    "target_losses",
    "token_counts",
    "train",
    "use_one_thread",
]
