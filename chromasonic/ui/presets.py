"""What the Search page asks for, its three presets, and how its answers become the settings of a search."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from chromasonic.errors import SettingsError
from chromasonic.melody_generation.cores import cores
from chromasonic.melody_generation.datasets import DEFAULT_CONTEXT
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.space import HyperparameterSearchSpace, batch_size_for
from chromasonic.music.melody import Melody
from chromasonic.results.next_steps import MOST_MINUTES
from chromasonic.results.records import RESUMING

LEARNING_RATES = tuple(digit * 10.0**-place for place in range(5, 0, -1) for digit in (1, 2, 5))[:-2]  # 0.00001 to 0.1
BATCH_SIZES = (4, 8, 16, 32, 64, 128, 256)
BOUNDS: dict[str, tuple[float, float, float]] = {  # of each slider: lowest, highest, step
    "trials": (1, 3000, 1),
    "epochs": (1, 100, 1),
    "hidden": (32, 1024, 32),
    "layers": (1, 8, 1),
    "embedding": (32, 512, 32),
    "dropout": (0.0, 0.7, 0.05),
    "patience": (0, 100, 5),
}
TOKENS_PER_NOTE = 2.1  # a pitch and a duration, and now and then a rest
TRAIN_SHARE = 0.8
MOST_CORES_USED = 8  # unless asked for more: half a quick search, and some 300 MB of memory for each trial in training


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What stands in the widgets of the Search page. Each name is the widget's key and its name in the address."""

    trials: int
    epochs: int
    minutes: int  # time limit; 0: none
    trial_minutes: int = 0  # that one trial may take; 0: no limit
    trial_memory: int = 0  # GiB that one trial may take; 0: no limit
    families: tuple[str, ...]
    hidden: tuple[int, int]
    layers: tuple[int, int]
    embedding: tuple[int, int]
    learning_rate: tuple[float, float]
    batch: tuple[int, ...]
    dropout: tuple[float, float]
    strategy: str = RESUMING  # how trials are stopped early
    patience: int = 20  # "median": percent of its epochs that a trial may train before it is compared with the others
    transpose: bool = False
    jobs: int = 1
    device: str = "cpu"
    seed: int = 0

    def to_settings(self) -> SearchSettings:
        """The settings of the search that is asked for.

        Raises:
            SettingsError: an answer is impossible; its field is the name of the answer.
        """
        try:
            return SearchSettings(
                space=HyperparameterSearchSpace(
                    learning_rate_range=self.learning_rate,
                    batch_size_options=list(self.batch),
                    hidden_size_range=self.hidden,
                    num_layers_range=self.layers,
                    dropout_range=self.dropout,
                    embedding_dim_range=self.embedding,
                    num_epochs=self.epochs,
                ),
                families=self.families,
                n_trials=self.trials,
                timeout=self.minutes * 60.0 if self.minutes else None,
                trial_timeout=self.trial_minutes * 60.0 if self.trial_minutes else None,
                trial_memory=self.trial_memory * 1024 if self.trial_memory else None,
                seed=self.seed,
                device=self.device,
                jobs=self.jobs,
                transpose=self.transpose,
                strategy=self.strategy,
                prune_after=self.patience / 100,
            )
        except SettingsError as error:
            raise SettingsError(_ANSWER_OF.get(error.field, error.field), error.message) from error

    @classmethod
    def from_settings(cls, settings: SearchSettings) -> Answers:
        """The answers that give `settings` again, each moved to the nearest that its widget can show."""
        space = settings.space
        low, high = space.learning_rate_range
        return cls(
            trials=_shown("trials", settings.n_trials),
            epochs=_shown("epochs", space.num_epochs),
            minutes=min(_begun(settings.timeout, 60), MOST_MINUTES),
            trial_minutes=min(_begun(settings.trial_timeout, 60), MOST_MINUTES),
            trial_memory=_begun(settings.trial_memory, 1024),
            families=tuple(family for family in settings.families if family in MODEL_LABELS) or ("lstm",),
            hidden=_both_shown("hidden", space.hidden_size_range),
            layers=_both_shown("layers", space.num_layers_range),
            embedding=_both_shown("embedding", space.embedding_dim_range),
            learning_rate=(_nearest_rate(low), _nearest_rate(high)),
            batch=tuple(size for size in space.batch_size_options if size in BATCH_SIZES) or (32,),
            dropout=_both_shown("dropout", space.dropout_range),
            strategy=settings.strategy,
            patience=_shown("patience", 100 * settings.prune_after),
            transpose=settings.transpose,
            jobs=settings.jobs,
            device=settings.device,
            seed=settings.seed,
        )

    def to_widgets(self) -> dict[str, Any]:
        """Each widget's key with the value that stands in it."""
        return {key: list(value) if key in ("families", "batch") else value for key, value in asdict(self).items()}


_ANSWER_OF = {
    "learning_rate_range": "learning_rate",
    "batch_size_options": "batch",
    "hidden_size_range": "hidden",
    "num_layers_range": "layers",
    "dropout_range": "dropout",
    "embedding_dim_range": "embedding",
    "num_epochs": "epochs",
    "n_trials": "trials",
    "timeout": "minutes",
    "trial_timeout": "trial_minutes",
    "prune_after": "patience",
}


def preset(name: str, device: str, n_phrases: int) -> Answers:
    """The answers of the preset called `name` on `device`, for music with `n_phrases` to learn from."""
    jobs = min(cores(), MOST_CORES_USED) if device == "cpu" else 1  # models on one graphics card would share it
    answers = Answers(**_PRESETS[name], device=device, jobs=jobs)
    smaller = answers.batch[0] // batch_size_for(n_phrases)  # so many times: little music makes few large batches
    return replace(answers, batch=tuple(size // smaller for size in answers.batch))


def phrases_to_learn(melodies: Iterable[Melody]) -> int:
    """About how many phrases a search of `melodies` learns from."""
    lengths = (math.ceil(TOKENS_PER_NOTE * len(melody.notes) / DEFAULT_CONTEXT) for melody in melodies)
    return round(TRAIN_SHARE * sum(lengths))


_PRESETS: dict[str, dict[str, Any]] = {
    "quick": {  # three minutes on two cores, and in them small models, half of which train for one epoch
        "trials": 60, "epochs": 8, "minutes": 3, "families": ("lstm",),
        "hidden": (64, 192), "layers": (1, 2), "embedding": (32, 96),
        "learning_rate": (5e-4, 1e-2), "batch": (16, 32, 64), "dropout": (0.0, 0.3),
    },
    "balanced": {
        "trials": 80, "epochs": 20, "minutes": 30, "families": ("lstm", "gru"),
        "hidden": (64, 320), "layers": (1, 3), "embedding": (32, 192),
        "learning_rate": (1e-4, 1e-2), "batch": (16, 32, 64, 128), "dropout": (0.0, 0.5),
    },
    "thorough": {  # the promised default ranges
        "trials": 300, "epochs": 40, "minutes": 240, "families": ("lstm", "gru", "rnn", "transformer"),
        "hidden": (64, 512), "layers": (1, 4), "embedding": (32, 256),
        "learning_rate": (1e-5, 1e-2), "batch": (16, 32, 64, 128), "dropout": (0.0, 0.5),
    },
}  # fmt: skip


def _begun(value: float | None, unit: int) -> int:
    """How many units hold `value`, a begun one counting; 0 for none."""
    return math.ceil(value / unit) if value else 0


def _shown(key: str, value: float) -> Any:
    """`value` moved to the nearest that the slider `key` has."""
    low, high, step = BOUNDS[key]
    moved = low + round((min(max(value, low), high) - low) / step) * step
    return round(moved, 2) if isinstance(low, float) else int(moved)


def _both_shown(key: str, ends: tuple[float, float]) -> tuple[Any, Any]:
    return _shown(key, ends[0]), _shown(key, ends[1])


def _nearest_rate(rate: float) -> float:
    return min(LEARNING_RATES, key=lambda other: abs(other - rate))
