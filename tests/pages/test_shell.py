"""The shell around the pages."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from chromasonic.errors import MusicSetError
from chromasonic.music.melody import Melody, Note
from chromasonic.music.sets import MusicSet, save_music_set
from chromasonic.ui import errors, shell
from chromasonic.ui.wording import shell as words
from chromasonic.workspace import Workspace

ROOT = Path(__file__).parents[2]
FILES = [page.file for page in shell.PAGES if (ROOT / page.file).exists()]


@pytest.mark.parametrize("file", FILES)
def test_every_page_opens_in_an_empty_workspace_and_inside_the_shell(
    file: str, open_page: Callable[..., AppTest]
) -> None:
    page = open_page(file)
    assert page.title
    assert not page.error
    assert "shell.enter()" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FILES)
def test_every_page_says_in_an_empty_workspace_what_it_is_for_and_has_one_primary_button_to_go_on(
    file: str, open_page: Callable[..., AppTest], texts: Callable[[AppTest], str]
) -> None:
    page = open_page(file)
    assert len(texts(page).split()) > 15
    assert len([button for button in page.button if button.proto.type == "primary"]) == 1


@pytest.mark.parametrize("page", [page for page in shell.PAGES if page not in (shell.MUSIC, shell.HELP)])
def test_the_primary_button_of_every_empty_page_is_the_first_step(
    page: shell.Page, workspace: Workspace, open_page: Callable[..., AppTest]
) -> None:
    assert open_page(page.file).button(key="way out").label == words.CHOOSE_MUSIC
    save_music_set(workspace.music, MusicSet("A call", (Melody((Note(0, 1, 60), Note(1, 1, 67))),)))
    if page is not shell.SEARCH:
        assert open_page(page.file).button(key="way out").label == words.SET_UP_SEARCH


def raises_on_purpose() -> None:
    from chromasonic.errors import MusicSetError
    from chromasonic.ui import errors

    with errors.shown_plainly():
        raise MusicSetError("There is no *music* set called “~x~”.")


def raises_by_mistake() -> None:
    from chromasonic.ui import errors

    with errors.shown_plainly():
        raise KeyError("train_losses")


def test_an_error_of_ours_is_shown_as_it_is_written() -> None:
    page = AppTest.from_function(raises_on_purpose).run()
    assert page.error[0].value == errors.escaped(str(MusicSetError("There is no *music* set called “~x~”.")))
    assert not page.exception


def test_a_mistake_of_ours_shows_no_traceback() -> None:
    page = AppTest.from_function(raises_by_mistake).run()
    assert page.error[0].value == words.UNEXPECTED
    assert "train_losses" not in page.error[0].value
    assert not page.exception
