"""By ear: two songs at a time, without a word on whose they are, and what your ears say about the search."""

import streamlit as st

from chromasonic.ui import context, ears_view, errors, glossary_view, shell
from chromasonic.ui.wording import ears as words

shell.enter()
st.title(words.TITLE, anchor=False)
search = context.chosen_search(words.PURPOSE)
st.write(words.INTRODUCTION.format(name=errors.escaped(search.name)))
if not search.is_melodic:
    st.info(words.PRACTICE, icon=shell.EARS.icon)
    if st.button(words.CHOOSE_MUSIC, type="primary", icon=shell.MUSIC.icon, key="music"):
        context.go_to(shell.MUSIC)
    shell.end_page()
with errors.shown_plainly():
    ears_view.compare(search)
glossary_view.offer_glossary()
