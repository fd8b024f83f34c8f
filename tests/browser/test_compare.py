"""Two real searches side by side in a real browser: seen, heard, and kept over a reload."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import searches

from chromasonic.melody_generation.hyperparameter_search.evaluation import held_out_scores
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.music.collections import load_collection
from chromasonic.ui.wording import compare as words
from chromasonic.ui.wording import results, studies
from chromasonic.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

OpenBrowser = Callable[..., "Page"]
AtRest = Callable[["Page"], None]


@pytest.fixture(scope="module")
def compared(server: Any) -> str:
    """Three searches over Ryan's tunes, two of them over the same ones; how the address names them."""
    workspace = Workspace.open(server.home)
    tunes = load_collection("ryans", workspace.cache).melodies
    ids = []
    for name, some, settings in (
        ("Reels, once", tunes[:60], {}),
        ("Reels, twice", tunes[:60], {"seed": 3, "families": ("gru",), "n_trials": 4}),
        ("Jigs, once", tunes[40:100], {}),
    ):
        search = searches.run(searches.tiny_search(workspace, some, name, **settings))
        held_out_scores(search)
        ids.append(search.id)
    forget_database(workspace.storage_url)
    return ",".join(map(str, ids))


def test_searches_are_chosen_compared_heard_and_kept_over_a_reload(
    compared: str, open_browser: OpenBrowser, at_rest: AtRest, photograph: Callable[[Page, str], None]
) -> None:
    page = open_browser("/studies?search=Reels, twice")
    page.get_by_role("button", name=studies.COMPARE, exact=True).click()
    page.get_by_role("heading", name=words.TITLE).wait_for()
    page.get_by_role("heading", name=words.SONGS).wait_for()
    at_rest(page)
    one, other, _ = compared.split(",")
    assert page.url.split("studies=")[1].split("&")[0].replace("%2C", ",") == f"{other},{one}"  # of the same music

    page.get_by_role("combobox").click()
    page.keyboard.type("Jigs")
    page.keyboard.press("Enter")
    page.get_by_text("They learned other music").wait_for()
    page.keyboard.press("Escape")
    page.reload()
    page.get_by_text("They learned other music").wait_for()
    at_rest(page)
    for letter in "ABC":
        page.get_by_role("button", name=words.RESULTS_OF.format(letter=letter)).wait_for()
    photograph(page, "compare")

    page.get_by_role("radio", name=words.ALONGS["time"]).focus()
    page.keyboard.press("Space")
    page.locator(".js-plotly-plot").get_by_text(words.ACROSS["seconds"]).wait_for()

    for letter, name in (("A", "Reels, twice"), ("C", "Jigs, once")):
        page.evaluate("key => void document.querySelector(`.st-key-winner-${key} audio`).play()", letter)
        page.locator(".player .heading").get_by_text(words.SONG_TITLE.format(letter=letter, name=name)).wait_for()
        page.locator(".roll .sounding").first.wait_for(state="attached")
    page.get_by_role("button", name=words.RESULTS_OF.format(letter="C")).click()
    page.get_by_role("heading", name=results.TITLE).wait_for()
    page.get_by_text("Jigs, once · learned from").wait_for()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375], ids=["desk", "phone"])
def test_the_page_is_for_everyone_and_fits(
    width: int,
    dark: bool,
    compared: str,
    open_browser: OpenBrowser,
    violations: Callable[[Page], list[str]],
    at_rest: AtRest,
    portray: Callable[..., None],
) -> None:
    page = open_browser(f"/compare?studies={compared}", dark=dark, width=width)
    page.locator(".js-plotly-plot").first.wait_for()
    page.locator(".player .roll").wait_for()
    at_rest(page)
    page.mouse.move(0, 0)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    portray(page, "compare", width=width, dark=dark)
