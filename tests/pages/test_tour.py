"""The tour is offered once, to newcomers alone, and is to be had from the Help page by all."""

from __future__ import annotations

import pytest
import searches
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from chromasonic.music.melody import Melody, Note
from chromasonic.music.sets import MusicSet, save_music_set
from chromasonic.ui import tour
from chromasonic.ui.shell import THE_WAY
from chromasonic.ui.wording import tour as words
from chromasonic.workspace import Workspace

HELP = "pages/help.py"


@pytest.fixture(autouse=True)
def cookies(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the browser remembers; in Streamlit's own test runner it seems to remember everything."""
    remembered: dict[str, str] = {}
    monkeypatch.setattr(ContextProxy, "cookies", remembered)
    return remembered


def invites(page: AppTest) -> bool:
    return any(button.key == "skip tour" for button in page.button)


def test_a_newcomer_is_invited_once_and_the_page_goes_on_below(workspace: Workspace, open_page) -> None:
    page = open_page()
    assert invites(page)
    assert not page.button(key="use").disabled
    page.button(key="skip tour").click().run()
    assert not invites(page)
    page.switch_page(HELP).run()
    page.switch_page("pages/music.py").run()
    assert not invites(page)


def test_a_browser_that_was_asked_before_is_not_asked_again(workspace: Workspace, open_page, cookies) -> None:
    cookies["chromasonic_tour"] = "answered"
    assert not invites(open_page())


def test_one_with_a_search_is_not_asked(workspace: Workspace, open_page) -> None:
    searches.practice_search(workspace)
    assert not invites(open_page())


def test_one_with_music_is_not_asked(workspace: Workspace, open_page) -> None:
    save_music_set(workspace.music, MusicSet("A call", (Melody((Note(0, 1, 60), Note(1, 1, 67))),)))
    assert not invites(open_page())


def test_where_a_database_would_have_to_be_asked_first_nobody_is(workspace: Workspace, open_page, monkeypatch) -> None:
    monkeypatch.setenv("CHROMASONIC_STORAGE", "sqlite:///" + str(workspace.root / "elsewhere.db"))
    monkeypatch.setattr(tour.shell, "models_are_there", lambda: False)
    assert not invites(open_page())


@pytest.mark.parametrize("has_begun", [False, True])
def test_the_help_page_has_it_for_all(has_begun: bool, workspace: Workspace, open_page) -> None:
    if has_begun:
        searches.practice_search(workspace)
    page = open_page(HELP)
    assert page.button(key="take tour").label == words.TAKE
    assert (page.button(key="take tour").proto.type == "primary") is not has_begun


def test_every_step_has_its_words_and_its_pictures() -> None:
    assert [tour._name(page) for page in THE_WAY] == list(words.STEPS)
    for page in THE_WAY:
        for is_dark in (False, True):
            assert tour._picture(tour._name(page), is_dark).startswith("data:image/webp;base64,UklGR")
