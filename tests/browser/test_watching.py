"""A search that ends is told of in a real browser: in the title of the tab, and to who asked by a notification."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from browsing import arrive, at_rest, new_page, turn_to
from scripted import HeldTrainer
from searches import tiny_search

from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.music.collections import load_collection
from chromasonic.ui.wording import shell
from chromasonic.ui.wording import watching as words
from chromasonic.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

NAME = "Reels <b>loud</b>"
LISTEN_IN = """
    window.told = [];
    window.Notification = new Proxy(window.Notification, {
        construct(real, [title, options]) {
            window.told.push([title, options.body]);
            return new real(title, options);
        }
    });
"""
TITLE_BEGINS = "wanted => document.title.startsWith(wanted)"


@pytest.fixture
def running(server: Any) -> Iterator[SearchRunner]:
    """A search over real tunes that runs in another process than the app, and waits in its last trial."""
    workspace = Workspace.open(server.home)
    tunes = load_collection("ryans", workspace.cache).melodies[:40]
    number = len(list(workspace.searches.iterdir()))
    search = tiny_search(workspace, tunes, f"{NAME} {number}")
    trainer = HeldTrainer([[2.5, 2.4], [2.4, 2.25], [2.3, 2.11]])
    runner = SearchRunner(search, [trainer], plot=False)
    runner.may_end = trainer.may_go_on
    runner.start()
    yield runner
    trainer.may_go_on.set()
    assert runner.join(60)
    forget_database(workspace.storage_url)


@pytest.fixture
def visit(server: Any, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page in a browser that may notify, or may not."""
    contexts: list[BrowserContext] = []

    def open_it(path: str, *, may_notify: bool = True, **looks: Any) -> Page:
        context = chromium.new_context(reduced_motion="reduce", **looks)
        contexts.append(context)
        if may_notify:
            context.grant_permissions(["notifications"], origin=server.url)
        context.add_init_script(LISTEN_IN)
        page = new_page(context)
        arrive(page, server.url + path)
        return page

    yield open_it
    for context in contexts:
        context.close()


def test_the_title_goes_along_on_every_page_and_the_end_is_told_once(
    running: SearchRunner, visit: Callable[..., Page]
) -> None:
    page = visit("/progress")
    page.wait_for_function(TITLE_BEGINS, arg="▶ 2/3 · ")
    switch = page.get_by_role("switch", name=words.SWITCH)
    assert not switch.is_checked()  # only who asks for it is told
    switch.check()
    turn_to(page, "Studies")
    page.get_by_role("heading", level=1).wait_for()
    at_rest(page)
    assert page.title() == f"▶ 2/3 · {shell.APP}"
    assert not page.get_by_role("switch", name=words.SWITCH).count()
    running.may_end.set()
    page.wait_for_function(TITLE_BEGINS, arg="✓ Done · ")
    name, body = page.evaluate("window.told[0]")
    assert name == words.ENDED["finished"].format(name=running.search.name)
    assert body == words.FOUND.format(loss=2.11, trials="3 trials")
    page.wait_for_function("document.title === 'Chromasonic'")  # it was seen
    turn_to(page, "Progress")
    page.get_by_role("heading", level=1).wait_for()
    at_rest(page)
    assert page.evaluate("window.told.length") == 1
    assert page.title() == shell.APP


def test_on_the_progress_page_it_is_told_too_and_the_wish_is_remembered(
    running: SearchRunner, visit: Callable[..., Page]
) -> None:
    page = visit("/progress")
    page.get_by_role("switch", name=words.SWITCH).check()
    page.reload()
    page.get_by_role("switch", name=words.SWITCH).wait_for()
    assert page.get_by_role("switch", name=words.SWITCH).is_checked()
    running.may_end.set()
    page.wait_for_function("window.told.length === 1")
    page.wait_for_function(TITLE_BEGINS, arg="✓ Done · ")


def test_who_did_not_ask_is_not_told_and_what_one_stopped_makes_no_fuss(
    running: SearchRunner, visit: Callable[..., Page]
) -> None:
    page = visit("/progress")
    page.wait_for_function(TITLE_BEGINS, arg="▶ 2/3 · ")
    running.stop()
    running.may_end.set()
    page.wait_for_function("document.title === 'Chromasonic'")
    assert page.evaluate("window.told") == []


def test_a_browser_that_may_not_notify_says_what_to_do(
    running: SearchRunner, visit: Callable[..., Page], violations: Callable[..., list[str]]
) -> None:
    for dark in (False, True):
        page = visit(
            "/progress", may_notify=False, color_scheme="dark" if dark else "light",
            viewport={"width": 375 if dark else 1280, "height": 900},
        )  # fmt: skip
        switch = page.get_by_role("switch", name=words.SWITCH)
        switch.focus()
        page.keyboard.press("Space")
        page.get_by_text(words.DENIED).wait_for()
        assert not switch.is_checked()
        assert violations(page, ".st-key-watching-here") == []
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
