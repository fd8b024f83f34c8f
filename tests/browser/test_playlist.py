"""Several tunes in one player, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OpenBrowser = Callable[..., "Page"]

APP = Path(__file__).parents[1] / "helpers/playlist_page.py"
PLAY = "key => void document.querySelector(`.st-key-${key} audio`).play()"


def test_when_a_tune_has_ended_the_next_one_plays_and_is_shown(open_browser: OpenBrowser) -> None:
    page = open_browser("/")
    player = page.locator(".st-key-separate")
    page.evaluate("addEventListener('tune-ended', event => document.title = `ended ${event.detail}`)")
    page.evaluate(PLAY, "one-0")
    player.get_by_label("Piano roll of Up").wait_for()
    player.get_by_label("Piano roll of Down").wait_for()
    player.locator(".roll [data-note='1'].sounding").wait_for(state="attached")
    assert page.title() == "ended 0"
    page.wait_for_function("document.title === 'ended 1'")  # and that was the last


def test_tunes_that_lie_in_one_sound_are_shown_in_turn(open_browser: OpenBrowser) -> None:
    page = open_browser("/")
    player = page.locator(".st-key-joined")
    player.get_by_label("Piano roll of Up").wait_for()
    page.evaluate(
        "document.querySelector('.st-key-both audio').currentTime = 4.5"
    )  # into the second note of the second
    player.get_by_label("Piano roll of Down").wait_for()
    player.locator(".roll [data-note='1'].sounding").wait_for(state="attached")
