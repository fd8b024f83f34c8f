"""A melody as two files beside each other: its notes (MIDI) and its sound (Ogg Vorbis)."""

from __future__ import annotations

from pathlib import Path

from chromasonic.files import write_whole
from chromasonic.music.melody import Melody
from chromasonic.music.midi import write_midi

NOTES, SOUND = ".mid", ".ogg"


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
