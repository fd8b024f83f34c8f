"""All searches as lines of a list, read together: a few queries for all of them, however many there are.

`Search.record` reads every trial of one search, which for five hundred takes ten seconds; a line needs how many trials
count and the lowest loss, and those the database can work out by itself.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy
from optuna.storages._rdb.models import TrialModel, TrialUserAttributeModel, TrialValueModel
from optuna.study._frozen import FrozenStudy
from optuna.trial import TrialState as OptunaState

from chromasonic.people import Person
from chromasonic.results.labels import Labels
from chromasonic.results.records import TIME_LIMIT_REACHED, SearchState, TrialState
from chromasonic.results.study_list import ListedStudy
from chromasonic.workspace import Workspace

from . import seats
from .catalogue import open_search
from .history import INTERRUPTED, OUTCOME, RESTS
from .remarks import labels_in, note_in
from .search import DATA, HALTED, OWNER, SETTINGS, SHARED, standing
from .settings import SearchSettings
from .storage import Database, database_of


def list_studies(workspace: Workspace, database: Database | None = None) -> list[ListedStudy]:
    """A line for every search, newest first; studies of other programs are left out.

    Raises:
        SettingsError: an argument is not what it may be.
    """
    database = database_of(workspace, database)
    studies = [study for study in database.storage.get_all_studies() if SETTINGS in study.user_attrs]
    counted = _count(database.engine) if database.engine is not None else None
    return [
        _listed(study, _count_one(study, workspace, database) if counted is None else counted[study._study_id])
        for study in reversed(studies)
    ]


@dataclass(frozen=True)
class _Counted:
    """What the trials of a search come to."""

    n_tried: int = 0
    best_loss: float | None = None


def _listed(study: FrozenStudy, counted: _Counted) -> ListedStudy:
    attributes, about = study.user_attrs, study.user_attrs[DATA]
    settings = SearchSettings.from_json(attributes[SETTINGS])
    state, reason = standing(attributes)
    is_at_work = state in (SearchState.RUNNING, SearchState.PAUSED)
    if is_at_work and seats.seats(attributes) and seats.is_halted_in(study.system_attrs):
        state, reason = HALTED
    return ListedStudy(
        id=study._study_id,
        name=study.study_name,
        music=about["music"],
        state=state,
        is_out_of_time=state is SearchState.FINISHED and reason == TIME_LIMIT_REACHED,
        n_tried=counted.n_tried,
        n_trials=settings.n_trials,
        best_loss=counted.best_loss,
        created=datetime.fromisoformat(about["created"]),
        total_time=seats.elapsed(attributes),
        families=settings.families,
        owner=Person.from_json(attributes[OWNER]) if OWNER in attributes else None,
        is_shared=bool(attributes.get(SHARED)),
        labels=labels_in(attributes).get(None, Labels()),
        note=note_in(study.system_attrs).text,
    )


def _count(engine: sqlalchemy.Engine) -> defaultdict[int, _Counted]:
    """The same as `_count_one` gives, for all studies at once."""
    trial, value = TrialModel.__table__.c, TrialValueModel.__table__.c
    n_by_state = sqlalchemy.select(trial.study_id, trial.state, sqlalchemy.func.count()).group_by(
        trial.study_id, trial.state
    )
    best = (
        sqlalchemy.select(trial.study_id, sqlalchemy.func.min(value.value))
        .join_from(TrialModel.__table__, TrialValueModel.__table__, trial.trial_id == value.trial_id)
        .where(trial.state == OptunaState.COMPLETE, value.value_type == TrialValueModel.TrialValueType.FINITE)
        .group_by(trial.study_id)
    )
    attribute = TrialUserAttributeModel.__table__.c
    rested = (
        sqlalchemy.select(trial.study_id, sqlalchemy.func.count())
        .join_from(TrialModel.__table__, TrialUserAttributeModel.__table__, trial.trial_id == attribute.trial_id)
        .where(trial.state == OptunaState.RUNNING, attribute.key == f"{RESTS}1")
        .group_by(trial.study_id)
    )
    counted: defaultdict[int, _Counted] = defaultdict(_Counted)
    with engine.connect() as connection:
        for study, state, n in connection.execute(n_by_state):
            if state.is_finished():
                counted[study] = replace(counted[study], n_tried=counted[study].n_tried + n)
        for study, loss in connection.execute(best):
            counted[study] = replace(counted[study], best_loss=loss)
        for study, n in connection.execute(rested):
            counted[study] = replace(counted[study], n_tried=counted[study].n_tried + n)
        for study, n in _count_interrupted(connection).items():
            counted[study] = replace(counted[study], n_tried=counted[study].n_tried - n)
    return counted


def _count_interrupted(connection: sqlalchemy.Connection) -> dict[int, int]:
    """How many trials of each study have ended and yet do not count: see `history.py`."""
    trial, attribute = TrialModel.__table__.c, TrialUserAttributeModel.__table__.c
    of_failed = (
        sqlalchemy.select(trial.study_id, trial.trial_id, attribute.key, attribute.value_json)
        .join_from(TrialModel.__table__, TrialUserAttributeModel.__table__, trial.trial_id == attribute.trial_id)
        .where(trial.state == OptunaState.FAIL, attribute.key.in_((OUTCOME, INTERRUPTED)))
    )
    interrupted: dict[int, set[int]] = defaultdict(set)
    for study, number, key, text in connection.execute(of_failed):
        said = json.loads(text)
        if said and (key == INTERRUPTED or said.get("state") == TrialState.INTERRUPTED):
            interrupted[study].add(number)
    return {study: len(trials) for study, trials in interrupted.items()}


def _count_one(study: FrozenStudy, workspace: Workspace, database: Database) -> _Counted:
    """Behind a proxy, which answers no such questions."""
    record = open_search(study.study_name, workspace, database).record()
    return _Counted(record.n_tried, record.best.best_validation_loss if record.best else None)
