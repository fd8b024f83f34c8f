"""The dialog that asks for another name."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from chromasonic.errors import ChromasonicError
from chromasonic.ui import dialogs, errors
from chromasonic.ui.wording import renaming as words

NEW_NAME, REFUSED = "new name", "why it could not be renamed"


def ask_name(title: str, name: str, rename: Callable[[str], object]) -> None:
    """Ask for what shall be called otherwise than `name`; one that `rename` refuses is explained, to be mended."""

    @dialogs.dialog(lambda: title)
    @errors.shown_plainly()
    def ask() -> None:
        with st.form("rename", border=False):
            st.text_input(words.NEW_NAME, name, key=NEW_NAME)
            with st.container(horizontal=True):
                is_answered = st.form_submit_button(
                    words.YES, type="primary", key="rename yes", on_click=_try, args=[name, rename]
                )
                is_answered |= st.form_submit_button(words.NO, key="rename no")
        if refusal := st.session_state.pop(REFUSED, None):
            errors.show(refusal)
        elif is_answered:
            st.rerun()

    ask()


@errors.shown_plainly()
def _try(name: str, rename: Callable[[str], object]) -> None:
    new: str = st.session_state[NEW_NAME]
    if new == name:
        return
    try:
        rename(new)
    except ChromasonicError as error:
        st.session_state[REFUSED] = error
