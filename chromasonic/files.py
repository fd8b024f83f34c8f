"""File names that are safe, and files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from chromasonic.errors import WorkspaceError

MOST_UNPACKED = 512 << 20
"""Bytes inside one packed file: a hundred times the largest collection."""

_LONGEST_READABLE = 120  # bytes of a name that a person reads: with hash and endings far from the 255 of a file system
_READ_OF_NAME = 1000  # characters; no more is looked at than could be kept


def file_name(name: str) -> str:
    """A short, safe file name for any `name`; different names get different file names.

    A hash stands at the end, so two names that look alike once cleaned never share a folder.
    """
    readable = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:40] or "untitled"
    return f"{readable}-{_hash(name)}"


def download_name(name: str) -> str:
    """A short file name, safe on every system, that keeps the letters of any `name`: `été-à-la-mer-1f…`.

    For what a person takes home; folders of the workspace keep the plainer names of `file_name`. At most 129 bytes. The
    hash at the end tells names apart, and leaves none that Windows keeps for itself, such as `con`.
    """
    kept = "".join(
        sign if unicodedata.category(sign)[0] in "LMN" else "-"  # letters, what stands on them, numbers
        for sign in unicodedata.normalize("NFC", name[:_READ_OF_NAME]).lower()
    )
    readable = re.sub("-+", "-", kept).strip("-")[:40].encode()[:_LONGEST_READABLE].decode(errors="ignore").strip("-")
    return f"{readable or 'untitled'}-{_hash(name)}"


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]


def unpacked(data: bytes) -> bytes:
    """What is inside a gzip file, which may come from a stranger.

    Raises:
        ValueError: it is damaged or cut short, or more than `MOST_UNPACKED` bytes are inside.
    """
    unpacker = zlib.decompressobj(wbits=31)  # 31: gzip, with its check sum
    try:
        content = unpacker.decompress(data, MOST_UNPACKED)
    except zlib.error as error:
        raise ValueError(f"it is damaged: {error}") from error
    if not unpacker.eof:
        raise ValueError("it is cut short" if len(content) < MOST_UNPACKED else "it unpacks to more than it may")
    return content


def write_whole(path: Path, content: str | bytes) -> None:
    """Write `content` to `path` whole or not at all: a reader never sees half a file.

    Raises:
        WorkspaceError: the disk is full or the folder cannot be written; an older file at `path` is left as it was.
    """
    with _in_words(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with writing_whole(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def writing_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes its place at `path` once it is whole.

    Raises:
        WorkspaceError: the disk is full or the folder cannot be written; an older file at `path` is left as it was.
    """
    with _in_words(path):
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)  # mkstemp makes it 0600; a report is for everyone who may read the folder
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)


def add_line(path: Path, line: str) -> None:
    """Add `line` to the file at `path`, safe on the disk when this returns; several may do so at once.

    It is written in one go and begins with the end of the line before it, so that what a kill cut short spoils nothing
    but itself.

    Raises:
        WorkspaceError: the disk is full or the folder cannot be written.
    """
    with _in_words(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, f"\n{line}".encode())
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WorkspaceError(
            f"{path.name} could not be written to {path.parent} ({error.strerror or error}). Free some space or allow "
            "writing there, then try again."
        ) from error
