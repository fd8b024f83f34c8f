import pytest
import torch
from torch import nn
from torch.testing import assert_close

from chromasonic.errors import SettingsError
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.models import (
    MODEL_FAMILIES,
    LSTMMelodyModel,
    MelodyModel,
    RNNMelodyModel,
    set_output_bias,
)
from chromasonic.melody_generation.models.transformer import heads_for, rotate, rotations
from chromasonic.melody_generation.training import build_model

CPU = torch.device("cpu")
KEYS = 88
TUNE, OTHER_END = torch.tensor([[39, 41, 43, 44]]), torch.tensor([[39, 41, 43, 50]])


def tiny(family: str, **changes: float) -> MelodyModel:
    architecture = {"embedding_dim": 8, "hidden_size": 16, "num_layers": 2, "dropout": 0.1, **changes}
    return build_model(MODEL_FAMILIES[family], KEYS, architecture, seed=0, device=CPU).eval()


every_family = pytest.mark.parametrize("family", MODEL_FAMILIES)


@every_family
def test_each_position_gets_an_answer(family: str) -> None:
    assert tiny(family)(torch.zeros(3, 5, dtype=torch.int64)).shape == (3, 5, KEYS)


@every_family
def test_the_future_cannot_change_the_past(family: str) -> None:
    model = tiny(family)
    assert_close(model(TUNE)[:, :3], model(OTHER_END)[:, :3])
    assert not torch.allclose(model(TUNE)[:, 3], model(OTHER_END)[:, 3])


@every_family
def test_the_past_changes_the_future(family: str) -> None:
    model = tiny(family)
    assert not torch.allclose(model(TUNE)[:, 3], model(TUNE[:, [1, 0, 2, 3]])[:, 3])


@every_family
def test_a_melody_that_grows_need_not_be_read_again(family: str) -> None:
    model = tiny(family)
    logits, memory = model.continued(TUNE[:, :2])
    assert_close(logits, model(TUNE)[:, 1])
    for position in (2, 3):
        logits, memory = model.continued(TUNE[:, position : position + 1], memory)
        assert_close(logits, model(TUNE)[:, position])


@every_family
@pytest.mark.parametrize("hidden_size, embedding_dim", [(33, 8), (33, 33), (1, 1), (40, 64), (96, 96)])
def test_any_size_will_do(family: str, hidden_size: int, embedding_dim: int) -> None:
    model = tiny(family, hidden_size=hidden_size, embedding_dim=embedding_dim)
    assert model(TUNE).isfinite().all()


@pytest.mark.parametrize(
    "hidden_size, heads",
    [(1, (1, 2)), (33, (1, 34)), (64, (2, 32)), (96, (3, 32)), (100, (3, 34)), (128, (4, 32)), (512, (8, 64))],
)
def test_heads_have_an_even_number_of_channels(hidden_size: int, heads: tuple[int, int]) -> None:
    assert heads_for(hidden_size) == heads


def test_a_rotated_product_depends_on_the_distance_alone() -> None:
    query, key = torch.randn(2, 1, 1, 1, 8, generator=torch.Generator().manual_seed(0)).expand(2, 1, 1, 20, 8)
    turned = rotations(torch.arange(20), 8)
    products = rotate(query, turned)[0, 0] @ rotate(key, turned)[0, 0].T  # (20, 20)
    assert_close(products.diagonal(-3), products[3, 0].expand(17))
    assert abs(float(products[3, 0] - products[9, 0])) > 0.01


def test_a_transformer_reads_tunes_longer_than_any_it_learned_from() -> None:
    assert tiny("transformer")(torch.zeros(1, 3000, dtype=torch.int64)).isfinite().all()


@every_family
def test_the_first_guess_is_how_often_each_token_occurs(family: str) -> None:
    model, counts = tiny(family), torch.zeros(KEYS)
    counts[39] = 911  # 912 of 999 once each count is taken one higher
    set_output_bias(model, counts)
    nn.init.zeros_(model.to_logits.weight)
    guess = model(TUNE).softmax(-1)[0, 0]
    assert_close(guess[39], torch.tensor(912 / 999))
    assert_close(guess[40], torch.tensor(1 / 999))


def test_the_output_bias_of_a_model_of_your_own_is_left_alone() -> None:
    model = nn.Module()
    model.to_logits = nn.Linear(4, 3)
    before = model.to_logits.bias.clone()
    set_output_bias(model, torch.tensor([5, 0, 0]))
    assert_close(model.to_logits.bias, before)


def test_an_lstm_starts_by_remembering_and_its_recurrence_keeps_lengths() -> None:
    recurrence = LSTMMelodyModel(KEYS, embedding_dim=8, hidden_size=16, num_layers=2, dropout=0.0).recurrence
    for layer in range(2):
        forget = slice(16, 32)  # torch's order: input, forget, cell, output
        bias = getattr(recurrence, f"bias_ih_l{layer}") + getattr(recurrence, f"bias_hh_l{layer}")
        assert_close(bias[forget], torch.ones(16))
        assert bias[:16].eq(0).all()
        gate = getattr(recurrence, f"weight_hh_l{layer}")[forget]
        assert_close(gate @ gate.T, torch.eye(16), atol=1e-5, rtol=0)


def test_a_plain_rnn_starts_by_halving_what_it_recalls() -> None:
    recurrence = RNNMelodyModel(KEYS, embedding_dim=8, hidden_size=16, num_layers=2, dropout=0.0).recurrence
    for layer in range(2):
        weights = getattr(recurrence, f"weight_hh_l{layer}")
        assert_close(weights @ weights.T, torch.eye(16) / 4, atol=1e-5, rtol=0)


@pytest.mark.parametrize("field, value", [("hidden_size", 0), ("num_layers", 0), ("embedding_dim", -1)])
def test_a_model_without_size_is_refused(field: str, value: int) -> None:
    with pytest.raises(SettingsError, match=f"^{field}: needs a whole number from 1 to .*, but is {value}"):
        tiny("lstm", **{field: value})


def test_dropout_of_everything_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^dropout: needs a number at least 0 and below 1, but is 1\.0"):
        tiny("gru", dropout=1.0)


def test_a_seed_gives_the_same_weights_and_leaves_the_callers_chance_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    one, same = tiny("lstm"), tiny("lstm")
    assert_close(torch.rand(3), expected)
    assert_close(one(TUNE), same(TUNE))


def test_every_family_has_a_name_for_the_screen() -> None:
    assert MODEL_LABELS.keys() == MODEL_FAMILIES.keys()
