"""How long it takes from nothing to a first tuned melody that sounds, by primary buttons alone.

    python benchmarks/first_melody.py

Starts the app on an empty workspace and walks through it with Chromium as a newcomer would who presses the one primary
button of each page as soon as it can be pressed, until a melody plays. Every second is told, from the start of the
server on, beside the load of the machine, for other programs make it longer.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

from app_server import CHROMIUM, FLAGS, free_port, start_app
from browsing import new_page

from chromasonic.ui.wording import listen, music, progress, results, search

if TYPE_CHECKING:
    from playwright.sync_api import Page

MARK = 300  # seconds
LONGEST = 900_000  # ms that a step may take
PLAYS = "[...document.querySelectorAll('audio')].some(sound => !sound.paused && sound.currentTime > 0)"
WAY = (  # each page and its primary button
    (music.TITLE, music.USE),
    (search.TITLE, search.START),
    (progress.TITLE, progress.SEE_RESULTS),
    (results.TITLE, results.LISTEN),
    (listen.TITLE, listen.COMPOSE),
)


def press_primary(page: Page, name: str) -> None:
    """Press the one primary button of the page as soon as it can be pressed; it must be the one called `name`."""
    button = page.locator("[data-testid=stBaseButton-primary]:enabled")
    button.filter(has_text=name).wait_for(timeout=LONGEST)
    if button.count() != 1:
        raise SystemExit(f"There is more than one primary button beside “{name}”.")
    button.click()


def walk(page: Page, address: str, tell: Callable[[str], None]) -> None:
    """From an empty workspace to a melody that sounds."""
    page.goto(address)
    for title, button in WAY:
        page.get_by_role("heading", name=title, level=1).wait_for(timeout=LONGEST)
        tell(f"{title}: the page is there")
        press_primary(page, button)
        tell(f"{title}: pressed “{button}”")
    page.wait_for_function(PLAYS, timeout=LONGEST)
    tell("A new melody sounds")


def main() -> None:
    print(f"{len(os.sched_getaffinity(0))} cores; load of the last minute: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = new_page(browser.new_context())
        home, port = Path(folder) / "Chromasonic", free_port()
        began = time.monotonic()

        def tell(what: str) -> None:
            print(f"{time.monotonic() - began:7.1f} s  {what}", flush=True)

        server = start_app(home, Path(folder) / "server.log", port)
        try:
            tell("The server answers")
            walk(page, f"http://127.0.0.1:{port}", tell)
        finally:
            taken = time.monotonic() - began
            server.terminate()
            server.wait(20)
            browser.close()
    print(f"mark: {MARK} s; {'met' if taken <= MARK else 'missed'}; load at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
