"""Compare: up to four searches side by side, to see and to hear what made the difference."""

import streamlit as st

from chromasonic.ui import compare_choice, compare_view, context, errors, glossary_view, shell
from chromasonic.ui.wording import compare as words

shell.enter()
st.title(words.TITLE, anchor=False)
st.write(words.INTRODUCTION)
searches = context.all_searches()
if len(searches) < 2:
    st.info(words.TOO_FEW[len(searches)], icon=shell.COMPARE.icon)
    context.offer_first_step()
    shell.end_page()
chosen = compare_choice.choose(searches)
if len(chosen) < 2:
    st.info(words.CHOOSE_ANOTHER if chosen else words.CHOOSE_TWO, icon=shell.COMPARE.icon)
    shell.end_page()
with errors.shown_plainly():
    compare_view.show(chosen)
glossary_view.offer_glossary()
