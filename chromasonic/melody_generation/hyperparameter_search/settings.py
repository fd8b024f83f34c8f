"""How a search is set: a small frozen record that goes to JSON and back, so a study can always say how it was made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from chromasonic.errors import SettingsError
from chromasonic.melody_generation.families import MODEL_LABELS

from .space import HyperparameterSearchSpace

MAX_JOBS = 64


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """Everything that decides how a search goes, but for the music.

    Raises:
        SettingsError: a value is outside what it may be; names the field.
    """

    space: HyperparameterSearchSpace = field(default_factory=HyperparameterSearchSpace)
    families: tuple[str, ...] = ("lstm",)  # keys of MODEL_LABELS, or "package.module:ClassName" of one's own
    n_trials: int = 20
    timeout: float | None = None  # seconds of searching; None: as long as it takes
    seed: int = 0
    device: str = "cpu"
    jobs: int = 1  # trials at once
    transpose: bool = False  # move each phrase to another key in each epoch

    def __post_init__(self) -> None:
        object.__setattr__(self, "families", tuple(self.families))
        if not self.families:
            raise SettingsError("families", "needs at least one model family; choose one")
        for family in self.families:
            if family not in MODEL_LABELS and ":" not in family:
                raise SettingsError("families", f"there is no {family!r}; choose among {', '.join(MODEL_LABELS)}")
        _check_whole("n_trials", self.n_trials, at_least=1, at_most=100_000)
        _check_whole("jobs", self.jobs, at_least=1, at_most=MAX_JOBS)
        _check_whole("seed", self.seed, at_least=0, at_most=2**32 - 1)
        if self.timeout is not None and not (math.isfinite(self.timeout) and self.timeout > 0):
            raise SettingsError("timeout", f"needs a number of seconds above 0, or none, but is {self.timeout!r}")

    def with_budget(self, n_trials: int, timeout: float | None) -> SearchSettings:
        """The same settings with another number of trials and another time limit."""
        return replace(self, n_trials=n_trials, timeout=timeout)

    @property
    def warm_up(self) -> int:
        """Trials drawn at random before the sampler trusts what it has seen: a quarter of the budget, 4 to 10.

        Optuna's fixed 10 would make a search of ten trials purely random.
        """
        return min(10, max(4, self.n_trials // 4))

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` turns back into equal settings."""
        return {**asdict(self), "space": self.space.to_json(), "families": list(self.families)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> SearchSettings:
        """The settings that `to_json` wrote.

        Raises:
            SettingsError: a field is unknown or its value is not allowed.
        """
        known = {f.name for f in fields(cls)}
        for name in record:
            if name not in known:
                raise SettingsError(str(name), f"is no setting of a search; known are {', '.join(sorted(known))}")
        return cls(**{**record, "space": HyperparameterSearchSpace.from_json(record.get("space", {}))})


def _check_whole(name: str, value: object, *, at_least: int, at_most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not at_least <= value <= at_most:
        raise SettingsError(name, f"needs a whole number from {at_least} to {at_most}, but is {value!r}")
