"""What stands above the list of studies: words to look for, filters, the order, and a way back to all of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from chromasonic.results.study_list import ListedStudy, Order, Wanted, found, in_order
from chromasonic.results.words import family_name
from chromasonic.ui import errors, login
from chromasonic.ui.wording import studies as words

T = TypeVar("T", bound=Hashable)

_WORDS, _STARRED, _STATES, _TAGS, _FAMILIES, _OWNERS = KEYS = (
    "find words", "find starred", "find states", "find tags", "find families", "find owners",
)  # fmt: skip
_ORDER, _FILTERS = "order of studies", "filters of studies"


def look_for(studies: Sequence[ListedStudy]) -> list[ListedStudy]:
    """Those of `studies` that are asked for, in the order that is asked for; the session remembers both."""
    if len(studies) < 2:
        return list(studies)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            words.FIND, key=_WORDS, type="search", live=True, placeholder=words.FIND_WHERE, persist_state="session",
            icon=":material/search:",
        )  # fmt: skip
        n_filters = sum(bool(st.session_state.get(key)) for key in KEYS if key != _WORDS)
        label = words.FILTERS_SET.format(n=n_filters) if n_filters else words.FILTERS
        with st.popover(label, icon=":material/filter_list:", key=_FILTERS):
            wanted = replace(_ask_filters(studies), words=text or "")
        orders: list[Order] = list(Order)
        order = st.selectbox(
            words.ORDER, orders, format_func=lambda order: words.ORDERS[order], key=_ORDER, width=170,
            persist_state="session",
        )  # fmt: skip
    fitting = found(studies, wanted)
    _say_how_many(len(fitting), len(studies), is_narrowed=bool(n_filters or wanted.words.strip()))
    return in_order(fitting, order)


def _ask_filters(studies: Sequence[ListedStudy]) -> Wanted:
    only_starred = st.toggle(words.ONLY_STARRED, key=_STARRED, persist_state="session")
    states = _ask_some(words.STATE, _STATES, (study.state for study in studies), words.STATES.__getitem__)
    tags = _ask_some(words.TAGS, _TAGS, (tag for study in studies for tag in study.labels.tags), errors.escaped)
    families = _ask_some(
        words.FAMILY,
        _FAMILIES,
        (family for study in studies for family in study.families),
        lambda family: errors.escaped(family_name(family)),
    )
    owners: list[str | None] = []
    if login.person() is not None:
        people = {study.owner.id if study.owner else None: whose(study, tells_shared=False) for study in studies}
        owners = _ask_some(words.WHOSE, _OWNERS, people, lambda id: errors.escaped(people.get(id, words.SOMEBODYS)))
    return Wanted(only_starred=only_starred, states=states, tags=tags, families=families, owners=owners)


def _ask_some(label: str, key: str, there: Iterable[T], called: Callable[[T], str]) -> list[T]:
    """Which of what is `there` to look for; nothing is asked where there is no choice."""
    chosen: list[T] = st.session_state.get(key) or []
    options = sorted({*there, *chosen}, key=lambda option: called(option).casefold())
    if (len(options) < 2 and not chosen and key != _TAGS) or not options:
        return []
    options_by_name: list[Any] = list(options)
    return list(
        st.pills(label, options_by_name, selection_mode="multi", format_func=called, key=key, persist_state="session")
    )


def _say_how_many(n: int, n_all: int, *, is_narrowed: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if n or not is_narrowed:
            st.caption(
                words.N_OF_ALL.format(n=n, all=n_all) if is_narrowed else words.N.format(n=n_all), width="content"
            )
        else:
            st.info(words.NOTHING_FITS.format(all=n_all), icon=":material/search_off:")
        if is_narrowed:
            st.button(
                words.SHOW_ALL, icon=":material/clear_all:", type="tertiary" if n else "secondary", key="show all",
                on_click=show_all,
            )  # fmt: skip


def show_all() -> None:
    """Look for nothing in particular from now on."""
    for key in KEYS:
        empty: dict[str, Any] = {_WORDS: "", _STARRED: False}
        st.session_state[key] = empty.get(key, [])


def whose(study: ListedStudy, *, tells_shared: bool = True) -> str:
    """Whose a study is, to whoever is at the page."""
    person = login.person()
    if study.owner is None:
        return words.NOBODYS
    if person is not None and study.owner.id == person.id:
        return words.YOURS_SHARED if study.is_shared and tells_shared else words.YOURS
    return study.owner.name
