"""What a record says of a trial that Optuna keeps."""

import optuna
import pytest

from chromasonic.melody_generation.hyperparameter_search.history import OUTCOME, trial_record
from chromasonic.results.records import TrialState

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
