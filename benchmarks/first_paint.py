"""How soon the app shows its title after a start, and how much longer a slider takes while a model trains.

    python benchmarks/first_paint.py

*start*: a server that was just started, and a Chromium that opens its first page, until the title stands there: seconds
from the start of the process, and the processor seconds that the server spent by then. *slider*: on the Search page a
slider is moved by a key; milliseconds until the page has run again. While a search trains in the same server, and while
it is paused, by turns, so that whatever else the machine does meets both; the ratio is the median of the turns' ratios.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

import psutil
from app_server import CHROMIUM, FLAGS, free_port, start_app
from browsing import arrive, at_rest, new_page
from playwright.sync_api import sync_playwright

from chromasonic.ui.wording import progress as progress_words
from chromasonic.ui.wording import search as search_words

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

MARKS = {"start": 2.0, "slider": 1.3}  # s; times
PAUSE = ".st-key-pause-or-go-on button"
A_LONG_ONE = "trials=200&minutes=600"
LISTEN = """
    window.took = new Promise(done => {
        const app = document.querySelector("[data-testid=stApp]"), began = performance.now();
        let hasRun = false;
        const watch = new MutationObserver(() => {
            if (app.dataset.testScriptState !== "notRunning") hasRun = true;
            else if (hasRun) { watch.disconnect(); done(performance.now() - began); }
        });
        watch.observe(app, { attributes: true });
    }), 0
"""


def spent_by(pid: int) -> float:
    """Processor seconds of the server, without its children."""
    return sum(psutil.Process(pid).cpu_times()[:2])


def first_title(browser: Browser, folder: Path) -> tuple[float, float]:
    """Seconds from the start of a server to the title of its first page, and the processor seconds it spent."""
    port = free_port()
    began = time.perf_counter()
    process = start_app(folder / "Chromasonic", folder / "server.log", port)
    try:
        page = new_page(browser.new_context())
        page.goto(f"http://127.0.0.1:{port}", wait_until="commit")
        page.get_by_role("heading", level=1).wait_for()
        took = time.perf_counter() - began, spent_by(process.pid)
        page.context.close()
        return took
    finally:
        process.kill()
        process.wait()


def move_a_slider(page: Page, key: str) -> float:
    """Milliseconds until the page has run again after a slider was moved."""
    page.get_by_role("slider").first.focus()
    page.evaluate(LISTEN)
    page.keyboard.press(key)
    took: float = page.evaluate("window.took")
    page.wait_for_timeout(300)
    return took


def moves(page: Page, times: int) -> float:
    """The median of a few moves there and back."""
    return statistics.median(move_a_slider(page, ("ArrowRight", "ArrowLeft")[turn % 2]) for turn in range(2 * times))


def start_a_search(context: BrowserContext, address: str) -> Page:
    """Begin a search over the collection that is chosen at first, longer than what is measured; its page."""
    page = new_page(context)
    arrive(page, address)
    page.locator(".st-key-use button").click()
    page.get_by_role("heading", name=search_words.TITLE).wait_for()
    at_rest(page)
    arrive(page, f"{page.url}{'&' if '?' in page.url else '?'}{A_LONG_ONE}")
    page.locator("[data-testid=stBaseButton-primary]").click()
    page.locator(PAUSE).first.wait_for()
    return page


def turn(progress: Page, trains: bool, server: psutil.Process) -> None:
    """Let the search go on, or pause it, and wait until the children do so: they finish an epoch first."""
    progress.locator(PAUSE).first.click()
    progress.locator(PAUSE).filter(has_text=progress_words.PAUSE if trains else progress_words.RESUME).first.wait_for()
    was: list[float] = []
    for _ in range(240):
        progress.wait_for_timeout(500)
        was.append(sum(sum(child.cpu_times()[:2]) for child in server.children(recursive=True)))
        if len(was) > 2 and (was[-1] - was[-3] > 0.05) == trains:  # niced as they are, others may leave them little
            return
    raise SystemExit("the search did not pause or go on")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--turns", type=int, default=6, help="of training, each beside one of rest")
    parser.add_argument("--moves", type=int, default=4, help="of the slider in each turn, there and back")
    options = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}", end="; ")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = Path(place)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        starts = [first_title(browser, folder) for _ in range(options.starts)]
        wall, cpu = (statistics.median(times) for times in zip(*starts, strict=True))
        print(f"start to title: {wall:.2f} s, {cpu:.2f} s of processor time")
        print(f"mark: {MARKS['start']} s", flush=True)
        if not options.turns:
            return
        port = free_port()
        process = start_app(folder / "Chromasonic", folder / "server.log", port)
        try:
            context, address = browser.new_context(), f"http://127.0.0.1:{port}"
            progress, page = start_a_search(context, address), new_page(context)
            arrive(page, f"{address}/search")
            at_rest(page)
            page.get_by_text(search_words.HOW_LONG, exact=True).click()
            page.get_by_role("slider").first.wait_for()
            moves(page, 1)
            print(f"{'slider (ms)':>12} {'training':>9} {'at rest':>9} {'ratio':>6}")
            ratios = []
            for number in range(options.turns):
                training = moves(page, options.moves)
                turn(progress, False, psutil.Process(process.pid))
                rest = moves(page, options.moves)
                turn(progress, True, psutil.Process(process.pid))
                ratios.append(training / rest)
                print(f"{number + 1:>12} {training:>9.0f} {rest:>9.0f} {ratios[-1]:>6.2f}", flush=True)
            print(f"median ratio {statistics.median(ratios):.2f} (mark {MARKS['slider']})")
        finally:
            process.terminate()
            process.wait(30)
            browser.close()


if __name__ == "__main__":
    main()
