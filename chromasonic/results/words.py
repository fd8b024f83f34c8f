"""How results are put into words: names, numbers and lengths of time, the same in report, advice and charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from chromasonic.results.records import PARAMETERS, Baselines, SearchState, TrialRecord, TrialState

NAMES = {
    "learning_rate": "learning rate",
    "batch_size": "batch size",
    "hidden_size": "hidden size",
    "num_layers": "number of layers",
    "dropout": "dropout",
    "embedding_dim": "embedding size",
    "model_family": "kind of model",
}

STATES = {
    TrialState.WAITING: "waiting",
    TrialState.RUNNING: "training now",
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "stopped early, it fell behind",
    TrialState.FAILED: "failed",
    TrialState.INTERRUPTED: "interrupted, does not count",
}

SEARCH_STATES = {
    SearchState.RUNNING: "still running",
    SearchState.PAUSED: "paused",
    SearchState.STOPPED: "stopped; it can be resumed",
    SearchState.FINISHED: "finished",
    SearchState.FAILED: "failed",
}


def count(number: int, noun: str) -> str:
    """`1 trial`, `2 trials`, `1,059 tunes`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listing(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else list(items))


@lru_cache(maxsize=8192)  # a live page writes the same few thousand again and again
def number(value: float) -> str:
    """Three significant digits and never an exponent: `0.00123`, `0.00003`, `128`."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def setting(name: str, value: float | int | str) -> str:
    """The value of a setting as a person reads it."""
    return number(value) if isinstance(value, float) else str(value)


def settings_of(trial: TrialRecord) -> list[tuple[str, str]]:
    """A trial's settings as (key, value), the six in their usual order."""
    keys = [
        *(key for key in PARAMETERS if key in trial.params),
        *(key for key in trial.params if key not in PARAMETERS),
    ]
    return [(key, setting(key, trial.params[key])) for key in keys]


def duration(seconds: float) -> str:
    """`45 s`, `3 min 20 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def choices(loss: float) -> str:
    """A loss as the number of equally likely choices it is worth (the perplexity): `7.4`, `88`."""
    perplexity = math.exp(min(loss, 50.0))
    return f"{perplexity:.1f}" if perplexity < 20 else f"{perplexity:,.0f}"


def gain(better: float, worse: float) -> str:
    """How much better a lower loss is, as the chance it gives to what really comes next (geometric mean)."""
    factor = math.exp(worse - better)
    return f"a {(factor - 1) * 100:.0f} % better chance" if factor < 2 else f"a {factor:.1f} times better chance"


def ngram_name(baselines: Baselines) -> str:
    """The back-off n-gram model, in plain words and in its own."""
    return f"counting what follows what ({baselines.ngram_order}-gram)"


def curve_loss(trial: TrialRecord) -> float | None:
    """The loss to show for a trial in any state: its best so far; None before its first epoch."""
    if trial.best_validation_loss is not None and math.isfinite(trial.best_validation_loss):
        return trial.best_validation_loss
    return min((epoch.validation_loss for epoch in trial.curve if math.isfinite(epoch.validation_loss)), default=None)
