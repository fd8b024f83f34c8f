import io
import json
import zipfile
from dataclasses import replace

import pytest

from chromasonic.errors import WorkspaceError
from chromasonic.results.export import best_hyperparameters, optimization_results, results_zip, write_results
from chromasonic.results.records import PARAMETERS, Interval, TestScores, TrialState


def read_strictly(path):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def test_the_best_settings_are_those_of_the_lowest_loss_and_all_six(search, trial):
    found = search([2.5, trial(1, 2.1, params={"hidden_size": 320}), 2.3])
    assert best_hyperparameters(found) == {
        "learning_rate": 1e-3,
        "batch_size": 32,
        "hidden_size": 320,
        "num_layers": 2,
        "dropout": 0.2,
        "embedding_dim": 128,
    }
    assert tuple(best_hyperparameters(found)) == PARAMETERS


def test_results_hold_what_is_promised(search, trial):
    found = search([2.5, trial(1, 2.1, curve=(3.0, 2.1, 2.4)), None, trial(3, 2.9, "pruned", reason="fell behind")])
    results = optimization_results(found)
    assert results["total_time"] == 125.0
    assert results["best_value"] == 2.1
    assert results["best_params"] == best_hyperparameters(found)
    assert results["n_trials"] == 4
    assert results["trial_results"][1] == {
        "number": 1,
        "state": "complete",
        "reason": None,
        "family": "lstm",
        "params": best_hyperparameters(found),
        "best_validation_loss": 2.1,
        "final_validation_loss": 2.4,
        "train_loss": pytest.approx(2.05),
        "best_epoch": 2,
        "epochs_run": 3,
        "training_time": 10.0,
        "n_parameters": 127_488,
        "started": "2026-11-24T09:00:12+00:00",
        "finished": "2026-11-24T09:00:22+00:00",
    }
    assert [(t["state"], t["reason"]) for t in results["trial_results"][2:]] == [
        ("failed", "Out of memory: the model did not fit."),
        ("pruned", "fell behind"),
    ]
    assert results["n_trials_by_state"] == {"complete": 2, "pruned": 1, "failed": 1}


def test_results_hold_what_is_needed_to_repeat_the_search(search):
    repeat = optimization_results(search([2.5]))["to_repeat"]
    assert (repeat["seed"], repeat["device"], repeat["epochs"], repeat["families"]) == (7, "cpu", 20, ["lstm"])
    assert repeat["data"]["fingerprint"] == "abc123"
    assert repeat["versions"] == {"optuna": "5.0.0"}
    assert repeat["space"]["num_layers_range"] == [1, 4]


def test_a_trial_that_only_waits_is_no_result(search, trial):
    waiting = replace(trial(1), state=TrialState.WAITING)
    assert optimization_results(search([2.5, waiting]))["n_trials"] == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_does_not_know_becomes_null(search, trial, value, tmp_path):
    odd = trial(1, 2.1, train_loss=value, final_validation_loss=value, params={"dropout": value})
    write_results(search([2.5, odd], timeout=value), tmp_path)
    results = read_strictly(tmp_path / "optimization_results.json")
    assert results["to_repeat"]["timeout"] is None
    assert results["trial_results"][1]["train_loss"] is None
    assert results["trial_results"][1]["params"]["dropout"] is None
    assert read_strictly(tmp_path / "best_hyperparameters.json")["dropout"] is None


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_finite_number_never_wins(search, trial, value):
    found = search([trial(0, value), 2.5, trial(2, value)])
    assert found.best.number == 1
    assert optimization_results(found)["best_value"] == 2.5


def test_writing_names_the_files_it_wrote(search, tmp_path):
    written = write_results(search([2.5, 2.1]), tmp_path / "new" / "folder", plot=True)
    assert [path.name for path in written] == [
        "best_hyperparameters.json",
        "optimization_results.json",
        "optimization_report.txt",
        "optimization_history.png",
    ]
    assert sorted((tmp_path / "new" / "folder").iterdir()) == sorted(written)  # and no temporary ones
    assert written[-1].read_bytes().startswith(b"\x89PNG")


def test_without_a_finished_trial_nothing_claims_to_be_the_best(search, tmp_path):
    write_results(search([2.5]), tmp_path)
    write_results(search([None, None]), tmp_path)
    assert not (tmp_path / "best_hyperparameters.json").exists()  # the older search's would be mistaken for this one's
    results = read_strictly(tmp_path / "optimization_results.json")
    assert results["best_params"] is results["best_value"] is results["best_trial"] is None
    assert len(results["trial_results"]) == 2
    assert "no best setting to report" in (tmp_path / "optimization_report.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["Ó Riada – 𝄞 “jigs”", "half a character \udcff"], ids=["beyond ASCII", "a lone surrogate"]
)
def test_any_name_can_be_written(search, name, tmp_path):
    for path in write_results(search([2.5, None], name=name, music=name), tmp_path):
        path.read_text(encoding="utf-8")


def test_the_zip_holds_all_four(search):
    with zipfile.ZipFile(io.BytesIO(results_zip(search([2.5, 2.1])))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "best_hyperparameters.json",
            "optimization_results.json",
            "optimization_report.txt",
            "optimization_history.png",
        ]


def test_a_folder_that_is_a_file_is_refused_in_plain_words(search, tmp_path):
    (tmp_path / "results").write_text("not a folder")
    with pytest.raises(WorkspaceError, match="could not be written"):
        write_results(search([2.5]), tmp_path / "results")


def test_test_scores_are_in_the_files_when_they_were_measured(search, tmp_path):
    scores = TestScores(
        best=2.05,
        uniform=4.7274,
        interval=Interval(value=2.05, low=2.0, high=2.1, n_tunes=100),
        better_by={"uniform": Interval(value=2.6774, low=2.6, high=2.7, n_tunes=100)},
    )
    write_results(search([2.2, 2.0]), tmp_path, test=scores)
    results = read_strictly(tmp_path / "optimization_results.json")
    assert results["test_scores"] == {
        "best": 2.05,
        "untuned": None,
        "ngram": None,
        "uniform": 4.7274,
        "interval": {"value": 2.05, "low": 2.0, "high": 2.1, "n_tunes": 100},
        "better_by": {"uniform": {"value": 2.6774, "low": 2.6, "high": 2.7, "n_tunes": 100}},
    }
    report = (tmp_path / "optimization_report.txt").read_text(encoding="utf-8")
    assert "its\nloss is 2.0500" in report
    assert "Better than guessing blindly by 2.68 ± 0.05 nats per token" in report
    assert optimization_results(search([2.0]))["test_scores"] is None
