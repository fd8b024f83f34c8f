"""Studies and trials as rows of Optuna's own tables: written in one transaction, all or nothing; and read lightly."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

import optuna
import sqlalchemy
import sqlalchemy.orm
from optuna.distributions import distribution_to_json, json_to_distribution
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


_AT_ONCE = 500  # trials


def read_trials(engine: sqlalchemy.Engine, study_id: int, unfinished: Collection[int], after: int) -> list[FrozenTrial]:
    """The trials of a study whose ids are among `unfinished` or greater than `after`, as Optuna itself would make them.

    Row by row. Optuna makes an object of SQLAlchemy's of each row and holds all of them at once, 300,000 in a study of
    10,000 trials of 20 epochs; and a distribution for each setting of each trial, of which there are a few.
    """
    table = TrialModel.__table__
    is_wanted = (table.c.study_id == study_id) & ((table.c.trial_id > after) | table.c.trial_id.in_(unfinished))
    distribution_of = cache(json_to_distribution)
    with engine.connect() as connection:
        # The trials first: one that ends meanwhile is still running here, and will be read again.
        trials = [
            FrozenTrial(
                number=row.number,
                state=row.state,
                value=None,
                datetime_start=row.datetime_start,
                datetime_complete=row.datetime_complete,
                params={},
                distributions={},
                user_attrs={},
                system_attrs={},
                intermediate_values={},
                trial_id=row.trial_id,
            )
            for row in connection.execute(sqlalchemy.select(table).where(is_wanted).order_by(table.c.trial_id))
        ]
        for first in range(0, len(trials), _AT_ONCE):
            rows = partial(_rows_of, connection, {trial._trial_id: trial for trial in trials[first : first + _AT_ONCE]})
            for trial, name, value, space in rows(TrialParamModel, "param_name", "param_value", "distribution_json"):
                trial.distributions[name] = distribution_of(space)
                trial.params[name] = trial.distributions[name].to_external_repr(value)
            for trial, value, kind in rows(TrialValueModel, "value", "value_type"):
                trial.values = [*(trial.values or []), TrialValueModel.stored_repr_to_value(value, kind)]
            for trial, step, value, kind in rows(
                TrialIntermediateValueModel, "step", "intermediate_value", "intermediate_value_type"
            ):
                loss = TrialIntermediateValueModel.stored_repr_to_intermediate_value(value, kind)
                trial.intermediate_values[step] = loss
            for trial, key, value in rows(TrialUserAttributeModel, "key", "value_json"):
                trial.user_attrs[key] = json.loads(value)
            for trial, key, value in rows(TrialSystemAttributeModel, "key", "value_json"):
                trial.system_attrs[key] = json.loads(value)
    return trials


def _rows_of(
    connection: sqlalchemy.Connection, trials: Mapping[int, FrozenTrial], model: type[Any], *names: str
) -> Iterator[Any]:
    """Each row of the table of `model` that belongs to one of `trials`, by id: the trial, then the columns `names`."""
    table = model.__table__
    asked = sqlalchemy.select(table.c.trial_id, *[table.c[name] for name in names])
    asked = asked.where(table.c.trial_id.in_(trials)).order_by(*table.primary_key)
    for trial_id, *told in connection.execute(asked):
        yield trials[trial_id], *told


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
