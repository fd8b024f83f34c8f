"""The best models of a search, singing together: how many of them is chosen on validation, and reported on test."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from chromasonic.files import write_whole
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.results.records import Interval, ranked

from .evaluation import corpus_of, held_out_loss, load_kept, stored_tunes
from .search import Search

if TYPE_CHECKING:
    from torch import Tensor, nn

    from chromasonic.melody_generation.training import Corpus

ENSEMBLE = "ensemble"
_FILE = "ensemble.json"


@dataclass(frozen=True)
class Together:
    """The best models together; losses in nats per token."""

    members: tuple[int, ...]  # numbers of the trials, best first
    validation: tuple[float, ...]  # of the best one, the best two, and so on: the lowest says how many sing
    test: float | None = None  # of `members` on the held-out tunes, of the best two where one sings; None without such
    test_alone: float | None = None  # of the best one on the same
    better_by: Interval | None = None  # than the best one alone, on the held-out tunes

    @property
    def n(self) -> int:
        """How many sing."""
        return len(self.members)


def candidates(search: Search) -> tuple[int, ...]:
    """Numbers of the trials whose models may sing together, best first: those that are kept and of our families."""
    kept = set(search.checkpoints.kept())
    best = ranked(search.record().trials)
    return tuple(trial.number for trial in best if trial.number in kept and trial.family in MODEL_LABELS)


def known_ensemble(search: Search) -> Together | None:
    """What `choose_ensemble` found last; None where it was not asked, or other models lead by now."""
    try:
        stored = json.loads((search.folder / _FILE).read_text(encoding="utf-8"))
        if tuple(stored.pop("candidates")) != candidates(search):
            return None
        difference = Interval(**stored["better_by"]) if stored["better_by"] else None
        members, validation = tuple(map(int, stored["members"])), tuple(map(float, stored["validation"]))
        return Together(members, validation, stored["test"], stored["test_alone"], difference)
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None


def choose_ensemble(search: Search) -> Together | None:
    """The best models together: as many as do best on validation; None with fewer than two that can.

    They are added in order of rank, so of K models K choices are compared, not every one of 2^K.

    Raises:
        CheckpointError: the weights of one are damaged.
        SearchError: the music is gone.
    """
    numbers = candidates(search)
    if len(numbers) < 2:
        return None
    data = search.load_data()
    models = [load_kept(search, number) for number in numbers]
    validation = _losses_together(models, corpus_of(data, data.validation))
    means = [float(nats.mean()) for nats, _ in validation]
    n = means.index(min(means)) + 1
    test = alone = difference = None
    if data.test:
        corpus = corpus_of(data, data.test)
        nats, tunes = _losses_together(models[: max(n, 2)], corpus)[-1]
        alone, test = held_out_loss(search, numbers[0]), float(nats.mean())
        if n > 1:
            stored = stored_tunes(search)
            stored.losses[ENSEMBLE] = _of_each_tune(nats, tunes, len(corpus.sequences))
            stored.write(search)
            difference = stored.better_by(ENSEMBLE, str(numbers[0]))
    found = Together(numbers[:n], tuple(means), test, alone, difference)
    write_whole(search.folder / _FILE, json.dumps({"candidates": numbers, **asdict(found)}))
    return found


def _losses_together(models: list[nn.Module], corpus: Corpus) -> list[tuple[Tensor, Tensor]]:
    """For the first model, the first two and so on: the loss of their mean probability on each target, and its tune."""
    import torch

    from chromasonic.melody_generation.training import target_losses

    each = [target_losses(model, corpus) for model in models]
    chances = torch.stack([-losses.nats for losses in each]).logcumsumexp(0)  # (K, N)
    return [(math.log(k) - nats, each[0].tunes) for k, nats in enumerate(chances, start=1)]


def _of_each_tune(nats: Tensor, tunes: Tensor, n_tunes: int) -> list[float]:
    from chromasonic.melody_generation.training import TargetLosses

    return TargetLosses(nats, tunes, n_tunes).of_each_tune()
