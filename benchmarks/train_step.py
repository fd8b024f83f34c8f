"""Notes learned per second: Chromasonic's training loop beside a plain one.

    python benchmarks/train_step.py
    python benchmarks/train_step.py --device cuda

Both train the same model, from the same weights, on the same tunes (pitches alone, 88 keys) with one thread, and both
are timed over whole epochs, validation included, turn by turn in one run; the table shows the median of the rounds and
the median of their ratios. On the processor, time is processor time, so that other programs on a busy machine do not
count; with one thread on a free machine it is the time on the clock. On a graphics card it is the time on the clock:
both sides look at their losses at the end of an epoch, when the card must be done.

A *note learned* is a note that the model had to predict, with its error going into an optimizer step. A pass over the
tunes therefore learns each note once (all but a tune's first 16 in the plain loop, all but its first in ours).

The plain loop is what one writes first: every window of 16 notes as a Python list, a torch `DataLoader`, the note after
the window as the only target. It is spared all avoidable work: logits are computed for the last position only.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.models import MODEL_FAMILIES, MelodyModel, set_output_bias
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

WINDOW = 16  # notes the plain loop reads to predict the next
CONTEXT = 128  # notes ours sees at once, at most: as in the app
KEYS = 88  # of a piano; the lowest is MIDI 21
LEARNING_RATE = 1e-3

Tunes = list[list[int]]


class Windows(Dataset[tuple[Tensor, Tensor]]):
    """Every window of 16 notes with the note that follows it, as Python lists."""

    def __init__(self, tunes: Tunes) -> None:
        self.windows = [
            (tune[start : start + WINDOW], tune[start + WINDOW])
            for tune in tunes
            for start in range(len(tune) - WINDOW)
        ]

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        notes, following = self.windows[index]
        return torch.tensor(notes), torch.tensor(following)


def plain_epoch(
    model: MelodyModel, training: Windows, validation: Windows, batch_size: int, device: torch.device
) -> float:
    """Train one epoch the plain way; the validation loss in nats per note."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    model.train()
    for notes, following in DataLoader(training, batch_size=batch_size, shuffle=True):
        optimizer.zero_grad()
        loss = F.cross_entropy(model.continued(notes.to(device))[0], following.to(device))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    model.eval()
    total = 0.0
    with torch.no_grad():
        for notes, following in DataLoader(validation, batch_size=batch_size):
            logits = model.continued(notes.to(device))[0]
            total += F.cross_entropy(logits, following.to(device), reduction="sum").item()
    return total / len(validation)


def our_epoch(model: MelodyModel, training: Corpus, validation: Corpus, batch_size: int) -> float:
    """Train one epoch our way; the validation loss in nats per note."""
    config = TrainingConfig(epochs=1, learning_rate=LEARNING_RATE, batch_size=batch_size)
    return train(model, training, validation, config).best.validation_loss


def real_tunes(n_tunes: int, cache: Path | None) -> Tunes:
    """Fiddle tunes of Ryan's collection, drawn at random, as piano keys."""
    from chromasonic.music.collections import load_collection

    with tempfile.TemporaryDirectory() as fresh:
        melodies = load_collection("ryans", cache or Path(fresh)).melodies
    tunes = [[note.pitch - 21 for note in melody.notes] for melody in melodies if len(melody.notes) > WINDOW]
    return random.Random(0).sample(tunes, n_tunes)


@contextmanager
def stopwatch(seconds: list[float], device: torch.device) -> Iterator[None]:
    """Append the time that the block took: the processor's, or with a graphics card that on the clock."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    started = clock()
    yield
    seconds.append(clock() - started)


def compare(family: str, tunes: Tunes, options: argparse.Namespace) -> tuple[float, float, float]:
    """Notes per second of the plain loop and of ours, and the median ratio of the rounds."""
    n_training = len(tunes) * 9 // 10
    parts = tunes[:n_training], tunes[n_training:]
    device = resolve_device(options.device)
    windows = [Windows(part) for part in parts]
    corpora = [Corpus(part, context=CONTEXT, vocab_size=KEYS, device=device) for part in parts]
    notes = len(windows[0]), sum(len(tune) - 1 for tune in parts[0])

    def fresh() -> MelodyModel:
        architecture = {
            "embedding_dim": options.hidden // 2,
            "hidden_size": options.hidden,
            "num_layers": options.layers,
            "dropout": 0.0,
        }
        model = build_model(MODEL_FAMILIES[family], KEYS, architecture, seed=0, device=device)
        set_output_bias(model, token_counts(corpora[0]))
        return model

    our_epoch(fresh(), corpora[0], corpora[1], options.batch_size)  # warms up
    plain: list[float] = []
    ours: list[float] = []
    for _ in range(options.rounds):
        model = fresh()
        with stopwatch(plain, device):
            plain_epoch(model, windows[0], windows[1], options.batch_size, device)
        model = fresh()
        with stopwatch(ours, device):
            our_epoch(model, corpora[0], corpora[1], options.batch_size)
    plain_rates, our_rates = [notes[0] / took for took in plain], [notes[1] / took for took in ours]
    ratio = statistics.median(fast / slow for fast, slow in zip(our_rates, plain_rates, strict=True))
    return statistics.median(plain_rates), statistics.median(our_rates), ratio


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", default=list(MODEL_FAMILIES), choices=list(MODEL_FAMILIES))
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=32, help="windows or phrases an optimizer step learns from")
    parser.add_argument("--tunes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="cpu", help="cpu, cuda, …")
    parser.add_argument("--cache", type=Path, help="folder that keeps the collection as read, for the next run")
    options = parser.parse_args()

    use_one_thread()
    tunes = real_tunes(options.tunes, options.cache)
    print(
        f"hidden {options.hidden}, {options.layers} layers, batches of {options.batch_size}, one thread, "
        f"{device_name(options.device)}, "
        f"{len(tunes)} tunes of Ryan's collection ({sum(map(len, tunes)):,} notes); "
        f"torch {torch.__version__}, {platform.machine()}, {os.cpu_count()} cores\n"
    )
    print(f"{'family':<12} {'plain notes/s':>14} {'ours notes/s':>14} {'ratio':>7}")
    for family in options.families:
        plain, ours, ratio = compare(family, tunes, options)
        print(f"{MODEL_LABELS[family]:<12} {plain:>14,.0f} {ours:>14,.0f} {ratio:>6.1f}×")


if __name__ == "__main__":
    main()
