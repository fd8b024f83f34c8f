"""How loud a sound is, against what the recommendation says it must give."""

import math

import numpy as np
import pytest

from chromasonic.rendering.loudness import TARGET, as_loud_as_all, loudness


def sine(hertz, rate, seconds=5.0, level=1.0):
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_full_sine_of_997_hertz_is_3_01_below_full_scale(rate):
    """BS.1770-5, annex 1: 0 dB FS at 997 Hz in one channel reads -3.01 LKFS."""
    assert loudness(sine(997, rate), rate) == pytest.approx(-3.01, abs=0.02)


def test_ten_decibels_less_are_ten_units_less():
    assert loudness(sine(997, 48_000, level=10**-0.5), 48_000) == pytest.approx(-13.01, abs=0.02)


def test_the_bass_counts_less_and_the_treble_more():
    assert loudness(sine(40, 48_000), 48_000) < -6
    assert loudness(sine(4_000, 48_000), 48_000) == pytest.approx(0.0, abs=0.5)


def test_rests_do_not_make_a_melody_softer():
    tone = sine(997, 48_000)
    assert loudness(np.concatenate([tone, np.zeros(48_000 * 20, np.float32)]), 48_000) == pytest.approx(-3.1, abs=0.2)


def test_silence_has_no_loudness_and_stays_silent():
    silence = np.zeros(48_000, np.float32)
    assert loudness(silence, 48_000) == -math.inf
    assert not as_loud_as_all(silence, 48_000, peak=0.9).any()


@pytest.mark.parametrize("level", [0.001, 0.1, 1.0])
def test_whatever_its_level_a_sound_becomes_as_loud_as_the_others(level):
    assert loudness(as_loud_as_all(sine(440, 48_000, level=level), 48_000, peak=0.9), 48_000) == pytest.approx(
        TARGET, abs=0.01
    )


def test_no_sample_goes_beyond_the_peak():
    clicks = np.zeros(48_000, np.float32)
    clicks[::24_000] = 1.0
    assert np.abs(as_loud_as_all(clicks, 48_000, peak=0.9)).max() == pytest.approx(0.9)
