"""AdamW by torch's fused step, called directly.

`torch.optim.AdamW(fused=True)` makes the same step. But its first one imports the compiler of torch, which nothing here
needs: more than a second of processor time, and 70 MiB, in each process that trains; and each further step takes twice
as long for the Python around it (`benchmarks/optimizer_step.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import torch
from torch import Tensor, nn

BETA1 = 0.9  # torch's default, as in Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019
EPSILON = 1e-8  # the same


class Group(TypedDict):
    """Parameters that are stepped together: of one kind of number, and of one weight decay."""

    params: list[Tensor]
    weight_decay: float


class AdamW:
    """What trains the parameters of a model, by their gradients. Vectors (biases, norms) do not decay."""

    def __init__(self, model: nn.Module, *, weight_decay: float, beta2: float) -> None:
        self.beta2 = beta2
        trained: list[Tensor] = [parameter for parameter in model.parameters() if parameter.requires_grad]
        matrices = [parameter for parameter in trained if parameter.ndim >= 2]
        vectors = [parameter for parameter in trained if parameter.ndim < 2]
        self.param_groups = _of_a_kind(matrices, weight_decay) + _of_a_kind(vectors, 0.0)  # what a GradScaler looks at
        self._moments = {
            parameter: {
                "exp_avg": torch.zeros_like(parameter, requires_grad=False),
                "exp_avg_sq": torch.zeros_like(parameter, requires_grad=False),
                "step": torch.zeros((), device=parameter.device),
            }
            for parameter in matrices + vectors
        }

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._moments:
            parameter.grad = None

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Move each parameter that has a gradient."""
        for group in self.param_groups:
            gradients = {parameter: parameter.grad for parameter in group["params"] if parameter.grad is not None}
            if not gradients:
                continue
            exp_avgs, exp_avg_sqs, steps = (
                [self._moments[parameter][name] for parameter in gradients]
                for name in ("exp_avg", "exp_avg_sq", "step")
            )
            torch._foreach_add_(steps, 1)
            torch._fused_adamw_(
                list(gradients),
                list(gradients.values()),
                exp_avgs,
                exp_avg_sqs,
                [],
                steps,
                lr=learning_rate,
                beta1=BETA1,
                beta2=self.beta2,
                weight_decay=group["weight_decay"],
                eps=EPSILON,
                amsgrad=False,
                maximize=False,
            )

    def state(self) -> dict[str, Tensor]:
        """What it remembers of each parameter, copied to the CPU, as `<place of the parameter>.<what>`."""
        return {
            f"{place}.{name}": tensor.cpu().clone()
            for place, moments in enumerate(self._moments.values())
            for name, tensor in moments.items()
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Remember what `state` told."""
        for place, moments in enumerate(self._moments.values()):
            for name, tensor in moments.items():
                tensor.copy_(state[f"{place}.{name}"])


def _of_a_kind(parameters: list[Tensor], weight_decay: float) -> list[Group]:
    """In groups that the fused step can take at once."""
    kinds: dict[tuple[torch.device, torch.dtype], list[Tensor]] = {}
    for parameter in parameters:
        kinds.setdefault((parameter.device, parameter.dtype), []).append(parameter)
    return [Group(params=of_a_kind, weight_decay=weight_decay) for of_a_kind in kinds.values()]
