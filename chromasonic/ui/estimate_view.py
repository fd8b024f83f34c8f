"""How long a search will take on this machine, measured in the background the first time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from chromasonic.errors import ChromasonicError
from chromasonic.languages import say
from chromasonic.melody_generation.hyperparameter_search.estimate import (
    Shown,
    Speed,
    estimate_seconds,
    known_speed,
    measure_speed,
)
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.music.sets import MusicSet
from chromasonic.results.words import count
from chromasonic.results.workload import Begun
from chromasonic.ui import context
from chromasonic.ui.presets import TOKENS_PER_NOTE, TRAIN_SHARE
from chromasonic.ui.wording import search as words

_log = logging.getLogger(__name__)


def show_estimate(
    settings: SearchSettings,
    music: MusicSet,
    *,
    stays: bool,
    taken_along: Sequence[Begun] = (),
    shown: Shown | None = None,
) -> None:
    """Say how long the search will take; while this machine's speed is being measured, say so and come back to it.

    What is `taken_along` from another search takes no time, and the others go as fast as that one has `shown`. A page
    that is about to be left (not `stays`) comes back to nothing: a fragment whose clock ticked while the next page was
    being drawn left the browser with a white one.
    """
    measuring = _measuring()
    missing = [family for family in settings.families if _speed(family, settings.device) is None]
    for family in missing:
        measuring.begin(family, settings.device)
    waiting = stays and any(measuring.is_under_way(family, settings.device) for family in missing)

    @st.fragment(run_every=1.0 if waiting else None)
    def estimate() -> None:
        speeds = {family: _speed(family, settings.device) for family in settings.families}
        known = {family: speed for family, speed in speeds.items() if speed is not None}
        if len(known) == len(speeds):
            st.write(_sentence(settings, known, music, taken_along, shown))
            if waiting:
                st.rerun()  # the clock that brought us here can stop
        elif any(measuring.is_under_way(family, settings.device) for family in speeds):
            st.caption(words.MEASURING)
        else:
            st.caption(words.NOT_MEASURED)
            if waiting:
                st.rerun()

    estimate()


def _sentence(
    settings: SearchSettings,
    speeds: dict[str, Speed],
    music: MusicSet,
    taken_along: Sequence[Begun],
    shown: Shown | None,
) -> str:
    tokens = round(music.n_notes * TOKENS_PER_NOTE * TRAIN_SHARE)
    whole = estimate_seconds(settings, speeds, tokens, VOCABULARY.size, taken_along, shown)
    is_limited = settings.timeout is not None and whole > settings.timeout
    return (words.ESTIMATE_LIMITED if is_limited else words.ESTIMATE).format(
        time=roughly(settings.timeout if is_limited and settings.timeout else whole),
        whole=roughly(whole),
        trials=count(max(0, settings.n_trials - len(taken_along)), "trial"),
        epochs=count(settings.space.num_epochs, "epoch"),
        at_once=settings.jobs,
    )


def roughly(seconds: float) -> str:
    """A length of time no more exact than an estimate is: `40 seconds`, `3 minutes`, `2½ hours`."""
    if seconds < 95:
        return say("{n:.0f} seconds", n=max(10, round(seconds, -1)))
    if seconds < 95 * 60:
        return say("{n} minutes", n=round(seconds / 60))
    halves = round(seconds / 1800)
    return say("{n}½ hours" if halves % 2 and halves < 20 else "{n} hours", n=halves // 2)


def _speed(family: str, device: str) -> Speed | None:
    return known_speed(context.workspace().cache, family, device)


class Measuring:
    """The measurements under way in this server: one at a time, each once."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._states: dict[tuple[str, str], bool] = {}  # whether it is still under way
        self._one_at_a_time = threading.Lock()

    def begin(self, family: str, device: str) -> None:
        """Measure in the background, unless that was begun before."""
        if (family, device) not in self._states:
            self._states[family, device] = True
            threading.Thread(target=self._measure, args=[family, device], daemon=True).start()

    def is_under_way(self, family: str, device: str) -> bool:
        """Whether the measurement was begun and has not ended."""
        return self._states.get((family, device), False)

    def _measure(self, family: str, device: str) -> None:
        with self._one_at_a_time:
            try:
                measure_speed(self._cache, family, device)
            except ChromasonicError as error:
                _log.warning("%s", error)
            finally:
                self._states[family, device] = False


@st.cache_resource(show_spinner=False)
def _measuring() -> Measuring:
    return Measuring(context.workspace().cache)
