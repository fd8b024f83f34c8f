"""The whole way of a tune in a real browser: from Ryan's collection to a melody that is heard and taken home."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import turn_to

from chromasonic.music.midi import read_midi
from chromasonic.ui.wording import listen, music, next_search, progress, renaming, results, search, songs, studies, tune

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

OpenBrowser = Callable[..., "Page"]
AtRest = Callable[["Page"], None]
Violations = Callable[["Page"], list[str]]
Photograph = Callable[["Page", str], None]

A_SEARCH = 400_000  # ms: the Quick preset takes three minutes, and a busy machine may need longer to wake up


def downloaded(page: Page, label: str) -> bytes:
    """What the browser gets when the button is pressed."""
    with page.expect_download() as started:
        page.get_by_role("button", name=label, exact=True).first.click()
    return Path(started.value.path()).read_bytes()


def press_primary(page: Page, name: str) -> None:
    """Press the one primary button there is, and see that it is the one called `name`."""
    button = page.locator("[data-testid=stBaseButton-primary]")
    button.filter(has_text=name).wait_for()
    assert button.count() == 1
    button.click()


def hear_the_first_try(page: Page, at_rest: AtRest) -> None:
    """Play the first song there is: of several trials at once any may be the first to lead, and to sing."""
    page.get_by_role("radio", name=songs.FIRST.split("{")[0]).click()
    at_rest(page)
    page.evaluate("document.querySelector('.st-key-song-sound audio').play()")


def test_from_the_first_page_to_a_heard_melody_by_primary_buttons_alone(
    open_browser: OpenBrowser, at_rest: AtRest, photograph: Photograph
) -> None:
    page = open_browser("/")
    press_primary(page, music.USE)
    page.get_by_role("heading", name=search.TITLE).wait_for()
    at_rest(page)
    press_primary(page, search.START)  # like one in a hurry: the machine's speed is still being measured

    page.get_by_role("heading", name=progress.TITLE).wait_for()
    page.locator(".js-plotly-plot").first.wait_for(timeout=A_SEARCH)  # children are niced: other tests go first
    page.get_by_text("Trial 0 · LSTM").wait_for()
    page.reload()  # closing the browser does not end a search
    page.get_by_role("button", name=progress.STOP).wait_for()
    press_primary_when_done = page.locator("[data-testid=stBaseButton-primary]").filter(has_text=progress.SEE_RESULTS)
    press_primary_when_done.wait_for(timeout=A_SEARCH)
    photograph(page, "progress")
    press_primary(page, progress.SEE_RESULTS)

    page.get_by_role("heading", name=results.TITLE).wait_for()
    page.get_by_text("On the held-out tunes").first.wait_for()
    at_rest(page)
    photograph(page, "results")
    page.get_by_role("heading", name=songs.TITLE).wait_for()
    hear_the_first_try(page, at_rest)
    page.wait_for_function("[...document.querySelectorAll('audio')].some(song => !song.paused && song.currentTime > 0)")
    best = json.loads(downloaded(page, results.FILES["best_hyperparameters.json"][0]))
    assert set(best) == {"learning_rate", "batch_size", "hidden_size", "num_layers", "dropout", "embedding_dim"}
    with zipfile.ZipFile(io.BytesIO(downloaded(page, results.ZIP))) as packed:
        assert set(packed.namelist()) == {*results.FILES, "optimization_report.html", "optimization_report.md"}
    press_primary(page, results.LISTEN)

    page.get_by_role("heading", name=listen.TITLE).wait_for()
    at_rest(page)
    press_primary(page, listen.COMPOSE)
    page.locator("audio").first.wait_for()
    page.wait_for_function("document.querySelector('audio').duration > 5")
    page.locator(".piano-roll").first.evaluate("roll => roll.scrollIntoView({block: 'end'})")
    photograph(page, "listen")
    page.get_by_role("button", name=tune.DOWNLOAD, exact=True).click()
    assert downloaded(page, "WAV")[:4] == b"RIFF"
    assert len(read_midi(downloaded(page, "MIDI"), "new.mid").notes) > 8
    assert b"<score-partwise" in downloaded(page, "MusicXML")
    page.keyboard.press("Escape")

    turn_to(page, "Studies")
    page.get_by_role("heading", name=studies.TITLE).wait_for()
    page.locator("[data-testid=stBaseButton-primary]").filter(has_text=studies.OPEN).wait_for()
    turn_to(page, "Music")
    page.locator("audio").first.wait_for()  # Ryan's tunes were read at the start, and now show themselves
    photograph(page, "music")
    turn_to(page, "Search")
    page.get_by_text("on this machine").wait_for()
    photograph(page, "search")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375], ids=["desk", "phone"])
@pytest.mark.parametrize(
    "path", ["/progress", "/results", "/story", "/listen", "/ears", "/compare", "/studies", "/models", "/help"]
)
def test_each_page_is_for_everyone_and_fits(
    path: str,
    width: int,
    dark: bool,
    open_browser: OpenBrowser,
    violations: Violations,
    at_rest: AtRest,
    portray: Callable[..., None],
) -> None:
    page = open_browser(path, dark=dark, width=width)
    if path == "/listen":
        page.get_by_role("button", name=listen.COMPOSE).click()
        page.locator("audio").first.wait_for()
    at_rest(page)
    page.mouse.move(0, 0)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    if path not in ("/compare", "/models"):  # which have little to show here
        portray(page, path[1:], width=width, dark=dark)


def test_composing_works_with_the_keyboard_alone(open_browser: OpenBrowser, at_rest: AtRest) -> None:
    page = open_browser("/listen")
    page.get_by_role("button", name=listen.COMPOSE).focus()
    page.keyboard.press("Enter")
    page.locator("audio").first.wait_for()


def test_a_search_is_renamed_in_a_dialog(open_browser: OpenBrowser, at_rest: AtRest) -> None:
    page = open_browser("/studies")
    page.get_by_role("button", name=studies.RENAME).click()
    name = page.get_by_role("dialog").get_by_label(renaming.NEW_NAME)
    name.fill(" ")
    name.press("Enter")
    page.get_by_role("dialog").get_by_text("needs a name").wait_for()  # and what was typed is still there
    name.fill("Ryan's, renamed")
    name.press("Enter")
    page.get_by_text("is now called “Ryan's, renamed”").wait_for()


def test_a_search_is_paused_gone_on_with_and_stopped(open_browser: OpenBrowser, at_rest: AtRest) -> None:
    page = open_browser("/studies")
    page.get_by_role("button", name=next_search.COPY).click()
    page.get_by_role("heading", name=search.TITLE).wait_for()
    at_rest(page)
    page.get_by_role("button", name=search.START).click()
    page.get_by_role("button", name=progress.PAUSE).click()
    page.get_by_role("button", name=progress.RESUME).click()
    page.get_by_role("button", name=progress.PAUSE).wait_for()
    page.get_by_role("button", name=progress.STOP).click()
    page.get_by_role("button", name=progress.RESUME).wait_for()
    page.get_by_text("the search can go on from here").wait_for()

    other = open_browser("/progress")  # what a second window does, the first one notices by itself
    other.get_by_role("button", name=progress.RESUME).click()
    page.get_by_role("button", name=progress.STOP).wait_for()
    page.get_by_role("button", name=progress.STOP).click()
    page.get_by_role("button", name=progress.RESUME).wait_for()  # the other may not yet have noticed that it went on
    other.get_by_role("button", name=progress.RESUME).wait_for()


def test_a_search_is_deleted_after_a_question(open_browser: OpenBrowser) -> None:
    page = open_browser("/studies")
    page.get_by_role("button", name=studies.DELETE).click()
    page.get_by_role("dialog").get_by_role("button", name=studies.DELETE_YES).click()
    page.get_by_text("was deleted").wait_for()
    assert page.get_by_role("dialog").count() == 0
