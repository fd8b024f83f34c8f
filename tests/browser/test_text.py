"""What a title or a name holds is shown as it is, and never as a link, a picture or a list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from nasty import NASTY

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

APP = Path(__file__).parents[1] / "helpers/text_page.py"
WAYS = {  # how the page shows a text, and the words that it then reads
    "alone": "{0}", "within": "{0} · learns from {0}", "listed": "{0} – {0}", "heading": "{0}", "small": "{0}",
    "error": "{0}", "table": "name {0}",
}  # fmt: skip
LOOK = """([ways, count]) => ways.map(way => [...Array(count).keys()].map(number => {
    const shown = document.querySelector(`.st-key-${way}-${number}`);
    const kinds = "a, img, svg.emoji, em, del, code, pre, blockquote, hr, h1, h4, input, script, .katex, ol, li li";
    return [shown.innerText, [...shown.querySelectorAll(kinds)].map(found => found.tagName)];
}))"""


def test_any_text_is_shown_as_it_is(open_browser: Callable[..., Page]) -> None:
    page = open_browser("/")
    wrong = []
    for way, seen in zip(WAYS, page.evaluate(LOOK, [list(WAYS), len(NASTY)]), strict=True):
        for text, (shown, elements) in zip(NASTY, seen, strict=True):
            expected = WAYS[way].format(" ".join(text.split()))
            if " ".join(shown.replace("\u2060", "").split()) != expected or elements:
                wrong.append(f"{way} {text!r}: {shown!r} {elements}")
    assert wrong == []
