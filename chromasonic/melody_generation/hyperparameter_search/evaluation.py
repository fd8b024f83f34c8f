"""The honest score: the kept models on held-out test tunes, which no trial and no sampler has ever seen.

What each tune came to is kept beside the search (`test_tunes.json`), since it says how far to trust the mean.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chromasonic.errors import CheckpointError
from chromasonic.files import write_whole
from chromasonic.results.certainty import better_by, interval
from chromasonic.results.records import Baselines, Interval, TestScores

from .search import Search

if TYPE_CHECKING:
    from torch import nn

    from chromasonic.melody_generation.datasets import SearchData
    from chromasonic.melody_generation.training import Corpus

COUNTING = "ngram"


def held_out_loss(search: Search, number: int) -> float | None:
    """Loss of trial `number` on the test tunes, in nats per token; None without test tunes or without its weights."""
    if number not in search.checkpoints.kept():
        return None
    stored, tunes = _stored(search), stored_tunes(search)
    if str(number) not in stored or str(number) not in tunes.losses:
        from chromasonic.melody_generation.training import target_losses  # brings torch, as what is called below

        data = search.load_data()
        if not data.test:
            return None
        model, corpus = load_kept(search, number), corpus_of(data, data.test)
        tunes.n_targets = [n_tokens - 1 for _, n_tokens in corpus.sequences]
        losses = tunes.losses[str(number)] = target_losses(model, corpus).of_each_tune()
        stored[str(number)] = math.fsum(losses) / sum(tunes.n_targets)
        write_whole(search.folder / "test_losses.json", json.dumps(stored))
        tunes.write(search)
    return stored[str(number)]


def load_kept(search: Search, number: int) -> nn.Module:
    """The kept model of trial `number`.

    Raises:
        CheckpointError: its weights are gone or damaged.
    """
    from chromasonic.melody_generation.training import load_checkpoint

    from .in_process import model_class_of

    search.checkpoints.bring(number)
    return load_checkpoint(search.checkpoints.stem(number), model_class_of(search.trial(number).family))[0]


def corpus_of(data: SearchData, side: list[list[int]]) -> Corpus:
    """One side of `data`, to measure models on."""
    from chromasonic.melody_generation.training import Corpus

    return Corpus(side, context=data.sequence_length, vocab_size=data.vocab_size)


def held_out_scores(search: Search, number: int | None = None) -> TestScores | None:
    """The best trial, or that of `number`, beside the baselines on the test tunes; None without these or without it."""
    scores = _scores(search, lambda number: held_out_loss(search, number), number)
    if scores is not None and COUNTING not in scores.better_by and _count(search):
        return known_scores(search, number)
    return scores


def known_scores(search: Search, number: int | None = None) -> TestScores | None:
    """The same as far as it was measured before; None where that of the trial was not. Reads two small files."""
    stored = _stored(search)
    return _scores(search, lambda number: stored.get(str(number)), number)


@dataclass
class LossesOfTunes:
    """What each test tune came to; losses in nats, summed over its targets."""

    n_targets: list[int] = field(default_factory=list)
    losses: dict[str, list[float]] = field(default_factory=dict)  # by the number of a trial, or COUNTING

    def write(self, search: Search) -> None:
        """Keep them beside the search."""
        write_whole(_tunes_file(search), json.dumps({"n_targets": self.n_targets, "losses": self.losses}))

    def better_by(self, name: str, rival: str) -> Interval | None:
        """How much better one is than another; None where one of them was not measured."""
        if name not in self.losses or rival not in self.losses:
            return None
        return better_by(self.losses[name], self.losses[rival], self.n_targets)


def lead_over(search: Search, other: Search) -> Interval | None:
    """How much better the best trial of one search is than that of another on the held-out tunes, in nats per token.

    None where they hold out other tunes, or one of the two was not measured before.
    """
    ours, theirs = search.record(), other.record()
    if ours.best is None or theirs.best is None or ours.fingerprint != theirs.fingerprint:
        return None
    tunes, others = stored_tunes(search), stored_tunes(other)
    losses, rivals = tunes.losses.get(str(ours.best.number)), others.losses.get(str(theirs.best.number))
    if losses is None or rivals is None or tunes.n_targets != others.n_targets:
        return None
    return better_by(losses, rivals, tunes.n_targets)


def _scores(search: Search, loss_of: Callable[[int], float | None], number: int | None) -> TestScores | None:
    record = search.record()
    baselines = record.baselines
    if record.best is None or baselines is None or baselines.test_ngram is None or baselines.test_uniform is None:
        return None
    number = record.best.number if number is None else number
    best = loss_of(number)
    if best is None:
        return None
    try:
        untuned = loss_of(record.untuned.number) if record.untuned else None
    except CheckpointError:  # the winner is measured all the same
        untuned = None
    tunes, name = stored_tunes(search), str(number)
    rivals = _rivals(search, tunes, baselines)
    compared = {rival: tunes.better_by(name, key) for rival, key in rivals.items() if key != name}
    return TestScores(
        best=best,
        untuned=untuned,
        ngram=baselines.test_ngram,
        uniform=baselines.test_uniform,
        interval=interval(tunes.losses[name], tunes.n_targets) if name in tunes.losses else None,
        better_by={rival: difference for rival, difference in compared.items() if difference is not None},
    )


def _rivals(search: Search, tunes: LossesOfTunes, baselines: Baselines) -> dict[str, str]:
    """Under what name the losses of each rival stand in `tunes`, where those of a blind guess are put as well."""
    untuned = search.record().untuned
    tunes.losses["uniform"] = [n * (baselines.test_uniform or 0.0) for n in tunes.n_targets]
    return {**({"untuned": str(untuned.number)} if untuned else {}), COUNTING: COUNTING, "uniform": "uniform"}


def _count(search: Search) -> bool:
    """Measure the n-gram model tune by tune; whether there are test tunes."""
    from chromasonic.melody_generation.models.ngram import fit_ngram

    data, tunes = search.load_data(), stored_tunes(search)
    if not data.test:
        return False
    model = fit_ngram(data.train, data.validation, data.vocab_size)
    tunes.losses[COUNTING] = model.losses_of_each(data.test)
    tunes.write(search)
    return True


def _tunes_file(search: Search) -> Path:
    return search.folder / "test_tunes.json"


def stored_tunes(search: Search) -> LossesOfTunes:
    """What each test tune came to, as far as it was measured."""
    try:
        stored = json.loads(_tunes_file(search).read_text(encoding="utf-8"))
        tunes = LossesOfTunes(
            [int(n) for n in stored["n_targets"]],
            {str(name): [float(loss) for loss in losses] for name, losses in stored["losses"].items()},
        )
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return LossesOfTunes()
    is_whole = all(len(losses) == len(tunes.n_targets) for losses in tunes.losses.values())
    return tunes if is_whole else LossesOfTunes()


def _stored(search: Search) -> dict[str, float]:
    """Losses by trial; a trial's weights never change, so neither does its loss."""
    try:
        losses = json.loads((search.folder / "test_losses.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    is_whole = isinstance(losses, dict) and all(isinstance(loss, float) for loss in losses.values())
    return losses if is_whole else {}
