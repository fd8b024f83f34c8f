"""A melody as two files beside each other: its notes (MIDI) and its sound (Ogg Vorbis)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from chromasonic.files import write_whole
from chromasonic.music.melody import Melody
from chromasonic.music.midi import write_midi

NOTES, SOUND = ".mid", ".ogg"
PAUSE = 0.6  # seconds between two songs: a breath


def write_song(stem: Path, melody: Melody) -> None:
    """Write `melody` as `stem` + .mid and .ogg, each whole or not at all.

    Raises:
        WorkspaceError: the folder cannot be written.
        RenderingError: there is nothing to hear in it.
    """
    from chromasonic.rendering.audio import render_audio, to_ogg

    sound = to_ogg(render_audio(melody))
    write_whole(stem.with_suffix(NOTES), write_midi(melody))
    write_whole(stem.with_suffix(SOUND), sound)  # last: who finds the sound finds the notes


def in_a_row(sounds: Sequence[bytes]) -> tuple[bytes, list[float]]:
    """Several Ogg files of `write_song` as one, with a breath between, and when each begins, in seconds."""
    import numpy as np
    import soundfile

    from chromasonic.rendering.audio import SAMPLE_RATE, to_ogg

    silence = np.zeros(round(PAUSE * SAMPLE_RATE), dtype=np.float32)
    parts = [np.append(soundfile.read(io.BytesIO(sound), dtype="float32")[0], silence) for sound in sounds]
    begins = list(accumulate((len(part) / SAMPLE_RATE for part in parts), initial=0.0))
    return to_ogg(np.concatenate(parts)), begins[:-1]
