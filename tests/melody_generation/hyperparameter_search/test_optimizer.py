"""The Python API exactly as promised, on generated practice melodies."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import optuna
import pytest
import torch
from torch import nn

from chromasonic.errors import (
    ModelError,
    NotEnoughMusicError,
    SearchError,
    SearchFailedError,
    SettingsError,
    WorkspaceError,
)
from chromasonic.melody_generation.hyperparameter_search import HyperparameterOptimizer
from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches, open_search
from chromasonic.melody_generation.models import LSTMMelodyModel, TransformerMelodyModel
from chromasonic.melody_generation.training import create_training_data

SIX = {"learning_rate", "batch_size", "hidden_size", "num_layers", "dropout", "embedding_dim"}


class LastStepRNN(nn.Module):
    """What a user may bring: logits (B, V) for the token after the last."""

    def __init__(self, vocab_size, embedding_dim, hidden_size, num_layers, dropout):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.rnn = nn.RNN(embedding_dim, hidden_size, num_layers, batch_first=True)
        self.to_logits = nn.Linear(hidden_size, vocab_size)

    def forward(self, tokens):
        hidden, _ = self.rnn(self.embedding(tokens))
        return self.to_logits(hidden[:, -1])


class ThreeNumbers(LastStepRNN):
    def forward(self, tokens):
        return super().forward(tokens)[:, :3]


class OddWhenNarrow(LastStepRNN):
    def __init__(self, *, hidden_size, **others):
        super().__init__(hidden_size=hidden_size, **others)
        self.is_narrow = hidden_size == 32

    def forward(self, tokens):
        logits = super().forward(tokens)
        return logits[:, :3] if self.is_narrow else logits


class WithNotes(LastStepRNN):
    def get_extra_state(self):
        return {"trained by": "hand"}

    def set_extra_state(self, state):
        pass


class Raises(LastStepRNN):
    def forward(self, tokens):
        raise ValueError("no strings attached")


@pytest.fixture
def optimizer(workspace, tiny_space, tmp_path):
    def make(model_class=TransformerMelodyModel, **options):
        return HyperparameterOptimizer(
            model_class=model_class,
            search_space=tiny_space,
            output_dir=tmp_path / "results",
            verbose=False,
            workspace=workspace,
            **options,
        )

    return make


@pytest.fixture
def practice():
    train, validation = create_training_data(
        num_sequences=40, sequence_length=16, vocab_size=88, train_split=0.8, seed=0
    )
    return {"train_data": train, "val_data": validation, "vocab_size": 88, "sequence_length": 16}


@pytest.mark.parametrize("model_class", [TransformerMelodyModel, LastStepRNN], ids=["(B, T, V)", "(B, V)"])
def test_a_search_through_the_api_gives_everything_promised(optimizer, practice, model_class, tmp_path):
    results = (searcher := optimizer(model_class)).optimize(
        **practice, n_trials=3, timeout=60, study_name="my_melody_search"
    )
    assert set(results["best_params"]) == SIX
    assert results["best_value"] == min(
        t["best_validation_loss"] for t in results["trial_results"] if t["state"] == "complete"
    )
    assert results["n_trials"] == 3
    assert results["total_time"] > 0
    assert {path.name for path in (tmp_path / "results").iterdir()} == {
        "best_hyperparameters.json",
        "optimization_results.json",
        "optimization_report.txt",
    }
    assert json.loads((tmp_path / "results" / "best_hyperparameters.json").read_text()) == results["best_params"]
    plot = tmp_path / "plots.png"
    searcher.plot_optimization_history(save_path=plot)
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_the_best_arguments_build_the_model_and_train_it(optimizer, practice):
    searcher = optimizer(LSTMMelodyModel)
    searcher.optimize(**practice, n_trials=2)
    assert set(searcher.best_model_arguments) == SIX - {"learning_rate", "batch_size"} | {"vocab_size"}
    LSTMMelodyModel(**searcher.best_model_arguments)
    model = searcher.train_best_model(num_epochs=2)
    assert model(torch.tensor([[1, 2, 3]])).shape == (1, 3, 88)


def test_another_shape_of_logits_is_refused_with_both_shapes(optimizer, practice):
    with pytest.raises(ModelError, match=r"\(2, 3\)|3") as caught:
        optimizer(ThreeNumbers).optimize(**practice, n_trials=2)
    assert "88" in str(caught.value)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_another_shape_of_logits_leaves_no_search_behind(optimizer, practice, workspace, n_jobs):
    with pytest.raises(ModelError):
        optimizer(ThreeNumbers, n_jobs=n_jobs).optimize(**practice, n_trials=2)
    assert list_searches(workspace) == []


def test_another_shape_in_some_settings_fails_those_trials_only(optimizer, practice):
    trials = optimizer(OddWhenNarrow).optimize(**practice, n_trials=5)["trial_results"]
    failed = [trial for trial in trials if trial["state"] == "failed"]
    assert {trial["params"]["hidden_size"] for trial in failed} == {32}
    assert all("the model should give logits" in trial["reason"] for trial in failed)
    assert {trial["params"]["hidden_size"] for trial in trials if trial not in failed} == {64}


def test_a_model_whose_state_cannot_be_stored_is_searched_all_the_same(optimizer, practice):
    searcher = optimizer(WithNotes)
    (trial,) = searcher.optimize(**practice, n_trials=1)["trial_results"]
    assert trial["state"] == "complete"
    assert "its weights could not be kept: “_extra_state”" in trial["reason"]
    searcher.train_best_model(num_epochs=1)


def test_a_model_that_raises_is_reported_and_nothing_is_invented(optimizer, practice, tmp_path):
    with pytest.raises(SearchFailedError, match="ValueError: no strings attached"):
        optimizer(Raises).optimize(**practice, n_trials=2)
    assert json.loads((tmp_path / "results" / "optimization_results.json").read_text())["best_params"] is None
    assert not (tmp_path / "results" / "best_hyperparameters.json").exists()


def test_a_taken_name_gets_a_number_unless_resumed(optimizer, practice):
    searcher = optimizer(LSTMMelodyModel)
    assert searcher.optimize(**practice, n_trials=1, study_name="tunes")["study_name"] == "tunes"
    assert searcher.optimize(**practice, n_trials=1, study_name="tunes")["study_name"] == "tunes (2)"
    resumed = searcher.optimize(**practice, n_trials=3, study_name="tunes", resume=True)
    assert (resumed["study_name"], resumed["n_trials"]) == ("tunes", 3)


def test_a_bare_resume_keeps_the_number_of_trials_and_the_time_limit(optimizer, practice, workspace):
    searcher = optimizer(LSTMMelodyModel)
    searcher.optimize(**practice, n_trials=2, timeout=500, study_name="tunes")
    searcher.optimize(**practice, study_name=" tunes ", resume=True)
    settings = open_search("tunes", workspace).settings
    assert (settings.n_trials, settings.timeout) == (2, 500)


def test_resuming_after_all_trials_failed_raises_again(optimizer, practice):
    for _ in range(2):
        with pytest.raises(SearchFailedError, match="no strings attached"):
            optimizer(Raises).optimize(**practice, n_trials=2, study_name="tunes", resume=True)


def test_the_best_model_is_trained_as_the_search_trained_it(optimizer, practice):
    searcher = optimizer(LSTMMelodyModel, seed=3)
    searcher.optimize(**practice, n_trials=1)
    searcher.seed = 4  # for the next search
    one, two = (searcher.train_best_model(num_epochs=1)(torch.tensor([[1, 2, 3]])) for _ in range(2))
    assert torch.equal(one, two)
    searcher.search.settings = searcher.search.settings.__class__(space=searcher.search_space, seed=4)
    assert not torch.equal(one, searcher.train_best_model(num_epochs=1)(torch.tensor([[1, 2, 3]])))


def test_resuming_in_another_space_begins_a_new_search_with_what_fits(optimizer, practice, tiny_space, capsys):
    first = optimizer(LSTMMelodyModel)
    first.optimize(**practice, n_trials=2, study_name="tunes")
    second = optimizer(LSTMMelodyModel)
    second.search_space, second.verbose = replace(tiny_space, learning_rate_range=(1e-5, 1e-1)), True
    results = second.optimize(**practice, n_trials=3, study_name="tunes", resume=True)
    assert "cannot be mixed with that. A new search begins with what fits of it." in capsys.readouterr().err
    assert (results["study_name"], results["n_trials"]) == ("tunes (2)", 3)
    assert results["trial_results"][0]["params"] == first.results["trial_results"][0]["params"]


def test_resuming_with_other_data_is_refused(optimizer, practice):
    searcher = optimizer(LSTMMelodyModel)
    searcher.optimize(**practice, n_trials=1, study_name="tunes")
    other = {**practice, "train_data": practice["train_data"][1:]}
    with pytest.raises(SearchError, match="other data"):
        searcher.optimize(**other, n_trials=2, study_name="tunes", resume=True)


def test_one_seed_gives_one_study(optimizer, practice):
    one, two = (optimizer(LSTMMelodyModel, seed=3).optimize(**practice, n_trials=3) for _ in range(2))
    assert [t["params"] for t in one["trial_results"]] == [t["params"] for t in two["trial_results"]]
    assert [t["best_validation_loss"] for t in one["trial_results"]] == [
        t["best_validation_loss"] for t in two["trial_results"]
    ]


def test_several_trials_at_once_train_in_processes_of_their_own(optimizer, practice):
    results = optimizer(LSTMMelodyModel, n_jobs=2, strategy="none").optimize(**practice, n_trials=3)
    assert [trial["state"] for trial in results["trial_results"]] == ["complete"] * 3


MY_MODEL = """
from torch import nn

class Mine(nn.Module):
    def __init__(self, vocab_size, embedding_dim, hidden_size, num_layers, dropout):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, vocab_size)

    def forward(self, tokens):
        return self.embedding(tokens)
"""
MY_SCRIPT = """
from pathlib import Path
from my_model import Mine
from chromasonic.melody_generation.hyperparameter_search import HyperparameterOptimizer, HyperparameterSearchSpace
from chromasonic.melody_generation.training import create_training_data

train, validation = create_training_data(12, 8, 88, 0.75)
searcher = HyperparameterOptimizer(Mine, HyperparameterSearchSpace(num_epochs=1), n_jobs=2, verbose=False)
print([trial["state"] for trial in searcher.optimize(train, validation, 88, 8, n_trials=2)["trial_results"]])
"""


def test_a_model_beside_the_script_is_found_by_several_jobs(tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "my_model.py").write_text(MY_MODEL)
    (tmp_path / "scripts" / "search.py").write_text(MY_SCRIPT)
    done = subprocess.run(
        [sys.executable, "scripts/search.py"], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False
    )
    assert done.stdout == "['complete', 'complete']\n", done.stderr


def test_a_class_that_no_other_process_can_import_is_refused_before_a_search_is_made(optimizer, practice, workspace):
    class Local(LastStepRNN):
        pass

    in_the_script = type("InTheScript", (LastStepRNN,), {"__module__": "__main__"})
    shadowed = type("Raises", (LastStepRNN,), {"__module__": __name__, "__qualname__": "Raises"})
    for model_class, why in [
        (Local, "is defined inside a function"),
        (lambda **settings: LastStepRNN(**settings), "is defined inside a function"),
        (partial(LastStepRNN), "is no class but a partial"),
        (in_the_script, "is defined in the script or notebook itself"),
        (shadowed, "cannot be imported|is not what stands under that name"),
    ]:
        with pytest.raises(SettingsError, match=why):
            optimizer(model_class, n_jobs=2).optimize(**practice, n_trials=1)
    assert list_searches(workspace) == []


def test_a_folder_that_cannot_be_written_is_found_before_the_search(optimizer, practice, tmp_path, workspace):
    (tmp_path / "a file").write_text("")
    searcher = optimizer(LSTMMelodyModel)
    searcher.output_dir = tmp_path / "a file" / "results"
    with pytest.raises(WorkspaceError, match="choose another folder"):
        searcher.optimize(**practice, n_trials=1)
    assert list_searches(workspace) == []


def test_the_output_folder_is_made(optimizer, practice, tmp_path):
    searcher = optimizer(LSTMMelodyModel)
    searcher.output_dir = Path(tmp_path / "deep" / "er")
    searcher.optimize(**practice, n_trials=1)
    assert (tmp_path / "deep" / "er" / "optimization_report.txt").exists()


def test_a_token_outside_the_vocabulary_is_named(optimizer, practice):
    practice["train_data"][3][5] = 88
    with pytest.raises(SettingsError, match="sequence 3 holds 88 at position 5"):
        optimizer(LSTMMelodyModel).optimize(**practice, n_trials=1)


def test_numpy_and_torch_are_welcome_wherever_they_say_the_same(optimizer, practice):
    tunes = {
        "train_data": np.array(practice["train_data"], dtype=np.uint8),
        "val_data": torch.tensor(practice["val_data"]),
        "vocab_size": np.int64(88),
        "sequence_length": torch.tensor(16),
    }
    found = optimizer(LSTMMelodyModel, seed=np.int64(0), n_jobs=np.int64(1)).optimize(**tunes, n_trials=np.int32(1))
    plain = optimizer(LSTMMelodyModel).optimize(**practice, n_trials=1)
    assert found["best_value"] == plain["best_value"]
    numbers = [[np.int64(token) for token in tune] for tune in practice["train_data"]]
    again = optimizer(LSTMMelodyModel).optimize(**{**practice, "train_data": numbers}, n_trials=1)
    assert again["best_value"] == plain["best_value"]


@pytest.mark.parametrize(
    "argument, value, words",
    [
        ("train_data", None, "list of melodies.* but it is None"),
        ("train_data", [1, 2, 3], "list of melodies.* but sequence 0 is 1"),
        ("train_data", "la la la", "list of melodies.* but it is 'la la la'"),
        ("train_data", ["la", "la"], "list of melodies.* but sequence 0 is 'la'"),
        ("train_data", [[60, 62], [60, 62.5]], "sequence 1 holds 62.5 at position 1.* whole numbers"),
        ("val_data", [[60, None]], "sequence 0 holds None at position 1"),
        ("val_data", np.array([[60.0, 62.0]]), "sequence 0 holds 60.0 at position 0"),
        ("val_data", [[60, True]], "sequence 0 holds True at position 1"),
        ("vocab_size", 88.0, "whole number from 2 to 1000000, but is 88.0"),
        ("vocab_size", None, "whole number"),
        ("vocab_size", 1, "whole number from 2"),
        ("sequence_length", "16", "whole number from 1 to 1000000, but is '16'"),
        ("sequence_length", True, "whole number"),
        ("sequence_length", 2**70, "whole number"),
        ("n_trials", "3", "whole number"),
        ("timeout", "3", "seconds above 0"),
        ("study_name", None, "needs a name"),
        ("study_name", 5, "needs a name"),
    ],
)
def test_what_cannot_be_searched_with_is_refused_by_name(optimizer, practice, workspace, argument, value, words):
    with pytest.raises(SettingsError, match=words) as caught:
        optimizer(LSTMMelodyModel).optimize(**{**practice, "n_trials": 1, argument: value})
    assert caught.value.field == argument
    assert list_searches(workspace) == []


@pytest.mark.parametrize(
    "argument, value",
    [
        ("model_class", None),
        ("model_class", "lstm"),
        ("model_class", nn.Linear(1, 1)),
        ("search_space", {"num_epochs": 3}),
        ("sampler", "tpe"),
        ("sampler", optuna.samplers.TPESampler),
        ("pruner", "x"),
        ("storage", 5),
        ("seed", 1.5),
        ("n_jobs", None),
        ("output_dir", None),
        ("workspace", "here"),
    ],
)
def test_an_optimizer_that_cannot_be_is_refused_by_name(workspace, argument, value):
    with pytest.raises(SettingsError) as caught:
        HyperparameterOptimizer(**{"model_class": LSTMMelodyModel, "workspace": workspace, argument: value})
    assert caught.value.field == argument


def test_nothing_to_learn_from_is_explained(optimizer, practice):
    with pytest.raises(NotEnoughMusicError, match="val_data: none has two or more tokens"):
        optimizer(LSTMMelodyModel).optimize(**{**practice, "val_data": [[1]]}, n_trials=1)
