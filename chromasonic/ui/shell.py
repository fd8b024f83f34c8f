"""The shell around every page: its set-up, its navigation, and the last net under it."""

from __future__ import annotations

import gc
import importlib
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import StopException

from chromasonic.languages import speaking
from chromasonic.logbook import keep_log
from chromasonic.ui import browser, downloads, errors, language, login
from chromasonic.ui.wording import shell as words
from chromasonic.workspace import Workspace

_ASSETS = Path(__file__).parent / "assets"
_ALLOCATED_BEFORE_A_LOOK = 50_000  # objects; Python's own default is 700
_is_warm = threading.Event()
_entered: ContextVar[bool] = ContextVar("entered", default=False)
_HEAVY = (
    "plotly.graph_objects",
    "chromasonic.melody_generation.hyperparameter_search.registry",  # torch and optuna
)


@dataclass(frozen=True)
class Page:
    """One page of the app."""

    file: str  # below the folder of app.py
    called: Callable[[], str]
    icon: str  # from the icon font that Streamlit carries, so nothing is fetched from outside

    @property
    def title(self) -> str:
        """What the page is called."""
        return self.called()

    def to_streamlit(self) -> st.Page:
        """The page as `st.navigation` takes it."""
        is_first = self is MUSIC
        address = "" if is_first else Path(self.file).stem
        return st.Page(self.file, title=self.title, icon=self.icon, url_path=address, default=is_first)


MUSIC = Page("pages/music.py", lambda: words.MUSIC, ":material/library_music:")
SEARCH = Page("pages/search.py", lambda: words.SEARCH, ":material/tune:")
PROGRESS = Page("pages/progress.py", lambda: words.PROGRESS, ":material/show_chart:")
RESULTS = Page("pages/results.py", lambda: words.RESULTS, ":material/trophy:")
STORY = Page("pages/story.py", lambda: words.STORY, ":material/auto_stories:")
LISTEN = Page("pages/listen.py", lambda: words.LISTEN, ":material/headphones:")
EARS = Page("pages/ears.py", lambda: words.EARS, ":material/hearing:")
COMPARE = Page("pages/compare.py", lambda: words.COMPARE, ":material/compare_arrows:")
STUDIES = Page("pages/studies.py", lambda: words.STUDIES, ":material/history:")
MODELS = Page("pages/models.py", lambda: words.MODELS, ":material/piano:")
HELP = Page("pages/help.py", lambda: words.HELP, ":material/help:")

THE_WAY = (MUSIC, SEARCH, PROGRESS, RESULTS, LISTEN)
"""From a tune to a melody."""

MORE = (STORY, EARS, COMPARE, MODELS, HELP)
"""What a newcomer need not see; all but `STUDIES`, to which one returns."""

PAGES = (*THE_WAY, STUDIES, *MORE)


def open_app() -> None:
    """Set up the app, draw the navigation and run the page that was asked for.

    Afterwards, once in the life of the server, what later pages need is loaded in the background.
    """
    workspace = Workspace.place()
    keep_log("app", workspace.logs, workspace=workspace.root, tells_terminal=True)
    downloads.keep_for_a_while()
    language.settle()
    st.set_page_config(page_title=words.APP, page_icon=str(_ASSETS / "icon.png"), layout="centered")
    st.logo(str(_ASSETS / "logo.svg"), size="large")
    st.html(_ASSETS / "style.css")
    browser.run_unseen((_ASSETS / "navigation.js").read_text(encoding="utf-8"), key="navigation")
    language.offer()
    closed = login.closed_because()
    sections = {"": (*THE_WAY, STUDIES), words.MORE: MORE}
    pages = {name: [page.to_streamlit() for page in pages] for name, pages in sections.items()}
    pages[""].append(st.Page(_lead_to_music, url_path=Path(MUSIC.file).stem, visibility="hidden"))
    page = st.navigation(pages, position="hidden" if closed else "top")
    if closed:
        login.show_door(closed)
        return
    entered = _entered.set(True)
    try:
        with errors.shown_plainly(), speaking(language.spoken()):
            login.show_account()
            if page.url_path != Path(PROGRESS.file).stem:  # which looks by itself
                _watch_elsewhere()
            page.run()
    finally:
        _entered.reset(entered)
    warming_up()


def _lead_to_music() -> None:
    """The first page has no address but that of the app; whoever writes one like those of the others gets there too."""
    st.switch_page(MUSIC.file, query_params=st.query_params.to_dict())


def _watch_elsewhere() -> None:
    from chromasonic.ui import watching  # which knows this module

    watching.watch_elsewhere()


def enter() -> None:
    """Begin a page; the first line of each.

    Streamlit takes a folder called `pages` for its older kind of app and opens a page by itself, without `app.py`,
    until `st.navigation` was called for the first time: so it is when a server that was just started is asked for
    another page than the first. Then do what `app.py` does.
    """
    if not _entered.get():
        open_app()
        end_page()


def end_page() -> NoReturn:
    """Run nothing more of this page.

    Not `st.stop()`: it ends the thread that runs the session's pages, and with it what was clicked while this page was
    drawn. The click would be lost without a word.
    """
    raise StopException


@st.cache_resource(show_spinner=False)
def warming_up() -> threading.Thread:
    """The thread that imports the heavy libraries, so that the first page need not wait for them."""
    thread = threading.Thread(target=_import_heavy, name="warm-up", daemon=True)
    thread.start()
    return thread


def wait_for_models() -> None:
    """Return when the heavy libraries are there, saying so meanwhile.

    Two threads that import the same circle of modules at once can see a half-made one; so a page waits here first.
    """
    thread = warming_up()
    if thread.is_alive():
        with st.spinner(words.WAKING_UP):
            thread.join()


def models_are_there() -> bool:
    """Whether the heavy libraries are there already; never waits for them."""
    return _is_warm.is_set()


def _import_heavy() -> None:
    for module in _HEAVY:
        importlib.import_module(module)
    _calm_the_collector()
    _is_warm.set()


def _calm_the_collector() -> None:
    """Let Python look for garbage less often, and never among what was imported, which stays as long as the server.

    To read a study of 10,000 trials for the first time takes half as long, and no more memory. Streamlit's own look
    after each run of a page is switched off in `.streamlit/config.toml`.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATED_BEFORE_A_LOOK, *gc.get_threshold()[1:])
