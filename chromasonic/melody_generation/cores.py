"""How many processor cores there are to train on."""

from __future__ import annotations

import math
import os
from pathlib import Path

CPU_SHARE = Path("/sys/fs/cgroup/cpu.max")
"""Where Linux says how much of the processor a container may use: microseconds, or `max`, in so many of them."""


def cores() -> int:
    """Processor cores this process may use: where a container has a share of them, no more than that, rounded up.

    As many trials at once learn most, each with one thread; more only take memory (docs/performance.md).
    """
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        used, period = CPU_SHARE.read_text(encoding="ascii").split()
    except OSError:
        return there
    return there if used == "max" else min(there, math.ceil(int(used) / int(period)))
