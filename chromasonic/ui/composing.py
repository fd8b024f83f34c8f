"""From a search to new melodies: which models are kept, what they begin with, and what they sing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chromasonic.errors import SettingsError
from chromasonic.languages import ENGLISH, speaking
from chromasonic.music.key_finding import estimated_key
from chromasonic.music.melody import Key, Melody, Meter, to_beats, to_ticks
from chromasonic.music.originality import KnownMusic
from chromasonic.music.outcome import Reading
from chromasonic.music.packing import DamagedFileError, read_packed, write_packed
from chromasonic.results.records import ranked
from chromasonic.ui import context, login
from chromasonic.ui.home import Home
from chromasonic.ui.learned import learned_at
from chromasonic.ui.wording import listen as words

if TYPE_CHECKING:
    from torch import nn

    from chromasonic.melody_generation.generation import GenerationConfig
    from chromasonic.melody_generation.hyperparameter_search.search import Search
    from chromasonic.melody_generation.model_bundle.shelf import StoredModel


@dataclass(frozen=True)
class KeptModel:
    """A model one can listen to."""

    label: str  # in English, to be told anew where it is shown
    stem: Path  # of its checkpoint
    family: str
    trial: int | None = None  # its number; None for the final model, and for several that sing together
    members: tuple[int, ...] = ()  # numbers of the trials whose models sing together
    stored: StoredModel | None = None  # where it is a finished model by itself

    @property
    def is_final(self) -> bool:
        """Whether it learned from all the music."""
        return self.trial is None and not self.members


@dataclass(frozen=True)
class Opening:
    """What new melodies begin with."""

    melody: Melody
    is_played: bool = False  # just now, on the keys: it stays where it was played, whatever key is asked for


@dataclass(frozen=True)
class Making:
    """How a melody was made."""

    search: str  # the name that its search had
    model: str  # the label of the one that sang
    config: GenerationConfig
    is_final: bool = False  # whether that one learned from all the music
    variation: int = 1  # which of those that were made in one go
    primer_beats: float = 0.0  # of its opening, where one was given
    primer_bars: int = 0  # its upbeat not counted; the bars of `config` follow these
    primer_title: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` turns back into an equal record."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Making:
        """The record that `to_json` wrote. Raises KeyError, TypeError or SettingsError for another."""
        return cls(**record | {"config": _config_from(record["config"])})


@dataclass(frozen=True)
class Take:
    """A melody that a model sang, and how it was made."""

    melody: Melody
    making: Making


@dataclass(frozen=True)
class Composition:
    """The melodies that are at hand, and what was asked for last."""

    takes: tuple[Take, ...]
    config: GenerationConfig

    @property
    def melodies(self) -> tuple[Melody, ...]:
        """The melodies themselves."""
        return tuple(take.melody for take in self.takes)

    @property
    def has_opening(self) -> bool:
        """Whether they begin with something that was given."""
        return any(take.making.primer_beats for take in self.takes)

    def with_take(self, place: int, take: Take) -> Composition:
        """The same with another melody in that place, under the title of the one that stood there."""
        before = self.takes[place]
        take = replace(take, melody=replace(take.melody, title=before.melody.title))
        return replace(self, takes=(*self.takes[:place], take, *self.takes[place + 1 :]))

    def without(self, place: int) -> Composition:
        """The same without the melody in that place."""
        return replace(self, takes=self.takes[:place] + self.takes[place + 1 :])


@speaking(ENGLISH)
def kept_models(search: Search) -> list[KeptModel]:
    """The final model, then the best ones together, then those of the kept trials, best first."""
    from chromasonic.melody_generation.hyperparameter_search.ensemble import ENSEMBLE, known_ensemble
    from chromasonic.melody_generation.hyperparameter_search.final import final_checkpoint, has_final

    record = search.record()
    kept = set(search.checkpoints.kept())
    models = []
    for place, trial in enumerate(ranked(record.trials)):
        if trial.number in kept:
            label = words.BEST if place == 0 else words.UNTUNED if trial.is_untuned else words.OTHER
            named = label.format(number=trial.number, loss=trial.best_validation_loss)
            models.append(KeptModel(named, search.checkpoints.stem(trial.number), trial.family, trial.number))
    if (together := known_ensemble(search)) is not None and together.n > 1:
        label = words.TOGETHER.format(n=together.n)
        models.insert(0, KeptModel(label, search.folder / ENSEMBLE, ENSEMBLE, members=together.members))
    if has_final(search) and (family := _family_in(final_checkpoint(search))):
        models.insert(0, KeptModel(words.FINAL, final_checkpoint(search), family))
    return models


@speaking(ENGLISH)
def finished_models() -> list[KeptModel]:
    """The finished models of whoever is at the page, which sing without any search."""
    from chromasonic.melody_generation.model_bundle.shelf import list_models

    return [
        KeptModel(words.BROUGHT.format(name=stored.name), stored.path, stored.about.family, stored=stored)
        for stored in list_models(context.workspace().models)
        if stored.about is not None
    ]


def _family_in(stem: Path) -> str | None:
    """What the file beside the weights says; None while it is being written, or when it is gone."""
    try:
        about: dict[str, str] = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
        return about["family"]
    except (OSError, ValueError, KeyError):
        return None


def compose(
    home: Home,
    model: KeptModel,
    config: GenerationConfig,
    opening: Opening | None,
    tunes: Iterable[Melody] = (),
) -> Composition:
    """What `model`, which learned from `tunes`, sings.

    In another key it sings in the one it is at home in, or in that of its opening, and all of it is moved afterwards:
    what it knows of a key it learned there.

    Raises:
        ChromasonicError: its weights are gone or damaged, or it learned something else than melodies.
    """
    from chromasonic.melody_generation.generation import generate

    singer = _singer(home.search, model)
    learned = None if config.longest_copy is None else learned_at(home, everything=model.is_final)
    known = learned.known if learned else KnownMusic(())  # where nobody can tell what it learned, nothing is a copy
    at_home, semitones = _at_home(config, opening, tunes)
    primer = opening.melody if opening else None
    melodies = generate(singer, at_home, primer, context=home.context, known=known)
    making = Making(home.name, model.label, config, is_final=model.is_final)
    if primer is not None:
        beats = to_beats(to_ticks(primer.duration))  # on the grid, where the model goes on
        bars = replace(primer, meter=config.meter).bars
        making = replace(making, primer_beats=beats, primer_bars=bars, primer_title=primer.title)
    takes = (
        Take(_moved(melody, semitones, config.key), replace(making, variation=number))
        for number, melody in enumerate(melodies, start=1)
    )
    return Composition(tuple(takes), config)


def _singer(search: Search | None, model: KeptModel) -> nn.Module:
    from chromasonic.melody_generation.models.ensemble import Ensemble

    if model.stored is not None or search is None:
        return _load_finished(model.stem, _changed(model.stem))
    if model.members:
        stems = [(search.checkpoints.stem(number), search.trial(number).family) for number in model.members]
        for number in model.members:
            search.checkpoints.bring(number)
        return Ensemble([_load(stem, family, _written(stem)) for stem, family in stems])
    if model.trial is not None:
        search.checkpoints.bring(model.trial)
    return _load(model.stem, model.family, _written(model.stem))


def _at_home(
    config: GenerationConfig, opening: Opening | None, tunes: Iterable[Melody]
) -> tuple[GenerationConfig, int]:
    """How the model is to sing, and how many semitones higher that is to sound."""
    from chromasonic.melody_generation.tokenization import HIGHEST_PITCH, LOWEST_PITCH

    asked = config.key
    if asked is None or (opening and opening.is_played):
        return config, 0
    home = (opening.melody.key or estimated_key(opening.melody)) if opening else usual_key(tunes, asked.mode)
    if home is None:
        return config, 0
    semitones = (asked.pitch_class - home.pitch_class + 6) % 12 - 6  # down or up, whichever is nearer
    lowest, highest = config.lowest, config.highest
    if lowest > LOWEST_PITCH:
        lowest = max(0, lowest - semitones)
    if highest < HIGHEST_PITCH:
        highest = min(127, highest - semitones)
    return replace(config, key=home, lowest=lowest, highest=highest), semitones


def usual_key(melodies: Iterable[Melody], mode: str) -> Key | None:
    """The key of that mode whose signature is the most usual: among the melodies in it, or else among all."""
    keys = [melody.key for melody in melodies if melody.key]
    for those in ([key for key in keys if key.mode == mode], keys):
        if those:
            return Key.from_fifths(Counter(key.fifths for key in those).most_common(1)[0][0], mode)
    return None


def _moved(melody: Melody, semitones: int, key: Key | None) -> Melody:
    if key is None:
        return melody
    try:
        return replace(melody.transposed(semitones), key=key)
    except ValueError as error:
        raise SettingsError(
            "key", f"in {key} some notes of the opening would be too low or too high to sound. Choose another key."
        ) from error


def keep_composition(home: Home, composition: Composition) -> None:
    """Keep `composition` on disk as the last one of a model at `home`.

    Raises:
        WorkspaceError: it cannot be written.
    """
    about = {
        "config": asdict(composition.config),
        "takes": [take.making.to_json() for take in composition.takes],
    }
    write_packed(_composition_file(home), about, Reading(composition.melodies))


def kept_composition(home: Home) -> Composition | None:
    """What was composed last with a model at `home`; None when nothing was, or its file is damaged."""
    try:
        about, reading = read_packed(_composition_file(home))
        makings = [Making.from_json(record) for record in about["takes"]]
        takes = tuple(Take(*both) for both in zip(reading.melodies, makings, strict=True))
        return Composition(takes, _config_from(about["config"]))
    except (FileNotFoundError, DamagedFileError, KeyError, TypeError, ValueError):
        return None


def _config_from(record: dict[str, Any]) -> GenerationConfig:
    from chromasonic.melody_generation.generation import GenerationConfig

    key = record.get("key")
    return GenerationConfig(**record | {"meter": Meter(*record["meter"]), "key": Key(*key) if key else None})


def _composition_file(home: Home) -> Path:
    """Of whoever is at the page: what others compose with a shared search is not its owner's."""
    person = login.person()
    if person is None or (home.owner is not None and home.owner.id == person.id):
        return home.folder / "composition.music"
    return home.folder / f"composition-{person.folder}.music"


def _written(stem: Path) -> int:
    """When the weights at `stem` were written; 0 when they are gone, which loading them puts into words."""
    return _changed(stem.with_suffix(".safetensors"))


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


@lru_cache(maxsize=12)  # as many as sing together, and a few
def _load(stem: Path, family: str, written: int) -> nn.Module:
    """The weights as they were `written`: a final model may be trained again."""
    from chromasonic.melody_generation.hyperparameter_search.in_process import model_class_of
    from chromasonic.melody_generation.training import load_checkpoint

    return load_checkpoint(stem, model_class_of(family))[0]


@lru_cache(maxsize=4)
def _load_finished(path: Path, changed: int) -> nn.Module:
    """The model of a bundle as it was when it was last `changed`: one may go on training it."""
    from chromasonic.melody_generation.model_bundle import load_model_bundle

    return load_model_bundle(path).model
