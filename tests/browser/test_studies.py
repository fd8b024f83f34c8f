"""The way of someone who keeps order among studies: a note, a star, a filter, a copy; on a wide page and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from scripted import ScriptedTrainer
from searches import tiny_search

from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.music.melody import Melody, Note
from chromasonic.music.sets import MusicSet, save_music_set
from chromasonic.ui.wording import next_search, remarks, search, studies
from chromasonic.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

TUNES = tuple(
    Melody(tuple(Note(beat / 2, 0.5, 60 + (tune * beat * beat + 3 * beat) % 17) for beat in range(32)), title=f"{tune}")
    for tune in range(1, 13)
)
NOTE = "Swings **best** ![picture](https://example.org/a.png) <img src=https://example.org/b.png>"


def test_a_study_is_noted_starred_found_and_copied(
    server: Any,
    open_browser: Callable[..., Page],  # fails where the note fetches its picture
    at_rest: Callable[[Page], None],
    violations: Callable[[Page], list[str]],
) -> None:
    workspace = Workspace.open(server.home)
    save_music_set(workspace.music, MusicSet("Forty tunes", TUNES))
    for name in ("Reels", "Jigs"):
        made = tiny_search(workspace, TUNES, name, n_trials=2)
        SearchRunner(made, [ScriptedTrainer([[3.0], [2.9]])], plot=False).run()
    page = open_browser("/studies")
    page.get_by_role("button", name=remarks.WRITE).click()
    page.get_by_label(remarks.NOTE_OF_SEARCH).fill(NOTE)
    page.get_by_role("button", name=remarks.SAVE).click()
    page.get_by_role("button", name=remarks.EDIT).wait_for()
    assert made.remarks.note().text == NOTE
    page.locator("label", has_text="Star").first.click()
    at_rest(page)
    assert made.remarks.labels().is_starred
    page.get_by_label(studies.FIND, exact=True).fill("swings")
    page.get_by_text(studies.N_OF_ALL.format(n=1, all=2)).wait_for()
    page.get_by_role("button", name=studies.SHOW_ALL).click()
    page.get_by_text(studies.N.format(n=2)).wait_for()
    page.get_by_role("button", name=next_search.COPY).click()
    page.get_by_role("heading", name=search.TITLE).wait_for()
    page.get_by_text("Copied from Jigs").wait_for()
    at_rest(page)  # a field is drawn a moment before its value
    assert page.get_by_role("textbox", name=search.NAME).input_value() == "Jigs (2)"
    for dark, width in ((False, 1280), (True, 375)):
        page = open_browser("/studies", dark=dark, width=width)
        page.get_by_role("button", name=remarks.EDIT).wait_for()
        at_rest(page)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    forget_database(workspace.storage_url)
