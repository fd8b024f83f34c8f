"""The information fields of ABC: what stands after `K:`, `M:`, `L:`, `Q:` and `T:`."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import NamedTuple

from .engraving import signature
from .melody import TICKS_PER_BEAT, Key, Meter
from .text import visible

_MODES = {
    "": "major", "maj": "major", "ion": "ionian", "m": "minor", "min": "minor", "aeo": "aeolian", "mix": "mixolydian",
    "dor": "dorian", "phr": "phrygian", "lyd": "lydian", "loc": "locrian",
}  # fmt: skip
_KEY = re.compile(r"([A-G])([#b♯♭]{0,3}) *([A-Za-z]*)(.*)")
_CLEF = re.compile(
    r"\b(?:(?:clef|middle|m|transpose|t|octave|stafflines|staffscale|score|sound|shift|style|map|name|nm|snm)=(?:\"[^\"]*\"|\S+)"
    r"|(?:treble|bass|alto|tenor|soprano|mezzo|baritone|perc)\d?(?:[+-]8)?(?=\s|$))"
)
_EXTRA = re.compile(r"(\^{1,2}|_{1,2}|=)([A-Ga-g])")
_ALTERATION = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
_FRACTION = re.compile(r"(\d{1,3})/(\d{1,3})")
_TEMPO = re.compile(
    r"((?:\d{1,3}/\d{1,3}\s+)*\d{1,3}/\d{1,3}|C\d?)\s*=\s*(\d{1,4}(?:\.\d{1,20})?)|^\s*(\d{1,4}(?:\.\d{1,20})?)\s*$"
)
_SHIFT = re.compile(
    r"\b(?:(?:transpose|t)=(?P<semitones>[+-]?\d{1,2})|octave=(?P<octaves>[+-]?\d)"
    r"|(?:treble|bass|alto|tenor|soprano|mezzo|baritone)\d?(?P<clef>[+-]8))(?![\w.])"
)
_ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "c": "\u0327", "v": "\u030c",
    "u": "\u0306", "H": "\u030b",
}  # fmt: skip
_LETTERS = {
    "AA": "Å", "aa": "å", "/O": "Ø", "/o": "ø", "ss": "ß", "AE": "Æ", "ae": "æ", "OE": "Œ", "oe": "œ", "DH": "Ð",
    "dh": "ð", "TH": "Þ", "th": "þ",
}  # fmt: skip
_ESCAPE = re.compile(
    rf"""\\(?:(?P<plain>[%&\\])
    |u(?P<number>(?![dD][89a-fA-F])[0-9a-fA-F]{{4}})
    |(?P<letter>{"|".join(_LETTERS)})
    |(?P<accent>['`^"~cvuH])(?P<below>[A-Za-z]))
    |&\#?\w+;""",
    re.VERBOSE,
)


class KeyField(NamedTuple):
    """What a `K:` field says."""

    key: Key | None
    signature: dict[str, int]  # alteration of each letter
    is_silent: bool = False  # it names only a clef


def parse_key(text: str) -> KeyField | None:
    """The key, its mode and any accidentals named beside it; None when the text is no key.

    An empty field and `none` mean no key; `HP` and `Hp` are the Highland pipes: A mixolydian.
    """
    bare = _CLEF.sub(" ", text).strip()
    if not bare:
        return KeyField(None, signature(None), is_silent=bool(text.strip()))
    if bare.lower() == "none":
        return KeyField(None, signature(None))
    if bare.upper() == "HP":
        pipes = Key("A", "mixolydian")
        return KeyField(pipes, signature(pipes))
    found = _KEY.fullmatch(bare[0].upper() + bare[1:])
    if not found:
        return None
    letter, accidentals, word, rest = found.groups()
    alterations = {step.upper(): _ALTERATION[sign] for sign, step in _EXTRA.findall(rest)}
    if word.lower() == "exp":  # only the accidentals named, so that the mode is unknown
        return KeyField(None, {**signature(None), **alterations})
    mode = _MODES.get("maj" if word == "M" else word[:3].lower())
    if mode is None or _EXTRA.sub("", rest).strip():
        return None
    key = Key(letter + accidentals.replace("♯", "#").replace("♭", "b"), mode)
    return KeyField(key, {**signature(key), **alterations})


def parse_shift(text: str) -> int | None:
    """How many semitones higher than written a voice sounds, by its clef or by itself; None when the text is silent.

    `treble-8` is an octave lower, `octave=1` an octave higher, `transpose=-2` a clarinet in B flat.
    """
    shifts = [
        int(found["semitones"] or 0) + 12 * int(found["octaves"] or 0) + 12 * (int(found["clef"] or 0) // 8)
        for found in _SHIFT.finditer(text)
    ]
    return sum(shifts) if shifts else None


def parse_meter(text: str) -> Meter | None:
    """The meter; None for free meter, or one that is no fraction. `2+3/8` is 5/8."""
    text = text.strip()
    if text.startswith("C"):
        return Meter(2, 2) if text.startswith("C|") else Meter(4, 4)
    found = re.match(r"\(?(\d{1,2}(?:\+\d{1,2})*)\)?/(\d{1,2})", text)
    if not found:
        return None
    beats, unit = sum(map(int, found[1].split("+"))), int(found[2])
    return Meter(beats, unit) if beats and unit in (1, 2, 4, 8, 16, 32, 64) else None


def parse_unit(text: str) -> float | None:
    """A unit note length such as `1/8`, in ticks; None when the text is none."""
    found = re.match(r"(\d{1,3})(?:/(\d{1,3}))?", text)
    if not found or not int(found[1]) or (found[2] and not int(found[2])):
        return None
    return 4 * TICKS_PER_BEAT * int(found[1]) / int(found[2] or 1)


def parse_tempo(text: str, unit: float) -> float | None:
    """Quarter notes per minute of a `Q:` field; None when it holds only words. `unit` is the `L:` in ticks."""
    found = _TEMPO.search(re.sub(r'"[^"]*"', " ", text))
    if not found:
        return None
    lengths, counted, bare = found.groups()
    if lengths is None or lengths.startswith("C"):
        quarters = unit / TICKS_PER_BEAT * int((lengths or "")[1:] or 1)
    else:
        quarters = sum(4 * int(top) / max(1, int(bottom)) for top, bottom in _FRACTION.findall(lengths))
    return float(counted or bare) * quarters or None


def parse_text(text: str) -> str:
    r"""Text in plain letters: `\'e`, `\u00e9` and `&eacute;` become é, `\ss` becomes ß, `\%` becomes %."""
    return " ".join(_ESCAPE.sub(_unescape, text).split())


def write_text(text: str) -> str:
    r"""Text on one line that `parse_text` gives back: a percent sign would begin a comment, a backslash an accent."""
    return re.sub(r"([\\%&])", r"\\\1", visible(text))


def _unescape(found: re.Match[str]) -> str:
    if found["plain"]:
        return found["plain"]
    if found["number"]:
        return chr(int(found["number"], 16))
    if found["letter"]:
        return _LETTERS[found["letter"]]
    if found["accent"]:
        return unicodedata.normalize("NFC", found["below"] + _ACCENTS[found["accent"]])
    return html.unescape(found[0])
