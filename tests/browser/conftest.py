"""A musician with a browser: the app as a server of its own, and Debian's Chromium in front of it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from app_server import CHROMIUM, FLAGS, ROOT, free_port, start_app
from browsing import arrive, at_rest, new_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

OpenBrowser = Callable[..., "Page"]


@dataclass(frozen=True)
class Server:
    """An app that answers, and where it keeps things."""

    url: str
    home: Path


@contextmanager
def serving(folder: Path, port: int, *options: str, app: Path = ROOT / "app.py") -> Iterator[Server]:
    """`streamlit run` on this port, with a workspace of its own in `folder`.

    Whatever was done, no traceback may have reached the server's log.
    """
    home, log = folder / "Chromasonic", folder / "server.log"
    process = start_app(home, log, port, *options, app=app)
    try:
        yield Server(f"http://127.0.0.1:{port}", home)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    assert "Traceback" not in log.read_text(encoding="utf-8"), log.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the tests of one file: of its `APP`, or of ours."""
    app = getattr(request.module, "APP", ROOT / "app.py")
    with serving(tmp_path_factory.mktemp("browser"), free_port(), app=app) as server:
        yield server


@pytest.fixture(scope="session", name="serving")
def serving_fixture() -> Callable[..., AbstractContextManager[Server]]:
    """Serves an app otherwise than `server` does."""
    return serving


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; a missing one skips these tests, and fails them in CI (see tests/conftest.py)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_browser(server: Server, chromium: Browser) -> Iterator[OpenBrowser]:
    """Opens a page of the app, dark or light, wide or narrow; fails the test when it fetched from outside."""
    contexts, outside = [], []

    def open_it(path: str = "/", *, dark: bool = False, width: int = 1280, language: str = "en-US") -> Page:
        context = chromium.new_context(
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",  # or axe-core may measure a colour half-way to another
            locale=language,
            viewport={"width": width, "height": 900},
            accept_downloads=True,
        )
        contexts.append(context)
        page = new_page(context)
        own = (server.url, server.url.replace("http", "ws"), "data:", "blob:")
        page.on("request", lambda request: request.url.startswith(own) or outside.append(request.url))
        arrive(page, server.url + path)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not outside, "the app fetched from outside"


@pytest.fixture(name="at_rest")
def at_rest_fixture() -> Callable[[Page], None]:
    """Waits until a page's script has run to its end."""
    return at_rest


@pytest.fixture
def photograph(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Takes a picture of a page for the README and the docs, with `--pictures docs/images`; does nothing without."""
    folder: str | None = request.config.getoption("--pictures")

    def take(page: Page, name: str) -> None:
        if folder is not None:
            at_rest(page)
            page.mouse.move(0, 0)
            page.screenshot(path=Path(folder) / f"{name}.png")

    return take


@pytest.fixture
def portray(photograph: Callable[[Page, str], None]) -> Callable[..., None]:
    """Takes the docs' picture of more of a page than its top: light and dark, and dark on a phone."""

    def take(page: Page, name: str, *, width: int, dark: bool) -> None:
        if dark or width > 500:
            page.set_viewport_size({"width": width, "height": 2000})
            photograph(page, f"pages/{name}-{'dark' if dark else 'light'}-{'phone' if width < 500 else 'desk'}")

    return take


@pytest.fixture
def violations() -> Callable[..., list[str]]:
    """What axe-core finds wrong with a page, or a part of it, for those who see, hear or move differently."""
    from axe_playwright_python.sync_playwright import Axe

    def find(page: Page, part: str | None = None) -> list[str]:
        # While a page is drawn anew, Streamlit dims what is not drawn yet, and a live page is drawn every second.
        page.add_style_tag(content="[data-stale='true'] { opacity: 1 !important; transition: none !important; }")
        found = Axe().run(page, context=part).response["violations"]
        return [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:120]}" for one in found]

    return find
