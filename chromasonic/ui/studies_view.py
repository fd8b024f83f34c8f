"""The table of all searches, and what one can do with the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.errors import ChromasonicError
from chromasonic.results.words import count
from chromasonic.ui import actions, compare_choice, context, dialogs, errors, login, next_search, notices, shell
from chromasonic.ui.search_controls import AT_WORK, is_used_up
from chromasonic.ui.wording import studies as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.dashboard import DashboardServer
    from chromasonic.melody_generation.hyperparameter_search.search import Search

_ROWS_SHOWN = 10
_ROW_HEIGHT = 35  # pixels, as Streamlit draws them
_REFUSED = "why a study could not be renamed"


def choose(searches: Sequence[Search]) -> Search:
    """Show all searches, newest first, and give the one that is chosen; the other pages then speak of it too."""
    names = [search.name for search in searches]
    current = context.remembered_search()
    place = names.index(current) if current in names else 0
    event = st.dataframe(
        _columns(searches),
        hide_index=True,
        height=(min(len(searches), _ROWS_SHOWN) + 1) * _ROW_HEIGHT + 3,
        column_config={
            words.NAME: st.column_config.TextColumn(width=290),
            words.BEST: st.column_config.NumberColumn(format="%.3f", help=words.BEST_HELP),
            words.STARTED: st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
            words.TIME: st.column_config.NumberColumn(format="%.1f min"),
        },
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [place]}},
        key=f"studies {hash(tuple(names))}",
        alt=words.TABLE_ALT,
    )
    rows = event.selection.rows
    if rows and rows[0] < len(searches):
        place = rows[0]
    context.choose_search(names[place])
    return searches[place]


def _columns(searches: Sequence[Search]) -> dict[str, list[object]]:
    records = [search.record() for search in searches]
    whose: dict[str, list[object]] = (
        {words.WHOSE: [_whose(search) for search in searches]} if login.person() is not None else {}
    )
    return {
        words.NAME: [record.name for record in records],
        **whose,
        words.STATE: [words.STATES[record.state] for record in records],
        words.TRIALS: [words.TRIALS_OF.format(done=record.n_finished, total=record.n_trials) for record in records],
        words.BEST: [record.best.best_validation_loss if record.best else None for record in records],
        words.STARTED: [
            record.created.astimezone().replace(tzinfo=None) if record.created else None for record in records
        ],
        words.TIME: [record.total_time / 60 for record in records],
        words.MUSIC: [record.music for record in records],
    }


def _whose(search: Search) -> str:
    person = login.person()
    if search.owner is None:
        return words.NOBODYS
    if person is not None and search.owner.id == person.id:
        return words.YOURS_SHARED if search.is_shared else words.YOURS
    return search.owner.name


def offer_actions(search: Search) -> None:
    """Open, go on, share, rename, take its settings, delete: each to those who may."""
    record = search.record()
    is_at_work = record.state in AT_WORK
    busy_help = words.BUSY_HELP if is_at_work else None
    with st.container(horizontal=True, gap="small"):
        if st.button(words.OPEN, type="primary", icon=":material/folder_open:", key="open"):
            context.go_to(shell.PROGRESS if is_at_work or record.best is None else shell.RESULTS)
        is_allowed = actions.is_allowed(search)
        can_go_on = is_allowed and not is_at_work and not is_used_up(record)
        if can_go_on and st.button(words.RESUME, icon=":material/play_arrow:", key="go on"):
            with errors.shown_plainly():
                actions.go_on(search)
                context.go_to(shell.PROGRESS)
        if is_allowed and st.button(
            words.RENAME, icon=":material/edit:", disabled=is_at_work, help=busy_help, key="rename"
        ):
            _ask_name(search)
        if st.button(words.DUPLICATE, icon=":material/content_copy:", help=words.DUPLICATE_HELP, key="duplicate"):
            next_search.set_up(search)
        if st.button(words.COMPARE, icon=shell.COMPARE.icon, help=words.COMPARE_HELP, key="compare"):
            compare_choice.compare_with_others(search)
        if is_allowed and st.button(
            words.DELETE, icon=":material/delete:", disabled=is_at_work, help=busy_help, key="delete"
        ):
            trials, models = len(record.trials), len(search.checkpoints.kept())
            losses = words.LOSSES.format(trials=count(trials, "trial"), models=count(models, "kept model"))
            _confirm_delete(search, losses)


def offer_sharing(search: Search) -> None:
    """Let everyone on this server look at it, or its owner alone."""
    if login.person() is None or search.owner is None:
        return
    if not actions.is_allowed(search):
        st.caption(words.SHARED_BY.format(owner=errors.escaped(search.owner.name)))
        return
    key = f"shared {search.folder.name}"
    st.session_state[key] = search.is_shared  # as it stands now, whatever this page showed before
    st.toggle(words.SHARE, key=key, help=words.SHARE_HELP, on_change=_share, args=[search, key])


@errors.shown_plainly()
def _share(search: Search, key: str) -> None:
    actions.share(search, bool(st.session_state[key]))


@dialogs.dialog(lambda: words.RENAME_TITLE)
@errors.shown_plainly()
def _ask_name(search: Search) -> None:
    """Ask for the new name; one that cannot be used is explained here, and stays to be mended."""
    with st.form("rename", border=False):
        st.text_input(words.NEW_NAME, search.name, key="new name")
        with st.container(horizontal=True):
            is_answered = st.form_submit_button(
                words.RENAME_YES, type="primary", key="rename yes", on_click=_rename, args=[search]
            )
            is_answered |= st.form_submit_button(words.RENAME_NO, key="rename no")
    if refusal := st.session_state.pop(_REFUSED, None):
        errors.show(refusal)
    elif is_answered:
        st.rerun()


@errors.shown_plainly()
def _rename(search: Search) -> None:
    old, new = search.name, st.session_state["new name"]
    if new == old:
        return
    try:
        renamed = actions.rename(search, new)
    except ChromasonicError as error:
        st.session_state[_REFUSED] = error
        return
    context.choose_search(renamed.name)
    notices.leave(words.RENAMED.format(old=old, new=renamed.name))


@dialogs.dialog(lambda: words.DELETE_TITLE)
@errors.shown_plainly()
def _confirm_delete(search: Search, losses: str) -> None:
    """Ask first. Streamlit runs this once more after the deletion: by then the search has nothing left to tell."""
    st.write(words.DELETE_QUESTION.format(name=errors.escaped(search.name), losses=losses))
    with st.container(horizontal=True):
        if st.button(words.DELETE_YES, type="primary", key="delete yes", on_click=_delete, args=[search]):
            st.rerun()
        if st.button(words.DELETE_NO, key="delete no"):
            st.rerun()


@errors.shown_plainly()
def _delete(search: Search) -> None:
    name = search.name
    try:
        actions.delete(search)
    except ChromasonicError as error:
        notices.leave(error)
        return
    context.forget_search(name)
    notices.leave(words.DELETED.format(name=name))


def offer_dashboard(search: Search) -> None:
    """optuna-dashboard over the same database, started when it is asked for; never where people log in.

    It shows everything to everyone and lets them delete it: a way round the login for whoever reaches its port.
    """
    if login.person() is not None:
        return
    st.header(words.DASHBOARD, anchor=False)
    st.caption(words.DASHBOARD_ABOUT)
    server = st.session_state.get("dashboard")
    if server is None and st.button(words.DASHBOARD_START, icon=":material/query_stats:", key="start dashboard"):
        with errors.shown_plainly():
            st.session_state["dashboard"] = _dashboard()
            st.rerun()
    if server is not None:
        st.link_button(
            words.DASHBOARD_OPEN, server.study_url(search.id), icon=":material/open_in_new:", key="dashboard link"
        )


@st.cache_resource(show_spinner=False, on_release=lambda server: server.close())
def _dashboard() -> DashboardServer:
    """The one dashboard of this server."""
    from chromasonic.melody_generation.hyperparameter_search.dashboard import serve_dashboard
    from chromasonic.melody_generation.hyperparameter_search.storage import open_database

    workspace = context.workspace()
    return serve_dashboard(open_database(workspace.storage_url), songs=workspace.artifact_store)
