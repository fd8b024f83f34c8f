"""A page with nothing but the keys one can play, and what was made of them."""

import streamlit as st

from chromasonic.ui.keyboard import ask_notes

st.set_page_config(page_title="Keys")
st.title("Keys")
melody = ask_notes(key="keys")
with st.container(key="written"):
    if melody is not None:
        st.text(" ".join(f"{note.pitch}:{note.duration:g}@{note.onset:g}" for note in melody.notes))
st.button("Again")
