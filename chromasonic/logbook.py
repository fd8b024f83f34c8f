"""A log file in the workspace, so that one can understand afterwards what went wrong.

It tells what happened, never to whom or with what music: names in quotation marks, folders, passwords and the words of
errors that are not ours are left out before a line is written. Several processes write one file at once (the app,
terminals): for each entry it is opened, appended to and closed, and once grown too large it is moved aside whole. The
modules only speak to `logging`; the doors (the app, the command line) call `keep_log`.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import os
import platform
import re
import threading
import time
import traceback
from pathlib import Path

from chromasonic import __version__
from chromasonic.errors import ChromasonicError, MusicFileError
from chromasonic.masking import masked

FILE = "chromasonic.log"
MAX_BYTES = 2 * 1024 * 1024  # of one file: weeks of searching
KEPT = 4  # full files beside the one in use
LONGEST_LINE = 16 * 1024  # characters of one entry, a traceback for example

VERSIONED = ("torch", "optuna", "sqlalchemy", "numpy", "streamlit")

_log = logging.getLogger(__name__)


def keep_log(door: str, folder: Path, *, workspace: Path, tells_terminal: bool = False) -> None:
    """Write what Chromasonic's modules say into `folder`, until `close_log`; called again it changes nothing.

    Args:
        door: what was opened, such as "app" or "chromasonic search".
        folder: where the log files are.
        workspace: the folder that paths in the log begin from.
        tells_terminal: whether errors are shown in the terminal too, as they are where no log is kept.
    """
    if _handlers:
        return
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    _handlers.append(LogFile(folder, workspace))
    if tells_terminal:
        terminal = logging.StreamHandler()
        terminal.setLevel(logging.ERROR)
        _handlers.append(terminal)
    ours = logging.getLogger("chromasonic")
    ours.setLevel(logging.INFO)
    for handler in _handlers:
        ours.addHandler(handler)
    threading.excepthook = _thread_ended
    _log.info("%s opened: %s", door, versions())


def close_log() -> None:
    """Write no more."""
    ours = logging.getLogger("chromasonic")
    ours.setLevel(logging.NOTSET)
    while _handlers:
        ours.removeHandler(_handlers.pop())
    threading.excepthook = threading.__excepthook__


_handlers: list[logging.Handler] = []


def versions() -> str:
    """Chromasonic, Python, the system and the packages that matter most, in one line."""
    packages = []
    for name in VERSIONED:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            packages.append(f"{name} {importlib.metadata.version(name)}")
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return ", ".join([f"chromasonic {__version__}", f"Python {platform.python_version()}", system, *packages])


def without_names(text: str, workspace: Path | None = None) -> str:
    """`text` without what could be private: passwords, names in quotation marks, folders of a person or a search."""
    text = masked(text)
    if workspace is not None:
        text = text.replace(str(workspace), "WORKSPACE")
    text = _HOME.sub("~", text.replace(str(Path.home()), "~"))
    text = _NAMED_FOLDER.sub(r"\g<1>…", text)
    return _QUOTED.sub("“…”", text)


_HOME = re.compile(r"(?:/home|/Users|[A-Z]:\\Users)[/\\][^/\\\s'\"]+")
_NAMED_FOLDER = re.compile(r"((?:\b(?:searches|people)|WORKSPACE[/\\]\w+)[/\\])[^/\\\n'\"”):]+")
_QUOTED = re.compile(r"“[^”]*”?")


class LogFile(logging.Handler):
    """Appends each entry to a file that other processes append to as well; what cannot be written is let go."""

    def __init__(self, folder: Path, workspace: Path) -> None:
        super().__init__()
        self._folder = folder
        self.setFormatter(_Entry(workspace))

    def emit(self, record: logging.LogRecord) -> None:
        """Append `record`: one entry, one write, so that entries of several processes never mix."""
        with contextlib.suppress(Exception):  # a full disk or a folder that is gone is no reason to end a search
            entry = (self.format(record)[:LONGEST_LINE] + "\n").encode("utf-8", "replace")
            self._folder.mkdir(exist_ok=True)  # no parents: a workspace that was moved away must not be there again
            file = self._folder / FILE
            with file.open("ab", buffering=0) as log:
                log.write(entry)
                is_full = log.tell() >= MAX_BYTES
            if is_full:
                self._move_aside(file)

    def _move_aside(self, file: Path) -> None:
        """Begin a new file. Of several processes that try at once one succeeds; the others find a small one."""
        if file.stat().st_size < MAX_BYTES:
            return
        file.replace(file.with_name(f"{file.stem}-{time.time_ns():020d}-{os.getpid()}.log"))
        for old in _full_files(self._folder)[:-KEPT]:
            old.unlink(missing_ok=True)


def log_files(folder: Path) -> list[Path]:
    """The log files in `folder`, the oldest first and the one in use last."""
    return [*_full_files(folder), *folder.glob(FILE)]


def _full_files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{Path(FILE).stem}-*.log"))


class _Entry(logging.Formatter):
    """One entry: when, how grave, which process and module, what; every line after the first is indented."""

    def __init__(self, workspace: Path) -> None:
        super().__init__("%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        self.converter = time.gmtime
        self._workspace = workspace

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler's traceback has the words that are left out here
        entry = without_names(super().format(record), self._workspace)
        record.exc_text = None
        return entry.replace("\n", "\n    ")

    def formatException(self, ei: object) -> str:  # noqa: N802 – logging's own name
        """Where an error came from, and of its words those that quote no music and no name."""
        assert isinstance(ei, tuple)
        error = ei[1]
        lines = []
        while isinstance(error, BaseException):
            lines += [
                f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
            ]
            lines.append(in_words(error))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
            if error is not None:
                lines.append("after:")
        return "\n".join(lines)


def in_words(error: BaseException) -> str:
    """The class of `error`, and its words where they are ours or the operating system's."""
    name = type(error).__name__
    origin = getattr(error, "orig", None)  # SQLAlchemy: the driver's own error, without the values of the statement
    if isinstance(error, MusicFileError):
        return name  # its reason may quote the file
    if isinstance(error, ChromasonicError):
        return f"{name}: {error}"
    if isinstance(error, OSError):
        return f"{name}: {error.strerror}" if error.strerror else name
    if isinstance(error, MemoryError | ImportError) or type(error).__module__ == "sqlite3":
        return f"{name}: {error}"
    return f"{name}: {in_words(origin)}" if isinstance(origin, BaseException) else name


def _thread_ended(what: threading.ExceptHookArgs) -> None:
    """Write down what ended a thread that nobody waits for; Python itself tells the terminal."""
    if what.exc_value is not None:
        error = (what.exc_type, what.exc_value, what.exc_traceback)
        record = _log.makeRecord(_log.name, logging.ERROR, "", 0, "A thread ended in an unexpected error", (), error)
        _handlers[0].handle(record)
    threading.__excepthook__(what)
