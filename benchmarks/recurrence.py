"""A step of learning through our RNN and GRU beside torch's own: processor time, there and back.

    python benchmarks/recurrence.py

Same weights, same phrases of 100 notes, one thread, turn by turn in one run; the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from itertools import product
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from torch import nn

from chromasonic.melody_generation.models.unrolled import GRU, RNN
from chromasonic.melody_generation.training import device_name, use_one_thread

NOTES = 100
PAIRS: dict[str, tuple[type[nn.RNNBase], type[nn.RNNBase]]] = {"RNN": (RNN, nn.RNN), "GRU": (GRU, nn.GRU)}


def step_time(layers: nn.RNNBase, x: torch.Tensor) -> float:
    """Seconds of processor time that one step takes."""
    layers.zero_grad()
    started = time.process_time()
    torch.autograd.backward(layers(x)[0].sum())
    return time.process_time() - started


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hidden", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[4, 16, 32, 64])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()

    use_one_thread()
    print(f"{options.layers} layers, phrases of {NOTES} notes, {device_name('cpu')}, torch {torch.__version__}\n")
    print("| family | hidden | batch | torch (ms) | ours (ms) | gain |\n|---|---|---|---|---|---|", flush=True)
    for name, hidden, batch_size in product(PAIRS, options.hidden, options.batch_sizes):
        pair = [layers(hidden // 2, hidden, options.layers, batch_first=True) for layers in PAIRS[name]]
        x = torch.randn(batch_size, NOTES, hidden // 2)
        step_time(pair[0], x), step_time(pair[1], x)  # warms up
        times = [(step_time(pair[0], x), step_time(pair[1], x)) for _ in range(options.rounds)]
        ours, theirs = (1000 * statistics.median(side) for side in zip(*times, strict=True))
        gain = statistics.median(slow / fast for fast, slow in times)
        print(f"| {name} | {hidden} | {batch_size} | {theirs:.1f} | {ours:.1f} | {gain:.2f}× |", flush=True)


if __name__ == "__main__":
    main()
