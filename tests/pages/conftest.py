"""A musician without a browser: each page as Streamlit's own test runner sees it, on a real collection."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import searches
import streamlit as st
from streamlit.testing.v1 import AppTest

from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search
from chromasonic.melody_generation.hyperparameter_search.search import Search
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.music.collections import load_collection
from chromasonic.music.sets import MusicSet, save_music_set
from chromasonic.workspace import Workspace

APP = Path(__file__).parents[2] / "app.py"

OpenPage = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def fresh_server() -> Iterator[None]:
    """Each test meets a server that was just started: what pages share belongs to one workspace."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def ryans_parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder in which Ryan's collection was read once."""
    cache = tmp_path_factory.mktemp("cache")
    load_collection("ryans", cache)
    return cache


@pytest.fixture
def with_ryans(home: Path, ryans_parsed: Path) -> None:
    """A workspace in which Ryan's collection was looked at before."""
    shutil.copytree(ryans_parsed, home / "cache")


@pytest.fixture
def open_page() -> OpenPage:
    """Opens a page as a link would: its file, and what stands in its address."""

    def open_it(
        file: str = "pages/music.py", *, at_door: Callable[[AppTest], None] | None = None, **address: str | list[str]
    ) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        if at_door is not None:
            at_door(app)
        for name, value in address.items():
            app.query_params[name] = value
        if file != "pages/music.py":
            app.run()
            app.switch_page(file)
            for name, value in address.items():
                app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return open_it


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory, ryans_parsed: Path) -> Path:
    """A workspace in which a small search over forty of Ryan's tunes has finished."""
    workspace = Workspace.open(tmp_path_factory.mktemp("searched") / "Chromasonic")
    tunes = load_collection("ryans", ryans_parsed).melodies[:40]
    save_music_set(workspace.music, MusicSet("Forty tunes", tunes, sources=("Ryan's Mammoth Collection",)))
    searches.run(searches.tiny_search(workspace, tunes))
    forget_database(workspace.storage_url)
    return workspace.root


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    """The workspace of this test, empty."""
    workspace = Workspace.open(home)
    yield workspace
    forget_database(workspace.storage_url)


@pytest.fixture
def finished(home: Path, searched: Path) -> Iterator[Search]:
    """The small search that has finished, in the workspace of this test."""
    shutil.copytree(searched, home)
    workspace = Workspace.open(home)
    yield open_search("Forty tunes, once", workspace)
    forget_database(workspace.storage_url)


@pytest.fixture
def texts() -> Callable[[AppTest], str]:
    """Everything written on a page."""

    def written(page: AppTest) -> str:
        kinds = ("markdown", "caption", "error", "warning", "info", "success")
        return "\n".join(element.value for kind in kinds for element in page.get(kind))

    return written
