"""Stored weights: a safetensors file, which can hold nothing but numbers, and beside it a JSON file for people.

The safetensors file carries the same JSON in its header, so weights and settings can never be of two trainings. A file
may come from a stranger: nothing in it is run, and what it claims is checked against what it holds before any memory is
taken for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from chromasonic.checks import function, instance, whole
from chromasonic.checks import path as checked_path
from chromasonic.errors import CheckpointError, ChromasonicError, SettingsError
from chromasonic.files import write_whole
from chromasonic.melody_generation.models import MODEL_FAMILIES
from chromasonic.melody_generation.sizes import LARGEST

HEADER = "chromasonic"
"""The name of our settings in a safetensors header."""

_KINDS = {"F16", "BF16", "F32", "F64"}


def save_checkpoint(stem: Path, model: nn.Module, metadata: dict[str, Any]) -> None:
    """Write `model` to `stem`.safetensors and `metadata` to `stem`.json, each whole or not at all.

    Args:
        stem: the path of both files without their endings.
        model: any model; what its layers share is stored once per name.
        metadata: plain JSON values; `load_checkpoint` needs "family" (a key of MODEL_FAMILIES) and "arguments" (those
            of the constructor).

    Raises:
        SettingsError: an argument is not what it may be, such as a value that JSON does not know.
        CheckpointError: the model's state holds something else than tensors.
        WorkspaceError: the folder cannot be written.
    """
    stem = _checked_stem(stem)
    state = instance("model", model, nn.Module, "a model, such as LSTMMelodyModel(…)").state_dict()
    settings = _as_json(metadata)
    weights = tensors_of(state)
    write_whole(_with_ending(stem, ".safetensors"), safetensors.torch.save(weights, {HEADER: settings}))
    write_whole(_with_ending(stem, ".json"), settings + "\n")


def tensors_of(state: Mapping[str, Any]) -> dict[str, Tensor]:
    """A model's state as tensors on the CPU that share nothing with it, nor with each other.

    Raises:
        CheckpointError: it holds something else than tensors.
    """
    for name, value in state.items():
        if not isinstance(value, Tensor):
            raise CheckpointError(
                f"“{name}” in the model's state is a {type(value).__name__}, but only tensors can be stored. Keep it "
                "in a buffer, or leave it out of the state."
            )
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}


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
    path = _with_ending(_checked_stem(stem), ".safetensors")
    if model_class is not None:
        function("model_class", model_class, "the class itself, such as LSTMMelodyModel, or None")
    with opened(path) as (file, metadata):
        weights = {name: file.get_tensor(name) for name in _names(file)}
    shapes = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    model_class = model_class or _class_of(path.name, metadata)
    arguments = _arguments(path.name, metadata)
    if model_class in MODEL_FAMILIES.values():  # one of our own making could not be made without numbers
        _check_unmade(path.name, model_class, arguments, shapes)
    model = _build(path.name, model_class, arguments)
    _check(path.name, model, shapes)
    model.load_state_dict(weights)
    return model.eval(), metadata


def check_checkpoint(stem: Path, vocab_size: int, *, own_models: bool = False) -> None:
    """Look whether the weights at `stem` are those of the model they say they are, without reading or making them.

    With `own_models` it may be a model that is none of ours, and then only the file itself is looked at.

    Raises:
        CheckpointError: the file is missing or damaged, or its weights are of another model.
    """
    path = _with_ending(_checked_stem(stem), ".safetensors")
    whole("vocab_size", vocab_size, at_least=1, at_most=LARGEST["vocab_size"])
    with opened(path) as (file, metadata):
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in _names(file)}
        kinds = {file.get_slice(name).get_dtype() for name in _names(file)}
    if own_models and str(metadata.get("family")) not in MODEL_FAMILIES:
        return
    arguments = _arguments(path.name, metadata)
    if arguments["vocab_size"] != vocab_size:
        raise _not_said(path.name, f"it knows {arguments['vocab_size']} tokens, and its music has {vocab_size}")
    if kinds - _KINDS:
        raise CheckpointError(
            f"{path.name} holds numbers of a kind that no model of ours has ({', '.join(sorted(kinds - _KINDS))}). "
            "Choose another model, or train this one again."
        )
    _check_unmade(path.name, _class_of(path.name, metadata), arguments, shapes)


def model_said_by(stem: Path) -> tuple[str, dict[str, Any]]:
    """The family and the constructor's arguments that the weights at `stem` say they are of. Raises as above."""
    path = _with_ending(_checked_stem(stem), ".safetensors")
    with opened(path) as (_, metadata):
        return str(metadata.get("family")), _arguments(path.name, metadata)


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The file at `path` with the settings in its header; what is wrong with either is told in words."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = json.loads((file.metadata() or {})[HEADER])
            if not isinstance(metadata, dict):
                raise TypeError("its settings are no record")
            yield file, metadata
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{path.name} is not there: this model was not kept, or was deleted. Choose another, or train it again."
        ) from error
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{path.name} is damaged and cannot be read. Choose another model, or train this one again."
        ) from error


def _names(file: Any) -> list[str]:
    return list(file.keys())


def _class_of(name: str, metadata: dict[str, Any]) -> Callable[..., nn.Module]:
    family = str(metadata.get("family"))
    if family not in MODEL_FAMILIES:
        raise CheckpointError(
            f"{name} holds a model of class {family:.100}, which is none of ours ({', '.join(MODEL_FAMILIES)}). "
            "Pass its class as model_class."
        )
    return MODEL_FAMILIES[family]


def _arguments(name: str, metadata: dict[str, Any]) -> dict[str, Any]:
    """What the model is built from: these five numbers and nothing else, whatever stands in the file."""
    arguments = metadata.get("arguments")
    if not isinstance(arguments, dict) or set(arguments) != {*LARGEST, "dropout"}:
        raise _not_said(name, f"needs {', '.join(LARGEST)} and dropout")
    for key, largest in LARGEST.items():
        value = arguments[key]
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= largest:
            raise _not_said(name, f"{key} is {value!r:.40}, not a whole number from 1 to {largest:,}")
    dropout = arguments["dropout"]
    if not isinstance(dropout, int | float) or isinstance(dropout, bool) or not 0 <= dropout < 1:
        raise _not_said(name, f"dropout is {dropout!r:.40}, not a number from 0 up to 1")
    return arguments


def _build(name: str, model_class: Callable[..., nn.Module], arguments: dict[str, Any]) -> nn.Module:
    try:
        return model_class(**arguments)
    except (TypeError, ChromasonicError) as error:
        raise _not_said(name, str(error)) from error


def _check_unmade(
    name: str, model_class: Callable[..., nn.Module], arguments: dict[str, Any], found: dict[str, tuple[int, ...]]
) -> None:
    """Compare shapes alone: what a file says of itself may be meant to exhaust the memory."""
    with torch.device("meta"):
        _check(name, _build(name, model_class, arguments), found)


def _not_said(name: str, what: str) -> CheckpointError:
    return CheckpointError(f"{name} does not say how its model is built ({what}). Train this model again.")


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


def _checked_stem(stem: Path) -> Path:
    path = checked_path("stem", stem, "a path without its ending, such as models/mine")
    if not path.name:
        raise SettingsError("stem", f"needs the name of a file at its end, but is {str(path)!r}")
    return path


def _as_json(metadata: dict[str, Any]) -> str:
    instance("metadata", metadata, dict, "a record, such as {}")
    try:
        return json.dumps(metadata, indent=2, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise SettingsError("metadata", f"needs plain values that JSON knows, but {error}") from error


def _with_ending(stem: Path, ending: str) -> Path:
    return stem.with_name(stem.name + ending)  # not with_suffix: "trial-1.5" would lose its ".5"
