"""The tour that shows a newcomer the way: five pictures, which one may skip, and which never come unasked again."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from html import escape
from pathlib import Path

import streamlit as st

from chromasonic.music.sets import list_music_sets
from chromasonic.ui import browser, context, dialogs, errors, login, shell
from chromasonic.ui.wording import tour as words

_PICTURES = Path(__file__).parent / "assets" / "tour"
_COOKIE = "chromasonic_tour"
_IS_ANSWERED = "tour was answered"
_IS_WANTED = "tour is wanted"
_STEP = "step of the tour"


def invite() -> None:
    """Invite whoever has nothing here yet, in a browser that was not asked before; the page goes on below."""
    if st.session_state.get(_IS_ANSWERED):
        browser.run_unseen(browser.remembering(_COOKIE, "answered"), key="tour")
        if st.session_state.pop(_IS_WANTED, False):  # once: no later click may bring it back
            _begin()
    elif _COOKIE not in st.context.cookies and not _has_begun():
        with st.container(border=True, key="tour"):
            st.markdown(words.INVITATION)
            with st.container(horizontal=True):
                st.button(words.TAKE, icon=":material/tour:", key="take tour", on_click=_answer, args=[True])
                st.button(words.SKIP, type="tertiary", key="skip tour", on_click=_answer, args=[False])


def offer() -> None:
    """The way to the tour for whoever looks for it; the next step of those who have not begun."""
    st.caption(words.INVITATION)
    if st.button(words.TAKE, type="secondary" if _has_begun() else "primary", icon=":material/tour:", key="take tour"):
        _begin()


def _answer(takes_it: bool) -> None:
    st.session_state[_IS_ANSWERED], st.session_state[_IS_WANTED] = True, takes_it


def _begin() -> None:
    st.session_state[_STEP] = 0
    _show()


def _has_begun() -> bool:
    """Whether whoever is at the page has music or searches here; in doubt they have."""
    workspace, person = context.workspace(), login.person()
    if list_music_sets(workspace.music):
        return True
    if person is None and not workspace.storage:
        return any(workspace.searches.iterdir())  # the first page asks no database
    if not shell.models_are_there():
        return True
    return any(person is None or (study.owner and study.owner.id == person.id) for study in context.all_studies())


@dialogs.dialog(lambda: words.TITLE)
@errors.shown_plainly()
def _show() -> None:
    """One step at a time: its picture, and what one sees and does there."""
    step = st.session_state[_STEP]
    if step == len(shell.THE_WAY):
        context.go_to(shell.MUSIC)
    page = shell.THE_WAY[step]
    told = words.STEP.format(step=step + 1, steps=len(shell.THE_WAY), page=page.title)
    is_dark = st.context.theme.type == "dark"
    st.html(
        f'<figure class="tour" role="status"><img src="{_picture(_name(page), is_dark)}" width="960" height="600" '
        f'alt="{escape(words.PICTURE.format(page=page.title))}"><figcaption><strong>{escape(told)}</strong><br>'
        f"{escape(words.STEPS[_name(page)])}</figcaption></figure>"
    )
    is_last = step == len(shell.THE_WAY) - 1
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.button(words.BACK, disabled=step == 0, key="tour back", on_click=_turn, args=[step - 1])
        st.button(  # one to the end, so that the keyboard's focus stays on it
            words.BEGIN if is_last else words.NEXT, type="primary", key="tour on", on_click=_turn, args=[step + 1]
        )


def _turn(step: int) -> None:
    st.session_state[_STEP] = step


def _name(page: shell.Page) -> str:
    return Path(page.file).stem


@lru_cache
def _picture(name: str, is_dark: bool) -> str:
    """The picture of a page, as an address that holds it; `tests/helpers/tour_pictures.py` takes them."""
    data = (_PICTURES / f"{name}-{'dark' if is_dark else 'light'}.webp").read_bytes()
    return f"data:image/webp;base64,{b64encode(data).decode()}"
