"""How a search is set: a small frozen record that goes to JSON and back, so a study can always say how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from chromasonic import checks
from chromasonic.errors import SettingsError
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.results.records import RESUMING
from chromasonic.results.workload import Workload

from .ladder import Ladder
from .limits import TrialLimits
from .space import HyperparameterSearchSpace

MAX_TRIALS = 100_000
MAX_JOBS = 64
MAX_SEED = 2**32 - 1
MIN_MEMORY, MAX_MEMORY = 512, 16 * 1024 * 1024  # MiB; PyTorch alone takes some 300
STOPPED_AFTER = 0.6
"""Share of the asked epochs that a search without rests trains, in the mean, once a pruner has stopped some early."""

OWN_PRUNER = "own"
STRATEGIES = (RESUMING, "median", "hyperband", "halving", "none", OWN_PRUNER)
"""How trials are stopped early: they rest and the leading ones go on; by one of Optuna's pruners; not at all; or by a
pruner that was given in Python, without which they are not stopped."""
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
    trial_timeout: float | None = None  # seconds that one trial may train; None: as long as it takes
    trial_memory: int | None = None  # MiB that the process of one trial may take; None: as much as there is
    strategy: str = "median"  # one of STRATEGIES; that of searches which do not say
    prune_after: float = 0.2  # "median": share of its epochs after which a trial that is behind is stopped; 1: never

    def __post_init__(self) -> None:
        checks.instance("space", self.space, HyperparameterSearchSpace, "a HyperparameterSearchSpace")
        checks.instance("device", self.device, str, "a device, such as “cpu” or “cuda”")
        checks.instance("transpose", self.transpose, bool, "True or False")
        checks.instance("families", self.families, (list, tuple), "a list of model families, such as (“lstm”,)")
        for family in self.families:
            checks.instance("families", family, str, "names of model families")
        object.__setattr__(self, "families", tuple(dict.fromkeys(self.families)))  # one named twice is one
        if not self.families:
            raise SettingsError("families", "needs at least one model family; choose one")
        for family in self.families:
            if family not in MODEL_LABELS and ":" not in family:
                raise SettingsError(
                    "families", f"there is no {checks.shown(family)}; choose among {', '.join(MODEL_LABELS)}"
                )
        for name, at_least, at_most in (("n_trials", 1, MAX_TRIALS), ("jobs", 1, MAX_JOBS), ("seed", 0, MAX_SEED)):
            value = checks.whole(name, getattr(self, name), at_least=at_least, at_most=at_most)
            object.__setattr__(self, name, value)
        for name in ("timeout", "trial_timeout"):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, checks.positive(name, value, at_most=MAX_TIMEOUT, unit="seconds"))
        if self.strategy not in STRATEGIES:
            raise SettingsError(
                "strategy", f"there is no {checks.shown(self.strategy)}; choose among {', '.join(STRATEGIES)}"
            )
        share = checks.number("prune_after", self.prune_after, at_least=0, at_most=1)
        object.__setattr__(self, "prune_after", share)
        if self.trial_memory is not None:
            memory = checks.whole("trial_memory", self.trial_memory, at_least=MIN_MEMORY, at_most=MAX_MEMORY)
            object.__setattr__(self, "trial_memory", memory)

    def gone_on_with(
        self,
        n_trials: int | None = None,
        timeout: float | None = None,
        device: str | None = None,
        jobs: int | None = None,
        trial_timeout: float | None = None,
        trial_memory: int | None = None,
    ) -> SearchSettings:
        """The same settings with what a search that is resumed may have anew; None leaves one as it is."""
        given: dict[str, Any] = {
            "n_trials": n_trials,
            "timeout": timeout,
            "device": device,
            "jobs": jobs,
            "trial_timeout": trial_timeout,
            "trial_memory": trial_memory,
        }
        return replace(self, **{name: value for name, value in given.items() if value is not None})

    def changed(self, changes: Mapping[str, Any]) -> SearchSettings:
        """The same settings but for `changes`, by the name of a field here or of the search space.

        Raises:
            SettingsError: a field is unknown or its value is not allowed.
        """
        record = self.to_json()
        of_space = {name: value for name, value in changes.items() if name in record["space"]}
        mine = {name: value for name, value in changes.items() if name not in of_space}
        return SearchSettings.from_json({**record, **mine, "space": {**record["space"], **of_space}})

    @property
    def trial_limits(self) -> TrialLimits:
        """What one trial may take."""
        return TrialLimits(self.trial_timeout, self.trial_memory)

    @property
    def needs_children(self) -> bool:
        """Whether trials must train in processes of their own: several at once, or one that can be ended."""
        return self.jobs > 1 or self.trial_limits != TrialLimits()

    @property
    def warm_up(self) -> int:
        """Trials drawn at random before the sampler trusts what it has seen: a quarter of the budget, 4 to 10.

        Optuna's fixed 10 would make a search of ten trials purely random.
        """
        return min(10, max(4, self.n_trials // 4))

    @property
    def lets_rest(self) -> bool:
        """Whether its trials rest early, and those that lead go on."""
        return self.strategy == RESUMING

    @property
    def workload(self) -> Workload:
        """What there is to train."""
        prunes = self.strategy not in ("none", OWN_PRUNER) and self.n_trials > self.warm_up
        return Workload(
            n_trials=self.n_trials,
            epochs=self.space.num_epochs,
            rungs=Ladder(self.space.num_epochs).rungs if self.lets_rest else (),
            share=STOPPED_AFTER if prunes else 1.0,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` turns back into equal settings."""
        return {**asdict(self), "space": self.space.to_json(), "families": list(self.families)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> SearchSettings:
        """The settings that `to_json` wrote.

        Raises:
            SettingsError: a field is unknown or its value is not allowed.
        """
        record = checks.record_of("search", record, {f.name for f in fields(cls)})
        return cls(**{**record, "space": HyperparameterSearchSpace.from_json(record.get("space", {}))})
