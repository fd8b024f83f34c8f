"""Play single notes from a SoundFont: recorded instruments, with how each is tuned, looped, shaped and filtered.

The file is read as "SoundFont Technical Specification 2.04" (E-mu, 2006) describes it: section 7 the records, section 8
the generators, with their units. What one melody line needs is here; stereo, chorus and the modulators are not.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chromasonic.errors import RenderingError

Sound = NDArray[np.float32]
Array = NDArray[np.float64]

LONGEST_RELEASE = 2.0  # s; some high piano keys ring for 4.5, of which nobody hears the second half
SHORTEST_RELEASE = 0.05  # s to fall 100 dB; anything faster clicks
SHORTEST_ATTACK = 0.001  # s; a recording that starts away from zero would click


@dataclass(frozen=True)
class Zone:
    """How one recording plays one range of keys. Units are the file's: timecents, centibels, cents, permille."""

    keys: tuple[int, int] = (0, 127)
    sample: int = -1
    loop_mode: int = 0  # 0: play once; 1 and 3: go round the loop
    root_key: int = -1  # -1: the recording's own
    coarse_tune: int = 0  # semitones
    fine_tune: int = 0  # cents
    scale_tuning: int = 100  # cents per key
    attenuation: int = 0  # centibels
    volume_attack: int = -12000  # timecents: 2 ** (value / 1200) seconds
    volume_hold: int = -12000
    volume_decay: int = -12000  # time to fall 100 dB
    volume_sustain: int = 0  # centibels below full
    volume_release: int = -12000  # time to fall 100 dB
    cutoff: int = 13500  # cents above 8.176 Hz; 13500 means no filter
    cutoff_envelope: int = 0  # cents that the second envelope adds at its height
    filter_attack: int = -12000
    filter_hold: int = -12000
    filter_decay: int = -12000
    filter_sustain: int = 0  # permille below full
    filter_release: int = -12000
    vibrato: int = 0  # cents
    vibrato_delay: int = -12000
    vibrato_rate: int = 0  # cents above 8.176 Hz


_GENERATORS = {
    5: "vibrato", 8: "cutoff", 11: "cutoff_envelope", 21: "vibrato_delay", 22: "vibrato_rate", 26: "filter_attack",
    27: "filter_hold", 28: "filter_decay", 29: "filter_sustain", 30: "filter_release", 34: "volume_attack",
    35: "volume_hold", 36: "volume_decay", 37: "volume_sustain", 38: "volume_release", 43: "keys", 48: "attenuation",
    51: "coarse_tune", 52: "fine_tune", 53: "sample", 54: "loop_mode", 56: "scale_tuning", 58: "root_key",
}  # fmt: skip
_KEY_RANGE, _INSTRUMENT = 43, 41


class Recording(NamedTuple):
    """One header of the file's samples; positions count samples."""

    name: bytes
    start: int
    end: int
    loop_start: int
    loop_end: int
    rate: int  # samples per second
    root_key: int  # MIDI pitch it was recorded at
    correction: int  # cents
    link: int
    kind: int


class SoundFont:
    """The instruments of one .sf2 file."""

    def __init__(self, data: bytes) -> None:
        chunks = _chunks(data)
        self._samples = np.frombuffer(chunks[b"smpl"], dtype="<i2")
        self._recordings = [Recording(*record) for record in struct.iter_unpack("<20sIIIIIBbHH", chunks[b"shdr"])]
        self._presets = list(struct.iter_unpack("<20sHHHIII", chunks[b"phdr"]))
        self._preset_zones = _zones(chunks[b"pbag"], chunks[b"pgen"])
        self._instruments = list(struct.iter_unpack("<20sH", chunks[b"inst"]))
        self._instrument_zones = _zones(chunks[b"ibag"], chunks[b"igen"])

    def zones(self, program: int, pitch: int) -> list[Zone]:
        """What sounds when `pitch` is played on a General MIDI `program` (0-127)."""
        zones = []
        for preset, following in pairwise(self._presets):
            if (preset[1], preset[2]) != (program, 0):
                continue
            for generators in self._preset_zones[preset[3] : following[3]]:
                if _INSTRUMENT in generators:
                    zones += self._instrument(generators[_INSTRUMENT])
        return [zone for zone in zones if zone.keys[0] <= pitch <= zone.keys[1]]

    def _instrument(self, index: int) -> list[Zone]:
        first, after = self._instruments[index][1], self._instruments[index + 1][1]
        zones, shared = [], Zone()
        for generators in self._instrument_zones[first:after]:
            zone = replace(shared, **{_GENERATORS[kind]: value for kind, value in generators.items() if kind != 41})
            if zone.sample < 0:
                shared = zone  # a zone without a recording speaks for those after it
            else:
                zones.append(zone)
        return zones

    def play(self, program: int, pitch: int, seconds: float, sample_rate: int) -> Sound:
        """One note held for `seconds` at full velocity, with the time it takes to die away."""
        voices = [self._play_zone(zone, pitch, seconds, sample_rate) for zone in self.zones(program, pitch)]
        mixed = np.zeros(max((len(voice) for voice in voices), default=1), dtype=np.float32)
        for voice in voices:
            mixed[: len(voice)] += voice
        return mixed

    def _play_zone(self, zone: Zone, pitch: int, seconds: float, sample_rate: int) -> Sound:
        release = min(max(_seconds(zone.volume_release), SHORTEST_RELEASE), LONGEST_RELEASE)
        times = np.arange(round((seconds + release) * sample_rate)) / sample_rate  # (N,) s
        sound = self._resample(zone, pitch, times, sample_rate)

        brightness = _envelope(
            times, seconds, zone.filter_attack, zone.filter_hold, zone.filter_decay, zone.filter_sustain,
            _seconds(zone.filter_release),
        ) * _rise(times, zone.filter_attack)  # fmt: skip
        cutoff = zone.cutoff + zone.cutoff_envelope * brightness  # (N,) cents
        if cutoff.min() < 13500:
            sound = _lowpass(sound, _hertz(cutoff), sample_rate)

        level = _envelope(
            times, seconds, zone.volume_attack, zone.volume_hold, zone.volume_decay, zone.volume_sustain,
            _seconds(zone.volume_release),
        )  # fmt: skip
        loudness = 10 ** (5 * (level - 1)) * _rise(times, zone.volume_attack)  # 1 is full, 0 is 100 dB below
        fade = np.clip((times[-1] - times) / 0.02, 0, 1)  # so that a release cut short does not click
        quieter = 10 ** (-zone.attenuation / 200)
        voice: Sound = (sound * loudness * fade * quieter).astype(np.float32)
        return voice

    def _resample(self, zone: Zone, pitch: int, times: Array, sample_rate: int) -> Array:
        """The recording at the right pitch for as long as it is needed, going round its loop."""
        recording = self._recordings[zone.sample]
        root = zone.root_key if zone.root_key >= 0 else recording.root_key
        cents = (pitch - root) * zone.scale_tuning + zone.coarse_tune * 100 + zone.fine_tune + recording.correction
        step = recording.rate / sample_rate * 2 ** (cents / 1200)  # recorded samples per sample played

        singing = np.clip(times - _seconds(zone.vibrato_delay), 0, None)
        swing = zone.vibrato * np.sin(2 * np.pi * _hertz(zone.vibrato_rate) * singing)  # (N,) cents
        position = np.concatenate([[0.0], np.cumsum(step * 2 ** (swing / 1200))[:-1]])  # (N,) recorded samples

        length, loop_start = recording.end - recording.start, recording.loop_start - recording.start
        loop = recording.loop_end - recording.loop_start
        data = self._samples[recording.start : recording.end]

        def at(index: NDArray[np.int64]) -> Array:
            if zone.loop_mode in (1, 3) and loop > 0:
                index = np.where(index >= loop_start + loop, loop_start + (index - loop_start) % loop, index)
            inside = (index >= 0) & (index < length)
            return np.where(inside, data[np.clip(index, 0, length - 1)], 0) / 32768

        whole = np.floor(position).astype(np.int64)
        x = position - whole
        a, b, c, d = (at(whole + offset) for offset in (-1, 0, 1, 2))
        # The cubic through b and c whose slopes there are those of their neighbours (Catmull-Rom).
        sound: Array = b + 0.5 * x * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)))
        return sound


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The leaves of a RIFF file by name."""
    leaves: dict[bytes, bytes] = {}
    at = 0
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + size]
        leaves |= _chunks(body[4:]) if name in (b"RIFF", b"LIST") else {name: body}
        at += 8 + size + size % 2
    return leaves


def _zones(bags: bytes, generators: bytes) -> list[dict[int, Any]]:
    """Each zone's generators, as far as they are played here: {number: value}."""
    firsts = [first for first, _ in struct.iter_unpack("<HH", bags)]
    records = list(struct.iter_unpack("<HH", generators))
    zones = []
    for first, after in pairwise(firsts):
        zone: dict[int, Any] = {}
        for kind, value in records[first:after]:
            if kind == _KEY_RANGE:
                zone[kind] = (value & 0xFF, value >> 8)
            elif kind in _GENERATORS or kind == _INSTRUMENT:
                zone[kind] = value - 0x10000 if value >= 0x8000 else value
        zones.append(zone)
    return zones


def _seconds(timecents: int) -> float:
    return float(2 ** (timecents / 1200))


def _hertz(cents: Any) -> Any:
    return 8.176 * 2 ** (cents / 1200)


def _rise(times: Array, attack: int) -> Array:
    return np.clip(times / max(_seconds(attack), SHORTEST_ATTACK), 0, 1)


def _envelope(times: Array, held: float, attack: int, hold: int, decay: int, sustain: int, release: float) -> Array:
    """The level after the attack at each time: 1 through the hold, falling to the sustain, then released to 0."""
    top = _seconds(attack) + _seconds(hold)
    resting = 1 - sustain / 1000
    key_down = np.interp(np.minimum(times, held), [top, top + _seconds(decay) * (1 - resting)], [1, resting])
    return np.clip(key_down - np.clip(times - held, 0, None) / max(release, SHORTEST_RELEASE), 0, 1)


def _lowpass(sound: Array, cutoff: Array, sample_rate: int) -> Array:
    """`sound` through a filter of 12 dB per octave whose cutoff (N,) in Hz moves, in overlapping windows."""
    window_length, hop = 512, 128
    window = np.sqrt(np.hanning(window_length + 1)[:-1])
    padded = np.pad(sound, window_length)
    frames = np.lib.stride_tricks.sliding_window_view(padded, window_length)[::hop] * window  # (F, window_length)
    centres = np.clip(np.arange(len(frames)) * hop - window_length // 2, 0, len(sound) - 1)
    frequencies = np.fft.rfftfreq(window_length, 1 / sample_rate)
    ratio = np.square(frequencies / cutoff[centres, None])  # (F, frequencies)
    frames = np.fft.irfft(np.fft.rfft(frames) / np.sqrt(1 + ratio * ratio)) * window
    filtered = np.zeros(len(padded))
    for index, frame in enumerate(frames):
        filtered[index * hop : index * hop + window_length] += frame
    return filtered[window_length : window_length + len(sound)] / 2  # these windows add up to 2


@lru_cache(maxsize=1)
def load_soundfont() -> SoundFont:
    """The SoundFont that comes with pretty_midi; it stays where it is, in the user's own install.

    Raises:
        RenderingError: it is not there, or damaged.
    """
    package = find_spec("pretty_midi")
    if package is None or package.origin is None:
        raise RenderingError(
            "The instruments come with the package pretty_midi, which is not installed. Run "
            "`pip install -r requirements.txt`, then listen again."
        )
    try:
        return SoundFont(Path(package.origin).with_name("TimGM6mb.sf2").read_bytes())
    except (OSError, KeyError, struct.error) as error:
        raise RenderingError(
            "The instruments that come with the package pretty_midi are missing or damaged. Run "
            "`pip install --force-reinstall pretty_midi`, then listen again."
        ) from error
