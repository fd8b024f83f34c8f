"""Draw a melody as a piano roll: time to the right in bars, pitch upwards. First gather plain numbers, then draw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from chromasonic.checks import instance, number
from chromasonic.music.checked import checked_melody
from chromasonic.music.melody import Melody, Meter, Note, to_ticks

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT = 320  # pixels; a phone held upright still shows it without scrolling sideways
MOST_LABELS = 12  # on either axis, before names would touch
MOST_BEAT_LINES = 48  # twelve bars of 4/4; more would blur on a phone
MOST_BAR_LINES = 2000  # more would be one grey
CLOSEST_LABELS = 18  # so many semitones high may the picture be when neighbours have names

_COLOURS = {False: ("#0072B2", "#D55E00"), True: ("#56B4E9", "#E69F00")}  # Okabe and Ito: (notes, opening) by dark mode
_PAPER = {False: "#FFFFFF", True: "#0E1117"}  # of the page behind the figure
_GRID = {False: ("rgba(0,0,0,0.22)", "rgba(0,0,0,0.07)"), True: ("rgba(255,255,255,0.28)", "rgba(255,255,255,0.09)")}

_SHARP_NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"]
_FLAT_NAMES = ["C", "D♭", "D", "E♭", "E", "F", "G♭", "G", "A♭", "A", "B♭", "B"]
_NAMED = (  # which pitch classes have their name beside the picture, and how many semitones apart they are at least
    ({0, 2, 4, 5, 7, 9, 11}, 1),
    ({0, 2, 4, 7, 9}, 2),
    ({0, 7}, 5),
    ({0}, 12),
)
_LENGTHS = {
    192: "whole note", 144: "dotted half note", 96: "half note", 72: "dotted quarter note", 48: "quarter note",
    36: "dotted eighth note", 32: "quarter note of a triplet", 24: "eighth note", 18: "dotted sixteenth note",
    16: "eighth note of a triplet", 12: "sixteenth note", 8: "sixteenth note of a triplet", 6: "thirty-second note",
}  # fmt: skip


class RollNote(NamedTuple):
    """One note as it is drawn and as its label reads."""

    onset: float  # beats
    duration: float  # beats
    pitch: int
    label: str  # "F♯4, bar 3, beat 2.5, eighth note"
    in_opening: bool


@dataclass(frozen=True)
class PianoRoll:
    """Everything a piano roll shows, as plain numbers."""

    notes: tuple[RollNote, ...]
    bar_lines: tuple[tuple[float, int], ...]  # (beats, number of the bar that begins there); the last one ends the tune
    beat_lines: tuple[float, ...]  # beats; none in a long melody, where they would blur
    pitch_names: tuple[tuple[int, str], ...]  # what stands beside the picture
    end: float  # beats


def pitch_name(pitch: int, *, flats: bool = False) -> str:
    """The name of a MIDI pitch; 60 is C4, middle C."""
    return f"{(_FLAT_NAMES if flats else _SHARP_NAMES)[pitch % 12]}{pitch // 12 - 1}"


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

    def label(note: Note) -> str:
        bars, within = divmod(to_ticks(note.onset - first_bar), bar_ticks)
        beat = 1 + within * meter.unit / to_ticks(4)
        length = _LENGTHS.get(to_ticks(note.duration), f"{note.duration:.3g} quarter notes long")
        return f"{pitch_name(note.pitch, flats=flats)}, bar {bars + first_number}, beat {beat:.3g}, {length}"

    n_bars = math.ceil(to_ticks(melody.duration - first_bar) / bar_ticks)
    bar_lines = [(first_bar + bar * meter.bar_length, bar + first_number) for bar in range(n_bars + 1)]
    beat = 4 / meter.unit
    n_beats = round((bar_lines[-1][0] - first_bar) / beat)
    if n_beats > MOST_BEAT_LINES:
        n_beats = 0
    return PianoRoll(
        notes=tuple(
            RollNote(note.onset, note.duration, note.pitch, label(note), note.onset < primer_beats)
            for note in melody.notes
        ),
        bar_lines=tuple((at, number) for at, number in bar_lines if at >= 0),
        beat_lines=tuple(first_bar + index * beat for index in range(n_beats) if first_bar + index * beat >= 0),
        pitch_names=_pitch_names(melody),
        end=bar_lines[-1][0],
    )


def draw_piano_roll(melody: Melody, *, dark: bool = False, primer_beats: float = 0.0) -> Figure:
    """A picture of `melody`; the notes of its first `primer_beats` stand out as the opening it was given.

    Raises:
        SettingsError: an argument is not what it may be.
    """
    instance("dark", dark, bool, "True or False")
    from plotly.graph_objects import Figure

    roll = gather_piano_roll(melody, primer_beats=primer_beats)
    colour, opening_colour = _COLOURS[dark]
    strong, faint = _GRID[dark]
    figure = Figure()
    for name, in_opening in (("opening", True), ("melody", False)):
        figure.add_bar(
            orientation="h",
            base=[note.onset for note in roll.notes if note.in_opening == in_opening],
            x=[note.duration for note in roll.notes if note.in_opening == in_opening],
            y=[note.pitch for note in roll.notes if note.in_opening == in_opening],
            customdata=[note.label for note in roll.notes if note.in_opening == in_opening],
            hovertemplate="%{customdata}<extra></extra>",
            width=0.86,
            marker={
                "color": opening_colour if in_opening else colour,
                "line": {"width": 1, "color": _PAPER[dark]},  # keeps a repeated note from running into the one before
                "cornerradius": 3,
            },
            name=name,
        )
    low, high = melody.pitch_range if melody.notes else (60, 72)
    bars = roll.bar_lines[:-1]
    step = 1 << (max(0, len(bars) - 1) // MOST_LABELS).bit_length()  # the first power of two that leaves few enough
    named = [(at, number) for at, number in bars if number % step == 1 % step]
    figure.update_layout(
        template="plotly_dark" if dark else "plotly_white",
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 24 if primer_beats else 8, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        barmode="overlay",
        dragmode="pan",
        hovermode="closest",
        showlegend=primer_beats > 0,
        modebar={"bgcolor": "rgba(0,0,0,0)", "remove": ["select2d", "lasso2d", "zoom2d"]},
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
    )
    figure.update_xaxes(
        title={"text": "bar", "standoff": 4},
        range=[0, roll.end],
        tickvals=[at for at, _ in named],
        ticktext=[str(number) for _, number in named],
        gridcolor=strong,
        zeroline=False,
        minor={"tickvals": roll.beat_lines or _lines_that_show(roll), "gridcolor": faint, "showgrid": True},
        automargin=True,
    )
    figure.update_yaxes(
        range=[low - 1.5, high + 1.5],
        tickvals=[pitch for pitch, _ in roll.pitch_names],
        ticktext=[name for _, name in roll.pitch_names],
        gridcolor=faint,
        zeroline=False,
        fixedrange=True,
        automargin=True,
    )
    return figure


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
