"""How long each page takes to come, beside a full workspace: 200 searches, one of them of 10,000 trials and 20 epochs.

    python benchmarks/pages.py

The searches are made up (see `live_page.py`); the server, the browser and the pages are the real ones. Each page is
opened twice, as a link from outside opens it: *cold* for the first time since the server began, *warm* when that is
done, the median of the rounds. *paint* is the time until the browser shows the page's title and content below it,
*whole* until nothing turns any more; *server* is the processor time that the server spent, so that it means something
on a busy machine. Then the memory of the server, and what five tabs that watch the large search take of one core. At
the end optuna-dashboard on the same database: what its page asks for, for the first time and the median of the rounds.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from urllib.request import urlopen

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


def open_page(page: Page, address: str, server: psutil.Process) -> tuple[float, float, float]:
    """Seconds until the page shows something and until it is whole, and the processor seconds of the server."""
    before, began = spent_by(server), time.perf_counter()
    page.goto(address, wait_until="commit")
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_function("document.querySelectorAll('[data-testid=stElementContainer]').length > 3")
    painted = time.perf_counter() - began
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    return painted, time.perf_counter() - began, spent_by(server) - before


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


def beside(workspace: Workspace, search: Search, rounds: int) -> str:
    """What optuna-dashboard takes for the same search."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("optuna-dashboard")), workspace.storage_url, f"--port={port}", "-q"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server, address = psutil.Process(process.pid), f"http://127.0.0.1:{port}"
    try:
        while True:  # until it listens
            try:
                urlopen(f"{address}/api/meta", timeout=60).read()
                break
            except OSError:
                time.sleep(0.2)
        times = []
        for _ in range(rounds + 1):
            before, began = spent_by(server), time.perf_counter()
            size = len(urlopen(f"{address}/api/studies/{search.id}", timeout=300).read())
            times.append((time.perf_counter() - began, spent_by(server) - before))
        (first, first_cpu), *later = times
        wall, cpu = (statistics.median(column) for column in zip(*later, strict=True))
        return (
            f"optuna-dashboard: first answer {first:.2f} s ({first_cpu:.2f} of the server), later {wall:.2f} s "
            f"({cpu:.2f}), {size / 2**20:.0f} MiB each; memory {server.memory_info().rss / 2**20:.0f} MiB"
        )
    finally:
        process.kill()
        process.wait()


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
            print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; seconds")
            columns = [f"{which} {name}" for which in ("cold", "warm") for name in ("paint", "whole", "server")]
            print(" ".join([f"{'page':<10}", *(f"{column:>12}" for column in columns)]))
            for name in options.pages:
                address = f"http://127.0.0.1:{port}/{name}?search={quote(LARGE)}"
                page = new_page(context)
                cold = open_page(page, address, server)
                warm = [open_page(page, address, server) for _ in range(options.rounds)]
                page.close()
                medians = [statistics.median(times) for times in zip(*warm, strict=True)]
                print(
                    " ".join([f"{name or 'music':<10}", *(f"{took:>12.2f}" for took in [*cold, *medians])]), flush=True
                )
            print(f"memory of the server: {server.memory_info().rss / 2**20:.0f} MiB")
            share = watch(
                context, f"http://127.0.0.1:{port}/progress?search={quote(LARGE)}", search, server, options.watched
            )
            print(f"{TABS} tabs that watch: {share:.0%} of a core; {server.memory_info().rss / 2**20:.0f} MiB")
        finally:
            browser.close()
            process.kill()
            process.wait()
        print(beside(workspace, search, options.rounds))
        print(f"load {os.getloadavg()[0]:.1f}")
        search.database.engine.dispose()
    print(f"marks: {MARKS['warm page']:.0f} s warm, {MARKS['memory']} MiB, five tabs 30 % of a core")


if __name__ == "__main__":
    main()
