"""Trials per hour of one graphics card when several trials train on it at once, each in a process of its own.

    python benchmarks/gpu_packing.py
    python benchmarks/gpu_packing.py --at-once 1 4 16 --trials 32 --device cuda

Each line is a whole search over Ryan's fiddle tunes, begun anew with the same seed, with that many children. None of
its trials is stopped early. The clock runs from the first batch of the first trial to the end of the last one: what the
first child took to load torch is no part of it.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import timedelta
from pathlib import Path

from chromasonic.melody_generation.datasets import SearchData, prepare
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.hyperparameter_search import HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.trial_process import child_trainers
from chromasonic.melody_generation.training import device_name
from chromasonic.music.collections import load_collection
from chromasonic.results.records import SearchRecord, TrialState
from chromasonic.workspace import Workspace


def searched(data: SearchData, at_once: int, options: argparse.Namespace) -> SearchRecord:
    """A search with `at_once` children, run to its end."""
    space = HyperparameterSearchSpace(num_epochs=options.epochs)
    settings = SearchSettings(
        space=space,
        families=(options.family,),
        n_trials=options.trials,
        device=options.device,
        jobs=at_once,
        prune_after=1.0,
    )
    with tempfile.TemporaryDirectory() as folder:
        search = create_search("packed", data, settings, workspace=Workspace.open(Path(folder)))
        SearchRunner(search, child_trainers(search.data_file, settings)).run()
        return search.record()


def trials_per_hour(record: SearchRecord) -> float:
    """Finished trials over the time from the first batch to the end of the last trial."""
    finished = [trial for trial in record.trials if trial.state is TrialState.COMPLETE]
    assert len(finished) == record.n_trials, [trial.reason for trial in record.trials]
    begun = min(trial.finished - timedelta(seconds=trial.training_time) for trial in finished)
    ended = max(trial.finished for trial in finished)
    return 3600 * len(finished) / (ended - begun).total_seconds()


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at-once", nargs="+", type=int, default=[1, 2, 4, 8, 16])
    parser.add_argument("--trials", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--family", default="lstm", choices=list(MODEL_LABELS))
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tunes", type=int, default=300)
    parser.add_argument("--cache", type=Path, help="folder that keeps the collection as read, for the next run")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as fresh:
        melodies = load_collection("ryans", options.cache or Path(fresh)).melodies
    data = prepare(melodies[: options.tunes], "Ryan's")
    print(
        f"{device_name(options.device)}; {MODEL_LABELS[options.family]}, {options.trials} trials of {options.epochs} "
        f"epochs over {options.tunes} tunes\n"
    )
    print(f"{'at once':>7} {'trials/hour':>12} {'gain':>7} {'best loss':>10}")
    first = None
    for at_once in options.at_once:
        record = searched(data, at_once, options)
        rate = trials_per_hour(record)
        first = first or rate
        assert record.best is not None
        loss = record.best.best_validation_loss
        print(f"{at_once:>7} {rate:>12,.0f} {rate / first:>6.2f}× {loss:>10.4f}", flush=True)


if __name__ == "__main__":
    main()
