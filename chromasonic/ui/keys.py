"""Keys as musicians call them."""

from __future__ import annotations

from chromasonic.music.melody import Key
from chromasonic.ui.wording import terms as words


def key_name(key: Key) -> str:
    """`F♯ minor`."""
    english = str(key)
    tonic = english.partition(" ")[0]
    if key.mode not in words.MODES:
        return english
    return words.MODES[key.mode].format(tonic=words.TONICS.get(tonic, tonic))
