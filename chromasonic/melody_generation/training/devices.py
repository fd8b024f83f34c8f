"""Where a model can be trained: the processor, a graphics card, an Apple chip."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import torch

from chromasonic.errors import DeviceError
from chromasonic.languages import mark

CPU_INFO = Path("/proc/cpuinfo")
"""Where Linux names its processor; Python does not know."""


@dataclass(frozen=True)
class Device:
    """A place to train, as torch calls it and as its maker calls it."""

    id: str  # "cpu", "cuda:0", "mps"
    name: str


def available_devices() -> list[Device]:
    """Every device of this machine, the fastest first and the processor, which is always there, last."""
    devices = [Device(f"cuda:{index}", torch.cuda.get_device_name(index)) for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        devices.append(Device("mps", "Apple GPU"))
    return [*devices, Device("cpu", _processor_name())]


def resolve_device(wanted: str | torch.device) -> torch.device:
    """The device meant by "auto" (the fastest there is), "cpu", "cuda", "cuda:1", "mps" or a device's full name.

    Raises:
        DeviceError: it is not there; the message says what is.
    """
    devices = available_devices()
    asked = str(wanted).strip()
    if asked.lower() == "auto":
        return torch.device(devices[0].id)
    for device in devices:
        # "cuda" alone means the first card.
        if asked.lower() in (device.id, device.name.lower()) or f"{asked.lower()}:0" == device.id:
            return torch.device(device.id)
    there = ", ".join(f"{device.id} ({device.name})" for device in devices)
    raise DeviceError(f"There is no device “{asked}” on this machine. There is: {there}.")


def device_or_cpu(wanted: str) -> str:
    """The id of the device meant by `wanted`; the processor's where that is not there: a search may go on elsewhere."""
    try:
        return str(resolve_device(wanted))
    except DeviceError:
        return "cpu"


def device_name(device: str | torch.device) -> str:
    """What the maker calls `device`."""
    wanted = str(resolve_device(device))
    return next(there.name for there in available_devices() if there.id == wanted)


def use_one_thread() -> None:
    """Let this process compute with one thread.

    These models are small: two threads doubled the processor time and gained nothing, while two processes with one
    thread each trained 1.92–1.98 times as much.
    """
    torch.set_num_threads(1)


def _processor_name() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    model = _processor_model()
    return mark(f"{model}, 1 core") if cores == 1 else mark(f"{model}, {cores} cores")


def _processor_model() -> str:
    try:
        for line in CPU_INFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # another system, where Python knows
    return platform.processor() or platform.machine() or "Processor"
