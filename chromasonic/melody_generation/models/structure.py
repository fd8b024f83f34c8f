"""What all our families have in common: tokens in, features of our own making, logits out."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from chromasonic.checks import number, whole
from chromasonic.errors import SettingsError
from chromasonic.melody_generation.sizes import LARGEST, MAX_WEIGHTS

from .dropout import Dropout


class MelodyModel(nn.Module):
    """A model of melodies: each token is embedded, a family makes features of them, one layer turns these to logits.

    Raises:
        SettingsError: a size is none, or larger than any model's here; names the field.
    """

    def __init__(self, vocab_size: int, embedding_dim: int, hidden_size: int, num_layers: int, dropout: float) -> None:
        sizes: dict[str, Any] = {  # Any: from a script may come what the hints do not allow
            "vocab_size": vocab_size,
            "embedding_dim": embedding_dim,
            "hidden_size": hidden_size,
            "num_layers": num_layers,
        }
        for field, value in sizes.items():
            whole(field, value, at_least=1, at_most=LARGEST[field])
        number("dropout", dropout, at_least=0, below=1)
        n_weights = vocab_size * (embedding_dim + hidden_size) + num_layers * hidden_size**2  # and a few times more
        if n_weights > MAX_WEIGHTS:
            raise SettingsError(
                "hidden_size",
                f"is {hidden_size}, which with {num_layers} layers and {vocab_size} tokens makes a model of more than "
                f"{MAX_WEIGHTS:,} weights; choose smaller sizes",
            )
        super().__init__()
        self.vocab_size = vocab_size
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.dropout = Dropout(dropout)
        self.to_logits = nn.Linear(hidden_size, vocab_size)

    def features(self, tokens: Tensor, memory: Any = None) -> tuple[Tensor, Any]:
        """What the model knows (B, T, H) after each of `tokens` (B, T), and a memory to go on from.

        With the `memory` of tokens before, `tokens` are what follows them.
        """
        raise NotImplementedError

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (B, T, V) for the token that follows each of `tokens` (B, T)."""
        features, _ = self.features(tokens)
        logits: Tensor = self.to_logits(features)
        return logits

    def continued(self, tokens: Tensor, memory: Any = None) -> tuple[Tensor, Any]:
        """Logits (B, V) for the token after the last of `tokens` (B, T), and a memory to go on from.

        A melody that grows need not be read again from its start: what follows is read with the memory. Then T is 1.
        """
        features, memory = self.features(tokens, memory)
        logits: Tensor = self.to_logits(features[:, -1])
        return logits, memory
