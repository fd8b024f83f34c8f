"""What comes in from Python is checked once, at the door: plain values leave here, or an error that says what to do.

NumPy's numbers and arrays, and torch's tensors, are welcome wherever they say the same as plain ones.
"""

from __future__ import annotations

import math
import operator
import os
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, TypeVar

from chromasonic.errors import SettingsError, WorkspaceError

Sequences = Sequence[Sequence[int]]
T = TypeVar("T")


def plain(value: Any) -> Any:
    """`value` as Python's own numbers and lists, where it is an array, a tensor or one of their numbers."""
    return value.tolist() if hasattr(value, "tolist") else value


def whole(field: str, value: object, *, at_least: int, at_most: int) -> int:
    """`value` as a plain whole number.

    Raises:
        SettingsError: it is none, or outside its bounds; names `field`.
    """
    number = _index(value)
    if number is None or not at_least <= number <= at_most:
        raise SettingsError(field, f"needs a whole number from {at_least} to {at_most}, but is {shown(value)}")
    return number


def number(
    field: str,
    value: object,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float = math.inf,
    at_most: float | None = None,
) -> float:
    """`value` as a plain number within the bounds that are given.

    Raises:
        SettingsError: it is none, or outside its bounds; names `field`.
    """
    found = plain(value)
    bounds = [
        (above, "above", operator.gt),
        (at_least, "at least", operator.ge),
        (below, "below", operator.lt),
        (at_most, "at most", operator.le),
    ]
    try:
        real = math.nan if isinstance(found, bool) or not isinstance(found, Real) else float(found)
    except OverflowError:
        real = math.inf
    if not all(holds(real, bound) for bound, _, holds in bounds if bound is not None):
        told = " and ".join(f"{word} {bound:,g}" for bound, word, _ in bounds if bound is not None and bound < math.inf)
        raise SettingsError(field, f"needs a number {told}, but is {shown(value)}")
    return real


def positive(field: str, value: object, *, at_most: float, unit: str) -> float:
    """`value` as a plain number above 0.

    Raises:
        SettingsError: it is none, or outside its bounds; names `field`.
    """
    number = plain(value)
    if not isinstance(number, int | float) or isinstance(number, bool) or not 0 < number <= at_most:
        raise SettingsError(
            field, f"needs a number of {unit} above 0 and up to {at_most:,.0f}, or None, but is {shown(value)}"
        )
    return float(number)


def token_sequences(field: str, value: object) -> list[list[int]]:
    """`value` as lists of plain token ids, one list a melody.

    Raises:
        SettingsError: it is something else; names `field` and the place.
    """
    return [_tokens(field, index, sequence) for index, sequence in enumerate(_entries(field, value, "it"))]


def _tokens(field: str, index: int, sequence: object) -> list[int]:
    if isinstance(sequence, list | tuple) and set(map(type, sequence)) <= {int}:
        return list(sequence)  # as nearly all are; to look at each token by itself takes ten times as long
    tokens = []
    for position, value in enumerate(_entries(field, sequence, f"sequence {index}")):
        token = _index(value)
        if token is None:
            raise SettingsError(
                field,
                f"sequence {index} holds {shown(value)} at position {position}, but token ids are whole numbers. "
                "Number the different tokens from 0.",
            )
        tokens.append(token)
    return tokens


def _entries(field: str, value: object, what: str) -> Iterable[object]:
    entries = plain(value)
    if isinstance(entries, str | bytes) or not isinstance(entries, Iterable):
        raise SettingsError(
            field,
            f"needs a list of melodies, each a list of token ids, such as [[60, 62, 64], [67, 65]], but {what} is "
            f"{shown(value)}",
        )
    return entries


def record_of(field: str, value: object, known: Collection[str]) -> Mapping[str, Any]:
    """`value`, which is a record that has none but the `known` fields.

    Raises:
        SettingsError: it is something else, or has another field; names `field`, or that one.
    """
    if not isinstance(value, Mapping):
        raise SettingsError(field, f"needs a record of its fields, such as {{}}, but is {shown(value)}")
    for name in value:
        if name not in known:
            raise SettingsError(f"{name!s:.60}", f"is not part of the {field}; known are {', '.join(sorted(known))}")
    return value


def instance(field: str, value: T, kinds: type | tuple[type, ...], example: str) -> T:
    """`value`, which is of one of the `kinds` that its type hint names.

    Raises:
        SettingsError: it is something else; names `field` and shows an `example`.
    """
    if not isinstance(value, kinds):
        raise SettingsError(field, f"needs {example}, but is {shown(value)}")
    return value


def path(field: str, value: object, example: str) -> Path:
    """`value` as a path.

    Raises:
        SettingsError: it is something else, or names nothing; names `field` and shows an `example`.
    """
    if not isinstance(value, str | os.PathLike) or not str(value) or "\0" in str(value):
        raise SettingsError(field, f"needs {example}, but is {shown(value)}")
    return Path(value)


def function(field: str, value: T, example: str) -> T:
    """`value`, which can be called.

    Raises:
        SettingsError: it cannot; names `field` and shows an `example`.
    """
    if not callable(value):
        raise SettingsError(field, f"needs {example}, but is {shown(value)}")
    return value


def writable_folder(folder: Path) -> Path:
    """`folder`, made where it was missing: a search of hours must not find at its end that it cannot be written.

    Raises:
        WorkspaceError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise WorkspaceError(
            f"The results are to be written to {folder}, but that cannot be done ({error.strerror or error}). Free "
            "some space, allow writing there, or choose another folder."
        ) from error
    return folder


def _index(value: object) -> int | None:
    """The whole number that `value` is; None when it is none. True and False are answers, not numbers."""
    try:
        return None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def shown(value: object) -> str:
    """`value` as it stands in a message: only its beginning where it is long."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python writes out no whole number of thousands of digits
        text = "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:60]}…"
