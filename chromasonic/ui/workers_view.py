"""The workers of a search that several machines share: who they are, what they do, and how to start another."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.languages import comma
from chromasonic.masking import MASK, masked
from chromasonic.results.records import FINISHED, SearchRecord, TrialState
from chromasonic.results.words import duration
from chromasonic.ui import actions, errors
from chromasonic.ui.wording import workers as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search
    from chromasonic.melody_generation.hyperparameter_search.seats import Seat


def is_shared(search: Search) -> bool:
    """Whether workers on other machines may work on it, or have done so."""
    return bool(search.workspace.storage) or search.has_workers


def show_workers(search: Search, record: SearchRecord) -> None:
    """Everyone who works on it, the one button that is for all of them, and how to start another."""
    workers = search.workers()
    is_halted = search.is_halted()
    st.header(words.HEADER, anchor=False)
    st.caption(words.ABOUT)
    if workers:
        _show_table(workers, record, is_halted)
    if actions.is_allowed(search) and (is_halted or any(seat.is_alive for seat in workers)):
        st.button(
            words.GO_ON_ALL if is_halted else words.STOP_ALL,
            icon=":material/play_arrow:" if is_halted else ":material/stop:",
            help=words.GO_ON_ALL_HELP if is_halted else words.STOP_ALL_HELP,
            key="for all",
            on_click=_halt,
            args=[search, not is_halted],
        )
    if workers:
        with st.expander(words.ANOTHER):
            st.write(words.ANOTHER_ABOUT)
            _show_command(search)
    else:
        st.info(words.NONE_YET, icon=":material/group_work:")
        _show_command(search)


@errors.shown_plainly()
def _halt(search: Search, is_halted: bool) -> None:
    actions.halt_workers(search, is_halted)


def _show_table(workers: Sequence[Seat], record: SearchRecord, is_halted: bool) -> None:
    living = [seat for seat in workers if seat.is_alive]
    rows = sorted(workers, key=lambda seat: (seat not in living, -seat.joined))  # who is at work first, newest first
    done = {seat.id: 0 for seat in rows}
    for trial in record.trials:
        if trial.worker in done and trial.state in FINISHED:
            done[trial.worker] += 1
    columns = words.COLUMNS
    st.caption(words.ALIVE.format(n=len(living), left=len(workers) - len(living)))
    st.dataframe(
        {
            columns["where"]: [words.WHERE.format(host=seat.holder.host, pid=seat.holder.pid) for seat in rows],
            columns["device"]: [errors.told(seat.device) for seat in rows],
            columns["done"]: [done[seat.id] for seat in rows],
            columns["now"]: [doing(seat, record, is_halted) for seat in rows],
            columns["sign"]: [words.AGO.format(time=duration(max(0.0, time.time() - seat.beat))) for seat in rows],
        },
        hide_index=True,
        key="workers",
        alt=words.TABLE_ALT,
    )


def doing(seat: Seat, record: SearchRecord, is_halted: bool) -> str:
    """What a worker does now, in words."""
    if seat.left is not None:
        return words.LEFT
    if not seat.is_alive:
        return words.GONE
    numbers = [str(trial.number) for trial in record.of_state(TrialState.RUNNING) if trial.worker == seat.id]
    if numbers:
        return words.TRAINS.format(numbers=comma().join(numbers))
    return words.HOLDS if is_halted else words.WAITS


def _show_command(search: Search) -> None:
    command = command_for(search)
    st.code(command, language="bash", wrap_lines=True)
    if MASK in command:
        st.caption(words.TYPE_IT)
    if search.workspace.storage and not search.workspace.artifacts:
        st.warning(words.NO_STORE, icon=":material/folder_off:")


def command_for(search: Search) -> str:
    """What to type on another machine to start a worker there; no password stands in it."""
    workspace = search.workspace
    command = ["chromasonic", "worker", "--study", search.name]
    if workspace.storage:
        command += ["--storage", masked(workspace.storage)]
    if workspace.artifacts:
        command += ["--artifacts", masked(workspace.artifacts)]
    return shlex.join(command)
