"""The optimizer: torch's own step, without what torch imports for it."""

import subprocess
import sys

import torch
from torch import Tensor, nn

from chromasonic.melody_generation.training.adamw import AdamW


def small_model() -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 6), nn.LayerNorm(6), nn.Linear(6, 5))


def loss_of(model: nn.Module, seed: int) -> Tensor:
    keys = torch.randint(0, 5, (8,), generator=torch.Generator().manual_seed(seed))
    loss: Tensor = nn.functional.cross_entropy(model(keys), keys.roll(1))
    return loss


def test_it_steps_as_torchs_own_does_to_the_last_bit() -> None:
    ours, torchs = small_model(), small_model()
    optimizer = AdamW(ours, weight_decay=0.1, beta2=0.98)
    groups = [
        {"params": [parameter for parameter in torchs.parameters() if parameter.ndim >= 2], "weight_decay": 0.1},
        {"params": [parameter for parameter in torchs.parameters() if parameter.ndim < 2], "weight_decay": 0.0},
    ]
    reference = torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)
    for step in range(20):
        rate = 0.01 / (step + 1)
        optimizer.zero_grad()
        loss_of(ours, step).backward()
        optimizer.step(rate)
        for group in reference.param_groups:
            group["lr"] = rate
        reference.zero_grad()
        loss_of(torchs, step).backward()
        reference.step()
    assert all(torch.equal(one, other) for one, other in zip(ours.parameters(), torchs.parameters(), strict=True))


def test_what_it_remembers_can_be_taken_to_another() -> None:
    model, other = small_model(), small_model()
    first, second = (AdamW(each, weight_decay=0.1, beta2=0.98) for each in (model, other))
    for seed in range(3):
        first.zero_grad()
        loss_of(model, seed).backward()
        first.step(0.01)
    other.load_state_dict(model.state_dict())
    second.restore(first.state())
    for each, optimizer in ((model, first), (other, second)):
        optimizer.zero_grad()
        loss_of(each, 9).backward()
        optimizer.step(0.01)
    assert all(torch.equal(one, two) for one, two in zip(model.parameters(), other.parameters(), strict=True))


def test_what_has_no_gradient_stays_as_it_is() -> None:
    model = nn.ModuleDict({"used": nn.Linear(2, 2), "unused": nn.Linear(2, 2), "frozen": nn.Linear(2, 2)})
    model["frozen"].requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    optimizer = AdamW(model, weight_decay=0.5, beta2=0.98)
    model["used"](torch.ones(1, 2)).sum().backward()
    optimizer.step(0.1)
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == {"used.weight", "used.bias"}


def test_numbers_of_several_kinds_are_trained_together() -> None:
    model = nn.ModuleList([nn.Linear(2, 1), nn.Linear(2, 1, dtype=torch.float64)])
    before = [parameter.clone() for parameter in model.parameters()]
    optimizer = AdamW(model, weight_decay=0.0, beta2=0.98)
    (model[0](torch.ones(1, 2)).double() + model[1](torch.ones(1, 2).double())).sum().backward()
    optimizer.step(0.1)
    assert not any(torch.equal(one, other) for one, other in zip(model.parameters(), before, strict=True))


def test_a_gradient_that_grew_too_large_in_half_precision_is_left_out() -> None:
    model = nn.Linear(2, 1)
    before = [parameter.clone() for parameter in model.parameters()]
    optimizer, scaler = AdamW(model, weight_decay=0.0, beta2=0.98), torch.amp.GradScaler("cpu", init_scale=2.0**14)
    for loss in (model(torch.ones(1, 2)).sum() * float("inf"), model(torch.ones(1, 2)).sum()):
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)  # type: ignore[arg-type]  # as the training loop does
        scaler.step(optimizer, 0.1)  # type: ignore[arg-type]
        scaler.update()
    for now, then in zip(model.parameters(), before, strict=True):  # a first step is as long as the learning rate
        torch.testing.assert_close(now, then - 0.1)


def test_a_training_does_not_import_torchs_compiler() -> None:
    program = """
import sys, torch
from chromasonic.melody_generation.training import Corpus, TrainingConfig, build_model, train
from chromasonic.melody_generation.models import MODEL_FAMILIES
corpus = Corpus([[0, 2, 4, 5, 7] * 4] * 4, context=8, vocab_size=12)
shape = {"embedding_dim": 8, "hidden_size": 8, "num_layers": 1, "dropout": 0.1}
for family in MODEL_FAMILIES.values():
    model = build_model(family, 12, shape, seed=0, device=torch.device("cpu"))
    train(model, corpus, corpus, TrainingConfig(epochs=1))
print("torch._dynamo" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
