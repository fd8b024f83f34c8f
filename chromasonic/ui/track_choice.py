"""Which track of a MIDI file sings the melody."""

from __future__ import annotations

from functools import partial

import streamlit as st

from chromasonic.music.melody import Melody
from chromasonic.music.midi import Track, midi_tracks
from chromasonic.ui import answers
from chromasonic.ui.uploads import Upload, file_of
from chromasonic.ui.wording import music as words


def choose_track(upload: Upload, melody: Melody) -> None:
    """Offer the other tracks of the file that `melody` was read from, when it has any."""
    name = file_of(melody)
    if melody.track is None or name not in upload.names:
        return
    tracks = {track.index: track for track in midi_tracks(upload.data(name), name)}
    if len(tracks) < 2:
        return
    key = f"track {upload.token} {name}"
    st.selectbox(
        words.TRACK,
        list(tracks),
        index=list(tracks).index(melody.track),
        format_func=lambda index: _described(tracks[index]),
        key=key,
        help=words.TRACK_HELP,
        on_change=answers.take,
        args=[key, partial(upload.choose_track, name)],
    )


def _described(track: Track) -> str:
    return words.TRACK_OPTION.format(
        number=track.index + 1, name=track.name or words.TRACK_UNNAMED, instrument=track.instrument, notes=track.notes
    )
