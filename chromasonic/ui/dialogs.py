"""Dialogs: their title is in the language of whoever opens them, and an answer that is refused can be mended there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from chromasonic.errors import ChromasonicError
from chromasonic.ui import errors

P = ParamSpec("P")
REFUSAL = "why the answer to a dialog was refused"


def dialog(title: Callable[[], str]) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """As `st.dialog`, but the `title` is asked for when the dialog opens: at import nobody is there to speak to."""

    def decorate(function: Callable[P, None]) -> Callable[P, None]:
        @wraps(function)
        def opened(*args: P.args, **kwargs: P.kwargs) -> None:
            st.dialog(title())(function)(*args, **kwargs)

        return opened

    return decorate


@errors.shown_plainly()
def try_to(act: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """The callback of a button that answers a dialog; `close_unless_refused` says why `act` refused."""
    try:
        act(*args, **kwargs)
    except ChromasonicError as error:
        st.session_state[REFUSAL] = error


def close_unless_refused(*, is_answered: bool) -> None:
    """The end of a dialog: close it once it `is_answered`, or explain what has to be mended."""
    if refusal := st.session_state.pop(REFUSAL, None):
        errors.show(refusal)
    elif is_answered:
        st.rerun()
