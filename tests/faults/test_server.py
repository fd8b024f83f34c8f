"""The app is killed, stopped and pressed twice while a search runs in it, with a browser before it."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from app_server import CHROMIUM, FLAGS, ROOT, free_port, start_app
from processes import still_running
from searches import practice_search

from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.results.records import FINISHED, SearchState
from chromasonic.ui.wording import progress as words
from chromasonic.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]
N_TRIALS = 60


class App:
    """The app, a search in its workspace, and browsers before it."""

    def __init__(self, browser, folder):
        self.browser = browser
        self.log = folder / "server.log"
        self.workspace = Workspace.open(folder / "Chromasonic")
        self.search = practice_search(self.workspace, "An evening’s search", n_trials=N_TRIALS)
        self.port = free_port()
        self.start()

    def start(self):
        self.process = start_app(self.workspace.root, self.log, self.port)

    def open_progress(self):
        page = self.browser.new_page(viewport={"width": 1100, "height": 1400})
        page.set_default_timeout(90_000)
        page.goto(f"http://127.0.0.1:{self.port}/progress?search={self.search.name}")
        page.get_by_role("heading", name=words.TITLE).wait_for()
        return page

    def finished(self):
        return {trial.number: trial for trial in self.search.record().trials if trial.state in FINISHED}

    def wait_for_trials(self, n):
        end = time.monotonic() + 120
        while len(self.finished()) < n:
            assert time.monotonic() < end
            time.sleep(0.1)

    def wait_for_the_end(self):
        end = time.monotonic() + 200
        while self.search.record().state is SearchState.RUNNING:
            assert time.monotonic() < end
            time.sleep(0.2)

    def family(self):
        return [self.process, *psutil.Process(self.process.pid).children(recursive=True)]


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def app(browser, tmp_path):
    app = App(browser, tmp_path)
    yield app
    app.process.kill()
    app.process.wait()
    forget_database(app.workspace.storage_url)
    assert "Traceback" not in app.log.read_text(encoding="utf-8")


def press(page, label):
    page.get_by_role("button", name=label, exact=True).click()


def picture(page, name):
    if folder := os.environ.get("PICTURES"):
        page.wait_for_timeout(1500)
        page.screenshot(path=f"{folder}/{name}.png")


def test_after_a_kill_of_the_server_the_page_shows_what_was_finished_and_goes_on_to_the_end(app):
    page = app.open_progress()
    press(page, words.START)
    app.wait_for_trials(5)
    before, family = app.finished(), app.family()
    app.process.kill()
    app.process.wait()
    alive = still_running(family[1:], 20)
    assert not alive
    picture(page, "server-gone")
    app.start()
    page.reload()
    page.get_by_role("button", name=words.RESUME, exact=True).wait_for()
    picture(page, "server-back")
    after = app.finished()
    assert {number: after.get(number) for number in before} == before
    assert app.search.record().state is SearchState.STOPPED
    press(page, words.RESUME)
    app.wait_for_trials(N_TRIALS)
    app.wait_for_the_end()
    assert app.search.record().state is SearchState.FINISHED
    assert len(app.finished()) == N_TRIALS


def test_two_tabs_that_press_at_once_start_one_search(app):
    one, two = app.open_progress(), app.open_progress()
    for page in (one, two):
        page.get_by_role("button", name=words.START, exact=True).wait_for()
    for page in (one, two):  # the click itself does not wait for an answer
        page.evaluate(
            "label => [...document.querySelectorAll('button')].find(b => b.innerText.includes(label)).click()",
            words.START,
        )
    for page in (one, two):
        page.get_by_role("button", name=words.STOP, exact=True).wait_for()
        assert page.locator("[data-testid=stAlert]").count() == 0
    picture(two, "second-tab")
    app.wait_for_trials(N_TRIALS)
    app.wait_for_the_end()
    assert len(app.finished()) == N_TRIALS
    assert len(app.search.record().trials) == N_TRIALS


def test_the_app_and_the_terminal_tell_each_other_who_runs_a_search(app):
    app.search.extend(5000, None)  # they are short, and the browser takes its time
    page = app.open_progress()
    press(page, words.START)
    app.wait_for_trials(1)
    command = [sys.executable, "-m", "chromasonic.hyperparameter_search_example", "--resume", app.search.name]
    command += ["--output-dir", str(app.workspace.root / "reports")]
    environment = {**os.environ, "CHROMASONIC_HOME": str(app.workspace.root)}
    refused = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert f"is already running in the app on this machine (process {app.process.pid})." in refused.stderr
    press(page, words.STOP)
    page.get_by_role("button", name=words.RESUME, exact=True).wait_for()
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as terminal:
        while (holder := app.search.holder()) is None or holder.pid != terminal.pid:  # the app writes its reports
            assert terminal.poll() is None
            time.sleep(0.1)
        page.reload()
        where = f"This search runs in a terminal on this machine (process {terminal.pid})."
        page.get_by_text(where).wait_for()
        picture(page, "in-a-terminal")
        terminal.send_signal(signal.SIGINT)
        assert terminal.wait(60) == 130
    page.get_by_role("button", name=words.RESUME, exact=True).wait_for()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_server_that_is_asked_to_end_ends_in_good_order(app, number, say_at_the_end):
    page = app.open_progress()
    press(page, words.START)
    app.wait_for_trials(2)
    family = app.family()
    assert len(family) > 1
    began = time.monotonic()
    app.process.send_signal(number)
    app.process.wait(60)
    took = time.monotonic() - began
    alive = still_running(family[1:], 10)
    assert not alive
    record = app.search.record()
    assert (record.state, record.reason) == (SearchState.STOPPED, "you stopped it")
    assert (app.search.folder / "results" / "optimization_report.txt").exists()
    say_at_the_end(f"the app, {number.name}: ended in {took:.1f} s")
