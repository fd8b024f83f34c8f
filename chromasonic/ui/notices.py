"""What a dialog did, said on its page once the dialog has closed."""

from __future__ import annotations

import streamlit as st

from chromasonic.errors import ChromasonicError
from chromasonic.ui import errors

_LEFT = "what was just done"


def leave(notice: str | ChromasonicError) -> None:
    """Let the page say, when it is drawn next, what was done or why it could not be."""
    st.session_state[_LEFT] = notice


def show_left() -> None:
    """Say once what was left to be said."""
    notice = st.session_state.pop(_LEFT, None)
    if isinstance(notice, ChromasonicError):
        errors.show(notice)
    elif notice:
        st.success(errors.escaped(notice), icon=":material/check:")
