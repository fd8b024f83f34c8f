"""What is done in the browser: small scripts, and what it remembers from one visit to the next."""

from __future__ import annotations

import streamlit as st

_A_YEAR = 365 * 24 * 3600  # seconds


def run_unseen(script: str, *, key: str) -> None:
    """Run JavaScript of ours in the page, where it takes no room."""
    with st.container(key=f"unseen {key}"):  # which `style.css` hides
        st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def remembering(name: str, value: str) -> str:
    """JavaScript that lets the browser remember the `value` under the `name`, as a cookie."""
    return f"document.cookie = '{name}={value}; path=/; max-age={_A_YEAR}; SameSite=Lax';"
