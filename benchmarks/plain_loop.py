"""The training loop one writes first, beside which `train_step.py` and `learning.py` measure ours.

Every window of 16 notes as a Python list, a torch `DataLoader`, the note after the window as the only target, Adam with
its usual settings. It is spared all avoidable work: logits are computed for the last position only.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from chromasonic.melody_generation.models import MelodyModel
from chromasonic.music.collections import load_collection
from chromasonic.music.melody import Melody

WINDOW = 16  # notes the plain loop reads to predict the next
KEYS = 88  # of a piano
LOWEST = 21  # its lowest key as a MIDI pitch

Tunes = list[list[int]]


class Windows(Dataset[tuple[Tensor, Tensor]]):
    """Every window of 16 notes with the note that follows it, as Python lists."""

    def __init__(self, tunes: Tunes) -> None:
        self.windows = [
            (tune[start : start + WINDOW], tune[start + WINDOW])
            for tune in tunes
            for start in range(len(tune) - WINDOW)
        ]

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        notes, following = self.windows[index]
        return torch.tensor(notes), torch.tensor(following)


def plain_optimizer(model: MelodyModel, learning_rate: float) -> torch.optim.Optimizer:
    """AdamW with everything but the learning rate as torch has it."""
    return torch.optim.AdamW(model.parameters(), lr=learning_rate)


def plain_epoch(
    model: MelodyModel, optimizer: torch.optim.Optimizer, training: Windows, batch_size: int, device: torch.device
) -> None:
    """See every window once."""
    model.train()
    for notes, following in DataLoader(training, batch_size=batch_size, shuffle=True):
        optimizer.zero_grad()
        loss = F.cross_entropy(model.continued(notes.to(device))[0], following.to(device))
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


@torch.no_grad()
def plain_loss(model: MelodyModel, windows: Windows, batch_size: int, device: torch.device) -> float:
    """The mean loss in nats per note that follows a window."""
    model.eval()
    total = 0.0
    for notes, following in DataLoader(windows, batch_size=batch_size):
        logits = model.continued(notes.to(device))[0]
        total += F.cross_entropy(logits, following.to(device), reduction="sum").item()
    return total / len(windows)


def some_tunes(collection: str, n_tunes: int, cache: Path | None, longest: int = 10_000) -> list[Melody]:
    """Tunes of a collection in which a note follows a window, drawn at random but always the same ones.

    With a `cache`, the collection is read from there the next time.
    """
    with tempfile.TemporaryDirectory() as fresh:
        melodies = load_collection(collection, cache or Path(fresh)).melodies
    enough = [melody for melody in melodies if WINDOW < len(melody.notes) <= longest]
    return random.Random(0).sample(enough, min(n_tunes, len(enough)))


def as_keys(melodies: Sequence[Melody]) -> Tunes:
    """The pitches alone, as piano keys."""
    return [[note.pitch - LOWEST for note in melody.notes] for melody in melodies]
