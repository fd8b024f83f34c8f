"""More music from the same tunes: a phrase in another key is a phrase one may learn from, too."""

from __future__ import annotations

import torch
from torch import Tensor

from .tokenization import VOCABULARY

LOWEST_SHIFT, HIGHEST_SHIFT = -5, 6  # semitones: every key once, by the shorter way


def transpose_phrases(
    tokens: Tensor, generator: torch.Generator, pitch_ids: range = VOCABULARY.pitch_ids, padding: int = 0
) -> Tensor:
    """Each phrase of `tokens` (B, T) moved by a random number of semitones, from five down to six up.

    Every move that keeps all pitches of a phrase among `pitch_ids` is equally likely. What is no pitch stays as it is,
    and so does `padding` at the end of a phrase, even where that id is a pitch.

    Args:
        tokens: ids, on any device.
        generator: where chance comes from, on the CPU.
        pitch_ids: the ids that are pitches, one per semitone.
        padding: what fills a phrase up to the length of its batch.
    """
    is_padding = (tokens == padding).flip(1).cumprod(1).flip(1).bool()  # (B, T)
    is_pitch = (tokens >= pitch_ids.start) & (tokens < pitch_ids.stop) & ~is_padding  # (B, T)
    lowest = tokens.masked_fill(~is_pitch, pitch_ids.stop - 1).amin(1)  # (B,)
    highest = tokens.masked_fill(~is_pitch, pitch_ids.start).amax(1)  # (B,)
    down = (pitch_ids.start - lowest).clamp(min=LOWEST_SHIFT, max=0)  # (B,) at most 0
    up = (pitch_ids.stop - 1 - highest).clamp(min=0, max=HIGHEST_SHIFT)  # (B,) at least 0
    chance = torch.rand(len(tokens), generator=generator).to(tokens.device)  # (B,) below 1
    shift = (down + chance * (up - down + 1)).floor().to(tokens.dtype)
    return torch.where(is_pitch, tokens + shift[:, None], tokens)
