"""What the Listen page asks for, and the melodies it shows."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import streamlit as st

from chromasonic.music.melody import DEFAULT_QPM, Melody, Meter, usual_meter
from chromasonic.music.sets import MusicSet
from chromasonic.results.words import count
from chromasonic.ui import composing, context, errors, listen_measures, tune_view
from chromasonic.ui.wording import listen as words
from chromasonic.ui.wording import tune as tune_words

if TYPE_CHECKING:
    from chromasonic.melody_generation.generation import GenerationConfig
    from chromasonic.melody_generation.hyperparameter_search.search import Search

METERS = (Meter(4, 4), Meter(2, 2), Meter(2, 4), Meter(3, 4), Meter(6, 8), Meter(9, 8), Meter(12, 8))
MOST_SEED = 2**31
SLOWEST, FASTEST = 30, 300  # quarter notes per minute


def ask_model(search: Search, models: list[composing.KeptModel]) -> composing.KeptModel:
    """Who is to sing.

    While a search runs, labels change and weights are let go of. Whoever was chosen stays so until another is: the
    musician never hears somebody else unasked, and composing says when the weights are gone.
    """
    key = _key("model", search)
    offered = {model.stem: model for model in models}
    chosen: composing.KeptModel | None = st.session_state.get(key)
    if chosen is not None:
        st.session_state[key] = offered.setdefault(chosen.stem, chosen)
    return st.selectbox(
        words.MODEL, list(offered.values()), format_func=attrgetter("label"), help=words.MODEL_HELP, key=key,
        persist_state="session",
    )  # fmt: skip


def ask_how(search: Search) -> tuple[GenerationConfig, Melody | None]:
    """How it is to sing, and what it begins with."""
    from chromasonic.melody_generation.generation import GenerationConfig

    music = context.saved_music(search.record().music)
    usual = usual_meter(music.melodies if music else ())
    _begin_as_last_time(search, usual)
    temperature = st.slider(
        words.TEMPERATURE, 0.3, 1.7, step=0.05, help=words.TEMPERATURE_HELP, key="temperature", persist_state="session"
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bars = st.number_input(words.BARS, 1, 64, key="bars", persist_state="session")
        variations = st.number_input(words.VARIATIONS, 1, 8, key="variations", persist_state="session")
    with st.expander(words.MORE):
        primer = _ask_primer(search, music)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            meter = _ask_meter(primer.meter if primer and primer.meter else usual)
            qpm = _ask_tempo(primer.qpm if primer and primer.qpm else DEFAULT_QPM)
            seed = st.number_input(
                words.SEED, 0, MOST_SEED, key=_key("seed", search), help=words.SEED_HELP, persist_state="session"
            )
        longest_copy = listen_measures.ask_longest_copy()
    config = GenerationConfig(
        temperature=temperature, bars=bars, variations=variations, meter=meter, qpm=float(qpm), seed=seed,
        longest_copy=longest_copy,
    )  # fmt: skip
    return config, primer


def _begin_as_last_time(search: Search, usual: Meter) -> None:
    """Let the settings begin where those of the last composition were; only the seed counts on."""
    last = remembered(search)
    begin: dict[str, Any] = {"temperature": 0.9, "bars": 16, "variations": 3, _key("seed", search): 0}
    if last is not None:
        config = last.config
        begin |= {"temperature": config.temperature, "bars": config.bars, "variations": config.variations}
        begin |= listen_measures.begin_with(config.longest_copy)
        begin[_key("seed", search)] = _seed_after(config.seed)
        if not last.primer_bars:  # else these two were the opening's
            begin |= {_meter_key(usual): config.meter, _tempo_key(DEFAULT_QPM): round(config.qpm)}
    for key, value in begin.items():
        st.session_state.setdefault(key, value)
    if st.session_state.pop(_key("seed was used", search), False):  # so that the next press makes other melodies
        st.session_state[_key("seed", search)] = _seed_after(st.session_state[_key("seed", search)])


def _seed_after(seed: int) -> int:
    return (seed + 1) % (MOST_SEED + 1)


def _ask_meter(known: Meter) -> Meter:
    """What a bar is; `known` from the music unless the musician says otherwise."""
    meters = list(dict.fromkeys([known, *METERS]))
    return st.selectbox(
        words.METER, meters, format_func=str, help=words.METER_HELP, key=_meter_key(known), persist_state="session"
    )


def _ask_tempo(known: float) -> int:
    """Quarter notes per minute; `known` from the opening unless the musician says otherwise."""
    key = _tempo_key(known)
    st.session_state.setdefault(key, min(max(SLOWEST, round(known)), FASTEST))
    return st.number_input(words.TEMPO, SLOWEST, FASTEST, step=5, key=key, persist_state="session")


def _ask_primer(search: Search, music: MusicSet | None) -> Melody | None:
    if music is None:
        st.caption(words.PRIMER_GONE)
        return None
    titles = [words.NO_PRIMER, *_told_apart([melody.title or tune_words.UNTITLED for melody in music.melodies])]
    place = st.selectbox(
        words.PRIMER, range(len(titles)), format_func=titles.__getitem__, help=words.PRIMER_HELP,
        key=_key("primer", search), persist_state="session",
    )  # fmt: skip
    if place == 0:
        return None
    bars = st.slider(words.PRIMER_BARS, 1, 8, 2, key="primer bars", persist_state="session")
    return music.melodies[place - 1].opening(bars)


def _told_apart(titles: list[str]) -> list[str]:
    """The titles, numbered where several are the same: a list takes those that read alike for one."""
    again: Counter[str] = Counter()
    numbered = []
    for title in titles:
        again[title] += 1
        numbered.append(f"{title} ({again[title]})" if again[title] > 1 else title)
    return numbered


def show_composition(composition: composing.Composition) -> Melody:
    """One melody at a time, to hear, see and take home: the one that is shown."""
    st.header(words.MELODIES, anchor=False)
    config = composition.config
    st.caption(
        words.MADE_BY.format(model=errors.escaped(composition.model), temperature=config.temperature, seed=config.seed)
    )
    chosen = 0
    if len(composition.melodies) > 1:
        chosen = st.segmented_control(
            words.WHICH,
            range(len(composition.melodies)),
            default=0,
            required=True,
            format_func=lambda place: str(place + 1),
            key="melody",
        )
    melody = composition.melodies[min(chosen, len(composition.melodies) - 1)]
    if composition.primer_bars:
        opening = words.WITH_UPBEAT if melody.pickup else words.WITH_OPENING
        st.caption(opening.format(yours=count(composition.primer_bars, "bar"), more=count(config.bars, "bar")))
    tune_view.show_tune(melody, key="new melody", primer_beats=composition.primer_beats)
    return melody


def remember(search: Search, composition: composing.Composition) -> None:
    """Keep what was composed while the musician looks around, and for another day.

    Raises:
        WorkspaceError: it cannot be written, and lasts only until the page is closed.
    """
    st.session_state[_key("composition", search)] = composition
    st.session_state[_key("seed was used", search)] = True
    composing.keep_composition(search, composition)


def remembered(search: Search) -> composing.Composition | None:
    """What was composed last with a model of this search: in this session, or else in any."""
    key = _key("composition", search)
    if key not in st.session_state and (kept := composing.kept_composition(search)) is not None:
        st.session_state[key] = kept
    composition: composing.Composition | None = st.session_state.get(key)
    return composition


def _key(what: str, search: Search) -> str:
    return f"{what} {search.folder.name}"  # which is never used again, as the id of a deleted search may be


def _meter_key(known: Meter) -> str:
    return f"meter {known}"


def _tempo_key(known: float) -> str:
    return f"tempo {known:g}"
