"""Weights, tokens and tunes in files that a stranger made: read as numbers, or refused in words; nothing is run."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save
from torch import nn

from chromasonic import files
from chromasonic.errors import CheckpointError, SettingsError
from chromasonic.melody_generation.datasets import SearchData, load_data, save_data
from chromasonic.melody_generation.hyperparameter_search.in_process import model_class_of
from chromasonic.melody_generation.models import MODEL_FAMILIES
from chromasonic.melody_generation.training import load_checkpoint
from chromasonic.music.packing import DamagedFileError, read_header, read_packed

ARGUMENTS = {"vocab_size": 12, "embedding_dim": 8, "hidden_size": 16, "num_layers": 1, "dropout": 0.0}
WEIGHTS = MODEL_FAMILIES["lstm"](**ARGUMENTS).state_dict()


def stored(settings: Any, weights: dict[str, torch.Tensor] = WEIGHTS) -> bytes:
    text = settings if isinstance(settings, str) else json.dumps(settings)
    return save({name: tensor.clone() for name, tensor in weights.items()}, {"chromasonic": text})


def with_arguments(**arguments: Any) -> bytes:
    return stored({"family": "lstm", "arguments": {**ARGUMENTS, **arguments}})


def headed(header: bytes, length: int | None = None, rest: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + rest


def claiming(**tensor: Any) -> bytes:
    about = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16], **tensor}
    return headed(json.dumps({"__metadata__": {"chromasonic": "{}"}, "w": about}).encode(), rest=bytes(16))


DAMAGED = {
    "empty": b"",
    "random": bytes(range(256)) * 9,
    "a pickle": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
    "a zip, as torch writes": b"PK\x03\x04" + bytes(400),
    "a header that claims 2^63 bytes": headed(b"{}", 2**63 - 1),
    "a header that claims 4 GiB": headed(b"{}", 2**32),
    "a header that is no JSON": headed(b"{'a': 1}"),
    "a header of deep nesting": headed(b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
    "a header of NaN": headed(b'{"a":NaN}'),
    "a tensor of 4 TB": claiming(shape=[10**12], data_offsets=[0, 4 * 10**12]),
    "a tensor whose size overflows": claiming(shape=[2**40, 2**40]),
    "a tensor of negative size": claiming(shape=[-4]),
    "a tensor outside the file": claiming(data_offsets=[1 << 40, (1 << 40) + 16]),
    "a tensor that ends before it begins": claiming(data_offsets=[16, 0]),
    "a tensor of no known kind": claiming(dtype="PYOBJECT"),
    "settings that are no JSON": stored("{'family': 'lstm'}"),
    "settings that are a list": stored([1, 2]),
    "settings that are null": stored("null"),
    "settings of deep nesting": stored("[" * 100_000 + "]" * 100_000),
    "no settings": save({"w": torch.zeros(2)}),
}
REFUSED = {
    "no family": stored({"arguments": ARGUMENTS}),
    "a family that is a list": stored({"family": ["lstm"], "arguments": ARGUMENTS}),
    "a family of the system": stored({"family": "os:system", "arguments": ARGUMENTS}),
    "a family of 100,000 letters": stored({"family": "x" * 100_000, "arguments": ARGUMENTS}),
    "no arguments": stored({"family": "lstm"}),
    "arguments that are a list": stored({"family": "lstm", "arguments": [1, 2]}),
    "an argument more": with_arguments(device="cuda"),
    "a billion units": with_arguments(hidden_size=10**9),
    "a billion layers": with_arguments(num_layers=10**9),
    "a billion tokens": with_arguments(vocab_size=10**9),
    "as wide and deep as can be": with_arguments(hidden_size=8192, embedding_dim=8192, num_layers=64),
    "no unit": with_arguments(hidden_size=0),
    "minus one layer": with_arguments(num_layers=-1),
    "half a layer": with_arguments(num_layers=1.5),
    "layers of NaN": with_arguments(num_layers=float("nan")),
    "layers in words": with_arguments(num_layers="2"),
    "a layer that is true": with_arguments(num_layers=True),
    "all dropped": with_arguments(dropout=1.0),
    "NaN dropped": with_arguments(dropout=float("nan")),
    "weights of another": stored({"family": "lstm", "arguments": ARGUMENTS}, WEIGHTS | {"skip.weight": torch.ones(3)}),
    "a weight too many": stored({"family": "lstm", "arguments": ARGUMENTS}, WEIGHTS | {"more": torch.zeros(3)}),
    "no weights": stored({"family": "lstm", "arguments": ARGUMENTS}, {"w": torch.zeros(0)}),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_a_file_that_is_no_checkpoint_is_damaged(name: str, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(DAMAGED[name])
    with pytest.raises(CheckpointError, match=r"model\.safetensors is damaged and cannot be read\. Choose"):
        load_checkpoint(tmp_path / "model")


@pytest.mark.parametrize("name", REFUSED)
def test_a_checkpoint_that_claims_what_it_does_not_hold_is_refused_before_memory_is_taken(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "model.safetensors").write_bytes(REFUSED[name])
    with pytest.raises(CheckpointError) as caught:  # the widest and deepest would take 160 GB
        load_checkpoint(tmp_path / "model")
    assert str(caught.value).startswith("model.safetensors ")
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 400


def test_a_class_of_ones_own_is_built_from_the_five_numbers_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(with_arguments(command="rm -rf /"))

    def never(**arguments: Any) -> nn.Module:
        raise AssertionError(arguments)

    with pytest.raises(CheckpointError, match="needs vocab_size"):
        load_checkpoint(tmp_path / "model", never)


@pytest.mark.parametrize(
    "family", ["os:system", "subprocess:Popen", "shutil:rmtree", "builtins:eval", "torch:load", "os:", ":x",
     "..", "json:", ""],
)  # fmt: skip
def test_a_family_that_is_no_model_is_never_called(family: str) -> None:
    with pytest.raises(SettingsError, match=r"is no model|cannot be imported"):
        model_class_of(family)


def test_a_class_of_ones_own_is_found_by_its_name() -> None:
    assert model_class_of("torch.nn:Identity") is nn.Identity


TOKENS = SearchData([[1, 2]], [[3]], [], vocab_size=4, sequence_length=8, music="x", melodic=False)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", gzip.compress(b""), gzip.compress(b"[]"), gzip.compress(b"{}"), gzip.compress(b"null"),
        gzip.compress(b"[" * 100_000), gzip.compress(json.dumps(TOKENS.to_json()).encode())[:-9],
        *(gzip.compress(json.dumps({**TOKENS.to_json(), **wrong}).encode()) for wrong in (
            {"train": [[1, 99]]}, {"train": [[-1]]}, {"train": "abc"}, {"train": [["a"]]}, {"train": [None]},
            {"vocab_size": "4"}, {"vocab_size": None}, {"more": 1},
        )),
    ],
    ids=len,  # gzip notes the time, and every process of a test run must call a test the same
)  # fmt: skip
def test_tokens_that_are_none_are_damaged(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "data.json.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"data\.json\.gz is damaged"):
        load_data(tmp_path / "data.json.gz")


def test_a_packed_file_never_unpacks_to_more_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_data(tmp_path / "data.json.gz", TOKENS)
    assert load_data(tmp_path / "data.json.gz") == TOKENS
    monkeypatch.setattr(files, "MOST_UNPACKED", 1 << 20)
    bomb = gzip.compress(bytes(64 << 20))
    (tmp_path / "data.json.gz").write_bytes(bomb)
    with pytest.raises(ValueError, match="unpacks to more than it may"):
        load_data(tmp_path / "data.json.gz")
    (tmp_path / "set.music").write_bytes(b'{"body_bytes": %d}\n' % len(bomb) + bomb)
    assert read_header(tmp_path / "set.music")
    with pytest.raises(DamagedFileError):
        read_packed(tmp_path / "set.music")
