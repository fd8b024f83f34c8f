"""By ear in a real browser: answered by the keyboard, on a wide page and on a phone, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
from scripted import ScriptedTrainer
from searches import tiny_search

from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.music.melody import Melody, Note
from chromasonic.results.ears.comparisons import Comparisons
from chromasonic.ui.wording import ears as words
from chromasonic.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

TUNES = [
    Melody(tuple(Note(beat / 2, 0.5, 60 + (tune * beat * beat + 3 * beat) % 17) for beat in range(32)), title=f"{tune}")
    for tune in range(1, 13)
]

WATCH_ANSWERS = """
    window.seen = []
    new MutationObserver(() => {
        const stale = document.querySelector('.st-key-answers [data-stale="true"] button')
        if (stale) {
            const look = getComputedStyle(stale)
            const told = `${look.pointerEvents} ${look.opacity}`
            if (!seen.includes(told)) seen.push(told)
        }
    }).observe(document.body, { subtree: true, childList: true, attributes: true })
"""
"""Note how the buttons look whenever an answer is under way."""


def test_songs_are_compared_by_keys_and_the_page_is_for_everyone(
    server: Any,
    open_browser: Callable[..., Page],
    at_rest: Callable[[Page], None],
    violations: Callable[[Page], list[str]],
    photograph: Callable[[Page, str], None],
) -> None:
    workspace = Workspace.open(server.home)
    search = tiny_search(workspace, TUNES, "Reels by ear", n_trials=6)
    SearchRunner(search, [ScriptedTrainer([[3.0 - number / 10] for number in range(6)])], plot=False).run()
    page = open_browser("/ears")
    page.get_by_role("heading", name=words.ROUND.format(n=1), exact=True).wait_for()
    page.evaluate(WATCH_ANSWERS)
    for done, key in zip(range(12), cycle("1323"), strict=False):
        page.get_by_role("heading", name=words.ROUND.format(n=done + 1), exact=True).wait_for()
        at_rest(page)
        page.keyboard.press(key)
    assert page.evaluate("seen") == ["none 0.35"], "until the next round is drawn the answers look and are switched off"
    page.get_by_role("heading", name=words.ROUND.format(n=13), exact=True).wait_for()
    page.keyboard.press("z")
    page.get_by_role("heading", name=words.ROUND.format(n=12), exact=True).wait_for()
    given = [answer.answer for answer in Comparisons(search.folder / "ears" / "mine.jsonl").read()]
    assert given == ["left", "right", "can't say", "right"] * 2 + ["left", "right", "can't say"]
    assert page.locator("audio").count() == 2
    photograph(page, "ears")
    for dark, width in ((False, 1280), (True, 1280), (False, 390), (True, 390)):
        page = open_browser("/ears", dark=dark, width=width)
        page.locator(".js-plotly-plot").wait_for()
        at_rest(page)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    forget_database(workspace.storage_url)
