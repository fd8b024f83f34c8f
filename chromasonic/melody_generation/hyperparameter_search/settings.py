"""How a search is set: a small frozen record that goes to JSON and back, so a study can always say how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from chromasonic.errors import SettingsError
from chromasonic.melody_generation.families import MODEL_LABELS

from . import checks
from .space import HyperparameterSearchSpace

MAX_TRIALS = 100_000
MAX_JOBS = 64
MAX_SEED = 2**32 - 1
MAX_TIMEOUT = 10 * 365 * 24 * 60 * 60.0  # seconds: ten years


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
        object.__setattr__(self, "families", tuple(dict.fromkeys(self.families)))  # one named twice is one
        if not self.families:
            raise SettingsError("families", "needs at least one model family; choose one")
        for family in self.families:
            if family not in MODEL_LABELS and ":" not in family:
                raise SettingsError("families", f"there is no {family!r}; choose among {', '.join(MODEL_LABELS)}")
        for name, at_least, at_most in (("n_trials", 1, MAX_TRIALS), ("jobs", 1, MAX_JOBS), ("seed", 0, MAX_SEED)):
            value = checks.whole(name, getattr(self, name), at_least=at_least, at_most=at_most)
            object.__setattr__(self, name, value)
        if self.timeout is not None:
            timeout = checks.positive("timeout", self.timeout, at_most=MAX_TIMEOUT, unit="seconds")
            object.__setattr__(self, "timeout", timeout)

    def gone_on_with(
        self,
        n_trials: int | None = None,
        timeout: float | None = None,
        device: str | None = None,
        jobs: int | None = None,
    ) -> SearchSettings:
        """The same settings with what a search that is resumed may have anew; None leaves one as it is."""
        given: dict[str, Any] = {"n_trials": n_trials, "timeout": timeout, "device": device, "jobs": jobs}
        return replace(self, **{name: value for name, value in given.items() if value is not None})

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
