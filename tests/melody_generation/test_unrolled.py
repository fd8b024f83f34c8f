import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from chromasonic.melody_generation.models.unrolled import GRU, RNN

B, T, C, H, LAYERS = 3, 6, 5, 7, 2

both = pytest.mark.parametrize("ours, theirs", [(RNN, nn.RNN), (GRU, nn.GRU)], ids=["RNN", "GRU"])


def twins(ours: type[RNN | GRU], theirs: type[nn.RNN | nn.GRU]) -> list[nn.RNNBase]:
    """Ours and torch's with the same weights, in double precision."""
    torch.manual_seed(0)
    pair: list[nn.RNNBase] = [layers(C, H, LAYERS, batch_first=True).double() for layers in (ours, theirs)]
    pair[1].load_state_dict(pair[0].state_dict())
    return pair


@both
@pytest.mark.parametrize("remembers", [False, True], ids=["from nothing", "from a memory"])
@pytest.mark.parametrize("length", [1, T])
def test_states_and_all_gradients_are_those_of_torch(
    ours: type[RNN | GRU], theirs: type[nn.RNN | nn.GRU], remembers: bool, length: int
) -> None:
    def everything(layers: nn.RNNBase) -> list[Tensor]:
        torch.manual_seed(1)
        x = torch.randn(B, length, C, dtype=torch.double, requires_grad=True)
        memory = torch.randn(LAYERS, B, H, dtype=torch.double, requires_grad=True) if remembers else None
        states, last = layers(x, memory)
        towards = torch.randn_like(states), torch.randn_like(last)
        known = [x, *layers.parameters()] + ([memory] if memory is not None else [])
        return [states, last, *torch.autograd.grad([states, last], known, towards)]

    mine, right = (everything(layers) for layers in twins(ours, theirs))
    assert mine[0].grad_fn is not None and type(mine[0].grad_fn) is not type(right[0].grad_fn)
    assert_close(mine, right)


@both
def test_what_only_reads_is_torch_itself(ours: type[RNN | GRU], theirs: type[nn.RNN | nn.GRU]) -> None:
    x = torch.randn(B, T, C, dtype=torch.double)
    mine, right = twins(ours, theirs)
    with torch.inference_mode():
        assert torch.equal(mine(x)[0], right(x)[0])


@both
def test_dropout_lies_between_the_layers_and_only_in_training(
    ours: type[RNN | GRU], theirs: type[nn.RNN | nn.GRU]
) -> None:
    layers = ours(C, H, LAYERS, batch_first=True, dropout=0.5)
    x = torch.randn(B, T, C)
    assert not torch.equal(layers(x)[0], layers(x)[0])
    assert torch.equal(layers(x)[1][0], layers(x)[1][0])  # the first layer hears all
    layers.eval()
    assert torch.equal(layers(x)[0], layers(x)[0])
