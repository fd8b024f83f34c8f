"""Writes MusicXML 4.0 as notation programs expect it: bars, ties, beams, triplets, and accidentals where needed."""

from __future__ import annotations

import xml.etree.ElementTree as ET  # nosec B405: it only writes
from typing import NamedTuple

from .checked import checked_melody
from .engraving import Bar, Piece, beam_length, cut_into_bars, signature, spell, triplet
from .melody import TICKS_PER_BEAT, Key, Melody, Meter, to_ticks
from .text import one_line

_HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN"'
    ' "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_NOTE_TYPES = {192: "whole", 96: "half", 48: "quarter", 24: "eighth", 12: "16th", 6: "32nd", 3: "64th", 1.5: "128th"}
_WRITTEN = {ticks: (name, 0) for ticks, name in _NOTE_TYPES.items()}  # ticks: (note type, dots)
_WRITTEN |= {1.5 * ticks: (name, 1) for ticks, name in _NOTE_TYPES.items() if ticks > 3}
_BEAMS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4, "128th": 5}
_ACCIDENTALS = {1: "sharp", 2: "double-sharp", -1: "flat", -2: "flat-flat", 0: "natural"}
_LOW_VOICE = 57  # a melody that lies below this A3 on average reads better in the bass clef


class _Sign(NamedTuple):
    """One note or rest on paper."""

    ticks: int  # how long it sounds
    written: float  # the same, or half as much again inside a triplet
    pitch: int | None
    is_tied: bool  # to the next sign
    triplet: str = ""  # "start" or "stop" of a bracket


def write_musicxml(melody: Melody) -> str:
    """The melody as a MusicXML score of one part, which `read_score` reads back note by note.

    Raises:
        SettingsError: this is no melody, or a note in it is none.
    """
    checked_melody("melody", melody)
    score = ET.Element("score-partwise", version="4.0")
    if melody.title:
        _add(_add(score, "work"), "work-title", melody.title)
    _add(_add(_add(score, "identification"), "encoding"), "software", "Chromasonic")
    listed = _add(_add(score, "part-list"), "score-part", id="P1")
    _add(listed, "part-name", "Melody")
    part = _add(score, "part", id="P1")
    is_open = False  # a tie reaches over the barline
    bars = cut_into_bars(melody)
    for number, bar in enumerate(bars, 0 if melody.pickup and melody.meter else 1):
        measure = _add(part, "measure", number=str(number), **({"implicit": "yes"} if number == 0 else {}))
        if bar is bars[0]:
            _add_attributes(measure, melody)
        if bar is bars[-1] and melody.meter:
            bar = _filled(bar, to_ticks(melody.pickup))
        is_open = _add_bar(measure, bar, melody.key, melody.meter, is_open)
    if bars:
        _add(_add(measure, "barline", location="right"), "bar-style", "light-heavy")
    ET.indent(score)
    return _HEADER + ET.tostring(score, encoding="unicode") + "\n"


def _add(parent: ET.Element, tag: str, text: object = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    if text is not None:
        element.text = one_line(str(text))  # XML knows no control characters
    return element


def _add_attributes(measure: ET.Element, melody: Melody) -> None:
    attributes = _add(measure, "attributes")
    _add(attributes, "divisions", TICKS_PER_BEAT)
    if melody.key:
        key = _add(attributes, "key")
        _add(key, "fifths", melody.key.fifths)
        _add(key, "mode", melody.key.mode)
    if melody.meter:
        time = _add(attributes, "time")
        _add(time, "beats", melody.meter.beats)
        _add(time, "beat-type", melody.meter.unit)
    clef = _add(attributes, "clef")
    is_low = sum(note.pitch for note in melody.notes) < _LOW_VOICE * len(melody.notes)
    _add(clef, "sign", "F" if is_low else "G")
    _add(clef, "line", 4 if is_low else 2)
    if melody.qpm:
        tempo = repr(float(melody.qpm)).removesuffix(".0")
        direction = _add(measure, "direction", placement="above")
        metronome = _add(_add(direction, "direction-type"), "metronome")
        _add(metronome, "beat-unit", "quarter")
        _add(metronome, "per-minute", tempo)
        _add(direction, "sound", tempo=tempo)


def _filled(bar: Bar, pickup: int) -> Bar:
    """The last bar, filled up with a rest; less the pickup, with which it makes a whole one."""
    missing = bar.ticks - sum(piece.ticks for piece in bar.pieces)
    rest = missing - pickup if missing >= pickup else missing
    return Bar((*bar.pieces, Piece(rest, None)), bar.ticks) if rest else bar


def _add_bar(measure: ET.Element, bar: Bar, key: Key | None, meter: Meter | None, is_open: bool) -> bool:
    """Writes the signs of a bar; returns whether the last is tied to the next bar."""
    beat = beam_length(meter)
    signs = _signs(bar, beat)
    beams = _beams(signs, beat, offset=-bar.ticks % beat if measure.get("implicit") else 0)
    in_force: dict[tuple[str, int], int] = {}
    for sign, beam in zip(signs, beams, strict=True):
        note = _add(measure, "note")
        accidental = ""
        if sign.pitch is None:
            _add(note, "rest", **({"measure": "yes"} if sign.ticks == bar.ticks and len(signs) == 1 else {}))
        else:
            letter, octave, alteration = spell(sign.pitch, key)
            pitch = _add(note, "pitch")
            _add(pitch, "step", letter)
            if alteration:
                _add(pitch, "alter", alteration)
            _add(pitch, "octave", octave)
            if not is_open and in_force.get((letter, octave), signature(key)[letter]) != alteration:
                in_force[letter, octave] = alteration
                accidental = _ACCIDENTALS[alteration]
        _add(note, "duration", sign.ticks)
        ties = ["stop"] * is_open + ["start"] * sign.is_tied
        for tie in ties:
            _add(note, "tie", type=tie)
        _add(note, "voice", 1)
        if sign.written in _WRITTEN:
            name, dots = _WRITTEN[sign.written]
            _add(note, "type", name)
            for _ in range(dots):
                _add(note, "dot")
        if accidental:
            _add(note, "accidental", accidental)
        if sign.written != sign.ticks:
            modification = _add(note, "time-modification")
            _add(modification, "actual-notes", 3)
            _add(modification, "normal-notes", 2)
        for level, kind in enumerate(beam, 1):
            _add(note, "beam", kind, number=str(level))
        if ties or sign.triplet:
            notations = _add(note, "notations")
            for tie in ties:
                _add(notations, "tied", type=tie)
            if sign.triplet:
                _add(notations, "tuplet", type=sign.triplet)
        is_open = sign.is_tied
    return is_open


def _signs(bar: Bar, beat: int) -> list[_Sign]:
    """The pieces of a bar as signs that exist on paper; a length that no one sign has becomes several, tied."""
    signs: list[_Sign] = []
    place, position = 0, 0
    while place < len(bar.pieces):
        group = triplet(bar.pieces[place:])
        if group and all(1.5 * piece.ticks in _WRITTEN for piece in group):
            for index, piece in enumerate(group):
                edge = "start" if index == 0 else "stop" if index == len(group) - 1 else ""
                signs.append(
                    _Sign(piece.ticks, 1.5 * piece.ticks, piece.pitch, piece.is_tied, edge if len(group) > 1 else "")
                )
        else:
            group = bar.pieces[place : place + 1]
            lengths = (
                [group[0].ticks]
                if group[0].ticks == bar.ticks and group[0].pitch is None
                else _split(group[0].ticks, position, beat)
            )
            for index, ticks in enumerate(lengths, 1):
                is_tied = group[0].pitch is not None and (index < len(lengths) or group[0].is_tied)
                written = ticks if ticks % 3 == 0 else 1.5 * ticks
                signs.append(_Sign(ticks, written, group[0].pitch, is_tied))
        position += sum(piece.ticks for piece in group)
        place += len(group)
    return signs


def _split(ticks: int, position: int, beat: int) -> list[int]:
    """A length as a sum of lengths that one sign can have: first up to the next beat, then the longest that fit."""
    lengths = []
    while ticks:
        to_beat = -position % beat
        room = ticks if ticks in _WRITTEN or not 0 < to_beat < ticks else to_beat
        ticks_of_sign = next(n for n in range(min(room, 288), 0, -1) if (n if n % 3 == 0 else 1.5 * n) in _WRITTEN)
        lengths.append(ticks_of_sign)
        position, ticks = position + ticks_of_sign, ticks - ticks_of_sign
    return lengths


def _beams(signs: list[_Sign], beat: int, offset: int) -> list[list[str]]:
    """For each sign the kind of each of its beams, outermost first: neighbours within a beat share them."""
    levels = [_BEAMS.get(_WRITTEN.get(sign.written, ("", 0))[0], 0) * (sign.pitch is not None) for sign in signs]
    beats, position = [], offset
    for sign in signs:
        beats.append(position // beat)
        position += sign.ticks

    def shares(index: int, other: int, level: int) -> bool:
        return 0 <= other < len(signs) and beats[other] == beats[index] and min(levels[other], levels[index]) >= level

    beams: list[list[str]] = []
    for index in range(len(signs)):
        kinds = []
        for level in range(1, levels[index] + 1):
            before, after = shares(index, index - 1, level), shares(index, index + 1, level)
            if before or after:
                kinds.append("continue" if before and after else "begin" if after else "end")
            elif kinds:  # a sixteenth among eighths: a stub towards the note it shares the outer beam with
                kinds.append("backward hook" if shares(index, index - 1, 1) else "forward hook")
            else:
                break
        beams.append(kinds)
    return beams
