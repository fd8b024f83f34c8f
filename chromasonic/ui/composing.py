"""From a search to new melodies: which models are kept, what they begin with, and what they sing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from chromasonic.music.melody import Melody, Meter
from chromasonic.results.records import ranked
from chromasonic.ui.wording import listen as words

if TYPE_CHECKING:
    from torch import nn

    from chromasonic.melody_generation.generation import GenerationConfig
    from chromasonic.melody_generation.hyperparameter_search.search import Search


@dataclass(frozen=True)
class KeptModel:
    """A model one can listen to."""

    label: str
    stem: Path  # of its checkpoint
    family: str


@dataclass(frozen=True)
class Composition:
    """Melodies made in one go, and how they were made."""

    melodies: tuple[Melody, ...]
    model: KeptModel
    config: GenerationConfig
    primer_beats: float


def kept_models(search: Search) -> list[KeptModel]:
    """The final model, then those of the kept trials, best first."""
    from chromasonic.melody_generation.hyperparameter_search.final import final_checkpoint, has_final

    record = search.record()
    kept = set(search.kept_checkpoints())
    models = []
    for place, trial in enumerate(ranked(record.trials)):
        if trial.number in kept:
            label = words.BEST if place == 0 else words.UNTUNED if trial is record.untuned else words.OTHER
            named = label.format(number=trial.number, loss=trial.best_validation_loss)
            models.append(KeptModel(named, search.checkpoint(trial.number), trial.family))
    if has_final(search) and record.best is not None:
        models.insert(0, KeptModel(words.FINAL, final_checkpoint(search), _family_in(final_checkpoint(search))))
    return models


def _family_in(stem: Path) -> str:
    import json

    about: dict[str, str] = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
    return about["family"]


def compose(search: Search, model: KeptModel, config: GenerationConfig, primer: Melody | None) -> Composition:
    """What `model` sings.

    Raises:
        ChromasonicError: its weights are gone or damaged, or it learned something else than melodies.
    """
    from chromasonic.melody_generation.generation import generate

    singer = _load(model.stem, model.family, model.stem.with_suffix(".safetensors").stat().st_mtime_ns)
    melodies = generate(singer, config, primer, context=search.record().sequence_length)
    return Composition(tuple(melodies), model, config, primer.duration if primer else 0.0)


@lru_cache(maxsize=4)
def _load(stem: Path, family: str, written: int) -> nn.Module:
    """The weights as they were `written`: a final model may be trained again."""
    from chromasonic.melody_generation.hyperparameter_search.in_process import model_class_of
    from chromasonic.melody_generation.training import load_checkpoint

    return load_checkpoint(stem, model_class_of(family))[0]


def opening_of(melody: Melody, bars: int) -> Melody:
    """The first full `bars` of a tune, its upbeat included; a note that is still held there ends there."""
    end = melody.pickup + bars * (melody.meter or Meter()).bar_length
    notes = tuple(
        note._replace(duration=min(note.duration, end - note.onset)) for note in melody.notes if note.onset < end
    )
    return replace(melody, notes=notes, repeats=())
