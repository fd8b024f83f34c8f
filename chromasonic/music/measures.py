"""Is a melody musical? A handful of measures that others have defined and used, each a plain number.

None of them says whether music is good. They say in what a new melody is like the tunes it was learned from: compare
it with the `Spread` of a measure over those tunes. A move is the interval from a note to the next, in semitones.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import groupby, pairwise
from statistics import quantiles
from typing import NamedTuple

from .melody import Melody, Note, to_ticks

_SCALES = {  # pitch classes; those of a natural minor scale are those of a major scale too
    tuple(sorted((step + tonic) % 12 for step in (0, 2, 4, 5, 7, 9, 11))) for tonic in range(12)
}


def pitch_class_entropy(melody: Melody) -> float:
    """How evenly the twelve pitch classes are used: -Σ p(c) log2 p(c) in bits, p(c) the share of notes in class c.

    0 where all notes are of one class, at most log2 12 = 3.58. Lengths do not count. Without notes: NaN.
    Source: S.-L. Wu and Y.-H. Yang, The Jazz Transformer on the front line (ISMIR 2020), there over parts of a piece;
    over a whole piece as `pitch_class_entropy` in muspy.
    """
    return _entropy(note.pitch % 12 for note in melody.notes)


def scale_consistency(melody: Melody) -> float:
    """The share of notes that fit one scale, the one they fit best of all major and natural minor scales.

    1 where no note is foreign to it; 7/12 where all twelve pitch classes are used alike. Without notes: NaN.
    Source: O. Mogren, C-RNN-GAN (Constructive Machine Learning Workshop, NIPS 2016); `scale_consistency` in muspy.
    """
    classes = Counter(note.pitch % 12 for note in melody.notes)
    if not classes:
        return math.nan
    return max(sum(classes[c] for c in scale) for scale in _SCALES) / classes.total()


def note_length_variety(melody: Melody) -> float:
    """How evenly different note lengths are used: -Σ p(l) log2 p(l) in bits, p(l) the share of notes of length l.

    0 where all notes are equally long, 1 where two lengths are used alike. Lengths go to the nearest tick. Without
    notes: NaN.
    Source: `d.entropy` in D. Müllensiefen, FANTASTIC: Feature analysis technology accessing statistics (in a corpus)
    (Goldsmiths, University of London, 2009), here without its scaling.
    """
    return _entropy(to_ticks(note.duration) for note in melody.notes)


def step_share(melody: Melody) -> float:
    """The share of moves that are steps: 1 or 2 semitones up or down.

    A repeated note is a move but no step. Fewer than two notes make no move: NaN.
    Source: `Stepwise Motion` in C. McKay, Automatic genre classification of MIDI recordings (McGill University, 2004);
    that melodies prefer small moves: D. Huron, Sweet Anticipation (MIT Press, 2006), ch. 5.
    """
    return _share_of_moves(melody, lambda size: size in (1, 2))


def leap_share(melody: Melody) -> float:
    """The share of moves that are leaps: 3 semitones or more. Fewer than two notes make no move: NaN.

    Together with the steps and the repeats it makes 1.
    Source: what is no step and no repeat in the sources of `step_share` and `repeat_share`.
    """
    return _share_of_moves(melody, lambda size: size > 2)


def repeat_share(melody: Melody) -> float:
    """The share of moves that stay on the same pitch. Fewer than two notes make no move: NaN.

    Source: `Repeated Notes` in C. McKay, Automatic genre classification of MIDI recordings (McGill University, 2004).
    """
    return _share_of_moves(melody, lambda size: size == 0)


def bar_repetition(melody: Melody) -> float:
    """The share of bars, of those after the first, that say again what an earlier bar said.

    Two bars say the same when their notes begin at the same places, are equally long, and move by the same intervals:
    in another key it is the same too. Bars in which no note begins are left out, and so is an upbeat. Fewer than two
    bars, or no meter to tell where they are: NaN.
    Source: the duration-interval repeat of G. Medeot et al., StructureNet: Inducing structure in generated melodies
    (ISMIR 2018), here of one bar, at any distance.
    """
    if melody.meter is None:
        return math.nan
    bar = max(1, to_ticks(melody.meter.bar_length))
    upbeat = to_ticks(melody.pickup)

    def place(note: Note) -> tuple[int, int]:  # number of the bar from 0, ticks from its beginning
        return divmod(to_ticks(note.onset) - upbeat, bar)

    bars = [
        tuple((place(note)[1], to_ticks(note.duration), note.pitch) for note in notes)
        for number, notes in groupby(melody.notes, key=lambda note: place(note)[0])
        if number >= 0
    ]
    said = [tuple((begins, length, pitch - notes[0][2]) for begins, length, pitch in notes) for notes in bars]
    return (len(said) - len(set(said))) / (len(said) - 1) if len(said) > 1 else math.nan


def pitch_range(melody: Melody) -> float:
    """The highest pitch less the lowest, in semitones; 0 for one note. Without notes: NaN.

    Source: `Range` in C. McKay, Automatic genre classification of MIDI recordings (McGill University, 2004);
    `pitch_range` in muspy.
    """
    low, high = melody.pitch_range if melody.notes else (math.nan, math.nan)
    return high - low


MEASURES: dict[str, Callable[[Melody], float]] = {
    measure.__name__: measure
    for measure in (
        pitch_range,
        pitch_class_entropy,
        scale_consistency,
        note_length_variety,
        step_share,
        leap_share,
        repeat_share,
        bar_repetition,
    )
}
"""Every measure by name, in the order in which they are shown."""


class Spread(NamedTuple):
    """Where a measure lies over many tunes: half of them are between `low` and `high`."""

    low: float  # the first quartile
    median: float
    high: float  # the third quartile
    lowest: float
    highest: float


def spread(values: Iterable[float]) -> Spread | None:
    """The quartiles of `values`, NaN left out; None where fewer than two are left.

    Between two values they lie in proportion, as in `statistics.quantiles` with the values as the whole population.
    """
    known = sorted(value for value in values if not math.isnan(value))
    if len(known) < 2:
        return None
    low, median, high = quantiles(known, n=4, method="inclusive")
    return Spread(low, median, high, known[0], known[-1])


def spreads(melodies: Sequence[Melody]) -> dict[str, Spread | None]:
    """The spread of every measure over `melodies`."""
    return {name: spread(map(measure, melodies)) for name, measure in MEASURES.items()}


def _entropy(values: Iterable[Hashable]) -> float:
    """Shannon's entropy of how often each value occurs, in bits; NaN without values."""
    counts = Counter(values)
    shares = [count / counts.total() for count in counts.values()]
    return sum(-share * math.log2(share) for share in shares) if shares else math.nan


def _share_of_moves(melody: Melody, is_such: Callable[[int], bool]) -> float:
    """The share of moves whose size in semitones is such; NaN where there are none."""
    sizes = [abs(after.pitch - before.pitch) for before, after in pairwise(melody.notes)]
    return sum(map(is_such, sizes)) / len(sizes) if sizes else math.nan
