"""What the models of a search learned from: its tunes to compare new melodies with, and what is usual among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.errors import SearchError
from chromasonic.music.measures import Spread, spreads
from chromasonic.music.melody import Melody, Meter, Note
from chromasonic.music.originality import KnownMusic, Originality, UsualLengths, evenly, originality
from chromasonic.ui import context
from chromasonic.ui.home import Home

if TYPE_CHECKING:
    from chromasonic.melody_generation.datasets import SearchData
    from chromasonic.melody_generation.hyperparameter_search.search import Search
    from chromasonic.music.sets import MusicSet

MOST_MEASURED = 300  # tunes that stand for all of a large collection; a second for each thousand
COUNTING_SONGS = 24  # songs of the n-gram model; their quartiles are steady, and they take two seconds
COUNTING_BARS = 16

Spreads = dict[str, Spread | None]


@dataclass(frozen=True)
class Learned:
    """The tunes a model learned from, and others of the same music that it did not."""

    key: str  # names them in this server
    known: KnownMusic
    in_search: KnownMusic  # what the trials of the search learned from; the final model learned `others` too
    others: tuple[Melody, ...]  # none where too few different tunes were cut in pieces: these are no other tunes


def learned_at(home: Home, *, everything: bool) -> Learned | None:
    """What a model at `home` learned from. None where it can no longer be told, or not here."""
    if home.search is not None:
        return learned_from(home.search, everything=everything)
    about = home.stored.about if home.stored else None
    saved = context.saved_music(home.music)
    if about is None or saved is None:
        return None
    return _heard(f"{home.folder} {saved.fingerprint} {len(about.heard)}", set(about.heard), saved)


@st.cache_resource(show_spinner=False, max_entries=8)
def _heard(key: str, _heard: set[str], _saved: MusicSet) -> Learned | None:
    """A finished model brings no tunes, only their prints: those that are saved here stand for all."""
    from chromasonic.melody_generation.model_bundle import tune_print
    from chromasonic.melody_generation.tokenization import VOCABULARY

    tunes = [tune for tune in _saved.melodies if tune_print(VOCABULARY.decode(VOCABULARY.encode(tune))) in _heard]
    known = KnownMusic(tunes)
    return Learned(key, known, known, ()) if tunes else None


def learned_from(search: Search, *, everything: bool) -> Learned | None:
    """What a model of `search` learned from; the final model learned `everything`. None where it can no longer be told.

    The tokens of the search say what it was; titles, keys and meters come from the saved music where it has the same
    tunes. Where the tokens are gone, the saved music of that name stands for them.
    """
    saved = context.saved_music(search.record().music)
    key = f"{search.folder} {saved.fingerprint if saved else ''} {everything}"
    try:
        return _learned(key, everything, search, saved)
    except SearchError:
        return Learned(f"{key}, as saved", known := KnownMusic(saved.melodies), known, ()) if saved else None


@st.cache_resource(show_spinner=False, max_entries=8)
def _learned(key: str, everything: bool, _search: Search, _saved: MusicSet | None) -> Learned:
    from chromasonic.melody_generation.tokenization import VOCABULARY

    data = _search.load_data()
    named = {tuple(VOCABULARY.encode(tune)): tune for tune in (_saved.melodies if _saved else ())}
    train, held_back = (
        [named.get(tuple(tokens)) or VOCABULARY.decode(tokens) for tokens in side]
        for side in (data.train, [*data.validation, *data.test])
    )
    if data.by_phrase and _saved is not None and len(_saved.melodies) == len(train):
        train = list(_saved.melodies)  # its pieces have no bars; a little that was held back is taken for known
    in_search = KnownMusic(train)
    if data.by_phrase:
        return Learned(key, in_search, in_search, ())
    return Learned(key, KnownMusic([*train, *held_back]) if everything else in_search, in_search, tuple(held_back))


def originality_of(learned: Learned, notes: Sequence[Note]) -> Originality:
    """How much of `notes` stands in what was learned, beside what tunes share that were held back from the search."""
    return originality(learned.known, notes, _usual_lengths(learned.key, len(notes), learned))


@st.cache_data(show_spinner=False, max_entries=64)
def _usual_lengths(key: str, n_notes: int, _learned: Learned) -> UsualLengths:
    return _learned.in_search.usual_lengths(_learned.others, n_notes)


def usual_measures(home: Home, learned: Learned, meter: Meter) -> tuple[Spreads, Spreads]:
    """The spread of each measure over the tunes learned from, and over songs of the n-gram model in `meter`."""
    over_songs = {} if home.search is None else _over_songs(str(home.folder), meter, home.search)
    return _over_tunes(learned.key, learned), over_songs


@st.cache_data(show_spinner=False, max_entries=8)
def _over_tunes(key: str, _learned: Learned) -> Spreads:
    return spreads(evenly(_learned.known.tunes, MOST_MEASURED))


@st.cache_data(show_spinner=False, max_entries=8)
def _over_songs(key: str, meter: Meter, _search: Search) -> Spreads:
    try:
        return spreads(_songs_by_counting(_search.load_data(), meter))
    except SearchError:
        return {}


def _songs_by_counting(data: SearchData, meter: Meter) -> Sequence[Melody]:
    from chromasonic.melody_generation.generation import GenerationConfig, generate
    from chromasonic.melody_generation.models.ngram import NgramSinger, fit_ngram

    singer = NgramSinger(fit_ngram(data.train, data.validation, data.vocab_size))
    return generate(singer, GenerationConfig(bars=COUNTING_BARS, meter=meter, variations=COUNTING_SONGS))
