import pytest
import torch
from torch.testing import assert_close

from chromasonic.melody_generation.models.dropout import Dropout, dropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.95])
def test_the_right_share_is_dropped_and_the_mean_stays(p: float) -> None:
    torch.manual_seed(0)
    left = dropout(torch.ones(1_000_001), p, training=True)
    assert_close(left.unique(), torch.tensor([0, 1 / (1 - p)]))
    assert left.eq(0).float().mean().item() == pytest.approx(p, abs=0.002)
    assert left.mean().item() == pytest.approx(1, abs=0.02)


def test_what_is_dropped_learns_nothing() -> None:
    x = torch.ones(7, 5, requires_grad=True)
    left = dropout(x, 0.4, training=True)
    torch.autograd.backward(left.sum())
    assert_close(x.grad, left.detach())


def test_each_number_and_each_call_is_dealt_with_by_itself() -> None:
    torch.manual_seed(0)
    first, second = (dropout(torch.ones(4, 100_000), 0.5, training=True) / 2 for _ in range(2))
    together = torch.cat([first, second])  # 8 rows, each kept or dropped
    assert_close(torch.corrcoef(together), torch.eye(8), atol=0.02, rtol=0)
    neighbours = torch.stack([first.flatten()[:-1], first.flatten()[1:]])
    assert_close(torch.corrcoef(neighbours), torch.eye(2), atol=0.02, rtol=0)


def test_the_same_seed_drops_the_same() -> None:
    def drop() -> torch.Tensor:
        torch.manual_seed(3)
        return dropout(torch.ones(3, 11), 0.3, training=True)

    assert_close(drop(), drop(), atol=0, rtol=0)


def test_a_model_in_use_drops_nothing() -> None:
    x = torch.randn(3, 5)
    assert_close(Dropout(0.5).eval()(x), x, atol=0, rtol=0)
    assert_close(Dropout(0.0).train()(x), x, atol=0, rtol=0)
