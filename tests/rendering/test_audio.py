import importlib.util
import io
import wave
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from chromasonic.errors import RenderingError
from chromasonic.music.melody import Melody, Meter, Note
from chromasonic.rendering import soundfont
from chromasonic.rendering.audio import (
    INSTRUMENTS,
    LONGEST,
    PEAK,
    SAMPLE_RATE,
    melody_to_wav,
    render_audio,
    to_mp3,
    to_ogg,
    to_wav,
)
from chromasonic.rendering.loudness import TARGET, loudness

RATE = 44_100


def tune(*pitches, beats=1.0, qpm=120.0, gap=0.0):
    return Melody(tuple(Note(i * (beats + gap), beats, pitch) for i, pitch in enumerate(pitches)), qpm=qpm)


def strongest_frequency_near(sound, expected):
    """The strongest frequency in Hz within a semitone of `expected`."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 8 * len(sound)))
    frequencies = np.fft.rfftfreq(8 * len(sound), 1 / RATE)
    near = np.abs(1200 * np.log2(np.maximum(frequencies, 1) / expected)) < 100
    return frequencies[near][spectrum[near].argmax()]


@pytest.mark.parametrize("instrument", INSTRUMENTS)
@pytest.mark.parametrize("pitch, hertz", [(60, 261.63), (69, 440.0), (76, 659.26), (81, 880.0)])
def test_every_instrument_is_in_tune(instrument, pitch, hertz):
    sound = render_audio(tune(pitch, beats=2), instrument=instrument)[: RATE // 2]
    assert abs(1200 * np.log2(strongest_frequency_near(sound, hertz) / hertz)) < 15  # cents; players do no better


@pytest.mark.parametrize("pitch", range(48, 97, 6))
def test_the_piano_sounds_the_harmonics_of_its_note_and_nothing_else(pitch):
    sound = soundfont.load_soundfont().play(0, pitch, 1.0, RATE)[RATE // 10 : RATE]
    energy = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / RATE)
    harmonic = frequencies / (440 * 2 ** ((pitch - 69) / 12))
    on_harmonics = (np.abs(harmonic - harmonic.round()) < 0.03 * np.maximum(harmonic, 1)) & (harmonic > 0.9)
    assert energy[on_harmonics & (harmonic < 15)].sum() > 0.95 * energy.sum()


def test_the_notes_of_a_scale_sound_one_after_another():
    scale = {60: 261.63, 62: 293.66, 64: 329.63, 65: 349.23}
    sound = render_audio(tune(*scale, beats=1, qpm=60), instrument="recorder")
    for second, hertz in enumerate(scale.values()):
        heard = sound[int((second + 0.2) * RATE) : int((second + 0.9) * RATE)]
        assert strongest_frequency_near(heard, hertz) == pytest.approx(hertz, rel=0.01)


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_nothing_clicks(instrument):
    sound = render_audio(tune(69, beats=2, qpm=60), instrument=instrument)
    assert np.isfinite(sound).all()
    assert abs(sound[0]) < 0.01
    assert abs(sound[-1]) < 0.001
    treble = np.abs(np.diff(sound, 2))  # a click is a kink: far larger where it is than while the note sounds
    at_the_release = treble[int(1.95 * RATE) :].max()
    assert at_the_release <= 1.1 * treble[: int(1.9 * RATE)].max()


def test_a_rest_is_silent():
    sound = render_audio(tune(69, 69, beats=1, gap=9))
    assert np.abs(sound[int(2.5 * RATE) : int(4.9 * RATE)]).max() < 1e-4
    assert np.abs(sound[5 * RATE : int(5.5 * RATE)]).max() > 0.9 * np.abs(sound).max()


def test_tempo_sets_the_length():
    slow, fast = (render_audio(tune(60, 62, 64, 65, beats=2, qpm=qpm)) for qpm in (60, 120))
    assert len(slow) - len(fast) == pytest.approx(4 * RATE, abs=RATE // 10)


def test_a_soft_note_is_softer():
    sound = render_audio(Melody((Note(0, 1, 69, 110), Note(4, 1, 69, 40)), qpm=120))
    assert np.abs(sound[2 * RATE : 3 * RATE]).max() < 0.3 * np.abs(sound[:RATE]).max()


def test_the_first_note_of_a_bar_is_leaned_on_unless_the_melody_says_how_loud_it_is():
    even = Melody(tuple(Note(i * 4, 1, 69) for i in range(2)), qpm=120, meter=Meter(8, 4))
    first, second = (np.abs(render_audio(even)[at : at + RATE]).max() for at in (0, 2 * RATE))
    assert first / second == pytest.approx(1.25, rel=0.02)
    marked = Melody((Note(0, 1, 69, 80), Note(4, 1, 69, 80), Note(8, 1, 69, 40)), qpm=120, meter=Meter(8, 4))
    first, second = (np.abs(render_audio(marked)[at : at + RATE]).max() for at in (0, 2 * RATE))
    assert first / second == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_every_instrument_is_as_loud_as_the_others(instrument):
    sound = render_audio(tune(67, 69, 71, 72, 74, 76, 72, 67, beats=1, qpm=100), instrument=instrument)
    assert loudness(sound, RATE) == pytest.approx(TARGET, abs=0.2)  # LU
    assert np.abs(sound).max() <= PEAK


def test_a_soft_melody_and_a_loud_one_sound_equally_loud():
    for velocity in (1, 64, 127):
        sound = render_audio(Melody((Note(0, 4, 60, velocity),)))
        assert loudness(sound, RATE) == pytest.approx(TARGET, abs=0.2)


def test_a_single_stroke_stays_below_the_ceiling():
    sound = render_audio(Melody((Note(0, 0.02, 60), Note(30, 0.02, 96, 2)), qpm=240), instrument="harpsichord")
    assert np.abs(sound).max() <= PEAK + 1e-6


@pytest.mark.parametrize("instrument", INSTRUMENTS)
@pytest.mark.parametrize("pitch", [60, 72, 79])
def test_every_instrument_sounds_the_harmonics_of_its_note(instrument, pitch):
    sound = render_audio(tune(pitch, beats=2, qpm=60), instrument=instrument)[RATE // 5 : 2 * RATE]
    energy = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    harmonic = np.fft.rfftfreq(len(sound), 1 / RATE) / (440 * 2 ** ((pitch - 69) / 12))
    on_harmonics = (np.abs(harmonic - harmonic.round()) < 0.03 * np.maximum(harmonic, 1)) & (harmonic > 0.9)
    assert energy[on_harmonics].sum() > 0.9 * energy.sum()


@pytest.mark.parametrize("pitch", [0, 20, 109, 127])
def test_notes_beyond_the_piano_still_render(pitch):
    assert np.isfinite(render_audio(tune(60, pitch))).all()


def test_an_endless_melody_fades_out():
    sound = render_audio(tune(*[60, 64] * 200, beats=2, qpm=60), sample_rate=8000)
    assert len(sound) == LONGEST * 8000
    assert np.abs(sound[-40:]).max() < 0.01


def test_a_melody_that_begins_too_late_to_be_heard_says_so():
    with pytest.raises(RenderingError, match="The Sleeper begins only after 5 minutes of silence"):
        render_audio(Melody((Note(700, 1, 60),), title="The Sleeper", qpm=120))


def test_a_wav_file_is_mono_of_16_bits():
    with wave.open(io.BytesIO(melody_to_wav(tune(60, 64, 67)))) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, RATE)
        assert wav.getnframes() > 1.5 * RATE


@pytest.mark.parametrize("to_file, container", [(to_ogg, "OGG"), (to_mp3, "MP3")])
def test_a_small_file_sounds_as_the_large_one_does(to_file, container):
    sound = render_audio(tune(60, 64, 67, 72))
    file = io.BytesIO(to_file(sound))
    assert soundfile.info(file).format == container
    file.seek(0)
    heard, rate = soundfile.read(file, dtype="float32")
    assert rate == RATE
    assert len(file.getvalue()) < len(to_wav(sound)) / 5
    assert loudness(heard, rate) == pytest.approx(loudness(sound, rate), abs=0.3)
    both = min(len(heard), len(sound))
    assert np.corrcoef(heard[:both], sound[:both])[0, 1] > 0.98  # nothing comes earlier or later


def test_wav_keeps_the_samples():
    samples = np.array([0, 0.5, -0.5, 1, -1], dtype=np.float32)
    with wave.open(io.BytesIO(to_wav(samples, 8000))) as wav:
        heard = np.frombuffer(wav.readframes(5), dtype="<i2") / 32767
    assert heard == pytest.approx(samples, abs=1e-4)


def test_a_melody_without_notes_says_so():
    with pytest.raises(RenderingError, match="Silent Night has no notes"):
        render_audio(Melody((), title="Silent Night"))


def test_an_unknown_instrument_is_answered_with_the_ones_there_are():
    with pytest.raises(RenderingError, match=r"theremin.*piano"):
        render_audio(tune(60), instrument="theremin")


def test_a_missing_soundfont_says_how_to_get_it(monkeypatch, tmp_path):
    soundfont.load_soundfont.cache_clear()
    elsewhere = importlib.util.spec_from_file_location("pretty_midi", tmp_path / "__init__.py")
    for found, advice in [(None, "pip install -r"), (elsewhere, "force-reinstall")]:
        monkeypatch.setattr(soundfont, "find_spec", lambda name, found=found: found)
        with pytest.raises(RenderingError, match=advice):
            render_audio(tune(60))
    (tmp_path / "TimGM6mb.sf2").write_bytes(b"RIFF\x04\x00\x00\x00sfbk")
    with pytest.raises(RenderingError, match="damaged"):
        render_audio(tune(60))


def test_a_long_sound_is_encoded_in_a_thread_too():
    """A page runs in a thread, whose stack is small: libsndfile once overflowed it, which ended the whole server."""
    with ThreadPoolExecutor(1) as thread:
        for encoded in (to_ogg, to_mp3):
            assert len(thread.submit(encoded, np.zeros(120 * SAMPLE_RATE, dtype=np.float32)).result()) > 1000
