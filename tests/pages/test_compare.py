"""The Compare page: which searches are compared, and what is said of them."""

import json
from dataclasses import replace

import pytest
import searches
from scripted import ScriptedTrainer

from chromasonic.melody_generation.hyperparameter_search.catalogue import (
    create_search,
    delete_search,
    rename_search,
)
from chromasonic.melody_generation.hyperparameter_search.evaluation import held_out_scores, lead_over
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.music.sets import MusicSet, load_music_set, save_music_set
from chromasonic.ui import compare_choice
from chromasonic.ui.wording import compare as words
from chromasonic.ui.wording import shell as shell_words

PAGE = "pages/compare.py"


def chosen(page):
    return page.multiselect(key="compared searches").value


def charts(page):
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def scripted(search, losses):
    SearchRunner(search, [ScriptedTrainer([[loss + 0.5, loss] for loss in losses])], plot=False).run()
    return search


@pytest.fixture
def tunes(melody):
    shapes = ([0, 2, 4, 5, 7], [0, 4, 7, 4, 0], [7, 5, 4, 2, 0], [0, 3, 5, 8, 7], [0, 2, 3, 7, 5], [4, 2, 0, 2, 4])
    return [
        melody([60 + step + key for step in shape] * 3, title=f"Tune {n}")
        for n, shape in enumerate(shapes)
        for key in (0, n + 1)
    ]


@pytest.fixture
def two(workspace, tunes):
    """Two searches of the same music, of which the second went further."""
    first = scripted(searches.tiny_search(workspace, tunes, "First"), [2.5, 2.4, 2.6])
    second = scripted(searches.tiny_search(workspace, tunes, "*Second*", n_trials=2, seed=5), [2.5, 2.0])
    return first, second


def test_without_two_searches_the_page_says_what_to_do_with_a_button(workspace, open_page):
    page = open_page(PAGE)
    assert page.info[0].value == words.TOO_FEW[0]
    assert page.button(key="way out").label == shell_words.CHOOSE_MUSIC
    searches.practice_search(workspace)
    assert open_page(PAGE).info[0].value == words.TOO_FEW[1]


@pytest.mark.parametrize(
    ("asked", "known", "found", "is_whole"),
    [
        ("3,7", {3, 7, 9}, [3, 7], True),
        ("7, 3", {3, 7}, [7, 3], True),
        ("3,3,7", {3, 7}, [3, 7], True),
        ("3,8", {3, 7}, [3], False),
        ("", {3}, [], True),
        ("all,-3,3.5,³,1e3,%00,<b>", {3}, [], False),
        ("9" * 5000, {3}, [], False),
        (",,3,,", {3}, [3], True),
    ],
    ids=["two", "their order", "twice", "gone", "none", "nonsense", "endless", "commas"],
)
def test_an_address_is_checked_as_it_comes_in(asked, known, found, is_whole):
    assert compare_choice.from_address(asked, known) == (found, is_whole)


def test_the_choice_stands_in_the_address_and_comes_back_from_it(two, open_page):
    ids = [search.id for search in two]
    page = open_page(PAGE)
    assert sorted(chosen(page)) == sorted(ids)
    page.multiselect(key="compared searches").set_value(ids).run()
    assert page.query_params["studies"] == compare_choice.in_address(ids)
    assert chosen(open_page(PAGE, studies=compare_choice.in_address(ids[::-1]))) == ids[::-1]


def test_what_is_gone_is_left_out_and_said(two, open_page, texts):
    rename_search(two[0], "Renamed")  # it stays the same search
    page = open_page(PAGE, studies=f"{two[0].id},{two[1].id},9999")
    assert chosen(page) == [two[0].id, two[1].id]
    assert page.warning[0].value == words.GONE
    delete_search(two[1])
    page.run()
    assert page.info[0].value == words.TOO_FEW[1]


def test_one_alone_asks_for_another(two, open_page):
    page = open_page(PAGE, studies=str(two[0].id))
    assert page.info[0].value == words.CHOOSE_ANOTHER
    page.multiselect(key="compared searches").set_value([]).run()
    assert page.info[0].value == words.CHOOSE_TWO


def test_no_more_than_four_are_taken_from_an_address(workspace, open_page):
    ids = [searches.practice_search(workspace, f"Practice {n}").id for n in range(5)]
    page = open_page(PAGE, studies=compare_choice.in_address(ids))
    assert chosen(page) == ids[:4]
    assert page.warning[0].value == words.MORE_THAN_FOUR


def test_of_the_same_music_the_page_says_how_far_each_went_and_what_differed(two, open_page, texts):
    page = open_page(PAGE, studies=compare_choice.in_address([search.id for search in two]))
    told = texts(page)
    assert "**A and B cannot be told apart on so few tunes.**" in told and "the loss is 2.00 of B and 2.40 of A" in told
    assert "found the better model" not in told and "better chance" not in told
    assert "\\*Second\\*" in told
    assert "**3** in A; **2** in B" in told  # trials
    assert "**0** in A; **5** in B" in told  # seeds
    assert words.ROWS["learning_rate_range"] not in told
    assert words.READ_LOSSES in told
    (courses,) = charts(page)
    assert [trace["line"]["dash"] for trace in courses["data"] if "marker" in trace] == ["solid", "dash"]
    page.segmented_control(key="along").set_value("time").run()
    assert charts(page)[0]["layout"]["xaxis"]["title"]["text"] == words.ACROSS["seconds"]


@pytest.mark.parametrize("losses", [[], [2.6, 2.7]], ids=["nothing of its own", "nothing better"])
def test_of_a_search_that_took_the_best_over_it_says_so(two, workspace, open_page, texts, losses):
    _, old = two
    settings = replace(old.settings, n_trials=4)
    new = create_search("Next", old.load_data(), settings, workspace=workspace, begin_with=old)
    if losses:
        scripted(new, [2.5, 2.0, *losses])
    page = open_page(PAGE, studies=compare_choice.in_address([old.id, new.id]))
    text = words.SAME_MODEL if losses else words.SAME_MODEL_SO_FAR
    assert text.format(owner="A", heir="B", loss=2.0, trials="2 trials") in texts(page)


def test_of_other_music_no_losses_are_held_against_each_other(two, tunes, workspace, open_page, texts):
    save_music_set(workspace.music, MusicSet("Forty tunes", tuple(tunes)))
    other = scripted(searches.tiny_search(workspace, tunes[2:], "Other music"), [1.0, 0.9, 1.1])
    page = open_page(PAGE, studies=compare_choice.in_address([two[0].id, other.id]))
    told = texts(page)
    assert "A with B" in told and "They learned other music" in told
    assert "found the better model" not in told
    assert words.READ_OVER_COUNTING in told
    assert words.TABLE_ABOUT_APART in told
    labels = [expander.label for expander in page.expander]
    assert words.ONLY_IN.format(letter="A", tunes="2 tunes") in labels
    assert "- Tune 0" in told


def test_the_winners_songs_stand_side_by_side(two, open_page, texts):
    page = open_page(PAGE, studies=compare_choice.in_address([search.id for search in two]))
    assert [audio.proto.alt for audio in page.get("audio")] == ["A · First", "B · *Second*"]
    told = texts(page)
    assert "● A sings · trial 1, loss 2.40" in told and "■ B sings · trial 1, loss 2.00" in told


def test_practice_melodies_have_no_songs_and_nothing_found_is_said(workspace, open_page, texts):
    ids = [searches.practice_search(workspace, name).id for name in ("One", "Two")]
    told = texts(open_page(PAGE, studies=compare_choice.in_address(ids)))
    assert words.NO_SONG["practice"].format(letter="A") in told
    assert words.WITHOUT.format(letters="A and B") in told
    assert words.NOTHING_DRAWN in told


def test_the_studies_page_leads_here_with_the_chosen_search_and_one_to_see_beside_it(two, workspace, open_page):
    searches.practice_search(workspace)  # newer, and of other music
    page = open_page("pages/studies.py", search="First")
    page.button(key="compare").click().run()
    assert page.session_state["compared searches"] == [two[0].id, two[1].id]


def test_where_all_that_was_set_is_the_same_only_how_far_they_came_can_differ(two, tunes, workspace, open_page, texts):
    other = searches.tiny_search(workspace, tunes, "Again")
    page = open_page(PAGE, studies=compare_choice.in_address([two[0].id, other.id]))
    assert words.ONLY_HOW_FAR.format(trials="**3 trials** in A and **0 trials** in B") in texts(page)
    scripted(other, [9.0, 9.1, 9.2])
    page.run()
    assert words.NOTHING_DIFFERENT in texts(page)
    ahead = page.table[0].value.set_index(words.MEASURE).loc[words.AHEAD_ROW]
    assert ahead.iloc[1].startswith("−") and ahead.iloc[1].endswith("(worse)")


def test_each_leads_to_its_results(two, open_page):
    page = open_page(PAGE, studies=compare_choice.in_address([search.id for search in two]))
    page.button(key="results of B").click().run()
    assert page.session_state["chosen search"] == "*Second*"


def test_of_four_tunes_held_out_from_both_no_winner_is_told_by_the_tunes_held_out_from_both(finished, open_page, texts):
    tunes = load_music_set(finished.workspace.music, "Forty tunes").melodies
    other = searches.run(searches.tiny_search(finished.workspace, tunes, "Again", seed=3))
    assert lead_over(finished, other) is None  # nothing was measured yet
    ours, theirs = held_out_scores(finished), held_out_scores(other)
    lead = lead_over(finished, other)
    assert lead.value == pytest.approx(theirs.best - ours.best)
    assert lead_over(other, finished).value == pytest.approx(-lead.value)
    told = texts(open_page(PAGE, studies=compare_choice.in_address([finished.id, other.id])))
    assert "4 tunes held out for the end, which played no part in these searches" in told
    ahead = "A" if lead.low > 0 else "B" if lead.high < 0 else None
    assert ahead, "whichever is drawn of these four, one is ahead on it"
    assert f"**{ahead} is ahead, but on too few tunes to be sure.**" in told and "found the better model" not in told
    assert f"{ours.best:.2f} of A" in told and f"{theirs.best:.2f} of B" in told
