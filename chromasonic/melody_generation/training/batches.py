"""What a model learns from: all tokens on the device once, batches as slices of them.

A model that answers at **every** position learns from phrases: pieces of a tune, cut so that each token after a tune's
first is a target exactly once. A model that answers only for the **next** token learns from windows that slide over a
tune, one for each token after its first: both kinds of model have the same targets, so their losses can be compared.
Phrases of a batch have nearly equal lengths and windows exactly equal ones, so padding costs next to nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

import torch
from torch import Tensor

from chromasonic.checks import instance, token_sequences, whole
from chromasonic.errors import NotEnoughMusicError, SettingsError
from chromasonic.melody_generation.sizes import LARGEST, MAX_CONTEXT

from .devices import resolve_device

IGNORED = -100
"""The target where a phrase is padded; torch's cross-entropy passes it over."""

ALIKE = 0.1
"""Phrases whose lengths differ by less than this share may meet in a batch: variety for little padding."""

EVALUATION_LOGITS = 2**20
"""Logits in a validation batch, about: nothing is kept for a backward pass, so batches can be large (here 4 MiB)."""

Augment = Callable[[Tensor, torch.Generator], Tensor]
"""Changes phrases (B, T + 1) of token ids before they are learned; zeros at the end of a row are padding."""


@dataclass(frozen=True)
class Batch:
    """Tokens to read and what should be answered."""

    inputs: Tensor  # (B, T) token ids
    targets: Tensor  # (B, T), IGNORED where padded; (B,) for models that answer for the next token only
    n_targets: int  # how many targets count


@dataclass(frozen=True)
class _Pieces:
    """Pieces of the token line, each `length` inputs long, with one more token after them."""

    starts: Tensor  # (P,) where each begins
    lengths: Tensor  # (P,) how many tokens are read
    equal_only: bool  # may a batch hold pieces of one length only?

    def plan(self, batch_size: int, generator: torch.Generator) -> list[Tensor]:
        """Batches of piece indices in random order, each of (nearly) equal lengths."""
        order = torch.randperm(len(self.starts), generator=generator)
        spread = 0.0 if self.equal_only else ALIKE
        keys = self.lengths[order] * (1 + spread * torch.rand(len(order), generator=generator))
        order = order[keys.argsort(stable=True)]
        batches = self._chunks(order, lambda length: batch_size)
        return [batches[index] for index in torch.randperm(len(batches), generator=generator).tolist()]

    def sorted_plan(self, n_tokens: int) -> list[Tensor]:
        """Batches of about `n_tokens` tokens, sorted by length."""
        return self._chunks(self.lengths.argsort(stable=True), lambda length: max(1, n_tokens // length))

    def _chunks(self, order: Tensor, size: Callable[[int], int]) -> list[Tensor]:
        lengths = self.lengths[order]
        cuts = lengths.diff().nonzero().flatten().add(1).tolist() if self.equal_only else []
        groups = order.tensor_split(cuts)
        return [chunk for group in groups for chunk in torch.split(group, size(int(self.lengths[group].max())))]


class Corpus:
    """Token sequences, ready to be learned from or measured on."""

    def __init__(
        self,
        sequences: Sequence[Sequence[int]],
        *,
        context: int,
        vocab_size: int,
        device: torch.device | str = "cpu",
        name: str = "",
    ) -> None:
        """Put all tokens on the device.

        Args:
            sequences: one list of token ids per tune.
            context: how many tokens a model sees at once, at most.
            vocab_size: ids go from 0 up to, not including, this.
            device: where training happens.
            name: what the one who gave the sequences calls them, for errors.

        Raises:
            SettingsError: an id outside the vocabulary, or no ids at all; or no size.
            DeviceError: the device is not there.
            NotEnoughMusicError: no sequence has two tokens, so nothing follows anything.
        """
        self.context = whole("sequence_length", context, at_least=1, at_most=MAX_CONTEXT)
        self.vocab_size = whole("vocab_size", vocab_size, at_least=1, at_most=LARGEST["vocab_size"])
        self.device = resolve_device(device)
        sequences = token_sequences(name or "sequences", sequences)
        self.sequences = [(start, len(sequence)) for start, sequence in _with_starts(sequences) if len(sequence) > 1]
        if not self.sequences:
            raise NotEnoughMusicError(
                f"Nothing can be learned from {name or 'these sequences'}: none has two or more tokens, and a model "
                "learns which token follows which. Add more or longer tunes."
            )
        self._check(sequences, name)
        tokens = torch.tensor([token for sequence in sequences for token in sequence], dtype=torch.int64)
        self.tokens = tokens.to(self.device)  # (N,) every tune, one after the other

    def _check(self, sequences: Sequence[Sequence[int]], name: str) -> None:
        for index, sequence in enumerate(sequences):
            if not sequence or 0 <= min(sequence) <= max(sequence) < self.vocab_size:
                continue
            position, token = next((p, t) for p, t in enumerate(sequence) if not 0 <= t < self.vocab_size)
            raise SettingsError(
                "vocab_size",
                f"is {self.vocab_size}, so token ids go from 0 to {self.vocab_size - 1}, but sequence {index} holds "
                f"{token} at position {position}{name and f' of {name}'}. Raise vocab_size or check the data.",
            )

    @cached_property
    def _phrases(self) -> _Pieces:
        """Every tune cut into the fewest phrases of at most `context` inputs, as equal as can be."""
        starts: list[int] = []
        lengths: list[int] = []
        for first, n_tokens in self.sequences:
            n_phrases = math.ceil((n_tokens - 1) / self.context)
            cuts = [(n_tokens - 1) * phrase // n_phrases for phrase in range(n_phrases + 1)]
            starts += [first + cut for cut in cuts[:-1]]
            lengths += [end - begin for begin, end in pairwise(cuts)]
        return _Pieces(torch.tensor(starts), torch.tensor(lengths), equal_only=False)

    @cached_property
    def _windows(self) -> _Pieces:
        """For each token after a tune's first, the up to `context` tokens before it."""
        starts: list[int] = []
        lengths: list[int] = []
        for first, n_tokens in self.sequences:
            longest = min(self.context, n_tokens - 1)
            starts += [*[first] * longest, *range(first + 1, first + n_tokens - longest)]
            lengths += [*range(1, longest + 1), *[longest] * (n_tokens - 1 - longest)]
        return _Pieces(torch.tensor(starts), torch.tensor(lengths), equal_only=True)

    def _pieces(self, every_position: bool) -> _Pieces:
        return self._phrases if every_position else self._windows

    def n_batches(self, *, every_position: bool, batch_size: int) -> int:
        """How many batches an epoch has."""
        return len(self._pieces(every_position).plan(batch_size, torch.Generator()))

    def batches(
        self, *, every_position: bool, batch_size: int, generator: torch.Generator, augment: Augment | None = None
    ) -> Iterator[Batch]:
        """One epoch in random order, the same for the same state of `generator` (on the CPU)."""
        pieces = self._pieces(every_position)
        for chosen in pieces.plan(batch_size, generator):
            yield self._batch(pieces, chosen, every_position, lambda x: augment(x, generator) if augment else x)

    def evaluation_batches(self, *, every_position: bool) -> Iterator[Batch]:
        """Everything once, in large batches sorted by length."""
        for batch, _ in self.evaluation_batches_with_tunes(every_position=every_position):
            yield batch

    def evaluation_batches_with_tunes(self, *, every_position: bool) -> Iterator[tuple[Batch, Tensor]]:
        """The same, each with which of `sequences` every row of it is from (B,)."""
        pieces = self._pieces(every_position)
        begins = torch.tensor([start for start, _ in self.sequences])
        for chosen in pieces.sorted_plan(EVALUATION_LOGITS // self.vocab_size):
            tunes = torch.bucketize(pieces.starts[chosen], begins, right=True) - 1  # (B,)
            yield self._batch(pieces, chosen, every_position), tunes

    def example(self) -> Tensor:
        """Two inputs (2, T), the same twice: enough to see what a model answers."""
        start, n_tokens = max(self.sequences, key=lambda sequence: sequence[1])
        return self.tokens[start : start + min(self.context, n_tokens - 1)].repeat(2, 1)

    def _batch(
        self, pieces: _Pieces, chosen: Tensor, every_position: bool, augment: Callable[[Tensor], Tensor] = lambda x: x
    ) -> Batch:
        starts, lengths = pieces.starts[chosen], pieces.lengths[chosen]  # (B,)
        n_targets = int(lengths.sum()) if every_position else len(chosen)
        steps = torch.arange(int(lengths.max()) + 1, device=self.device)  # (T + 1,)
        starts, lengths = starts.to(self.device)[:, None], lengths.to(self.device)[:, None]  # (B, 1)
        padding = steps > lengths  # (B, T + 1)
        pieces_of_music = augment(self.tokens[(starts + steps).masked_fill(padding, 0)].masked_fill(padding, 0))
        inputs = pieces_of_music[:, :-1]
        if not every_position:
            return Batch(inputs, pieces_of_music[:, -1], n_targets)
        return Batch(inputs, pieces_of_music[:, 1:].masked_fill(padding[:, 1:], IGNORED), n_targets)


def token_counts(corpus: Corpus) -> Tensor:
    """How often each token occurs in the music (V,)."""
    instance("corpus", corpus, Corpus, "a Corpus(…)")
    return corpus.tokens.bincount(minlength=corpus.vocab_size)


def _with_starts(sequences: Sequence[Sequence[int]]) -> Iterator[tuple[int, Sequence[int]]]:
    ends = accumulate(len(sequence) for sequence in sequences)
    return ((end - len(sequence), sequence) for end, sequence in zip(ends, sequences, strict=True))
