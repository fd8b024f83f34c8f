"""Studies and trials as rows of Optuna's own tables, written in one transaction: all of it, or nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
import sqlalchemy
import sqlalchemy.orm
from optuna.distributions import distribution_to_json
from optuna.storages._rdb.models import (
    StudyDirectionModel,
    StudyModel,
    StudySystemAttributeModel,
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


AttributeModel = type[StudyUserAttributeModel] | type[StudySystemAttributeModel]
ABSENT: Any = object()
"""That a study has no attribute of that name; None is a value that it may have."""


def swap_attributes(
    engine: sqlalchemy.Engine,
    model: AttributeModel,
    study_id: int,
    key: str,
    before: object,
    after: Mapping[str, object],
) -> bool:
    """Write all of `after` as attributes of the study where `before` still stands at `key`; whether it did.

    One transaction, which begins with the attribute `key`: of several that swap from the same `before` one succeeds.
    """
    try:
        with engine.begin() as connection:
            if before is ABSENT:
                _insert(connection, model, study_id, key, after[key])
            elif not _update(connection, model, study_id, key, after[key], model.value_json == json.dumps(before)):
                return False
            for other, value in after.items():
                if other != key and not _update(connection, model, study_id, other, value):
                    _insert(connection, model, study_id, other, value)
    except sqlalchemy.exc.IntegrityError:  # another wrote it first
        return False
    return True


def _insert(connection: sqlalchemy.Connection, model: AttributeModel, study_id: int, key: str, value: object) -> None:
    row = {"study_id": study_id, "key": key, "value_json": json.dumps(value)}
    connection.execute(sqlalchemy.insert(model.__table__).values(row))


def _update(
    connection: sqlalchemy.Connection, model: AttributeModel, study_id: int, key: str, value: object, *where: Any
) -> bool:
    """Whether there was such a row."""
    table = model.__table__
    found = connection.execute(
        sqlalchemy.update(table)
        .where(table.c.study_id == study_id, table.c.key == key, *where)
        .values(value_json=json.dumps(value))
    )
    return found.rowcount == 1


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
