"""A command in a terminal: its log, its last words, and an onlooker who may leave without ending a search."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from chromasonic.errors import ChromasonicError
from chromasonic.logbook import close_log, in_words, keep_log
from chromasonic.masking import masked
from chromasonic.workspace import Workspace

_log = logging.getLogger(__name__)


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


def run_command(command: str, run: Callable[[], int], *, keeps_log: bool = True) -> int:
    """Run a command; its exit code. What ends it is said in plain words, and stands in the log of the workspace."""
    _open_what_is_closed()
    if keeps_log:
        workspace = Workspace.place()
        keep_log(f"chromasonic {command}", workspace.logs, workspace=workspace.root)
    try:
        code = run()
        sys.stdout.flush()  # here, where a reader who has left (`chromasonic studies | head`) is still understood
        return code
    except BrokenPipeError:
        _write_no_more()
        return 0
    except OSError as error:
        if error.errno != errno.ENOSPC:
            _log.exception("%s ended in an unexpected error", command)
            raise
        _log.error("%s ended: the disk is full", command)
        print("Error: the disk is full. Free some space, then try again.", file=sys.stderr)
        _write_no_more()
        return 1
    except ChromasonicError as error:
        _log.error("%s ended: %s", command, in_words(error))
        print(f"Error: {masked(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130  # 128 + SIGINT, as shells expect
    except Exception:  # written down with what led to it, and shown as Python shows it
        _log.exception("%s ended in an unexpected error", command)
        raise
    finally:
        close_log()


def _open_what_is_closed() -> None:
    """Give whoever starts us without a terminal (`>&-`) something to write to."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 – as long as the process


def _write_no_more() -> None:
    """Keep Python from complaining about a stream that takes nothing when it flushes it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
