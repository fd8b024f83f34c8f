"""The Transformer family: every token looks back at all tokens before it and picks what matters."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .dropout import Dropout
from .initialisation import initialise_embedding_and_output
from .structure import MelodyModel

HEAD_SIZE = 32  # channels that one head looks with, about
MAX_HEADS = 8
WAVELENGTHS = 10_000.0  # the slowest turn takes tens of thousands of tokens: longer than any tune

Pair = tuple[Tensor, Tensor]
"""Keys and values, or cosines and sines: two tensors that go together."""


def heads_for(hidden_size: int) -> tuple[int, int]:
    """How many heads look, and with how many channels each: an even number, for rotations turn pairs of them."""
    heads = min(MAX_HEADS, max(1, hidden_size // HEAD_SIZE))
    return heads, 2 * math.ceil(hidden_size / heads / 2)


class CausalSelfAttention(nn.Module):
    """Each position gathers from itself and the positions before it; rotations tell how far back each one lies."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.heads, self.head_size = heads_for(hidden_size)
        inner = self.heads * self.head_size  # equals H wherever H can be shared out evenly
        self.to_qkv = nn.Linear(hidden_size, 3 * inner, bias=False)
        self.to_output = nn.Linear(inner, hidden_size, bias=False)

    def forward(self, x: Tensor, rotation: Pair, past: Pair | None) -> tuple[Tensor, Pair]:
        """(B, T, H) → (B, T, H), and keys and values to go on from; with those of a `past`, T is 1."""
        batch, length, _ = x.shape
        qkv = self.to_qkv(x).view(batch, length, 3, self.heads, self.head_size)
        query, key, value = qkv.transpose(1, 3).unbind(2)  # each (B, heads, T, head_size)
        query, key = rotate(query, rotation), rotate(key, rotation)
        if past is not None:
            key, value = torch.cat([past[0], key], dim=2), torch.cat([past[1], value], dim=2)
        gathered = F.scaled_dot_product_attention(query, key, value, is_causal=past is None)  # (B, heads, T, head_size)
        output: Tensor = self.to_output(gathered.transpose(1, 2).flatten(2))  # (B, T, H)
        return output, (key, value)


def rotations(positions: Tensor, head_size: int) -> Pair:
    """Cosine and sine (T, head_size / 2) of the angle by which each of `positions` (T,) turns each pair of channels.

    Source: J. Su et al., RoFormer: Enhanced Transformer with Rotary Position Embedding (2021).
    """
    speeds = WAVELENGTHS ** (-torch.arange(0, head_size, 2, device=positions.device) / head_size)  # radians per token
    angles = positions[:, None] * speeds
    return angles.cos(), angles.sin()


def rotate(x: Tensor, rotation: Pair) -> Tensor:
    """Turn channel pairs of `x` (B, heads, T, head_size); products of two such then depend on their distance alone."""
    cos, sin = rotation
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, first * sin + second * cos), dim=-1).type_as(x)


class Block(nn.Module):
    """Attention gathers from the past, two layers digest it; both add to what was known (pre-norm)."""

    def __init__(self, hidden_size: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(hidden_size)
        self.attention = CausalSelfAttention(hidden_size)
        self.digest_norm = nn.LayerNorm(hidden_size)
        self.widen = nn.Linear(hidden_size, 4 * hidden_size)
        self.narrow = nn.Linear(4 * hidden_size, hidden_size)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, rotation: Pair, past: Pair | None) -> tuple[Tensor, Pair]:
        """(B, T, H) → (B, T, H), and what the attention can go on from."""
        gathered, past = self.attention(self.attention_norm(x), rotation, past)
        x = x + self.dropout(gathered)
        digested: Tensor = self.dropout(self.narrow(F.gelu(self.widen(self.digest_norm(x)))))
        return x + digested, past


class TransformerMelodyModel(MelodyModel):
    """A causal Transformer that knows how far back each token lies, for melodies of any length."""

    def __init__(self, vocab_size: int, embedding_dim: int, hidden_size: int, num_layers: int, dropout: float) -> None:
        super().__init__(vocab_size, embedding_dim, hidden_size, num_layers, dropout)
        self.widen = (
            nn.Identity() if embedding_dim == hidden_size else nn.Linear(embedding_dim, hidden_size, bias=False)
        )
        self.blocks = nn.ModuleList([Block(hidden_size, dropout) for _ in range(num_layers)])
        self.final_norm = nn.LayerNorm(hidden_size)
        _, self.head_size = heads_for(hidden_size)
        self._initialise()

    def _initialise(self) -> None:
        initialise_embedding_and_output(self)
        for name, weights in self.named_parameters():
            if name.startswith("blocks.") and weights.ndim == 2:
                # What adds to the stream starts small, so that depth does not make it grow.
                adds = name.endswith(("to_output.weight", "narrow.weight"))
                std = weights.size(1) ** -0.5 / (math.sqrt(2 * len(self.blocks)) if adds else 1.0)
                nn.init.normal_(weights, std=std)
            elif name.startswith("blocks.") and name.endswith("bias"):
                nn.init.zeros_(weights)

    def features(self, tokens: Tensor, memory: list[Pair] | None = None) -> tuple[Tensor, list[Pair]]:
        """What the model knows (B, T, H) after each of `tokens` (B, T), and a memory to go on from."""
        x = self.dropout(self.widen(self.embedding(tokens)))  # (B, T, H)
        n_past = memory[0][0].size(2) if memory else 0
        rotation = rotations(torch.arange(n_past, n_past + tokens.size(1), device=tokens.device), self.head_size)
        grown: list[Pair] = []
        for index, block in enumerate(self.blocks):
            x, pair = block(x, rotation, memory[index] if memory else None)  # (B, T, H)
            grown.append(pair)
        features: Tensor = self.final_norm(x)  # (B, T, H)
        return features, grown
