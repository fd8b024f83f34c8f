"""How long a search will take on this machine, from a few real batches trained on it.

The time of one token in one pass is modelled as a·layers/batch + b·weights: the first part is what each step costs
however little it computes, the second is arithmetic. `a` and `b` are fitted to a handful of short trainings, once per
model family and device, and kept in the workspace's cache.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import numpy as np
import optuna

from chromasonic.errors import ChromasonicError
from chromasonic.files import file_name, write_whole
from chromasonic.melody_generation.cores import cores
from chromasonic.results.records import Epoch
from chromasonic.results.workload import Begun

from .children import die_with_the_parent
from .settings import SearchSettings
from .space import Params

DEARER = 1.2
"""So many times what the settings of a range take in the mean is what those take that a search trains: larger models
and smaller batches, which take longer, lead more often than not. Measured: 0.5 to 1.7 (docs/performance.md)."""

TURN_COST = 0.2
"""Seconds that it takes to begin a trial or to let it go on, beside its training: its settings are sought, and what it
learned is written down. Measured (docs/performance.md)."""

CALIBRATION_TIMEOUT = 120  # seconds
KEPT_FOR = 24 * 60 * 60  # seconds
_SAMPLES = 256
_ROUNDS = 2  # the faster counts: another program may have held up the other
_PROBES: tuple[Params, ...] = tuple(
    {"hidden_size": hidden, "num_layers": layers, "batch_size": batch, "embedding_dim": 64, "dropout": 0.1}
    for hidden, layers, batch in ((64, 1, 16), (64, 3, 64), (128, 2, 32), (256, 1, 64), (384, 2, 32))
)


@dataclass(frozen=True)
class Speed:
    """What one token costs in training, for one model family on one device of this machine."""

    per_layer_step: float  # seconds per layer and step, spread over the phrases of a batch
    per_weight: float  # seconds per weight and token
    start_up: float = 0.0  # seconds until a training process is ready

    def seconds_per_token(self, family: str, params: Params, vocab_size: int) -> float:
        """Training time of one token in one epoch, validation included."""
        step = self.per_layer_step * params["num_layers"] / params["batch_size"]
        return step + self.per_weight * weights(family, params, vocab_size)


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
    training = DEARER * per_token * n_tokens * work.epochs_on_the_clock(begun, at_once)
    return start_up + training + TURN_COST * work.turns_left(begun) / at_once


def _seconds_a_token(settings: SearchSettings, speeds: dict[str, Speed], vocab_size: int) -> float:
    """What one token takes in one epoch, in the mean over the settings that a search may try."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    drawn = [settings.space.suggest(study.ask()) for _ in range(_SAMPLES)]
    return fmean(
        speeds[family].seconds_per_token(family, params, vocab_size) for params in drawn for family in settings.families
    )


def _measure(family: str, device: str) -> dict[str, float]:
    """The figures of a `Speed` but for the start-up, and the seconds that the `training` took."""
    import torch

    from chromasonic.melody_generation.datasets import DEFAULT_CONTEXT, SearchData
    from chromasonic.melody_generation.tokenization import VOCABULARY

    from .candidate import Answer, Candidate
    from .in_process import InProcessTrainer

    began = time.perf_counter()  # torch is there now; what came before is start-up
    generator = torch.Generator().manual_seed(0)

    def seconds_per_token(probe: Params) -> float:
        n_phrases = int(probe["batch_size"]) * 2
        tokens = torch.randint(VOCABULARY.size, (n_phrases + 4, DEFAULT_CONTEXT + 1), generator=generator).tolist()
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
    features = np.array([[p["num_layers"] / p["batch_size"], weights(family, p, VOCABULARY.size)] for p in _PROBES])
    (per_step, per_weight), *_ = np.linalg.lstsq(features / measured[:, None], np.ones(len(measured)), rcond=None)
    return {
        "per_layer_step": max(float(per_step), 0.0),
        "per_weight": max(float(per_weight), 0.0),
        "training": time.perf_counter() - began,
    }


def _main(arguments: list[str]) -> None:
    die_with_the_parent()
    print(json.dumps(_measure(*arguments)))


if __name__ == "__main__":
    _main(sys.argv[1:])
