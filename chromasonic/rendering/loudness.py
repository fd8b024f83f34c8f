"""How loud a sound is to the ear, and as loud as all the others.

Source: Recommendation ITU-R BS.1770-5, Algorithms to measure audio programme loudness (2023), annex 1, one channel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chromasonic.rendering.soundfont import Sound

Numbers = NDArray[np.floating[Any]]

TARGET = -18.0  # LUFS, the reference of ReplayGain 2.0: so the peaks of every instrument here have room
BLOCK, STEP = 0.4, 0.1  # seconds
SILENCE = -70.0  # LUFS; blocks below it say nothing
SOFTEST = 10.0  # LU; nor do blocks so far below the mean of the others

# The two filters of the recommendation, for 48,000 samples a second: the head, and what an ear does with the bass.
_HEAD = (1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)
_BASS = (1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)


def loudness(sound: Sound, sample_rate: int) -> float:
    """The integrated loudness of `sound` (n_samples,) in LUFS; minus infinity where it is silent.

    A sound shorter than one block is one with silence behind it.
    """
    length = round(BLOCK * sample_rate)
    padded = np.pad(sound, (0, max(0, length - len(sound))))
    blocks = np.lib.stride_tricks.sliding_window_view(padded, length)[:: round(STEP * sample_rate)]  # (B, length)
    heard = _heard(np.fft.rfftfreq(length, 1 / sample_rate)) * 2 / length**2  # Parseval: the mean square
    powers = np.array([(np.square(np.abs(np.fft.rfft(block))) * heard).sum() for block in blocks])  # (B,)
    powers = powers[_in_lufs(powers) > SILENCE]
    if not len(powers):
        return -math.inf
    powers = powers[_in_lufs(powers) > _in_lufs(powers.mean()) - SOFTEST]
    return float(_in_lufs(powers.mean()))


def as_loud_as_all(sound: Sound, sample_rate: int, *, peak: float) -> Sound:
    """`sound` at the loudness of `TARGET`, or as near to it as its largest sample may come to `peak`."""
    largest = float(np.abs(sound).max())
    if largest == 0:
        return sound
    loudest = sound * np.float32(peak / largest)  # or a very soft sound would be taken for silence
    return loudest * np.float32(min(1.0, 10 ** ((TARGET - loudness(loudest, sample_rate)) / 20)))


def _heard(frequencies: Numbers) -> Numbers:
    """How much of the power at each frequency in Hz is heard."""
    z = np.exp(-2j * np.pi * frequencies / 48_000)
    response = np.ones_like(z)
    for over, under in (_HEAD, _BASS):
        response *= np.polyval(over[::-1], z) / np.polyval(under[::-1], z)
    power: Numbers = np.square(np.abs(response))
    return power


def _in_lufs(power: Numbers) -> Numbers:
    lufs: Numbers = -0.691 + 10 * np.log10(np.maximum(power, 1e-20))
    return lufs
