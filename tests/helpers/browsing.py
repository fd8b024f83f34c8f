"""A page in a real browser: opened, and waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

SLOW = 90_000  # ms; a busy machine may take its time, and no test here measures any


def new_page(context: BrowserContext) -> Page:
    """A page that waits as long as a busy machine may take."""
    page = context.new_page()
    page.set_default_timeout(SLOW)
    return page


def arrive(page: Page, address: str) -> None:
    """Go to a page of the app, and wait until it stands there."""
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()
    at_rest(page)


def turn_to(page: Page, name: str) -> None:
    """Go to another page through the navigation, as wide as it is at a desk."""
    link = page.locator("header").get_by_role("link", name=name, exact=True)
    if link.count():
        link.click()
    else:
        page.get_by_test_id("stTopNavSection").click()
        page.get_by_role("menuitem", name=name, exact=True).click()


def at_rest(page: Page) -> None:
    """Wait until the page's script has run to its end, and the browser has drawn what came of it."""
    page.wait_for_timeout(400)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_timeout(400)
