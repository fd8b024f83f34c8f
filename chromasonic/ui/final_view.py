"""The last lesson: the best settings, trained once more on all the music."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.ui import actions, context, errors
from chromasonic.ui.wording import results as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search

LOOK_EVERY = 1.0  # seconds


def offer_final(search: Search) -> None:
    """Explain it, begin it, show how far it is."""
    if not actions.is_allowed(search):
        return
    st.header(words.FINAL, anchor=False)
    st.write(words.FINAL_ABOUT)
    training = context.registry().final(search)
    was_under_way = training is not None and not training.status.done

    @st.fragment(run_every=LOOK_EVERY if was_under_way else None)
    @errors.shown_plainly()
    def look() -> None:
        if _look_once(search) is not was_under_way:
            st.rerun()

    look()


def _look_once(search: Search) -> bool:
    from chromasonic.melody_generation.hyperparameter_search.final import has_final

    training = context.registry().final(search)
    if training is not None and not training.status.done:
        status = training.status
        epoch = words.FINAL_EPOCH.format(epoch=min(status.epoch + 1, status.epochs), epochs=status.epochs)
        st.progress(status.epoch / status.epochs, text=epoch)
        if st.button(words.FINAL_STOP, icon=":material/stop:", key="stop final"):
            actions.stop_final(search)
        return True
    if training is not None and training.status.error is not None:
        st.warning(words.FINAL_FAILED.format(reason=errors.escaped(training.status.error.rstrip("."))))
    elif has_final(search):
        st.success(words.FINAL_DONE, icon=":material/check:")
    label = words.FINAL_AGAIN if has_final(search) else words.FINAL_TRAIN
    if st.button(label, icon=":material/school:", key="train final"):
        actions.train_final(search)
        return True
    return False
