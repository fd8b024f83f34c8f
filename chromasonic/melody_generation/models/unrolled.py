"""torch's RNN and GRU, trained faster on a processor.

On a processor torch leaves the way back through time to autograd, which multiplies and adds small matrices for each
weight at each step. Written out, a step back needs one product of matrices, and the weights get their gradients in one
large product for all steps together. The weights, their names and, up to rounding, all results are torch's; on other
devices, and where nothing is learned, torch's own code runs. (For the LSTM torch has oneDNN's, which is as good.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from .dropout import dropout


class RNN(nn.RNN):
    """`torch.nn.RNN`, batch first, with tanh."""

    def forward(self, x: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """States (B, T, H) of the last layer after each of `x` (B, T, C), and those of each layer after the last."""
        return _unrolled(self, _rnn_layer, x, memory) if _learns_here(x) else super().forward(x, memory)


class GRU(nn.GRU):
    """`torch.nn.GRU`, batch first."""

    def forward(self, x: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """States (B, T, H) of the last layer after each of `x` (B, T, C), and those of each layer after the last."""
        return _unrolled(self, _gru_layer, x, memory) if _learns_here(x) else super().forward(x, memory)


def _learns_here(x: Tensor) -> bool:
    return x.device.type == "cpu" and torch.is_grad_enabled()


def _unrolled(
    layers: nn.RNNBase, layer_of: Callable[..., Tensor], x: Tensor, memory: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Layer by layer, each over all of the time; `memory` (layers, B, H)."""
    states = x.transpose(0, 1)  # (T, B, C): what belongs to one step lies together
    last: list[Tensor] = []
    for layer, weights in enumerate(layers.all_weights):
        if layer:
            states = dropout(states, layers.dropout, layers.training)
        start = x.new_zeros(x.size(0), layers.hidden_size) if memory is None else memory[layer]  # (B, H)
        states = layer_of(states, start, *weights)  # (T, B, H)
        last.append(states[-1])
    return states.transpose(0, 1), torch.stack(last)


def _rnn_layer(x: Tensor, start: Tensor, from_input: Tensor, from_state: Tensor, *biases: Tensor) -> Tensor:
    states: Tensor = _RNNSteps.apply(F.linear(x, from_input, biases[0] + biases[1]), start, from_state)  # type: ignore[no-untyped-call]
    return states


def _gru_layer(
    x: Tensor, start: Tensor, from_input: Tensor, from_state: Tensor, input_bias: Tensor, state_bias: Tensor
) -> Tensor:
    n_states = start.size(1)
    # Reset and update gate add their biases; the candidate's second one is what the reset gate lets through.
    bias = input_bias + F.pad(state_bias[: 2 * n_states], (0, n_states))
    inputs = F.linear(x, from_input, bias)  # (T, B, 3H)
    states: Tensor = _GRUSteps.apply(inputs, start, from_state, state_bias[2 * n_states :])  # type: ignore[no-untyped-call]
    return states


class _RNNSteps(torch.autograd.Function):
    """h ← tanh(input + W h)."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, start: Tensor, weight: Tensor) -> Tensor:
        """States (T, B, H) from inputs (T, B, H), the state before (B, H) and W (H, H)."""
        states = inputs.new_empty(len(inputs) + 1, *start.shape)
        states[0] = start
        steps, across = states.unbind(), weight.t().contiguous()
        for before, now, given in zip(steps, steps[1:], inputs.unbind(), strict=False):
            torch.addmm(given, before, across, out=now).tanh_()
        ctx.save_for_backward(states, weight)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor, ...]:
        """From the last step to the first."""
        states, weight = ctx.saved_tensors
        slopes = 1 - states[1:].square()  # (T, B, H) of tanh
        d_inputs = d_states * slopes
        steps = d_inputs.unbind()
        for t in reversed(range(len(steps) - 1)):
            torch.addmm(d_states[t], steps[t + 1], weight, out=steps[t]).mul_(slopes[t])
        d_weight = d_inputs.flatten(0, 1).t() @ states[:-1].flatten(0, 1)
        return d_inputs, steps[0] @ weight, d_weight


class _GRUSteps(torch.autograd.Function):
    """r, z ← σ(inputs + W h), n ← tanh(input + r (W h + b)), h ← (1 - z) n + z h."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, start: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """States (T, B, H) from inputs (T, B, 3H), the state before (B, H), W (3H, H) and b (H,)."""
        n_states = start.size(1)
        to_gates, to_candidate = (part.t().contiguous() for part in torch.split(weight, [2 * n_states, n_states]))
        states = inputs.new_empty(len(inputs) + 1, *start.shape)
        states[0] = start
        gates = inputs.new_empty(*inputs.shape[:2], 2 * n_states)  # r and z
        recalled, candidates = torch.empty_like(states[1:]), torch.empty_like(states[1:])  # W h + b; n
        steps = states.unbind()
        for t, (before, gate, given) in enumerate(zip(steps, gates.unbind(), inputs.unbind(), strict=False)):
            torch.addmm(given[:, : 2 * n_states], before, to_gates, out=gate).sigmoid_()
            reset, update = gate.chunk(2, dim=1)
            torch.addmm(bias, before, to_candidate, out=recalled[t])
            torch.addcmul(given[:, 2 * n_states :], reset, recalled[t], out=candidates[t]).tanh_()
            torch.lerp(candidates[t], before, update, out=steps[t + 1])
        ctx.save_for_backward(states, gates, recalled, candidates, weight)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor, ...]:
        """From the last step to the first; what does not depend on later steps is worked out for all at once."""
        states, gates, recalled, candidates, weight = ctx.saved_tensors
        reset, update = gates.chunk(2, dim=2)  # each (T, B, H)
        slopes = states.new_empty(*reset.shape[:2], 3, reset.size(2))  # (T, B, 3, H) of what W h adds to
        of_reset, of_update, of_recalled = slopes.unbind(2)
        of_candidate = (1 - update).mul_(1 - candidates.square())
        torch.mul(of_candidate, reset, out=of_recalled)
        torch.mul((states[:-1] - candidates).mul_(update), 1 - update, out=of_update)
        torch.mul(of_recalled * recalled, 1 - reset, out=of_reset)
        d_states = d_states.clone()  # grows by what later steps add
        d_recalled = torch.empty_like(slopes)
        for t in reversed(range(len(d_states))):
            torch.mul(d_states[t].unsqueeze(1), slopes[t], out=d_recalled[t])
            if t:
                d_states[t - 1].addcmul_(d_states[t], update[t]).addmm_(d_recalled[t].flatten(1), weight)
        d_start = (d_states[0] * update[0]).addmm_(d_recalled[0].flatten(1), weight)
        d_weight = d_recalled.flatten(2).flatten(0, 1).t() @ states[:-1].flatten(0, 1)
        d_bias = d_recalled[:, :, 2].sum((0, 1))
        d_inputs = d_recalled  # but for the candidate, whose input passes no reset gate
        torch.mul(d_states, of_candidate, out=d_inputs[:, :, 2])
        return d_inputs.flatten(2), d_start, d_weight, d_bias
