"""The Python API exactly as promised, on generated practice melodies."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from chromasonic.errors import ModelError, NotEnoughMusicError, SearchError, SearchFailedError, SettingsError
from chromasonic.melody_generation.hyperparameter_search import HyperparameterOptimizer
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
    results = optimizer(LSTMMelodyModel, n_jobs=2).optimize(**practice, n_trials=3)
    assert [trial["state"] for trial in results["trial_results"]] == ["complete"] * 3


def test_the_output_folder_is_made(optimizer, practice, tmp_path):
    searcher = optimizer(LSTMMelodyModel)
    searcher.output_dir = Path(tmp_path / "deep" / "er")
    searcher.optimize(**practice, n_trials=1)
    assert (tmp_path / "deep" / "er" / "optimization_report.txt").exists()


def test_a_token_outside_the_vocabulary_is_named(optimizer, practice):
    practice["train_data"][3][5] = 88
    with pytest.raises(SettingsError, match="sequence 3 holds 88 at position 5"):
        optimizer(LSTMMelodyModel).optimize(**practice, n_trials=1)


def test_nothing_to_learn_from_is_explained(optimizer, practice):
    with pytest.raises(NotEnoughMusicError, match="fewer than two tokens"):
        optimizer(LSTMMelodyModel).optimize(**{**practice, "val_data": [[1]]}, n_trials=1)
