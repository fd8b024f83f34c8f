"""The piano keys on the page: played with mouse, finger and keyboard, heard at once, written down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chromasonic.ui.wording import keyboard as words

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

APP = Path(__file__).parents[1] / "helpers/keyboard_page.py"
LISTENING = """() => {
    const start = OscillatorNode.prototype.start;
    window.heard = [];
    OscillatorNode.prototype.start = function (...when) {
        window.heard.push(Math.round(69 + 12 * Math.log2(this.frequency.value / 440)));
        return start.apply(this, when);
    };
}"""

OpenBrowser = Callable[..., "Page"]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def is_written(page: Page, notes: str) -> None:
    """Wait until the page has made this of what was played."""
    page.locator(".st-key-written").get_by_text(notes, exact=True).wait_for()


def test_keys_sound_at_once_and_are_written_down(open_browser: OpenBrowser) -> None:
    page = open_browser("/")
    page.evaluate(LISTENING)
    press(page, "C4")
    page.get_by_label(words.LENGTH).select_option("0.5")
    press(page, "F♯5")
    is_written(page, "60:1@0 78:0.5@1")
    press(page, words.REST)
    key = page.get_by_role("button", name="C4", exact=True)
    key.focus()
    for stroke in ("KeyK", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(stroke)
    is_written(page, "60:1@0 78:0.5@1 72:0.5@2 62:0.5@2.5")
    assert page.evaluate("window.heard") == [60, 78, 72, 62]
    press(page, words.UNDO)
    is_written(page, "60:1@0 78:0.5@1 72:0.5@2")
    press(page, words.LISTEN)
    page.wait_for_function("window.heard.length === 7")
    assert page.evaluate("window.heard.slice(4)") == [60, 78, 72]
    page.get_by_role("button", name="Again").click()  # what else happens on the page takes no note away
    assert page.get_by_role("listitem").all_inner_texts() == [
        "C4, quarter",
        "F♯5, eighth",
        "Rest, eighth",
        "C5, eighth",
    ]
    press(page, words.CLEAR)
    page.get_by_text(words.NOTHING_PLAYED).wait_for()
    page.get_by_test_id("stText").wait_for(state="detached")


@pytest.mark.parametrize("dark, width", [(False, 1280), (True, 375)], ids=["light desk", "dark phone"])
def test_the_keys_are_for_everyone_and_fit(
    dark: bool, width: int, open_browser: OpenBrowser, violations: Callable[[Page], list[str]]
) -> None:
    page = open_browser("/", dark=dark, width=width)
    middle = page.get_by_role("button", name="C4", exact=True).bounding_box()
    assert 0 <= middle["x"] <= width - middle["width"]
    press(page, "C4")
    press(page, "G3")
    is_written(page, "60:1@0 55:1@1")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    keys = page.get_by_role("group", name=words.KEYS).get_by_role("button")
    assert keys.count() == 36
    assert min(key.bounding_box()["width"] for key in keys.all()) >= 24  # pixels, the least for a finger (WCAG 2.5.8)
