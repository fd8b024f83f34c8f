"""What a model answers: a look at one tiny batch, before any training."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from chromasonic.checks import instance
from chromasonic.errors import ModelError

from .batches import Corpus


@torch.no_grad()  # not inference_mode: a model may make its weights when it first sees data
def answers_every_position(model: nn.Module, corpus: Corpus) -> bool:
    """Whether `model` gives logits (B, T, V), one answer per position, and not (B, V), one for the next token.

    Raises:
        ModelError: it gives anything else.
    """
    instance("model", model, nn.Module, "a model, such as LSTMMelodyModel(…)")
    instance("corpus", corpus, Corpus, "a Corpus(…)")
    inputs = corpus.example()  # (2, T)
    was_training = model.training
    logits = model.eval()(inputs)
    model.train(was_training)

    every, following = (*inputs.shape, corpus.vocab_size), (inputs.size(0), corpus.vocab_size)
    if isinstance(logits, Tensor) and logits.is_floating_point() and logits.shape in (every, following):
        return logits.ndim == 3
    came = f"{_shape(logits)} came" if isinstance(logits, Tensor) else f"a {type(logits).__name__} came"
    raise ModelError(
        f"For tokens of shape {_shape(inputs)} the model should give logits of shape {every}, for the token after "
        f"each, or {following}, for the token after the last; {came}."
    )


def _shape(tensor: Tensor) -> str:
    numbers = "" if tensor.is_floating_point() or tensor.dtype == torch.int64 else f" of {tensor.dtype}"
    return f"{tuple(tensor.shape)}{numbers}"
