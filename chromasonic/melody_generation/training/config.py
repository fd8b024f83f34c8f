"""How a model is trained, as one small record."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chromasonic.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """The settings of one training; each default says why it is what it is."""

    epochs: int = 20
    learning_rate: float = 3e-4  # peak, after warm-up
    batch_size: int = 32  # phrases (or windows) an optimizer step learns from
    seed: int = 0  # batch order and dropout follow from it
    patience: int = 5  # epochs without a better validation loss before training ends early
    clip_norm: float = 1.0  # gradient norm ceiling, so that one odd tune cannot throw the weights
    weight_decay: float = 0.01  # of matrices only; AdamW's usual value
    beta2: float = 0.98  # a shorter memory of gradient sizes than AdamW's 0.999: trainings here are short
    warm_up: float = 0.05  # share of all steps in which the learning rate rises to its peak
    mixed_precision: bool = True  # on CUDA only; elsewhere it gains nothing

    def __post_init__(self) -> None:
        for name, least in {"epochs": 1, "batch_size": 1, "patience": 1}.items():
            if getattr(self, name) < least:
                raise SettingsError(name, f"is {getattr(self, name)}, but must be at least {least}.")
        for name in ("learning_rate", "clip_norm"):
            if not 0 < getattr(self, name) < math.inf:
                raise SettingsError(name, f"is {getattr(self, name)}, but must be above 0.")
        for name in ("beta2", "warm_up", "weight_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise SettingsError(name, f"is {getattr(self, name)}, but must be from 0 up to, not including, 1.")
