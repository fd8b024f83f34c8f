"""What the Listen page asks for, and the melodies it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from chromasonic.music.key_finding import estimated_key
from chromasonic.music.key_names import key_name, pitch_name
from chromasonic.music.melody import DEFAULT_QPM, Key, Meter, usual_meter
from chromasonic.results.words import count
from chromasonic.ui import composing, context, errors, listen_measures, opening_view, shelf_view, tune_view
from chromasonic.ui.home import Home
from chromasonic.ui.wording import listen as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.generation import GenerationConfig
    from chromasonic.melody_generation.hyperparameter_search.search import Search
    from chromasonic.music.melody import Melody

METERS = (Meter(4, 4), Meter(2, 2), Meter(2, 4), Meter(3, 4), Meter(6, 8), Meter(9, 8), Meter(12, 8))
MOST_SEED = 2**31
SLOWEST, FASTEST = 30, 300  # quarter notes per minute
_ANY_KEY = "as it comes"
_ASKED_FOR = "finished model to hear"
_LAST_RANGE = "range of the last composition"  # a slider of two ends takes where it begins in no other way


def ask_model(search: Search | None, models: list[composing.KeptModel]) -> composing.KeptModel:
    """Who is to sing.

    While a search runs, labels change and weights are let go of. Whoever was chosen stays so until another is: the
    musician never hears somebody else unasked, and composing says when the weights are gone.
    """
    key = f"model {search.folder.name if search else ''}"
    offered = {model.stem: model for model in models}
    if (asked_for := st.session_state.pop(_ASKED_FOR, None)) in offered:
        st.session_state[key] = offered[asked_for]
    chosen: composing.KeptModel | None = st.session_state.get(key)
    if chosen is not None and chosen.stored is not None and chosen.stem not in offered:  # it was deleted
        chosen = st.session_state.pop(key) and None
    if chosen is not None:
        st.session_state[key] = offered.setdefault(chosen.stem, chosen)
    return st.selectbox(
        words.MODEL, list(offered.values()), format_func=lambda model: errors.told(model.label), key=key,
        help=words.MODEL_HELP, persist_state="session",
    )  # fmt: skip


def ask_for(path: Path) -> None:
    """Let the page begin with the finished model at `path` when it is opened next."""
    st.session_state[_ASKED_FOR] = path


def ask_how(home: Home) -> tuple[GenerationConfig, composing.Opening | None]:
    """How it is to sing, and what it begins with.

    Raises:
        SettingsError: what was asked for leaves nothing to sing.
    """
    from chromasonic.melody_generation.generation import GenerationConfig

    learned = _learned(home)
    usual = usual_meter(learned)
    if home.stored and home.stored.about:
        usual = Meter(*home.stored.about.meter)
    _begin_as_last_time(home, usual)
    temperature = st.slider(
        words.TEMPERATURE,
        0.3,
        1.7,
        step=0.05,
        format="localized",
        help=words.TEMPERATURE_HELP,
        key="temperature",
        persist_state="session",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bars = st.number_input(words.BARS, 1, 64, key="bars", persist_state="session")
        variations = st.number_input(words.VARIATIONS, 1, 8, key="variations", persist_state="session")
    with st.expander(words.MORE):
        opening = opening_view.ask_opening(home.folder.name, context.saved_music(home.music))
        primer = opening.melody if opening else None
        key = _ask_key(opening)
        lowest, highest = _ask_range()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            meter = _ask_meter(primer.meter if primer and primer.meter else usual)
            qpm = _ask_tempo(primer.qpm if primer and primer.qpm else DEFAULT_QPM)
            seed = st.number_input(
                words.SEED, 0, MOST_SEED, key=_key("seed", home), help=words.SEED_HELP, persist_state="session"
            )
        longest_copy = listen_measures.ask_longest_copy()
    config = GenerationConfig(
        temperature=temperature, bars=bars, variations=variations, meter=meter, qpm=float(qpm), seed=seed,
        lowest=lowest, highest=highest, key=key, longest_copy=longest_copy,
    )  # fmt: skip
    return config, opening


def compose(
    home: Home, model: composing.KeptModel, config: GenerationConfig, opening: composing.Opening | None
) -> None:
    """Compose, and keep what comes of it while the musician looks around, and for another day.

    Raises:
        ChromasonicError: the model cannot sing; or what it sang cannot be written, and lasts only until the page is
            closed.
    """
    st.session_state.pop(_key("before", home), None)
    _remember(home, composing.compose(home, model, config, opening, _learned(home)))
    st.session_state[_key("seed was used", home)] = True


def sung_once(
    home: Home, model: composing.KeptModel, config: GenerationConfig, opening: composing.Opening | None
) -> composing.Composition:
    """A single melody more. Raises `ChromasonicError` when the model cannot sing."""
    return composing.compose(home, model, replace(config, variations=1), opening, _learned(home))


def _learned(home: Home) -> tuple[Melody, ...]:
    """The tunes that its models learned from; none where they are no longer saved."""
    music = context.saved_music(home.music)
    return music.melodies if music else ()


def _begin_as_last_time(home: Home, usual: Meter) -> None:
    """Let the settings begin where those of the last composition were; only the seed counts on."""
    last = remembered(home)
    begin: dict[str, Any] = {"temperature": 0.9, "bars": 16, "variations": 3, _key("seed", home): 0}
    if last is not None:
        config = last.config
        begin |= {"temperature": config.temperature, "bars": config.bars, "variations": config.variations}
        begin |= listen_measures.begin_with(config.longest_copy)
        begin[_key("seed", home)] = _seed_after(config.seed)
        begin[_LAST_RANGE] = (config.lowest, config.highest)
        if not last.has_opening:  # else these were the opening's
            begin |= {_meter_key(usual): config.meter, _tempo_key(DEFAULT_QPM): round(config.qpm)}
            begin[_key_key(None)] = str(config.key or _ANY_KEY)
    for key, value in begin.items():
        st.session_state.setdefault(key, value)
    if st.session_state.pop(_key("seed was used", home), False):  # so that the next press makes other melodies
        st.session_state[_key("seed", home)] = _seed_after(st.session_state[_key("seed", home)])


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


def _ask_key(opening: composing.Opening | None) -> Key | None:
    """The key they are to be in; None as it comes. A tune that is moved to another key stays major or minor."""
    mode = None
    if opening and not opening.is_played and (key := opening.melody.key or estimated_key(opening.melody)):
        mode = key.mode
    keys = [
        Key.from_fifths(fifths, each) for each in ([mode] if mode else ("major", "minor")) for fifths in range(-5, 7)
    ]
    keys.sort(key=lambda key: (key.mode, key.pitch_class))
    by_name = {str(key): key for key in keys}
    name = st.selectbox(
        words.KEY,
        [_ANY_KEY, *by_name],
        help=words.KEY_HELP,
        key=_key_key(mode),
        persist_state="session",
        format_func=lambda name: key_name(by_name[name]) if name in by_name else words.AS_IT_COMES,
    )
    return by_name.get(name)


def _ask_range() -> tuple[int, int]:
    """The lowest and the highest note."""
    from chromasonic.melody_generation.tokenization import PIANO

    begin = st.session_state.setdefault(_LAST_RANGE, (PIANO[0], PIANO[-1]))
    lowest, highest = st.select_slider(
        words.RANGE, PIANO, begin, format_func=pitch_name, help=words.RANGE_HELP, key="range", persist_state="session"
    )
    return lowest, highest


def show_composition(
    home: Home, composition: composing.Composition, another: Callable[[], composing.Composition], *, plays: bool = False
) -> None:
    """One melody at a time, to hear, see, keep and take home.

    `another` composes one more, with the settings as they stand. It `plays` by itself where it has just been composed.
    """
    if composition.takes or _key("before", home) in st.session_state:
        st.header(words.MELODIES, anchor=False)
    _offer_to_bring_back(home)
    if not composition.takes:
        return
    chosen = _choose_melody(composition)
    take = composition.takes[chosen]
    making = take.making
    _offer_choices(home, composition, chosen, another)
    st.caption(
        words.MADE_BY.format(
            model=errors.escaped(errors.told(making.model)), temperature=making.config.temperature,
            seed=making.config.seed, variation=making.variation,
        )
    )  # fmt: skip
    if making.primer_bars:
        opening = words.WITH_UPBEAT if take.melody.pickup else words.WITH_OPENING
        st.caption(opening.format(yours=count(making.primer_bars, "bar"), more=count(making.config.bars, "bar")))
    tune_view.show_tune(take.melody, key="new melody", primer_beats=making.primer_beats, plays=plays)
    if len(composition.takes) > 1:
        tune_view.offer_all([take.melody for take in composition.takes], name=home.name, key="new melody")
    listen_measures.show_findings(home, take.melody, primer_beats=making.primer_beats, is_final=making.is_final)


def _choose_melody(composition: composing.Composition) -> int:
    """Which of them is to be seen: its place."""
    n_takes = len(composition.takes)
    if n_takes == 1:
        return 0
    if st.session_state.get("melody", 0) >= n_takes:
        st.session_state["melody"] = n_takes - 1
    st.session_state.setdefault("melody", 0)
    chosen = st.segmented_control(
        words.WHICH, range(n_takes), required=True, format_func=lambda place: str(place + 1), key="melody"
    )
    return chosen or 0


def _offer_choices(
    home: Home, composition: composing.Composition, place: int, another: Callable[[], composing.Composition]
) -> None:
    """Keep it, have another in its place, or let it go."""
    take = composition.takes[place]
    kept = shelf_view.kept_as(take)
    with st.container(horizontal=True, gap="small"):
        if kept is not None:
            st.button(
                words.IS_KEPT, icon=":material/check:", disabled=True, help=words.IS_KEPT_HELP.format(name=kept.name),
                key="is kept",
            )  # fmt: skip
        else:
            st.button(words.KEEP, icon=":material/bookmark:", key="keep", on_click=_keep, args=[take])
        is_another = st.button(words.ANOTHER, icon=":material/refresh:", help=words.ANOTHER_HELP, key="another")
        st.button(
            words.DISCARD, icon=":material/delete:", key="discard", on_click=_change,
            args=[home, composition, composition.without(place), words.DISCARDED.format(number=place + 1)],
        )  # fmt: skip
    if is_another:
        with errors.shown_plainly(), st.spinner(words.COMPOSING):
            (new,) = another().takes
            said = words.REPLACED.format(number=place + 1)
            _change(home, composition, composition.with_take(place, new), said)
            st.session_state[_key("seed was used", home)] = True
            st.rerun()


@errors.shown_plainly()
def _keep(take: composing.Take) -> None:
    kept = shelf_view.keep(take)
    st.toast(words.KEPT_NOW.format(name=errors.escaped(kept.name)), icon=":material/bookmark:")


@errors.shown_plainly()
def _change(home: Home, before: composing.Composition, after: composing.Composition, said: str) -> None:
    """Let `after` take the place of `before`, which can be brought back until something else is changed."""
    st.session_state[_key("before", home)] = (before, said)
    _remember(home, after)


def _offer_to_bring_back(home: Home) -> None:
    """Say what was changed just now, and let it be as before."""
    if _key("before", home) not in st.session_state:
        return
    _, said = st.session_state[_key("before", home)]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(said, width="content")
        st.button(
            words.BRING_BACK, icon=":material/undo:", type="tertiary", key="bring back", on_click=_bring_back,
            args=[home],
        )  # fmt: skip


@errors.shown_plainly()
def _bring_back(home: Home) -> None:
    before, _ = st.session_state.pop(_key("before", home))
    _remember(home, before)


def _remember(home: Home, composition: composing.Composition) -> None:
    st.session_state[_key("composition", home)] = composition
    composing.keep_composition(home, composition)


def remembered(home: Home) -> composing.Composition | None:
    """What was composed last with a model of this search: in this session, or else in any."""
    key = _key("composition", home)
    if key not in st.session_state and (kept := composing.kept_composition(home)) is not None:
        st.session_state[key] = kept
    composition: composing.Composition | None = st.session_state.get(key)
    return composition


def _key(what: str, home: Home) -> str:
    return f"{what} {home.folder.name}"  # which is never used again, as the id of a deleted search may be


def _meter_key(known: Meter) -> str:
    return f"meter {known}"


def _tempo_key(known: float) -> str:
    return f"tempo {known:g}"


def _key_key(mode: str | None) -> str:
    return f"key {mode or 'of any mode'}"
