"""The score and the piano roll follow the sound, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

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


@pytest.fixture
def tune(open_browser: OpenBrowser, at_rest: AtRest) -> Page:
    """One of Ryan's tunes, ready to be played."""
    page = open_browser("/?tune=3")
    page.locator(".score > .wide").wait_for()
    page.wait_for_function("document.querySelector('.st-key-tune-sound audio').readyState >= 1")
    at_rest(page)
    return page


def test_the_note_that_sounds_moves_on_in_score_and_roll(tune: Page) -> None:
    assert tune.evaluate(SOUNDING) == []
    tune.locator(".roll").focus()
    tune.keyboard.press(" ")
    tune.locator(".roll .sounding").wait_for()
    (first,) = tune.evaluate(SOUNDING)
    tune.locator(f".roll [data-note='{first + 2}'].sounding").wait_for(state="attached")
    assert tune.locator(".score > .wide .sounding").count() >= 1
    tune.keyboard.press(" ")
    tune.wait_for_function("document.querySelector('.st-key-tune-sound audio').paused")
    stands = tune.evaluate(SOUNDING)
    assert len(stands) == 1 and stands[0] >= first + 2


def test_a_click_on_a_note_plays_from_there(tune: Page) -> None:
    tune.locator(".score > .wide [data-note='12']").first.click()
    tune.locator(".roll [data-note='13'].sounding").wait_for(state="attached")
    before = tune.evaluate(TIME)
    tune.locator(".roll [data-note='2']").click()
    tune.locator(".roll [data-note='3'].sounding").wait_for(state="attached")
    assert tune.evaluate(TIME) < before


def test_the_keyboard_alone_goes_from_note_to_note(tune: Page) -> None:
    roll = tune.get_by_role("slider", name="Piano roll of")
    roll.focus()
    for _ in range(5):
        tune.keyboard.press("ArrowRight")
    tune.locator(".roll [data-note='5'].sounding").wait_for(state="attached")
    assert roll.get_attribute("aria-valuenow") == "6"
    assert ", bar " in (roll.get_attribute("aria-valuetext") or "")
    tune.keyboard.press("Enter")
    tune.locator(".roll [data-note='6'].sounding").wait_for(state="attached")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375], ids=["desk", "phone"])
def test_the_player_is_for_everyone_and_fits(
    width: int, dark: bool, open_browser: OpenBrowser, violations: Violations, at_rest: AtRest
) -> None:
    page = open_browser("/?tune=3", dark=dark, width=width)
    page.locator(".score > .narrow" if width < 500 else ".score > .wide").wait_for()
    at_rest(page)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
