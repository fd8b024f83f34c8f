"""How a search chooses and gives up: the default sampler and pruner."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Container, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from .history import is_resting, kept_losses, latest_rest
from .search import Search
from .settings import SearchSettings


def default_sampler(search: Search, salt: str = "") -> optuna.samplers.BaseSampler:
    """TPE with start-up trials scaled to the budget.

    The seed follows from the search's seed and the number of trials there are, or a resumed search would draw its
    start-up trials a second time. With a `salt` of its own each of several workers draws others.
    """
    settings = search.settings
    n_trials = len(search.study.get_trials(deepcopy=False, states=_ENDED))
    digest = hashlib.sha256(f"{settings.seed} {n_trials}{salt}".encode()).digest()
    return sampler_of(settings, int.from_bytes(digest[:4]))


def sampler_of(settings: SearchSettings, seed: int) -> optuna.samplers.BaseSampler:
    """TPE for the strategy of `settings`: where trials rest, it learns from those too."""
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=settings.warm_up)
    return RestingShownAsPruned(sampler) if settings.lets_rest else sampler


_ENDED = (OptunaState.COMPLETE, OptunaState.PRUNED, OptunaState.FAIL)


def default_pruner(search: Search) -> optuna.pruners.BasePruner:
    """The pruner that `search` has unless it is given another."""
    return pruner_of(search.settings)


def pruner_of(settings: SearchSettings) -> optuna.pruners.BasePruner:
    """Optuna's pruner for the strategy of `settings`; none where trials rest in its place.

    The median pruner stops a trial that is behind the median of the finished ones, once enough of its epochs are done.
    """
    if settings.strategy == "hyperband":
        return optuna.pruners.HyperbandPruner(1, settings.space.num_epochs)
    if settings.strategy == "halving":
        return optuna.pruners.SuccessiveHalvingPruner(1)
    if settings.strategy != "median":
        return optuna.pruners.NopPruner()
    begins = max(1, int(settings.prune_after * settings.space.num_epochs + 1e-9))
    return optuna.pruners.MedianPruner(n_startup_trials=settings.warm_up, n_warmup_steps=begins)


class RestingShownAsPruned(optuna.samplers.BaseSampler):
    """Lets `sampler` learn from trials that rest.

    To Optuna they are running, and TPE looks away from those; as pruned ones it learns from them, the more the longer
    they were trained.
    """

    def __init__(self, sampler: optuna.samplers.BaseSampler) -> None:
        self._sampler = sampler
        self._shown = _Shown()
        self._study = optuna.create_study(study_name="shown", storage=self._shown)

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """As the sampler behind it."""
        self._shown.show(study)
        self._study = optuna.load_study(study_name="shown", storage=self._shown)  # a study keeps what it was shown once
        return self._sampler.infer_relative_search_space(self._study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """As the sampler behind it."""
        return self._sampler.sample_relative(self._study, trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """As the sampler behind it."""
        return self._sampler.sample_independent(self._study, trial, param_name, param_distribution)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """As the sampler behind it."""
        self._sampler.before_trial(study, trial)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: OptunaState, values: Sequence[float] | None
    ) -> None:
        """As the sampler behind it."""
        self._sampler.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """As the sampler behind it."""
        self._sampler.reseed_rng()


class _Shown(optuna.storages.InMemoryStorage):
    """A study whose trials are shown, not stored: none is copied, and TPE asks for all of them with each setting."""

    def __init__(self) -> None:
        super().__init__()
        self._trials: list[FrozenTrial] = []
        self._as_pruned: dict[tuple[int, int], FrozenTrial] = {}  # by number and epochs
        self._storage: optuna.storages.BaseStorage = self

    def show(self, study: optuna.Study) -> None:
        """Show the trials of `study`."""
        self._storage = study._storage
        trials = study.get_trials(deepcopy=False)
        self._trials = [self._pruned(trial) if is_resting(trial) else trial for trial in trials]

    def _pruned(self, trial: FrozenTrial) -> FrozenTrial:
        rest = latest_rest(trial)
        assert rest is not None
        key = trial.number, rest.epochs
        if key not in self._as_pruned:
            self._as_pruned[key] = copy.copy(trial)
            self._as_pruned[key].state = OptunaState.PRUNED
            self._as_pruned[key].intermediate_values = kept_losses(trial)
        return self._as_pruned[key]

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[OptunaState] | None = None
    ) -> list[FrozenTrial]:
        """Those that are shown."""
        return [trial for trial in self._trials if states is None or trial.state in states]

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """What TPE notes about the trial it is asked about is noted where that is stored."""
        self._storage.set_trial_system_attr(trial_id, key, value)
