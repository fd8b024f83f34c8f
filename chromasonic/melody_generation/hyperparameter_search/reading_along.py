"""The best model reads a tune that it has never met, and says of each note how much it expected it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.music.originality import evenly
from chromasonic.results.story import ReadNote

from .evaluation import corpus_of, load_kept
from .search import Search

FEWEST_NOTES = 8  # of fewer nobody sees a tune


def read_along(search: Search, number: int) -> list[ReadNote]:
    """The notes of a held-out tune, each with the chance that the kept model of trial `number` gave to its pitch.

    The tune is the one on which its mean loss comes nearest to that on all of them, for a hard or an easy one would
    tell little of the model. Of a long tune as much as the model sees at once. Empty where no model or no such tune is
    kept, where the tokens are no music, and for a model that looks only at the end of what it is given.

    Raises:
        CheckpointError: the weights are damaged.
    """
    if not search.is_melodic or number not in search.checkpoints.kept():
        return []
    from chromasonic.melody_generation.training import answers_every_position, target_losses  # brings torch

    data = search.load_data()
    longest = data.sequence_length + 1
    beginnings = [tune[:longest] for tune in data.test or data.validation]
    tunes = list(evenly([tune for tune in beginnings if sum(map(VOCABULARY.is_pitch, tune)) >= FEWEST_NOTES]))
    if not tunes:
        return []
    model, corpus = load_kept(search, number), corpus_of(data, tunes)
    if not answers_every_position(model, corpus):
        return []
    losses = target_losses(model, corpus)
    usual = losses.nats.mean()
    of_each = [losses.nats[losses.tunes == place] for place in range(len(tunes))]
    place = min(range(len(tunes)), key=lambda place: abs(float(of_each[place].mean() - usual)))  # of several the first
    return _read_notes(tunes[place], [1.0, *(math.exp(-surprise) for surprise in of_each[place].tolist())])


def _read_notes(tune: Sequence[int], chances: Sequence[float]) -> list[ReadNote]:
    """The notes of `tune`, whose tokens were given `chances`."""
    places = [place for place, token in enumerate(tune) if VOCABULARY.is_pitch(token)]
    notes = VOCABULARY.decode(tune).notes
    begin = notes[0].onset if notes else 0.0
    return [
        ReadNote(note.onset - begin, note.duration, note.pitch, chances[place])
        for place, note in zip(places, notes, strict=True)
    ]
