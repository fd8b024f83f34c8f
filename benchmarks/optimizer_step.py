"""A step of our AdamW beside torch's fused one, and what a process pays for its first: processor time.

    python benchmarks/optimizer_step.py

Two models with the same weights learn the same phrases, one thread, turn by turn in one run; the median of the rounds'
ratios. *alone*: gradients forgotten, then the step. *with the rest*: forwards, backwards and clipping too. The first
step is made in a fresh process each time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
import torch.nn.functional as F
from torch import nn

from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.models import MODEL_FAMILIES
from chromasonic.melody_generation.training import build_model, device_name, use_one_thread
from chromasonic.melody_generation.training.adamw import AdamW

NOTES, KEYS = 100, 130
STEPS = 8  # in a row, for one is too short for the clock
FIRST_STEP = """
import time, torch
from torch import nn
from chromasonic.melody_generation.training.adamw import AdamW
weights = nn.Linear(8, 8)
weights(torch.ones(1, 8)).sum().backward()
began = time.process_time()
if {ours}:
    AdamW(weights, weight_decay=0.01, beta2=0.98).step(0.001)
else:
    torch.optim.AdamW(weights.parameters(), fused=True).step()
print(time.process_time() - began)
"""


class Learner:
    """A model, and the two halves of its step."""

    def __init__(self, model: nn.Module, zero_grad: Callable[[], None], step: Callable[[], None]) -> None:
        self.model, self._zero_grad, self._step = model, zero_grad, step

    def learn(self, phrases: torch.Tensor) -> tuple[float, float]:
        """Seconds that the optimizer took, and that all took."""
        began, alone = time.process_time(), 0.0
        for _ in range(STEPS):
            before = time.process_time()
            self._zero_grad()
            alone += time.process_time() - before
            logits = self.model(phrases[:, :-1])
            torch.autograd.backward(F.cross_entropy(logits.flatten(0, -2), phrases[:, 1:].flatten()))
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            before = time.process_time()
            self._step()
            alone += time.process_time() - before
        return alone, time.process_time() - began


def learners(family: str, hidden: int, layers: int) -> tuple[Learner, Learner]:
    """Torch's and ours, of equal weights."""
    shape = {"embedding_dim": hidden // 2, "hidden_size": hidden, "num_layers": layers, "dropout": 0.1}
    one, other = (build_model(MODEL_FAMILIES[family], KEYS, shape, seed=0, device=torch.device("cpu")) for _ in "ab")
    groups = [
        {"params": [weights for weights in one.parameters() if weights.ndim >= 2], "weight_decay": 0.01},
        {"params": [weights for weights in one.parameters() if weights.ndim < 2], "weight_decay": 0.0},
    ]
    torchs, ours = torch.optim.AdamW(groups, fused=True), AdamW(other, weight_decay=0.01, beta2=0.999)
    return Learner(one, torchs.zero_grad, torchs.step), Learner(other, ours.zero_grad, lambda: ours.step(0.001))


def first_step(ours: bool) -> float:
    """Seconds of the first step of a process."""
    command = [sys.executable, "-c", FIRST_STEP.format(ours=ours)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    return float(done.stdout)


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", default=list(MODEL_FAMILIES), choices=list(MODEL_FAMILIES))
    parser.add_argument("--hidden", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[4, 16])
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()

    use_one_thread()
    print(f"{options.layers} layers, phrases of {NOTES} notes, {device_name('cpu')}, torch {torch.__version__}\n")
    print("| family | hidden | batch | torch's step (ms) | ours (ms) | alone | with the rest |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for family, hidden, batch_size in product(options.families, options.hidden, options.batch_sizes):
        pair = learners(family, hidden, options.layers)
        phrases = torch.randint(KEYS, (batch_size, NOTES + 1), generator=torch.Generator().manual_seed(0))
        pair[0].learn(phrases), pair[1].learn(phrases)  # warms up
        rounds = [(pair[0].learn(phrases), pair[1].learn(phrases)) for _ in range(options.rounds)]
        theirs, ours = (1000 / STEPS * statistics.median(each[side][0] for each in rounds) for side in (0, 1))
        alone, whole = (statistics.median(slow[part] / fast[part] for slow, fast in rounds) for part in (0, 1))
        print(
            f"| {MODEL_LABELS[family]} | {hidden} | {batch_size} | {theirs:.2f} | {ours:.2f} | {alone:.2f}× "
            f"| {whole:.2f}× |",
            flush=True,
        )
    theirs, ours = (statistics.median(first_step(ours=whose) for _ in "abc") for whose in (False, True))
    print(f"\nThe first step of a process: {theirs:.2f} s with torch's, {ours:.2f} s with ours")


if __name__ == "__main__":
    main()
