"""Notes, tags and stars on the pages: written, found again, and never lost in silence."""

import optuna_dashboard
import pytest

from chromasonic.errors import NoteChangedError
from chromasonic.melody_generation.hyperparameter_search.remarks import LONGEST_NOTE, WrittenNote
from chromasonic.results.labels import LONGEST_TAG, Labels
from chromasonic.ui.wording import remarks as words
from chromasonic.ui.wording import results as results_words
from chromasonic.ui.wording import studies as studies_words

STUDIES, RESULTS, PROGRESS = (f"pages/{name}.py" for name in ("studies", "results", "progress"))


@pytest.fixture
def key(finished):
    """What the keys of the widgets about the search end with."""
    return f"study {finished.folder.name} None"


def write(page, key, text):
    page.button(key=f"write {key}").click().run()
    page.text_area(key=f"note {key}").set_value(text)
    page.button(key=f"save {key}").click().run()
    return page


@pytest.mark.parametrize("file", [STUDIES, RESULTS, PROGRESS])
def test_a_note_on_a_search_is_written_and_optuna_dashboard_has_it(finished, open_page, texts, key, file):
    page = write(open_page(file), key, "Swings **best** so far")
    assert "Swings **best** so far" in texts(page)
    assert optuna_dashboard.get_note(finished.study) == "Swings **best** so far"


def test_money_in_a_note_is_no_formula(finished, open_page, texts):
    optuna_dashboard.save_note(finished.study, "From $5 to $9, once \\$7")
    assert "From \\$5 to \\$9, once \\$7" in texts(open_page(RESULTS))


def test_a_note_of_optuna_dashboard_stands_on_the_page(finished, open_page, texts):
    optuna_dashboard.save_note(finished.study, "From the dashboard")
    page = open_page(STUDIES)
    assert "From the dashboard" in texts(page)
    assert list(page.dataframe[0].value[studies_words.NOTE]) == ["From the dashboard"]


def test_a_note_that_is_replaced_or_deleted_comes_back_with_one_press_and_so_does_its_successor(
    finished, open_page, texts, key
):
    page = write(write(open_page(STUDIES), key, "First"), key, "Second")
    assert "Second" in texts(page) and words.SAVED in texts(page)
    page.button(key=f"bring back {key}").click().run()
    assert finished.remarks.note().text == "First"
    page.button(key=f"bring back {key}").click().run()
    assert finished.remarks.note().text == "Second"
    write(page, key, " \n")
    assert finished.remarks.note().text == "" and words.DELETED in texts(page)
    page.button(key=f"bring back {key}").click().run()
    assert finished.remarks.note().text == "Second"


def test_what_was_written_and_not_saved_can_be_gone_on_with(finished, open_page, texts, key):
    page = open_page(STUDIES)
    page.button(key=f"write {key}").click().run()
    page.text_area(key=f"note {key}").set_value("Half a thou")
    page.button(key=f"cancel {key}").click().run()
    assert words.DISCARDED in texts(page)
    page.button(key=f"write on {key}").click().run()
    assert page.text_area(key=f"note {key}").value == "Half a thou"


def test_a_note_half_written_is_still_there_after_a_look_at_another_page(finished, open_page, key):
    page = open_page(STUDIES)
    page.button(key=f"write {key}").click().run()
    page.text_area(key=f"note {key}").set_value("Half a thou").run()
    page.switch_page("pages/help.py").run()
    page.switch_page(STUDIES).run()
    assert page.text_area(key=f"note {key}").value == "Half a thou"


def test_of_two_who_write_at_once_the_second_sees_what_the_first_wrote_and_keeps_their_own_words(
    finished, open_page, texts, key
):
    page = open_page(STUDIES)
    page.button(key=f"write {key}").click().run()
    optuna_dashboard.save_note(finished.study, "Theirs")
    page.text_area(key=f"note {key}").set_value("Mine")
    page.button(key=f"save {key}").click().run()
    assert str(NoteChangedError("Theirs")) in page.error[0].value
    assert "Theirs" in texts(page) and page.text_area(key=f"note {key}").value == "Mine"
    assert finished.remarks.note().text == "Theirs"
    page.button(key=f"save {key}").click().run()
    assert finished.remarks.note().text == "Mine"
    page.button(key=f"bring back {key}").click().run()
    assert finished.remarks.note().text == "Theirs"


def test_bringing_a_note_back_steps_on_nobody_who_wrote_meanwhile(finished, open_page, key):
    page = write(write(open_page(STUDIES), key, "First"), key, "Second")
    optuna_dashboard.save_note(finished.study, "Theirs")
    page.button(key=f"bring back {key}").click().run()
    assert page.error and finished.remarks.note().text == "Theirs"


def test_a_note_that_is_too_long_stays_to_be_shortened(finished, open_page, key):
    page = write(open_page(STUDIES), key, "x" * (LONGEST_NOTE + 1))
    assert "may have at most 10,000 characters, and has 10,001" in page.error[0].value
    assert len(page.text_area(key=f"note {key}").value) == LONGEST_NOTE + 1


def test_a_note_draws_no_html_and_fetches_no_picture(finished, open_page):
    finished.remarks.write_note(
        "![x](https://e.x/a.png) ![y][1] <img src=https://e.x/b.png>\n\n[1]: https://e.x", instead_of=WrittenNote()
    )
    shown = [one for one in open_page(STUDIES).markdown if "e.x" in one.value]
    assert len(shown) == 1 and not shown[0].allow_html
    assert "![" not in shown[0].value


def test_a_trial_is_starred_tagged_and_noted_beside_its_curve_and_in_the_table(finished, open_page, texts):
    page = open_page(RESULTS)
    number = finished.record().best.number
    key = f"trial {finished.folder.name} {number}"
    page.toggle(key=f"star {key}").set_value(True).run()
    page.multiselect(key=f"tags {key}").set_value(["for the band"]).run()
    write(page, key, "The one")
    assert finished.remarks.labels(number) == Labels(True, ("for the band",))
    table = page.dataframe[0].value
    assert list(table[results_words.STARRED]) == [results_words.STAR, "", ""]
    assert list(table[results_words.TAGS]) == ["for the band", "", ""]
    assert list(table[results_words.NOTE]) == ["The one", "", ""]
    of_song = f"song {finished.folder.name} {number}"  # the same trial, where its song is played
    assert page.toggle(key=f"star {of_song}").value
    assert page.multiselect(key=f"tags {of_song}").value == ["for the band"]
    assert texts(page).count("The one") == 2


def test_tags_that_are_in_use_are_offered_and_one_that_cannot_be_is_explained(finished, open_page, key):
    finished.remarks.tag(["slow"])
    page = open_page(RESULTS)
    of_trial = f"tags trial {finished.folder.name} {finished.record().best.number}"
    assert page.multiselect(key=of_trial).options == ["slow"]
    page.multiselect(key=f"tags {key}").set_value(["slow", "x" * (LONGEST_TAG + 1)]).run()
    assert "needs 1 to 40 characters" in page.error[0].value
    assert page.multiselect(key=f"tags {key}").value == ["slow"]
    page.multiselect(key=f"tags {key}").set_value([]).run()
    assert finished.remarks.labels() == Labels()
