"""What the model of a trial sings: all of a search from one opening and with the same chances.

So whatever one hears apart comes from their settings.
"""

from __future__ import annotations

from torch import nn

from chromasonic.errors import ModelError
from chromasonic.music.melody import DEFAULT_QPM, Melody, Meter

from .datasets import SearchData
from .generation import GenerationConfig, generate

SONG_BEATS = 32
"""After the opening: two phrases, a quarter of a minute at 120 quarter notes per minute."""

TEMPERATURE = 0.9  # a little calmer than the music it learned, as on the Listen page


def sing(model: nn.Module, data: SearchData) -> Melody:
    """What `model`, which learned `data`, makes of the opening of `data`.

    Raises:
        ModelError: `data` is no music, or the model does not answer with numbers.
    """
    if not data.melodic:
        raise ModelError(f"{data.music} is no music, so a model that learned it cannot sing. Choose music.")
    opening = data.opening or Melody(())
    meter = opening.meter or Meter()
    bars = max(1, round(SONG_BEATS / meter.bar_length))
    config = GenerationConfig(temperature=TEMPERATURE, bars=bars, meter=meter, qpm=opening.qpm or DEFAULT_QPM)
    (melody,) = generate(model, config, opening, context=data.sequence_length)
    return melody
