"""A search as one file: written for download, and taken in from one that is uploaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.errors import SettingsError
from chromasonic.results.words import count
from chromasonic.ui import actions, context, dialogs, errors, login, notices
from chromasonic.ui.search_controls import AT_WORK
from chromasonic.ui.wording import moving as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search

_FILE = "exported file"
_LARGEST = 1024  # MiB: ten large models and their search


def offer_moving(search: Search | None) -> None:
    """Export the chosen search, where there is one and it may be touched; import another."""
    st.header(words.MOVE, anchor=False)
    st.caption(words.ABOUT)
    with st.container(horizontal=True, gap="small"):
        if search is not None and actions.is_allowed(search):
            is_at_work = search.record().state in AT_WORK
            help_text = words.BUSY_HELP if is_at_work else None
            if st.button(words.EXPORT, icon=":material/download:", disabled=is_at_work, help=help_text, key="export"):
                _export(search)
        if st.button(words.IMPORT, icon=":material/upload:", key="import"):
            _import()


@dialogs.dialog(lambda: words.EXPORT_TITLE)
@errors.shown_plainly()
def _export(search: Search) -> None:
    """Write it, then offer it. The download itself draws nothing anew, so it is written once each time it is opened."""
    with st.spinner(words.EXPORTING):
        name, data = actions.export(search)
    models = count(len(search.checkpoints.kept()), "model")
    trials = count(len(search.record().trials), "trial")
    size = max(len(data) / 1024**2, 0.1)
    st.write(words.EXPORTED.format(name=errors.escaped(search.name), trials=trials, models=models, size=size))
    st.download_button(
        words.DOWNLOAD,
        data,
        file_name=name,
        mime="application/octet-stream",
        on_click="ignore",
        type="primary",
        icon=":material/download:",
        key="download export",
    )


@dialogs.dialog(lambda: words.IMPORT_TITLE)
@errors.shown_plainly()
def _import() -> None:
    """Ask for the file; one that cannot be taken in is explained here, and another can be chosen."""
    st.write(words.IMPORT_ABOUT)
    rules = login.rules()
    with st.form("import", border=False):
        st.file_uploader(words.FILE, max_upload_size=rules.upload_mib if rules else _LARGEST, key=_FILE)
        is_answered = st.form_submit_button(
            words.IMPORT_YES, type="primary", key="import yes", on_click=dialogs.try_to, args=[_take_in]
        )
    dialogs.close_unless_refused(is_answered=is_answered)


def _take_in() -> None:
    file = st.session_state[_FILE]
    if file is None:
        raise SettingsError(words.FILE, words.NO_FILE)
    search = actions.take_in(file)
    context.choose_search(search.name)
    notices.leave(words.IMPORTED.format(name=search.name, trials=count(len(search.record().trials), "trial")))
