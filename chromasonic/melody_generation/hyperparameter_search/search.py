"""A search: one Optuna study kept together with its settings, its music and its checkpoints.

What is needed to resume, repeat or report a search stands in attributes of the study itself (all named
`chromasonic:…`, so optuna-dashboard shows them) and in a folder of the workspace (the tokens and the checkpoints).
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import optuna

from chromasonic.errors import SearchError, SearchHeldError, SearchNotFoundError
from chromasonic.languages import mark
from chromasonic.masking import masked
from chromasonic.melody_generation.datasets import SearchData, load_data
from chromasonic.music.melody import Melody
from chromasonic.people import Person
from chromasonic.results.records import Baselines, SearchRecord, SearchState, TrialRecord, TrialState
from chromasonic.workspace import Workspace

from . import holding, interrupted, seats
from .artifacts import Artifacts, open_artifacts
from .checkpoints import Checkpoints
from .history import TrialHistory, importance, state_now
from .holding import Holder
from .remarks import Remarks
from .rest_files import place_in, seconds_in
from .seats import Seat
from .settings import SearchSettings
from .songs import Songs
from .storage import Database

SETTINGS = "chromasonic:settings"  # the attribute that makes a study a search of ours
DATA, OWNER, BEGAN_WITH = "chromasonic:data", "chromasonic:owner", "chromasonic:began-with"
SHARED = "chromasonic:shared"
_REPORTS, _LOOK = 10_000, 50  # milliseconds: the longest wait for a runner's reports, and from look to look
HERE = mark("another window")  # where a search is renamed, extended or deleted
_CUT_OFF = mark("the program that ran it ended suddenly; every finished trial is kept, and it can go on from here")
HALTED = (SearchState.STOPPED, mark("you stopped it for all workers"))  # how one stands whose workers all hold still

_log = logging.getLogger(__name__)


class Search:
    """One search; make it with `create_search` or find it with `open_search` (`catalogue.py`)."""

    def __init__(self, database: Database, workspace: Workspace, study: optuna.Study) -> None:
        attributes = study.user_attrs
        if SETTINGS not in attributes:
            raise SearchNotFoundError(
                f"“{study.study_name}” is a study of another program, not a search of Chromasonic."
            )
        self.database = database
        self.workspace = workspace
        self.study = study
        self.settings = SearchSettings.from_json(attributes[SETTINGS])
        self._about: dict[str, Any] = attributes[DATA]
        self.owner = Person.from_json(attributes[OWNER]) if OWNER in attributes else None  # who made it, logged in
        self._trials = TrialHistory(study, self.settings.families)
        self.checkpoints = Checkpoints(study, self._trials, self.folder / "checkpoints", workspace.artifacts)
        self.songs = Songs(study, self.folder / "songs", workspace.artifact_store, is_shared=bool(workspace.artifacts))
        self.remarks = Remarks(database, study)
        self._importance: tuple[int, dict[str, float] | None] = (-1, None)
        self._record: tuple[tuple[int, ...], SearchRecord] | None = None
        self._lock = threading.Lock()
        self.has_workers = bool(seats.seats(attributes))  # as of the last `record`, for pages that ask every second

    @property
    def name(self) -> str:
        """Its name, as the musician wrote it."""
        return self.study.study_name

    @property
    def id(self) -> int:
        """Optuna's id of the study; it stays when the search is renamed."""
        return self.study._study_id

    @property
    def _attributes(self) -> dict[str, Any]:
        """What stands in the attributes of the study now; each time is a query."""
        return self.database.user_attributes(self.id)

    @property
    def is_melodic(self) -> bool:
        """Whether its tokens are music, so that its models can sing; practice melodies are not."""
        return bool(self._about["melodic"])

    @property
    def is_shared(self) -> bool:
        """Whether its owner lets everyone look at it."""
        return bool(self._attributes.get(SHARED))

    def share(self, is_shared: bool) -> None:
        """Let everyone look at it, or its owner alone."""
        self.study.set_user_attr(SHARED, is_shared)

    @property
    def folder(self) -> Path:
        """Where its music and its checkpoints are."""
        return self.workspace.searches / str(self._about["folder"])

    @property
    def data_file(self) -> Path:
        """The tokens it learns from."""
        return self.folder / "data.json.gz"

    @property
    def artifacts(self) -> Artifacts | None:
        """Where other machines find its music and its checkpoints; None where there is no such place.

        Raises:
            ArtifactError: it cannot be used.
        """
        return open_artifacts(self.workspace.artifacts)

    def bring_music(self) -> None:
        """Fetch the tokens from the artifact store, where they are not in the workspace.

        Raises:
            SearchError: they are not there, or are not what the search was made with.
            ArtifactError: the store cannot be used.
        """
        if self.data_file.exists() or self.artifacts is None:
            return
        brought = self.data_file.with_name(f"brought-{uuid.uuid4().hex}.json.gz")
        try:
            artifact = self.artifacts.names(self._system_attributes()).get(self.data_file.name)
            if artifact is None or not self.artifacts.download(artifact, brought):
                raise SearchError(
                    f"The music of “{self.name}” is neither in the workspace of this machine nor in its artifact store "
                    f"{masked(self.artifacts.address)}. Name the store that the search was started with."
                )
            try:
                is_right = load_data(brought).fingerprint == self._about["fingerprint"]
            except (OSError, ValueError, KeyError):
                is_right = False
            if not is_right:
                raise SearchError(
                    f"What the artifact store has as the music of “{self.name}” is damaged or other music. Start a new "
                    "search with that music."
                )
            brought.replace(self.data_file)
        finally:
            brought.unlink(missing_ok=True)

    def _system_attributes(self) -> dict[str, Any]:
        return self.database.storage.get_study_system_attrs(self.id)

    def load_data(self) -> SearchData:
        """The tokens it learns from.

        Raises:
            SearchError: the file is gone or damaged, so that the search cannot be resumed.
        """
        self.bring_music()
        try:
            return load_data(self.data_file)
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise SearchError(
                f"The music of “{self.name}” can no longer be read from its folder in the workspace ({error}). Its "
                "results are still here; to search further, start a new search with the same music."
            ) from error

    @cached_property
    def opening(self) -> Melody | None:
        """What all its models begin with when they sing; None where each begins from nothing. Raises as `load_data`."""
        return self.load_data().opening

    @property
    def primer_beats(self) -> float:
        """How long that opening is, in quarter notes; 0 where there is none. Raises as `load_data`."""
        return self.opening.duration if self.opening else 0.0

    # ---- how it stands --------------------------------------------------------------------------------------------

    def write_status(self, state: SearchState, total_time: float, reason: str | None = None) -> None:
        """Put on disk how the search stands; for whoever holds it."""
        self.beat(total_time)
        self.study.set_user_attr(holding.STATUS, holding.status(state, total_time, reason))
        self._log_status(state, total_time, reason)

    def _log_status(self, state: SearchState, total_time: float, reason: str | None) -> None:
        """Note in the log how the search stands; by its number, for its name may be private."""
        about = f"{self.settings.families} on {self.settings.device}, {self.settings.n_trials} trials"
        _log.info(
            "Search %d is %s after %.1f s%s; %s", self.id, state, total_time, f": {reason}" if reason else "", about
        )

    def beat(self, elapsed: float) -> None:
        """Leave a sign of life after `elapsed` seconds of searching; for whoever holds it."""
        self.study.set_user_attr(holding.HEARTBEAT, holding.heartbeat(elapsed))

    def status(self) -> dict[str, Any]:
        """What `write_status` wrote last."""
        status: dict[str, Any] = self._attributes[holding.STATUS]
        return status

    def holder(self) -> Holder | None:
        """The living runner that holds the search alone: here, in another process, or on another machine."""
        return holding.living_holder(self._attributes)

    def is_held(self) -> bool:
        """Whether a living runner holds the search, or living workers share it."""
        return bool(_where_at_work(self._attributes))

    def take(self, place: str) -> Holder:
        """Hold the search from now on, for a runner in `place`; of several that try at once one succeeds.

        Raises:
            SearchHeldError: a living runner holds it; says where.
        """
        if holding.LEASE not in self._attributes:
            self.study.set_user_attr(holding.LEASE, None)
        attributes = self._wait_for_reports()
        if (other := holding.living_holder(attributes)) is not None:
            raise SearchHeldError(self.name, str(other))
        holder = Holder.here(place)
        holding.note_held(holder)
        before = attributes.get(holding.LEASE)
        try:
            if not self.database.swap_attribute(self.id, holding.LEASE, before, holder.to_json()):
                faster = Holder.from_json(self._attributes[holding.LEASE])
                raise SearchHeldError(self.name, str(faster or mark("in another window")))
            if workers := seats.where_at_work(self._attributes):  # asked afterwards: see `InFleet.take`
                self.give_back(holder)
                raise SearchHeldError(self.name, workers)
            self.beat(seats.elapsed(attributes))
        except BaseException:
            holding.note_given_back(holder)
            raise
        return holder

    def _wait_for_reports(self) -> dict[str, Any]:
        """The study's attributes, once a runner that has ended has written its reports too."""
        for _ in range(_REPORTS // _LOOK):
            attributes = self._attributes
            is_at_work = attributes[holding.STATUS]["state"] in (SearchState.RUNNING, SearchState.PAUSED)
            if is_at_work or holding.living_holder(attributes) is None:
                break
            time.sleep(_LOOK / 1000)
        return attributes

    def is_held_by(self, holder: Holder) -> bool:
        """Whether it is still `holder` that holds the search, and nobody has taken it over."""
        return self._attributes.get(holding.LEASE) == holder.to_json()

    def give_back(self, holder: Holder) -> None:
        """Let others hold the search; does nothing where another has taken it over."""
        holding.note_given_back(holder)  # first: the next may fail, and must not keep it from the rest of this process
        self.database.swap_attribute(self.id, holding.LEASE, holder.to_json(), None)

    def workers(self) -> list[Seat]:
        """Everyone who has worked on it together with others, in the order in which they came."""
        return seats.seats(self._attributes)

    def halt_workers(self, is_halted: bool) -> None:
        """Ask all its workers to hold still after the epoch in training, or to go on."""
        seats.halt(self.study, is_halted)

    def is_halted(self) -> bool:
        """Whether all its workers are asked to hold still."""
        return seats.is_halted(self.study)

    @contextlib.contextmanager
    def held_still(self, place: str) -> Iterator[None]:
        """Let nobody run the search inside.

        Raises:
            SearchHeldError: a living runner holds it; says where.
        """
        holder = self.take(place)
        try:
            yield
        finally:
            self.give_back(holder)

    def change_token(self) -> tuple[int, ...]:
        """Numbers that differ whenever anything `record` shows has changed, or its runner has died."""
        attributes = self._attributes
        return (
            *self.database.change_token(self.id),
            hash(json.dumps([attributes[holding.STATUS], attributes[SETTINGS]])),  # another process may extend it
            bool(_where_at_work(attributes)),
            self._is_halted(attributes),
        )

    def _is_halted(self, attributes: dict[str, Any]) -> bool:
        """Whether its workers, if it has any, are asked to hold still."""
        return bool(seats.seats(attributes)) and seats.is_halted(self.study)

    def elapsed(self) -> float:
        """Seconds of searching up to this moment, or to the last sign of life; pauses not counted."""
        return seats.elapsed(self._attributes)

    def trial(self, number: int) -> TrialRecord:
        """One trial as a plain record."""
        return self._trials.read()[number]

    def has_complete(self) -> bool:
        """Whether a trial was trained to the end."""
        return any(trial.state is TrialState.COMPLETE for trial in self._trials.read())

    def record(self) -> SearchRecord:
        """Everything about the search as a plain record; costs next to nothing while nothing has changed."""
        with self._lock:
            token = self.change_token()
            if self._record is None or self._record[0] != token:
                self._record = (token, self._read())
            return self._record[1]

    def _read(self) -> SearchRecord:
        attributes = self._attributes  # asked for once
        settings = self.settings = SearchSettings.from_json(attributes[SETTINGS])
        about = self._about = attributes[DATA]
        self.has_workers = bool(seats.seats(attributes))
        trials = self._trials.read()
        state, reason = standing(attributes)
        if state not in (SearchState.RUNNING, SearchState.PAUSED):  # a runner that was killed leaves its trials behind
            trials = tuple(self._cut_off(trial) if trial.state is TrialState.RUNNING else trial for trial in trials)
        elif self._is_halted(attributes):
            state, reason = HALTED
        telling = [TrialState.COMPLETE, *([TrialState.PRUNED, TrialState.RESTING] if settings.lets_rest else [])]
        n_telling = sum(trial.state in telling or trial.goes_on for trial in trials)
        if not 0 <= n_telling - self._importance[0] <= n_telling // 100:  # it takes 0.3 s at 10,000 trials
            self._importance = (n_telling, importance(self.study, lets_rest=settings.lets_rest))
        baselines = about["baselines"]
        return SearchRecord(
            name=self.name,
            state=state,
            trials=trials,
            n_trials=settings.n_trials,
            epochs=settings.space.num_epochs,
            timeout=settings.timeout,
            total_time=seats.elapsed(attributes),
            families=settings.families,
            space=settings.space.to_json(),
            music=about["music"],
            fingerprint=about["fingerprint"],
            vocab_size=about["vocab_size"],
            sequence_length=about["sequence_length"],
            n_train=about["n_train"],
            n_validation=about["n_validation"],
            n_test=about["n_test"],
            by_phrase=about.get("by_phrase", False),
            seed=settings.seed,
            device=about["device_name"],
            jobs=settings.jobs,
            versions=about["versions"],
            created=datetime.fromisoformat(about["created"]),
            reason=masked(reason) if reason else None,
            began_with=attributes.get(BEGAN_WITH, ""),
            baselines=Baselines(**baselines) if baselines else None,
            importance=self._importance[1],
            warm_up=settings.warm_up,
            strategy=settings.strategy,
            prune_after=settings.prune_after,
            workload=settings.workload,
            transpose=settings.transpose,
            is_melodic=bool(about["melodic"]),
        )

    def _cut_off(self, trial: TrialRecord) -> TrialRecord:
        """A trial that nobody trains any more: it rests where its checkpoint is, if it ever rested."""
        may_rest = bool(trial.turns) and not self.has_workers
        seconds = seconds_in(place_in(self.folder, trial.number)) if may_rest else []
        return trial.resting_after(seconds) if seconds else _interrupted(trial)

    def extend(self, n_trials: int, timeout: float | None) -> None:
        """Ask for another number of trials in all, and set another time limit (seconds of searching in all).

        Raises:
            SearchHeldError: it is running.
        """
        with self.held_still(HERE):
            self.change(replace(self.settings, n_trials=n_trials, timeout=timeout))

    def change(self, settings: SearchSettings) -> None:
        """Go on with other settings, on another device maybe; for whoever holds the search."""
        if settings.device != self.settings.device:
            self._about = {**self._about, "device_name": device_name_of(settings.device)}
            self.study.set_user_attr(DATA, self._about)
        self.settings = settings
        self.study.set_user_attr(SETTINGS, settings.to_json())

    def remove_artifacts(self) -> None:
        """Delete everything the artifact store has of it; for whoever is about to delete the search."""
        store = self.songs.artifacts
        for trial in self.study.get_trials(deepcopy=False):
            store.remove(trial.system_attrs)
        store.remove(self._system_attributes())


def standing(attributes: Mapping[str, Any]) -> tuple[SearchState, str | None]:
    """How the search with these attributes stands, and why; `HALTED` may come on top."""
    status = attributes[holding.STATUS]
    stored = SearchState(status["state"])
    state = state_now(stored, bool(_where_at_work(attributes)))
    return state, status["reason"] if state is stored else _CUT_OFF


def _where_at_work(attributes: Mapping[str, Any]) -> str:
    """Where the search with these attributes is run, by one alone or by workers; empty where it is not."""
    return str(holding.living_holder(attributes) or seats.where_at_work(attributes))


def _interrupted(trial: TrialRecord) -> TrialRecord:
    return replace(trial, state=TrialState.INTERRUPTED, reason=interrupted.CUT_OFF)


def device_name_of(device: str) -> str:
    """What the device is called, for whoever reads the results."""
    from chromasonic.melody_generation.training import device_name  # brings torch, which to read needs not

    return device_name(device)
