"""A page that shows every nasty text in every way that the pages of the app do."""

import streamlit as st
from nasty import NASTY

from chromasonic.ui.errors import escaped

st.title("Text")
for number, text in enumerate(escaped(text) for text in NASTY):
    with st.container(key=f"alone-{number}"):
        st.markdown(text)
    with st.container(key=f"within-{number}"):
        st.markdown(f"**{text}** · learns from {text}")
    with st.container(key=f"listed-{number}"):
        st.markdown(f"- **{text}** – {text}")
    with st.container(key=f"heading-{number}"):
        st.subheader(text, anchor=False)
    with st.container(key=f"small-{number}"):
        st.caption(text)
    with st.container(key=f"error-{number}"):
        st.error(text)
    with st.container(key=f"table-{number}"):
        st.table({"name": [text]}, hide_index=True)
