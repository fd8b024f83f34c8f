"""The questions of the Search page. Every answer stands in the address, so that a reload or a link keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from chromasonic.errors import SettingsError
from chromasonic.melody_generation.cores import cores
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.hyperparameter_search.carrying import best_settings, fitting_trials, taken_along
from chromasonic.melody_generation.hyperparameter_search.catalogue import free_name
from chromasonic.melody_generation.hyperparameter_search.estimate import Shown
from chromasonic.melody_generation.hyperparameter_search.search import Search
from chromasonic.melody_generation.hyperparameter_search.settings import MAX_MEMORY, SearchSettings
from chromasonic.melody_generation.hyperparameter_search.storage import open_database
from chromasonic.melody_generation.training import available_devices
from chromasonic.music.sets import MusicSet
from chromasonic.results.next_steps import MOST_MINUTES
from chromasonic.results.words import count, number
from chromasonic.results.workload import Begun
from chromasonic.ui import context, errors
from chromasonic.ui.presets import BATCH_SIZES, BOUNDS, LEARNING_RATES, Answers, phrases_to_learn, preset
from chromasonic.ui.wording import search as words

_PROPOSED, _PRESET = "proposed search", "preset"

MOST_TRIALS = int(BOUNDS["trials"][1])

Defaults = Mapping[str, Any]


class ImpossibleError(Exception):
    """An answer that makes no search; the reason stands beside its widget."""

    def __init__(self, section: str, reason: str) -> None:
        self.section = section  # where the widget is folded away
        self.reason = reason
        super().__init__(section, reason)


class _Slots:
    """A place beside each widget for what is wrong with its answer, and the section it stands in."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[str, DeltaGenerator]] = {}
        self._section = ""

    def open(self, section: str) -> DeltaGenerator:
        """A folded section; the widgets that follow are in it."""
        self._section = section
        return st.expander(section)

    def beside(self, key: str) -> None:
        """Make the place beside the widget `key`, which was just drawn."""
        self._places[key] = (self._section, st.empty())

    def warn(self, key: str, text: str) -> None:
        """Say beside the widget `key` what is unwise about its answer."""
        self._places[key][1].warning(text)

    def refuse(self, key: str, reason: str) -> ImpossibleError:
        """Say beside the widget `key` why its answer is impossible."""
        section, place = self._places[key]
        place.error(errors.escaped(reason), icon=":material/error:")
        return ImpossibleError(section, reason)


@dataclass(frozen=True)
class Proposal:
    """A search that is to follow another."""

    settings: SearchSettings | None  # None once a preset was chosen instead
    name: str  # of the search that it follows
    its_music: str  # the name by which that search knows it
    fingerprint: str  # of that music as it is saved; empty where it is not
    is_copy: bool  # the same again, to be changed; otherwise what its findings advise
    is_new: bool = True  # it does not stand in the widgets yet


def propose(search: Search, settings: SearchSettings | None, music: MusicSet | None) -> None:
    """Let the Search page open with the settings of `search`, or those given, to start one after it.

    `music` is the saved music that `search` learned from, where there is such.
    """
    record = search.record()  # reads its settings: another process may have extended it
    st.session_state[_PROPOSED] = Proposal(
        settings or search.settings,
        search.name,
        record.music,
        music.fingerprint if music else "",
        is_copy=settings is None,
    )


def forget_proposal() -> None:
    """The search that was proposed has begun."""
    st.session_state.pop(_PROPOSED, None)


def proposed_name(music: MusicSet) -> str | None:
    """What the search that follows another of the same music may be called: as that one, with a number."""
    proposal = _proposal()
    if proposal is None or proposal.settings is None or proposal.fingerprint != music.fingerprint:
        return None
    return free_name(proposal.name, open_database(context.workspace().storage_url))


def say_copied(music: MusicSet) -> None:
    """What the settings were copied from, and whether this search will learn from other tunes than that one."""
    proposal = _proposal()
    if proposal is None or proposal.settings is None:
        return
    name, its_music, now = (errors.escaped(text) for text in (proposal.name, proposal.its_music, music.name))
    if proposal.fingerprint != music.fingerprint:
        text = words.COPIED_OTHER_MUSIC if proposal.is_copy else words.NEXT_OTHER_MUSIC
        st.warning(text.format(name=name, its_music=its_music, music=now))
    elif proposal.is_copy:
        st.info(words.COPIED.format(name=name), icon=":material/content_copy:")


def _proposal() -> Proposal | None:
    proposal: Proposal | None = st.session_state.get(_PROPOSED)
    return proposal


def ask_beginning(settings: SearchSettings) -> Search | None:
    """Whether to begin with what the search that was proposed has found, where that can be; that search if so."""
    proposal = _proposal()
    if proposal is None:
        return None
    search = next((search for search in context.all_searches() if search.name == proposal.name), None)
    if search is None or not (fitting_trials(search, settings) or best_settings(search, settings)):
        return None
    label = words.BEGIN_WITH.format(name=errors.escaped(search.name))
    begins = not proposal.is_copy  # a copy that is not changed would have all its trials, and be over at once
    return search if st.checkbox(label, value=begins, key="begin with", help=words.BEGIN_WITH_HELP) else None


def what_is_taken_along(search: Search | None, settings: SearchSettings, music: MusicSet) -> list[Begun]:
    """The trials of `search`, with which one begins, that count as done when `settings` are tried on `music`."""
    return taken_along(search, settings) if search is not None and _learns_the_same(music) else []


def what_it_has_shown(search: Search | None, settings: SearchSettings, music: MusicSet) -> Shown | None:
    """How fast `search`, with which one begins, went; None where it learned other music, or not as this one will."""
    if search is None or not _learns_the_same(music):
        return None
    record = search.record()
    pace = record.mean_pace(record.total_time)
    here = next((device.name for device in available_devices() if device.id == settings.device), None)
    is_alike = record.device == here and search.settings.jobs == settings.jobs
    return Shown(search.settings, pace) if pace and is_alike else None


def _learns_the_same(music: MusicSet) -> bool:
    """Whether what was proposed follows a search of this music."""
    proposal = _proposal()
    return proposal is not None and proposal.fingerprint == music.fingerprint


def choose_preset(music: MusicSet) -> str:
    """Ask how thoroughly to look; choosing puts all the answers below to that preset's."""
    proposal = _proposal()
    settings = proposal.settings if proposal else None
    if proposal is not None and settings is not None and (proposal.is_new or "trials" not in st.session_state):
        answers = Answers.from_settings(settings)
        if answers.device not in {device.id for device in available_devices()}:
            answers = replace(answers, device=_best_device())
        _answer(answers)
        st.session_state[_PRESET] = None
        st.session_state[_PROPOSED] = replace(proposal, is_new=False)
    name = st.segmented_control(
        words.PRESET,
        list(words.PRESETS),
        default="quick",
        required=settings is None,
        format_func=words.PRESETS.__getitem__,
        key=_PRESET,
        bind="query-params",
        on_change=_take_preset,
        args=[music],
    )
    st.caption(words.ABOUT_PRESETS[name] if name else words.NO_PRESET)
    return name or "quick"


def _take_preset(music: MusicSet) -> None:
    name = st.session_state[_PRESET]
    if name is None:
        return
    _answer(preset(name, _best_device(), phrases_to_learn(music.melodies)))
    if (proposal := _proposal()) is not None:
        st.session_state[_PROPOSED] = replace(proposal, settings=None)


def keep_answers(settings: SearchSettings) -> None:
    """Let what was changed about a proposal be there again after a look at another page."""
    proposal = _proposal()
    if proposal is not None and proposal.settings is not None:
        st.session_state[_PROPOSED] = replace(proposal, settings=settings)


def ask_settings(preset_name: str, music: MusicSet) -> SearchSettings:
    """Ask for everything else, `music` deciding what little music asks for.

    Raises:
        ImpossibleError: with the answers as they are.
    """
    defaults = preset(preset_name, _best_device(), phrases_to_learn(music.melodies)).to_widgets()
    slots = _Slots()
    st.header(words.FINE_TUNE, anchor=False)
    st.caption(words.FINE_TUNE_HELP)
    with slots.open(words.HOW_LONG):
        budget = _ask_budget(defaults, slots)
    with slots.open(words.WHICH_MODELS):
        model = _ask_model(defaults, slots)
    with slots.open(words.HOW_LEARNING):
        learning = _ask_learning(defaults, slots)
    with slots.open(words.MACHINE):
        machine = _ask_machine(defaults, slots)
    answers = budget | model | learning | machine
    for key in ("families", "batch"):
        if not answers[key]:
            raise slots.refuse(key, words.CHOOSE_ONE[key])
    try:
        return Answers(**answers).to_settings()
    except SettingsError as error:
        raise slots.refuse(error.field, error.message[:1].upper() + error.message[1:]) from error


def _ask_budget(defaults: Defaults, slots: _Slots) -> dict[str, Any]:
    answers = {
        "trials": _slider(defaults, slots, "trials", words.TRIALS, words.TRIALS_HELP),
        "epochs": _slider(defaults, slots, "epochs", words.EPOCHS, words.EPOCHS_HELP),
        "minutes": _number(defaults, slots, "minutes", words.MINUTES, words.MINUTES_HELP, 0, MOST_MINUTES),
        "trial_minutes": _number(
            defaults, slots, "trial_minutes", words.TRIAL_MINUTES, words.TRIAL_MINUTES_HELP, 0, MOST_MINUTES
        ),
        "jobs": _number(defaults, slots, "jobs", words.JOBS, words.JOBS_HELP, 1, 64),
    }
    if answers["jobs"] > cores():
        slots.warn("jobs", words.JOBS_CROWDED.format(cores=count(cores(), "core"), jobs=answers["jobs"]))
    return answers


def _ask_model(defaults: Defaults, slots: _Slots) -> dict[str, Any]:
    return {
        "families": _several(
            defaults, slots, "families", words.FAMILIES, words.FAMILIES_HELP, list(MODEL_LABELS), MODEL_LABELS
        ),
        "hidden": _slider(defaults, slots, "hidden", words.HIDDEN, words.HIDDEN_HELP),
        "layers": _slider(defaults, slots, "layers", words.LAYERS, words.LAYERS_HELP),
        "embedding": _slider(defaults, slots, "embedding", words.EMBEDDING, words.EMBEDDING_HELP),
    }


def _ask_learning(defaults: Defaults, slots: _Slots) -> dict[str, Any]:
    learning_rate = st.select_slider(
        words.LEARNING_RATE,
        LEARNING_RATES,
        value=defaults["learning_rate"],
        format_func=number,
        key="learning_rate",
        help=words.LEARNING_RATE_HELP,
        bind="query-params",
    )
    slots.beside("learning_rate")
    batch_names = {size: str(size) for size in BATCH_SIZES}
    answers = {
        "learning_rate": learning_rate,
        "batch": _several(defaults, slots, "batch", words.BATCH, words.BATCH_HELP, list(BATCH_SIZES), batch_names),
        "dropout": _slider(defaults, slots, "dropout", words.DROPOUT, words.DROPOUT_HELP),
        **_ask_stopping(defaults, slots),
        "transpose": st.toggle(
            words.TRANSPOSE, defaults["transpose"], key="transpose", help=words.TRANSPOSE_HELP, bind="query-params"
        ),
    }
    slots.beside("transpose")
    return answers


def _ask_stopping(defaults: Defaults, slots: _Slots) -> dict[str, Any]:
    """How trials are stopped early; how long a slow beginner is waited for only where there is a pruner that would."""
    strategy = st.selectbox(
        words.STRATEGY,
        list(words.STRATEGIES),
        index=list(words.STRATEGIES).index(defaults["strategy"]),
        format_func=words.STRATEGIES.__getitem__,
        key="strategy",
        help=words.STRATEGY_HELP,
        bind="query-params",
    )
    slots.beside("strategy")
    if strategy != "median":
        return {"strategy": strategy, "patience": defaults["patience"]}
    patience = _slider(defaults, slots, "patience", words.PATIENCE, words.PATIENCE_HELP)
    return {"strategy": strategy, "patience": patience}


def _ask_machine(defaults: Defaults, slots: _Slots) -> dict[str, Any]:
    devices = {device.id: errors.told(device.name) for device in available_devices()}
    device = st.selectbox(
        words.DEVICE,
        list(devices),
        index=list(devices).index(defaults["device"]),
        format_func=devices.__getitem__,
        key="device",
        help=words.DEVICE_HELP,
        bind="query-params",
    )
    slots.beside("device")
    return {
        "device": device,
        "trial_memory": _number(
            defaults, slots, "trial_memory", words.TRIAL_MEMORY, words.TRIAL_MEMORY_HELP, 0, MAX_MEMORY // 1024
        ),
        "seed": _number(defaults, slots, "seed", words.SEED, words.SEED_HELP, 0, 2**32 - 1),
    }


def _slider(defaults: Defaults, slots: _Slots, key: str, label: str, explanation: str) -> Any:
    low, high, step = BOUNDS[key]
    form = "localized" if isinstance(step, float) else None
    value = st.slider(label, low, high, defaults[key], step, form, key=key, help=explanation, bind="query-params")
    slots.beside(key)
    return value


def _number(defaults: Defaults, slots: _Slots, key: str, label: str, explanation: str, low: int, high: int) -> int:
    value = st.number_input(label, low, high, defaults[key], key=key, help=explanation, bind="query-params")
    slots.beside(key)
    return int(value)


def _several(
    defaults: Defaults,
    slots: _Slots,
    key: str,
    label: str,
    explanation: str,
    options: list[Any],
    names: Mapping[Any, str],
) -> tuple[Any, ...]:
    value = st.pills(
        label,
        options,
        selection_mode="multi",
        default=defaults[key],
        format_func=names.__getitem__,
        key=key,
        help=explanation,
        bind="query-params",
    )
    slots.beside(key)
    return tuple(value)


def _answer(answers: Answers) -> None:
    st.session_state.update(answers.to_widgets())


def _best_device() -> str:
    return available_devices()[0].id
