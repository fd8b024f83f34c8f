"""A page on which two short tunes play one after another, and two more lie in one sound."""

import numpy as np
import streamlit as st

from chromasonic.music.melody import Melody, Note
from chromasonic.rendering.audio import SAMPLE_RATE, render_audio, to_ogg
from chromasonic.ui import player

UP = Melody((Note(0, 1, 60), Note(1, 1, 64)), "Up", qpm=120)
DOWN = Melody((Note(0, 2, 67), Note(2, 2, 60)), "Down", qpm=120)

st.title("Two tunes")
tunes = []
for number, melody in enumerate((UP, DOWN)):
    with st.container(key=f"one {number}"):
        st.audio(to_ogg(render_audio(melody)), format="audio/ogg", alt=melody.title)
    tunes.append(player.followed(melody, sound=f"one {number}", title=melody.title, facts="short"))
player.show_notes(tunes, key="separate")

st.header("Both in one")
begins = 3.0  # seconds
both = np.zeros(round(8 * SAMPLE_RATE), np.float32)
for start, melody in ((0.0, UP), (begins, DOWN)):
    sound = render_audio(melody)
    both[round(start * SAMPLE_RATE) :][: len(sound)] += sound
with st.container(key="both"):
    st.audio(to_ogg(both), format="audio/ogg", alt="Both")
player.show_notes(
    [
        player.followed(UP, sound="both", title="Up", facts="short"),
        player.followed(DOWN, sound="both", title="Down", facts="short", begins=begins),
    ],
    key="joined",
)
