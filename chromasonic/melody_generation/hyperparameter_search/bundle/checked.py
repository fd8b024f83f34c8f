"""What a value in a stranger's file may be, and what is said where it is something else."""

from __future__ import annotations

import contextlib
import gzip
import math
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chromasonic.errors import BundleError, ChromasonicError, WorkspaceError

from .format import MIB

WRONG = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError, ChromasonicError)
"""What values of another kind than expected raise where they are used."""


@contextlib.contextmanager
def understood(what: str) -> Iterator[None]:
    """Turn what a value of another kind raises inside into words."""
    try:
        yield
    except (BundleError, WorkspaceError):
        raise
    except (*WRONG, EOFError, OSError, zlib.error) as error:
        if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile | FileNotFoundError):
            raise
        raise damaged(f"{what} cannot be read") from error


def text(value: Any) -> str:
    """Text that can be written as UTF-8, of a bearable length."""
    if not isinstance(value, str) or len(value) > MIB:
        raise TypeError
    value.encode()  # half a surrogate pair is no text
    return value


def claim(value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise TypeError
    return value


def is_whole(value: Any) -> bool:
    """Whether it is a whole number; JSON's true is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def whole_number(value: Any, at_most: int) -> int:
    """A whole number from 0 to `at_most`."""
    if not is_whole(value) or not 0 <= value <= at_most:
        raise ValueError
    return int(value)


def number(value: Any) -> float:
    """A number that is neither infinite nor NaN."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError
    return float(value)


def local_time(moment: str | None) -> datetime | None:
    """Optuna keeps local time without a zone."""
    return None if moment is None else datetime.fromisoformat(moment).astimezone().replace(tzinfo=None)


def quotable(value: Any) -> str:
    """The beginning of it, to be shown to a person."""
    return "".join(c for c in str(value)[:60] if c.isprintable())


def damaged(why: str) -> BundleError:
    """An error that says what is damaged."""
    return BundleError(
        f"This export of a search is damaged: {why}. Nothing was imported. Export it again on the machine it comes "
        "from, or copy the file once more."
    )


def refused(why: str) -> BundleError:
    """An error that says why the file is not trusted."""
    return BundleError(
        f"This file is refused: {why}. Nothing was imported. Only import searches that come from Chromasonic itself."
    )
