"""A newcomer in a real browser: the tour, and the way through the navigation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from browsing import turn_to

from chromasonic.ui.shell import THE_WAY
from chromasonic.ui.wording import help as help_words
from chromasonic.ui.wording import music, shell, story
from chromasonic.ui.wording import tour as words

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

OpenBrowser = Callable[..., "Page"]
AtRest = Callable[["Page"], None]
Violations = Callable[["Page"], list[str]]


@pytest.mark.parametrize("dark, width", [(False, 1280), (True, 375)], ids=["light desk", "dark phone"])
def test_the_tour_is_walked_with_the_keyboard_and_comes_once(
    dark: bool, width: int, open_browser: OpenBrowser, at_rest: AtRest, violations: Violations
) -> None:
    page = open_browser("/", dark=dark, width=width)
    assert violations(page) == []
    take = page.get_by_role("button", name=words.TAKE)
    take.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=words.NEXT).focus()
    for number, step in enumerate(THE_WAY, start=1):
        dialog.get_by_text(words.STEP.format(step=number, steps=len(THE_WAY), page=step.title)).wait_for()
        dialog.get_by_role("img", name=words.PICTURE.format(page=step.title)).wait_for()
        at_rest(page)
        if number < len(THE_WAY):
            page.keyboard.press("Enter")  # the focus stays where it is
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.keyboard.press("Enter")
    dialog.wait_for(state="detached")
    assert page.get_by_role("button", name=music.USE).is_enabled()

    page.get_by_role("radio", name=music.SOURCES["files"]).click()  # no later click brings it back
    at_rest(page)
    assert not dialog.count()
    page.reload()
    page.get_by_role("button", name=music.USE).wait_for()
    at_rest(page)
    assert not take.count()


def test_it_can_be_left_at_any_time_and_taken_again_from_the_help_page(
    open_browser: OpenBrowser, at_rest: AtRest
) -> None:
    page = open_browser("/")
    page.get_by_role("button", name=words.SKIP).click()
    page.get_by_role("button", name=words.SKIP).wait_for(state="detached")
    turn_to(page, shell.HELP)
    page.get_by_role("heading", name=help_words.TITLE).wait_for()
    at_rest(page)
    page.get_by_role("button", name=words.TAKE).click()
    dialog = page.get_by_role("dialog")
    for _ in THE_WAY[1:]:
        at_rest(page)
        dialog.get_by_role("button", name=words.NEXT).click()
    dialog.get_by_role("button", name=words.BEGIN).click()
    page.get_by_role("heading", name=music.TITLE).wait_for()
    at_rest(page)
    assert not dialog.count()

    turn_to(page, shell.HELP)
    page.get_by_role("button", name=words.TAKE).click()
    dialog.wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")


def test_what_a_newcomer_need_not_see_is_a_menu_that_the_keyboard_opens(open_browser: OpenBrowser) -> None:
    page = open_browser("/")
    menu = page.get_by_role("button", name=shell.MORE, exact=True)
    menu.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name=shell.STORY).wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("menu").wait_for(state="detached")
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name=shell.STORY).wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=story.TITLE).wait_for()


def test_on_a_phone_all_pages_stand_in_one_list_that_is_for_everyone(
    open_browser: OpenBrowser, violations: Violations, at_rest: AtRest
) -> None:
    page = open_browser("/", width=375)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("link", name=shell.MODELS, exact=True).wait_for()
    at_rest(page)
    assert violations(page) == []
