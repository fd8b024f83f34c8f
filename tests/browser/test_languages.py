"""The pages speak the browser's language, until the musician chooses another; that one the browser remembers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from app_server import ROOT, free_port

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

OpenBrowser = Callable[..., "Page"]

APP = """
import pseudo
from chromasonic import languages
from chromasonic.ui import shell

languages.OFFERED = ("en", pseudo.CODE)
bracketed = pseudo.pseudo_language()
languages.language = lambda code: bracketed
shell.open_app()
"""


@pytest.fixture(scope="module")
def server(serving: Callable[..., object], tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """The app where a second language is offered: the English texts in brackets."""
    folder = tmp_path_factory.mktemp("languages")
    (folder / "app.py").write_text(APP, encoding="utf-8")
    (folder / "pages").symlink_to(ROOT / "pages")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'tests/helpers'}")
        with serving(folder, free_port(), app=folder / "app.py") as server:
            yield server


def is_told(page: Page, title: str) -> None:
    page.get_by_role("heading", name=title, exact=True, level=1).wait_for()


def test_the_browser_chooses_the_language_and_the_musician_another(
    open_browser: OpenBrowser, violations: Callable[[Page], list[str]]
) -> None:
    page = open_browser(language="de-AT")
    is_told(page, "⟦Your music⟧")
    page.wait_for_function("document.documentElement.lang == 'de'")
    assert page.get_by_role("link", name="⟦Listen⟧").count()
    assert violations(page) == []
    page.get_by_role("button", name="Deutsch").click()
    page.get_by_text("English", exact=True).click()
    is_told(page, "Your music")
    page.wait_for_function("document.documentElement.lang == 'en' && document.cookie.includes('=en')")
    page.reload()
    is_told(page, "Your music")


def test_a_browser_whose_language_is_not_offered_reads_english(open_browser: OpenBrowser) -> None:
    page = open_browser(language="sv-SE", width=375)
    is_told(page, "Your music")
