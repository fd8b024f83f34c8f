"""What the model of a trial sings: all of a search from one opening and with the same chances.

So whatever one hears apart comes from their settings.
"""

from __future__ import annotations

from pathlib import Path

from torch import nn

from chromasonic.errors import ModelError
from chromasonic.files import write_whole
from chromasonic.music.melody import DEFAULT_QPM, Melody, Meter
from chromasonic.music.midi import write_midi

from .datasets import SearchData
from .generation import GenerationConfig, generate

SONG_BARS = 8
"""After the opening: two phrases, about a quarter of a minute."""

SONG_FILES = (".mid", ".ogg")
TEMPERATURE = 0.9  # a little calmer than the music it learned, as on the Listen page


def sing(model: nn.Module, data: SearchData) -> Melody:
    """What `model`, which learned `data`, makes of the opening of `data`.

    Raises:
        ModelError: `data` is no music, or the model does not answer with numbers.
    """
    if not data.melodic:
        raise ModelError(f"{data.music} is no music, so a model that learned it cannot sing. Choose music.")
    opening = data.opening or Melody(())
    config = GenerationConfig(
        temperature=TEMPERATURE, bars=SONG_BARS, meter=opening.meter or Meter(), qpm=opening.qpm or DEFAULT_QPM
    )
    (melody,) = generate(model, config, opening, context=data.sequence_length)
    return melody


def write_song(stem: Path, melody: Melody) -> None:
    """Write `melody` as `stem` + .mid and .ogg, each whole or not at all.

    Raises:
        WorkspaceError: the folder cannot be written.
        RenderingError: there is nothing to hear in it.
    """
    from chromasonic.rendering.audio import render_audio, to_ogg

    sound = to_ogg(render_audio(melody))
    for suffix, content in zip(SONG_FILES, (write_midi(melody), sound), strict=True):
        write_whole(stem.with_suffix(suffix), content)
