"""Which searches are compared: chosen on the page, kept in the address (`?studies=12,7`), checked as it comes in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.results.side_by_side import MOST
from chromasonic.ui import context, shell
from chromasonic.ui.wording import compare as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search

_ADDRESS = "studies"
_CHOSEN, _WRITTEN = "compared searches", "compared searches, as the address has them"


def choose(searches: Sequence[Search]) -> list[Search]:
    """Ask which of `searches` to compare; from a link, a reload or another page the choice comes along."""
    by_id = {search.id: search for search in searches}
    _take_from_address(searches)
    st.multiselect(
        words.WHICH,
        list(by_id),
        format_func=lambda id: by_id[id].name,
        max_selections=MOST,
        placeholder=words.CHOOSE,
        help=words.WHICH_HELP,
        key=_CHOSEN,
        persist_state="session",
    )
    chosen: list[int] = st.session_state[_CHOSEN]
    st.query_params[_ADDRESS] = st.session_state[_WRITTEN] = in_address(chosen)
    return [by_id[id] for id in chosen]


def compare_with_others(search: Search) -> None:
    """Go to the Compare page, with `search` and the one that suits it best."""
    st.session_state[_CHOSEN] = proposed(search, context.all_searches())
    st.session_state.pop(_WRITTEN, None)
    context.go_to(shell.COMPARE)


def _take_from_address(searches: Sequence[Search]) -> None:
    asked = st.query_params.get(_ADDRESS)
    known = {search.id for search in searches}
    if asked is not None and asked != st.session_state.get(_WRITTEN):
        chosen, is_whole = from_address(asked, known)
        st.session_state[_CHOSEN] = chosen[:MOST]
        if not is_whole:
            st.warning(words.GONE)
        elif len(chosen) > MOST:
            st.warning(words.MORE_THAN_FOUR)
    elif _CHOSEN in st.session_state:  # one may have been deleted meanwhile
        st.session_state[_CHOSEN] = [id for id in st.session_state[_CHOSEN] if id in known]
    else:
        current = context.remembered_search()
        first = next((search for search in searches if search.name == current), searches[0])
        st.session_state[_CHOSEN] = proposed(first, searches)


def in_address(ids: Sequence[int]) -> str:
    """The chosen searches as the address has them: by Optuna's number, which stays when one is renamed."""
    return ",".join(map(str, ids))


def from_address(asked: str, known: Collection[int]) -> tuple[list[int], bool]:
    """The searches that an address names, each once; and whether all that it names are `known`."""
    named = list(dict.fromkeys(part.strip() for part in asked.split(",") if part.strip()))
    numbers = [int(part) for part in named if part.isascii() and part.isdigit() and len(part) < 10]
    chosen = [number for number in dict.fromkeys(numbers) if number in known]
    return chosen, len(chosen) == len(named)


def proposed(search: Search, searches: Sequence[Search]) -> list[int]:
    """The search and the newest other one to see beside it: of the same music if there is one, and with a result."""
    others = [other for other in searches if other.id != search.id]
    fingerprint = search.record().fingerprint

    def how_well(other: Search) -> tuple[bool, bool]:
        record = other.record()
        return record.best is not None, record.fingerprint == fingerprint

    return [search.id, max(others, key=how_well).id] if others else [search.id]
