"""Several models that sing together: what each thinks may come next is averaged.

One model is sure where another is wrong, and the mean of their probabilities is wrong less often (L. K. Hansen and
P. Salamon, Neural network ensembles, 1990).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from chromasonic.errors import ModelError

from .structure import MelodyModel


class Ensemble(MelodyModel):
    """Models of one vocabulary as one model, whose logits are the logarithm of their mean probabilities.

    Raises:
        ModelError: there is none, one is not of our families, or they learned different tokens.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        own = [member for member in members if isinstance(member, MelodyModel)]
        if not own or len(own) < len(members) or len({member.vocab_size for member in own}) > 1:
            raise ModelError("Only models of our own families that learned the same tokens can sing together.")
        nn.Module.__init__(self)  # it has no weights of its own
        self.vocab_size = own[0].vocab_size
        self.members = nn.ModuleList(own)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (B, T, V) for the token that follows each of `tokens` (B, T)."""
        return _averaged([member(tokens) for member in self.members])

    def continued(self, tokens: Tensor, memory: Any = None) -> tuple[Tensor, Any]:
        """Logits (B, V) for the token after the last of `tokens` (B, T), and the memories of all members."""
        memories = memory or [None] * len(self.members)
        heard = [
            member.continued(tokens, remembered)  # type: ignore[operator]  # a ModuleList forgets what is in it
            for member, remembered in zip(self.members, memories, strict=True)
        ]
        return _averaged([logits for logits, _ in heard]), [remembered for _, remembered in heard]


def _averaged(logits: Sequence[Tensor]) -> Tensor:
    """The logarithm of the mean probability of each token."""
    chances = torch.stack([each.log_softmax(-1) for each in logits])
    return chances.logsumexp(0) - math.log(len(logits))
