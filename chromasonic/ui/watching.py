"""The tab says how the search goes, on every page, and whoever asked for it is told when it has ended.

The browser does both (`assets/watching.js`). The Progress page hands it what it reads anyway; the other pages look
again when the browser asks, which it does now and then while nobody is typing or clicking.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from chromasonic.errors import ChromasonicError
from chromasonic.results.records import WORKER_LEFT, YOU_STOPPED_IT, SearchRecord, SearchState
from chromasonic.results.words import count
from chromasonic.ui import context, errors
from chromasonic.ui.search_controls import AT_WORK
from chromasonic.ui.wording import watching as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search

LOOK_EVERY = 5  # seconds, on the pages that show no search

_ASSETS = Path(__file__).parent / "assets"
_WATCHED = "watched search"
_component = st.components.v2.component(
    "chromasonic_watching",
    html='<div class="watching"></div>\n',
    css=(_ASSETS / "watching.css").read_text(encoding="utf-8"),
    js=(_ASSETS / "watching.js").read_text(encoding="utf-8"),
)


def watch_here(search: Search, record: SearchRecord) -> None:
    """For the page that shows the search: with the switch that asks to be told of its end.

    Where it is at rest, and this session watches another, that one is told of.
    """
    if record.state in AT_WORK:
        st.session_state[_WATCHED] = search
        with st.container(key="watching here"):
            _hand_over(_told(search, record), has_switch=True)
    else:
        if st.session_state.get(_WATCHED) is search:
            st.session_state.pop(_WATCHED)  # it has just ended
        _hand_over_unseen(_watched() or (search, record))


@st.fragment
@errors.shown_plainly()
def watch_elsewhere() -> None:
    """For every other page: of the search that this session watched last, or of one that it started in this server."""
    _hand_over_unseen(_watched())


def _hand_over_unseen(found: tuple[Search, SearchRecord] | None) -> None:
    with st.container(key="watching unseen"):  # which `style.css` hides
        _hand_over(_told(*found) if found else {"search": None, "isAtWork": False}, look_every=LOOK_EVERY)


def _hand_over(told: dict[str, Any], *, has_switch: bool = False, look_every: int = 0) -> None:
    data = told | {"at": time.time(), "hasSwitch": has_switch, "lookEvery": look_every}
    _component(key="watching", data=data, on_look_change=lambda: None)


def _watched() -> tuple[Search, SearchRecord] | None:
    search: Search | None = st.session_state.get(_WATCHED) or context.running_here()
    if search is None:
        return None
    try:
        context.refuse_strangers(search)
        record = search.record()
    except (ChromasonicError, LookupError):  # it was deleted, or its database is busy: other parts of the page say so
        st.session_state.pop(_WATCHED, None)
        return None
    if record.state in AT_WORK:
        st.session_state[_WATCHED] = search
    else:
        st.session_state.pop(_WATCHED, None)  # this once it is told how it ended
    return search, record


def _told(search: Search, record: SearchRecord) -> dict[str, Any]:
    """What the browser needs to know; of an end that a person wanted, no fuss is made."""
    is_at_work = record.state in AT_WORK
    reason = record.reason or YOU_STOPPED_IT
    is_wanted = record.state is SearchState.STOPPED and reason.startswith((YOU_STOPPED_IT, WORKER_LEFT))
    title = words.TITLES[record.state].format(done=record.n_tried, total=record.n_trials)
    return {
        "search": search.folder.name,
        "isAtWork": is_at_work,
        "title": "" if is_wanted else title,
        "notice": None if is_at_work or is_wanted else notice(record),
        "words": {
            "switch": words.SWITCH,
            "help": words.SWITCH_HELP,
            "denied": words.DENIED,
            "sound": words.SOUND_INSTEAD,
        },
    }


def notice(record: SearchRecord) -> dict[str, str]:
    """What is said of a search that has ended: plain text, which no browser reads as anything else."""
    best = record.best.best_validation_loss if record.best else None
    found = (
        words.NOTHING_FOUND if best is None else words.FOUND.format(loss=best, trials=count(record.n_tried, "trial"))
    )
    return {"title": words.ENDED[record.state].format(name=record.name), "body": found}
