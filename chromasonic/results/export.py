"""The files a search leaves, each written whole: for programs, for reading, for looking at.

    best_hyperparameters.json    the six best settings
    optimization_results.json    every trial, and all that is needed to repeat the search
    optimization_report.txt      to be read by a person
    optimization_history.png     when asked for

Strict JSON: a number that is not finite becomes null. While no trial has finished there is no best: then
`best_hyperparameters.json` is not written, and one left there by an earlier search is removed, for it would be taken
for this one's.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType
from typing import Any

from chromasonic.checks import instance
from chromasonic.checks import path as checked_path
from chromasonic.errors import WorkspaceError
from chromasonic.files import write_whole
from chromasonic.results.plot import history_png
from chromasonic.results.records import (
    PARAMETERS,
    Baselines,
    SearchRecord,
    TestScores,
    TrialRecord,
    TrialState,
    check_record,
)
from chromasonic.results.report import optimization_report

BEST_FILE = "best_hyperparameters.json"
RESULTS_FILE = "optimization_results.json"
REPORT_FILE = "optimization_report.txt"
PLOT_FILE = "optimization_history.png"


def best_hyperparameters(search: SearchRecord) -> dict[str, float | int] | None:
    """The six settings of the best trial; None while no trial has finished."""
    check_record(search)
    best = search.best
    if best is None:
        return None
    return {name: best.params[name] for name in PARAMETERS if name in best.params}


def optimization_results(
    search: SearchRecord, now: datetime | None = None, test: TestScores | None = None
) -> dict[str, Any]:
    """Everything about a search as plain JSON values; losses in nats per token, times in seconds.

    Args:
        search: The search, in any state.
        now: The time of writing, for the timestamp; the present when not given.
        test: Losses on the held-out test tunes, when they were measured.
    """
    check_record(search, test)
    instance("now", now, (datetime, NoneType), "a moment, or None for the present")
    best = search.best
    begun = [trial for trial in search.trials if trial.state is not TrialState.WAITING]
    results = {
        "timestamp": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        "total_time": search.total_time,
        "best_params": best_hyperparameters(search),
        "best_value": best.best_validation_loss if best else None,
        "best_trial": best.number if best else None,
        "n_trials": len(begun),
        "n_trials_by_state": {state.value: n for state in TrialState if (n := len(search.of_state(state)))},
        "trial_results": [_trial(trial) for trial in begun],
        "baselines": _baselines(search.baselines),
        "test_scores": asdict(test) if test is not None else None,
        "study": {
            "name": search.name,
            "state": search.state.value,
            "reason": search.reason,
            "created": _time(search.created),
        },
        "to_repeat": {
            "seed": search.seed,
            "n_trials": search.n_trials,
            "epochs": search.epochs,
            "timeout": search.timeout,
            "jobs": search.jobs,
            "strategy": search.strategy,
            "prune_after": search.prune_after,
            "device": search.device,
            "families": list(search.families),
            "space": search.space,
            "data": {
                "music": search.music,
                "fingerprint": search.fingerprint,
                "vocab_size": search.vocab_size,
                "sequence_length": search.sequence_length,
                "n_train": search.n_train,
                "n_validation": search.n_validation,
                "n_test": search.n_test,
            },
            "versions": dict(search.versions),
        },
    }
    return {name: _strict(value) for name, value in results.items()}


def result_files(search: SearchRecord, plot: bool = True, test: TestScores | None = None) -> dict[str, bytes]:
    """The content of each result file by its name; `test` as for `optimization_results`."""
    files: dict[str, bytes] = {}
    best = best_hyperparameters(search)
    if best is not None:
        files[BEST_FILE] = _json(best)
    files[RESULTS_FILE] = _json(optimization_results(search, test=test))
    files[REPORT_FILE] = _utf8(optimization_report(search, test=test))
    if plot:
        files[PLOT_FILE] = history_png(search)
    return files


def write_results(search: SearchRecord, folder: Path, plot: bool = False, test: TestScores | None = None) -> list[Path]:
    """Write the result files into `folder`, made when missing, and say which they are; `test` as above.

    Raises:
        SettingsError: an argument is not what it may be.
        WorkspaceError: the folder cannot be written.
    """
    folder = checked_path("folder", folder, "a folder, such as Path(“results”)")
    instance("plot", plot, bool, "True or False")
    files = result_files(search, plot, test)
    for name, content in files.items():
        write_whole(folder / name, content)
    if BEST_FILE not in files:
        try:
            (folder / BEST_FILE).unlink(missing_ok=True)
        except OSError as error:
            raise WorkspaceError(
                f"{BEST_FILE} in {folder} is from an earlier search and could not be removed ({error.strerror}). "
                "Remove it yourself, or choose another folder."
            ) from error
    return [folder / name for name in files]


def results_zip(search: SearchRecord, test: TestScores | None = None) -> bytes:
    """All result files, the plot too, as one zip; `test` as above."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in result_files(search, test=test).items():
            archive.writestr(name, content)
    return packed.getvalue()


def _trial(trial: TrialRecord) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": trial.state.value,
        "reason": trial.reason,
        "family": trial.family,
        "params": dict(trial.params),
        "best_validation_loss": trial.best_validation_loss,
        "final_validation_loss": trial.final_validation_loss,
        "train_loss": trial.train_loss,
        "best_epoch": trial.best_epoch,
        "epochs_run": trial.epochs_run,
        "training_time": trial.training_time,
        "n_parameters": trial.n_parameters,
        "started": _time(trial.started),
        "finished": _time(trial.finished),
    }


def _baselines(baselines: Baselines | None) -> dict[str, Any] | None:
    if baselines is None:
        return None
    return {
        "uniform": baselines.uniform,
        "ngram": baselines.ngram,
        "ngram_order": baselines.ngram_order,
        "test_uniform": baselines.test_uniform,
        "test_ngram": baselines.test_ngram,
    }


def _strict(value: Any) -> Any:
    """`value` with null in place of every number that JSON does not know."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _strict(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(entry) for entry in value]
    return value


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _json(value: Any) -> bytes:
    return _utf8(json.dumps(_strict(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", errors="replace")  # a name from a file system may hold halves of characters
