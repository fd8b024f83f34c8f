"""The Results page: what won, what mattered, and the files to take home."""

import io
import json
import zipfile

import searches

from chromasonic.results.export import BEST_FILE, PLOT_FILE, REPORT_FILE, RESULTS_FILE
from chromasonic.results.records import SearchState, TrialState
from chromasonic.ui import results_view
from chromasonic.ui.wording import results as words

PAGE = "pages/results.py"


def chart(page, place):
    return json.loads(page.get("plotly_chart")[place].proto.spec)


def test_before_the_first_trial_the_page_says_that_it_will_not_be_long(workspace, open_page, texts):
    search = searches.practice_search(workspace)
    search.write_status(SearchState.RUNNING, 1.0)
    page = open_page(PAGE)
    assert words.NOTHING_YET in texts(page)
    assert page.button(key="watch").proto.type == "primary"


def test_the_winner_stands_beside_three_baselines_on_the_held_out_tunes(finished, open_page, texts):
    page = open_page(PAGE)
    bars = chart(page, 0)["data"][0]
    assert len(bars["x"]) == 4
    assert max(bars["x"]) == bars["x"][0] and bars["y"][0] == "guessing blindly"
    assert f"by the {finished.record().n_test} tunes that were kept away" in texts(page)


def test_practice_melodies_are_compared_on_validation(workspace, open_page, texts):
    searches.run(searches.practice_search(workspace))
    page = open_page(PAGE)
    assert "This search had no tunes to spare for a last test." in texts(page)


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


def test_each_setting_can_be_seen_against_the_loss(finished, open_page):
    page = open_page(PAGE)
    page.selectbox(key="slice").set_value("dropout").run()
    assert "dropout" in json.dumps([json.loads(one.proto.spec)["layout"] for one in page.get("plotly_chart")])


def test_the_downloads_are_the_promised_files(finished, open_page):
    page = open_page(PAGE)
    assert len(page.get("download_button")) == 5
    best = json.loads(results_view._file(finished, BEST_FILE))
    assert best["hidden_size"] == finished.record().best.params["hidden_size"]
    assert json.loads(results_view._file(finished, RESULTS_FILE))["n_trials"] == 3
    assert b"RANK 1: Trial " in results_view._file(finished, REPORT_FILE)
    packed = zipfile.ZipFile(io.BytesIO(results_view._zip(finished)))
    assert set(packed.namelist()) == {BEST_FILE, RESULTS_FILE, REPORT_FILE, PLOT_FILE}


def test_the_final_model_is_trained_on_all_the_music(finished, open_page, texts):
    from chromasonic.ui import context

    page = open_page(PAGE)
    page.button(key="train final").click().run()
    training = context.registry().final(finished)
    training.join(60)
    page.run()
    assert training.status.error is None
    assert words.FINAL_DONE in texts(page)
