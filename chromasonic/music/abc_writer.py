"""Writes ABC notation, with bars, ties and triplets, that `abc_notation.read_abc` reads back note by note.

To some programs an accidental counts in every octave, to others only where it stands: both find the signs they need.
"""

from __future__ import annotations

import textwrap
from fractions import Fraction

from .abc_fields import write_text
from .checked import checked_melody
from .engraving import Piece, beam_length, cut_into_bars, signature, spell, triplet
from .melody import TICKS_PER_BEAT, Key, Melody

_SIGNS = {1: "^", 2: "^^", -1: "_", -2: "__", 0: "="}
_BARS_PER_LINE = 4


def write_abc(melody: Melody) -> str:
    """The melody as one ABC tune, which `read_abc` reads back note by note.

    Raises:
        SettingsError: this is no melody, or a note in it is none.
    """
    checked_melody("melody", melody)
    lines = ["X:1", f"T: {write_text(melody.title)}".rstrip(), f"M:{melody.meter or 'none'}", "L:1/8"]
    if melody.qpm:
        lines.append("Q:1/4=" + repr(float(melody.qpm)).removesuffix(".0"))
    lines.append("K:" + (melody.key.tonic + melody.key.mode[:3] if melody.key else "none"))
    beam = beam_length(melody.meter)
    bars = [
        _write_bar(bar.pieces, melody.key, beam, begins=-bar.ticks % beam if number == 0 and melody.pickup else 0)
        for number, bar in enumerate(cut_into_bars(melody))
    ]
    if melody.meter is None:
        lines.append(textwrap.fill(" ".join(bars), 100, break_on_hyphens=False, break_long_words=False))
    for start in range(0, len(bars) if melody.meter else 0, _BARS_PER_LINE):
        end = " |]" if start + _BARS_PER_LINE >= len(bars) else " |"
        lines.append(" | ".join(bars[start : start + _BARS_PER_LINE]) + end)
    return "\n".join(lines) + "\n"


def _write_bar(pieces: tuple[Piece, ...], key: Key | None, beam: int, begins: int) -> str:
    """The pieces, which begin so many ticks after a beat; a space ends a beam, and one beam lasts `beam` ticks."""
    in_force: dict[str, dict[int, int]] = {}  # alterations written since the barline: letter, octave, semitones
    text, place, now, under = "", 0, begins, -1  # under: which beam of the bar the last piece hangs on, or -1
    while place < len(pieces):
        group = triplet(pieces[place:])
        written = group or pieces[place : place + 1]
        longest = TICKS_PER_BEAT * 2 // 3 if group else TICKS_PER_BEAT
        is_beamed = all(piece.pitch is not None and piece.ticks < longest for piece in written)
        text += "" if not text or (is_beamed and now // beam == under) else " "
        if group:
            opening = "(3" if len(group) == 3 else f"(3:2:{len(group)}"
            text += opening + "".join(_write_piece(p, key, in_force, Fraction(p.ticks, 16)) for p in group)
        else:
            text += _write_piece(pieces[place], key, in_force, Fraction(pieces[place].ticks, 24))
        under = now // beam if is_beamed else -1
        now += sum(piece.ticks for piece in written)
        place += len(written)
    return text


def _write_piece(piece: Piece, key: Key | None, in_force: dict[str, dict[int, int]], length: Fraction) -> str:
    if piece.pitch is None:
        name = "z"
    else:
        letter, octave, alteration = spell(piece.pitch, key)
        sign = ""
        written = in_force.setdefault(letter, {})
        if any(other != alteration for other in (written.get(octave, signature(key)[letter]), *written.values())):
            sign = _SIGNS[alteration]
            written[octave] = alteration
        marks = "'" * (octave - 5) if octave >= 5 else "," * (4 - octave)
        name = sign + (letter.lower() if octave >= 5 else letter) + marks
    top = "" if length.numerator == 1 else str(length.numerator)
    bottom = "" if length.denominator == 1 else f"/{length.denominator}"
    return name + top + bottom + "-" * piece.is_tied
