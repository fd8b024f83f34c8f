"""File names that are safe, and files that are written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from chromasonic.errors import WorkspaceError


def file_name(name: str) -> str:
    """A short, safe file name for any `name`; different names get different file names.

    A hash stands at the end, so two names that look alike once cleaned never share a folder.
    """
    readable = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:40] or "untitled"
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def write_whole(path: Path, content: str | bytes) -> None:
    """Write `content` to `path` whole or not at all: a reader never sees half a file.

    Raises:
        WorkspaceError: the disk is full or the folder cannot be written; an older file at `path` is left as it was.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)  # mkstemp makes it 0600; a report is for everyone who may read the folder
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise WorkspaceError(
            f"{path.name} could not be written to {path.parent} ({error.strerror or error}). Free some space or allow "
            "writing there, then try again."
        ) from error
