"""What the Listen page asks for, and the melodies it shows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.music.melody import DEFAULT_QPM, Melody, Meter
from chromasonic.music.sets import MusicSet, list_music_sets, load_music_set
from chromasonic.ui import composing, context, tune_view
from chromasonic.ui.wording import listen as words
from chromasonic.ui.wording import tune as tune_words

if TYPE_CHECKING:
    from chromasonic.melody_generation.generation import GenerationConfig
    from chromasonic.melody_generation.hyperparameter_search.search import Search

METERS = (Meter(4, 4), Meter(2, 2), Meter(2, 4), Meter(3, 4), Meter(6, 8), Meter(9, 8), Meter(12, 8))
_SEED, _SEED_WAS_USED = "composing seed", "composing seed was used"


def ask_model(models: list[composing.KeptModel]) -> composing.KeptModel:
    """Who is to sing."""
    labels = {model.label: model for model in models}
    return labels[st.selectbox(words.MODEL, list(labels), help=words.MODEL_HELP, key="model", persist_state="session")]


def ask_how(search: Search) -> tuple[GenerationConfig, Melody | None]:
    """How it is to sing, and what it begins with."""
    from chromasonic.melody_generation.generation import GenerationConfig

    if st.session_state.pop(_SEED_WAS_USED, False):
        st.session_state[_SEED] = st.session_state.get(_SEED, 0) + 1  # so that the next press makes other melodies
    temperature = st.slider(
        words.TEMPERATURE, 0.3, 1.7, 0.9, 0.05, help=words.TEMPERATURE_HELP, key="temperature", persist_state="session"
    )
    with st.container(horizontal=True):
        bars = st.number_input(words.BARS, 1, 64, 16, key="bars", persist_state="session")
        variations = st.number_input(words.VARIATIONS, 1, 8, 3, key="variations", persist_state="session")
    with st.expander(words.MORE, icon=":material/tune:"):
        music = _saved_music(search.record().music)
        primer = _ask_primer(music)
        with st.container(horizontal=True):
            known = primer.meter if primer and primer.meter else _usual_meter(music)
            meters = list(dict.fromkeys([known, *METERS]))
            meter = st.selectbox(
                words.METER, meters, format_func=str, help=words.METER_HELP, key=f"meter {known}",
                persist_state="session",
            )  # fmt: skip
            qpm = st.number_input(words.TEMPO, 30, 300, round(DEFAULT_QPM), 5, key="tempo", persist_state="session")
            seed = st.number_input(words.SEED, 0, 2**31, key=_SEED, help=words.SEED_HELP, persist_state="session")
    config = GenerationConfig(
        temperature=temperature, bars=bars, variations=variations, meter=meter, qpm=float(qpm), seed=seed
    )
    return config, primer


def _usual_meter(music: MusicSet | None) -> Meter:
    """The meter most of the tunes have."""
    meters = Counter(melody.meter for melody in music.melodies if melody.meter) if music else Counter()
    return meters.most_common(1)[0][0] if meters else Meter()


def _ask_primer(music: MusicSet | None) -> Melody | None:
    if music is None:
        st.caption(words.PRIMER_GONE)
        return None
    titles = [words.NO_PRIMER, *(melody.title or tune_words.UNTITLED for melody in music.melodies)]
    place = st.selectbox(
        words.PRIMER, range(len(titles)), format_func=titles.__getitem__, help=words.PRIMER_HELP, key="primer"
    )
    if place == 0:
        return None
    bars = st.slider(words.PRIMER_BARS, 1, 8, 2, key="primer bars")
    return composing.opening_of(music.melodies[place - 1], bars)


def _saved_music(name: str) -> MusicSet | None:
    """The music of that name, when it is still saved."""
    folder = context.workspace().music
    found = next((s for s in list_music_sets(folder) if s.name == name and not s.is_damaged), None)
    return None if found is None else _load_music(found.name, found.created)


@st.cache_resource(show_spinner=False, max_entries=4)
def _load_music(name: str, created: str) -> MusicSet:
    return load_music_set(context.workspace().music, name)


def show_composition(composition: composing.Composition) -> None:
    """One melody at a time, to hear, see and take home."""
    st.header(words.MELODIES, anchor=False)
    config = composition.config
    st.caption(words.MADE_BY.format(model=composition.model.label, temperature=config.temperature, seed=config.seed))
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
    if composition.primer_beats:
        st.caption(words.WITH_OPENING.format(beats=composition.primer_beats))
    melody = composition.melodies[min(chosen, len(composition.melodies) - 1)]
    tune_view.show_tune(melody, key="new melody")


def remember(search: Search, composition: composing.Composition) -> None:
    """Keep what was composed while the musician looks around."""
    st.session_state[_key(search)] = composition
    st.session_state[_SEED_WAS_USED] = True


def remembered(search: Search) -> composing.Composition | None:
    """What was composed last in this session with a model of this search."""
    composition: composing.Composition | None = st.session_state.get(_key(search))
    return composition


def _key(search: Search) -> str:
    return f"composition {search.id}"
