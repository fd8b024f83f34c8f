"""Stop, pause, and let a search go on: what a musician may do to it at each moment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.results.next_steps import MOST_MINUTES
from chromasonic.results.records import SearchRecord, SearchState
from chromasonic.ui import actions, context, errors, shell, workers_view
from chromasonic.ui.wording import progress as words
from chromasonic.ui.wording import workers as worker_words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search

AT_WORK = (SearchState.RUNNING, SearchState.PAUSED)
DEFAULT_MORE_TRIALS = 10
DEFAULT_MORE_MINUTES = 3
MOST_TRIALS = 100_000
_BUTTON_WIDTH = 120  # pixels, whatever the words: see _show_hold


def show_controls(search: Search, record: SearchRecord) -> None:
    """The buttons that make sense now. Called inside a fragment; starting or ending turns the whole page anew."""
    if not actions.is_allowed(search):
        return
    if record.state in AT_WORK and not _is_elsewhere(search):
        _show_hold(search, record)
    elif record.is_used_up:
        with st.popover(words.FURTHER, icon=":material/add:", help=words.FURTHER_HELP):
            _ask_further(search, record)
    elif _go_on_when_asked(search, record):
        st.rerun()


def offer_to_go_on(search: Search, record: SearchRecord, key: str = "resume") -> None:
    """On another page: the button with which a stopped search goes on, and then the page where one watches it."""
    if record.was_cut_short and actions.is_allowed(search) and _go_on_when_asked(search, record, key):
        context.go_to(shell.PROGRESS)


def _go_on_when_asked(search: Search, record: SearchRecord, key: str = "resume") -> bool:
    """The button; whether it was pressed, and the search goes on."""
    label, explained = words.RESUME, words.RESUME_HELP
    if _is_elsewhere(search):
        label, explained = worker_words.HERE_TOO, worker_words.HERE_TOO_HELP
    elif record.was_never_started:
        label, explained = words.START, words.START_HELP
    if st.button(label, icon=":material/play_arrow:", help=explained, key=key):
        with errors.shown_plainly():
            actions.go_on(search)
            return True
    return False


def _is_elsewhere(search: Search) -> bool:
    """Whether only workers on other machines run it, if anyone does."""
    return workers_view.is_shared(search) and context.registry().runner(search) is None


def _show_hold(search: Search, record: SearchRecord) -> None:
    """Pause or go on, and stop. Callbacks, for a rerun asked for by hand may swallow the click that follows it.

    Pause and go on are one button that changes its words. As two they would stand side by side until the fragment has
    run to its end, and move “Stop” away from under the finger that is pressing it.
    """
    runner = context.registry().runner(search)
    is_busy = runner is None or runner.is_stopping  # None: it runs in another process
    is_paused = record.state is SearchState.PAUSED
    st.button(
        words.RESUME if is_paused else words.PAUSE,
        icon=":material/play_arrow:" if is_paused else ":material/pause:",
        help=words.RELEASE_HELP if is_paused else words.PAUSE_HELP,
        disabled=is_busy,
        key="pause or go on",
        on_click=_resume if is_paused else _pause,
        args=[search],
        width=_BUTTON_WIDTH,
    )
    st.button(
        words.STOP, icon=":material/stop:", help=words.STOP_HELP, disabled=is_busy, key="stop",
        on_click=_stop, args=[search], width=_BUTTON_WIDTH,
    )  # fmt: skip


@errors.shown_plainly()
def _pause(search: Search) -> None:
    actions.pause(search)


@errors.shown_plainly()
def _resume(search: Search) -> None:
    actions.resume(search)


@errors.shown_plainly()
def _stop(search: Search) -> None:
    actions.stop(search)


def _ask_further(search: Search, record: SearchRecord) -> None:
    left = record.n_trials - record.n_tried
    trials = st.number_input(
        words.MORE_TRIALS, 1, MOST_TRIALS, left if left > 0 else DEFAULT_MORE_TRIALS, key="more trials"
    )
    minutes = st.number_input(
        words.MORE_MINUTES,
        0,
        MOST_MINUTES,
        _minutes_for(record, record.n_tried + trials) if record.timeout else 0,
        help=words.MORE_MINUTES_HELP,
        key="more minutes",
    )
    if st.button(words.FURTHER, icon=":material/play_arrow:", key="further"):
        with errors.shown_plainly():
            timeout = record.total_time + minutes * 60 if minutes else None
            actions.go_further(search, record.n_tried + trials, timeout)
            st.rerun()


def _minutes_for(record: SearchRecord, n_trials: int) -> int:
    """How long it will take to go on to so many trials, at the pace so far."""
    needed = record.time_for(n_trials) or record.timeout or 0.0
    return min(MOST_MINUTES, max(DEFAULT_MORE_MINUTES, math.ceil(needed / 60)))
