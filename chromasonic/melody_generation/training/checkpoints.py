"""Stored weights: a safetensors file, which can hold nothing but numbers, and beside it a JSON file for people.

The safetensors file carries the same JSON in its header, so weights and settings can never be of two trainings.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from chromasonic.errors import CheckpointError, ChromasonicError
from chromasonic.files import write_whole
from chromasonic.melody_generation.models import MODEL_FAMILIES

HEADER = "chromasonic"
"""The name of our settings in a safetensors header."""


def save_checkpoint(stem: Path, model: nn.Module, metadata: dict[str, Any]) -> None:
    """Write `model` to `stem`.safetensors and `metadata` to `stem`.json, each whole or not at all.

    Args:
        stem: the path of both files without their endings.
        model: any model; what its layers share is stored once per name.
        metadata: plain JSON values; `load_checkpoint` needs "family" (a key of MODEL_FAMILIES) and "arguments" (those
            of the constructor).

    Raises:
        CheckpointError: the model's state holds something else than tensors.
        WorkspaceError: the folder cannot be written.
    """
    state = model.state_dict()
    for name, value in state.items():
        if not isinstance(value, Tensor):
            raise CheckpointError(
                f"“{name}” in the model's state is a {type(value).__name__}, but only tensors can be stored. Keep it "
                "in a buffer, or leave it out of the state."
            )
    settings = json.dumps(metadata, indent=2, ensure_ascii=False, allow_nan=False)
    weights = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}
    write_whole(_with_ending(stem, ".safetensors"), safetensors.torch.save(weights, {HEADER: settings}))
    write_whole(_with_ending(stem, ".json"), settings + "\n")


def load_checkpoint(
    stem: Path, model_class: Callable[..., nn.Module] | None = None
) -> tuple[nn.Module, dict[str, Any]]:
    """The model stored at `stem`, on the CPU and ready to answer, and its metadata.

    Args:
        stem: the path without ".safetensors".
        model_class: for a model of your own, its class; ours are known by their family.

    Raises:
        CheckpointError: the file is missing or damaged, or its weights are of another model.
    """
    path = _with_ending(stem, ".safetensors")
    weights, metadata = _read(path)
    model = _build(path.name, metadata, model_class)
    _check(path.name, model, {name: tuple(tensor.shape) for name, tensor in weights.items()})
    model.load_state_dict(weights)
    return model.eval(), metadata


def check_checkpoint(stem: Path, vocab_size: int, *, own_models: bool = False) -> None:
    """Look whether the weights at `stem` are those of the model they say they are, without making that model.

    For a file from elsewhere: what it says of itself may be meant to exhaust the memory. With `own_models` it may be a
    model that is none of ours, and then only the file itself is looked at.

    Raises:
        CheckpointError: the file is missing or damaged, or its weights are of another model.
    """
    path = _with_ending(stem, ".safetensors")
    with _damage_told(path), safetensors.safe_open(path, framework="pt") as file:
        metadata = json.loads((file.metadata() or {})[HEADER])
        names = file.keys()
        found = {name: tuple(file.get_slice(name).get_shape()) for name in names}
        if own_models and metadata["family"] not in MODEL_FAMILIES:
            return
        arguments = metadata["arguments"]
        is_sound = arguments["vocab_size"] == vocab_size and all(
            isinstance(arguments[name], int) and 0 < arguments[name] <= largest for name, largest in _LARGEST.items()
        )
        if not is_sound:
            raise ValueError("sizes")
        with torch.device("meta"):  # shapes without numbers
            model = _build(path.name, metadata, None)
    _check(path.name, model, found)


_LARGEST = {"embedding_dim": 8192, "hidden_size": 8192, "num_layers": 64}
"""What a search space allows."""


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    with _damage_told(path), safetensors.safe_open(path, framework="pt") as file:
        metadata = json.loads((file.metadata() or {})[HEADER])
        names = file.keys()
        return {name: file.get_tensor(name) for name in names}, metadata


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{path.name} is not there: this model was not kept, or was deleted. Choose another, or train it again."
        ) from error
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{path.name} is damaged and cannot be read. Choose another model, or train this one again."
        ) from error


def _build(name: str, metadata: dict[str, Any], model_class: Callable[..., nn.Module] | None) -> nn.Module:
    family = metadata.get("family")
    model_class = model_class or MODEL_FAMILIES.get(str(family))
    if model_class is None:
        raise CheckpointError(
            f"{name} holds a model of class {family}, which is none of ours ({', '.join(MODEL_FAMILIES)}). "
            "Pass its class as model_class."
        )
    try:
        return model_class(**metadata["arguments"])
    except (KeyError, TypeError, ChromasonicError) as error:
        raise CheckpointError(
            f"{name} does not say how its model is built ({error}). Train this model again."
        ) from error


def _check(name: str, model: nn.Module, found: dict[str, tuple[int, ...]]) -> None:
    expected = {key: tuple(tensor.shape) for key, tensor in model.state_dict().items()}
    if expected == found:
        return
    layer = next(key for key in [*expected, *found] if expected.get(key) != found.get(key))
    raise CheckpointError(
        f"{name} holds the weights of another model than {type(model).__name__}: at “{layer}” it has "
        f"{found.get(layer, 'nothing')}, and {expected.get(layer, 'nothing')} belongs there. Load it as the family it "
        "was trained as."
    )


def _with_ending(stem: Path, ending: str) -> Path:
    return stem.with_name(stem.name + ending)  # not with_suffix: "trial-1.5" would lose its ".5"
