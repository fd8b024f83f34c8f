"""Music: choose the tunes that a model will learn from, see them and hear them."""

import streamlit as st

from chromasonic.music.outcome import Reading
from chromasonic.results.words import count, duration
from chromasonic.ui import context, errors, music_source, notices, shell, tour, track_choice, tune_table, tune_view
from chromasonic.ui.wording import music as words


def show(offer: music_source.Offer, reading: Reading) -> None:
    """The tunes, one of them to hear and see, and what was skipped."""
    st.divider()
    if not reading.melodies:
        st.warning(words.NOTHING_READ)
    else:
        st.header(words.TUNES, anchor=False)
        notes = sum(len(melody.notes) for melody in reading.melodies)
        seconds = sum(melody.seconds for melody in reading.melodies)
        tunes = count(len(reading.melodies), "tune")
        st.caption(words.SUMMARY.format(tunes=tunes, notes=count(notes, "note"), length=duration(seconds)))
        if copies := music_source.n_copies(offer, reading):
            st.caption(words.COPIES[copies == 1].format(n=copies))
        st.caption(words.HOW_TO_PICK)
        melody = tune_table.choose_tune(reading.melodies, key="tune")
        if offer.upload is not None:
            track_choice.choose_track(offer.upload, melody)
        tune_view.show_tune(melody, key="tune")
    tune_table.show_skipped(reading.skipped)


shell.enter()
st.title(words.TITLE, anchor=False)
st.write(words.INTRODUCTION)
notices.show_left()
tour.invite()
offer = music_source.choose_offer()
name = offer.name if offer else ""
if offer and offer.upload is not None:
    name = st.text_input(words.NAME, offer.name, help=words.NAME_HELP, key=f"name {offer.name}").strip()
    if not name:
        st.caption(words.NAME_MISSING)

with st.container(horizontal=True):
    used = st.button(words.USE, type="primary", disabled=not name, icon=":material/arrow_forward:", key="use")
    looked = offer is not None and not offer.is_ready and st.button(words.LOOK, key="look")

if offer is None:
    music_source.say_that_files_are_missing()
elif used:
    with errors.shown_plainly():
        music_source.use(offer, name)
        context.go_to(shell.SEARCH)
elif offer.is_ready or looked:
    with errors.shown_plainly():
        show(offer, music_source.read(offer))
