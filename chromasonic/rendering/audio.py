"""Turn a melody into sound: recorded instruments in a small room, as a WAV file any browser plays."""

from __future__ import annotations

import io
import wave

import numpy as np

from chromasonic.checks import shown, whole
from chromasonic.errors import RenderingError, SettingsError
from chromasonic.music.checked import checked_melody
from chromasonic.music.melody import DEFAULT_QPM, Melody, Meter, to_ticks
from chromasonic.rendering.loudness import as_loud_as_all
from chromasonic.rendering.soundfont import Sound, load_soundfont

SLOWEST_RATE, FASTEST_RATE = 4_000, 192_000  # samples per second that players take
SAMPLE_RATE = 44_100  # samples per second; that of a CD
PEAK = 0.9  # of full scale, which no sample goes beyond, so that a player which resamples has room above
LONGEST = 300.0  # seconds; what lies beyond is faded out, for 5 minutes are 26 MB already
LEAN = 1.25  # how much louder the first note of a bar: 2 dB, felt more than heard

INSTRUMENTS = {
    "piano": 0,
    "harpsichord": 6,
    "nylon guitar": 24,
    "harp": 46,
    "violin": 40,
    "flute": 73,
    "recorder": 74,
    "clarinet": 71,
}
"""What a melody can be played on, with its General MIDI program number; the first is the default."""


def render_audio(melody: Melody, *, instrument: str = "piano", sample_rate: int = SAMPLE_RATE) -> Sound:
    """The sound (n_samples,) of `melody` at its own tempo, one channel, on every instrument as loud as on the others.

    A melody longer than `LONGEST` seconds is faded out there.

    Raises:
        SettingsError: this is no melody.
        RenderingError: no note to play within `LONGEST` seconds, an unknown instrument, a sample rate that no
            player has, or no SoundFont.
    """
    checked_melody("melody", melody)
    if not isinstance(instrument, str) or instrument not in INSTRUMENTS:
        raise RenderingError(
            f"There is no instrument called {instrument!s:.60}. Choose one of: {', '.join(INSTRUMENTS)}."
        )
    if type(sample_rate) is not int or not SLOWEST_RATE <= sample_rate <= FASTEST_RATE:
        raise RenderingError(
            f"A sample rate of {sample_rate!r:.60} cannot be played. Choose 4,000 to 192,000, such as {SAMPLE_RATE:,}."
        )
    if not melody.notes:
        raise RenderingError(f"{melody.title or 'This melody'} has no notes to play. Choose another melody.")
    soundfont, program = load_soundfont(), INSTRUMENTS[instrument]
    beat = 60 / (melody.qpm or DEFAULT_QPM)  # s

    played: dict[tuple[int, int], Sound] = {}  # a tune comes back to the same few notes again and again
    voices = []
    for note, loudness in zip(melody.notes, _loudness(melody), strict=True):
        start = note.onset * beat
        if start >= LONGEST:
            break
        held = round(min(note.duration * beat, LONGEST - start) * 1000)  # ms
        if (note.pitch, held) not in played:
            played[note.pitch, held] = soundfont.play(program, note.pitch, held / 1000, sample_rate)
        voices.append((round(start * sample_rate), played[note.pitch, held], loudness))

    if not voices:
        raise RenderingError(
            f"{melody.title or 'This melody'} begins only after {LONGEST / 60:g} minutes of silence. Choose another."
        )
    dry = np.zeros(max(start + len(voice) for start, voice, _ in voices), dtype=np.float32)
    for start, voice, loudness in voices:
        dry[start : start + len(voice)] += voice * np.float32(loudness)
    sound = _in_a_room(dry, sample_rate)
    if melody.duration * beat > LONGEST:
        sound = _faded_out(sound[: round(LONGEST * sample_rate)], sample_rate)
    return as_loud_as_all(sound, sample_rate, peak=PEAK)


def to_wav(samples: Sound, sample_rate: int = SAMPLE_RATE) -> bytes:
    """A WAV file of `samples` (n_samples,) between -1 and 1: one channel, 16 bits.

    Raises:
        SettingsError: this is no sound, or the rate is none.
    """
    _check_sound(samples, sample_rate)
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(sample_rate)
        wav.writeframes((np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())
    return file.getvalue()


def to_ogg(samples: Sound, sample_rate: int = SAMPLE_RATE) -> bytes:
    """An Ogg Vorbis file of `samples` (n_samples,): a tenth of a WAV file's size, and every browser plays it.

    Raises:
        SettingsError: this is no sound, or the rate is none.
        RenderingError: such a file has no such rate.
    """
    return _encoded(samples, sample_rate, "OGG", "VORBIS")


def to_mp3(samples: Sound, sample_rate: int = SAMPLE_RATE) -> bytes:
    """An MP3 file of `samples` (n_samples,), for everything that plays music; raises as `to_ogg` does."""
    return _encoded(samples, sample_rate, "MP3", "MPEG_LAYER_III")


_AT_ONCE = 8192
"""Samples given to libsndfile at a time: it puts them all on the stack, and that of a thread holds some 40 seconds."""


def _encoded(samples: Sound, sample_rate: int, container: str, codec: str) -> bytes:
    import soundfile

    _check_sound(samples, sample_rate)
    file = io.BytesIO()
    try:
        with soundfile.SoundFile(file, "w", sample_rate, 1, format=container, subtype=codec) as sound:
            for start in range(0, len(samples), _AT_ONCE):
                sound.write(samples[start : start + _AT_ONCE])
    except soundfile.LibsndfileError as error:
        raise RenderingError(
            f"{container} files know no sample rate of {sample_rate:,}. Choose {SAMPLE_RATE:,}."
        ) from error
    return file.getvalue()


def _check_sound(samples: Sound, sample_rate: int) -> None:
    if not isinstance(samples, np.ndarray) or samples.ndim != 1 or not np.issubdtype(samples.dtype, np.floating):
        raise SettingsError("samples", f"needs an array of numbers (n_samples,) from -1 to 1, but is {shown(samples)}")
    if not np.isfinite(samples).all():
        raise SettingsError("samples", "holds what is no number; make the sound anew")
    whole("sample_rate", sample_rate, at_least=SLOWEST_RATE, at_most=FASTEST_RATE)


def melody_to_wav(melody: Melody, *, instrument: str = "piano") -> bytes:
    """`melody` as a WAV file; raises as `render_audio` does."""
    return to_wav(render_audio(melody, instrument=instrument))


def _loudness(melody: Melody) -> list[float]:
    """The gain of each note; where a melody says nothing about it, the first of each bar is leaned on a little."""
    says_nothing = len({note.velocity for note in melody.notes}) == 1 and melody.meter is not None
    bar = max(1, to_ticks((melody.meter or Meter()).bar_length))
    return [
        (note.velocity / 127) ** 2 * (LEAN if says_nothing and to_ticks(note.onset - melody.pickup) % bar == 0 else 1)
        for note in melody.notes
    ]


def _in_a_room(dry: Sound, sample_rate: int, *, reverberation: float = 0.8, wet: float = 0.18) -> Sound:
    """`dry` with the answer of a small room: noise that dies away by 60 dB in `reverberation` seconds.

    Source: J. A. Moorer, About this reverberation business (Computer Music Journal 3/2, 1979).
    """
    times = np.arange(round(reverberation * sample_rate)) / sample_rate
    noise = np.random.default_rng(0).standard_normal(len(times))  # always the same room
    answer = np.convolve(noise, np.hanning(16), mode="same")  # walls swallow the treble
    answer *= 10 ** (-3 * times / reverberation) * np.clip(times / 0.02, 0, 1)
    answer *= wet / np.sqrt(np.square(answer).sum())

    block = 1 << 17
    size = 1 << (block + len(answer) - 1).bit_length()
    response = np.fft.rfft(answer.astype(np.float32), size)
    sound = np.pad(dry, (0, len(answer)))
    for start in range(0, len(dry), block):
        reply = np.fft.irfft(np.fft.rfft(dry[start : start + block], size) * response, size)
        end = min(start + size, len(sound))
        sound[start:end] += reply[: end - start]
    return sound


def _faded_out(sound: Sound, sample_rate: int, seconds: float = 3.0) -> Sound:
    fade = np.clip(np.arange(len(sound), 0, -1, dtype=np.float32) / np.float32(seconds * sample_rate), 0, 1)
    faded: Sound = sound * fade
    return faded
