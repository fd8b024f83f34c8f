"""Models that sing together are the mean of what each thinks."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from chromasonic.errors import ModelError
from chromasonic.melody_generation.generation import GenerationConfig, generate
from chromasonic.melody_generation.models import MODEL_FAMILIES
from chromasonic.melody_generation.models.ensemble import Ensemble
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.melody_generation.training import build_model

TOKENS = torch.tensor([[0, 2, 4, 5], [7, 5, 4, 2]])


def member(family: str, seed: int, vocab_size: int = 12) -> nn.Module:
    architecture = {"embedding_dim": 16, "hidden_size": 32, "num_layers": 1, "dropout": 0.0}
    return build_model(MODEL_FAMILIES[family], vocab_size, architecture, seed, torch.device("cpu")).eval()


def test_the_probabilities_of_the_members_are_averaged() -> None:
    members = [member("lstm", 0), member("transformer", 1), member("gru", 2)]
    mean = torch.stack([each(TOKENS).softmax(-1) for each in members]).mean(0)
    assert_close(Ensemble(members)(TOKENS).softmax(-1), mean)


def test_it_goes_on_from_what_it_has_heard_as_if_it_heard_all_again() -> None:
    together = Ensemble([member("lstm", 0), member("transformer", 1)])
    _, memory = together.continued(TOKENS[:, :3])
    logits, _ = together.continued(TOKENS[:, 3:], memory)
    assert_close(logits, together(TOKENS)[:, -1])


def test_it_sings_like_any_model() -> None:
    together = Ensemble([member("lstm", seed, VOCABULARY.size) for seed in range(2)])
    (melody,) = generate(together, GenerationConfig(bars=2))
    assert melody.notes


@pytest.mark.parametrize(
    "members",
    [[], [nn.Linear(2, 2)], [member("lstm", 0), member("lstm", 0, vocab_size=13)]],
    ids=["nobody", "a stranger", "other tokens"],
)
def test_who_cannot_sing_together_is_refused(members: list[nn.Module]) -> None:
    with pytest.raises(ModelError, match="sing together"):
        Ensemble(members)
