"""The last lesson: the best settings, trained once more on all the music; and the model, to take home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.languages import clause
from chromasonic.ui import actions, context, errors, models_view, shell, training_view
from chromasonic.ui.wording import results as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search


def offer_final(search: Search) -> None:
    """Explain it, begin it, show how far it is, and hand it over."""
    from chromasonic.melody_generation.hyperparameter_search.final import has_final

    if not actions.is_allowed(search) and not has_final(search):
        return
    st.header(words.FINAL, anchor=False)
    st.write(words.FINAL_ABOUT)
    training_view.watch(lambda: context.registry().final(search), lambda: _look(search))


def _look(search: Search) -> None:
    from chromasonic.melody_generation.hyperparameter_search.final import has_final

    training = context.registry().final(search)
    if training is not None and not training.status.done:
        training_view.show_progress(training.status)
        if actions.is_allowed(search) and st.button(words.FINAL_STOP, icon=":material/stop:", key="stop final"):
            actions.stop_final(search)
        return
    if training is not None and training.status.error is not None:
        st.warning(words.FINAL_FAILED.format(reason=errors.escaped(clause(errors.told(training.status.error)))))
    elif has_final(search):
        st.success(words.FINAL_DONE, icon=":material/check:")
    with st.container(horizontal=True, gap="small"):
        if has_final(search) and search.is_melodic:
            _offer_model(search)
        if actions.is_allowed(search):
            label = words.FINAL_AGAIN if has_final(search) else words.FINAL_TRAIN
            if st.button(label, icon=":material/school:", key="train final"):
                actions.train_final(search)
    if has_final(search) and search.is_melodic:
        _show_card(search)


def _offer_model(search: Search) -> None:
    from chromasonic.melody_generation.model_bundle import bundle_name

    st.download_button(
        words.FINAL_TAKE,
        lambda: actions.final_as_file(search),
        file_name=bundle_name(search.name),
        mime="application/zip",
        on_click="ignore",
        icon=":material/download:",
        help=words.FINAL_TAKE_HELP,
        key="take final",
    )
    if st.button(words.FINAL_KEEP, icon=shell.MODELS.icon, help=words.FINAL_KEEP_HELP, key="keep final"):
        with errors.shown_plainly():
            stored = actions.keep_final(search)
            models_view.choose(stored, words.FINAL_KEPT.format(name=stored.name))
            context.go_to(shell.MODELS)


def _show_card(search: Search) -> None:
    folded = st.expander(words.FINAL_CARD, icon=":material/badge:", key="final card", on_change="rerun")
    if folded.open:
        with folded, errors.shown_plainly():
            with st.spinner(words.FINAL_READING):
                about = actions.final_model_of(search)[1]
            models_view.show_card(about, level=3)
