"""A search as one file, to keep or to take to another machine: its trials, its music, its models, its reports.

The file is a zip archive: `manifest.json` says what it is, `trials.jsonl` holds one trial a line, and the files of the
search's folder stand beside them. Whoever sends one may mean harm: nothing is unpacked before its name and size are
allowed, nothing in it is run, and what is not as an export writes it is refused in words.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import logging
import math
import os
import re
import shutil
import tempfile
import time
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import optuna
from optuna.distributions import BaseDistribution, distribution_to_json, json_to_distribution
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from chromasonic import __version__
from chromasonic.errors import BundleError, ChromasonicError, WorkspaceError
from chromasonic.files import file_name
from chromasonic.melody_generation.datasets import SearchData, load_data
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.people import Person
from chromasonic.results.records import Baselines, SearchState, TrialState
from chromasonic.workspace import Workspace

from . import holding
from .artifacts import open_artifacts, without_artifacts
from .carrying import distributions_of, holds
from .catalogue import MAX_NAME_LENGTH, free_name, open_search, tidy_name
from .history import OUTCOME, trial_record
from .interrupted import mark_interrupted
from .making import clear_half_made, new_study
from .search import BEGAN_WITH, DATA, OWNER, SETTINGS, Search
from .settings import MAX_TRIALS, SearchSettings
from .space import MAX_EPOCHS
from .storage import Database, open_database

FORMAT = 1
SUFFIX = ".chromasonic"
ELSEWHERE = "the window that exports it"

_MANIFEST, _TRIALS = "manifest.json", "trials.jsonl"
_KEPT = (SETTINGS, DATA, holding.STATUS, BEGAN_WITH)  # attributes that travel; who holds or owns a search does not
_UNPACKED = ".importing-"
_LONGEST_IMPORT = 24 * 60 * 60  # seconds; what is unpacked for longer was left behind

_MIB = 1024 * 1024
MAX_TOTAL = 8 * 1024 * _MIB
MAX_FILES = 200
MAX_DATA = 64 * _MIB  # of the music, unpacked: some twenty million notes
MAX_LINE = 8 * _MIB  # of one trial
_ALLOWED = (  # everything an export may hold beside trials and manifest, and how large each may be
    (re.compile(r"data\.json\.gz"), MAX_DATA),
    (re.compile(r"checkpoints/(?:trial-\d{5,6}|final)\.safetensors"), 2 * 1024 * _MIB),
    (re.compile(r"checkpoints/(?:trial-\d{5,6}|final)\.json"), _MIB),
    (re.compile(r"results/(?:best_hyperparameters|optimization_results)\.json"), 512 * _MIB),
    (re.compile(r"results/optimization_(?:report\.txt|history\.png)"), 64 * _MIB),
    (re.compile(r"test_losses\.json"), _MIB),
)
_WRONG = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError, ChromasonicError)
"""What values of another kind than expected raise where they are used."""

_log = logging.getLogger(__name__)


# ---- out ---------------------------------------------------------------------------------------------------------


def export_search(search: Search, path: Path) -> None:
    """Write `search` to `path`, whole or not at all.

    It holds still meanwhile; trials that a killed runner left half done are marked first, as a resume would do.

    Raises:
        SearchHeldError: it is running; says where.
        WorkspaceError: the file cannot be written, or is there already.
    """
    if path.exists():
        raise WorkspaceError(f"{path.name} is there already. Choose another name, or move that file away.")
    with search.held_still(ELSEWHERE):
        mark_interrupted(search.study, search.settings)
        search.load_data()  # what cannot be resumed here could not be there
        for number in search.checkpoints.kept():
            search.checkpoints.bring(number)  # other machines may have trained it
        with _whole(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(_MANIFEST, json.dumps(_manifest(search), ensure_ascii=False, indent=1))
            with archive.open(_TRIALS, "w", force_zip64=True) as lines:
                for trial in search.study.get_trials(deepcopy=False):
                    lines.write(json.dumps(_from_trial(trial), ensure_ascii=False).encode() + b"\n")
            for name in _files_of(search):
                is_packed = name.endswith((".gz", ".png", ".safetensors"))
                archive.write(search.folder / name, name, zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED)
    _log.info("Search %d was exported: %d bytes", search.id, path.stat().st_size)


def export_name(search: Search) -> str:
    """A name for the file of `search`."""
    return f"{file_name(search.name)}{SUFFIX}"


def _manifest(search: Search) -> dict[str, Any]:
    attributes = search.study.user_attrs
    status = attributes[holding.STATUS]
    state = SearchState(status["state"])
    at_rest = SearchState.STOPPED if state in (SearchState.RUNNING, SearchState.PAUSED) else state
    kept = {key: attributes[key] for key in _KEPT if key in attributes}
    kept[holding.STATUS] = holding.status(at_rest, search.elapsed(), status["reason"])
    return {
        "format": FORMAT,
        "program": f"chromasonic {__version__}",
        "exported": datetime.now(UTC).isoformat(timespec="seconds"),
        "name": search.name,
        "n_trials": len(search.study.get_trials(deepcopy=False)),
        "attributes": kept,
    }


def _from_trial(trial: FrozenTrial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": trial.state.name,
        "values": trial.values,
        "started": _moment(trial.datetime_start),
        "finished": _moment(trial.datetime_complete),
        "params": trial.params,
        "distributions": {name: json.loads(distribution_to_json(d)) for name, d in trial.distributions.items()},
        "intermediate_values": sorted(trial.intermediate_values.items()),
        "user_attrs": trial.user_attrs,
        "system_attrs": trial.system_attrs,
    }


def _moment(local: datetime | None) -> str | None:
    return None if local is None else local.astimezone(UTC).isoformat()


def _files_of(search: Search) -> list[str]:
    files = (file.relative_to(search.folder).as_posix() for file in search.folder.rglob("*") if file.is_file())
    return sorted(name for name in files if _largest(name) is not None)


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes its place once it is whole."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise WorkspaceError(
            f"{path.name} could not be written to {path.parent} ({error.strerror or error}). Free some space or allow "
            "writing there, then try again."
        ) from error


# ---- in ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Manifest:
    """What `manifest.json` says, once it is understood."""

    name: str
    n_trials: int
    settings: SearchSettings
    about: dict[str, Any]
    status: dict[str, Any]
    began_with: str


def import_search(
    source: Path | BinaryIO,
    workspace: Workspace,
    database: Database | None = None,
    *,
    owner: Person | None = None,
    trusts_own_models: bool = False,
) -> Search:
    """The search in an exported file, as a new search of this workspace: all of it, or nothing.

    Where its name is taken it gets a number. It can be resumed, reported and listened to like any other.

    Args:
        source: the file.
        workspace: where its music and models go.
        database: where its trials go; the workspace's own when None.
        owner: who it belongs to from now on, where people log in.
        trusts_own_models: whether a model class of one's own may be named in it: resuming such a search runs that code.

    Raises:
        BundleError: it is no such file, damaged, of a newer version, or not to be trusted.
        WorkspaceError: it cannot be written.
    """
    database = database or open_database(workspace.storage_url)
    clear_half_made(workspace, database)
    _clear_unpacked(workspace)
    unpacked = workspace.searches / f"{_UNPACKED}{uuid.uuid4().hex}"
    try:
        _made(unpacked)
        with _opened(source) as archive:
            manifest = _read_manifest(archive, trusts_own_models)
            _unpack(archive, unpacked)
            trials = _read_trials(archive, manifest)
        _check_files(unpacked, manifest, len(trials))
        search = _add(manifest, trials, unpacked, workspace, database, owner)
    except OSError as error:
        raise WorkspaceError(
            f"The search could not be imported ({error.strerror or error}). Free some space or allow writing to "
            f"{workspace.root}, then try again."
        ) from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    _log.info("Search %d was imported, with %d trials", search.id, len(trials))
    return search


def _clear_unpacked(workspace: Workspace) -> None:
    """Take away what imports that were killed had unpacked."""
    for folder in workspace.searches.glob(f"{_UNPACKED}*"):
        with contextlib.suppress(FileNotFoundError):  # its import has ended just now
            if time.time() - folder.stat().st_mtime > _LONGEST_IMPORT:
                shutil.rmtree(folder, ignore_errors=True)


_NO_EXPORT = "This is no search that Chromasonic exported. Choose a file that ends in .chromasonic."


@contextlib.contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[zipfile.ZipFile]:
    try:
        with source.open("rb") if isinstance(source, Path) else contextlib.nullcontext(source) as file:
            file.seek(0)
            if file.read(2) != b"PK":
                raise BundleError(_NO_EXPORT)
        with zipfile.ZipFile(source) as archive:
            _check_entries(archive)
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _damaged("it is no whole archive") from error
    except FileNotFoundError as error:
        raise BundleError(f"There is no file {source}. Look at how its name is written.") from error


def _check_entries(archive: zipfile.ZipFile) -> None:
    """Look at the list of contents before anything is unpacked."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if _MANIFEST not in names or _TRIALS not in names:
        raise BundleError(_NO_EXPORT)
    if len(names) > MAX_FILES or len(set(names)) < len(names):
        raise _refused("it holds more files than an export does, or one twice")
    for entry in entries:
        largest = {_MANIFEST: MAX_LINE, _TRIALS: MAX_TOTAL}.get(entry.filename, _largest(entry.filename))
        if largest is None:
            raise _refused("it holds a file that no export holds")
        if entry.file_size > largest or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused("a file in it is larger than any export's")
    if sum(entry.file_size for entry in entries) > MAX_TOTAL:
        raise _refused("it is larger than any export")


def _largest(name: str) -> int | None:
    """How many bytes the file called `name` may have; None for one that does not belong into an export."""
    return next((largest for pattern, largest in _ALLOWED if pattern.fullmatch(name)), None)


def _read_manifest(archive: zipfile.ZipFile, trusts_own_models: bool) -> _Manifest:
    try:
        record = json.loads(archive.read(_MANIFEST))
        version = record["format"]
    except _WRONG as error:
        raise _damaged("its manifest cannot be read") from error
    if type(version) is not int or version < 1:
        raise _damaged("its manifest cannot be read")
    if version > FORMAT:
        raise BundleError(
            f"This search was exported by a newer Chromasonic ({_quotable(record.get('program'))}). Update this one, "
            "then import it again."
        )
    with _understood("its manifest"):
        attributes = record["attributes"]
        settings = SearchSettings.from_json(attributes[SETTINGS])
        if len(json.dumps(attributes[SETTINGS])) > _MIB:
            raise ValueError
        manifest = _Manifest(
            name=tidy_name(_text(record["name"]))[:MAX_NAME_LENGTH] or "Imported search",
            n_trials=_whole_number(record["n_trials"], 2 * MAX_TRIALS),
            settings=settings,
            about=_checked_about(attributes[DATA]),
            status=_checked_status(attributes[holding.STATUS]),
            began_with=_text(attributes.get(BEGAN_WITH, "")),
        )
    foreign = [family for family in settings.families if family not in MODEL_LABELS]
    if foreign and not trusts_own_models:
        raise BundleError(
            f"This search was made with a model of somebody's own ({_quotable(foreign[0])}), and to go on with it "
            "would run that code. If you know where the file comes from, and have that code, use “chromasonic import "
            "--trust-own-models”."
        )
    return manifest


def _checked_about(about: Mapping[str, Any]) -> dict[str, Any]:
    baselines = about["baselines"]
    if baselines is not None:
        losses: dict[str, Any] = {key: None if value is None else _number(value) for key, value in baselines.items()}
        baselines = vars(Baselines(**losses | {"ngram_order": _whole_number(baselines["ngram_order"], 100)}))
    versions = {_text(name): _text(version) for name, version in about["versions"].items()}
    return {
        "music": _text(about["music"]),
        "fingerprint": _text(about["fingerprint"]),
        "vocab_size": _whole_number(about["vocab_size"], 1_000_000),
        "sequence_length": _whole_number(about["sequence_length"], 1_000_000),
        "melodic": _claim(about["melodic"]),
        "by_phrase": _claim(about["by_phrase"]),
        **{key: _whole_number(about[key], 10_000_000) for key in ("n_train", "n_validation", "n_test")},
        "device_name": _text(about["device_name"]),
        "created": datetime.fromisoformat(about["created"]).astimezone(UTC).isoformat(),
        "versions": versions,
        "baselines": baselines,
    }


def _checked_status(status: Mapping[str, Any]) -> dict[str, Any]:
    state = SearchState(status["state"])
    if state in (SearchState.RUNNING, SearchState.PAUSED):
        raise ValueError
    reason = status["reason"]
    return holding.status(state, _number(status["total_time"]), None if reason is None else _text(reason))


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    """Write the search's own files to `folder`; their names were looked at before."""
    size = sum(entry.file_size for entry in archive.infolist())
    if size + 64 * _MIB > shutil.disk_usage(folder).free:
        raise WorkspaceError(
            f"To import this search takes {size / _MIB:.0f} MiB, and the disk has less. Free some space, then try "
            "again."
        )
    for name in archive.namelist():
        if _largest(name) is not None:
            _made((folder / name).parent)
            with archive.open(name) as packed, (folder / name).open("wb") as file:
                shutil.copyfileobj(packed, file)


def _read_trials(archive: zipfile.ZipFile, manifest: _Manifest) -> list[FrozenTrial]:
    trials: list[FrozenTrial] = []
    space = distributions_of(manifest.settings)
    with archive.open(_TRIALS) as lines:
        while line := lines.readline(MAX_LINE + 1):
            with _understood(f"trial {len(trials)}"):
                if len(line) > MAX_LINE or len(trials) >= manifest.n_trials:
                    raise ValueError
                record = json.loads(line)
                if record["number"] != len(trials):
                    raise ValueError
                trials.append(_to_trial(record, space))
                trial_record(trials[-1], manifest.settings.families)
    if len(trials) != manifest.n_trials:
        raise _damaged(f"it should hold {manifest.n_trials} trials and holds {len(trials)}")
    return trials


def _to_trial(record: Mapping[str, Any], space: Mapping[str, BaseDistribution]) -> FrozenTrial:
    state = OptunaState[record["state"]]
    if state is OptunaState.RUNNING:
        raise ValueError
    values = record["values"]
    if values is not None:
        (value,) = values
        values = [_number(value)]
    distributions = {name: json_to_distribution(json.dumps(d)) for name, d in record["distributions"].items()}
    if any(space[name] != distribution for name, distribution in distributions.items()):
        raise ValueError  # Optuna would refuse to go on
    fixed = record["system_attrs"].get("fixed_params", {})
    if not all(holds(space[name], value) for name, value in fixed.items()):
        raise ValueError  # Optuna would try it all the same
    trial = optuna.create_trial(
        state=state,
        values=values,
        params=record["params"],
        distributions=distributions,
        intermediate_values={
            _whole_number(step, MAX_EPOCHS): _number(loss) for step, loss in record["intermediate_values"]
        },
        user_attrs=_checked_attributes(record["user_attrs"]),
        system_attrs=without_artifacts(_checked_attributes(record["system_attrs"])),  # those of another store
    )
    trial.datetime_start, trial.datetime_complete = _local(record["started"]), _local(record["finished"])
    trial._validate()
    return trial


def _checked_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a trial; ours must be what our pages expect."""
    if OUTCOME in attributes:
        outcome = attributes[OUTCOME]
        checks: dict[str, Callable[[Any], Any]] = {
            "state": TrialState,
            "reason": _text,
            "training_time": _number,
            "n_parameters": lambda value: _whole_number(value, 10**15),
            "train_losses": lambda losses: [None if loss is None else _number(loss) for loss in losses],
        }
        attributes = {**attributes, OUTCOME: {key: checks[key](value) for key, value in outcome.items()}}
    return {_text(key): value for key, value in attributes.items()}


def _check_files(folder: Path, manifest: _Manifest, n_trials: int) -> None:
    """Open each file as the pages will: the music, the models, the losses."""
    from chromasonic.melody_generation.training import check_checkpoint  # brings torch

    has_own_models = not set(manifest.settings.families) <= set(MODEL_LABELS)
    with _understood("its music"):
        _check_data(folder / "data.json.gz", manifest.about)
    for weights in folder.glob("checkpoints/*.safetensors"):
        with _understood(f"the model {weights.stem}"):
            if weights.stem != "final" and int(weights.stem.removeprefix("trial-")) >= n_trials:
                raise ValueError
            check_checkpoint(weights.with_suffix(""), manifest.about["vocab_size"], own_models=has_own_models)
    losses = folder / "test_losses.json"
    if losses.exists():
        with _understood("its losses"):
            stored = json.loads(losses.read_bytes())
            losses.write_text(json.dumps({str(int(number)): _number(loss) for number, loss in stored.items()}))


def _check_data(path: Path, about: Mapping[str, Any]) -> None:
    with gzip.open(path) as packed:
        size = 0
        while block := packed.read(_MIB):
            size += len(block)
            if size > MAX_DATA:
                raise ValueError
    data = load_data(path)
    if not all(_is_whole(token) and 0 <= token < about["vocab_size"] for token in _tokens(data)):
        raise ValueError
    found = (data.vocab_size, data.sequence_length, data.melodic, data.by_phrase, data.music, data.fingerprint)
    names = ("vocab_size", "sequence_length", "melodic", "by_phrase", "music", "fingerprint")
    if found != tuple(about[name] for name in names):
        raise ValueError
    if (len(data.train), len(data.validation), len(data.test)) != tuple(
        about[name] for name in ("n_train", "n_validation", "n_test")
    ):
        raise ValueError


def _tokens(data: SearchData) -> Iterator[Any]:
    for side in (data.train, data.validation, data.test):
        for tune in side:
            if not isinstance(tune, list):
                raise TypeError
            yield from tune


def _add(
    manifest: _Manifest,
    trials: list[FrozenTrial],
    unpacked: Path,
    workspace: Workspace,
    database: Database,
    owner: Person | None,
) -> Search:
    """Move the files into place and tell the database."""
    with new_study(lambda: free_name(manifest.name, database), workspace, database) as (study, folder):
        unpacked.rename(folder)
        if (artifacts := open_artifacts(workspace.artifacts)) is not None:  # for workers on other machines
            artifacts.upload(folder / "data.json.gz", study)
            for weights in folder.glob("checkpoints/trial-*.safetensors"):
                files = [weights.with_suffix(".json"), weights]
                trials[int(weights.stem.removeprefix("trial-"))].system_attrs.update(artifacts.keep(files))
        database.fill_study(study, trials)
        if owner is not None:
            study.set_user_attr(OWNER, owner.to_json())
        if manifest.began_with:
            study.set_user_attr(BEGAN_WITH, manifest.began_with)
        study.set_user_attr(holding.STATUS, manifest.status)
        study.set_user_attr(DATA, {**manifest.about, "folder": folder.name})
        study.set_user_attr(SETTINGS, manifest.settings.to_json())  # last: it makes the study a search of ours
    return open_search(study.study_name, workspace, database)


# ---- what a value may be -----------------------------------------------------------------------------------------


@contextlib.contextmanager
def _understood(what: str) -> Iterator[None]:
    """Turn what a value of another kind raises inside into words."""
    try:
        yield
    except (BundleError, WorkspaceError):
        raise
    except (*_WRONG, EOFError, OSError, zlib.error) as error:
        if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile | FileNotFoundError):
            raise
        raise _damaged(f"{what} cannot be read") from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MIB:
        raise TypeError
    value.encode()  # half a surrogate pair is no text
    return value


def _claim(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _whole_number(value: Any, at_most: int) -> int:
    if not _is_whole(value) or not 0 <= value <= at_most:
        raise ValueError
    return int(value)


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError
    return float(value)


def _local(moment: str | None) -> datetime | None:
    """Optuna keeps local time without a zone."""
    return None if moment is None else datetime.fromisoformat(moment).astimezone().replace(tzinfo=None)


def _quotable(value: Any) -> str:
    return "".join(c for c in str(value)[:60] if c.isprintable())


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _damaged(why: str) -> BundleError:
    return BundleError(
        f"This export of a search is damaged: {why}. Nothing was imported. Export it again on the machine it comes "
        "from, or copy the file once more."
    )


def _refused(why: str) -> BundleError:
    return BundleError(
        f"This file is refused: {why}. Nothing was imported. Only import searches that come from Chromasonic itself."
    )
