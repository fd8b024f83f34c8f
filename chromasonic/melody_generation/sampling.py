"""Drawing the next token: how adventurous a choice may be, and what a model has heard so far."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from chromasonic.errors import ModelError

from .models import MelodyModel

IMPOSSIBLE = -1e30
"""The logit of a token that a model rules out. Finite: a token that is not even allowed, at -inf, stays below it."""


def draw(
    logits: Tensor, chances: Sequence[float], *, temperature: float, top_k: int | None, top_p: float | None
) -> Tensor:
    """One token (B,) per row of `logits` (B, V).

    Args:
        logits: -inf where a token is not allowed.
        chances: a number from 0 up to, not including, 1 for each row; with the tokens laid out by probability, the
            likeliest first, the row takes the one at this share of the way.
        temperature: above 0; below 1 the likely becomes likelier, above 1 the unlikely does.
        top_k: only the so many likeliest tokens count.
        top_p: only the likeliest tokens count, as few as hold this much probability together (nucleus sampling:
            A. Holtzman et al., The curious case of neural text degeneration, 2020).
    """
    calmed = (logits - logits.amax(1, keepdim=True)) / temperature  # largest is 0, so no temperature overflows
    probabilities, tokens = calmed.softmax(1).sort(stable=True, dim=1, descending=True)  # (B, V)
    likelier = probabilities.cumsum(1) - probabilities  # how much probability lies before each token
    if top_p is not None:
        probabilities = probabilities * (likelier < top_p)
    if top_k is not None:
        probabilities = probabilities[:, :top_k]
    reached = probabilities.cumsum(1)
    wanted = torch.tensor(chances, dtype=reached.dtype)[:, None] * reached[:, -1:]
    places = (reached <= wanted).sum(1, keepdim=True)
    drawn: Tensor = tokens.gather(1, places).squeeze(1)
    return drawn


class Listener:
    """A model and what it has heard: answers what may come next, for several variations at once.

    When it has heard as much as it can hold, it goes on from the newest half, as in training, where the phrases of a
    long tune begin in its middle too.
    """

    def __init__(self, model: nn.Module, context: int) -> None:
        self.model, self.context = model, context
        self.device = next((weights.device for weights in model.parameters()), torch.device("cpu"))
        self.heard: Tensor | None = None  # (B, T) what the next answer rests on
        self.memory: object = None  # what the model made of it, for models that can go on from there

    def hear(self, tokens: Tensor) -> Tensor:
        """Logits (B, V) for what follows, once the model has heard `tokens` (B, T) too.

        Raises:
            ModelError: the model does not answer with numbers for each token.
        """
        self.heard = tokens if self.heard is None else torch.cat([self.heard, tokens], dim=1)
        if self.heard.size(1) > self.context:
            self.heard = tokens = self.heard[:, -max(1, self.context // 2) :]
            self.memory = None
        if isinstance(self.model, MelodyModel):
            logits, self.memory = self.model.continued(tokens.to(self.device), self.memory)
        else:
            logits = self._answer_of_another()
        logits = logits[:, -1] if logits.ndim == 3 else logits  # some answer for every position, some for the next
        logits = logits.double().cpu()
        if logits.isnan().any() or logits.isposinf().any():
            raise ModelError(
                "The model answers with something that is no number: its training went wrong. Choose another model."
            )
        return logits.clamp(min=IMPOSSIBLE)

    def _answer_of_another(self) -> Tensor:
        """What a model that is none of ours answers: it may raise anything, or answer with anything."""
        assert self.heard is not None
        try:
            logits = self.model(self.heard.to(self.device))
        except Exception as error:  # it may raise anything
            raise ModelError(
                f"The model raised {type(error).__name__} for tokens of shape {tuple(self.heard.shape)}: {error}. It "
                "must take token ids (B, T), all that are in the music."
            ) from error
        if isinstance(logits, Tensor) and logits.ndim in (2, 3) and len(logits) == len(self.heard):
            return logits
        came = f"shape {tuple(logits.shape)}" if isinstance(logits, Tensor) else f"a {type(logits).__name__}"
        raise ModelError(f"The model should answer with logits (B, T, V) or (B, V), but {came} came.")
