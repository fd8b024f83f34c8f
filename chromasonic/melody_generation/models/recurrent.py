"""The recurrent families: RNN, LSTM and GRU read a melody from left to right and carry a memory along."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from .initialisation import initialise_embedding_and_output, initialise_recurrence
from .structure import MelodyModel
from .unrolled import GRU, RNN


class _RecurrentMelodyModel(MelodyModel):
    """Embedding → recurrent layers → logits, with a way for the last token past the recurrence."""

    layers: type[nn.RNN | nn.LSTM | nn.GRU]

    def __init__(self, vocab_size: int, embedding_dim: int, hidden_size: int, num_layers: int, dropout: float) -> None:
        super().__init__(vocab_size, embedding_dim, hidden_size, num_layers, dropout)
        self.recurrence = self.layers(
            embedding_dim,
            hidden_size,
            num_layers,
            batch_first=True,
            dropout=dropout if num_layers > 1 else 0.0,  # torch's own lies between two layers
        )
        self.skip = nn.Linear(embedding_dim, hidden_size, bias=False)  # which token follows which: learned at once
        initialise_embedding_and_output(self)
        initialise_recurrence(self.recurrence)
        nn.init.xavier_uniform_(self.skip.weight)

    def features(self, tokens: Tensor, memory: Any = None) -> tuple[Tensor, Any]:
        """What the model knows (B, T, H) after each of `tokens` (B, T), and a memory to go on from."""
        x = self.dropout(self.embedding(tokens))  # (B, T, C)
        recalled, memory = self.recurrence(x, memory)  # (B, T, H)
        return self.dropout(recalled) + self.skip(x), memory


class RNNMelodyModel(_RecurrentMelodyModel):
    """The plain recurrent network: the simplest memory, good for short patterns."""

    layers = RNN


class LSTMMelodyModel(_RecurrentMelodyModel):
    """The long short-term memory: gates decide what to remember, what to forget and what to say."""

    layers = nn.LSTM


class GRUMelodyModel(_RecurrentMelodyModel):
    """The gated recurrent unit: a lighter relative of the LSTM."""

    layers = GRU
