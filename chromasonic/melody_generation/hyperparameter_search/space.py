"""The search space: between which bounds each setting is looked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import optuna

from chromasonic.checks import plain, record_of, shown, whole
from chromasonic.errors import SettingsError
from chromasonic.melody_generation.sizes import LARGEST, MAX_BATCH_SIZE, MAX_EPOCHS

SIZE_STEP = 32
"""Hidden and embedding sizes are multiples of this: the widths that vector units fill completely."""

UNTUNED: Mapping[str, float | int] = {
    # Three times torch's learning rate and half the usual batch: with 1e-3 and 32, twenty epochs of a small collection
    # ended before the models had learned what they could (measured on three kinds of music, docs/performance.md).
    "learning_rate": 3e-3,
    "batch_size": 16,  # less for little music: `batch_size_for`
    "hidden_size": 128,
    "num_layers": 2,
    "dropout": 0.1,
    "embedding_dim": 64,
}
"""What one would try without a search. It is the first trial of every search and the baseline "default, untuned"."""

LEAST_BATCH_SIZE = 4
"""Of the default settings: two phrases a step take up to twice the time for each note, four hardly more than eight."""

LEAST_STEPS = 12
"""In an epoch of the default settings: with fewer, a lesson ends long before a model has learned what it can."""

Params = dict[str, float | int]


@dataclass(frozen=True)
class HyperparameterSearchSpace:
    """Bounds of the six searched settings, and how many epochs each trial may train.

    Raises:
        SettingsError: a bound is out of order, not finite, or outside what the setting can be; names the field.
    """

    learning_rate_range: tuple[float, float] = (1e-5, 1e-2)  # log scale
    batch_size_options: Sequence[int] = field(default_factory=lambda: [16, 32, 64, 128])  # phrases
    hidden_size_range: tuple[int, int] = (64, 512)  # multiples of 32
    num_layers_range: tuple[int, int] = (1, 4)
    dropout_range: tuple[float, float] = (0.0, 0.5)
    embedding_dim_range: tuple[int, int] = (32, 256)  # multiples of 32
    num_epochs: int = 20

    def __post_init__(self) -> None:
        _check_range(self, "learning_rate_range", float, above=0.0, at_most=1.0)
        _check_range(self, "hidden_size_range", int, at_least=1, at_most=LARGEST["hidden_size"])
        _check_range(self, "num_layers_range", int, at_least=1, at_most=LARGEST["num_layers"])
        _check_range(self, "dropout_range", float, at_least=0.0, at_most=0.95)
        _check_range(self, "embedding_dim_range", int, at_least=1, at_most=LARGEST["embedding_dim"])
        _check_sizes(self, "hidden_size_range")
        _check_sizes(self, "embedding_dim_range")
        _check_batch_sizes(self)
        epochs = whole("num_epochs", self.num_epochs, at_least=1, at_most=MAX_EPOCHS)
        object.__setattr__(self, "num_epochs", epochs)

    def suggest(self, trial: optuna.Trial) -> Params:
        """The six settings that `trial` should try."""
        return {
            "learning_rate": trial.suggest_float("learning_rate", *self.learning_rate_range, log=True),
            "batch_size": int(trial.suggest_categorical("batch_size", list(self.batch_size_options))),
            "hidden_size": _suggest_size(trial, "hidden_size", self.hidden_size_range),
            "num_layers": trial.suggest_int("num_layers", *self.num_layers_range),
            "dropout": trial.suggest_float("dropout", *self.dropout_range),
            "embedding_dim": _suggest_size(trial, "embedding_dim", self.embedding_dim_range),
        }

    def untuned(self) -> Params:
        """The default settings, each moved to the nearest value that this space allows.

        Of the batch sizes the smallest, though none below `LEAST_BATCH_SIZE`: most steps in as many epochs.
        """
        enough = [size for size in self.batch_size_options if size >= LEAST_BATCH_SIZE]
        batch_size = min(enough, default=max(self.batch_size_options))
        return {
            "learning_rate": _clamp(UNTUNED["learning_rate"], self.learning_rate_range),
            "batch_size": batch_size,
            "hidden_size": _nearest_size(UNTUNED["hidden_size"], self.hidden_size_range),
            "num_layers": int(_clamp(UNTUNED["num_layers"], self.num_layers_range)),
            "dropout": _clamp(UNTUNED["dropout"], self.dropout_range),
            "embedding_dim": _nearest_size(UNTUNED["embedding_dim"], self.embedding_dim_range),
        }

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` turns back into an equal space."""
        return {name: list(value) if isinstance(value, Sequence) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> HyperparameterSearchSpace:
        """The space that `to_json` wrote.

        Raises:
            SettingsError: it is no record, a field is unknown, or its value is not allowed.
        """
        record = record_of("search space", record, {f.name for f in fields(cls)})
        values: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) and name.endswith("_range") else v for name, v in record.items()
        }
        return cls(**values)


def batch_size_for(n_phrases: int) -> int:
    """The default batch size where there are `n_phrases` to learn from.

    The largest power of two from `LEAST_BATCH_SIZE` to the usual one with which an epoch has `LEAST_STEPS` steps.
    """
    batch_size = int(UNTUNED["batch_size"])
    while batch_size > LEAST_BATCH_SIZE and n_phrases < LEAST_STEPS * batch_size:
        batch_size //= 2
    return batch_size


def _suggest_size(trial: optuna.Trial, name: str, bounds: tuple[int, int]) -> int:
    low, high = _sizes(bounds)
    return trial.suggest_int(name, low, high, step=SIZE_STEP if low < high else 1)


def _sizes(bounds: tuple[int, int]) -> tuple[int, int]:
    """The smallest and largest multiple of SIZE_STEP within `bounds`; equal bounds are taken as they are."""
    low, high = bounds
    if low == high:
        return low, high
    return math.ceil(low / SIZE_STEP) * SIZE_STEP, high // SIZE_STEP * SIZE_STEP


def _nearest_size(size: float, bounds: tuple[int, int]) -> int:
    return int(_clamp(size, _sizes(bounds)))


def _clamp(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_range(
    space: HyperparameterSearchSpace,
    name: str,
    kind: type,
    *,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float,
) -> None:
    bounds = plain(getattr(space, name))
    if not isinstance(bounds, Sequence) or isinstance(bounds, str) or len(bounds) != 2:
        raise SettingsError(name, f"needs a lowest and a highest value, but is {shown(bounds)}")
    bounds = [plain(value) for value in bounds]
    for value in bounds:
        if kind is int and not _is_whole(value):
            raise SettingsError(name, f"needs whole numbers, but holds {shown(value)}")
        if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < math.inf:
            raise SettingsError(name, f"needs finite numbers, but holds {shown(value)}")
        if above is not None and value <= above:
            raise SettingsError(name, f"needs values above {above:g}, but holds {_told(value)}")
        if at_least is not None and value < at_least:
            raise SettingsError(name, f"needs values of at least {at_least:g}, but holds {_told(value)}")
        if value > at_most:
            raise SettingsError(name, f"needs values of at most {at_most:g}, but holds {_told(value)}")
    if bounds[0] > bounds[1]:
        raise SettingsError(name, f"needs the lower value first, but is ({bounds[0]:g}, {bounds[1]:g})")
    object.__setattr__(space, name, tuple(bounds))  # a list is welcome; stored as the promised tuple


def _told(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e300 else shown(value)  # a whole number may be too large for a float


def _check_sizes(space: HyperparameterSearchSpace, name: str) -> None:
    bounds = getattr(space, name)
    low, high = _sizes(bounds)
    if low > high:
        raise SettingsError(name, f"needs a multiple of {SIZE_STEP} between its bounds, but is {bounds}")


def _check_batch_sizes(space: HyperparameterSearchSpace) -> None:
    options, name = plain(space.batch_size_options), "batch_size_options"
    if not isinstance(options, Sequence) or isinstance(options, str) or not options:
        raise SettingsError(name, f"needs at least one batch size, but is {shown(options)}")
    options = [plain(size) for size in options]
    for size in options:
        if not _is_whole(size) or not 1 <= size <= MAX_BATCH_SIZE:
            raise SettingsError(name, f"needs whole numbers from 1 to {MAX_BATCH_SIZE}, but holds {shown(size)}")
    if len(set(options)) < len(options):
        raise SettingsError(name, f"names a batch size twice: {shown(options)}")
    object.__setattr__(space, name, sorted(options))  # Optuna refuses to resume with the same choices re-ordered
