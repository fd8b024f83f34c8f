"""A final model's whole way: trained, taken home, brought to another machine, heard there, and gone on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import searches
from app_server import free_port
from browsing import arrive, new_page, turn_to

from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.melody_generation.model_bundle import load_model_bundle
from chromasonic.music.collections import load_collection
from chromasonic.music.sets import MusicSet, save_music_set
from chromasonic.ui.wording import listen, models, results
from chromasonic.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

Serving = Callable[..., AbstractContextManager]
AtRest = Callable[["Page"], None]
Violations = Callable[["Page"], list[str]]
LONG = 120_000  # ms, on a busy machine


@pytest.fixture(scope="module")
def two_machines(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The addresses of a machine with a finished search over a hundred of Ryan's tunes, and of one with other tunes."""
    here, there = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("there")
    tunes = load_collection("ryans", tmp_path_factory.mktemp("cache")).melodies
    workspace = Workspace.open(here / "Chromasonic")
    music = MusicSet("Forty tunes", tunes[:100], sources=("Ryan's Mammoth Collection",))
    save_music_set(workspace.music, music)
    searches.run(searches.tiny_search(workspace, music.melodies, name="Ryan's, once"))
    forget_database(workspace.storage_url)
    other = Workspace.open(there / "Chromasonic")
    save_music_set(other.music, MusicSet("Other tunes", tunes[80:160], sources=("Ryan's Mammoth Collection",)))
    with serving(here, free_port()) as first, serving(there, free_port()) as second:
        yield first.url, second.url


def opened(chromium: Browser, url: str, *, dark: bool = False, width: int = 1280) -> Page:
    context = chromium.new_context(
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        viewport={"width": width, "height": 900},
        accept_downloads=True,
    )
    page = new_page(context)
    arrive(page, url)
    return page


def test_a_final_model_goes_home_and_learns_on_elsewhere(
    two_machines: tuple[str, str], chromium: Browser, at_rest: AtRest, violations: Violations, tmp_path: Path
) -> None:
    here, there = two_machines
    page = opened(chromium, f"{here}/results")
    page.get_by_role("button", name=results.FINAL_TRAIN).click()
    page.get_by_text(results.FINAL_DONE).wait_for(timeout=LONG)
    page.get_by_text(results.FINAL_CARD).click()
    page.get_by_text("How well it knows such music").wait_for()
    with page.expect_download() as started:
        page.get_by_role("button", name=results.FINAL_TAKE).click()
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    assert file.name.endswith(".chromasonic-model.zip")
    assert load_model_bundle(file).about.music.n_tunes == 100
    page.get_by_role("button", name=results.FINAL_KEEP).click()
    page.get_by_role("heading", name=models.TITLE).wait_for()
    page.get_by_text("is among your models now").wait_for()
    page.context.close()

    page = opened(chromium, f"{there}/models")
    page.get_by_role("button", name=models.BRING).click()
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(file)
    page.get_by_role("dialog").get_by_test_id("stFileChip").wait_for()
    page.get_by_role("button", name=models.BRING_YES).click()
    page.get_by_text(models.BROUGHT.format(name="Ryan's, once")).wait_for()
    at_rest(page)
    assert violations(page) == []

    page.get_by_role("button", name=models.LISTEN).click()
    page.get_by_role("heading", name=listen.TITLE, exact=True).wait_for()
    at_rest(page)
    page.get_by_role("button", name=listen.COMPOSE, exact=True).click()
    page.locator("audio").first.wait_for()
    page.wait_for_function("document.querySelector('audio').duration > 5")
    page.reload()
    page.locator("audio").first.wait_for()  # what it sang is kept

    turn_to(page, "Models")
    page.get_by_role("button", name=models.GO_ON).click()
    page.get_by_role("dialog").locator("input[type=number]").fill("3")
    page.get_by_role("button", name=models.BEGIN, exact=True).click()
    page.get_by_text("It has learned from Other tunes").wait_for(timeout=LONG)
    page.get_by_text(models.ARE_UNHEARD).wait_for()
    page.locator("audio").nth(1).wait_for()
    page.reload()  # the decision waits
    page.get_by_role("button", name=models.KEEP_NEW).wait_for()
    at_rest(page)
    assert violations(page) == []
    page.get_by_role("button", name=models.KEEP_NEW).click()
    page.get_by_text(models.KEPT_NEW.format(name="Ryan's, once")).wait_for()
    page.get_by_text("gone on with").wait_for()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375], ids=["desk", "phone"])
def test_the_page_is_for_everyone_and_fits(
    width: int,
    dark: bool,
    two_machines: tuple[str, str],
    chromium: Browser,
    at_rest: AtRest,
    violations: Violations,
    portray: Callable[..., None],
) -> None:
    page = opened(chromium, f"{two_machines[1]}/models", dark=dark, width=width)
    page.get_by_role("heading", name=models.TITLE).wait_for()
    at_rest(page)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    portray(page, "models", width=width, dark=dark)
