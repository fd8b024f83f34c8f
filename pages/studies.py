"""Studies: every search there is; find it, open it, go on with it, note, rename, repeat or delete it."""

import streamlit as st

from chromasonic.ui import context, moving_view, notices, remarks_view, shell, studies_view
from chromasonic.ui.wording import studies as words

shell.enter()
st.title(words.TITLE, anchor=False)
st.write(words.INTRODUCTION)
notices.show_left()
studies = context.all_studies()
if not studies:
    st.info(words.EMPTY, icon=shell.STUDIES.icon)
    context.offer_first_step()
    moving_view.offer_moving(None)
    shell.end_page()
st.caption(words.HOW_TO_PICK)
search = studies_view.choose(studies)
if search is None:
    moving_view.offer_moving(None)
    shell.end_page()
studies_view.offer_actions(search)
remarks_view.show_remarks(search, place="study")
studies_view.offer_sharing(search)
moving_view.offer_moving(search)
studies_view.offer_dashboard(search)
