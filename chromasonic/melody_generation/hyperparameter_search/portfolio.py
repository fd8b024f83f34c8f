"""Settings that did well on other music; a search tries them first, beside the default ones.

A search with no knowledge spends its first trials on settings drawn by chance. What suits one kind of music suits
another fairly well, so a handful of good ones is a better start (a portfolio: M. Feurer et al., Practical Automated
Machine Learning for the AutoML Challenge 2018); what it gains is in docs/performance.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, zip_longest
from typing import Any

import optuna

from chromasonic.results.records import PARAMETERS

from .carrying import distributions_of, moved
from .history import FAMILY, PROVEN
from .settings import SearchSettings
from .space import Params


def _params(*values: float) -> Params:
    return dict(zip(PARAMETERS, values, strict=True))


PORTFOLIO: Mapping[str, tuple[Params, ...]] = {
    "transformer": (
        _params(0.002, 16, 160, 2, 0.28, 96),
        _params(0.0028, 4, 64, 2, 0.09, 32),
        _params(0.0026, 4, 128, 2, 0.13, 96),
        _params(0.0054, 4, 192, 1, 0.29, 64),
    ),
    "lstm": (
        _params(0.009, 4, 96, 1, 0.28, 32),
        _params(0.0088, 8, 128, 1, 0.16, 64),
        _params(0.0028, 4, 192, 1, 0.13, 96),
        _params(0.0054, 4, 192, 1, 0.29, 64),
    ),
    "gru": (
        _params(0.0033, 8, 160, 2, 0.3, 64),
        _params(0.0093, 8, 96, 1, 0.09, 32),
        _params(0.0055, 8, 128, 2, 0.19, 32),
        _params(0.0054, 4, 192, 1, 0.29, 64),
    ),
    "rnn": (
        _params(0.0042, 4, 128, 2, 0.29, 32),
        _params(0.00087, 4, 192, 2, 0.08, 32),
        _params(0.0066, 4, 192, 2, 0.3, 64),
        _params(0.003, 4, 192, 1, 0.27, 32),
    ),
}
"""The most useful first: what `benchmarks/portfolio.py` chose among settings that were trained for 20 epochs on 40
fiddle tunes, chorales and Chinese songs."""

SHARE = 5
"""At most one in so many trials is from the portfolio, or a short search would look nowhere else."""


def enqueue_portfolio(study: optuna.Study, settings: SearchSettings) -> None:
    """Put in line what did well on other music, each moved to the nearest that `settings` allow.

    Only where trials rest: there settings that turn out not to suit this music cost few epochs.
    """
    if not settings.lets_rest:
        return
    for params in _moved(settings)[: settings.n_trials // SHARE]:
        study.enqueue_trial(params, user_attrs={PROVEN: True})


def _moved(settings: SearchSettings) -> list[dict[str, Any]]:
    """Each family's best, then each one's second, and so on; none twice, and none that are the default settings."""
    of_each = [[{FAMILY: family, **params} for params in PORTFOLIO.get(family, ())] for family in settings.families]
    in_turn = filter(None, chain.from_iterable(zip_longest(*of_each)))
    untuned = {FAMILY: settings.families[0], **settings.space.untuned()}
    return moved([untuned, *in_turn], distributions_of(settings))[1:]
