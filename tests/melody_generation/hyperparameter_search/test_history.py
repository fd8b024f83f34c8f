"""What a record says of a trial that Optuna keeps."""

from datetime import timedelta

import optuna
import pytest

from chromasonic.melody_generation.hyperparameter_search.history import (
    GOES_ON,
    OUTCOME,
    RESTS,
    importance,
    trial_record,
)
from chromasonic.results.records import TrialState, Turn

OptunaState = optuna.trial.TrialState


@pytest.mark.parametrize(
    ("told", "state"),
    [(OptunaState.PRUNED, TrialState.FAILED), (OptunaState.FAIL, TrialState.INTERRUPTED)],
)
def test_a_trial_runs_until_its_end_is_told(told, state):
    """Its outcome is written a moment before; a process that is killed between the two never told it."""
    study = optuna.create_study()
    trial = study.ask()
    trial.set_user_attr(OUTCOME, {"state": state, "reason": "memory ran out"})
    assert trial_record(study.trials[0]).state is TrialState.RUNNING
    study.tell(trial, state=told)
    assert trial_record(study.trials[0]).state is state


def test_a_turn_ends_when_its_trial_lay_down_and_is_as_long_as_it_trained():
    """What passed before is the start of its process."""
    study = optuna.create_study()
    trial = study.ask()
    lay_down = trial_record(study.trials[0]).started + timedelta(seconds=10)
    trial.set_user_attr(f"{RESTS}1", {"epochs": 3, "seconds": 2.0, "until": lay_down.isoformat()})
    assert trial_record(study.trials[0]).turns == (Turn(lay_down - timedelta(seconds=2), lay_down),)


def test_a_trial_that_goes_on_tells_what_it_had_learned_by_its_rest():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    trials = [study.ask() for _ in range(16)]
    for trial in trials:
        loss = trial.suggest_float("dropout", 0, 1)
        trial.suggest_float("learning_rate", 0, 1)
        trial.report(loss, 1)
        trial.set_user_attr(f"{RESTS}1", {"epochs": 1, "seconds": 1.0})
    at_rest = importance(study, lets_rest=True)
    assert at_rest is not None
    trials[0].set_user_attr(f"{GOES_ON}1", "2026-01-01T00:00:00+00:00")
    trials[0].report(0.0, 2)
    assert importance(study, lets_rest=True) == at_rest
