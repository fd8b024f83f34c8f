"""The Results page: what won, what mattered, and the files to take home."""

import io
import json
import time
import zipfile
from dataclasses import replace

import pytest
import searches
from scripted import ScriptedTrainer

from chromasonic.melody_generation.hyperparameter_search.ensemble import candidates, choose_ensemble, known_ensemble
from chromasonic.melody_generation.hyperparameter_search.evaluation import held_out_scores, known_scores
from chromasonic.melody_generation.hyperparameter_search.final import FinalTraining
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.results.certainty import verdicts
from chromasonic.results.export import BEST_FILE, PLOT_FILE, REPORT_FILE, RESULTS_FILE
from chromasonic.results.finding import Change, ChartKind
from chromasonic.results.records import SearchState, TrialState, ranked
from chromasonic.ui import context, next_search, results_view
from chromasonic.ui.wording import listen as listen_words
from chromasonic.ui.wording import next_search as next_search_words
from chromasonic.ui.wording import results as words
from chromasonic.ui.wording import search as search_words
from chromasonic.ui.wording import story as story_words

PAGE = "pages/results.py"


def chart(page, place):
    return json.loads(page.get("plotly_chart")[place].proto.spec)


def test_before_the_first_trial_the_page_says_that_it_will_not_be_long(workspace, open_page, texts):
    search = searches.practice_search(workspace)
    searches.held_elsewhere(search)
    page = open_page(PAGE)
    assert words.NOTHING_YET in texts(page)
    assert page.button(key="watch").proto.type == "primary"


@pytest.mark.parametrize("page, told", [("results", words), ("listen", listen_words), ("story", story_words)])
def test_a_search_stopped_before_a_trial_had_learned_all_offers_to_go_on(
    workspace, melody, open_page, texts, page, told
):
    tunes = [melody([60 + shift + beat % 7 for beat in range(24)]) for shift in range(24)]
    search = searches.tiny_search(workspace, tunes, n_trials=9, strategy="resuming")
    assert searches.run_until(search, 1).record().only_rests
    page = open_page(f"pages/{page}.py")
    assert told.STOPPED_EARLY in texts(page)
    assert page.button(key="watch").label == told.TO_GO_ON


def test_the_winner_stands_beside_three_baselines_on_the_held_out_tunes(finished, open_page, texts):
    page = open_page(PAGE)
    bars = chart(page, 0)["data"][0]
    assert len(bars["x"]) == 4
    assert max(bars["x"]) == bars["x"][0] and bars["y"][0] == "guessing blindly"
    assert f"kept away from the whole search ({finished.record().n_test} tunes)" in texts(page)


def test_how_many_melodies_it_learned_from_stands_at_the_top_in_numbers(finished, open_page, texts):
    record = finished.record()
    piles = (
        f"{record.n_train} to learn from, {record.n_validation} to choose by and {record.n_test} held out to judge by"
    )
    assert f"Melodies: {piles}." in texts(open_page(PAGE))


def test_the_time_of_a_search_that_goes_on_is_the_same_here_and_on_the_progress_page(
    finished, open_page, texts, monkeypatch
):
    searches.held_elsewhere(finished, elapsed=76.0)
    finished.record()  # which stays as it is until something else than the time has changed
    monkeypatch.setattr(type(finished), "elapsed", lambda self: 86.0)
    assert "tried in 1 min 26 s" in texts(open_page(PAGE))
    progress = open_page("pages/progress.py")
    assert "1 min 26 s" in [metric.value for metric in progress.metric]


def test_a_search_without_a_finished_trial_is_not_said_to_have_tried_none(workspace, open_page, texts):
    search = searches.practice_search(workspace)
    search.write_status(SearchState.STOPPED, 58.0)
    page = texts(open_page(PAGE))
    assert "no trial finished so far, after 58 s" in page
    assert "0 trials" not in page


def test_the_comparison_is_told_in_words_that_fit_a_higher_loss_too(finished, open_page):
    table = open_page(PAGE).table[0].value
    told = set(table[words.COLUMN_DIFFERENCE]) - {"–", "the same"}
    assert told
    assert all(text.startswith(("lower by ", "higher by ")) and text.endswith(" %") for text in told)


def test_practice_melodies_are_compared_on_validation(workspace, open_page, texts):
    searches.run(searches.practice_search(workspace))
    page = open_page(PAGE)
    assert "This search had no tunes to spare for a last test." in texts(page)


@pytest.mark.parametrize("key", ["resume", "resume as advised"], ids=["above", "where it is advised"])
def test_a_search_that_was_stopped_goes_on_from_here(finished, open_page, texts, monkeypatch, key):
    assert key not in [button.key for button in open_page(PAGE).button]  # all its trials are done
    finished.extend(60, None)
    finished.write_status(SearchState.STOPPED, 5.0)
    begun = []
    monkeypatch.setattr(type(context.registry()), "start", lambda self, search, may_start: begun.append(search.name))
    page = open_page(PAGE)
    assert words.CUT_SHORT in texts(page)
    assert "let it go on" in texts(page)
    assert next_search_words.NEXT not in [header.value for header in page.header]
    page.button(key=key).click().run()
    assert begun == [finished.name]


def test_the_one_primary_button_leads_to_the_melodies(finished, open_page):
    page = open_page(PAGE)
    assert [button.label for button in page.button if button.proto.type == "primary"] == [words.LISTEN]


def test_findings_say_what_won(finished, open_page, texts):
    page = open_page(PAGE)
    assert "learned your music best" in texts(page) or "default settings won" in texts(page)


def test_the_leaderboard_ranks_complete_trials_first(finished):
    trials = results_view.leaderboard(finished.record())
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    assert trials[: len(complete)] == complete
    losses = [trial.best_validation_loss for trial in complete]
    assert losses == sorted(losses)
    assert len(trials) == 3


def test_the_leaderboard_begins_with_what_matters_and_explains_its_headings(finished, open_page, texts):
    page = open_page(PAGE)
    table = page.dataframe[0]
    assert list(table.value.columns)[:5] == [words.RANK, words.TRIAL, words.LOSS, words.MODEL, words.STATE]
    helps = {name: column.get("help") for name, column in json.loads(table.proto.columns).items()}
    assert helps["learning rate"] == "How fast it learns."
    assert all(helps[name] for name in table.value.columns)
    assert "*hidden size* – size of its memory" in texts(page)
    assert "*Parameters* – how many numbers it adjusts" in texts(page)


def test_each_setting_can_be_seen_against_the_loss(finished, open_page):
    page = open_page(PAGE)
    page.selectbox(key="slice").set_value("dropout").run()
    assert "dropout" in json.dumps([json.loads(one.proto.spec)["layout"] for one in page.get("plotly_chart")])


def test_the_downloads_are_the_promised_files(finished, open_page):
    page = open_page(PAGE)
    offered = [button.key for button in page.get("download_button")]
    assert offered[-7:] == [*words.FILES, "report html", "report md", "zip"]
    best = json.loads(results_view._file(finished, BEST_FILE))
    assert best["hidden_size"] == finished.record().best.params["hidden_size"]
    assert json.loads(results_view._file(finished, RESULTS_FILE))["n_trials"] == 3
    assert b"RANK 1: Trial " in results_view._file(finished, REPORT_FILE)
    packed = zipfile.ZipFile(io.BytesIO(results_view._zip(finished)))
    reports = {"optimization_report.html", "optimization_report.md"}
    assert set(packed.namelist()) == {BEST_FILE, RESULTS_FILE, REPORT_FILE, PLOT_FILE, *reports}
    assert packed.read("optimization_report.html").startswith(b"<!DOCTYPE html>")


def test_the_report_to_show_is_among_the_downloads(finished):
    page = results_view._report(finished, "html").decode()
    assert page.startswith("<!DOCTYPE html>") and "<audio " in page
    assert results_view._report(finished, "md").startswith(b"# Forty tunes, once\n")


def test_the_final_model_is_trained_on_all_the_music(finished, open_page, texts):
    from chromasonic.ui import context

    page = open_page(PAGE)
    page.button(key="train final").click().run()
    training = context.registry().final(finished)
    training.join(60)
    page.run()
    assert training.status.error is None
    assert words.FINAL_DONE in texts(page)


@pytest.mark.parametrize(
    "losses, cut, epochs",
    [((3.0, 2.5), True, 8), ((3.0, 2.5, 2.6), True, 2), ((3.0, 2.5), False, 2)],
    ids=["cut while it gained", "cut past its best", "it ended by itself"],
)
def test_a_final_lesson_is_as_long_as_the_best_trial_needed_or_whole_when_the_clock_had_cut_it(
    workspace, losses, cut, epochs
):
    space = replace(searches.TINY_SPACE, num_epochs=8)
    search = searches.practice_search(workspace, space=space, n_trials=1, timeout=1.5 if cut else None)

    def played(number):
        yield from losses[:-1]
        time.sleep(1.5 if cut else 0.0)
        yield losses[-1]
        if cut:
            yield 2.0  # the clock does not let it come so far

    SearchRunner(search, [ScriptedTrainer(played)]).run()
    best = search.record().best
    assert (best.cut_by_time, best.epochs_run) == (cut, len(losses))
    training = FinalTraining(search)
    training.stop()
    training.join(60)
    assert training.status.epochs == epochs


def test_what_matters_is_known_from_sixteen_finished_trials_on(workspace):
    search = searches.practice_search(workspace, n_trials=16)
    told = []
    trainer = ScriptedTrainer(lambda number: [3.0 - number / 10])
    SearchRunner(search, [trainer], on_trial=lambda trial: told.append(search.record().importance)).run()
    assert told[:15] == [None] * 15
    assert sum(told[15].values()) == pytest.approx(1.0)
    assert search.record().importance_is_rough


def test_test_scores_are_known_without_measuring_once_they_were_measured(finished):
    assert known_scores(finished) is None
    measured = held_out_scores(finished)
    assert measured is not None and known_scores(finished) == measured
    assert f"its\nloss is {known_scores(finished).best:.4f}" in results_view._file(finished, REPORT_FILE).decode()


def test_one_click_prepares_the_next_search_with_what_this_one_advises(finished, open_page, texts):
    page = open_page(PAGE)
    foretold = next_search_words.TAKEN_ALONG.format(trials="40 trials", taken=3)
    assert foretold in texts(page)
    asked = [box for box in page.checkbox if box.key.startswith("change ")]
    assert any("→ **40**" in box.label for box in asked)  # three trials are few
    page.button(key="prepare next").click().run()
    assert page.title[0].value == search_words.TITLE
    assert page.slider(key="trials").value == 40
    assert page.text_input[0].value == "Forty tunes, once (2)"
    assert page.checkbox(key="begin with").value
    assert foretold in texts(page)


def test_a_next_search_that_will_learn_from_other_tunes_says_so(finished, open_page, texts):
    music = searches.leave_other_music(finished)
    page = open_page(PAGE)
    page.button(key="prepare next").click().run()
    told = search_words.NEXT_OTHER_MUSIC.format(name="Forty tunes, once", its_music=music, music="Others")
    assert told in texts(page)


def test_a_change_that_is_unticked_is_left_out(finished, open_page):
    page = open_page(PAGE)
    for box in page.checkbox:
        if box.key.startswith("change "):
            box.uncheck()
    assert page.run().button(key="prepare next").disabled
    assert not page.exception


def test_trials_that_are_taken_along_count_so_as_many_again_are_asked_for(finished):
    change = Change("dropout_range", [0.0, 0.2], [0.0, 0.4])
    settings, n_taken = next_search.settings_after(finished, [change])
    assert settings.space.dropout_range == (0.0, 0.4)
    assert (settings.n_trials, n_taken) == (6, 3)
    asked, n_taken = next_search.settings_after(finished, [change, Change("n_trials", 3, 40)])
    assert (asked.n_trials, n_taken) == (40, 3)
    longer, n_taken = next_search.settings_after(finished, [Change("num_epochs", 2, 4)])
    assert (longer.n_trials, n_taken) == (3, 0)


def test_every_setting_that_advice_may_change_has_a_name_on_the_page(finished):
    of_search, of_space = finished.settings.to_json(), finished.settings.space.to_json()
    assert all(name in of_search or name in of_space for name in next_search_words.SETTINGS)


@pytest.mark.parametrize("kind", ChartKind)
def test_a_finding_is_seen_in_its_chart(finished, kind):
    from streamlit.testing.v1 import AppTest

    def draw(record, kind):
        from chromasonic.results.finding import Chart
        from chromasonic.ui import results_view

        results_view._show_chart_of(record, Chart(kind, setting="dropout", trial=0), key="seen")

    page = AppTest.from_function(draw, kwargs={"record": finished.record(), "kind": kind}).run()
    assert not page.exception
    assert page.get("plotly_chart")


def test_the_page_says_whether_the_lead_over_each_baseline_is_real(finished, open_page, texts):
    page = texts(open_page(PAGE))
    scores = known_scores(finished)
    assert set(scores.better_by) >= {"ngram", "uniform"}
    assert scores.interval.low < scores.best < scores.interval.high
    for sentence in verdicts(scores):
        assert sentence in page


def test_what_each_test_tune_came_to_is_measured_anew_where_it_is_lost_or_damaged(finished):
    scores = held_out_scores(finished)
    for damaged in ("", "[]", '{"n_targets": [1], "losses": {"0": []}}'):
        (finished.folder / "test_tunes.json").write_text(damaged)
        assert known_scores(finished).interval is None
        assert held_out_scores(finished) == scores


def test_the_best_models_are_tried_together_when_it_is_asked(finished, open_page, texts):
    page = open_page(PAGE)
    page.button(key="sing together").click().run()
    together = known_ensemble(finished)
    assert together.validation[together.n - 1] == min(together.validation)
    alone = finished.record().best.best_validation_loss
    assert together.validation[0] == pytest.approx(alone, abs=1e-3)
    if together.n > 1:
        assert together.test_alone == pytest.approx(known_scores(finished).best)
        assert f"**{together.test:.3f}**" in texts(page)
    else:
        assert f"the best two together {together.validation[1]:.3f}" in texts(page)
        assert f"reaches {together.test_alone:.3f}, and the best two together {together.test:.3f}" in texts(page)


def test_when_other_models_lead_they_are_not_said_to_have_been_tried_together(finished):
    choose_ensemble(finished)
    best = candidates(finished)[0]
    finished.checkpoints.stem(best).with_suffix(".safetensors").unlink()
    assert known_ensemble(finished) is None


def test_models_together_are_at_least_as_good_as_their_mean(finished):
    """The mean of probabilities is never worse than the mean of losses (Jensen's inequality)."""
    losses = choose_ensemble(finished).validation
    alone = [trial.best_validation_loss for trial in ranked(finished.record().trials)]
    for k, together in enumerate(losses, start=1):
        assert together <= sum(alone[:k]) / k + 1e-3
