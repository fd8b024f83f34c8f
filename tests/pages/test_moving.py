"""A search leaves the Studies page as a file, and another comes in."""

from pathlib import Path

import pytest
import searches

from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches
from chromasonic.results.records import SearchState
from chromasonic.ui.dialogs import REFUSAL
from chromasonic.ui.wording import moving as words

PAGE = "pages/studies.py"
STORED = Path(__file__).parents[1] / "melody_generation/hyperparameter_search/data/six-songs-format-1.chromasonic"


def upload(page, data, name="x.chromasonic"):
    page.button(key="import").click().run()
    page.get("file_uploader")[0].set_value((name, data, "application/octet-stream"))
    page.button(key="import yes").click().run()
    return page


def test_a_search_is_exported_and_the_page_says_what_is_in_the_file(finished, open_page, texts):
    page = open_page(PAGE)
    page.button(key="export").click().run()
    assert "3 trials, its music and 3 models" in texts(page)
    assert page.get("download_button")[0].label == words.DOWNLOAD
    assert not list((finished.workspace.cache).glob("tmp*"))
    assert not finished.is_held()


def test_a_running_search_is_not_exported(workspace, open_page):
    search = searches.practice_search(workspace)
    search.take("another window")
    search.write_status(SearchState.RUNNING, 1.0)
    assert open_page(PAGE).button(key="export").disabled


def test_a_file_becomes_a_search_even_where_there_was_none(workspace, open_page, texts):
    page = upload(open_page(PAGE), STORED.read_bytes())
    assert page.success[0].value == "“Six songs” is here, with 3 trials."
    assert [search.name for search in list_searches(workspace)] == ["Six songs"]
    assert page.query_params["search"] == "Six songs"


@pytest.mark.parametrize(
    "data, words",
    [(b"MThd and so on", "no search that Chromasonic exported"), (STORED.read_bytes()[:5000], "is damaged")],
    ids=["no export", "cut short"],
)
def test_a_file_that_is_none_is_explained(workspace, open_page, data, words):
    page = upload(open_page(PAGE), data)
    assert words in str(page.session_state[REFUSAL])
    assert list_searches(workspace) == []
