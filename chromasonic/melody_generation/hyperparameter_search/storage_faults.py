"""What can befall the database of searches, told in plain words at one seam: the events of its own engine.

Whoever meets a fault, Optuna or we, in a page or in a search, gets the same StorageError. It passes through Optuna as
it is, which wraps only the errors of SQLAlchemy.
"""

from __future__ import annotations

import errno
import sqlite3
import tempfile
from pathlib import Path

import sqlalchemy
from sqlalchemy.engine import ExceptionContext

from chromasonic.errors import StorageError
from chromasonic.languages import mark
from chromasonic.masking import masked

_OF_THE_DISK = ("IOERR", "CANTOPEN", "READONLY", "PERM")
_BY_NUMBER = {
    errno.ENOSPC: "FULL",
    errno.EDQUOT: "FULL",
    errno.EFBIG: "FULL",
    errno.EROFS: "READONLY",
    errno.EACCES: "READONLY",
    errno.EPERM: "READONLY",
}
_LITTLE = 64 * 1024  # bytes: what SQLite needs beside the database itself


class DatabaseFile:
    """A file of SQLite: which one it is, and what is wrong with it."""

    def __init__(self, path: Path, lock_timeout: float) -> None:
        self.path = path.absolute()
        self._lock_timeout = lock_timeout
        self._identity: tuple[int, int] | None = None

    def remember(self) -> None:
        """Note which file it is that was opened: one that is deleted can still be written, in vain."""
        self._identity = self._now()

    def is_replaced(self) -> bool:
        """Whether another file stands where the one was that was opened."""
        return self._now() not in (self._identity, None)

    def check(self) -> None:
        """Make sure that what is written comes into the file that people see.

        Raises:
            StorageError: it is gone, or another stands in its place.
        """
        now = self._now()
        if now is None:
            raise StorageError(_GONE.format(path=self.path))
        if now != self._identity:
            raise StorageError(_REPLACED.format(path=self.path))

    def _now(self) -> tuple[int, int] | None:
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return stat.st_dev, stat.st_ino

    def explain(self, error: BaseException) -> StorageError | None:
        """What `error` means to a musician, and what to do; None for what is no fault of file or disk."""
        cause = _cause(error)
        if isinstance(cause, OSError):  # its folder cannot be made
            return StorageError(_UNREACHABLE.format(path=self.path, detail=cause.strerror or cause))
        if not isinstance(cause, sqlite3.Error):
            return None
        name = _name(cause)
        if name in _OF_THE_DISK:  # one name, many causes: look which it is
            name = self._what_is_wrong_with_the_disk() or name
        if name not in _TEXTS:
            return None
        return StorageError(_TEXTS[name].format(path=self.path, seconds=self._lock_timeout))

    def _what_is_wrong_with_the_disk(self) -> str | None:
        if self._identity is not None and self._now() is None:
            return "GONE"
        try:
            with tempfile.TemporaryFile(dir=self.path.parent, buffering=0) as file:
                file.write(bytes(_LITTLE))
        except OSError as error:
            return _BY_NUMBER.get(error.errno or 0)
        return None


def tell_plainly(engine: sqlalchemy.Engine, url: str, file: DatabaseFile | None) -> None:
    """Let what goes wrong with the database behind `engine` come as a StorageError from now on.

    Errors that Optuna knows how to handle, such as two trials of one number, are left to it.
    """
    if file is not None:
        file.remember()

        @sqlalchemy.event.listens_for(engine, "do_connect")  # which would make an empty file where there is none
        @sqlalchemy.event.listens_for(engine, "checkout")
        def check(*_: object) -> None:
            file.check()

    @sqlalchemy.event.listens_for(engine, "handle_error", retval=True)
    def explain(context: ExceptionContext) -> BaseException | None:
        if file is not None:
            if _name(context.original_exception) in _OF_THE_DISK:  # what was opened on such a disk stays as it was
                context.is_disconnect = True
                engine.dispose()
            return file.explain(context.original_exception)
        if context.connection is None or context.is_disconnect:
            detail = masked(str(context.original_exception).strip().partition("\n")[0].rstrip("."), url)
            return StorageError(_SERVER.format(detail=detail))
        return None


def _name(error: BaseException) -> str:
    """What SQLite calls it, in its broad terms."""
    return (getattr(error, "sqlite_errorname", None) or "").removeprefix("SQLITE_").partition("_")[0]


def _cause(error: BaseException) -> BaseException:
    """The error of the driver or the system at the bottom of one of SQLAlchemy's or Optuna's."""
    while not isinstance(error, sqlite3.Error | OSError) and error.__cause__ is not None:
        error = error.__cause__
    return error


_LOCKED = mark(
    "Another program has kept the database of your searches locked for {seconds:g} seconds ({path}). Close what may "
    "hold it, a database browser or a backup program perhaps, and try again."
)
_GONE = mark(
    "The database of your searches is gone: {path} was deleted, moved or unplugged while Chromasonic was running. Put "
    "it back where it was and try again; or start Chromasonic anew, to begin with an empty one."
)
_REPLACED = mark(
    "Another file was put in the place of the database of your searches while Chromasonic was running ({path}). Try "
    "again, to go on with that one."
)
_UNREACHABLE = mark(
    "The database of your searches cannot be reached: {path} ({detail}). See that its disk is there and can be "
    "written, then try again."
)
_DAMAGED = mark(
    "The database of your searches is damaged ({path}). Close Chromasonic, move this file away and put a copy from a "
    "backup in its place, or begin with an empty one. Your music, the kept models and the reports have files of their "
    "own, which are untouched."
)
_TEXTS = {  # by SQLite's own names
    "BUSY": _LOCKED,
    "LOCKED": _LOCKED,
    "FULL": mark(
        "The disk is full, so the database of your searches cannot be used ({path}). Free some space, then try again."
    ),
    "READONLY": mark(
        "The database of your searches cannot be written: {path} is read-only, or its disk is. Allow writing "
        "there, then try again."
    ),
    "PERM": mark(
        "The database of your searches may not be opened: {path} belongs to somebody else. Allow reading and "
        "writing there, then try again."
    ),
    "CANTOPEN": mark(
        "The database of your searches cannot be opened ({path}). See that its folder is there and can be "
        "written, then try again."
    ),
    "IOERR": mark(
        "The disk failed to read or write the database of your searches ({path}). It may be full, unplugged or "
        "worn out; look at it, then try again."
    ),
    "CORRUPT": _DAMAGED,
    "NOTADB": _DAMAGED,
    "GONE": _GONE,
}
_SERVER = mark(
    "The server with the database of your searches does not answer: {detail}. See that it runs and can be reached, "
    "then try again."
)
