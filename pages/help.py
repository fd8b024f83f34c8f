"""Help: is everything well, and a report of a problem to hand to whoever helps."""

import streamlit as st

from chromasonic.ui import glossary_view, help_view, login, shell, tour
from chromasonic.ui.wording import help as words

shell.enter()
st.title(words.TITLE, anchor=False)
tour.offer()
person = login.person()
if person is not None and not person.is_administrator:
    st.info(words.FOR_ADMINISTRATORS)
    glossary_view.show_glossary()
    shell.end_page()
help_view.offer_doctor()
help_view.offer_report()
glossary_view.show_glossary()
