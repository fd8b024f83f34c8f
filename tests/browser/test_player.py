"""The score and the piano roll follow the sound, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from chromasonic.ui.wording import music as words

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

OpenBrowser = Callable[..., "Page"]
AtRest = Callable[["Page"], None]
Violations = Callable[["Page"], list[str]]

TIME = "document.querySelector('.st-key-tune-sound audio').currentTime"
SOUNDING = """() => {
    const player = [...document.querySelectorAll("*")].find(one => one.shadowRoot?.querySelector(".player"));
    const found = [...player.shadowRoot.querySelectorAll(".sounding")].map(one => Number(one.dataset.note));
    return [...new Set(found)];
}"""


def open_tune(open_browser: OpenBrowser, **how: object) -> Page:
    """One of Ryan's tunes, which a server that was just started reads only when asked to."""
    page = open_browser("/?tune=3", **how)
    look = page.get_by_role("button", name=words.LOOK)
    look.or_(page.locator("audio")).first.wait_for()
    if look.is_visible():
        look.click()
    return page


@pytest.fixture
def tune(open_browser: OpenBrowser, at_rest: AtRest) -> Page:
    """One of Ryan's tunes, ready to be played."""
    page = open_tune(open_browser)
    page.locator(".score > .wide").wait_for()
    page.wait_for_function("document.querySelector('.st-key-tune-sound audio').readyState >= 1")
    at_rest(page)
    return page


def wait_for_note(page: Page, first: int, last: int = 999) -> None:
    """Wait until one of these notes stands out; a busy machine may pass over a short one."""
    page.wait_for_function(f"([first, last]) => ({SOUNDING})().some(n => n >= first && n <= last)", arg=[first, last])


def test_the_note_that_sounds_moves_on_in_score_and_roll(tune: Page) -> None:
    assert tune.evaluate(SOUNDING) == []
    tune.locator(".roll").focus()
    tune.keyboard.press(" ")
    wait_for_note(tune, 0)
    wait_for_note(tune, 4)
    tune.keyboard.press(" ")
    tune.wait_for_function("document.querySelector('.st-key-tune-sound audio').paused")
    tune.keyboard.press("ArrowRight")  # onto a note, whether or not it stopped on one
    tune.locator(".roll .sounding").wait_for(state="attached")
    (note,) = tune.evaluate(SOUNDING)
    assert note > 4
    assert tune.locator(f".score > .wide [data-note='{note}'].sounding").count() >= 1


def test_a_click_on_a_note_plays_from_there(tune: Page) -> None:
    tune.locator(".score > .wide [data-note='20']").first.click()
    wait_for_note(tune, 21)
    before = tune.evaluate(TIME)
    tune.locator(".roll [data-note='2']").click()
    wait_for_note(tune, 2, 20)
    assert tune.evaluate(TIME) < before


def test_the_keyboard_alone_goes_from_note_to_note(tune: Page) -> None:
    roll = tune.get_by_role("slider", name="Piano roll of")
    roll.focus()
    for _ in range(5):
        tune.keyboard.press("ArrowRight")
    wait_for_note(tune, 5, 5)
    assert roll.get_attribute("aria-valuenow") == "6"
    assert ", bar " in (roll.get_attribute("aria-valuetext") or "")
    tune.keyboard.press("Enter")
    wait_for_note(tune, 6)


def test_at_the_beginning_no_note_is_told(tune: Page) -> None:
    tune.locator(".roll").focus()
    tune.keyboard.press("ArrowRight")
    tune.locator("p.note", has_text=", bar ").wait_for()
    tune.evaluate("document.querySelector('.st-key-tune-sound audio').currentTime = 0")
    tune.locator("p.note:empty").wait_for(state="attached")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375], ids=["desk", "phone"])
def test_the_player_is_for_everyone_and_fits(
    width: int, dark: bool, open_browser: OpenBrowser, violations: Violations, at_rest: AtRest
) -> None:
    page = open_tune(open_browser, dark=dark, width=width)
    page.locator(".score > .narrow" if width < 500 else ".score > .wide").wait_for()
    at_rest(page)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
