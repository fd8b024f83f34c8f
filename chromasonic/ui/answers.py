"""What is answered in a widget, handed on when it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from chromasonic.ui import errors


@errors.shown_plainly()
def take(key: str, act: Callable[[Any], object]) -> None:
    """The callback of the widget called `key`: hand what now stands in it to `act`.

    Streamlit calls it for a page that was just left, too. Nothing was changed there, and nothing stands there any more.
    """
    if key in st.session_state:
        act(st.session_state[key])
