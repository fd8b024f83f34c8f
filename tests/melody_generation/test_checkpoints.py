import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from chromasonic.errors import CheckpointError
from chromasonic.melody_generation.models import MODEL_FAMILIES, GRUMelodyModel
from chromasonic.melody_generation.training import load_checkpoint, save_checkpoint

ARGUMENTS = {"vocab_size": 12, "embedding_dim": 8, "hidden_size": 16, "num_layers": 2, "dropout": 0.1}
TUNE = torch.tensor([[0, 4, 7, 11]])


def metadata(family: str = "lstm", **arguments: int) -> dict[str, Any]:
    return {"family": family, "arguments": {**ARGUMENTS, **arguments}, "title": "Ó Néill’s", "validation_loss": 1.5}


class Tied(nn.Module):
    """A model of a user's own, whose input and output share their weights."""

    def __init__(self, vocab_size: int, embedding_dim: int, **others: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.out = nn.Linear(embedding_dim, vocab_size)
        self.out.weight = self.embedding.weight

    def forward(self, tokens: Tensor) -> Tensor:
        return self.out(self.embedding(tokens))


@pytest.fixture
def stem(tmp_path: Path) -> Path:
    return tmp_path / "models" / "trial-1.5"


@pytest.mark.parametrize("family", MODEL_FAMILIES)
def test_a_model_comes_back_with_the_same_answers(stem: Path, family: str) -> None:
    model = MODEL_FAMILIES[family](**ARGUMENTS).eval()
    save_checkpoint(stem, model, metadata(family))
    again, settings = load_checkpoint(stem)
    assert type(again) is type(model)
    assert not again.training
    assert_close(again(TUNE), model(TUNE), rtol=0, atol=0)
    assert settings == metadata(family)


def test_two_files_are_written_and_one_is_for_people(stem: Path) -> None:
    save_checkpoint(stem, MODEL_FAMILIES["rnn"](**ARGUMENTS), metadata("rnn"))
    assert sorted(path.name for path in stem.parent.iterdir()) == ["trial-1.5.json", "trial-1.5.safetensors"]
    assert json.loads((stem.parent / "trial-1.5.json").read_text(encoding="utf-8")) == metadata("rnn")


def test_a_state_that_is_no_tensor_is_named(stem: Path) -> None:
    class WithNotes(Tied):
        def get_extra_state(self) -> dict[str, str]:
            return {"trained by": "hand"}

        def set_extra_state(self, state: dict[str, str]) -> None:
            pass

    with pytest.raises(CheckpointError, match="“_extra_state” in the model's state is a dict"):
        save_checkpoint(stem, WithNotes(**ARGUMENTS), metadata("mine:WithNotes"))
    assert not stem.parent.exists()


def test_weights_that_two_layers_share_come_back_shared(stem: Path) -> None:
    model = Tied(**ARGUMENTS)
    save_checkpoint(stem, model, metadata("mine:Tied"))
    again, _ = load_checkpoint(stem, Tied)
    assert_close(again(TUNE), model(TUNE), rtol=0, atol=0)
    assert again.out.weight is again.embedding.weight


def test_a_class_of_ones_own_must_be_passed(stem: Path) -> None:
    save_checkpoint(stem, Tied(**ARGUMENTS), metadata("mine:Tied"))
    with pytest.raises(
        CheckpointError, match=r"class mine:Tied, which is none of ours .* Pass its class as model_class"
    ):
        load_checkpoint(stem)


def test_a_missing_model_is_said_to_be_missing(stem: Path) -> None:
    with pytest.raises(CheckpointError, match=r"trial-1\.5\.safetensors is not there"):
        load_checkpoint(stem)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_file_cut_short_is_damaged(stem: Path, share: float) -> None:
    save_checkpoint(stem, MODEL_FAMILIES["lstm"](**ARGUMENTS), metadata())
    path = stem.parent / "trial-1.5.safetensors"
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(CheckpointError, match=r"trial-1\.5\.safetensors is damaged"):
        load_checkpoint(stem)


def test_weights_of_another_program_are_refused(stem: Path) -> None:
    import safetensors.torch

    stem.parent.mkdir()
    safetensors.torch.save_file({"weight": torch.zeros(2)}, stem.parent / "trial-1.5.safetensors")
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(stem)


@pytest.mark.parametrize(
    "settings, problem",
    [
        (
            metadata("gru"),
            r"another model than GRUMelodyModel: at “recurrence\.weight_ih_l0” it has \(64, 8\), and \(48, 8\)",
        ),
        (metadata("transformer"), "another model than TransformerMelodyModel: at “widen.weight” it has nothing"),
        (metadata(hidden_size=32), "another model than LSTMMelodyModel"),
        (metadata("banjo"), "class banjo, which is none of ours"),
        (metadata(hidden_size=0), "does not say how its model is built"),
        ({"family": "lstm", "arguments": {}}, "does not say how its model is built"),
        ({"family": "lstm"}, "does not say how its model is built"),
        ({}, "class None, which is none of ours"),
    ],
)
def test_weights_of_another_model_are_refused(stem: Path, settings: dict[str, Any], problem: str) -> None:
    save_checkpoint(stem, MODEL_FAMILIES["lstm"](**ARGUMENTS), settings)
    with pytest.raises(CheckpointError, match=problem):
        load_checkpoint(stem)


def test_the_wrong_class_is_refused(stem: Path) -> None:
    save_checkpoint(stem, MODEL_FAMILIES["lstm"](**ARGUMENTS), metadata())
    with pytest.raises(CheckpointError, match="Load it as the family it was trained as"):
        load_checkpoint(stem, GRUMelodyModel)
