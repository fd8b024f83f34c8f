"""Dialogs whose title is in the language of whoever opens them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

P = ParamSpec("P")


def dialog(title: Callable[[], str]) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """As `st.dialog`, but the `title` is asked for when the dialog opens: at import nobody is there to speak to."""

    def decorate(function: Callable[P, None]) -> Callable[P, None]:
        @wraps(function)
        def opened(*args: P.args, **kwargs: P.kwargs) -> None:
            st.dialog(title())(function)(*args, **kwargs)

        return opened

    return decorate
