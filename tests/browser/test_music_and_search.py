"""The first two pages in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chromasonic.music.midi import read_midi
from chromasonic.music.sets import list_music_sets
from chromasonic.ui.wording import music, search, shell, tune

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

OpenBrowser = Callable[..., "Page"]
AtRest = Callable[["Page"], None]

TUNES = b"X:1\nT:Twinkle\nM:4/4\nL:1/4\nK:C\nCCGG|AAG2|\nX:2\nT:Frere Jacques\nM:4/4\nL:1/4\nK:G\nGABG|GABG|\n"


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return wider


def unfold_everything(page: Page) -> None:
    """Open every part that is folded away."""
    for name in (search.HOW_LONG, search.WHICH_MODELS, search.HOW_LEARNING, search.MACHINE):
        page.get_by_text(name, exact=True).click()
    page.wait_for_timeout(500)


def test_a_link_into_a_server_just_started_opens_inside_the_shell(open_browser: OpenBrowser) -> None:
    page = open_browser("/search")  # the first request of all: this test must stay first
    page.get_by_role("link", name=shell.STUDIES).wait_for()
    page.get_by_text(shell.NO_MUSIC_YET).wait_for()


def test_the_first_page_is_found_under_a_name_of_its_own_too(open_browser: OpenBrowser) -> None:
    page = open_browser("/music?tune=3")
    page.wait_for_url(re.compile(r"^https?://[^/]+/\?"))
    page.get_by_role("heading", name=music.TITLE).wait_for()
    assert "tune=3" in page.url
    assert not page.get_by_role("dialog").count()


def test_one_button_takes_ryans_tunes_to_the_search_page(open_browser: OpenBrowser, server: Any) -> None:
    page = open_browser("/")
    page.get_by_role("button", name=music.USE).click()
    page.get_by_role("heading", name=search.TITLE).wait_for()
    page.get_by_text("Learns from Ryan's Mammoth Collection").wait_for()
    assert [summary.n_tunes > 1_000 for summary in list_music_sets(server.home / "music")] == [True]


def test_a_tune_is_heard_seen_and_taken_home(open_browser: OpenBrowser, tmp_path: Path) -> None:
    page = open_browser("/?tune=3")
    page.locator("audio").wait_for()
    page.wait_for_function("document.querySelector('audio').duration > 10")
    page.locator(".piano-roll").wait_for()
    page.get_by_role("button", name=tune.DOWNLOAD, exact=True).click()
    with page.expect_download() as started:
        page.get_by_role("button", name="MIDI").click()
    started.value.save_as(tmp_path / "tune.mid")
    assert len(read_midi((tmp_path / "tune.mid").read_bytes(), "tune.mid").notes) > 50


def test_own_files_survive_a_reload(open_browser: OpenBrowser, at_rest: AtRest) -> None:
    page = open_browser("/")
    page.get_by_role("radio", name=music.SOURCES["files"]).click()
    at_rest(page)
    files = [
        {"name": "two.abc", "mimeType": "text/vnd.abc", "buffer": TUNES},
        {"name": "score.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"},
    ]
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_role("heading", name="Twinkle").wait_for()
    page.reload()
    page.get_by_role("heading", name="Twinkle").wait_for()
    page.get_by_text(music.SKIPPED.format(n=1)).click()
    page.get_by_text("this is a PDF").wait_for()


def test_settings_survive_a_reload(open_browser: OpenBrowser, at_rest: AtRest) -> None:
    page = open_browser("/search")
    page.get_by_role("radio", name=search.PRESETS["balanced"]).click()
    at_rest(page)
    unfold_everything(page)
    trials = page.get_by_role("slider", name="How many settings to try")
    before = int(trials.input_value())
    trials.press("ArrowRight")
    at_rest(page)
    page.get_by_role("button", name="RNN").click()
    at_rest(page)
    page.reload()
    at_rest(page)
    unfold_everything(page)
    assert int(page.get_by_role("slider", name="How many settings to try").input_value()) == before + 1
    assert page.get_by_role("radio", name=search.PRESETS["balanced"]).get_attribute("aria-checked") == "true"
    assert page.get_by_role("button", name="RNN").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375], ids=["wide", "narrow"])
@pytest.mark.parametrize("path", ["/", "/search"])
def test_a_page_is_open_to_everyone_and_never_scrolls_sideways(
    path: str, width: int, dark: bool, open_browser: OpenBrowser, violations: Callable[[Page], list[str]]
) -> None:
    page = open_browser(path, dark=dark, width=width)
    if path == "/search":
        unfold_everything(page)
    assert violations(page) == []
    assert overflow(page) <= 0


def test_the_pages_are_within_reach_on_a_phone(open_browser: OpenBrowser) -> None:
    page = open_browser("/search", width=375)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("link", name=shell.MUSIC, exact=True).click()
    page.get_by_role("heading", name=music.TITLE).wait_for()
