"""What new melodies begin with: nothing, a tune from the music, notes played on the page, or a melody on the shelf."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from chromasonic.errors import ChromasonicError
from chromasonic.music.melody import Melody
from chromasonic.music.sets import MusicSet
from chromasonic.music.shelf import KeptMelody, list_melodies, load_melody
from chromasonic.ui import context, errors, keyboard
from chromasonic.ui.composing import Opening
from chromasonic.ui.wording import listen as words
from chromasonic.ui.wording import tune as tune_words

NOTHING, TUNE, PLAYED, KEPT = "nothing", "tune", "played", "kept"
MOST_BARS = 64  # of a kept melody; what is further back the model has forgotten anyway

_KEPT = "kept primer"


def ask_opening(folder: str, music: MusicSet | None) -> Opening | None:
    """What to begin with; `folder` tells this search from others."""
    kinds = {NOTHING: words.NO_PRIMER, TUNE: words.OF_MY_MUSIC, PLAYED: words.OF_MY_FINGERS, KEPT: words.OF_MY_SHELF}
    kind = st.selectbox(
        words.PRIMER, list(kinds), format_func=kinds.__getitem__, help=words.PRIMER_HELP, key=f"opening {folder}",
        persist_state="session",
    )  # fmt: skip
    if kind == TUNE:
        return _ask_tune(folder, music)
    if kind == PLAYED:
        played = keyboard.ask_notes(key="keys")
        return Opening(played, is_played=True) if played else None
    return _ask_kept() if kind == KEPT else None


def continue_from(folder: str, kept: KeptMelody) -> None:
    """Let the next melodies of a search begin with a kept one, all of it."""
    st.session_state[f"opening {folder}"] = KEPT
    st.session_state[_KEPT] = kept.id


def _ask_tune(folder: str, music: MusicSet | None) -> Opening | None:
    if music is None:
        st.caption(words.PRIMER_GONE)
        return None
    titles = _told_apart([melody.title or tune_words.UNTITLED for melody in music.melodies])
    place = st.selectbox(
        words.TUNE, range(len(titles)), format_func=titles.__getitem__, key=f"primer {folder}", persist_state="session"
    )
    bars = st.slider(words.PRIMER_BARS, 1, 8, 2, key="primer bars", persist_state="session")
    return Opening(music.melodies[place].opening(bars))


def _ask_kept() -> Opening | None:
    shelf = {kept.id: kept for kept in list_melodies(context.workspace().melodies) if not kept.is_damaged}
    if not shelf:
        st.caption(words.SHELF_EMPTY)
        return None
    if st.session_state.get(_KEPT) not in shelf:  # deleted meanwhile
        st.session_state.pop(_KEPT, None)
    chosen = st.selectbox(
        words.KEPT_MELODY, list(shelf), format_func=lambda id: shelf[id].name, key=_KEPT, persist_state="session"
    )
    try:
        melody = load_melody(context.workspace().melodies, shelf[chosen])
    except ChromasonicError as error:
        errors.show(error)
        return None
    return Opening(_its_bars(melody, chosen))


def _its_bars(melody: Melody, id: str) -> Melody:
    """As many of its bars as are asked for: at first all, so that the new ones follow."""
    most = min(max(1, melody.bars), MOST_BARS)
    if most == 1:
        return melody
    bars = st.slider(words.PRIMER_BARS, 1, most, most, key=f"kept bars {id}", persist_state="session")
    return melody if bars >= melody.bars else melody.opening(bars)


def _told_apart(titles: list[str]) -> list[str]:
    """The titles, numbered where several are the same: a list takes those that read alike for one."""
    again: Counter[str] = Counter()
    numbered = []
    for title in titles:
        again[title] += 1
        numbered.append(f"{title} ({again[title]})" if again[title] > 1 else title)
    return numbered
