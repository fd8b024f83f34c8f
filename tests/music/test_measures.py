"""Measures of a melody, with values worked out by hand."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from chromasonic.music.measures import (
    MEASURES,
    Spread,
    bar_repetition,
    leap_share,
    note_length_variety,
    pitch_class_entropy,
    pitch_range,
    repeat_share,
    scale_consistency,
    spread,
    spreads,
    step_share,
)
from chromasonic.music.melody import Melody, Meter

MakeMelody = Callable[..., Melody]
NAN = math.nan


@pytest.mark.parametrize(
    "pitches, range_, entropy, scale, steps, leaps, repeats",
    [
        ([60, 62, 64], 4, math.log2(3), 1, 1, 0, 0),
        ([60, 67], 7, 1, 1, 0, 1, 0),
        ([60, 60, 62], 2, 0.918, 1, 0.5, 0, 0.5),  # 2/3 log2 3/2 + 1/3 log2 3
        ([60, 72, 48], 24, 0, 1, 0, 1, 0),  # octaves are one pitch class
        ([60, 63, 64, 64], 4, 1.5, 0.75, 1 / 3, 1 / 3, 1 / 3),  # no scale has C, E♭ and E; one has C and E
        (list(range(60, 72)), 11, math.log2(12), 7 / 12, 1, 0, 0),
        ([60], 0, 0, 1, NAN, NAN, NAN),
        ([], NAN, NAN, NAN, NAN, NAN, NAN),
    ],
    ids=["do re mi", "a fifth", "a repeat, then a step", "octaves", "two thirds", "chromatic", "one note", "silence"],
)
def test_pitches(
    pitches: list[int],
    range_: float,
    entropy: float,
    scale: float,
    steps: float,
    leaps: float,
    repeats: float,
    melody: MakeMelody,
) -> None:
    tune = melody(pitches)
    assert pitch_range(tune) == pytest.approx(range_, nan_ok=True)
    assert pitch_class_entropy(tune) == pytest.approx(entropy, abs=0.001, nan_ok=True)
    assert scale_consistency(tune) == pytest.approx(scale, nan_ok=True)
    assert step_share(tune) == pytest.approx(steps, nan_ok=True)
    assert leap_share(tune) == pytest.approx(leaps, nan_ok=True)
    assert repeat_share(tune) == pytest.approx(repeats, nan_ok=True)


def test_natural_minor_is_a_scale_and_key_makes_no_difference(melody: MakeMelody) -> None:
    minor = [57, 59, 60, 62, 64, 65, 67, 69]
    assert scale_consistency(melody(minor)) == 1
    assert scale_consistency(melody([pitch + 1 for pitch in minor])) == 1
    assert scale_consistency(melody([*minor, 68, 68])) == 0.8  # the raised seventh of the harmonic minor is foreign


@pytest.mark.parametrize(
    "durations, bits",
    [([1, 1, 1, 1], 0), ([1, 1, 2, 2], 1), ([1, 2, 3, 4], 2), ([1, 1, 1, 2], 0.811), ([1 / 3, 0.3333], 0), ([], NAN)],
    ids=["all alike", "two lengths", "all different", "mostly one", "the same to the tick", "silence"],
)
def test_note_length_variety(durations: list[float], bits: float, melody: MakeMelody) -> None:
    tune = melody([60] * len(durations), durations)
    assert note_length_variety(tune) == pytest.approx(bits, abs=0.001, nan_ok=True)


@pytest.mark.parametrize(
    "bars, share",
    [
        (["do re mi do", "do re mi do"], 1),
        (["do re mi do", "re mi fi re"], 1),  # a tone higher
        (["do re mi do", "mi re do do"], 0),
        (["do re mi do", "mi re do do", "do re mi do", "do re mi do"], 2 / 3),
        (["do re mi do", "- - - -", "do re mi do"], 1),  # a bar of silence is no bar
        (["do re mi do", "do re mi -"], 0),
        (["do re mi do"], NAN),
        ([], NAN),
    ],
)
def test_bar_repetition(bars: list[str], share: float, melody: MakeMelody) -> None:
    pitches = {"do": 60, "re": 62, "mi": 64, "fi": 66, "-": None}
    tune = replace(melody([pitches[name] for bar in bars for name in bar.split()]), meter=Meter(4, 4))
    assert bar_repetition(tune) == pytest.approx(share, nan_ok=True)


def test_bars_are_those_of_the_meter_and_an_upbeat_is_none(melody: MakeMelody) -> None:
    waltz = melody([67, 60, 64, 67, 62, 66, 69])  # so, do mi so, re fi la
    assert bar_repetition(replace(waltz, meter=Meter(3, 4), pickup=1.0)) == 1
    assert bar_repetition(replace(waltz, meter=Meter(3, 4))) == 0
    assert math.isnan(bar_repetition(waltz))  # nobody knows where its bars are


def test_every_measure_takes_every_melody(melody: MakeMelody) -> None:
    for tune in (melody([]), melody([60]), melody([0, 127], [0.01, 100])):
        assert all(isinstance(measure(tune), float | int) for measure in MEASURES.values())


@pytest.mark.parametrize(
    "values, expected",
    [
        ([1, 2, 3, 4, 5], Spread(2, 3, 4, 1, 5)),
        ([5, 1, NAN, 4, 2, 3], Spread(2, 3, 4, 1, 5)),
        ([0, 1], Spread(0.25, 0.5, 0.75, 0, 1)),
        ([1, NAN], None),
        ([], None),
    ],
)
def test_half_of_the_tunes_lie_between_the_quartiles(values: list[float], expected: Spread | None) -> None:
    assert spread(values) == expected


def test_the_spread_of_every_measure(melody: MakeMelody) -> None:
    over = spreads([melody([60, 60 + high]) for high in range(5)])
    assert over.keys() == MEASURES.keys()
    assert over["pitch_range"] == Spread(1, 2, 3, 0, 4)
    assert over["bar_repetition"] is None
