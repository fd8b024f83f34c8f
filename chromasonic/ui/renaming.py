"""The dialog that asks for another name."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from chromasonic.ui import dialogs, errors
from chromasonic.ui.wording import renaming as words

NEW_NAME = "new name"


def ask_name(title: str, name: str, rename: Callable[[str], object]) -> None:
    """Ask for what shall be called otherwise than `name`; one that `rename` refuses is explained, to be mended."""

    def answer() -> None:
        new: str = st.session_state[NEW_NAME]
        if new != name:
            rename(new)

    @dialogs.dialog(lambda: title)
    @errors.shown_plainly()
    def ask() -> None:
        with st.form("rename", border=False):
            st.text_input(words.NEW_NAME, name, key=NEW_NAME)
            with st.container(horizontal=True):
                is_answered = st.form_submit_button(
                    words.YES, type="primary", key="rename yes", on_click=dialogs.try_to, args=[answer]
                )
                is_answered |= st.form_submit_button(words.NO, key="rename no")
        dialogs.close_unless_refused(is_answered=is_answered)

    ask()
