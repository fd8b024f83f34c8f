"""The story of a search in a real browser: its links lead to what the words mean, and everyone can follow it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest
import searches
from browsing import arrive, at_rest, new_page

from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.music.collections import load_collection
from chromasonic.ui.wording import story
from chromasonic.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def address(
    tmp_path_factory: pytest.TempPathFactory, serving: Callable[..., AbstractContextManager[Any]]
) -> Iterator[str]:
    """A server that has a small search over forty of Ryan's tunes."""
    from app_server import free_port

    folder = tmp_path_factory.mktemp("story")
    workspace = Workspace.open(folder / "Chromasonic")
    tunes = load_collection("ryans", workspace.cache).melodies[:40]
    searches.run(searches.tiny_search(workspace, tunes))
    forget_database(workspace.storage_url)
    with serving(folder, free_port()) as server:
        yield server.url


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375], ids=["desk", "phone"])
def test_it_is_for_everyone_fits_and_explains_its_words(
    address: str, chromium: Browser, violations: Callable[[Page], list[str]], width: int, dark: bool
) -> None:
    context = chromium.new_context(
        color_scheme="dark" if dark else "light",
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
    )
    page = new_page(context)
    arrive(page, f"{address}/story")
    page.get_by_role("heading", name=story.TRUST).wait_for()
    at_rest(page)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.get_by_role("link", name="pruning").click()
    page.wait_for_function(
        "(at => at.top >= 0 && at.top < innerHeight)(document.getElementById('pruning').getBoundingClientRect())"
    )
    assert page.url.startswith(f"{address}/story")
    context.close()
