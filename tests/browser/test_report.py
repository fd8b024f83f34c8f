"""The report as a page: opened by a double click, without a network, by everyone, and printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import searches
from app_server import free_port
from browsing import arrive, new_page

from chromasonic.languages import speaking
from chromasonic.melody_generation.hyperparameter_search.evaluation import held_out_scores
from chromasonic.music.collections import load_collection
from chromasonic.operations.report_files import write_reports
from chromasonic.ui.wording import results as words
from chromasonic.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on a small search over forty of Ryan's tunes."""
    workspace = Workspace.open(tmp_path_factory.mktemp("report") / "Chromasonic")
    tunes = load_collection("ryans", workspace.cache).melodies[:40]
    search = searches.tiny_search(workspace, tunes, name="<b>Forty</b> tunes " + "x" * 100)
    searches.run(search)
    held_out_scores(search)
    return write_reports(search, ["html"], workspace.root)[0]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375], ids=["desk", "phone"])
def test_it_is_for_everyone_fits_and_needs_no_network(
    file: Path, chromium: Browser, violations: Callable[[Page], list[str]], width: int, dark: bool
) -> None:
    context = chromium.new_context(
        offline=True,
        color_scheme="dark" if dark else "light",
        viewport={"width": width, "height": 900},
        bypass_csp=True,
    )  # axe-core is a script, which the page itself forbids
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.get_by_role("heading", level=1).inner_text().startswith("<b>Forty</b> tunes")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()


def test_its_songs_play_and_its_policy_lets_everything_of_its_own_act(file: Path, chromium: Browser) -> None:
    page = chromium.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(file.as_uri())
    page.wait_for_function("[...document.querySelectorAll('audio')].every(song => song.duration > 5)")
    assert page.evaluate("getComputedStyle(document.querySelector('.song')).borderTopStyle") == "solid"
    assert complaints == []
    page.close()


def test_on_paper_there_are_no_players_and_nothing_is_cut_off(file: Path, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 670, "height": 900})  # A4 within its margins
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(file.as_uri())
    assert not page.locator("audio").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.querySelector('.wide table').scrollWidth - document.body.clientWidth") <= 0
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()


def test_it_speaks_the_language_of_the_page_it_is_downloaded_from(
    file: Path, serving: Callable[..., AbstractContextManager[Any]], chromium: Browser
) -> None:
    with speaking("de"):
        button = words.REPORTS["html"][0]
    with serving(file.parents[1], free_port()) as server:
        page = new_page(chromium.new_context(locale="de-DE", accept_downloads=True))
        arrive(page, f"{server.url}/results")
        with page.expect_download() as started:
            page.get_by_role("button", name=button).click()
        report = Path(started.value.path()).read_text(encoding="utf-8")
        page.context.close()
    assert '<html lang="de">' in report
    assert re.search(r"Validierungs-Loss \d,\d{3}<|Validierungs-Loss \d,\d{3} ", report)
    assert "Validation loss" not in report
