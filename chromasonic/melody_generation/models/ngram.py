"""The honest baseline: a model that only counts which token followed which, with no training at all.

A search is worth its time as far as its best model beats this one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from chromasonic.errors import NotEnoughMusicError
from chromasonic.melody_generation.datasets import SearchData
from chromasonic.results.records import Baselines

MAX_ORDER = 8
"""The longest passage counted, in tokens: four notes with their lengths. Longer ones have not won on any collection."""

UNSEEN = -1
"""The id of a passage that the training music does not hold, or that would begin before its tune."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Level:
    """All passages of n tokens; a passage is its history (the id of a passage of n - 1 tokens) and one token more."""

    keys: Ints  # (P,) history · V + token, ascending; a passage's id is its place here
    counts: Ints  # (P,) how often the passage's last token was a target
    totals: Ints  # (H,) how many targets followed each history
    kinds: Ints  # (H,) how many different ones

    @classmethod
    def count(cls, keys: Ints, is_target: NDArray[np.bool_], n_histories: int, vocab_size: int) -> _Level:
        """Count the passages with `keys` (M,)."""
        distinct, ids = np.unique(keys, return_inverse=True)
        counts = np.bincount(ids[is_target], minlength=len(distinct))
        history = distinct // vocab_size
        totals = np.bincount(history, weights=counts, minlength=n_histories).astype(np.int64)
        return cls(distinct, counts, totals, np.bincount(history[counts > 0], minlength=n_histories))

    def find(self, keys: Ints) -> Ints:
        """Ids of the passages with `keys`, UNSEEN where there is none; what follows UNSEEN is UNSEEN."""
        if not len(self.keys):
            return np.full_like(keys, UNSEEN)
        places = np.searchsorted(self.keys, keys).clip(max=len(self.keys) - 1)
        return np.where(self.keys[places] == keys, places, UNSEEN)


class BackoffNgram:
    """A back-off n-gram model, interpolated, with Witten-Bell smoothing: probabilities are exact and sum to 1.

    p(w | h) = (c(h w) + d(h) · p(w | h')) / (c(h) + d(h)): c(h w) counts how often w followed the history h, c(h) how
    often anything did, d(h) how many different tokens did, and h' is h without its first token. A history never seen
    leaves it all to h'; below the empty history stands the uniform guess 1 / V.

    Source: I. Witten and T. Bell, The zero-frequency problem (IEEE Trans. Information Theory, 1991), in the form of
    S. Chen and J. Goodman, An empirical study of smoothing techniques for language modeling (Harvard, 1998), sec. 2.5.
    """

    def __init__(self, levels: Sequence[_Level], vocab_size: int) -> None:
        self._levels = tuple(levels)
        self.vocab_size = vocab_size

    @property
    def order(self) -> int:
        """The n of the n-gram: a token is guessed from the n - 1 before it."""
        return len(self._levels)

    @classmethod
    def fit(cls, sequences: Sequence[Sequence[int]], order: int, vocab_size: int) -> BackoffNgram:
        """Count every passage of up to `order` tokens; histories do not reach beyond the start of a sequence."""
        tokens, place = _in_a_line(sequences)
        levels: list[_Level] = []
        history, n_histories = np.zeros_like(tokens), 1  # the empty history
        for n in range(1, order + 1):
            whole = (place >= n - 1) & (history != UNSEEN)
            keys = history * vocab_size + tokens
            levels.append(_Level.count(keys[whole], place[whole] > 0, n_histories, vocab_size))
            history = _before(np.where(whole, levels[-1].find(keys), UNSEEN))
            n_histories = len(levels[-1].keys)
        return cls(levels, vocab_size)

    def truncated(self, order: int) -> BackoffNgram:
        """The model of a lower order, from the same counts."""
        return BackoffNgram(self._levels[:order], self.vocab_size)

    def loss(self, sequences: Sequence[Sequence[int]]) -> float:
        """Mean -ln p of every token after the first of its sequence, in nats per token: the targets of training."""
        return self.losses(sequences)[-1]

    def losses(self, sequences: Sequence[Sequence[int]]) -> list[float]:
        """`loss` for each order from 1 to the model's own.

        Raises:
            NotEnoughMusicError: no sequence has two tokens.
        """
        probabilities = self.probabilities(sequences)
        if not probabilities.size:
            raise NotEnoughMusicError("There are no two tokens in a row to measure on. Add more or longer tunes.")
        return [float(loss) for loss in -np.log(probabilities).mean(axis=1)]

    def losses_of_each(self, sequences: Sequence[Sequence[int]]) -> list[float]:
        """-ln p of each sequence of two tokens or more, in nats, summed over every token after its first."""
        lengths = [len(sequence) - 1 for sequence in sequences if len(sequence) > 1]
        nats = -np.log(self.probabilities(sequences)[-1])
        return [float(part.sum()) for part in np.split(nats, np.cumsum(lengths)[:-1])]

    def probabilities(self, sequences: Sequence[Sequence[int]]) -> Floats:
        """How likely each order (rows, from 1) holds each token after the first of its sequence: (order, targets)."""
        tokens, place = _in_a_line(sequences)
        history = np.zeros_like(tokens)
        guess = np.full(len(tokens), 1 / self.vocab_size)
        guesses = []
        for n, level in enumerate(self._levels, start=1):
            keys = history * self.vocab_size + tokens
            passage = np.where((place >= n - 1) & (history != UNSEEN), level.find(keys), UNSEEN)
            guess = self._sharpened(guess, level, history, passage)
            guesses.append(guess)
            history = _before(passage)
            history[place < n] = UNSEEN  # it would begin before its sequence
        return np.stack(guesses)[:, place > 0]

    def following(self, heard: Ints) -> Floats:
        """How likely each token is to come after each of `heard` (B, T), where sequences begin: (B, V)."""
        candidates = np.arange(self.vocab_size)
        guess = np.full((len(heard), self.vocab_size), 1 / self.vocab_size)
        for n, level in enumerate(self._levels[: heard.shape[1] + 1], start=1):
            history = np.zeros(len(heard), np.int64)  # (B,) the last n - 1 tokens, found one after the other
            for shorter, tokens in zip(self._levels, heard[:, heard.shape[1] - n + 1 :].T, strict=False):
                history = shorter.find(history * self.vocab_size + tokens)
            passage = level.find(history[:, None] * self.vocab_size + candidates)  # (B, V)
            guess = self._sharpened(guess, level, np.broadcast_to(history[:, None], guess.shape), passage)
        return guess

    @staticmethod
    def _sharpened(guess: Floats, level: _Level, history: Ints, passage: Ints) -> Floats:
        """`guess` of the order below, brought closer to what followed each `history`."""
        if not len(level.totals):
            return guess
        seen = history != UNSEEN
        total, kinds = np.where(seen, level.totals[history], 0), np.where(seen, level.kinds[history], 0)
        count = np.where(passage != UNSEEN, level.counts[passage] if len(level.counts) else 0, 0)
        known = total > 0
        return np.where(known, (count + kinds * guess) / np.where(known, total + kinds, 1), guess)


class NgramSinger(nn.Module):
    """The n-gram model as one that `generate` lets sing, by the same rules as the trained ones."""

    def __init__(self, model: BackoffNgram) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (B, V) for the token that follows `tokens` (B, T)."""
        return torch.from_numpy(np.log(self.model.following(tokens.numpy())))


def fit_ngram(train: Sequence[Sequence[int]], validation: Sequence[Sequence[int]], vocab_size: int) -> BackoffNgram:
    """The n-gram model of `train` whose order, from 1 to MAX_ORDER, does best on `validation`."""
    longest = BackoffNgram.fit(train, MAX_ORDER, vocab_size)
    losses = longest.losses(validation)
    return longest.truncated(losses.index(min(losses)) + 1)


def compute_baselines(data: SearchData) -> Baselines:
    """What a blind guess and the n-gram model reach on `data`; test losses where it has a test side."""
    model = fit_ngram(data.train, data.validation, data.vocab_size)
    uniform = math.log(data.vocab_size)
    return Baselines(
        uniform=uniform,
        ngram=model.loss(data.validation),
        ngram_order=model.order,
        test_uniform=uniform if data.test else None,
        test_ngram=model.loss(data.test) if data.test else None,
    )


def _in_a_line(sequences: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """All tokens one after the other (N,), and the place of each in its sequence (N,)."""
    tokens = np.fromiter(chain.from_iterable(sequences), np.int64)
    places = np.fromiter(chain.from_iterable(range(len(sequence)) for sequence in sequences), np.int64)
    return tokens, places


def _before(passages: Ints) -> Ints:
    """For each token the passage that ends just before it."""
    return np.concatenate([[UNSEEN], passages[:-1]])
