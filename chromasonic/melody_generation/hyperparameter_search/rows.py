"""Studies and trials as rows of Optuna's own tables, written in one transaction: all of it, or nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence

import optuna
import sqlalchemy
import sqlalchemy.orm
from optuna.distributions import distribution_to_json
from optuna.storages._rdb.models import (
    StudyDirectionModel,
    StudyModel,
    StudyUserAttributeModel,
    TrialIntermediateValueModel,
    TrialModel,
    TrialParamModel,
    TrialSystemAttributeModel,
    TrialUserAttributeModel,
    TrialValueModel,
)
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial


def insert_study(engine: sqlalchemy.Engine, name: str, key: str, value: object) -> None:
    """A new study, which bears the attribute `key` from its first moment.

    Raises:
        DuplicatedStudyError: there is one of that name.
    """
    minimize = StudyDirectionModel(objective=0, direction=StudyDirection.MINIMIZE)
    attribute = StudyUserAttributeModel(key=key, value_json=json.dumps(value))
    try:
        with sqlalchemy.orm.Session(engine) as session, session.begin():
            session.add(StudyModel(study_name=name, directions=[minimize], user_attributes=[attribute]))
    except sqlalchemy.exc.IntegrityError:
        raise optuna.exceptions.DuplicatedStudyError(name) from None


def insert_trials(engine: sqlalchemy.Engine, study_id: int, trials: Sequence[FrozenTrial]) -> None:
    """The `trials` of a study that has none yet."""
    with sqlalchemy.orm.Session(engine) as session, session.begin():
        session.add_all(_as_row(study_id, number, trial) for number, trial in enumerate(trials))


def _as_row(study_id: int, number: int, trial: FrozenTrial) -> TrialModel:
    """A finished or waiting trial as Optuna would store it."""
    row = TrialModel(study_id=study_id, number=number, state=trial.state)
    row.datetime_start, row.datetime_complete = trial.datetime_start, trial.datetime_complete
    if trial.values is not None:
        value, kind = TrialValueModel.value_to_stored_repr(trial.values[0])
        row.values = [TrialValueModel(objective=0, value=value, value_type=kind)]
    row.params = [
        TrialParamModel(
            param_name=name,
            param_value=distribution.to_internal_repr(trial.params[name]),
            distribution_json=distribution_to_json(distribution),
        )
        for name, distribution in trial.distributions.items()
    ]
    for step, reported in trial.intermediate_values.items():
        loss, loss_kind = TrialIntermediateValueModel.intermediate_value_to_stored_repr(reported)
        row.intermediate_values.append(
            TrialIntermediateValueModel(step=step, intermediate_value=loss, intermediate_value_type=loss_kind)
        )
    for attributes, model, rows in (
        (trial.user_attrs, TrialUserAttributeModel, row.user_attributes),
        (trial.system_attrs, TrialSystemAttributeModel, row.system_attributes),
    ):
        rows += [model(key=key, value_json=json.dumps(value)) for key, value in attributes.items()]
    return row
