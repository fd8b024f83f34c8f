"""Progress: watch a search live; stop it, hold it still, let it go on."""

import streamlit as st

from chromasonic.ui import context, errors, glossary_view, progress_view, remarks_view, shell
from chromasonic.ui.wording import progress as words

shell.enter()
st.title(words.TITLE, anchor=False)
search = context.chosen_search(words.PURPOSE)
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    music = search.record().music
    st.markdown(words.ABOUT.format(name=errors.escaped(search.name), music=errors.escaped(music)), width="content")
    st.page_link(shell.STUDIES.file, label=words.OTHERS, icon=shell.STUDIES.icon)
progress_view.show_progress(search)
st.header(words.REMARKS, anchor=False)
remarks_view.show_remarks(search, place="study")
glossary_view.offer_glossary()
