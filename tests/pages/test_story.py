"""What did I just do? A search explained by its own numbers, pictures and sounds."""

import json

import searches

from chromasonic.melody_generation.hyperparameter_search.evaluation import held_out_scores
from chromasonic.melody_generation.hyperparameter_search.search import BEGAN_WITH
from chromasonic.results.certainty import spread_in_words, verdicts
from chromasonic.results.records import SearchState, TrialState
from chromasonic.ui.wording import glossary, story
from chromasonic.ui.wording import results as results_words

PAGE = "pages/story.py"
STEPS = (
    story.DEALT, story.TRIED, story.LEARNED, story.MARKED, story.STOPPED_NOBODY, story.CHOSEN, story.HEARD, story.TRUST,
)  # fmt: skip


def test_every_step_is_told_in_order_with_the_numbers_of_this_search(finished, open_page, texts):
    page = open_page(PAGE, search=finished.name)
    record = finished.record()
    assert [header.value for header in page.header] == [*STEPS, glossary.TITLE]
    assert [metric.value for metric in page.metric] == [
        f"{record.n_train}",
        f"{record.n_validation}",
        f"{record.n_test}",
    ]
    assert f"Trial {record.best.number}, the best one, took 2 epochs" in texts(page)
    assert f"The best one has {record.best.best_validation_loss:.2f}" in texts(page)
    assert story.STOPPED_NONE in texts(page)
    assert story.CHOSEN_NOT_YET_DEFAULT in texts(page)
    assert f"{story.READ_HOLLOW} {story.READ_DEFAULT}" in texts(page)


def test_while_trials_rest_and_none_was_given_up_that_is_what_is_told(workspace, open_page, texts):
    search = searches.run_until(searches.practice_search(workspace, strategy="resuming", n_trials=9), 8)
    record = search.record()
    n_resting = record.count(TrialState.RESTING)
    assert record.best and n_resting > 1 and not record.count(TrialState.PRUNED)
    page = open_page(PAGE)
    assert story.STOPPED_NOBODY in [header.value for header in page.header]
    assert f"So far none was given up; resting now: {n_resting} trials." in texts(page)


def test_a_search_that_began_with_another_does_not_speak_of_dice(finished, open_page, texts):
    finished.study.set_user_attr(BEGAN_WITH, "3 trials of <b>Reels</b>")
    told = texts(open_page(PAGE, search=finished.name))
    assert "began with 3 trials of \\<b\\>Reels" in told
    assert "thrown with dice" not in told


def test_the_best_model_reads_along_in_a_held_out_tune(finished, open_page, texts):
    page = open_page(PAGE, search=finished.name)
    assert "Here the best model read along" in texts(page)
    charts = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    assert any(trace.get("orientation") == "h" for chart in charts for trace in chart["data"])


def test_without_its_weights_the_story_is_whole_but_for_that(finished, open_page, texts):
    for file in (finished.folder / "checkpoints").glob("*"):
        file.write_bytes(b"damaged")
    page = open_page(PAGE, search=finished.name)
    assert "read along" not in texts(page)
    assert len(page.header) == len(STEPS) + 1
    assert not page.error


def test_the_first_try_and_the_best_are_heard(finished, open_page):
    page = open_page(PAGE, search=finished.name)
    record = finished.record()
    assert len(page.get("audio")) == (1 if record.best.number == 0 else 2)


def test_what_to_trust_rests_on_the_held_out_tunes_once_they_were_measured(finished, open_page, texts):
    assert story.TRUST_VALIDATION[:20] in texts(open_page(PAGE, search=finished.name))
    test = held_out_scores(finished)
    told = texts(open_page(PAGE, search=finished.name))
    assert spread_in_words(test.interval) in told
    assert all(sentence in told for sentence in verdicts(test))


def test_practice_melodies_have_two_piles_and_no_songs(workspace, open_page, texts):
    searches.run(searches.practice_search(workspace))
    page = open_page(PAGE)
    assert page.header[0].value == story.DEALT_TWO
    assert len(page.metric) == 2
    assert story.HEARD_PRACTICE in texts(page)
    assert not page.get("audio")


def test_while_a_search_is_running_it_says_so(finished, open_page, texts):
    searches.held_elsewhere(finished)
    assert story.STILL_RUNNING in texts(open_page(PAGE, search=finished.name))


def test_before_the_first_trial_has_finished_it_tells_the_beginning(workspace, open_page, texts):
    search = searches.practice_search(workspace)
    searches.held_elsewhere(search)
    page = open_page(PAGE)
    assert story.NOTHING_YET in texts(page)
    assert [header.value for header in page.header] == [story.DEALT_TWO, story.TRIED, glossary.TITLE]
    search.write_status(SearchState.STOPPED, 1.0)


def test_without_a_search_it_says_what_to_do_and_still_explains_the_words(workspace, open_page, texts):
    page = open_page(PAGE)
    assert story.NO_SEARCH in texts(page)
    assert [button.key for button in page.button if button.proto.type == "primary"] == ["way out"]
    assert page.header[0].value == glossary.TITLE


def test_a_name_with_markup_is_shown_as_it_is(workspace, open_page, texts):
    searches.run(searches.practice_search(workspace, name="<b>*bold*</b>"))
    assert "**\\<b\\>\\*bold\\*\\</b\\>**" in texts(open_page(PAGE))


def test_the_results_lead_to_the_story(finished, open_page):
    page = open_page("pages/results.py", search=finished.name)
    assert page.button(key="story").label == results_words.STORY


def test_the_help_page_explains_the_words_too(workspace, open_page):
    assert glossary.TITLE in [header.value for header in open_page("pages/help.py").header]
