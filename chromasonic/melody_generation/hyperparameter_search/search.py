"""A search: one Optuna study kept together with its settings, its music and its checkpoints.

What is needed to resume, repeat or report a search stands in attributes of the study itself (all named
`chromasonic:…`, so optuna-dashboard shows them) and in a folder of the workspace (the tokens and the checkpoints).
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import platform
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optuna

from chromasonic import __version__
from chromasonic.errors import SearchError, SearchHeldError, SearchNotFoundError
from chromasonic.masking import masked
from chromasonic.melody_generation.datasets import SearchData, load_data, save_data
from chromasonic.music.text import visible
from chromasonic.people import Person
from chromasonic.results.records import Baselines, SearchRecord, SearchState, TrialRecord, TrialState, ranked
from chromasonic.workspace import Workspace

from . import holding, seats
from .artifacts import Artifacts, open_artifacts
from .carrying import carry_over
from .history import FAMILY, OUTCOME, RETRY, UNTUNED, TrialHistory, importance, state_now
from .holding import Holder
from .making import SETTINGS, clear_half_made, new_study
from .seats import Seat
from .settings import SearchSettings
from .storage import Database, open_database

KEPT_CHECKPOINTS = 10
_CHECKPOINT = (".json", ".safetensors")  # in this order: who finds the weights finds what they are
MAX_NAME_LENGTH = 200

_SETTINGS, _DATA = SETTINGS, "chromasonic:data"
_OWNER, _SHARED = "chromasonic:owner", "chromasonic:shared"
_REPORTS, _LOOK = 10_000, 50  # milliseconds: the longest wait for a runner's reports, and from look to look
_HERE = "another window"  # where a search is renamed, extended or deleted
_BEGAN_WITH = "chromasonic:began-with"
_CUT_OFF = "the program that ran it ended suddenly; every finished trial is kept, and it can go on from here"
_VERSIONED = ("torch", "optuna", "numpy")

_log = logging.getLogger(__name__)


class Search:
    """One search; make it with `create_search` or find it with `open_search`."""

    def __init__(self, database: Database, workspace: Workspace, study: optuna.Study) -> None:
        attributes = study.user_attrs
        if _SETTINGS not in attributes:
            raise SearchNotFoundError(
                f"“{study.study_name}” is a study of another program, not a search of Chromasonic."
            )
        self.database = database
        self.workspace = workspace
        self.study = study
        self.settings = SearchSettings.from_json(attributes[_SETTINGS])
        self._about: dict[str, Any] = attributes[_DATA]
        self.owner = Person.from_json(attributes[_OWNER]) if _OWNER in attributes else None  # who made it, logged in
        self._trials = TrialHistory(study, self.settings.families)
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
    def is_melodic(self) -> bool:
        """Whether its tokens are music, so that its models can sing; practice melodies are not."""
        return bool(self._about["melodic"])

    @property
    def is_shared(self) -> bool:
        """Whether its owner lets everyone look at it."""
        return bool(self.study.user_attrs.get(_SHARED))

    def share(self, is_shared: bool) -> None:
        """Let everyone look at it, or its owner alone."""
        self.study.set_user_attr(_SHARED, is_shared)

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
        status: dict[str, Any] = self.study.user_attrs[holding.STATUS]
        return status

    def holder(self) -> Holder | None:
        """The living runner that holds the search alone: here, in another process, or on another machine."""
        return holding.living_holder(self.study.user_attrs)

    def is_held(self) -> bool:
        """Whether a living runner holds the search, or living workers share it."""
        return bool(_where_at_work(self.study.user_attrs))

    def take(self, place: str) -> Holder:
        """Hold the search from now on, for a runner in `place`; of several that try at once one succeeds.

        Raises:
            SearchHeldError: a living runner holds it; says where.
        """
        if holding.LEASE not in self.study.user_attrs:
            self.study.set_user_attr(holding.LEASE, None)
        attributes = self._wait_for_reports()
        if (other := holding.living_holder(attributes)) is not None:
            raise SearchHeldError(self.name, str(other))
        holder = Holder.here(place)
        holding.note_held(holder)
        before = attributes.get(holding.LEASE)
        try:
            if not self.database.swap_attribute(self.id, holding.LEASE, before, holder.to_json()):
                faster = Holder.from_json(self.study.user_attrs[holding.LEASE])
                raise SearchHeldError(self.name, str(faster or "in another window"))
            if workers := seats.where_at_work(self.study.user_attrs):  # asked afterwards: see `InFleet.take`
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
            attributes = self.study.user_attrs
            is_at_work = attributes[holding.STATUS]["state"] in (SearchState.RUNNING, SearchState.PAUSED)
            if is_at_work or holding.living_holder(attributes) is None:
                break
            time.sleep(_LOOK / 1000)
        return attributes

    def is_held_by(self, holder: Holder) -> bool:
        """Whether it is still `holder` that holds the search, and nobody has taken it over."""
        return self.study.user_attrs.get(holding.LEASE) == holder.to_json()

    def give_back(self, holder: Holder) -> None:
        """Let others hold the search; does nothing where another has taken it over."""
        holding.note_given_back(holder)  # first: the next may fail, and must not keep it from the rest of this process
        self.database.swap_attribute(self.id, holding.LEASE, holder.to_json(), None)

    def workers(self) -> list[Seat]:
        """Everyone who has worked on it together with others, in the order in which they came."""
        return seats.seats(self.study.user_attrs)

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
        attributes = self.study.user_attrs
        return (
            *self.database.change_token(self.id),
            bool(_where_at_work(attributes)),
            self._is_halted(attributes),
        )

    def _is_halted(self, attributes: dict[str, Any]) -> bool:
        """Whether its workers, if it has any, are asked to hold still."""
        return bool(seats.seats(attributes)) and seats.is_halted(self.study)

    def elapsed(self) -> float:
        """Seconds of searching up to this moment, or to the last sign of life; pauses not counted."""
        return seats.elapsed(self.study.user_attrs)

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
        attributes = self.study.user_attrs  # asked for once: each time is a query
        status = attributes[holding.STATUS]
        settings = self.settings = SearchSettings.from_json(attributes[_SETTINGS])
        about = self._about = attributes[_DATA]
        self.has_workers = bool(seats.seats(attributes))
        trials = self._trials.read()
        stored = SearchState(status["state"])
        state, reason = state_now(stored, bool(_where_at_work(attributes))), status["reason"]
        if state is not stored:
            reason = _CUT_OFF
        if state not in (SearchState.RUNNING, SearchState.PAUSED):  # a runner that was killed leaves its trials behind
            trials = tuple(_interrupted(trial) if trial.state is TrialState.RUNNING else trial for trial in trials)
        elif self._is_halted(attributes):
            state, reason = SearchState.STOPPED, "you stopped it for all workers"
        n_complete = sum(trial.state is TrialState.COMPLETE for trial in trials)
        if not 0 <= n_complete - self._importance[0] <= n_complete // 100:  # it takes 0.3 s at 10,000 trials
            self._importance = (n_complete, importance(self.study))
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
            began_with=attributes.get(_BEGAN_WITH, ""),
            baselines=Baselines(**baselines) if baselines else None,
            importance=self._importance[1],
            warm_up=settings.warm_up,
        )

    def extend(self, n_trials: int, timeout: float | None) -> None:
        """Ask for another number of trials in all, and set another time limit (seconds of searching in all).

        Raises:
            SearchHeldError: it is running.
        """
        with self.held_still(_HERE):
            self.change(replace(self.settings, n_trials=n_trials, timeout=timeout))

    def change(self, settings: SearchSettings) -> None:
        """Go on with other settings, on another device maybe; for whoever holds the search."""
        if settings.device != self.settings.device:
            self._about = {**self._about, "device_name": _device_name(settings.device)}
            self.study.set_user_attr(_DATA, self._about)
        self.settings = settings
        self.study.set_user_attr(_SETTINGS, settings.to_json())

    # ---- checkpoints ----------------------------------------------------------------------------------------------

    def checkpoint(self, number: int) -> Path:
        """Stem of the checkpoint of trial `number`; its files are there while it is among those kept."""
        return self.folder / "checkpoints" / f"trial-{number:05d}"

    def kept_checkpoints(self) -> list[int]:
        """Numbers of the trials whose weights are kept: on disk, or where `bring_checkpoint` finds them."""
        return sorted(self._checkpoints_here() | set(self._checkpoints_there()))

    def _checkpoints_here(self) -> set[int]:
        return {int(file.stem[-5:]) for file in self.folder.glob("checkpoints/trial-*.safetensors")}

    def _checkpoints_there(self) -> dict[int, dict[str, str]]:
        """The ids of the files in the artifact store, by name, for each trial that leads."""
        if self.artifacts is None:
            return {}
        trials = self.study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
        leading = self._leading(self._trials.read())
        there = {trial.number: self.artifacts.names(trial.system_attrs) for trial in trials if trial.number in leading}
        return {number: names for number, names in there.items() if len(names) == len(_CHECKPOINT)}

    def share_checkpoint(self, trial: optuna.Trial) -> None:
        """Let other machines have the weights of a trial that is about to be told.

        Raises:
            ArtifactError: the store cannot be used.
        """
        if self.artifacts is not None:
            for suffix in _CHECKPOINT:
                self.artifacts.upload(self.checkpoint(trial.number).with_suffix(suffix), trial)

    def bring_checkpoint(self, number: int) -> None:
        """Fetch the weights of a trial from the artifact store, where they are not on disk and it has them.

        Raises:
            ArtifactError: the store cannot be used.
        """
        if number in self._checkpoints_here() or self.artifacts is None:
            return
        names = self._checkpoints_there().get(number, {})
        for suffix in _CHECKPOINT:
            file = self.checkpoint(number).with_suffix(suffix)
            if artifact := names.get(file.name):
                self.artifacts.download(artifact, file)

    def leads(self, loss: float) -> bool:
        """Whether a trial with this validation loss is among those whose weights are kept."""
        leading = ranked(self._trials.read())[:KEPT_CHECKPOINTS]
        return len(leading) < KEPT_CHECKPOINTS or loss < (leading[-1].best_validation_loss or 0.0)

    def let_go_of_checkpoints(self) -> None:
        """Delete the weights of trials that no longer lead; those of the default settings stay, to compare with."""
        trials = self._trials.read()
        needed = self._leading(trials)
        needed |= {t.number for t in trials if t.state is TrialState.RUNNING}  # another worker may be about to tell it
        for number in self._checkpoints_here() - needed:
            for suffix in _CHECKPOINT:
                with contextlib.suppress(OSError):  # what cannot be deleted now takes some room until it can
                    self.checkpoint(number).with_suffix(suffix).unlink(missing_ok=True)
        if self.artifacts is not None:
            for trial in self.study.get_trials(deepcopy=False):
                if trial.state.is_finished() and trial.number not in needed:
                    self.artifacts.remove(trial.system_attrs)

    def remove_artifacts(self) -> None:
        """Delete everything the artifact store has of it; for whoever is about to delete the search."""
        if self.artifacts is not None:
            for trial in self.study.get_trials(deepcopy=False):
                self.artifacts.remove(trial.system_attrs)
            self.artifacts.remove(self._system_attributes())

    def _leading(self, trials: tuple[TrialRecord, ...]) -> set[int]:
        """Numbers of the trials whose weights are worth keeping."""
        untuned = {trial.number for trial in trials if trial.is_untuned}
        return {trial.number for trial in ranked(trials)[:KEPT_CHECKPOINTS]} | untuned

    # ---- after a kill ---------------------------------------------------------------------------------------------

    def mark_interrupted(self) -> None:
        """Mark trials that no runner trains any more, and put their settings in line to be tried again."""
        for trial in self.study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
            self.study._storage.set_trial_user_attr(
                trial._trial_id,
                OUTCOME,
                {"state": TrialState.INTERRUPTED, "reason": "the search ended while it was training"},
            )
            # Not through `study.tell`, which would ask the sampler too, and that may be what broke.
            self.study._storage.set_trial_state_values(trial._trial_id, state=optuna.trial.TrialState.FAIL)
            self.try_again(trial)
        self._try_the_untuned()

    def _try_the_untuned(self) -> None:
        """Put the default settings in line, unless they are in line or were tried: a kill may fall in between."""
        failed = optuna.trial.TrialState.FAIL
        trials = self.study.get_trials(deepcopy=False)
        if not any(trial.user_attrs.get(UNTUNED) and trial.state is not failed for trial in trials):
            _enqueue_untuned(self.study, self.settings)

    def is_told(self, trial: optuna.Trial) -> bool:
        """Whether how `trial` ended is on disk."""
        return self.study._storage.get_trial(trial._trial_id).state.is_finished()

    def try_again(self, trial: optuna.trial.FrozenTrial | optuna.Trial, *, is_retry: bool = False) -> None:
        """Put the settings of an interrupted trial in line, if it had any yet; marked so where it is a retry."""
        stored = self.study._storage.get_trial(trial._trial_id)
        params = {**stored.system_attrs.get("fixed_params", {}), **stored.params}  # some it may not have asked for yet
        if params:
            marks = {mark: True for mark in (UNTUNED, RETRY) if stored.user_attrs.get(mark)}
            if is_retry:
                marks[RETRY] = True
            self.study.enqueue_trial(params, user_attrs=marks)


def _where_at_work(attributes: dict[str, Any]) -> str:
    """Where the search with these attributes is run, by one alone or by workers; empty where it is not."""
    return str(holding.living_holder(attributes) or seats.where_at_work(attributes))


def _interrupted(trial: TrialRecord) -> TrialRecord:
    return replace(trial, state=TrialState.INTERRUPTED, reason="the search ended while it was training")


def create_search(
    name: str,
    data: SearchData,
    settings: SearchSettings,
    *,
    workspace: Workspace,
    database: Database | None = None,
    baselines: Baselines | None = None,
    owner: Person | None = None,
    begin_with: Search | None = None,
) -> Search:
    """A new search called `name`, on disk and ready to run, with the default settings as its first trial.

    Its baselines are worked out unless they are given. It belongs to its `owner`, where people log in. It begins with
    what the search `begin_with` found, as far as that fits.

    Raises:
        SearchError: the name is empty, too long or taken.
        DeviceError: its device is not there.
    """
    database = database or open_database(workspace.storage_url)
    clear_half_made(workspace, database)
    name = _checked_name(name, database)
    baselines = baselines or _baselines(data)
    device = _device_name(settings.device)  # before anything is on disk: it may not be there
    with new_study(lambda: _checked_name(name, database), workspace, database) as (study, folder):
        save_data(folder / "data.json.gz", data)
        study.set_user_attr(
            _DATA,
            {
                "folder": folder.name,
                "music": data.music,
                "fingerprint": data.fingerprint,
                "vocab_size": data.vocab_size,
                "sequence_length": data.sequence_length,
                "melodic": data.melodic,
                "by_phrase": data.by_phrase,
                "n_train": len(data.train),
                "n_validation": len(data.validation),
                "n_test": len(data.test),
                "device_name": device,
                "created": datetime.now(UTC).isoformat(),
                "versions": _versions(),
                "baselines": asdict(baselines),
            },
        )
        if owner is not None:
            study.set_user_attr(_OWNER, owner.to_json())
        study.set_user_attr(holding.LEASE, None)
        study.set_user_attr(holding.STATUS, holding.status(SearchState.STOPPED, 0.0))
        if begin_with is not None:
            carried = carry_over(begin_with, data.fingerprint, settings, folder)
            database.fill_study(study, carried.trials)
            study.set_user_attr(_BEGAN_WITH, carried.words)
        if not any(trial.user_attrs.get(UNTUNED) for trial in study.get_trials(deepcopy=False)):
            _enqueue_untuned(study, settings)
        if (artifacts := open_artifacts(workspace.artifacts)) is not None:
            artifacts.upload(folder / "data.json.gz", study)
        study.set_user_attr(_SETTINGS, settings.to_json())  # last: it makes the study a search of ours
    return Search(database, workspace, study)


def _enqueue_untuned(study: optuna.Study, settings: SearchSettings) -> None:
    first_family = {} if len(settings.families) == 1 else {FAMILY: settings.families[0]}
    study.enqueue_trial({**settings.space.untuned(), **first_family}, user_attrs={UNTUNED: True})


def _baselines(data: SearchData) -> Baselines:
    from chromasonic.melody_generation.models.ngram import compute_baselines  # brings torch, which to read needs not

    return compute_baselines(data)


def _device_name(device: str) -> str:
    from chromasonic.melody_generation.training import device_name  # brings torch, which to read needs not

    return device_name(device)


def _versions() -> dict[str, str]:
    return {
        "chromasonic": __version__,
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in _VERSIONED},
    }


_searches: dict[tuple[str, int], Search] = {}
_searches_lock = threading.Lock()


def open_search(name: str, workspace: Workspace, database: Database | None = None) -> Search:
    """The search called `name`; the same warm object for every caller in this process.

    Raises:
        SearchNotFoundError: there is none of that name.
    """
    database = database or open_database(workspace.storage_url)
    study = database.load_study(name)
    key = (database.url, study._study_id)
    with _searches_lock:
        known = _searches.get(key)
        if known is None or known.name != name or known.database is not database:
            _searches[key] = Search(database, workspace, study)
        return _searches[key]


def search_names(database: Database) -> list[str]:
    """The names of all searches in the database, newest first."""
    studies = database.storage.get_all_studies()
    return [study.study_name for study in reversed(studies)]


def list_searches(workspace: Workspace, database: Database | None = None) -> list[Search]:
    """Every search, newest first; studies of other programs are left out."""
    database = database or open_database(workspace.storage_url)
    return [
        open_search(study.study_name, workspace, database)
        for study in reversed(database.storage.get_all_studies())
        if _SETTINGS in study.user_attrs
    ]


def tidy_name(name: str) -> str:
    """`name` as it is kept: what can be seen of it, one space where there were several, none at the ends."""
    return visible(name)


def free_name(name: str, database: Database) -> str:
    """`name` as it is kept, or with the first number behind it that no search has yet; cut where it gets too long."""
    taken = set(search_names(database))
    name = candidate = tidy_name(name)
    number = 2
    while candidate in taken:
        ending = f" ({number})"
        candidate, number = name[: MAX_NAME_LENGTH - len(ending)].rstrip() + ending, number + 1
    return candidate


def rename_search(search: Search, name: str) -> Search:
    """The same search under another name.

    Raises:
        SearchHeldError: it is running.
        SearchError: the name is empty, too long or taken.
    """
    name = _checked_name(name, search.database)
    with search.held_still(_HERE):
        search.database.rename_study(search.id, name)
    return open_search(name, search.workspace, search.database)


def _checked_name(name: str, database: Database) -> str:
    name = tidy_name(name)
    if not name or len(name) > MAX_NAME_LENGTH:
        raise SearchError(f"A search needs a name of 1 to {MAX_NAME_LENGTH} characters; please choose another.")
    if name in search_names(database):
        raise SearchError(f"There is already a search called “{name}”; please choose another name, or resume that one.")
    return name


def delete_search(search: Search) -> None:
    """Delete the search with its trials, its music and its checkpoints, for ever.

    Raises:
        SearchHeldError: it is running.
    """
    search.take(_HERE)  # and never given back: whoever would start it now finds it gone
    search.remove_artifacts()
    optuna.delete_study(study_name=search.name, storage=search.database.storage)
    with _searches_lock:
        _searches.pop((search.database.url, search.id), None)
    shutil.rmtree(search.folder, ignore_errors=True)
