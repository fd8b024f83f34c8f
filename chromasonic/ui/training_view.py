"""A training in the background, on the page where it was begun: how far it is, and how long it will take."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.results.words import duration
from chromasonic.ui import errors
from chromasonic.ui.wording import models as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.background import BackgroundStatus, BackgroundTraining

LOOK_EVERY = 1.0  # seconds


def is_under_way(training: BackgroundTraining | None) -> bool:
    """Whether there is one, and it goes on."""
    return training is not None and not training.status.done


def watch(find: Callable[[], BackgroundTraining | None], look: Callable[[], None]) -> None:
    """Draw `look` again and again while the training that `find` gives goes on; all of the page when that changes."""
    was_under_way = is_under_way(find())

    @st.fragment(run_every=LOOK_EVERY if was_under_way else None)
    @errors.shown_plainly()
    def again() -> None:
        look()
        if is_under_way(find()) is not was_under_way:
            st.rerun()

    again()


def show_progress(status: BackgroundStatus) -> None:
    """A bar, with the pass it is in and the time left."""
    if not status.curve:
        st.progress(0.0, text=words.STARTING)
        return
    told = words.EPOCH_OF if status.seconds_left is None else words.EPOCH_OF_LEFT
    text = told.format(
        epoch=min(status.epoch + 1, status.epochs), epochs=status.epochs, left=duration(status.seconds_left or 0.0)
    )
    st.progress(min(1.0, status.epoch / status.epochs), text=text)
