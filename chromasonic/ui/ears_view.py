"""Which of two songs do you like better? Nothing says whose they are; and in the end, what your ears say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.errors import MusicFileError
from chromasonic.languages import sentences
from chromasonic.results.ears.agreement import FEWEST_SONGS, agreement
from chromasonic.results.ears.comparisons import Answer, Comparison, times_heard
from chromasonic.results.ears.pairs import is_exhausted, next_pair, taking_part
from chromasonic.results.ears.ranking import draw_ranking, ranking
from chromasonic.results.ears.strengths import strengths
from chromasonic.results.records import TrialState
from chromasonic.results.words import count
from chromasonic.ui import charts, context, errors, opinions, shell
from chromasonic.ui.search_controls import AT_WORK
from chromasonic.ui.wording import ears as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search
    from chromasonic.music.melody import Note

FEWEST_ANSWERS = 6  # before a ranking is shown; it would all be guesses


def compare(search: Search) -> None:
    """One round after another, as long as the musician likes; below it what has come of them."""
    comparisons = opinions.comparisons(search).read()
    losses = losses_of(search)
    songs = taking_part(losses, list(times_heard(comparisons)))
    if len(songs) < 2:
        _say_why_not(search, len(songs))
        return
    if is_exhausted(comparisons, songs):
        _say_enough(search, comparisons, songs)
    else:
        _play_round(search, comparisons, songs)
    _show_ranking(search, comparisons, songs)


def losses_of(search: Search) -> dict[int, float]:
    """The losses of the trials whose songs can be compared; of several that sing the same notes, the first."""
    losses: dict[int, float] = {}
    heard = set()
    sung = set(search.songs.numbers())
    for trial in search.record().of_state(TrialState.COMPLETE):
        loss = trial.best_validation_loss
        if trial.number not in sung or loss is None or not math.isfinite(loss):
            continue
        notes = _notes(search, trial.number)
        if notes and notes not in heard:
            heard.add(notes)
            losses[trial.number] = loss
    return losses


def _notes(search: Search, number: int) -> tuple[Note, ...]:
    """The notes of a song; none where it is damaged or gone, for then it takes no part."""
    try:
        return _read_notes(search.folder, number, search)
    except (MusicFileError, FileNotFoundError):
        return ()


@st.cache_resource(show_spinner=False, max_entries=512)
def _read_notes(folder: Path, number: int, _search: Search) -> tuple[Note, ...]:
    return _search.songs.melody(number).notes


def _say_why_not(search: Search, n_songs: int) -> None:
    is_at_work = search.record().state in AT_WORK
    text = (words.ONE_SONG if n_songs else words.NO_SONG) if is_at_work else words.NO_MORE
    st.info(text, icon=shell.EARS.icon)
    if st.button(words.WATCH, type="primary", icon=shell.PROGRESS.icon, key="watch"):
        context.go_to(shell.PROGRESS)


def _play_round(search: Search, comparisons: Sequence[Comparison], songs: Sequence[int]) -> None:
    left, right = _pair(search, comparisons, songs)
    done = len(comparisons)
    st.header(words.ROUND.format(n=done + 1), anchor=False)
    for column, number, name in zip(st.columns(2), (left, right), (words.SONG_A, words.SONG_B), strict=True):
        with column:
            st.markdown(f"**{name}**")
            st.audio(search.songs.sound(number), format="audio/ogg", alt=name)
    st.markdown(words.QUESTION)
    with st.container(horizontal=True, gap="small", key="answers"):
        for text, answer, key in _answers():
            args = [search, done, left, right, answer]
            st.button(text, shortcut=key, key=f"answer {answer}", on_click=_answer, args=args)
    _offer_undo(search, done)


def _say_enough(search: Search, comparisons: Sequence[Comparison], songs: Sequence[int]) -> None:
    more = words.MORE_COME if search.record().state in AT_WORK else words.MORE_NEEDED
    said = words.ENOUGH.format(songs=count(len(songs), "song"))
    st.info(sentences([said, more]), icon=shell.EARS.icon)
    with st.container(horizontal=True, gap="small"):
        if st.button(words.TO_PROGRESS, type="primary", icon=shell.PROGRESS.icon, key="watch"):
            context.go_to(shell.PROGRESS)
        _offer_undo(search, len(comparisons))


def _offer_undo(search: Search, done: int) -> None:
    if done:
        st.button(
            words.UNDO, shortcut="Z", type="tertiary", icon=":material/undo:", key="undo", on_click=_take_back,
            args=[search, done],
        )  # fmt: skip


def _pair(search: Search, comparisons: Sequence[Comparison], songs: Sequence[int]) -> tuple[int, int]:
    """The two of this round; while they are listened to they stay, even where another song comes."""
    key = f"ears {search.folder.name}"
    known: tuple[int, tuple[int, int]] | None = st.session_state.get(key)
    if known is None or known[0] != len(comparisons) or not set(known[1]) <= set(songs):
        known = st.session_state[key] = (len(comparisons), next_pair(comparisons, songs, search.settings.seed))
    return known[1]


@errors.shown_plainly()
def _answer(search: Search, done: int, left: int, right: int, answer: Answer) -> None:
    opinions.answer(search, done, left, right, answer)


@errors.shown_plainly()
def _take_back(search: Search, done: int) -> None:
    opinions.take_back(search, done)


def _show_ranking(search: Search, comparisons: Sequence[Comparison], songs: Sequence[int]) -> None:
    st.header(words.RANKING, anchor=False)
    n_answers = sum(comparison.pair <= set(songs) for comparison in comparisons)
    missing = max(FEWEST_ANSWERS, len(songs)) - n_answers
    if missing > 0 and not is_exhausted(comparisons, songs):
        st.caption(words.NOT_YET.format(answers=count(missing, "answer")))
        return
    losses = {number: loss for number, loss in losses_of(search).items() if number in songs}
    shown = ranking(strengths(comparisons, songs), losses)
    found = agreement(comparisons, losses)
    if len(songs) < FEWEST_SONGS:
        st.caption(words.TOO_FEW_SONGS.format(n=FEWEST_SONGS, songs=count(len(songs), "song")))
    elif found is None or found.verdict is None:
        st.caption(words.TOO_EARLY)
    else:
        told = {"songs": count(found.n_songs, "song"), "tau": found.tau, "low": found.low, "high": found.high}
        st.markdown(words.AGREEMENT[found.verdict].format(**told))
    charts.show_chart(
        draw_ranking(shown, dark=charts.is_dark()),
        alt=shown.describe(),
        how_to_read=words.READ_RANKING.format(answers=count(n_answers, "answer")),
        key="ranking by ear",
    )


def _answers() -> list[tuple[str, Answer, str]]:
    """The answers with their keys, in the order in which they stand."""
    return [
        (words.SONG_A, Answer.LEFT, "1"),
        (words.CANNOT_SAY, Answer.CANNOT_SAY, "2"),
        (words.SONG_B, Answer.RIGHT, "3"),
    ]
