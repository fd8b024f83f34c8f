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


_PITCHES = Translated(
    {
        "C": "C{octave}",
        "C♯": "C♯{octave}",
        "D♭": "D♭{octave}",
        "D": "D{octave}",
        "D♯": "D♯{octave}",
        "E♭": "E♭{octave}",
        "E": "E{octave}",
        "F": "F{octave}",
        "F♯": "F♯{octave}",
        "G♭": "G♭{octave}",
        "G": "G{octave}",
        "G♯": "G♯{octave}",
        "A♭": "A♭{octave}",
        "A": "A{octave}",
        "A♯": "A♯{octave}",
        "B♭": "B♭{octave}",
        "B": "B{octave}",
    }
)
_SHARPS = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
_FLATS = ("C", "D♭", "D", "E♭", "E", "F", "G♭", "G", "A♭", "A", "B♭", "B")


def pitch_name(pitch: int, *, flats: bool = False) -> str:
    """The name of a MIDI pitch; 60 is C4, middle C.

    Each language has its own names of notes. The octaves are counted alike in all, scientifically (Young, 1939): as a
    language counts its own, in French from another one, they could not be told from these.
    """
    return _PITCHES[(_FLATS if flats else _SHARPS)[pitch % 12]].format(octave=pitch // 12 - 1)


def key_name(key: Key) -> str:
    """`F♯ minor`."""
    english = str(key)
    tonic = english.partition(" ")[0]
    if key.mode not in _MODES:
        return english
    return _MODES[key.mode].format(tonic=_TONICS.get(tonic, tonic))
