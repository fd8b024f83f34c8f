"""A search, its music and its tunes with the worst of names, on every page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import searches
from streamlit.testing.v1 import AppTest

from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search, rename_search
from chromasonic.melody_generation.hyperparameter_search.search import Search
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.music.collections import load_collection
from chromasonic.music.sets import MusicSet, save_music_set
from chromasonic.ui.errors import escaped
from chromasonic.workspace import Workspace

NAME = "<script>x</script> [a](https://e.x) ../../up $y^2$ :red[z] 1. **b** `c` '\" 🎵 שיר"
PIECES = ("<script>", "](https:", "$y^2$", ":red[", "**b**", "`c`")  # as Markdown would read them
KINDS = ("markdown", "caption", "error", "warning", "info", "success", "header", "subheader", "title")
PAGES = ["music", "search", "progress", "results", "story", "listen", "ears", "studies"]


@pytest.fixture(scope="session")
def badly_named_home(tmp_path_factory: pytest.TempPathFactory, ryans_parsed: Path) -> Path:
    workspace = Workspace.open(tmp_path_factory.mktemp("badly named") / "Chromasonic")
    tunes = load_collection("ryans", ryans_parsed).melodies[:40]
    tunes = tuple(replace(tune, title=f"{NAME} {number}") for number, tune in enumerate(tunes))
    save_music_set(workspace.music, MusicSet(NAME, tunes, sources=(f"{NAME}.mid",)))
    searches.run(searches.tiny_search(workspace, tunes, name=NAME))
    forget_database(workspace.storage_url)
    return workspace.root


@pytest.fixture
def badly_named(home: Path, badly_named_home: Path) -> Iterator[Search]:
    shutil.copytree(badly_named_home, home)
    workspace = Workspace.open(home)
    yield open_search(NAME, workspace)
    forget_database(workspace.storage_url)


def test_it_is_text_on_the_compare_page_beside_another(badly_named: Search, open_page) -> None:
    searches.practice_search(badly_named.workspace, f"{NAME} again")
    assert unescaped(open_page("pages/compare.py")) == []


def unescaped(page: AppTest) -> list[str]:
    written = [str(element.value) for kind in KINDS for element in page.get(kind)]
    return [text for text in written if any(piece in text for piece in PIECES)]


@pytest.mark.parametrize("page", PAGES)
def test_it_is_text_on_every_page(page: str, badly_named: Search, open_page) -> None:
    app = open_page(f"pages/{page}.py", search=NAME, music=NAME, **{"from": "saved"} if page == "music" else {})
    assert unescaped(app) == []


@pytest.mark.parametrize("address", ["../../etc/passwd", f"{NAME}, gone", "x" * 10_000, "a\x00b"])
def test_an_address_of_any_words_opens_a_page_that_says_so(address: str, badly_named: Search, open_page) -> None:
    app = open_page("pages/progress.py", search=address, music=address)
    assert unescaped(app) == []
    assert len(app.error) == 1
    assert "unexpected" not in app.error[0].value


def test_the_time_in_a_name_is_copied_from_a_page_as_it_stands() -> None:
    assert escaped("mine, 28 Nov 2026 11:37").replace("\\", "") == "mine, 28 Nov 2026 11:37"


def test_it_can_be_renamed_to_any_words(badly_named: Search, home: Path) -> None:
    other = rename_search(badly_named, f"../../../tmp/{NAME}\x1b[31m\n\u202e")
    assert other.name == f"../../../tmp/{NAME}[31m"
    assert other.folder.parent == Workspace(home).searches
    assert open_search(other.name, Workspace(home)).id == badly_named.id
