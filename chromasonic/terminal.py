"""What is said in a terminal, which may close, fill a disk or never have been there: no reason to end a search."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any, TextIO


class Onlooker:
    """A stream to whoever watches; what cannot be written because they have left is let go."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write `text`, if anybody is there."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """See that it has arrived, if anybody is there."""
        with contextlib.suppress(OSError):
            self._stream.flush()


def open_what_is_closed() -> None:
    """Give whoever starts us without a terminal (`>&-`) something to write to."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 – as long as the process


def write_no_more() -> None:
    """Keep Python from complaining about a stream that takes nothing when it flushes it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
