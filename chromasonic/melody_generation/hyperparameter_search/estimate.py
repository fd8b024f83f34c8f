"""How long a search will take on this machine, from a few real batches trained on it.

The time of one token in one epoch is a sum of four `parts`: what each step costs however little it computes, and what
each unit of it costs, both shared by the phrases of a batch; the arithmetic of each unit and that of each weight. Their
costs are fitted to a handful of short trainings, once per model family and device, and kept in the workspace's cache.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, pairwise
from pathlib import Path
from statistics import geometric_mean
from typing import Any

import numpy as np
import numpy.typing as npt
import optuna

from chromasonic.errors import ChromasonicError
from chromasonic.files import file_name, write_whole
from chromasonic.melody_generation.cores import cores
from chromasonic.results.records import Epoch
from chromasonic.results.workload import Begun

from .children import die_with_the_parent
from .settings import SearchSettings
from .space import Params

TURN_COST = 0.2
"""Seconds that it takes to begin a trial or to let it go on, beside its training: its settings are sought, and what it
learned is written down. Measured (docs/performance.md)."""

Floats = npt.NDArray[np.float64]

CALIBRATION_TIMEOUT = 120  # seconds
KEPT_FOR = 24 * 60 * 60  # seconds
_SAMPLES = 256
_ROUNDS = 2  # the faster counts: another program may have held up the other
_PROBES: tuple[Params, ...] = tuple(
    {"hidden_size": hidden, "num_layers": layers, "batch_size": batch, "embedding_dim": 64, "dropout": 0.1}
    for hidden, layers, batch in (
        *((64, 1, 4), (128, 2, 8), (256, 1, 4)),  # as little music is learned
        *((128, 1, 16), (384, 2, 16)),
        *((64, 3, 64), (256, 1, 64)),
    )
)
_STEPS = 2  # batches in an epoch, or as many as it takes to learn from 16 phrases


@dataclass(frozen=True)
class Speed:
    """What one token costs in training, for one model family on one device of this machine."""

    costs: Sequence[float]  # seconds for one of each of its `parts`
    start_up: float = 0.0  # seconds until a training process is ready

    def seconds_per_token(self, family: str, params: Params, vocab_size: int) -> float:
        """Training time of one token in one epoch, validation included."""
        return float(np.dot(self.costs, parts(family, params, vocab_size)))


def parts(family: str, params: Params, vocab_size: int) -> tuple[float, float, float, float]:
    """What is done for one token: steps, units of these steps, units, and weights that it is multiplied with.

    A batch of phrases shares a step. Measured: over 60 settings of a family (64 to 384 units, 1 to 3 layers, batches of
    4 to 64) the times differ by 6 to 10 % from the best sum of these parts.
    """
    layers, units = params["num_layers"], params["num_layers"] * params["hidden_size"]
    batch_size = params["batch_size"]
    return layers / batch_size, units / batch_size, units, weights(family, params, vocab_size)


def weights(family: str, params: Params, vocab_size: int) -> float:
    """Weights that each token is multiplied with, to within a few per cent (biases and norms left out)."""
    hidden, embedding, layers = params["hidden_size"], params["embedding_dim"], params["num_layers"]
    ends = embedding * hidden + hidden * vocab_size
    if family == "transformer":
        return ends + layers * 12 * hidden**2  # 4 for attention, 8 for the feed-forward part
    gates = {"lstm": 4, "gru": 3}.get(family, 1)
    return ends + gates * hidden * (embedding + hidden + (layers - 1) * 2 * hidden)


def known_speed(cache: Path, family: str, device: str) -> Speed | None:
    """The speed measured on this machine within the last day; None when it was not.

    A machine may have been busy with other things while it was measured, so the figure is not kept for ever.
    """
    try:
        if time.time() - _file(cache, family, device).stat().st_mtime > KEPT_FOR:
            return None
        return Speed(**json.loads(_file(cache, family, device).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def measure_speed(cache: Path, family: str, device: str) -> Speed:
    """Train a few batches in a process of its own (some seconds), and keep what was measured.

    Raises:
        ChromasonicError: the measurement failed.
    """
    began = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__, family, device],
            capture_output=True,
            text=True,
            timeout=CALIBRATION_TIMEOUT,
            check=True,
        )
        measured = json.loads(done.stdout)
        training = measured.pop("training")
        speed = Speed(**measured, start_up=time.perf_counter() - began - training)
    except (subprocess.SubprocessError, ValueError, TypeError, KeyError) as error:
        raise ChromasonicError(
            "The speed of this machine could not be measured, so no time can be foretold. The search itself works."
        ) from error
    write_whole(_file(cache, family, device), json.dumps(asdict(speed)))
    return speed


def _file(cache: Path, family: str, device: str) -> Path:
    return cache / f"speed-{file_name(f'{family} {device} {cores()}')}.json"


@dataclass(frozen=True)
class Shown:
    """How fast a search went, all that it costs to begin its trials and to let them go on included."""

    settings: SearchSettings
    pace: float  # seconds from epoch to epoch of each trial in training


def estimate_seconds(
    settings: SearchSettings,
    speeds: dict[str, Speed],
    n_tokens: int,
    vocab_size: int,
    begun: Sequence[Begun] = (),
    shown: Shown | None = None,
) -> float:
    """Seconds that a search will take over `n_tokens` training tokens, its time limit not counted.

    Args:
        settings: the search.
        speeds: the measured speed of each of its families.
        n_tokens: tokens in one epoch.
        vocab_size: number of different tokens.
        begun: trials that it takes along from another search.
        shown: what another search over the same tokens has shown on this machine, which is surer than a measured speed.
    """
    per_token = _seconds_a_token(settings, speeds, vocab_size)
    if shown is not None and speeds.keys() >= set(shown.settings.families):
        dearer = per_token / _seconds_a_token(shown.settings, speeds, vocab_size)
        return dearer * shown.pace * settings.workload.epochs_on_the_clock(begun, settings.jobs)
    at_once = min(settings.jobs, cores()) if settings.device == "cpu" else settings.jobs
    start_up = max(speeds[family].start_up for family in settings.families)
    work = settings.workload
    training = per_token * n_tokens * work.epochs_on_the_clock(begun, at_once)
    return start_up + training + TURN_COST * work.turns_left(begun) / at_once


def _seconds_a_token(settings: SearchSettings, speeds: dict[str, Speed], vocab_size: int) -> float:
    """What one token takes in one epoch, in the mean over what a search is expected to train."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    drawn = [settings.space.suggest(study.ask()) for _ in range(_SAMPLES)]

    def seconds(some: Sequence[Params]) -> list[float]:
        return [
            speeds[family].seconds_per_token(family, params, vocab_size)
            for params in some
            for family in settings.families
        ]

    return expected_cost(seconds(drawn), seconds([settings.space.untuned()]))


def expected_cost(drawn: Sequence[float], untuned: Sequence[float]) -> float:
    """What the settings cost that a search trains, in the mean.

    A sampler begins anywhere in the range and comes to prefer what is good, which the default settings are near. So
    it lies between the two, on a scale of ratios: the mean of a wide range is that of its few largest models, which
    little music hardly ever needs. Measured: the true mean is 0.8 to 1.3 times that (docs/performance.md).

    Args:
        drawn: what settings cost that were drawn from the whole range.
        untuned: what the default settings cost.
    """
    return geometric_mean([geometric_mean(drawn), geometric_mean(untuned)])


def _measure(family: str, device: str) -> dict[str, Any]:
    """The figures of a `Speed` but for the start-up, and the seconds that the `training` took."""
    import torch

    from chromasonic.melody_generation.datasets import DEFAULT_CONTEXT, SearchData
    from chromasonic.melody_generation.tokenization import VOCABULARY

    from .candidate import Answer, Candidate
    from .in_process import InProcessTrainer

    began = time.perf_counter()  # torch is there now; what came before is start-up
    generator = torch.Generator().manual_seed(0)

    def seconds_per_token(probe: Params) -> float:
        n_phrases = max(_STEPS * int(probe["batch_size"]), 16)
        n_held_out = n_phrases // 8  # as many for each phrase learned as in a search
        tokens = torch.randint(
            VOCABULARY.size, (n_phrases + n_held_out, DEFAULT_CONTEXT + 1), generator=generator
        ).tolist()
        data = SearchData(
            train=tokens[:n_phrases],
            validation=tokens[n_phrases:],
            test=[],
            vocab_size=VOCABULARY.size,
            sequence_length=DEFAULT_CONTEXT,
            music="calibration",
            melodic=True,
        )
        trainer = InProcessTrainer(data, device)
        params = {**probe, "learning_rate": 1e-3}
        ended: list[float] = []

        def note(epoch: Epoch) -> Answer:
            ended.append(time.perf_counter())
            return Answer.GO_ON

        candidate = Candidate(number=0, family=family, params=params, epochs=1 + _ROUNDS, seed=0)
        trainer.train(candidate, note)  # the first epoch also warms up
        return min(after - before for before, after in pairwise(ended)) / (n_phrases * DEFAULT_CONTEXT)

    measured = np.array([seconds_per_token(probe) for probe in _PROBES])
    done = np.array([parts(family, probe, VOCABULARY.size) for probe in _PROBES])
    return {"costs": fit_costs(done, measured).tolist(), "training": time.perf_counter() - began}


def fit_costs(done: Floats, measured: Floats) -> Floats:
    """The cost of each part, none below zero, that explains the measured times best, by their relative squared errors.

    Args:
        done: times x parts, how much of each part was done.
        measured: seconds.
    """
    shares = done / measured[:, None]
    best, least = np.zeros(done.shape[1]), np.inf
    for size in range(1, done.shape[1] + 1):
        for some in combinations(range(done.shape[1]), size):  # the best has no cost below zero, or leaves that out
            costs, *_ = np.linalg.lstsq(shares[:, some], np.ones(len(measured)), rcond=None)
            error = float(np.sum((shares[:, some] @ costs - 1) ** 2))
            if error < least and costs.min() >= 0:
                best, least = np.zeros(done.shape[1]), error
                best[list(some)] = costs
    return best


def _main(arguments: list[str]) -> None:
    die_with_the_parent()
    print(json.dumps(_measure(*arguments)))


if __name__ == "__main__":
    _main(sys.argv[1:])
