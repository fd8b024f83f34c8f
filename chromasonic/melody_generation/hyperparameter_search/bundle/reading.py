"""What a stranger's file says, once every value in it was looked at."""

from __future__ import annotations

import contextlib
import gzip
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import optuna
from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from chromasonic.errors import BundleError
from chromasonic.melody_generation.datasets import SearchData, load_data
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.sizes import MAX_EPOCHS
from chromasonic.music.midi import read_midi
from chromasonic.rendering.song import NOTES, SOUND
from chromasonic.results.labels import Labels
from chromasonic.results.records import Baselines, SearchState, TrialState

from .. import holding
from ..artifacts import without_artifacts
from ..carrying import distributions_of, holds
from ..catalogue import MAX_NAME_LENGTH, tidy_name
from ..history import GOES_ON, OUTCOME, RESTS, trial_record
from ..search import BEGAN_WITH, DATA, SETTINGS
from ..settings import MAX_TIMEOUT, MAX_TRIALS, SearchSettings
from . import checked
from .checked import WRONG, damaged, quotable, refused, understood
from .format import (
    FORMAT,
    MANIFEST,
    MARKS,
    MAX_DATA,
    MAX_FILES,
    MAX_LINE,
    MAX_TOTAL,
    MIB,
    NOTE,
    TRIALS,
    largest_size,
)

_NO_EXPORT = "This is no search that Chromasonic exported. Choose a file that ends in .chromasonic."


@dataclass(frozen=True)
class Manifest:
    """What `manifest.json` says, once it is understood."""

    name: str
    n_trials: int
    settings: SearchSettings
    about: dict[str, Any]
    status: dict[str, Any]
    began_with: str
    said: Said


@dataclass(frozen=True)
class Said:
    """What people said about a search or a trial."""

    note: str = ""
    labels: Labels = field(default_factory=Labels)


@contextlib.contextmanager
def opened(source: Path | BinaryIO) -> Iterator[zipfile.ZipFile]:
    """The archive in `source`, of which nothing is unpacked yet."""
    try:
        with source.open("rb") if isinstance(source, Path) else contextlib.nullcontext(source) as file:
            file.seek(0)
            if file.read(2) != b"PK":
                raise BundleError(_NO_EXPORT)
        with zipfile.ZipFile(source) as archive:
            _check_entries(archive)
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise damaged("it is no whole archive") from error
    except FileNotFoundError as error:
        raise BundleError(f"There is no file {source}. Look at how its name is written.") from error
    except (IsADirectoryError, PermissionError) as error:
        if error.filename != str(source):  # it is the workspace that may not be written
            raise
        raise BundleError(
            f"{source} cannot be read ({error.strerror}). Choose a file that ends in .chromasonic and may be read."
        ) from error


def _check_entries(archive: zipfile.ZipFile) -> None:
    """Look at the list of contents before anything is unpacked."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if MANIFEST not in names or TRIALS not in names:
        raise BundleError(_NO_EXPORT)
    if len(names) > MAX_FILES or len(set(names)) < len(names):
        raise refused("it holds more files than an export does, or one twice")
    for entry in entries:
        largest = {MANIFEST: MAX_LINE, TRIALS: MAX_TOTAL}.get(entry.filename, largest_size(entry.filename))
        if largest is None:
            raise refused("it holds a file that no export holds")
        if entry.file_size > largest or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refused("a file in it is larger than any export's")
    if sum(entry.file_size for entry in entries) > MAX_TOTAL:
        raise refused("it is larger than any export")


def read_manifest(archive: zipfile.ZipFile, trusts_own_models: bool) -> Manifest:
    """What the archive says that it is."""
    try:
        record = json.loads(archive.read(MANIFEST))
        version = record["format"]
    except WRONG as error:
        raise damaged("its manifest cannot be read") from error
    if type(version) is not int or version < 1:
        raise damaged("its manifest cannot be read")
    if version > FORMAT:
        raise BundleError(
            f"This search was exported by a newer Chromasonic ({quotable(record.get('program'))}). Update this one, "
            "then import it again."
        )
    with understood("its manifest"):
        attributes = record["attributes"]
        settings = SearchSettings.from_json(attributes[SETTINGS])
        if len(json.dumps(attributes[SETTINGS])) > MIB:
            raise ValueError
        manifest = Manifest(
            name=tidy_name(checked.text(record["name"]))[:MAX_NAME_LENGTH] or "Imported search",
            n_trials=checked.whole_number(record["n_trials"], 2 * MAX_TRIALS),
            settings=settings,
            about=_checked_about(attributes[DATA]),
            status=_checked_status(attributes[holding.STATUS]),
            began_with=checked.text(attributes.get(BEGAN_WITH, "")),
            said=_checked_said(record),
        )
    foreign = [family for family in settings.families if family not in MODEL_LABELS]
    if foreign and not trusts_own_models:
        raise BundleError(
            f"This search was made with a model of somebody's own ({quotable(foreign[0])}), and to go on with it "
            "would run that code. If you know where the file comes from, and have that code, use “chromasonic import "
            "--trust-own-models”."
        )
    return manifest


def _checked_about(about: Mapping[str, Any]) -> dict[str, Any]:
    baselines = about["baselines"]
    if baselines is not None:
        losses: dict[str, Any] = {
            key: None if value is None else checked.number(value) for key, value in baselines.items()
        }
        baselines = vars(Baselines(**losses | {"ngram_order": checked.whole_number(baselines["ngram_order"], 100)}))
    versions = {checked.text(name): checked.text(version) for name, version in about["versions"].items()}
    return {
        "music": checked.text(about["music"]),
        "fingerprint": checked.text(about["fingerprint"]),
        "vocab_size": checked.whole_number(about["vocab_size"], 1_000_000),
        "sequence_length": checked.whole_number(about["sequence_length"], 1_000_000),
        "melodic": checked.claim(about["melodic"]),
        "by_phrase": checked.claim(about["by_phrase"]),
        **{key: checked.whole_number(about[key], 10_000_000) for key in ("n_train", "n_validation", "n_test")},
        "device_name": checked.text(about["device_name"]),
        "created": datetime.fromisoformat(about["created"]).astimezone(UTC).isoformat(),
        "versions": versions,
        "baselines": baselines,
    }


def _checked_status(status: Mapping[str, Any]) -> dict[str, Any]:
    state = SearchState(status["state"])
    if state in (SearchState.RUNNING, SearchState.PAUSED):
        raise ValueError
    reason = status["reason"]
    return holding.status(state, checked.number(status["total_time"]), None if reason is None else checked.text(reason))


def _checked_said(record: Mapping[str, Any]) -> Said:
    """Files from before there were notes hold none."""
    return Said(checked.text(record.get(NOTE, "")), Labels.from_json(record[MARKS]) if MARKS in record else Labels())


def read_trials(archive: zipfile.ZipFile, manifest: Manifest) -> tuple[list[FrozenTrial], dict[int, Said]]:
    """Its trials, as a search with these settings would have tried them, and what was said about some."""
    trials: list[FrozenTrial] = []
    said: dict[int, Said] = {}
    space = distributions_of(manifest.settings)
    with archive.open(TRIALS) as lines:
        while line := lines.readline(MAX_LINE + 1):
            with understood(f"trial {len(trials)}"):
                if len(line) > MAX_LINE or len(trials) >= manifest.n_trials:
                    raise ValueError
                record = json.loads(line)
                if record["number"] != len(trials):
                    raise ValueError
                trials.append(_to_trial(record, space))
                trial_record(trials[-1], manifest.settings.families)
                if (about := _checked_said(record)) != Said():
                    said[record["number"]] = about
    if len(trials) != manifest.n_trials:
        raise damaged(f"it should hold {manifest.n_trials} trials and holds {len(trials)}")
    return trials, said


def _to_trial(record: Mapping[str, Any], space: Mapping[str, BaseDistribution]) -> FrozenTrial:
    state = OptunaState[record["state"]]
    if state is OptunaState.RUNNING:
        raise ValueError
    values = record["values"]
    if values is not None:
        (value,) = values
        values = [checked.number(value)]
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
            checked.whole_number(step, MAX_EPOCHS): checked.number(loss) for step, loss in record["intermediate_values"]
        },
        user_attrs=_checked_attributes(record["user_attrs"]),
        system_attrs=without_artifacts(_checked_attributes(record["system_attrs"])),  # those of another store
    )
    trial.datetime_start = checked.local_time(record["started"])
    trial.datetime_complete = checked.local_time(record["finished"])
    trial._validate()
    return trial


def _checked_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a trial; ours must be what our pages expect."""
    if OUTCOME in attributes:
        outcome = attributes[OUTCOME]
        checks: dict[str, Callable[[Any], Any]] = {
            "state": TrialState,
            "reason": checked.text,
            "training_time": checked.number,
            "n_parameters": lambda value: checked.whole_number(value, 10**15),
            "train_losses": lambda losses: [None if loss is None else checked.number(loss) for loss in losses],
        }
        attributes = {**attributes, OUTCOME: {key: checks[key](value) for key, value in outcome.items()}}
    return {checked.text(key): _checked_rest(key, value) for key, value in attributes.items()}


def _checked_rest(key: str, value: Any) -> Any:
    """What is told of a rest, or of when a trial went on; other attributes as they are."""
    if key.startswith(RESTS):
        seconds = checked.number(value["seconds"])
        if not 0 <= seconds <= MAX_TIMEOUT:
            raise ValueError
        return {"epochs": checked.whole_number(value["epochs"], MAX_EPOCHS), "seconds": seconds}
    if key.startswith(GOES_ON):
        return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    return value


def check_files(folder: Path, manifest: Manifest, n_trials: int) -> None:
    """Open each file as the pages will: the music, the models, the losses."""
    from chromasonic.melody_generation.training import check_checkpoint  # brings torch

    has_own_models = not set(manifest.settings.families) <= set(MODEL_LABELS)
    with understood("its music"):
        _check_data(folder / "data.json.gz", manifest.about)
    for weights in folder.glob("checkpoints/*.safetensors"):
        with understood(f"the model {weights.stem}"):
            if weights.stem != "final" and int(weights.stem.removeprefix("trial-")) >= n_trials:
                raise ValueError
            check_checkpoint(weights.with_suffix(""), manifest.about["vocab_size"], own_models=has_own_models)
    for sound in folder.glob(f"songs/*{SOUND}"):
        with understood(f"the song {sound.stem}"):
            if int(sound.stem.removeprefix("trial-")) >= n_trials:
                raise ValueError
            read_midi(sound.with_suffix(NOTES).read_bytes(), sound.stem)
    losses = folder / "test_losses.json"
    if losses.exists():
        with understood("its losses"):
            stored = json.loads(losses.read_bytes())
            losses.write_text(json.dumps({str(int(number)): checked.number(loss) for number, loss in stored.items()}))


def _check_data(path: Path, about: Mapping[str, Any]) -> None:
    with gzip.open(path) as packed:
        size = 0
        while block := packed.read(MIB):
            size += len(block)
            if size > MAX_DATA:
                raise ValueError
    data = load_data(path)
    if not all(checked.is_whole(token) and 0 <= token < about["vocab_size"] for token in _tokens(data)):
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
