"""The honest score: the kept models on held-out test tunes, which no trial and no sampler has ever seen."""

from __future__ import annotations

import json
from collections.abc import Callable

from chromasonic.errors import CheckpointError
from chromasonic.files import write_whole
from chromasonic.results.records import TestScores

from .search import Search


def held_out_loss(search: Search, number: int) -> float | None:
    """Loss of trial `number` on the test tunes, in nats per token; None without test tunes or without its weights."""
    if number not in search.checkpoints.kept():
        return None
    stored = _stored(search)
    if str(number) not in stored:
        from chromasonic.melody_generation.training import Corpus, evaluate, load_checkpoint, resolve_device

        from .in_process import model_class_of  # brings torch, which what was measured before needs not

        data = search.load_data()
        if not data.test:
            return None
        device = resolve_device("cpu")
        search.checkpoints.bring(number)
        record = next(trial for trial in search.record().trials if trial.number == number)
        model, _ = load_checkpoint(search.checkpoints.stem(number), model_class_of(record.family))
        corpus = Corpus(data.test, context=data.sequence_length, vocab_size=data.vocab_size, device=device)
        stored[str(number)] = evaluate(model, corpus)
        write_whole(search.folder / "test_losses.json", json.dumps(stored))
    return stored[str(number)]


def held_out_scores(search: Search) -> TestScores | None:
    """The best trial beside the baselines on the test tunes; None while no trial is complete or without test tunes."""
    return _scores(search, lambda number: held_out_loss(search, number))


def known_scores(search: Search) -> TestScores | None:
    """The same as far as it was measured before; None where that of the best trial was not. Reads one small file."""
    stored = _stored(search)
    return _scores(search, lambda number: stored.get(str(number)))


def _scores(search: Search, loss_of: Callable[[int], float | None]) -> TestScores | None:
    record = search.record()
    baselines = record.baselines
    if record.best is None or baselines is None or baselines.test_ngram is None or baselines.test_uniform is None:
        return None
    best = loss_of(record.best.number)
    if best is None:
        return None
    try:
        untuned = loss_of(record.untuned.number) if record.untuned else None
    except CheckpointError:  # the winner is measured all the same
        untuned = None
    return TestScores(best=best, untuned=untuned, ngram=baselines.test_ngram, uniform=baselines.test_uniform)


def _stored(search: Search) -> dict[str, float]:
    """Losses by trial; a trial's weights never change, so neither does its loss."""
    try:
        losses = json.loads((search.folder / "test_losses.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    is_whole = isinstance(losses, dict) and all(isinstance(loss, float) for loss in losses.values())
    return losses if is_whole else {}
