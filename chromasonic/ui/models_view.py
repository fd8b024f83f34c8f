"""The finished models of whoever is at the page: to hear, to go on with, to take home, to rename, to delete."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.errors import ChromasonicError, SettingsError
from chromasonic.languages import clause, sentences
from chromasonic.music.sets import list_music_sets
from chromasonic.results.words import count
from chromasonic.ui import (
    actions,
    context,
    dialogs,
    errors,
    listen_view,
    login,
    notices,
    renaming,
    shell,
    training_view,
    tune_view,
)
from chromasonic.ui.wording import models as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.model_bundle import Lesson, ModelAbout
    from chromasonic.melody_generation.model_bundle.shelf import StoredModel

MOST_EPOCHS, USUAL_EPOCHS = 50, 5
_LARGEST = 1024  # MiB of a file that is brought
_CHOSEN, _FILE = "chosen model", "model to bring"
_TRIAL_SEED = 1  # of what one hears before deciding


def choose(stored: StoredModel, notice: str) -> None:
    """Let the page begin with `stored`, and say what was done."""
    st.session_state[_CHOSEN] = stored.id
    notices.leave(notice)


def ask_which(models: Sequence[StoredModel]) -> StoredModel:
    """Which of them the page speaks of."""
    by_id = {model.id: model for model in models}
    if st.session_state.get(_CHOSEN) not in by_id:
        st.session_state[_CHOSEN] = models[0].id
    chosen = st.selectbox(
        words.MODEL, list(by_id), format_func=lambda id: _called(by_id[id]), key=_CHOSEN, persist_state="session"
    )
    return by_id[chosen]


def _called(stored: StoredModel) -> str:
    return stored.name if stored.about else words.DAMAGED.format(name=stored.name)


def show(stored: StoredModel) -> None:
    """One model: what one can do with it, what it learns just now, and its card."""
    if stored.about is None:
        st.warning(words.DAMAGED_ABOUT, icon=":material/error:")
        with st.container(horizontal=True, gap="small"):
            _offer_delete(stored, is_at_work=False)
            offer_bringing()
        return
    lesson = context.registry().continuation(stored)
    is_at_work = training_view.is_under_way(lesson)
    waits = not is_at_work and stored.tried.exists()
    _offer_actions(stored, is_at_work=is_at_work, waits=waits)
    if is_at_work or (lesson is not None and lesson.status.error):
        training_view.watch(lambda: context.registry().continuation(stored), lambda: _show_lesson(stored))
    if waits:
        _ask_to_decide(stored)
    with st.container(border=True):
        show_card(stored.about)


def show_card(about: ModelAbout, level: int = 2) -> None:
    """What a musician should know about a model, below a heading of this `level`; names may be a stranger's."""
    from chromasonic.melody_generation.model_bundle.card import written

    card = written(about, errors.escaped)
    st.markdown(f"\n{card}".replace("\n#", f"\n{'#' * level}"))


def _offer_actions(stored: StoredModel, *, is_at_work: bool, waits: bool) -> None:
    from chromasonic.melody_generation.model_bundle import bundle_name

    busy_help = words.BUSY_HELP if is_at_work else None
    with st.container(horizontal=True, gap="small"):
        if st.button(
            words.LISTEN, type="secondary" if waits else "primary", icon=shell.LISTEN.icon, key="compose with"
        ):
            listen_view.ask_for(stored.path)
            context.go_to(shell.LISTEN)
        go_on_help = words.DECIDE_HELP if waits else busy_help
        if st.button(
            words.GO_ON, icon=":material/school:", disabled=is_at_work or waits, help=go_on_help, key="go on training"
        ):
            _ask_lesson(stored)
        st.download_button(
            words.TAKE,
            stored.path.read_bytes,
            file_name=bundle_name(stored.name),
            mime="application/zip",
            on_click="ignore",
            icon=":material/download:",
            help=words.TAKE_HELP,
            key="take model",
        )
        if st.button(words.RENAME, icon=":material/edit:", disabled=is_at_work, help=busy_help, key="rename model"):
            renaming.ask_name(words.RENAME_TITLE, stored.name, partial(_rename, stored))
        _offer_delete(stored, is_at_work=is_at_work)
        offer_bringing()


# ---- go on training --------------------------------------------------------------------------------------------------


@dialogs.dialog(lambda: words.GO_ON_TITLE)
@errors.shown_plainly()
def _ask_lesson(stored: StoredModel) -> None:
    """On which music, and how long."""
    st.write(words.GO_ON_ABOUT)
    names = [summary.name for summary in list_music_sets(context.workspace().music) if not summary.is_damaged]
    if not names:
        st.info(words.NO_MUSIC, icon=shell.MUSIC.icon)
        return
    own = stored.about.music.name if stored.about else ""
    with st.form("lesson", border=False):
        st.selectbox(words.MUSIC, names, names.index(own) if own in names else 0, key="lesson music")
        st.number_input(words.EPOCHS, 1, MOST_EPOCHS, USUAL_EPOCHS, key="lesson epochs")
        is_answered = st.form_submit_button(
            words.BEGIN, type="primary", key="lesson yes", on_click=dialogs.try_to, args=[_begin, stored]
        )
    dialogs.close_unless_refused(is_answered=is_answered)


def _begin(stored: StoredModel) -> None:
    actions.go_on_with(stored, st.session_state["lesson music"], st.session_state["lesson epochs"])


def _show_lesson(stored: StoredModel) -> None:
    lesson = context.registry().continuation(stored)
    if lesson is None:
        return
    status = lesson.status
    if status.error is not None:
        st.warning(words.FAILED.format(reason=errors.escaped(clause(errors.told(status.error)))))
        return
    st.markdown(words.LEARNING.format(music=f"**{errors.escaped(lesson.music.name)}**"))
    training_view.show_progress(status)
    if st.button(words.STOP, icon=":material/stop:", key="stop lesson"):
        actions.stop_lesson(stored)
    if status.best is not None:
        told = words.SO_FAR.format(
            before=status.curve[0].validation_loss,
            now=status.best.validation_loss,
            tunes=count(len(lesson.dealt.data.validation), "tune"),
        )
        st.caption(sentences([told, words.ARE_UNHEARD if lesson.dealt.is_unheard else words.ARE_HEARD]))


def _ask_to_decide(stored: StoredModel) -> None:
    """What the lesson changed, in numbers and for the ear; then which of the two to keep."""
    from chromasonic.melody_generation.model_bundle.shelf import tried_about

    tried = tried_about(stored)
    if tried is None or not tried.lessons:
        actions.let_go_of_lesson(stored)
        return
    lesson = tried.lessons[-1]
    with st.container(border=True, key="decision"):
        st.header(words.DECIDE.format(music=errors.escaped(lesson.music)), anchor=False)
        is_better = _say_what_changed(lesson)
        with errors.shown_plainly():
            was, became = st.columns(2)
            with was:
                _let_hear(stored, words.AS_IT_WAS, is_new=False)
            with became:
                _let_hear(stored, words.AS_IT_IS, is_new=True)
        with st.container(horizontal=True, gap="small"):
            st.button(
                words.KEEP_NEW, type="primary" if is_better else "secondary", icon=":material/check:", key="keep new",
                on_click=_decide, args=[stored, True],
            )  # fmt: skip
            st.button(
                words.KEEP_OLD, type="secondary" if is_better else "primary", icon=":material/undo:", key="keep old",
                on_click=_decide, args=[stored, False],
            )  # fmt: skip


def _say_what_changed(lesson: Lesson) -> bool:
    """In numbers, and how far to trust them; whether it is better."""
    before, after = lesson.loss_before, lesson.loss_after
    if before is None or after is None:
        return True
    told = words.BETTER if after < before else words.NOT_BETTER
    st.markdown(told.format(before=before, after=after, tunes=count(lesson.n_judged, "tune")))
    st.caption(words.ARE_UNHEARD if lesson.is_unheard else words.ARE_HEARD)
    return after < before


def _let_hear(stored: StoredModel, label: str, *, is_new: bool) -> None:
    path = stored.tried if is_new else stored.path
    st.caption(label)
    sound = _sung(str(path), path.stat().st_mtime_ns)
    st.audio(sound, format="audio/ogg", alt=words.SUNG_ALT.format(which=label))


@st.cache_data(show_spinner=False, max_entries=8)
def _sung(path: str, changed: int) -> bytes:
    """A melody by the model in that file as it was when it was last `changed`: always from the same seed."""
    from pathlib import Path

    from chromasonic.melody_generation.model_bundle import load_model_bundle

    return tune_view.ogg(load_model_bundle(Path(path)).sing(seed=_TRIAL_SEED)[0])


@errors.shown_plainly()
def _decide(stored: StoredModel, keeps_new: bool) -> None:
    if keeps_new:
        actions.keep_lesson(stored)
    else:
        actions.let_go_of_lesson(stored)
    notices.leave((words.KEPT_NEW if keeps_new else words.KEPT_OLD).format(name=stored.name))


# ---- bring, rename, delete -------------------------------------------------------------------------------------------


def offer_bringing(*, is_primary: bool = False) -> None:
    """A way in for a model that somebody saved."""
    if st.button(
        words.BRING, type="primary" if is_primary else "secondary", icon=":material/upload:", key="bring model"
    ):
        _bring()


@dialogs.dialog(lambda: words.BRING_TITLE)
@errors.shown_plainly()
def _bring() -> None:
    """Ask for the file; one that cannot be taken in is explained here, and another can be chosen."""
    st.write(words.BRING_ABOUT)
    rules = login.rules()
    with st.form("bring", border=False):
        st.file_uploader(words.FILE, max_upload_size=rules.upload_mib if rules else _LARGEST, key=_FILE)
        is_answered = st.form_submit_button(
            words.BRING_YES, type="primary", key="bring yes", on_click=dialogs.try_to, args=[_take_in]
        )
    dialogs.close_unless_refused(is_answered=is_answered)


def _take_in() -> None:
    file = st.session_state[_FILE]
    if file is None:
        raise SettingsError(words.FILE, words.NO_FILE)
    stored = actions.bring_model(file)
    choose(stored, words.BROUGHT.format(name=stored.name))


def _rename(stored: StoredModel, new: str) -> None:
    renamed = actions.rename_model(stored, new)
    choose(renamed, words.RENAMED.format(old=stored.name, new=renamed.name))


def _offer_delete(stored: StoredModel, *, is_at_work: bool) -> None:
    help_text = words.BUSY_HELP if is_at_work else None
    if st.button(words.DELETE, icon=":material/delete:", disabled=is_at_work, help=help_text, key="delete model"):
        _confirm_delete(stored)


@dialogs.dialog(lambda: words.DELETE_TITLE)
@errors.shown_plainly()
def _confirm_delete(stored: StoredModel) -> None:
    st.write(words.DELETE_QUESTION.format(name=errors.escaped(stored.name)))
    with st.container(horizontal=True):
        if st.button(words.DELETE_YES, type="primary", key="delete model yes", on_click=_delete, args=[stored]):
            st.rerun()
        if st.button(words.DELETE_NO, key="delete model no"):
            st.rerun()


@errors.shown_plainly()
def _delete(stored: StoredModel) -> None:
    try:
        actions.delete_model(stored)
    except ChromasonicError as error:
        notices.leave(error)
        return
    notices.leave(words.DELETED.format(name=stored.name))
