"""The best model reads a tune that it has never met, and says of each note how much it expected it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.results.story import ReadNote

from .evaluation import corpus_of, load_kept
from .search import Search

FEWEST_NOTES = 8  # of fewer nobody sees a tune


def read_along(search: Search, number: int) -> list[ReadNote]:
    """The notes of a held-out tune, each with the chance that the kept model of trial `number` gave to its pitch.

    Of a long tune as much as the model sees at once. Empty where no model or no such tune is kept, where the tokens are
    no music, and for a model that looks only at the end of what it is given.

    Raises:
        CheckpointError: the weights are damaged.
    """
    if not search.is_melodic or number not in search.checkpoints.kept():
        return []
    from chromasonic.melody_generation.training import answers_every_position, target_losses  # brings torch

    data = search.load_data()
    longest = data.sequence_length + 1
    tunes = [tune[:longest] for tune in data.test or data.validation]
    tune = max(tunes, key=len, default=[])  # of several the first
    if sum(map(VOCABULARY.is_pitch, tune)) < FEWEST_NOTES:
        return []
    model, corpus = load_kept(search, number), corpus_of(data, [tune])
    if not answers_every_position(model, corpus):
        return []
    nats: list[float] = target_losses(model, corpus).nats.tolist()
    return _read_notes(tune, [1.0, *(math.exp(-surprise) for surprise in nats)])


def _read_notes(tune: Sequence[int], chances: Sequence[float]) -> list[ReadNote]:
    """The notes of `tune`, whose tokens were given `chances`."""
    places = [place for place, token in enumerate(tune) if VOCABULARY.is_pitch(token)]
    notes = VOCABULARY.decode(tune).notes
    begin = notes[0].onset if notes else 0.0
    return [
        ReadNote(note.onset - begin, note.duration, note.pitch, chances[place])
        for place, note in zip(places, notes, strict=True)
    ]
