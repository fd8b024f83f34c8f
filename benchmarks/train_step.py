"""Notes learned per second: Chromasonic's training loop beside a plain one.

    python benchmarks/train_step.py
    python benchmarks/train_step.py --grid
    python benchmarks/train_step.py --device cuda

Both train the same model, from the same weights, on the same tunes (pitches alone, 88 keys) with one thread, and both
are timed over whole epochs, validation included, turn by turn in one run; the table shows the median of the rounds and
the median of their ratios. On the processor, time is processor time, so that other programs on a busy machine do not
count; with one thread on a free machine it is the time on the clock. On a graphics card it is the time on the clock:
both sides look at their losses at the end of an epoch, when the card must be done.

A *note learned* is a note that the model had to predict, with its error going into an optimizer step. A pass over the
tunes therefore learns each note once (all but a tune's first 16 in the plain loop, all but its first in ours). The
plain loop takes as long for each note of few tunes as of many, so it reads only some of them.

*of matmul* is how near ours comes to what the machine can do: the multiplications and additions that its matrices ask
for (padding, softmax, gates and the optimizer count as nothing), over those that large matrix products of float32 do
in the same time, measured in the same rounds.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from plain_loop import KEYS, Tunes, Windows, as_keys, plain_epoch, plain_loss, plain_optimizer, some_tunes

from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.models import MODEL_FAMILIES, MelodyModel, set_output_bias
from chromasonic.melody_generation.models.transformer import CausalSelfAttention
from chromasonic.melody_generation.training import (
    Corpus,
    TrainingConfig,
    build_model,
    device_name,
    resolve_device,
    token_counts,
    train,
    use_one_thread,
)

CONTEXT = 128  # notes ours sees at once, at most: as in the app
LEARNING_RATE = 1e-3
MATMUL = 1024  # rows and columns of the matrices whose products are timed


def our_epoch(model: MelodyModel, training: Corpus, validation: Corpus, batch_size: int) -> float:
    """Train one epoch our way; the validation loss in nats per note."""
    config = TrainingConfig(epochs=1, learning_rate=LEARNING_RATE, batch_size=batch_size)
    return train(model, training, validation, config).best.validation_loss


@contextmanager
def stopwatch(seconds: list[float], device: torch.device) -> Iterator[None]:
    """Append the time that the block took: the processor's, or with a graphics card that on the clock."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    started = clock()
    yield
    seconds.append(clock() - started)


def matmul_rate(device: torch.device) -> float:
    """Multiplications and additions per second in products of large matrices of float32."""
    matrix = torch.randn(MATMUL, MATMUL, device=device)
    n_products = 4 if device.type == "cpu" else 200
    seconds: list[float] = []
    (matrix @ matrix)[0, 0].item()  # warms up
    with stopwatch(seconds, device):
        for _ in range(n_products):
            squared = matrix @ matrix
        squared[0, 0].item()  # a graphics card must be done
    return n_products * 2 * MATMUL**3 / seconds[0]


def work_per_note(model: MelodyModel, tunes: Tunes) -> float:
    """Multiplications and additions that the model's matrices ask for to read a note and predict the next."""
    weights = sum(p.numel() for name, p in model.named_parameters() if p.ndim == 2 and name != "embedding.weight")
    # Each note looks at those before it: half a phrase on average.
    looked_at = sum((len(tune) - 1) ** 2 / 2 for tune in tunes) / sum(len(tune) - 1 for tune in tunes)
    heads = [(layer.heads, layer.head_size) for layer in model.modules() if isinstance(layer, CausalSelfAttention)]
    attention = sum(2 * n_heads * head_size * looked_at for n_heads, head_size in heads)
    return 2 * (weights + attention)


@dataclass(frozen=True)
class Size:
    """Of a model."""

    hidden: int
    layers: int


@dataclass(frozen=True)
class Comparison:
    """Medians of the rounds."""

    plain: float  # notes per second
    ours: float
    ratio: float
    of_matmul: float  # ours; between 0 and 1


def compare(family: str, size: Size, tunes: Tunes, options: argparse.Namespace) -> Comparison:
    """Time the plain loop and ours, turn by turn."""
    n_training = len(tunes) * 9 // 10
    training, validation = tunes[:n_training], tunes[n_training:]
    device = resolve_device(options.device)
    few = max(1, options.plain_tunes * 9 // 10), max(1, options.plain_tunes // 10)
    windows = Windows(training[: few[0]]), Windows(validation[: few[1]])
    corpora = [Corpus(part, context=CONTEXT, vocab_size=KEYS, device=device) for part in (training, validation)]
    learned, judged = (sum(len(tune) - 1 for tune in part) for part in (training, validation))

    def fresh() -> MelodyModel:
        architecture = {
            "embedding_dim": size.hidden // 2,
            "hidden_size": size.hidden,
            "num_layers": size.layers,
            "dropout": 0.0,
        }
        model = build_model(MODEL_FAMILIES[family], KEYS, architecture, seed=0, device=device)
        set_output_bias(model, token_counts(corpora[0]))
        return model

    our_epoch(fresh(), corpora[0], corpora[1], options.batch_size)  # warms up
    work = (3 * learned + judged) * work_per_note(fresh(), training)  # the way back is twice the way there
    plain: list[float] = []
    ours: list[float] = []
    matmul: list[float] = []
    for _ in range(options.rounds):
        model = fresh()
        with stopwatch(plain, device):
            plain_epoch(model, plain_optimizer(model, LEARNING_RATE), windows[0], options.batch_size, device)
            plain_loss(model, windows[1], options.batch_size, device)
        model = fresh()
        with stopwatch(ours, device):
            our_epoch(model, corpora[0], corpora[1], options.batch_size)
        matmul.append(matmul_rate(device))
    plain_rates, our_rates = [len(windows[0]) / took for took in plain], [learned / took for took in ours]
    return Comparison(
        statistics.median(plain_rates),
        statistics.median(our_rates),
        statistics.median(fast / slow for fast, slow in zip(our_rates, plain_rates, strict=True)),
        statistics.median(work / took / rate for took, rate in zip(ours, matmul, strict=True)),
    )


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", default=list(MODEL_FAMILIES), choices=list(MODEL_FAMILIES))
    parser.add_argument("--hidden", type=int, nargs="+", default=[128])
    parser.add_argument("--layers", type=int, nargs="+", default=[2])
    parser.add_argument("--grid", action="store_true", help="hidden 64, 128 and 256 with 1, 2 and 3 layers")
    parser.add_argument("--batch-size", type=int, default=32, help="windows or phrases an optimizer step learns from")
    parser.add_argument("--tunes", type=int, default=100)
    parser.add_argument("--plain-tunes", type=int, default=20, help="of these, for the plain loop")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="cpu", help="cpu, cuda, …")
    parser.add_argument("--cache", type=Path, help="folder that keeps the collection as read, for the next run")
    options = parser.parse_args()

    use_one_thread()
    tunes = as_keys(some_tunes("ryans", options.tunes, options.cache))
    print(
        f"Batches of {options.batch_size}, one thread, {device_name(options.device)}, {len(tunes)} tunes of Ryan's "
        f"collection ({sum(map(len, tunes)):,} notes); torch {torch.__version__}, {platform.machine()}\n"
    )
    print("| family | hidden | layers | plain notes/s | ours notes/s | ratio | of matmul |")
    print("|---|---|---|---|---|---|---|", flush=True)
    hidden, layers = ([64, 128, 256], [1, 2, 3]) if options.grid else (options.hidden, options.layers)
    for family in options.families:
        for size in (Size(*pair) for pair in product(hidden, layers)):
            found = compare(family, size, tunes, options)
            print(
                f"| {MODEL_LABELS[family]} | {size.hidden} | {size.layers} | {found.plain:,.0f} | {found.ours:,.0f} "
                f"| {found.ratio:.1f}× | {found.of_matmul:.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
