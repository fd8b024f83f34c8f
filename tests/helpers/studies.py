"""Synthetic studies: a real sampler over a landscape whose truth is known, without any training."""

import math
import random
from collections.abc import Callable
from dataclasses import replace

import optuna

from chromasonic.melody_generation.hyperparameter_search.space import HyperparameterSearchSpace
from chromasonic.results.effects import place
from chromasonic.results.records import (
    Epoch,
    Interval,
    SearchRecord,
    SearchState,
    TestScores,
    TrialRecord,
    TrialState,
)

optuna.logging.set_verbosity(optuna.logging.WARNING)

SCORES = TestScores(
    best=2.1,
    untuned=2.3,
    ngram=2.4,
    uniform=4.7,
    interval=Interval(value=2.1, low=2.0, high=2.2, n_tunes=100),
    better_by={"untuned": Interval(value=0.2, low=0.1, high=0.3, n_tunes=100)},
)
"""What might have been measured on a hundred held-out tunes."""

EPOCHS = 20
SPACE = HyperparameterSearchSpace(num_epochs=EPOCHS)

Landscape = Callable[[dict[str, float]], float]  # the loss at places from 0 to 1
Curves = Callable[[float, random.Random], list[Epoch]]


def places(params, space=SPACE):
    """Where each setting stands in its range, 0 to 1."""
    record = space.to_json()
    ends = {name: record.get(f"{name}_range") or record[f"{name}_options"] for name in params}
    return {name: place(float(value), ends[name][0], ends[name][-1]) for name, value in params.items()}


def learned(loss, chance, noise=0.01, epochs=EPOCHS):
    """A lesson that has settled at `loss` by two thirds of its epochs."""
    curve = [loss + 2 * math.exp(-epoch / 2) for epoch in range(1, epochs + 1)]
    return [
        Epoch(number, value + chance.gauss(0, noise), value - 0.05 + chance.gauss(0, noise))
        for number, value in enumerate(curve, start=1)
    ]


def noise_only(loss, chance, epochs=EPOCHS):
    """Losses that follow nothing at all."""
    return [Epoch(number, 2.5 + chance.gauss(0, 0.1), 2.4 + chance.gauss(0, 0.1)) for number in range(1, epochs + 1)]


def study(
    seed: int,
    n_trials: int = 40,
    landscape: Landscape = lambda at: 2.5,
    noise: float = 0.05,
    curves: Curves = learned,
    guided: bool = True,
    pruning: bool = False,
    space: HyperparameterSearchSpace = SPACE,
    **about,
) -> SearchRecord:
    """The record of a search over `landscape`, which adds `noise` (nats) to each loss; `guided` by TPE or at random."""
    chance = random.Random(seed)
    warm_up = min(10, max(4, n_trials // 4))
    sampler = (
        optuna.samplers.TPESampler(seed=seed, n_startup_trials=warm_up)
        if guided
        else optuna.samplers.RandomSampler(seed=seed)
    )
    pruner = optuna.pruners.MedianPruner(n_startup_trials=warm_up, n_warmup_steps=EPOCHS // 5)
    found = optuna.create_study(sampler=sampler, pruner=pruner if pruning else optuna.pruners.NopPruner())
    trials = []
    for number in range(n_trials):
        asked = found.ask()
        params = space.suggest(asked)
        curve = curves(landscape(places(params, space)) + chance.gauss(0, noise), chance)
        state = TrialState.COMPLETE
        if pruning:
            for epoch in curve:
                asked.report(epoch.validation_loss, epoch.number)
                if asked.should_prune() and epoch.number < len(curve):
                    state, curve = TrialState.PRUNED, curve[: epoch.number]
                    break
        best = min(curve, key=lambda epoch: epoch.validation_loss)
        if state is TrialState.PRUNED:
            found.tell(asked, state=optuna.trial.TrialState.PRUNED)
        else:
            found.tell(asked, best.validation_loss)
        trials.append(
            TrialRecord(
                number=number,
                state=state,
                params=params,
                family="lstm",
                best_validation_loss=best.validation_loss,
                final_validation_loss=curve[-1].validation_loss,
                train_loss=best.train_loss,
                best_epoch=best.number,
                curve=tuple(curve),
            )
        )
    record = SearchRecord(
        name="Synthetic",
        state=SearchState.FINISHED,
        trials=tuple(trials),
        n_trials=n_trials,
        epochs=EPOCHS,
        families=("lstm",),
        space=space.to_json(),
        warm_up=warm_up,
        total_time=10.0 * n_trials,
    )
    return replace(record, **about)
