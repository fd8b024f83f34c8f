"""Manners of a process that works for another: it ends with it, and goes first when memory runs out."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # prctl(2)
_FIRST_TO_GO = "1000"  # proc(5), oom_score_adj: the kernel takes this process before any other


def die_with_the_parent() -> None:
    """Let the kernel end this process when its parent's thread ends, even while it hangs; does nothing but on Linux."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before that was asked for
        os._exit(0)


def die_before_the_others() -> None:
    """When memory runs out, it is this process that is lost, not the server or the musician's other programs."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # where it may not be said, the kernel decides
            Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
