"""Draw a melody as a piano roll: time to the right in bars, pitch upwards. First gather plain numbers, then draw."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from chromasonic.checks import instance, number
from chromasonic.languages import Translated, say
from chromasonic.music.checked import checked_melody
from chromasonic.music.key_names import pitch_name
from chromasonic.music.melody import Melody, Meter, Note, to_ticks

HELD = 0.93  # of its length is drawn, so that a repeated note does not run into the one before
MOST_LABELS = 12  # on either axis, before names would touch
MOST_BEAT_LINES = 48  # twelve bars of 4/4; more would blur on a phone
MOST_BAR_LINES = 2000  # more would be one grey
CLOSEST_LABELS = 18  # so many semitones high may the picture be when neighbours have names

_NAMED = (  # which pitch classes have their name beside the picture, and how many semitones apart they are at least
    ({0, 2, 4, 5, 7, 9, 11}, 1),
    ({0, 2, 4, 7, 9}, 2),
    ({0, 7}, 5),
    ({0}, 12),
)
_LENGTHS = Translated({
    192: "whole note", 144: "dotted half note", 96: "half note", 72: "dotted quarter note", 48: "quarter note",
    36: "dotted eighth note", 32: "quarter note of a triplet", 24: "eighth note", 18: "dotted sixteenth note",
    16: "eighth note of a triplet", 12: "sixteenth note", 8: "sixteenth note of a triplet", 6: "thirty-second note",
})  # fmt: skip


_FRACTIONS = {
    Fraction(over, under): sign
    for over, under, sign in (
        (1, 2, "½"), (1, 3, "⅓"), (2, 3, "⅔"), (1, 4, "¼"), (3, 4, "¾"), (1, 6, "⅙"), (5, 6, "⅚"),
        (1, 8, "⅛"), (3, 8, "⅜"), (5, 8, "⅝"), (7, 8, "⅞"),
    )
}  # fmt: skip


class RollNote(NamedTuple):
    """One note as it is drawn and as its label reads."""

    onset: float  # beats
    duration: float  # beats
    pitch: int
    name: str  # "F♯4"
    label: str  # "F♯4, bar 3, beat 2½, eighth note"
    in_opening: bool


@dataclass(frozen=True)
class PianoRoll:
    """Everything a piano roll shows, as plain numbers."""

    notes: tuple[RollNote, ...]
    bar_lines: tuple[tuple[float, int], ...]  # (beats, number of the bar that begins there); the last one ends the tune
    beat_lines: tuple[float, ...]  # beats; none in a long melody, where they would blur
    pitch_names: tuple[tuple[int, str], ...]  # what stands beside the picture
    end: float  # beats


def gather_piano_roll(melody: Melody, *, primer_beats: float = 0.0) -> PianoRoll:
    """The numbers of a piano roll of `melody`, whose first `primer_beats` are an opening given to the model.

    An incomplete first bar is bar 0, as in print. Without a meter, bars are those of 4/4.

    Raises:
        SettingsError: this is no melody, or `primer_beats` is no length.
    """
    checked_melody("melody", melody)
    number("primer_beats", primer_beats, at_least=0)
    meter = melody.meter or Meter()
    flats = melody.key is not None and melody.key.fifths < 0
    pickup = melody.pickup % meter.bar_length
    first_bar = pickup - meter.bar_length if pickup else 0.0  # beats; where bar 0 would begin, were it whole
    first_number = 0 if pickup else 1
    bar_ticks = max(1, to_ticks(meter.bar_length))

    def label(note: Note, name: str) -> str:
        bars, within = divmod(to_ticks(note.onset - first_bar), bar_ticks)
        beat = _beat_in_words(1 + Fraction(within * meter.unit, to_ticks(4)))
        length = _LENGTHS.get(to_ticks(note.duration), say("{n:.3g} quarter notes long", n=note.duration))
        bar = bars + first_number
        return say("{name}, bar {bar}, beat {beat}, {length}", name=name, bar=bar, beat=beat, length=length)

    n_bars = math.ceil(to_ticks(melody.duration - first_bar) / bar_ticks)
    bar_lines = [(first_bar + bar * meter.bar_length, bar + first_number) for bar in range(n_bars + 1)]
    beat = 4 / meter.unit
    n_beats = round((bar_lines[-1][0] - first_bar) / beat)
    if n_beats > MOST_BEAT_LINES:
        n_beats = 0
    return PianoRoll(
        notes=tuple(
            RollNote(note.onset, note.duration, note.pitch, name, label(note, name), note.onset < primer_beats)
            for note in melody.notes
            for name in [pitch_name(note.pitch, flats=flats)]
        ),
        bar_lines=tuple((at, number) for at, number in bar_lines if at >= 0),
        beat_lines=tuple(first_bar + index * beat for index in range(n_beats) if first_bar + index * beat >= 0),
        pitch_names=_pitch_names(melody),
        end=bar_lines[-1][0],
    )


def _beat_in_words(beat: Fraction) -> str:
    """`2`, `2½`, `2 7/12`: as one counts, without decimals."""
    whole, rest = divmod(beat, 1)
    return f"{whole}{_FRACTIONS.get(rest, f' {rest}')}" if rest else str(whole)


def draw_piano_roll(melody: Melody, *, primer_beats: float = 0.0, whole_bars: bool = True) -> str:
    """A picture of `melody` as HTML: three SVG pictures that take any width, and their looks from `piano_roll.css`.

    Note `i` of the melody has the attribute `data-note="i"`; those of the first `primer_beats` are of class `opening`.
    Without `whole_bars` the picture ends with the last note, and bars have no numbers.

    Raises:
        SettingsError: an argument is not what it may be.
    """
    instance("whole_bars", whole_bars, bool, "True or False")
    roll = gather_piano_roll(melody, primer_beats=primer_beats)
    end = roll.end if whole_bars else melody.duration
    low, high = melody.pitch_range if melody.notes else (60, 72)
    height = high - low + 3  # semitones, with room above and below

    def x(beats: float) -> str:
        return _share(beats, end)

    def y(pitch: float) -> str:
        return _share(high + 1.5 - pitch, height)

    names = (f'<text x="100%" y="{y(pitch)}">{name}</text>' for pitch, name in roll.pitch_names)
    rows = (f'<line class="row" x2="100%" y1="{y(pitch)}" y2="{y(pitch)}"/>' for pitch, _ in roll.pitch_names)
    beats = (f'<line class="beat" x1="{x(at)}" x2="{x(at)}" y2="100%"/>' for at in roll.beat_lines if at <= end)
    bars = (f'<line class="bar" x1="{x(at)}" x2="{x(at)}" y2="100%"/>' for at in _lines_that_show(roll) if at <= end)
    notes = (
        f'<rect data-note="{place}"{" class=opening" * note.in_opening} x="{x(note.onset)}"'
        f' width="{x(note.duration * HELD)}" y="{y(note.pitch + 0.43)}" height="{_share(0.86, height)}"/>'
        for place, note in enumerate(roll.notes)
    )
    numbers = (
        f'<text x="{x(at)}" y="50%">{number}</text>' for at, number in _bars_that_have_numbers(roll) if whole_bars
    )
    return (
        f'<div class="piano-roll">{_picture("pitches", names)}'
        f"{_picture('notes', (*rows, *beats, *bars, *notes))}{_picture('bars', numbers)}</div>"
    )


def _picture(name: str, drawn: Iterable[str]) -> str:
    return f'<svg class="{name}" aria-hidden="true">{"".join(drawn)}</svg>'


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole if whole else 0:.6g}%"


def _bars_that_have_numbers(roll: PianoRoll) -> list[tuple[float, int]]:
    bars = roll.bar_lines[:-1]
    step = 1 << (max(0, len(bars) - 1) // MOST_LABELS).bit_length()  # the first power of two that leaves few enough
    return [(at, number) for at, number in bars if number % step == 1 % step]


def _lines_that_show(roll: PianoRoll) -> list[float]:
    return [at for at, _ in roll.bar_lines] if len(roll.bar_lines) <= MOST_BAR_LINES else []


def _pitch_names(melody: Melody) -> tuple[tuple[int, str], ...]:
    """The white keys that the melody spans; fewer of them where these would be too many, or touch each other."""
    low, high = melody.pitch_range if melody.notes else (60, 72)
    for names, closest in _NAMED:
        pitches = [pitch for pitch in range(low - 1, high + 2) if pitch % 12 in names]
        if len(pitches) <= MOST_LABELS and high - low + 3 <= closest * CLOSEST_LABELS:
            break
    return tuple((pitch, pitch_name(pitch)) for pitch in pitches)
