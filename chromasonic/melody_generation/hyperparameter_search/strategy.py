"""How a search chooses and gives up: the default sampler and pruner."""

from __future__ import annotations

import hashlib

import optuna
from optuna.trial import TrialState as OptunaState

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
    return optuna.samplers.TPESampler(seed=int.from_bytes(digest[:4]), n_startup_trials=settings.warm_up)


_ENDED = (OptunaState.COMPLETE, OptunaState.PRUNED, OptunaState.FAIL)


def default_pruner(search: Search) -> optuna.pruners.BasePruner:
    """The pruner that `search` has unless it is given another."""
    return pruner_of(search.settings)


def pruner_of(settings: SearchSettings) -> optuna.pruners.BasePruner:
    """Stop a trial that is behind the median of the finished ones, once enough of its epochs are done."""
    begins = max(1, int(settings.prune_after * settings.space.num_epochs + 1e-9))
    return optuna.pruners.MedianPruner(n_startup_trials=settings.warm_up, n_warmup_steps=begins)
