from datetime import datetime

import pytest

from chromasonic.results.records import SearchState, TestScores
from chromasonic.results.report import optimization_report

NOW = datetime(2026, 11, 24, 10, 30)


def test_a_ranked_trial_reads_as_promised(search, trial):
    best = trial(5, 2.1234, train_loss=2.0, training_time=156.2345, best_epoch=12, params={"learning_rate": 0.00123})
    report = optimization_report(search([2.5, 2.4, 2.6, 2.7, 2.8, best]), NOW)
    promised = """\
RANK 1: Trial 5
  Val Loss: 2.1234
  Train Loss: 2.0000
  Best Epoch: 12
  Training Time: 156.23s
  Parameters: 127,488
  Hyperparameters:
    learning_rate: 0.00123
    batch_size: 32
    hidden_size: 256
    num_layers: 2
    dropout: 0.2
    embedding_dim: 128
"""
    assert promised in report
    assert report.index("RANK 1: Trial 5") < report.index("RANK 2: Trial 1") < report.index("RANK 3: Trial 0")


def test_ten_are_ranked_and_no_more(search):
    report = optimization_report(search([3.0 - i / 100 for i in range(25)]), NOW)
    assert report.count("RANK ") == 10
    assert "RANK 10: Trial 15" in report
    assert "THE 10 BEST TRIALS OF 25 THAT FINISHED" in report


def test_the_best_is_held_against_honest_baselines(search):
    report = optimization_report(search([2.2, 2.0]), NOW)
    promised = """\
  the default settings, untuned        2.2000  (a 22 % better chance)
  counting what follows what (4-gram)  2.3000  (a 35 % better chance)
  guessing blindly                     4.7274  (a 15.3 times better chance)
"""
    assert promised in report  # exp(0.2) is 1.22, exp(0.3) is 1.35, exp(2.7274) is 15.3


def test_a_baseline_that_does_better_is_told_too(search):
    report = optimization_report(search([2.6, 2.5]), NOW)
    assert "  counting what follows what (4-gram)  2.3000  (an 18 % smaller chance)" in report  # exp(-0.2) is 0.82


def test_failures_are_told_with_their_reasons_those_alike_together(search, trial):
    report = optimization_report(
        search(
            [2.5, None, None, trial(3, None, "interrupted", reason="The search was stopped."), trial(4, 3.0, "pruned")]
        ),
        NOW,
    )
    assert "Trials:   4 of 5: 1 finished, 1 stopped early, 2 failed and 1 interrupted" in report
    assert "Failed: 2\n  Trials 1 and 2: Out of memory: the model did not fit." in report
    assert "Interrupted (they do not count): 1\n  Trial 3: The search was stopped." in report
    assert "Stopped early: 1\n  Trial 4" in report


def test_a_search_where_all_failed_says_so_and_ranks_nothing(search):
    report = optimization_report(search([None, None], state=SearchState.FAILED, reason="Every trial failed."), NOW)
    assert "No trial has finished, so there is no best setting to report." in report
    assert "failed. Every trial failed." in report
    assert "RANK" not in report and "BEST SETTINGS" not in report


@pytest.mark.parametrize(
    "reason, told",
    [("you stopped it", "stopped; it can be resumed\n"), ("the disk is full", "resumed. The disk is full.\n")],
)
def test_why_a_search_stopped_is_told_unless_a_person_did_it(search, reason, told):
    assert told in optimization_report(search([2.0], state=SearchState.STOPPED, reason=reason), NOW)


def test_a_search_that_has_not_begun_can_be_reported(search):
    assert "No trial has begun yet." in optimization_report(search([], state=SearchState.RUNNING), NOW)


def test_no_line_is_wider_than_the_report(search, trial):
    reason = "Out of memory. " * 40
    report = optimization_report(search([2.5, trial(1, None, "failed", reason=reason)], name="long name " * 20), NOW)
    assert not [line for line in report.splitlines() if len(line) > 78]


def test_the_held_out_tunes_stand_beside_the_validation_tunes_when_they_were_measured(search):
    scores = TestScores(best=2.05, untuned=2.25, ngram=2.4, uniform=4.7274)
    report = optimization_report(search([2.2, 2.0]), NOW, scores)
    promised = """\
On the 100 tunes held out for the end, which played no part in the search, its
loss is 2.0500:
  the default settings, untuned        2.2500  (a 22 % better chance)
  counting what follows what (4-gram)  2.4000  (a 42 % better chance)
  guessing blindly                     4.7274  (a 14.5 times better chance)
"""
    assert promised in report
    assert "held out for the end, which" not in optimization_report(search([2.2, 2.0]), NOW)


def test_a_model_no_better_than_guessing_is_not_praised(search):
    report = optimization_report(search([5.2, 5.0]), NOW, TestScores(best=5.97, uniform=4.73))
    assert "learned this music best" not in report
    assert "choosing among 113 equally likely notes or lengths" in " ".join(report.split())
    assert "READ WITH CARE" in report
    assert "no better than blind guessing" in report


@pytest.mark.parametrize(
    ("losses", "told", "has_rival"),
    [
        ([2.0, 2.2], "The default settings, trial 0, won: nothing that was tried did better.", False),
        ([2.005, 2.0], "Trial 1 came first, though hardly ahead of the default settings.", True),
        ([2.2, 2.0], "Trial 1 learned this music best.", True),
    ],
    ids=["they won", "hardly ahead", "ahead"],
)
def test_where_the_default_settings_won_the_report_says_so_and_holds_them_against_others_only(
    search, losses, told, has_rival
):
    report = optimization_report(search(losses), NOW, TestScores(best=2.1, untuned=2.1 if losses[0] == 2.0 else 2.3))
    assert told in " ".join(report.split())
    assert report.count("the default settings, untuned ") == (2 if has_rival else 0)


def test_cautions_stand_before_the_settings_and_only_where_there_are_any(search, trial):
    cut = optimization_report(search([trial(0, 2.0, cut_by_time=True)]), NOW)
    assert cut.index("The time limit cut the best trial short") < cut.index("BEST SETTINGS")
    assert "READ WITH CARE" not in optimization_report(search([2.2, 2.0]), NOW)


def test_kinds_of_model_are_named_as_in_the_app(search):
    report = optimization_report(search([2.0], families=("lstm", "my_models:Echo")), NOW)
    assert "  Model: LSTM" in report
    assert "LSTM and Echo" in report


def test_importance_stands_with_both_names_and_a_warning_while_it_is_rough(search):
    report = optimization_report(search([2.0] * 8, importance={"dropout": 0.3, "learning_rate": 0.7}), NOW)
    assert "1. How fast it learns · learning rate\n2. How much it must learn to do without · dropout\n" in report
    assert "A first, rough impression" in report and "70 %" not in report
    settled = optimization_report(search([2.0] * 80, importance={"learning_rate": 0.7, "dropout": 0.3}), NOW)
    assert "How fast it learns · learning rate:             70 %" in settled
    assert "rough" not in settled
