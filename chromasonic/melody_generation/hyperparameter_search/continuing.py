"""Go on training a finished model, on its own music or other (*fine-tuning*); the old weights stay until one decides.

A model that has heard all of its music has no tune left to be judged by. So tunes that it never heard, known by their
prints, are held back where the music has enough of them; where it has not, its loss is one on tunes that it knows, and
is called so.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from tempfile import mkdtemp

from chromasonic.checks import instance, whole
from chromasonic.errors import ModelBundleError, NotEnoughMusicError
from chromasonic.melody_generation import model_bundle
from chromasonic.melody_generation.datasets import SearchData, families_of_tunes, prepare, save_data, split_by_tune
from chromasonic.melody_generation.model_bundle.about import MOST_LESSONS, ModelAbout, now, prints_of
from chromasonic.melody_generation.model_bundle.shelf import StoredModel, open_model
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.melody_generation.training import device_or_cpu, load_checkpoint, save_checkpoint
from chromasonic.music.melody import Melody
from chromasonic.music.sets import MusicSet
from chromasonic.people import Person

from .background import BackgroundTraining
from .candidate import ARCHITECTURE, Candidate
from .final_bundle import licences
from .trial_process import ChildTrainer

MOST_EPOCHS = 200
GENTLER = 0.3
"""Of the learning rate that it first learned with: at full rate the first steps would undo much of what it knows."""

_USUAL = {"learning_rate": 3e-4, "batch_size": 32}  # where nobody knows how it was trained


@dataclass(frozen=True)
class Dealt:
    """Music dealt for a model that has heard some of it."""

    data: SearchData
    is_unheard: bool  # whether the model heard none of the tunes that it is judged by
    n_heard: int  # tunes of the music that it heard before


def deal(melodies: Sequence[Melody], name: str, heard: Collection[str], context: int, seed: int = 0) -> Dealt:
    """Deal `melodies`: what the model `heard` is only learned from, a fifth of the rest is held back to judge it by.

    Where there are fewer than three different tunes that it has not heard, it is judged by tunes that it has.

    Raises:
        NotEnoughMusicError: there is too little to learn from.
    """
    heard = set(heard)
    families = families_of_tunes([tune for tune in melodies if tune.notes])
    known: list[list[Melody]] = []
    fresh: list[list[Melody]] = []
    for family in families:  # a near copy of what it heard is no new tune
        (known if any(_print(tune) in heard for tune in family) else fresh).append(family)
    n_heard = sum(len(family) for family in known)
    if not known or len(fresh) < 3:
        return Dealt(prepare(melodies, name, seed, context), is_unheard=not known, n_heard=n_heard)
    try:
        split = split_by_tune(list(chain.from_iterable(fresh)), seed)
    except NotEnoughMusicError:  # the new ones are too short
        return Dealt(prepare(melodies, name, seed, context), is_unheard=False, n_heard=n_heard)
    train = [*chain.from_iterable(known), *split.train]
    data = SearchData(
        [VOCABULARY.encode(tune) for tune in train],
        [VOCABULARY.encode(tune) for tune in (*split.validation, *split.test)],
        [],
        VOCABULARY.size,
        context,
        name,
        melodic=True,
    )
    return Dealt(data, is_unheard=True, n_heard=n_heard)


def _print(tune: Melody) -> str:
    """As the tune comes back from its tokens, which is how those are that it learned from."""
    return model_bundle.tune_print(VOCABULARY.decode(VOCABULARY.encode(tune)))


class Continuation(BackgroundTraining):
    """Goes on training a finished model in the background; what comes of it waits beside the model to be kept.

    Args:
        stored: the model.
        music: what it is to learn from now.
        epochs: how many times through that.
        owner: who does so, where people log in.
        device: where.

    Raises:
        SettingsError: an argument is not what it may be.
        ModelBundleError: the model is gone or damaged.
    """

    is_shared = False  # a model is its owner's alone

    def __init__(
        self, stored: StoredModel, music: MusicSet, epochs: int, *, owner: Person | None = None, device: str = "cpu"
    ) -> None:
        instance("stored", stored, StoredModel, "a StoredModel, such as list_models(…) gives")
        instance("music", music, MusicSet, "a MusicSet(name, melodies)")
        whole("epochs", epochs, at_least=1, at_most=MOST_EPOCHS)
        self.stored, self.owner, self.name, self.music = stored, owner, stored.name, music
        self._bundle = open_model(stored)
        self._about = self._bundle.about
        self._folder = Path(mkdtemp(prefix="chromasonic-"))
        super().__init__(f"going on with {stored.id}", epochs, device_or_cpu(device))

    def _prepare(self) -> tuple[Candidate, Path]:
        about = self._about
        self.dealt = deal(self.music.melodies, self.music.name, about.heard, about.context, about.seed)
        data_file, begin = self._folder / "data.json.gz", self._folder / "begin"
        save_data(data_file, self.dealt.data)
        save_checkpoint(begin, self._bundle.model, {"family": about.family, "arguments": about.arguments})
        self._candidate = self._how(self.status.epochs, begin)
        return self._candidate, data_file

    def _how(self, epochs: int, begin: Path) -> Candidate:
        about = self._about
        params = {**_USUAL, **about.params, **{name: about.arguments[name] for name in ARCHITECTURE}}
        first = about.lessons[0].learning_rate if about.lessons else params["learning_rate"]
        return Candidate(
            number=0,
            family=about.family,
            params={**params, "learning_rate": first * GENTLER, "batch_size": int(params["batch_size"])},
            epochs=epochs,
            seed=about.seed,
            transpose=about.transpose,
            begins_with=str(begin),
        )

    def _keep(self, trainer: ChildTrainer) -> None:
        if not self.stored.path.exists():
            raise ModelBundleError(f"“{self.name}” was deleted meanwhile.")
        stem = self._folder / "learned"
        trainer.keep(stem)
        model_bundle.save_model_bundle(self.stored.tried, load_checkpoint(stem)[0], self._learned())

    def _clear(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _learned(self) -> ModelAbout:
        """What is known about the model after this lesson."""
        about, data, best = self._about, self.dealt.data, self.status.best
        before = self.status.curve[0]
        lesson = model_bundle.Lesson(
            music=self.music.name,
            n_tunes=len(data.train),
            epochs=best.number if best else 0,
            learning_rate=float(self._candidate.params["learning_rate"]),
            batch_size=int(self._candidate.params["batch_size"]),
            when=now(),
            loss_before=before.validation_loss,
            loss_after=best.validation_loss if best else None,
            n_judged=len(data.validation),
            is_unheard=self.dealt.is_unheard,
        )
        sources = tuple(dict.fromkeys([*about.music.sources, *self.music.sources]))
        music = about.music
        if self.music.name != music.name:
            music = replace(music, sources=sources, licences=(*music.licences, *(
                licence for licence in licences(self.music.sources) if licence not in music.licences
            )))  # fmt: skip
        heard = tuple(sorted({*about.heard, *prints_of(data.train)}))
        return replace(about, music=music, heard=heard, lessons=(*about.lessons, lesson)[-MOST_LESSONS:], created=now())
