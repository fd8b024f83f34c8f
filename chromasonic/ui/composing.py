"""From a search to new melodies: which models are kept, what they begin with, and what they sing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from chromasonic.errors import SettingsError
from chromasonic.music.melody import Melody, Meter, to_beats, to_ticks
from chromasonic.music.originality import KnownMusic
from chromasonic.music.outcome import Reading
from chromasonic.music.packing import DamagedFileError, read_packed, write_packed
from chromasonic.results.records import ranked
from chromasonic.ui import login
from chromasonic.ui.learned import learned_from
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
    trial: int | None = None  # its number; None for the final model, and for several that sing together
    members: tuple[int, ...] = ()  # numbers of the trials whose models sing together

    @property
    def is_final(self) -> bool:
        """Whether it learned from all the music."""
        return self.trial is None and not self.members


@dataclass(frozen=True)
class Composition:
    """Melodies made in one go, and how they were made."""

    melodies: tuple[Melody, ...]
    model: str  # the label of the one that made them
    config: GenerationConfig
    primer_beats: float = 0.0  # of their opening, where one was given
    primer_bars: int = 0  # its upbeat not counted; the bars of `config` follow these


def kept_models(search: Search) -> list[KeptModel]:
    """The final model, then the best ones together, then those of the kept trials, best first."""
    from chromasonic.melody_generation.hyperparameter_search.ensemble import ENSEMBLE, known_ensemble
    from chromasonic.melody_generation.hyperparameter_search.final import final_checkpoint, has_final

    record = search.record()
    kept = set(search.checkpoints.kept())
    models = []
    for place, trial in enumerate(ranked(record.trials)):
        if trial.number in kept:
            label = words.BEST if place == 0 else words.UNTUNED if trial is record.untuned else words.OTHER
            named = label.format(number=trial.number, loss=trial.best_validation_loss)
            models.append(KeptModel(named, search.checkpoints.stem(trial.number), trial.family, trial.number))
    if (together := known_ensemble(search)) is not None and together.n > 1:
        label = words.TOGETHER.format(n=together.n)
        models.insert(0, KeptModel(label, search.folder / ENSEMBLE, ENSEMBLE, members=together.members))
    if has_final(search) and (family := _family_in(final_checkpoint(search))):
        models.insert(0, KeptModel(words.FINAL, final_checkpoint(search), family))
    return models


def _family_in(stem: Path) -> str | None:
    """What the file beside the weights says; None while it is being written, or when it is gone."""
    try:
        about: dict[str, str] = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
        return about["family"]
    except (OSError, ValueError, KeyError):
        return None


def compose(search: Search, model: KeptModel, config: GenerationConfig, primer: Melody | None) -> Composition:
    """What `model` sings.

    Raises:
        ChromasonicError: its weights are gone or damaged, or it learned something else than melodies.
    """
    from chromasonic.melody_generation.generation import generate

    singer = _singer(search, model)
    learned = None if config.longest_copy is None else learned_from(search, everything=model.is_final)
    known = learned.known if learned else KnownMusic(())  # where nobody can tell what it learned, nothing is a copy
    melodies = tuple(generate(singer, config, primer, context=search.record().sequence_length, known=known))
    if primer is None:
        return Composition(melodies, model.label, config)
    beats = to_beats(to_ticks(primer.duration))  # on the grid, where the model goes on
    return Composition(melodies, model.label, config, beats, replace(primer, meter=config.meter).bars)


def _singer(search: Search, model: KeptModel) -> nn.Module:
    from chromasonic.melody_generation.models.ensemble import Ensemble

    if model.members:
        stems = [(search.checkpoints.stem(number), search.trial(number).family) for number in model.members]
        for number in model.members:
            search.checkpoints.bring(number)
        return Ensemble([_load(stem, family, _written(stem)) for stem, family in stems])
    if model.trial is not None:
        search.checkpoints.bring(model.trial)
    return _load(model.stem, model.family, _written(model.stem))


def keep_composition(search: Search, composition: Composition) -> None:
    """Keep `composition` on disk as the last one of `search`.

    Raises:
        WorkspaceError: it cannot be written.
    """
    about = {
        "model": composition.model,
        "config": asdict(composition.config),
        "primer_beats": composition.primer_beats,
        "primer_bars": composition.primer_bars,
    }
    write_packed(_composition_file(search), about, Reading(composition.melodies))


def kept_composition(search: Search) -> Composition | None:
    """What was composed last with a model of `search`; None when nothing was, or its file is damaged."""
    from chromasonic.melody_generation.generation import GenerationConfig

    try:
        about, reading = read_packed(_composition_file(search))
        config = GenerationConfig(**about["config"] | {"meter": Meter(*about["config"]["meter"])})
        return Composition(reading.melodies, about["model"], config, about["primer_beats"], about["primer_bars"])
    except (FileNotFoundError, DamagedFileError, KeyError, TypeError, SettingsError):
        return None


def _composition_file(search: Search) -> Path:
    """Of whoever is at the page: what others compose with a shared search is not its owner's."""
    person = login.person()
    if person is None or (search.owner is not None and search.owner.id == person.id):
        return search.folder / "composition.music"
    return search.folder / f"composition-{person.folder}.music"


def _written(stem: Path) -> int:
    """When the weights at `stem` were written; 0 when they are gone, which loading them puts into words."""
    try:
        return stem.with_suffix(".safetensors").stat().st_mtime_ns
    except FileNotFoundError:
        return 0


@lru_cache(maxsize=12)  # as many as sing together, and a few
def _load(stem: Path, family: str, written: int) -> nn.Module:
    """The weights as they were `written`: a final model may be trained again."""
    from chromasonic.melody_generation.hyperparameter_search.in_process import model_class_of
    from chromasonic.melody_generation.training import load_checkpoint

    return load_checkpoint(stem, model_class_of(family))[0]
