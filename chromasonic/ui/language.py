"""Which language the pages speak: the one of the browser, until another is chosen."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from chromasonic import languages
from chromasonic.ui import browser
from chromasonic.ui.wording import shell as words

_KEY = "language"
_CHOICE = "chosen language"
_WAS_CHOSEN = "language was chosen"
_COOKIE = "chromasonic_language"


def spoken() -> str:
    """The language of whoever is at the page; English where there is no page, as in a thread that trains."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return languages.ENGLISH
    code: str = st.session_state.get(_KEY, languages.ENGLISH)
    return code


languages.ask(spoken)


def settle() -> None:
    """Decide once for a session which language it speaks: what was chosen in this browser before, or the browser's."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = languages.best_offered(st.context.cookies.get(_COOKIE) or st.context.locale)


def offer() -> None:
    """The choice of the language, each called as it calls itself; and screen readers are told which is spoken."""
    if len(languages.OFFERED) < 2:
        return
    spoken = st.session_state[_KEY]
    with (
        st.container(horizontal=True, horizontal_alignment="right", key="language"),
        st.popover(languages.NAMES[spoken], icon=":material/language:", type="tertiary", width="content"),
    ):
        st.radio(
            words.LANGUAGE, languages.OFFERED, index=languages.OFFERED.index(spoken), key=_CHOICE,
            format_func=languages.NAMES.__getitem__, on_change=_choose,
        )  # fmt: skip
    browser.run_unseen(_script(spoken, st.session_state.get(_WAS_CHOSEN, False)), key="language")


def _choose() -> None:
    st.session_state[_KEY], st.session_state[_WAS_CHOSEN] = st.session_state[_CHOICE], True


def _script(spoken: str, is_chosen: bool) -> str:
    """Tells screen readers what is spoken, and lets the browser remember what was chosen."""
    remember = browser.remembering(_COOKIE, spoken) if is_chosen else ""
    return f"document.documentElement.lang = '{spoken}'; {remember}"
