"""What little music teaches in batches of different sizes.

    python benchmarks/little_music.py
    python benchmarks/little_music.py --epochs 8 --tunes 30 --batch-sizes 2 4 8 16 32

A trial is trained as in the app, on pitches and lengths, with the default settings but for the batch size. The table
shows its best validation loss in nats per token, and in brackets the seconds of processor time that it took, of which
musicians with few tunes have plenty. Eight in ten tunes are learned from; *phrases* is how many pieces of at most 128
tokens they make, and **bold** the batch size that the presets of the Search page put first.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from itertools import product
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from plain_loop import some_tunes

from chromasonic.melody_generation.datasets import prepare
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.hyperparameter_search import HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.candidate import Answer, Candidate
from chromasonic.melody_generation.hyperparameter_search.in_process import InProcessTrainer
from chromasonic.melody_generation.models import MODEL_FAMILIES
from chromasonic.melody_generation.training import device_name
from chromasonic.ui.presets import phrases_to_learn, preset


def trained(trainer: InProcessTrainer, family: str, batch_size: int, epochs: int) -> tuple[float, float]:
    """The best validation loss and the seconds of processor time."""
    losses: list[float] = []

    def on_epoch(epoch) -> Answer:
        losses.append(epoch.validation_loss)
        return Answer.GO_ON

    params = HyperparameterSearchSpace().untuned() | {"batch_size": batch_size}
    began = time.process_time()
    trainer.train(Candidate(number=0, family=family, params=params, epochs=epochs, seed=0), on_epoch)
    return min(losses), time.process_time() - began


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", default=["lstm", "rnn", "transformer"], choices=list(MODEL_FAMILIES))
    parser.add_argument("--collections", nargs="+", default=["ryans", "bach", "essen-china"], metavar="NAME")
    parser.add_argument("--tunes", type=int, nargs="+", default=[30, 60], help="of each collection")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[2, 4, 8, 16])
    parser.add_argument("--cache", type=Path, help="folder that keeps the collections as read, for the next run")
    options = parser.parse_args()

    print(f"{options.epochs} epochs, {device_name('cpu')}, torch {torch.__version__}; batches of …\n")
    sizes = options.batch_sizes
    print("| music | tunes (phrases) | family | " + " | ".join(map(str, sizes)) + " |")
    print("|---|---|---|" + "---|" * len(sizes), flush=True)
    for n_tunes, name in product(options.tunes, options.collections):
        tunes = some_tunes(name, n_tunes, options.cache)
        data, phrases = prepare(tunes, name), phrases_to_learn(tunes)
        first = preset("quick", "cpu", phrases).batch[0]
        trainer = InProcessTrainer(data)
        for family in options.families:
            cells = []
            for size in sizes:
                loss, seconds = trained(trainer, family, size, options.epochs)
                mark = "**" if size == first else ""
                cells.append(f"{mark}{loss:.3f}{mark} ({seconds:.1f} s)")
            told = f"| {name} | {len(data.train)} ({phrases}) | {MODEL_LABELS[family]} | "
            print(told + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
