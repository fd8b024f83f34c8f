"""The Studies page: every search there is, and what one can do with it."""

from dataclasses import replace

import pytest
import searches

from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches, open_search
from chromasonic.melody_generation.hyperparameter_search.remarks import WrittenNote
from chromasonic.music.sets import delete_music_set, load_music_set, save_music_set
from chromasonic.results.study_list import Order
from chromasonic.ui.dialogs import REFUSAL
from chromasonic.ui.wording import search as search_words
from chromasonic.ui.wording import shell as shell_words
from chromasonic.ui.wording import studies as words

PAGE = "pages/studies.py"


@pytest.fixture
def two(workspace):
    return [searches.practice_search(workspace, name) for name in ("First", "Second")]


def table(page):
    return page.dataframe[0].value


def test_without_a_search_the_page_explains_what_to_do(workspace, open_page, texts):
    page = open_page(PAGE)
    assert words.EMPTY in texts(page)


def test_all_searches_are_listed_newest_first(two, open_page):
    page = open_page(PAGE)
    assert list(table(page)[words.NAME]) == ["Second", "First"]
    assert list(table(page)[words.STATE]) == [words.NOT_STARTED, words.NOT_STARTED]
    assert page.button(key="go on").label == words.START
    assert not {words.STARRED, words.TAGS, words.NOTE} & set(table(page))  # nobody said anything of them
    assert list(table(page)[words.TRIALS]) == ["0 of 2", "0 of 2"]
    assert list(table(page)[words.BEST]) == [None, None]
    assert page.dataframe[0].proto.placeholder == "–"


def test_a_finished_search_tells_its_best_loss(finished, open_page):
    page = open_page(PAGE)
    assert list(table(page)[words.BEST]) == [pytest.approx(finished.record().best.best_validation_loss)]
    assert "go on" not in [button.key for button in page.button]


def test_renaming_keeps_the_trials(finished, open_page):
    page = open_page(PAGE)
    page.button(key="rename").click().run()
    page.text_input(key="new name").set_value("Reels")
    page.button(key="rename yes").click().run()
    assert [search.name for search in list_searches(finished.workspace)] == ["Reels"]
    assert len(open_search("Reels", finished.workspace).record().trials) == 3
    assert page.success[0].value == words.RENAMED.format(old="Forty tunes, once", new="Reels")


def test_a_button_that_meets_a_mishap_says_so_in_words_and_shows_no_traceback(finished, open_page, monkeypatch):
    from chromasonic.ui import actions

    def mishap(search, name):
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(actions, "rename", mishap)
    page = open_page(PAGE)
    page.button(key="rename").click().run()
    page.text_input(key="new name").set_value("Reels")
    page.button(key="rename yes").click().run()
    assert not page.exception
    assert page.error[0].value == shell_words.UNEXPECTED


def test_deleting_asks_first_and_names_what_is_lost(finished, open_page, texts):
    page = open_page(PAGE)
    folder = finished.folder
    page.button(key="delete").click().run()
    assert "its 3 trials, 3 kept models" in texts(page)
    page.button(key="delete yes").click().run()
    assert list_searches(finished.workspace) == []
    assert not folder.exists()
    assert words.EMPTY in texts(page)


def test_a_running_search_is_neither_renamed_nor_deleted(two, open_page):
    searches.held_elsewhere(two[1])
    page = open_page(PAGE, search="Second")
    assert page.button(key="rename").disabled and page.button(key="delete").disabled
    assert not page.button(key="duplicate").disabled


def test_its_settings_can_be_taken_for_another_search(finished, open_page):
    page = open_page(PAGE)
    page.button(key="duplicate").click().run()
    assert page.session_state["trials"] == 3
    assert page.session_state["hidden"] == (32, 64)


def test_the_dashboard_opens_the_chosen_study(finished, open_page):
    page = open_page(PAGE)
    page.button(key="start dashboard").click().run()
    link = page.get("link_button")[0].proto
    assert link.url.startswith("http://127.0.0.1:")
    assert link.url.endswith(f"/dashboard/studies/{finished.id}")


def test_a_name_that_is_taken_is_refused_in_plain_words(two, open_page):
    page = open_page(PAGE, search="Second")
    page.button(key="rename").click().run()
    page.text_input(key="new name").set_value("First")
    page.button(key="rename yes").click().run()
    assert "There is already a search called “First”" in str(page.session_state[REFUSAL])
    assert [search.name for search in list_searches(two[0].workspace)] == ["Second", "First"]


def test_a_copy_says_what_it_is_of_and_may_begin_with_what_that_has_found_but_starts_nothing(
    finished, open_page, texts
):
    page = open_page(PAGE)
    page.button(key="duplicate").click().run()
    assert search_words.COPIED.format(name="Forty tunes, once") in texts(page)
    assert page.text_input[0].value == "Forty tunes, once (2)"
    assert not page.checkbox(key="begin with").value  # unchanged it would be over at once
    page.slider(key="trials").set_value(7).run()
    page.switch_page("pages/help.py").run()
    page.switch_page("pages/search.py").run()
    assert page.slider(key="trials").value == 7 and page.slider(key="hidden").value == (32, 64)
    page.button_group(key="preset").set_value("quick").run()
    assert search_words.COPIED.format(name="Forty tunes, once") not in texts(page)
    assert page.slider(key="trials").value == 60
    assert len(list_searches(finished.workspace)) == 1
    assert not open_page("pages/search.py").checkbox


def test_a_copy_whose_music_is_gone_says_so(finished, open_page, texts):
    music = searches.leave_other_music(finished)
    page = open_page(PAGE)
    page.button(key="duplicate").click().run()
    told = search_words.COPIED_OTHER_MUSIC.format(name="Forty tunes, once", its_music=music, music="Others")
    assert told in texts(page)


def test_a_copy_finds_its_music_by_its_tunes_and_says_so_where_they_are_others(finished, open_page, texts):
    folder = finished.workspace.music
    music = load_music_set(folder, finished.record().music)
    save_music_set(folder, replace(music, name="Under another name"))
    changed = replace(music, melodies=(music.melodies[0].transposed(1), *music.melodies[1:]))
    save_music_set(folder, changed, overwrite=True)
    page = open_page(PAGE)
    page.button(key="duplicate").click().run()
    assert page.session_state["chosen music"] == "Under another name"
    assert search_words.COPIED.format(name="Forty tunes, once") in texts(page)
    delete_music_set(folder, "Under another name")
    page = open_page(PAGE)
    page.button(key="duplicate").click().run()
    assert search_words.COPIED_OTHER_MUSIC.format(
        name="Forty tunes, once", its_music=music.name, music=music.name
    ) in texts(page)


# ---- finding one ----------------------------------------------------------------------------------------------------


@pytest.fixture
def three(two):
    two[0].remarks.tag(["slow"])
    two[0].remarks.star(True)
    two[1].remarks.write_note("For Sunday", instead_of=WrittenNote())
    return [*two, searches.practice_search(two[0].workspace, "Étude", families=("gru",))]


def names(page):
    return list(table(page)[words.NAME])


def test_studies_are_found_by_words_and_by_filters_and_all_come_back_with_one_press(three, open_page, texts):
    page = open_page(PAGE)
    assert words.N.format(n=3) in texts(page) and "show all" not in [button.key for button in page.button]
    page.text_input(key="find words").set_value("etude").run()
    assert names(page) == ["Étude"] and words.N_OF_ALL.format(n=1, all=3) in texts(page)
    page.text_input(key="find words").set_value("sunday second").run()
    assert names(page) == ["Second"]
    page.text_input(key="find words").set_value("sunday first").run()
    assert not page.dataframe and words.NOTHING_FITS.format(all=3) in texts(page)
    assert not [button for button in page.button if button.key in ("open", "delete")]
    page.button(key="show all").click().run()
    assert names(page) == ["Étude", "Second", "First"]
    page.toggle(key="find starred").set_value(True).run()
    assert names(page) == ["First"]
    page.button(key="show all").click().run()
    page.button_group(key="find tags").set_value(["slow"]).run()
    assert names(page) == ["First"]
    page.button(key="show all").click().run()
    page.button_group(key="find families").set_value(["gru"]).run()
    assert names(page) == ["Étude"]


def test_studies_are_sorted_and_the_session_remembers_how(three, open_page):
    page = open_page(PAGE)
    page.selectbox(key="order of studies").set_value(Order.NAME).run()
    page.text_input(key="find words").set_value("practice").run()
    assert names(page) == ["Étude", "First", "Second"]
    page.switch_page("pages/help.py").run()
    page.switch_page(PAGE).run()
    assert names(page) == ["Étude", "First", "Second"]
    assert page.text_input(key="find words").value == "practice"


def test_a_tag_looked_for_that_no_study_has_any_more_can_be_let_go(three, open_page):
    page = open_page(PAGE)
    page.button_group(key="find tags").set_value(["slow"]).run()
    three[0].remarks.tag((), ["slow"])
    page.run()
    assert not page.dataframe
    page.button(key="show all").click().run()
    assert len(names(page)) == 3
