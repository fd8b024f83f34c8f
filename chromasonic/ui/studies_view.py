"""The table of all searches, and what one can do with the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from chromasonic.errors import ChromasonicError
from chromasonic.languages import figure, sign
from chromasonic.music.text import one_line
from chromasonic.results.study_list import ListedStudy
from chromasonic.results.words import count
from chromasonic.ui import (
    actions,
    answers,
    compare_choice,
    context,
    dialogs,
    errors,
    login,
    next_search,
    notices,
    remarks_view,
    renaming,
    shell,
    study_finder,
    tables,
)
from chromasonic.ui.search_controls import AT_WORK
from chromasonic.ui.wording import studies as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.dashboard import DashboardServer
    from chromasonic.melody_generation.hyperparameter_search.search import Search

_ROWS_SHOWN = 10
_ROW_HEIGHT = 35  # pixels, as Streamlit draws them
_NOTE_SHOWN = 80  # characters of a note in the table
_NAME_WIDTH = 264  # pixels: “Ryan's Mammoth Collection, 28 Nov 2026”
_STATE_WIDTH = 92
_MUSIC_WIDTH = 178  # “Ryan's Mammoth Collection”; with the columns before it as wide as the page


def choose(studies: Sequence[ListedStudy]) -> Search | None:
    """Show those that are looked for and give the one that is chosen; the other pages then speak of it too.

    None where nothing is found; what was chosen before stays so.
    """
    remarks_view.offer_tags(tag for study in studies for tag in study.labels.tags)
    shown = study_finder.look_for(studies)
    if not shown:
        return None
    names = [study.name for study in shown]
    current = context.remembered_search()
    place = names.index(current) if current in names else 0
    numbers = {words.BEST: tables.as_text("{n:.3f}"), words.TIME: tables.as_text(words.MINUTES)}
    table, formats = tables.in_language(_columns(shown), numbers)
    event = st.dataframe(
        table,
        hide_index=True,
        placeholder="–",  # which would be “None”
        height=(min(len(shown), _ROWS_SHOWN) + 1) * _ROW_HEIGHT + 3,
        column_config={
            words.STARRED: st.column_config.TextColumn(width=36, help=words.STARRED_HELP),
            words.NAME: st.column_config.TextColumn(width=_NAME_WIDTH),
            words.STATE: st.column_config.TextColumn(width=_STATE_WIDTH),
            words.BEST: st.column_config.NumberColumn(format=formats[words.BEST], help=words.BEST_HELP),
            words.TAGS: st.column_config.ListColumn(),
            words.MUSIC: st.column_config.TextColumn(width=_MUSIC_WIDTH),
            words.STARTED: st.column_config.DatetimeColumn(format=words.STARTED_FORMAT),
            words.TIME: st.column_config.NumberColumn(format=formats[words.TIME]),
        },
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [place]}},
        key=f"studies {hash(tuple(names))}",
        alt=words.TABLE_ALT,
    )
    rows = event.selection.rows
    if rows and rows[0] < len(shown):
        place = rows[0]
    st.caption(_in_short(shown[place]))  # on a phone the table shows little more than names
    context.choose_search(names[place])
    return context.find_search(names[place])


def _columns(studies: Sequence[ListedStudy]) -> dict[str, list[Any]]:
    """What the table tells; without a column for stars, tags or notes where there are none."""
    has_people = login.person() is not None
    columns: dict[str, list[Any]] = {
        words.STARRED: [words.STAR if study.labels.is_starred else "" for study in studies],
        words.NAME: [study.name for study in studies],
        **({words.WHOSE: [study_finder.whose(study) for study in studies]} if has_people else {}),
        words.STATE: [_state(study) for study in studies],
        words.TRIALS: [words.TRIALS_OF.format(done=study.n_tried, total=study.n_trials) for study in studies],
        words.BEST: [study.best_loss for study in studies],
        words.MUSIC: [study.music for study in studies],
        words.TAGS: [list(study.labels.tags) for study in studies],
        words.STARTED: [
            study.created.astimezone().replace(tzinfo=None) if study.created else None for study in studies
        ],
        words.TIME: [study.total_time / 60 for study in studies],
        words.NOTE: [one_line(study.note, _NOTE_SHOWN) for study in studies],
    }
    said = (words.STARRED, words.TAGS, words.NOTE)
    return {name: column for name, column in columns.items() if name not in said or any(column)}


def _state(study: ListedStudy) -> str:
    if study.was_never_started:
        return words.NOT_STARTED
    return words.TIME_WAS_UP if study.is_out_of_time else words.STATES[study.state]


def _in_short(study: ListedStudy) -> str:
    """The chosen study in a line: name, music, state, trials, loss."""
    row = {name: values[0] for name, values in _columns([study]).items()}
    best = "–" if study.best_loss is None else figure(f"{study.best_loss:.3f}")
    told = [f"{words.TRIALS}{sign(': ')}{row[words.TRIALS]}", f"{words.BEST}{sign(': ')}{best}"]
    return " · ".join([f"**{errors.escaped(study.name)}**", errors.escaped(study.music), row[words.STATE], *told])


def offer_actions(search: Search) -> None:
    """Open, go on, share, rename, take its settings, delete: each to those who may."""
    record = search.record()
    is_at_work = record.state in AT_WORK
    busy_help = words.BUSY_HELP if is_at_work else None
    with st.container(horizontal=True, gap="small"):
        if st.button(words.OPEN, type="primary", icon=":material/folder_open:", key="open"):
            context.go_to(shell.PROGRESS if is_at_work or record.best is None else shell.RESULTS)
        is_allowed = actions.is_allowed(search)
        can_go_on = is_allowed and not is_at_work and not record.is_used_up
        go_on = words.START if record.was_never_started else words.RESUME
        if can_go_on and st.button(go_on, icon=":material/play_arrow:", key="go on"):
            with errors.shown_plainly():
                actions.go_on(search)
                context.go_to(shell.PROGRESS)
        if is_allowed and st.button(
            words.RENAME, icon=":material/edit:", disabled=is_at_work, help=busy_help, key="rename"
        ):
            renaming.ask_name(words.RENAME_TITLE, search.name, partial(_rename, search))
        next_search.offer_copy(search)
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
    st.toggle(
        words.SHARE, key=key, help=words.SHARE_HELP, on_change=answers.take, args=[key, partial(actions.share, search)]
    )


def _rename(search: Search, name: str) -> None:
    old = search.name
    renamed = actions.rename(search, name)
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
