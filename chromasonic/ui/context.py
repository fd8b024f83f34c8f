"""Where the musician is: the workspace, the running searches, the chosen music and the chosen search.

The choice stands in the address (`?music=…`, `?search=…`), so that a reload, a link or a second tab keeps it; a page
opened without one takes what this session chose last, else the newest there is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import streamlit as st

from chromasonic.errors import SearchError, SearchNotFoundError
from chromasonic.music.sets import MusicSet, MusicSetSummary, list_music_sets, load_music_set
from chromasonic.people import Person, may_see
from chromasonic.results.study_list import ListedStudy
from chromasonic.ui import errors, login, shell
from chromasonic.ui.wording import shell as words
from chromasonic.workspace import Workspace

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.registry import SearchRegistry
    from chromasonic.melody_generation.hyperparameter_search.search import Search

_MUSIC, _SEARCH = "music", "search"


def workspace() -> Workspace:
    """The workspace of this server; where people log in, with the music and the uploads of whoever is at the page."""
    _workspace().check()
    person = login.person()
    return _workspace() if person is None else _workspace_of(person.id, person)


@st.cache_resource(show_spinner=False)
def _workspace() -> Workspace:
    return Workspace.open()


@st.cache_resource(show_spinner=False)
def _workspace_of(id: str, _person: Person) -> Workspace:
    return _workspace().of(_person)


@st.cache_resource(show_spinner=False)
def _registry() -> SearchRegistry:
    from chromasonic.melody_generation.hyperparameter_search.registry import SearchRegistry

    return SearchRegistry()


def registry() -> SearchRegistry:
    """The searches that run in this server: the same for every page, reload and tab."""
    shell.wait_for_models()
    return _registry()


def elapsed(search: Search) -> float:
    """Seconds of searching up to this moment, pauses not counted: the same number on every page."""
    runner = registry().runner(search)
    return search.elapsed() if runner is None else runner.status().elapsed


def running_here() -> Search | None:
    """The search that began last of those that whoever is at the page has running in this server; asks no database."""
    if not shell.models_are_there():
        return None
    person = login.person()
    running = [runner.search for runner in _registry().running()]
    mine = [search for search in running if person is None or (search.owner and search.owner.id == person.id)]
    return mine[-1] if mine else None


def choose_music(name: str) -> None:
    """Make the music set called `name` the one all pages speak of."""
    _remember(_MUSIC, name)


def chosen_music() -> MusicSet:
    """The chosen music set; without one, explains itself, links to the Music page and stops the page."""
    saved = _saved_music()
    name = _remembered(_MUSIC)
    if name and name not in saved:
        _forget(_MUSIC)
        st.warning(words.MUSIC_GONE.format(name=errors.escaped(name)))
    if not saved:
        _send_to_music()
    summary = saved.get(name or "") or next(iter(saved.values()))
    choose_music(summary.name)
    return _load_music(workspace().music, summary.name, summary.created)


def saved_music(name: str) -> MusicSet | None:
    """The music set called `name`; None when it is no longer saved, or damaged."""
    summary = _saved_music().get(name)
    return None if summary is None else _load_music(workspace().music, summary.name, summary.created)


def music_of(search: Search) -> MusicSet | None:
    """The saved music whose very tunes `search` learned from: of the name it knows, or else of another; None without.

    Where its tokens are gone, the name alone says which.
    """
    record = search.record()
    try:
        data = search.load_data()
    except SearchError:
        return saved_music(record.music)
    n_tunes = record.n_train if record.by_phrase else record.n_train + record.n_validation + record.n_test
    as_large = [summary.name for summary in _saved_music().values() if summary.n_tunes == n_tunes]
    for name in sorted(as_large, key=lambda name: name != record.music):
        music = saved_music(name)
        if music is not None and data.is_of(music.melodies):
            return music
    return None


def _saved_music() -> dict[str, MusicSetSummary]:
    """The music sets that can be opened, by name, newest first."""
    return {summary.name: summary for summary in list_music_sets(workspace().music) if not summary.is_damaged}


@st.cache_resource(show_spinner=False, max_entries=4)
def _load_music(folder: Path, name: str, created: str) -> MusicSet:
    return load_music_set(folder, name)


def choose_search(name: str) -> None:
    """Make the search called `name` the one all pages speak of."""
    _remember(_SEARCH, name)


def chosen_search(purpose: str) -> Search:
    """The chosen search; without one, says the page's `purpose`, offers the first step and stops the page."""
    shell.wait_for_models()
    if name := _remembered(_SEARCH):
        try:
            search = find_search(name)
        except SearchNotFoundError as error:
            _forget(_SEARCH)
            errors.show(error)
            _offer_way_to(shell.STUDIES, words.ALL_SEARCHES)
            shell.end_page()
        else:
            _remember(_SEARCH, name)
            return search
    searches = all_searches()
    if not searches:
        st.write(purpose)
        _send_to(shell.SEARCH, words.NO_SEARCH_YET) if _saved_music() else _send_to_music()
    choose_search(searches[0].name)
    return searches[0]


def all_searches() -> list[Search]:
    """Every search that whoever is at the page may see, newest first."""
    shell.wait_for_models()
    from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches

    with st.spinner(words.LOOKING):  # seen only where it takes long: another program may hold the database
        return [search for search in list_searches(workspace()) if is_visible(search)]


def has_searches() -> bool:
    """Whether there is one that pages could speak of."""
    return remembered_search() is not None or bool(all_searches())


def all_studies() -> list[ListedStudy]:
    """A line for every search that whoever is at the page may see, newest first."""
    shell.wait_for_models()
    from chromasonic.melody_generation.hyperparameter_search.listing import list_studies

    person = login.person()
    with st.spinner(words.LOOKING):
        return [study for study in list_studies(workspace()) if may_see(person, study.owner, study.is_shared)]


def find_search(name: str) -> Search:
    """The search called `name`.

    Raises:
        SearchNotFoundError: there is none, or none that whoever is at the page may see: that makes no difference.
    """
    from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search

    with st.spinner(words.LOOKING):
        search = open_search(name, workspace())
    refuse_strangers(search)
    return search


def is_visible(search: Search) -> bool:
    """Whether whoever is at the page may see `search`."""
    return may_see(login.person(), search.owner, search.is_shared)


def refuse_strangers(search: Search) -> None:
    """Show nothing of a search to those who may not see it, or no longer.

    Raises:
        SearchNotFoundError: whoever is at the page may not see it, or it was deleted meanwhile.
    """
    from chromasonic.melody_generation.hyperparameter_search.storage import not_found

    try:
        is_there = is_visible(search)
    except KeyError:  # Optuna's, of a study that is gone
        is_there = False
    if not is_there:
        raise not_found(search.name)


def remembered_search() -> str | None:
    """The name of the search that the address or this session speaks of, if any."""
    return _remembered(_SEARCH)


def forget_music(name: str) -> None:
    """Let go of the music set called `name`, because it was deleted."""
    if _remembered(_MUSIC) == name:
        _forget(_MUSIC)


def forget_search(name: str) -> None:
    """Let go of the search called `name`, because it was deleted or has another name now."""
    if _remembered(_SEARCH) == name:
        _forget(_SEARCH)


def go_to(page: shell.Page) -> None:
    """Turn to another page, taking the chosen music and search along in its address."""
    chosen = {name: value for name in (_MUSIC, _SEARCH) if (value := _remembered(name))}
    st.switch_page(page.file, query_params=chosen)


def offer_first_step() -> None:
    """The button to what one who has no search does next: choose music, or set up a search where music is saved."""
    if _saved_music():
        _offer_way_to(shell.SEARCH, words.SET_UP_SEARCH)
    else:
        _offer_way_to(shell.MUSIC, words.CHOOSE_MUSIC)


def _send_to_music() -> NoReturn:
    _send_to(shell.MUSIC, words.NO_MUSIC_YET)


def _send_to(page: shell.Page, why: str) -> NoReturn:
    st.info(why, icon=page.icon)
    offer_first_step()
    shell.end_page()


def _offer_way_to(page: shell.Page, label: str) -> None:
    if st.button(label, type="primary", icon=page.icon, key="way out"):
        go_to(page)


def _remembered(name: str) -> str | None:
    value: str | None = st.query_params.get(name) or st.session_state.get(_key(name))
    return value


def _remember(name: str, value: str) -> None:
    st.session_state[_key(name)] = value
    if st.query_params.get(name) != value:
        st.query_params[name] = value


def _forget(name: str) -> None:
    st.session_state.pop(_key(name), None)
    st.query_params.pop(name, None)


def _key(name: str) -> str:
    return f"chosen {name}"
