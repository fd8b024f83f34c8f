"""What a graphics card could do for small models: a training step recorded once as a CUDA graph, and several at once.

    python benchmarks/gpu_graphs.py
    python benchmarks/gpu_graphs.py --hidden 128 --layers 2 --at-once 8 32

A step of a small model is some hundred kernels of a few microseconds each, and Python launches them one by one. Each
line compares notes per second of the plain step, of the same step replayed as one graph, and of several models of one
process, each with its graph on a stream of its own. Forward, loss, gradients, clipping and AdamW are all in it; the
batch is always the same 32 phrases of 128 notes, so this is the limit for the app's loop, not its speed. There is no
dropout: that between the layers of a recurrent model keeps its state in the memory of the graph recorded last, and what
is replayed after that graph is gone reads memory that is no longer its own.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.models import MODEL_FAMILIES
from chromasonic.melody_generation.training import build_model, device_name, use_one_thread

KEYS, PHRASES, NOTES = 88, 32, 128
CARD = torch.device("cuda:0")

Step = Callable[[], None]


def training_step(family: str, options: argparse.Namespace, *, mixed: bool) -> Step:
    """One optimizer step of a new model on a batch of chance notes; it can be recorded, for it never asks the card."""
    architecture = {
        "embedding_dim": options.hidden // 2,
        "hidden_size": options.hidden,
        "num_layers": options.layers,
        "dropout": 0.0,
    }
    model = build_model(MODEL_FAMILIES[family], KEYS, architecture, seed=0, device=CARD).train()
    rate = torch.tensor(1e-3, device=CARD)  # where the graph can read it anew
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, fused=True, capturable=True)
    inputs, targets = torch.randint(KEYS, (2, PHRASES, NOTES), device=CARD)

    def step() -> None:
        optimizer.zero_grad(set_to_none=False)
        with torch.autocast("cuda", torch.bfloat16, enabled=mixed):
            loss = F.cross_entropy(model(inputs).flatten(0, -2), targets.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True)
        optimizer.step()

    return step


def recorded(step: Step) -> Step:
    """`step` as one CUDA graph on a stream of its own; it keeps what the graph works on."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):  # what is made once, such as the optimizer's state, must exist before
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):  # where cuBLAS has its workspace already, which so outlives the graph
        step()

    def replay(kept: Step = step) -> None:
        with torch.cuda.stream(stream):
            graph.replay()

    return replay


def notes_per_second(steps: list[Step], rounds: int) -> float:
    """Of all `steps` together, `rounds` times one after another."""
    for _ in range(3):
        for step in steps:
            step()
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(rounds):
        for step in steps:
            step()
    torch.cuda.synchronize()
    return rounds * len(steps) * PHRASES * NOTES / (time.perf_counter() - started)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--at-once", nargs="+", type=int, default=[8])
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()

    use_one_thread()
    print(f"{device_name(CARD)}, torch {torch.__version__}; hidden {options.hidden}, {options.layers} layers\n")
    several = "".join(f"{n:>14} at once" for n in options.at_once)
    print(f"{'family':<12} {'numbers':<8} {'plain':>12} {'graph':>21}{several}")
    for family in MODEL_FAMILIES:
        for mixed in (False, True):
            plain = notes_per_second([training_step(family, options, mixed=mixed)], options.rounds)
            line = f"{MODEL_LABELS[family]:<12} {'bfloat16' if mixed else 'float32':<8} {plain:>12,.0f}"
            for at_once in (1, *options.at_once):
                steps = [recorded(training_step(family, options, mixed=mixed)) for _ in range(at_once)]
                rate = notes_per_second(steps, options.rounds)
                line += f" {rate:>14,.0f} {rate / plain:>4.1f}×"
            print(line, flush=True)


if __name__ == "__main__":
    main()
