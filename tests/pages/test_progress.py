"""The Progress page: a search as it goes, and what one may do to it."""

import json

import pytest
import searches
from scripted import ScriptedTrainer

from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.music.sets import MusicSet, save_music_set
from chromasonic.results.records import SearchState, TrialState
from chromasonic.ui.wording import progress as words
from chromasonic.ui.wording import shell as shell_words

PAGE = "pages/progress.py"


def charts(page):
    components = [element.proto for element in page.get("bidi_component")]
    return [json.loads(one.bytes) for one in components if one.component_name == "chromasonic_steady_chart"]


def metrics(page):
    return {metric.label: metric.value for metric in page.metric}


@pytest.fixture
def practice(workspace):
    return searches.practice_search(workspace, n_trials=4)


def test_without_a_search_the_page_says_how_to_get_one(workspace, open_page, melody):
    page = open_page(PAGE)
    assert page.info[0].value == shell_words.NO_MUSIC_YET
    assert page.button(key="way out").label == shell_words.CHOOSE_MUSIC
    save_music_set(workspace.music, MusicSet("A tune", (melody([60, 62, 64]),)))
    page = open_page(PAGE)
    assert page.info[0].value == shell_words.NO_SEARCH_YET
    assert page.button(key="way out").label == shell_words.SET_UP_SEARCH


def test_a_link_to_a_search_that_is_gone_shows_no_other_in_its_place(practice, open_page):
    page = open_page(PAGE, search="Nobody's")
    assert "Nobody's" in page.error[0].value.replace("\\", "")
    assert not page.metric
    assert page.button(key="way out").label == shell_words.ALL_SEARCHES


def test_a_search_that_was_stopped_in_its_first_trial_has_no_charts(practice, open_page, texts):
    trainer = ScriptedTrainer(["slow"])
    runner = SearchRunner(practice, [trainer])
    runner.start()
    assert trainer.in_slow_trial.wait(20)
    runner.stop()
    assert runner.join(20)
    page = open_page(PAGE)
    assert f"{words.NOTHING_TO_DRAW} {words.LEFT_OUT}" in texts(page)
    assert not charts(page)


def test_a_finished_search_shows_its_best_loss_beside_its_baselines(finished, open_page, texts):
    page = open_page(PAGE)
    best = finished.record().best.best_validation_loss
    assert metrics(page)[words.BEST] == f"{best:.2f}"
    assert metrics(page)[words.TRIALS] == "3 of 3"
    assert "Guessing blindly scores 4.73" in texts(page)
    assert words.REMAINING not in metrics(page)
    assert "default settings" in json.dumps(charts(page)[0])
    assert words.MORE_TRIALS_NEEDED.format(needed=16, done=3) in texts(page)


def test_a_finished_search_leads_to_its_results_by_the_one_primary_button(finished, open_page):
    page = open_page(PAGE)
    assert [button.label for button in page.button if button.proto.type == "primary"] == [words.SEE_RESULTS]


def test_a_search_that_was_never_started_can_be_started(practice, open_page, texts):
    page = open_page(PAGE)
    assert words.NOTHING_YET in texts(page)
    assert words.NOTHING_TO_DRAW in texts(page) and words.LEFT_OUT not in texts(page)
    assert page.button(key="resume").label == words.START


def test_a_search_in_another_process_is_shown_live_and_its_buttons_are_explained(practice, open_page, texts):
    holder = searches.held_elsewhere(practice)
    page = open_page(PAGE)
    assert words.ELSEWHERE.format(where=holder) in texts(page)
    assert page.button(key="stop").disabled and page.button(key="pause or go on").disabled
    assert words.NOW in [heading.value for heading in page.header]


@pytest.mark.parametrize("elapsed, is_up", [(30.0, False), (61.0, True)])
def test_past_its_time_limit_a_search_says_what_it_waits_for(workspace, open_page, elapsed, is_up, monkeypatch):
    search = searches.practice_search(workspace, timeout=60.0)
    searches.held_elsewhere(search)
    monkeypatch.setattr(type(search), "elapsed", lambda self: elapsed)
    page = open_page(PAGE)
    told = page.get("progress")[0].proto.text
    assert told == (f"{words.TIME_IS_UP}." if is_up else f"{words.STATES[SearchState.RUNNING]}.")
    assert metrics(page).get(words.REMAINING) == (None if is_up else "at most 30 s")


def test_a_trial_whose_settings_are_not_chosen_yet_tells_of_none(practice, open_page, texts):
    practice.study.ask()
    searches.held_elsewhere(practice)
    page = open_page(PAGE)
    assert words.FIRST_EPOCH in [caption.value for caption in page.caption]


def test_a_search_whose_process_died_can_go_on(practice, open_page):
    trial = practice.study.ask()
    practice.settings.space.suggest(trial)
    searches.held_by_the_dead(practice)
    page = open_page(PAGE)
    assert page.button(key="resume").label == words.RESUME
    assert practice.record().trials[0].state is TrialState.INTERRUPTED


def test_failures_are_told_once_for_each_reason(practice, open_page, texts):
    trainer = ScriptedTrainer([[2.0, 1.9], "it ran out of memory", "it ran out of memory", [2.1, 1.8]])
    SearchRunner(practice, [trainer]).run()
    page = open_page(PAGE)
    assert page.expander[0].label == words.FAILED.format(n=2)
    assert "**Trials 1 and 2** – it ran out of memory" in texts(page)


def test_stop_and_go_on_work_from_the_page(practice, open_page, monkeypatch):
    trainer = ScriptedTrainer([[2.0], "slow", [1.9], [1.8], [1.7]])
    from chromasonic.ui import context

    open_page(PAGE)  # the server has its registry now
    runner = SearchRunner(practice, [trainer])
    monkeypatch.setattr(type(context.registry()), "runner", lambda self, search: runner if runner.is_running else None)
    runner.start()
    assert trainer.in_slow_trial.wait(20)
    page = open_page(PAGE)
    assert "Trial 1 · LSTM" in "\n".join(text.value for text in page.markdown)
    page.button(key="stop").click().run()
    assert runner.join(20)
    page.run()
    assert page.button(key="resume").label == words.RESUME
    assert practice.record().state is SearchState.STOPPED


def test_pause_holds_the_search_and_go_on_releases_it(practice, open_page, texts, monkeypatch):
    from chromasonic.ui import context

    open_page(PAGE)
    runner = SearchRunner(practice, [ScriptedTrainer(lambda number: [2.0] * 50, epoch_time=0.05)])
    monkeypatch.setattr(type(context.registry()), "runner", lambda self, search: runner if runner.is_running else None)
    runner.start()
    page = open_page(PAGE)
    page.button(key="pause or go on").click().run()
    assert practice.record().state is SearchState.PAUSED
    assert words.HOLDS_STILL in [heading.value for heading in page.header]
    assert words.NOT_COUNTED.format(counts=words.NEW_PAUSED.format(n=1)) in texts(page)
    page.button(key="pause or go on").click().run()
    assert practice.record().state is SearchState.RUNNING
    runner.stop()
    assert runner.join(20)


def test_a_search_that_used_up_its_trials_can_be_given_more(finished, open_page, monkeypatch):
    from chromasonic.ui import context

    page = open_page(PAGE)
    assert finished.record().is_used_up
    begun = []
    registry = type(context.registry())
    monkeypatch.setattr(registry, "start", lambda self, search, may_start: begun.append(search.settings.n_trials))
    page.number_input(key="more trials").set_value(5).run()
    page.button(key="further").click().run()
    assert begun == [8]


def test_trials_that_rest_are_counted_drawn_and_explained(workspace, open_page, texts):
    search = searches.run_until(searches.practice_search(workspace, strategy="resuming", n_trials=9), 3)
    record = search.record()
    n_resting = record.count(TrialState.RESTING)
    assert n_resting
    page = open_page(PAGE)
    assert words.COUNTED[TrialState.RESTING].format(n=n_resting) in texts(page)
    assert metrics(page)[words.TRIALS] == f"{record.n_tried} of 9"
    assert words.MARKS[TrialState.RESTING] in texts(page)
    assert page.get("progress")[0].proto.text == f"{words.STOPPED_RESTING}."
    assert (words.READ_LINE in texts(page)) == (record.best is not None)
    assert words.READ_ENDS.partition("{")[0] in texts(page)
    absent = [mark for state, mark in words.MARKS.items() if not record.count(state)]
    assert absent
    assert not any(mark in texts(page) for mark in absent)
    assert words.MORE_TRIALS_NEEDED_RESTING.format(needed=16, done=record.n_telling) in texts(page)
    assert "diamond-open" in json.dumps(charts(page)[1])


def test_no_line_is_spoken_of_before_one_has_finished(workspace, open_page, texts):
    search = searches.run_until(searches.practice_search(workspace, strategy="resuming", n_trials=9), 1)
    assert search.record().best is None
    page = open_page(PAGE)
    assert words.READ_HISTORY in texts(page)
    assert words.READ_LINE not in texts(page)
