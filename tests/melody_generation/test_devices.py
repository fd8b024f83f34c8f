from pathlib import Path

import pytest
import torch

from chromasonic.errors import DeviceError
from chromasonic.melody_generation.training import available_devices, device_name, devices, resolve_device


@pytest.fixture
def two_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two graphics cards, as torch would describe it."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: ["NVIDIA A", "NVIDIA B"][index])
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.parametrize(
    "wanted, found",
    [
        ("auto", "cuda:0"),
        ("cuda", "cuda:0"),
        ("CUDA:1", "cuda:1"),
        ("nvidia b", "cuda:1"),
        ("cpu", "cpu"),
        (torch.device("cuda", 1), "cuda:1"),
    ],
)
def test_a_device_is_found_by_kind_index_or_name(two_cards: None, wanted: str | torch.device, found: str) -> None:
    assert resolve_device(wanted) == torch.device(found)


def test_without_a_card_the_processor_is_chosen(no_card: None) -> None:
    assert resolve_device("auto") == torch.device("cpu")


def test_an_apple_chip_goes_before_the_processor(no_card: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert [device.id for device in available_devices()] == ["mps", "cpu"]
    assert resolve_device("auto") == torch.device("mps")


@pytest.mark.parametrize("wanted", ["cuda:2", "mps", "banjo", "", "cpu:7"])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(two_cards: None, wanted: str) -> None:
    with pytest.raises(DeviceError, match=r"There is: cuda:0 \(NVIDIA A\), cuda:1 \(NVIDIA B\), cpu \("):
        resolve_device(wanted)


def test_devices_are_called_what_their_makers_call_them(two_cards: None) -> None:
    assert device_name("cuda:1") == "NVIDIA B"
    assert "core" in device_name("cpu")


def test_the_processor_has_a_name_on_every_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "CPU_INFO", tmp_path / "not there")
    assert device_name("cpu")[0].isalnum()
