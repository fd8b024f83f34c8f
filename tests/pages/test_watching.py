"""What the browser is told of a search that runs: on the page that shows it, and on every other one."""

import json

import pytest
import searches
from scripted import ScriptedTrainer

from chromasonic.melody_generation.hyperparameter_search.catalogue import delete_search
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.results.records import SearchState
from chromasonic.ui import watching
from chromasonic.ui.wording import watching as words

PROGRESS, HELP = "pages/progress.py", "pages/help.py"


def told(page):
    """What was handed to the browser last; there is one such component on each page."""
    (component,) = [
        element.proto
        for element in page.get("bidi_component")
        if element.proto.component_name == "chromasonic_watching"
    ]
    return json.loads(component.json)


@pytest.fixture
def practice(workspace):
    return searches.practice_search(workspace, n_trials=4)


def test_without_a_search_there_is_nothing_to_tell(workspace, open_page):
    page = open_page(HELP)
    assert told(page)["search"] is None and not told(page)["isAtWork"]


def test_a_search_at_work_counts_along_where_it_is_shown_and_the_browser_need_not_ask(practice, open_page):
    searches.held_elsewhere(practice)
    found = told(open_page(PROGRESS))
    assert (found["title"], found["isAtWork"], found["notice"]) == ("▶ 0/4", True, None)
    assert (found["hasSwitch"], found["lookEvery"]) == (True, 0)


def test_the_other_pages_tell_of_the_search_that_was_watched_until_its_end(practice, open_page):
    searches.held_elsewhere(practice)
    page = open_page(PROGRESS)
    page.switch_page(HELP).run()
    assert told(page)["title"] == "▶ 0/4"
    assert (told(page)["hasSwitch"], told(page)["lookEvery"]) == (False, watching.LOOK_EVERY)
    practice.study.set_user_attr("chromasonic:lease", None)
    practice.write_status(SearchState.FINISHED, 2.0, "all its trials are done")
    page.run()
    assert told(page)["title"] == words.TITLES["finished"]
    assert told(page)["notice"]["title"] == words.ENDED["finished"].format(name="Practice")
    assert told(page)["notice"]["body"] == words.NOTHING_FOUND
    page.run()
    assert told(page)["search"] is None  # once is enough


@pytest.mark.parametrize(
    ("state", "reason", "title", "is_told"),
    [
        (SearchState.FINISHED, "all its trials are done", "✓ Done", True),
        (SearchState.FINISHED, "its time was up", "✓ Done", True),
        (SearchState.FAILED, "every trial failed", "✗ Nothing worked", True),
        (SearchState.STOPPED, "the disk is full", "■ Stopped", True),
        (SearchState.STOPPED, "you stopped it", "", False),
        (SearchState.STOPPED, "you stopped it for all workers", "", False),
        (SearchState.STOPPED, None, "", False),
    ],
    ids=["done", "time was up", "failed", "the disk was full", "stopped", "stopped for all", "never started"],
)
def test_of_an_end_that_a_person_wanted_no_fuss_is_made(practice, open_page, state, reason, title, is_told):
    practice.write_status(state, 2.0, reason)
    found = told(open_page(PROGRESS))
    assert (found["title"], found["notice"] is not None, found["hasSwitch"]) == (title, is_told, False)


def test_the_notice_says_the_name_as_it_is_and_the_best_loss_in_plain_words(workspace):
    search = searches.practice_search(workspace, "<b>*Reels*</b>", n_trials=2)
    SearchRunner(search, [ScriptedTrainer([[2.5, 2.25], [2.4, 2.3]])], plot=False).run()
    assert watching.notice(search.record()) == {
        "title": "“<b>*Reels*</b>” is done",
        "body": words.FOUND.format(loss=2.25, trials="2 trials"),
    }


def test_a_search_that_was_deleted_meanwhile_is_let_go(practice, open_page):
    searches.held_elsewhere(practice)
    page = open_page(PROGRESS)
    practice.study.set_user_attr("chromasonic:lease", None)
    practice.write_status(SearchState.FINISHED, 2.0)
    delete_search(practice)
    page.switch_page(HELP).run()
    assert not page.exception and not page.error
    assert told(page)["search"] is None


def test_a_page_of_a_search_at_rest_tells_of_the_one_that_runs(practice, workspace, open_page):
    searches.practice_search(workspace, "At rest")
    searches.held_elsewhere(practice)
    page = open_page(PROGRESS, search="Practice")
    page.query_params["search"] = "At rest"
    page.run()
    assert told(page)["title"] == "▶ 0/4"
    assert not told(page)["hasSwitch"]
