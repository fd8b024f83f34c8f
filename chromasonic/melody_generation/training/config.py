"""How a model is trained, as one small record."""

from __future__ import annotations

from dataclasses import dataclass

from chromasonic.checks import instance, number, whole
from chromasonic.melody_generation.sizes import MAX_BATCH_SIZE, MAX_EPOCHS, MAX_SEED


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """The settings of one training; each default says why it is what it is.

    Raises:
        SettingsError: a value is outside what it may be; names the field.
    """

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
        for name, least, most in (
            ("epochs", 1, MAX_EPOCHS),
            ("batch_size", 1, MAX_BATCH_SIZE),
            ("patience", 1, MAX_EPOCHS),
            ("seed", 0, MAX_SEED),
        ):
            object.__setattr__(self, name, whole(name, getattr(self, name), at_least=least, at_most=most))
        for name in ("learning_rate", "clip_norm"):
            object.__setattr__(self, name, number(name, getattr(self, name), above=0))
        for name in ("beta2", "warm_up", "weight_decay"):
            object.__setattr__(self, name, number(name, getattr(self, name), at_least=0, below=1))
        instance("mixed_precision", self.mixed_precision, bool, "True or False")
