"""From what one search found to the next: what should be set otherwise, and the Search page set so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from chromasonic.results.finding import Change, Finding
from chromasonic.results.next_steps import proposal, value_in_words
from chromasonic.results.words import count, duration, percent
from chromasonic.ui import context, errors, shell
from chromasonic.ui.wording import next_search as words
from chromasonic.ui.wording import search as search_words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search
    from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings


def offer_next_search(search: Search, told: Sequence[Finding]) -> None:
    """List what the findings would change, each with its reason, and set the Search page so."""
    advised = proposal(search.record(), told)
    if not advised:
        return
    st.header(words.NEXT, anchor=False)
    st.caption(words.ABOUT)
    wanted = [change for change, finding in advised if _ask(search, change, finding)]
    after, n_taken = settings_after(search, wanted)
    if wanted and context.music_of(search) is not None:  # from other music nothing is taken along
        say_taken_along(after, n_taken)
    if st.button(words.PREPARE, icon=":material/arrow_forward:", disabled=not wanted, key="prepare next"):
        with errors.shown_plainly():
            set_up(search, after)


def offer_copy(search: Search) -> None:
    """Let someone begin with this search's music and settings, to change what they like."""
    if st.button(words.COPY, icon=":material/content_copy:", help=words.COPY_HELP, key="duplicate"):
        with errors.shown_plainly():
            set_up(search)


def say_taken_along(settings: SearchSettings, n_taken: int) -> None:
    """How many trials a search that follows another will have in all, where it begins with some of those."""
    if n_taken:
        st.caption(words.TAKEN_ALONG.format(trials=count(settings.n_trials, "trial"), taken=n_taken))


def settings_after(search: Search, changes: Sequence[Change]) -> tuple[SearchSettings, int]:
    """The settings of the next search, those of `search` with `changes`; and how many trials it can take along.

    Trials that are taken along count as done, so as many more are asked for, unless a change says how many.
    """
    from chromasonic.melody_generation.hyperparameter_search.carrying import taken_along
    from chromasonic.ui.search_form import MOST_TRIALS

    asked = {change.setting: change.after for change in changes}
    settings = search.settings.changed(asked)
    n_taken = len(taken_along(search, settings))
    if "n_trials" in asked or not n_taken:
        return settings, n_taken
    n_trials = max(settings.n_trials, min(settings.n_trials + n_taken, MOST_TRIALS))
    return settings.changed({"n_trials": n_trials}), n_taken


def set_up(search: Search, settings: SearchSettings | None = None) -> None:
    """Go to the Search page, with `settings`, or those of `search`, for the music that it learned from."""
    from chromasonic.ui import search_form

    music = context.music_of(search)
    search_form.propose(search, settings, music)
    if music is not None:
        context.choose_music(music.name)
    context.go_to(shell.SEARCH)


def _ask(search: Search, change: Change, finding: Finding) -> bool:
    label = words.CHANGE.format(
        name=words.SETTINGS[change.setting],
        before=_in_words(change.setting, change.before),
        after=_in_words(change.setting, change.after),
    )
    is_wanted = st.checkbox(label, value=True, key=f"change {search.folder.name} {change.setting}")
    st.caption(errors.escaped(finding.text))
    return is_wanted


def _in_words(setting: str, value: Any) -> str:
    if setting == "timeout":
        return duration(value)
    if setting == "prune_after":
        return percent(value)
    if setting == "strategy":
        return search_words.STRATEGIES[value]
    if setting == "transpose":
        return words.YES if value else words.NO
    return value_in_words(value)
