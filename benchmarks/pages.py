"""How long each page takes to come, beside a full workspace: 200 searches, one of them of 10,000 trials and 20 epochs.

    python benchmarks/pages.py

The searches are made up (see `live_page.py`); the server, the browser and the pages are the real ones. Each page is
opened twice, as a link from outside opens it: *cold* for the first time since the server began, *warm* when that is
done, the median of the rounds. *wall* is the time until the browser shows the page's title, content below it, and
nothing that still turns; *server* is the processor time that the server spent, so that it means something on a busy
machine. At the end: the memory of the server, and what five tabs that watch the large search take of one core.
"""

from __future__ import annotations

import argparse
import logging
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

import optuna
import psutil
from app_server import CHROMIUM, FLAGS, free_port, start_app
from browsing import new_page
from live_page import fill, music, sing
from playwright.sync_api import sync_playwright

from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search
from chromasonic.melody_generation.hyperparameter_search.search import Search
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.results.records import Baselines, SearchState
from chromasonic.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

PAGES = ("", "search", "progress", "results", "listen", "studies", "story", "ears", "compare", "models", "help")
MARKS = {"warm page": 1.0, "memory": 600}  # s; MiB
TABS = 5
LARGE = "The large one"


def make_up(workspace: Workspace, name: str, n_trials: int, epochs: int) -> Search:
    """A finished search of so many trials."""
    settings = SearchSettings(n_trials=2 * n_trials)
    baselines = Baselines(uniform=4.5, ngram=2.3, ngram_order=4)
    search = create_search(name, music(), settings, workspace=workspace, baselines=baselines)
    search.study.sampler = optuna.samplers.RandomSampler(seed=0)
    fill(search, n_trials, random.Random(0), epochs)
    search.write_status(SearchState.STOPPED, 100.0)
    return search


def spent_by(server: psutil.Process) -> float:
    """Processor seconds of the server and its children so far."""
    family = [server, *server.children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in family)


def open_page(page: Page, address: str, server: psutil.Process) -> tuple[float, float]:
    """Seconds until the page stands there, and the processor seconds that the server spent on it."""
    before, began = spent_by(server), time.perf_counter()
    page.goto(address, wait_until="commit")
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_function("document.querySelectorAll('[data-testid=stElementContainer]').length > 3")
    return time.perf_counter() - began, spent_by(server) - before


def watch(context: BrowserContext, address: str, search: Search, server: psutil.Process, seconds: int) -> float:
    """Which share of a core five tabs take that watch the search while it runs and nothing new comes."""
    search.take("a benchmark")
    search.write_status(SearchState.RUNNING, 100.0)
    for _ in range(TABS):
        open_page(new_page(context), address, server)
    time.sleep(5)
    before, began = spent_by(server), time.perf_counter()
    while time.perf_counter() < began + seconds:
        search.beat(100.0)
        time.sleep(1)
    return (spent_by(server) - before) / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--searches", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--watched", type=int, default=20, help="seconds that five tabs watch")
    parser.add_argument("--pages", nargs="+", default=PAGES)
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = Workspace.open(Path(folder) / "Chromasonic")
        for number in range(options.searches - 1):
            make_up(workspace, f"Search {number}", 5, 8)
        search = make_up(workspace, LARGE, options.trials, options.epochs)
        sing(search)
        port = free_port()
        process = start_app(workspace.root, Path(folder) / "server.log", port)
        server = psutil.Process(process.pid)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            context = browser.new_context(viewport={"width": 1280, "height": 1400})
            print(f"{'page':<10} {'cold wall':>10} {'server':>8} {'warm wall':>10} {'server':>8}  (s)")
            for name in options.pages:
                address = f"http://127.0.0.1:{port}/{name}?search={quote(LARGE)}"
                page = new_page(context)
                cold = open_page(page, address, server)
                warm = [open_page(page, address, server) for _ in range(options.rounds)]
                page.close()
                wall, cpu = (statistics.median(times) for times in zip(*warm, strict=True))
                print(f"{name or 'music':<10} {cold[0]:>10.2f} {cold[1]:>8.2f} {wall:>10.2f} {cpu:>8.2f}", flush=True)
            print(f"memory of the server: {server.memory_info().rss / 2**20:.0f} MiB")
            share = watch(
                context, f"http://127.0.0.1:{port}/progress?search={quote(LARGE)}", search, server, options.watched
            )
            print(f"{TABS} tabs that watch: {share:.0%} of a core; {server.memory_info().rss / 2**20:.0f} MiB")
        finally:
            browser.close()
            process.kill()
            process.wait()
            search.database.engine.dispose()
    print(f"marks: {MARKS['warm page']:.0f} s warm, {MARKS['memory']} MiB, five tabs 30 % of a core")


if __name__ == "__main__":
    main()
