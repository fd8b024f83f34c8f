"""The whole job: our example script beside a plain Optuna script of the same search.

    python benchmarks/whole_job.py
    python benchmarks/whole_job.py --n-sequences 500 --families lstm rnn    # takes hours: the plain script's

Ours is `hyperparameter_search_example.py --n-trials 10 --epochs 15` as anyone runs it: a process of its own, its start,
its baselines, its reports and its test of the winner counted. The plain one is what Optuna's own first example does:
TPE and the median pruner, for each trial a model with torch's start, and the loop of `plain_loop.py` (windows of 16
notes, a DataLoader, the next note alone), in this process, so that its start is not counted. Both search the same
space with the same models on the same generated melodies, one trial at a time, with one thread. *loss* is that of the
best model each has found, measured alike: the mean over all notes of the validation melodies but the first 16 of each.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import optuna
import torch
from learning import loss_after_a_window, start_as_torch_does
from plain_loop import Windows, plain_epoch, plain_loss, plain_optimizer

from chromasonic.melody_generation.datasets import SearchData
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.hyperparameter_search import HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.candidate import ARCHITECTURE
from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.melody_generation.models import MODEL_FAMILIES, MelodyModel
from chromasonic.melody_generation.training import build_model, device_name, load_checkpoint, use_one_thread
from chromasonic.workspace import Workspace

CPU = torch.device("cpu")
NAME = "The whole job"


def our_job(options: argparse.Namespace, family: str, home: Path) -> tuple[float, float, SearchData]:
    """Seconds, loss of the best model, and the music that was learned."""
    command = [sys.executable, "-m", "chromasonic.hyperparameter_search_example", "--family", family, "--name", NAME]
    for option in ("n_trials", "epochs", "n_sequences"):
        command += [f"--{option.replace('_', '-')}", str(getattr(options, option))]
    began = time.perf_counter()
    subprocess.run(
        [*command, "--output-dir", str(home / "results")],
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "CHROMASONIC_HOME": str(home)},
    )
    seconds = time.perf_counter() - began
    workspace = Workspace.open(home)
    search = open_search(NAME, workspace)
    best = search.record().best
    assert best is not None
    model, _ = load_checkpoint(search.checkpoints.stem(best.number))
    assert isinstance(model, MelodyModel)
    data = search.load_data()
    forget_database(workspace.storage_url)
    return seconds, loss_after_a_window(model, data.validation), data


def plain_job(options: argparse.Namespace, family: str, data: SearchData) -> tuple[float, float]:
    """Seconds, and loss of the best model."""
    began = time.perf_counter()
    training, validation = Windows(data.train), Windows(data.validation)
    space = HyperparameterSearchSpace(num_epochs=options.epochs)

    def objective(trial: optuna.Trial) -> float:
        params = space.suggest(trial)
        architecture = {name: params[name] for name in ARCHITECTURE}
        model = build_model(MODEL_FAMILIES[family], data.vocab_size, architecture, seed=trial.number, device=CPU)
        start_as_torch_does(model)
        optimizer = plain_optimizer(model, float(params["learning_rate"]))
        best = float("inf")
        for epoch in range(1, options.epochs + 1):
            plain_epoch(model, optimizer, training, int(params["batch_size"]), CPU)
            loss = plain_loss(model, validation, int(params["batch_size"]), CPU)
            best = min(best, loss)
            trial.report(loss, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return best

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0), pruner=optuna.pruners.MedianPruner())
    study.optimize(objective, n_trials=options.n_trials)
    return time.perf_counter() - began, study.best_value


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n-trials", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--n-sequences", type=int, default=60, help="generated melodies (default: %(default)s)")
    parser.add_argument("--families", nargs="+", default=["lstm"], choices=list(MODEL_LABELS))
    options = parser.parse_args()

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    use_one_thread()
    print(
        f"{options.n_trials} trials of {options.epochs} epochs, {options.n_sequences} melodies, {device_name('cpu')},"
    )
    print(f"torch {torch.__version__}, {platform.machine()}, one thread\n")
    print("| family | plain | ours | ratio | plain's loss | our loss |")
    print("|---|---|---|---|---|---|")
    for family in options.families:
        with tempfile.TemporaryDirectory() as home:
            ours, our_loss, data = our_job(options, family, Path(home))
        plain, plain_best = plain_job(options, family, data)
        print(
            f"| {MODEL_LABELS[family]} | {plain:.1f} s | {ours:.1f} s | {plain / ours:.1f}× | {plain_best:.3f} "
            f"| {our_loss:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
