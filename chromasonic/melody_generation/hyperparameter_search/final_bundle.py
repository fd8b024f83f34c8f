"""The final model of a search as a model bundle: its weights, and what the search knows about them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chromasonic.checks import instance
from chromasonic.errors import CheckpointError, ModelBundleError, SearchError
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.model_bundle.about import (
    LONGEST_NAME,
    HeldOut,
    Lesson,
    ModelAbout,
    MusicAbout,
    now,
    prints_of,
)
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.music.collections import COLLECTIONS
from chromasonic.music.melody import Meter
from chromasonic.music.sets import MusicSet

from .evaluation import held_out_scores
from .final import final_checkpoint, has_final
from .search import Search

if TYPE_CHECKING:
    from torch import nn

    from chromasonic.melody_generation.datasets import SearchData


def final_model(search: Search, music: MusicSet | None = None) -> tuple[nn.Module, ModelAbout]:
    """The final model of `search` and what is known about it: `save_model_bundle` writes both to a file.

    Args:
        search: one whose final model was trained.
        music: the saved music it learned from, which knows where the tunes come from.

    Raises:
        SettingsError: an argument is not what it may be.
        ModelBundleError: there is no final model, or one that fits into no bundle.
        CheckpointError: its weights are damaged.
        SearchError: the music of the search is gone.
    """
    from chromasonic.melody_generation.training import load_checkpoint

    instance("search", search, Search, "a search, such as open_search(…)")
    instance("music", music, (MusicSet, type(None)), "a MusicSet(name, melodies), or None")
    if not has_final(search):
        raise ModelBundleError(f"The final model of “{search.name}” was not trained yet. Train it on the Results page.")
    if not search.is_melodic:
        raise ModelBundleError("This search learned from practice melodies, and its models cannot sing.")
    stem = final_checkpoint(search)
    family = _family(search)
    if family not in MODEL_LABELS:
        raise ModelBundleError(
            f"The final model is of a class of your own ({family}), which no other machine has. Only models of "
            f"Chromasonic's own families fit into a bundle: {', '.join(MODEL_LABELS.values())}."
        )
    model, said = load_checkpoint(stem)
    try:
        return model, _about(search, said, music)
    except (KeyError, TypeError, ValueError, OverflowError) as error:  # an imported search may say anything here
        raise CheckpointError("The final model is damaged. Train it again on the Results page.") from error


def _family(search: Search) -> str:
    """What the file beside the weights says: which family it is of, before it is looked for."""
    try:
        said = json.loads(final_checkpoint(search).with_suffix(".json").read_text(encoding="utf-8"))
        return str(said["family"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError("The final model is damaged. Train it again on the Results page.") from error


def _about(search: Search, said: dict[str, Any], music: MusicSet | None) -> ModelAbout:
    record, data = search.record(), search.load_data()
    everything = [*data.train, *data.validation, *data.test]
    n_tunes = len(data.train) if data.by_phrase else len(everything)
    heard = prints_of(everything)
    saved = prints_of([VOCABULARY.encode(tune) for tune in music.melodies]) if music else ()
    sources: tuple[str, ...] = ()
    if music is not None and (data.by_phrase or set(heard) <= set(saved)):  # else it is other music by now
        sources = music.sources
        heard = (
            tuple(sorted({*heard, *saved})) if data.by_phrase else heard
        )  # of the whole tunes, not their pieces alone
    params = {name: float(value) for name, value in said["params"].items()}
    written = final_checkpoint(search).with_suffix(".safetensors").stat().st_mtime
    lesson = Lesson(
        music=record.music,
        n_tunes=n_tunes,
        epochs=int(said["result"]["epochs_run"]),
        learning_rate=params["learning_rate"],
        batch_size=int(params["batch_size"]),
        when=_moment(written),
    )
    meter = (data.opening and data.opening.meter) or Meter()
    return ModelAbout(
        name=search.name[:LONGEST_NAME],
        family=said["family"],
        arguments=said["arguments"],
        context=data.sequence_length,
        music=MusicAbout(
            name=record.music,
            fingerprint=data.fingerprint,
            n_tunes=n_tunes,
            sources=sources,
            licences=licences(sources),
        ),
        seed=search.settings.seed,
        transpose=search.settings.transpose,
        meter=(meter.beats, meter.unit),
        held_out=_held_out(search, data, int(said["trial"])),
        search=search.name,
        n_trials=record.n_tried,
        search_seconds=record.total_time,
        families=record.families,
        params=params,
        lessons=(lesson,),
        heard=heard,
        created=now(),
    )


def licences(sources: tuple[str, ...]) -> tuple[str, ...]:
    """What is said about the use of the collections among `sources`."""
    return tuple(f"{c.name}: {c.licence_note}" for c in COLLECTIONS.values() if c.name in sources)


def _held_out(search: Search, data: SearchData, number: int) -> HeldOut | None:
    """How well the trial did, whose settings the final model has, on tunes that it had not learned from."""
    try:
        scores = held_out_scores(search, number)
    except (CheckpointError, SearchError):
        return None
    if scores is None:
        return None
    interval = scores.interval
    return HeldOut(
        n_tunes=len(data.test),
        loss=scores.best,
        is_of_parts=data.by_phrase,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        untuned=scores.untuned,
        ngram=scores.ngram,
        uniform=scores.uniform,
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
