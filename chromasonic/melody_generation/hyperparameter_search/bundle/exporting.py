"""A search is written to one file."""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optuna.distributions import distribution_to_json
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from chromasonic import __version__
from chromasonic.checks import instance
from chromasonic.checks import path as checked_path
from chromasonic.errors import WorkspaceError
from chromasonic.files import download_name, writing_whole
from chromasonic.languages import mark
from chromasonic.results.labels import Labels
from chromasonic.results.records import SearchState

from .. import holding
from ..interrupted import given_up, in_line_again, mark_interrupted
from ..remarks import WrittenNote
from ..resting import can_go_on
from ..search import Search
from .format import FORMAT, KEPT, MANIFEST, MARKS, NOTE, SUFFIX, TRIALS, largest_size

_HERE = mark("the window that exports it")

_log = logging.getLogger(__name__)


def export_search(search: Search, path: Path) -> None:
    """Write `search` to `path`, whole or not at all.

    It holds still meanwhile; trials that a killed runner left half done are marked first, as a resume would do. Those
    that rest stay as they are, and travel as interrupted ones, with their settings in line.

    Raises:
        SettingsError: an argument is not what it may be.
        SearchHeldError: it is running; says where.
        WorkspaceError: the file cannot be written, or is there already.
    """
    instance("search", search, Search, "a search, such as open_search(…)")
    path = checked_path("path", path, "a file, such as Path(“reels.chromasonic”)")
    if path.exists():
        raise WorkspaceError(f"{path.name} is there already. Choose another name, or move that file away.")
    with search.held_still(_HERE):
        trials = search.study.get_trials(deepcopy=False)
        mark_interrupted(search.study, search.settings, [trial.number for trial in can_go_on(search, trials)])
        search.load_data()  # what cannot be resumed here could not be there
        for number in search.checkpoints.kept():
            search.checkpoints.bring(number)  # other machines may have trained it
        for number in search.songs.numbers():
            search.songs.files(number)
        with writing_whole(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            trials = _all_told(search.study.get_trials(deepcopy=False))
            archive.writestr(MANIFEST, json.dumps(_manifest(search, len(trials)), ensure_ascii=False, indent=1))
            with archive.open(TRIALS, "w", force_zip64=True) as lines:
                said = _remarks_about_trials(search)
                for trial in trials:
                    record = _from_trial(trial) | said.get(trial.number, {})
                    lines.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
            for name in _files_of(search):
                is_packed = name.endswith((".gz", ".png", ".safetensors"))
                archive.write(search.folder / name, name, zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED)
    _log.info("Search %d was exported: %d bytes", search.id, path.stat().st_size)


def export_name(search: Search) -> str:
    """A name for the file of `search`."""
    instance("search", search, Search, "a search, such as open_search(…)")
    return f"{download_name(search.name)}{SUFFIX}"


def _all_told(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """`trials`, and for each that rests one that waits with its settings: its checkpoint does not travel."""
    told: list[FrozenTrial] = []
    in_line: list[FrozenTrial] = []
    for trial in trials:
        if trial.state is OptunaState.RUNNING:
            in_line.append(in_line_again(trial, len(trials) + len(in_line)))
            trial = given_up(trial)
        told.append(trial)
    return [*told, *in_line]


def _manifest(search: Search, n_trials: int) -> dict[str, Any]:
    attributes = search.study.user_attrs
    status = attributes[holding.STATUS]
    state = SearchState(status["state"])
    at_rest = SearchState.STOPPED if state in (SearchState.RUNNING, SearchState.PAUSED) else state
    kept = {key: attributes[key] for key in KEPT if key in attributes}
    kept[holding.STATUS] = holding.status(at_rest, search.elapsed(), status["reason"])
    return {
        "format": FORMAT,
        "program": f"chromasonic {__version__}",
        "exported": datetime.now(UTC).isoformat(timespec="seconds"),
        "name": search.name,
        "n_trials": n_trials,
        "attributes": kept,
        **_remarks(search.remarks.note(), search.remarks.labels()),
    }


def _remarks_about_trials(search: Search) -> dict[int, dict[str, Any]]:
    notes, labels = search.remarks.trial_notes(), search.remarks.all_labels()
    numbers = {*notes, *(number for number in labels if number is not None)}
    return {number: _remarks(notes.get(number, WrittenNote()), labels.get(number, Labels())) for number in numbers}


def _remarks(note: WrittenNote, labels: Labels) -> dict[str, Any]:
    """What people said, where they did."""
    noted = {NOTE: note.text} if note.text else {}
    return noted | ({MARKS: labels.to_json()} if labels != Labels() else {})


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
    return sorted(name for name in files if largest_size(name) is not None)
