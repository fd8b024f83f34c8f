"""Processes and threads: how much music several trials learn at once, and how much memory each takes.

    python benchmarks/processes.py
    python benchmarks/processes.py --ways 1x1 4x1 8x1 4x2

Each process trains a model of the default settings over and over (practice tunes, the training loop of every trial);
*4x2* is four processes with two threads each. All ways begin in every round, one after the other, and what is counted
is tokens learned in a second on the clock by all processes together, so other programs on the machine do count; the
table shows medians of the rounds and of their ratios to one process with one thread. *the app* marks what the presets
of the Search page choose here.

Then one trial of default settings is trained in children as the search keeps them, and their memory is read from the
kernel (`/proc/<pid>/smaps_rollup`, Linux only): *its own* is what the machine gets back when the child ends
(private pages), *beyond torch* the same less that of a process that has done nothing but import torch and train with
it the smallest step there is.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

from chromasonic.melody_generation.datasets import SearchData, save_data
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.hyperparameter_search import HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.candidate import Answer, Candidate
from chromasonic.melody_generation.hyperparameter_search.trial_process import ChildTrainer
from chromasonic.melody_generation.models import MODEL_FAMILIES
from chromasonic.melody_generation.training import (
    Corpus,
    TrainingConfig,
    TrainingStoppedError,
    build_model,
    create_training_data,
    device_name,
    train,
)
from chromasonic.ui.presets import preset

VOCABULARY, CONTEXT = 88, 128
SETTINGS = HyperparameterSearchSpace().untuned()
MIB = 2**20
ONLY_TORCH = """
import sys, torch
torch.set_num_threads(1)
weights = torch.randn(8, 8, requires_grad=True)
torch.autograd.backward((weights @ weights).sum())
print(flush=True)
sys.stdin.read()
"""


class Learner:
    """A process that learns while it is told to."""

    def __init__(self, family: str, threads: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--learner", family, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.answer()  # that it is ready

    def go(self, seconds: float) -> None:
        """Let it learn for so long."""
        assert self._process.stdin is not None
        print(seconds, file=self._process.stdin, flush=True)

    def answer(self) -> float:
        """How many tokens it learned in a second."""
        assert self._process.stdout is not None
        rate: float = json.loads(self._process.stdout.readline())
        return rate

    def end(self) -> None:
        """Let it go."""
        self._process.kill()
        self._process.communicate()


def learn(family: str, threads: int) -> None:
    """What a `Learner` does: for each number of seconds that comes in, train so long and say the pace."""
    torch.set_num_threads(threads)
    tunes, _ = create_training_data(64, CONTEXT, VOCABULARY, 0.99, seed=0)
    corpus, few = (Corpus(part, context=CONTEXT, vocab_size=VOCABULARY) for part in (tunes, tunes[:1]))
    tokens_per_epoch = sum(len(tune) - 1 for tune in tunes)
    architecture = {name: SETTINGS[name] for name in ("embedding_dim", "hidden_size", "num_layers", "dropout")}
    model = build_model(MODEL_FAMILIES[family], VOCABULARY, architecture, seed=0, device=torch.device("cpu"))
    config = TrainingConfig(epochs=10_000, patience=10_000, batch_size=int(SETTINGS["batch_size"]))
    print(0, flush=True)
    for line in sys.stdin:
        began, n_steps = time.perf_counter(), 0
        ends = began + float(line)

        def is_over(ends: float = ends) -> bool:
            nonlocal n_steps
            n_steps += 1
            return time.perf_counter() > ends

        try:
            train(model, corpus, few, config, should_stop=is_over)
        except TrainingStoppedError:
            steps_per_epoch = corpus.n_batches(every_position=True, batch_size=config.batch_size) + 1  # one validates
            print(tokens_per_epoch * n_steps / steps_per_epoch / (time.perf_counter() - began), flush=True)


def parsed(way: str) -> tuple[int, int]:
    """Processes and threads of a way such as 2x1."""
    processes, _, threads = way.partition("x")
    return int(processes), int(threads)


def compare_ways(family: str, ways: list[str], rounds: int, seconds: float) -> None:
    """Print how much the ways learn."""
    chosen = f"{preset('quick', 'cpu', 1_000).jobs}x1"
    learners = {way: [Learner(family, parsed(way)[1]) for _ in range(parsed(way)[0])] for way in ways}
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for round_ in range(-1, rounds):  # the first warms up
        for way, group in learners.items():
            for learner in group:
                learner.go(seconds)
            rate = sum(learner.answer() for learner in group)
            if round_ >= 0:
                rates[way].append(rate)
    for group in learners.values():
        for learner in group:
            learner.end()
    gains = {way: statistics.median(r / one for r, one in zip(rates[way], rates[ways[0]], strict=True)) for way in ways}
    for way in ways:
        told = " (the app)" if way == chosen else ""
        print(
            f"| {MODEL_LABELS[family]} | {way}{told} | {statistics.median(rates[way]):,.0f} | {gains[way]:.2f}× "
            f"| {gains[way] / max(gains.values()):.0%} |",
            flush=True,
        )


def private_memory(pid: int) -> float:
    """MiB that the machine gets back when the process ends."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) * 1024 / MIB


def show_memory(families: list[str], n_children: int) -> None:
    """Print what children in training take."""
    train_tunes, validation = create_training_data(400, CONTEXT, VOCABULARY, 0.9, seed=0)
    data = SearchData(train_tunes, validation, [], VOCABULARY, CONTEXT, music="practice", melodic=False)
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-c", ONLY_TORCH], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as torch_alone,
    ):
        assert torch_alone.stdout is not None
        torch_alone.stdout.readline()
        alone = private_memory(torch_alone.pid)
        print(f"\nA process with torch alone: {alone:.0f} MiB\n")
        print("| family | children | its own (MiB) | beyond torch (MiB) |\n|---|---|---|---|", flush=True)
        file = Path(folder) / "data.json.gz"
        save_data(file, data)
        for family in families:
            candidate = Candidate(number=0, family=family, params=SETTINGS, epochs=2, seed=0)
            children = [ChildTrainer(file, "cpu") for _ in range(n_children)]
            taken = []
            for child in children:  # each trained before is kept, warm
                child.train(candidate, lambda epoch: Answer.GO_ON)
                assert child._process is not None
                taken.append(private_memory(child._process.pid))
            for child in children:
                child.close()
            print(
                f"| {MODEL_LABELS[family]} | {n_children} | {max(taken):.0f} | {max(taken) - alone:.0f} |", flush=True
            )
        torch_alone.kill()


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", default=["lstm", "transformer"], choices=list(MODEL_FAMILIES))
    parser.add_argument("--ways", nargs="+", default=["1x1", "2x1", "1x2", "3x1"], metavar="PxT")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of learning, for each way in each round")
    parser.add_argument("--children", type=int, default=2, help="whose memory is read")
    parser.add_argument("--learner", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.learner:
        learn(options.learner[0], int(options.learner[1]))
        return

    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    print(f"{device_name('cpu')}, {load} before the start, torch {torch.__version__}; default settings\n")
    print("| family | processes x threads | tokens/s | gain | of the best |\n|---|---|---|---|---|", flush=True)
    for family in options.families:
        compare_ways(family, options.ways, options.rounds, options.seconds)
    if Path("/proc/self/smaps_rollup").exists():
        show_memory(options.families, options.children)


if __name__ == "__main__":
    main()
