"""Keys and their notes, as musicians of each language call them."""

from __future__ import annotations

from chromasonic.languages import Translated
from chromasonic.music.melody import Key

_TONICS = Translated(
    {
        "C": "C",
        "C♯": "C♯",
        "C♭": "C♭",
        "D": "D",
        "D♯": "D♯",
        "D♭": "D♭",
        "E": "E",
        "E♯": "E♯",
        "E♭": "E♭",
        "F": "F",
        "F♯": "F♯",
        "F♭": "F♭",
        "G": "G",
        "G♯": "G♯",
        "G♭": "G♭",
        "A": "A",
        "A♯": "A♯",
        "A♭": "A♭",
        "B": "B",
        "B♯": "B♯",
        "B♭": "B♭",
    }
)
_MODES = Translated(
    {
        "major": "{tonic} major",
        "minor": "{tonic} minor",
        "ionian": "{tonic} ionian",
        "dorian": "{tonic} dorian",
        "phrygian": "{tonic} phrygian",
        "lydian": "{tonic} lydian",
        "mixolydian": "{tonic} mixolydian",
        "aeolian": "{tonic} aeolian",
        "locrian": "{tonic} locrian",
    }
)


def key_name(key: Key) -> str:
    """`F♯ minor`."""
    english = str(key)
    tonic = english.partition(" ")[0]
    if key.mode not in _MODES:
        return english
    return _MODES[key.mode].format(tonic=_TONICS.get(tonic, tonic))
