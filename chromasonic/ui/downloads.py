"""A file that is downloaded stays until the browser has fetched it."""

from __future__ import annotations

import math
import time

from streamlit.runtime.media_file_manager import MediaFileMetadata

KEPT_FOR = 60.0  # seconds: a browser asks at once, but a busy server may be late to answer


def keep_for_a_while() -> None:
    """Let Streamlit keep what was made for a download for `KEPT_FOR` seconds.

    By itself it throws such a file away after two script runs of anybody's: where a page looks every second at a
    training, or somebody else is at work, that is before the browser has asked for it, and the download is cancelled.
    """
    MediaFileMetadata.mark_for_delete = _mark  # type: ignore[assignment,method-assign]
    MediaFileMetadata.is_marked_for_delete = property(_is_over)  # type: ignore[assignment,method-assign]


def _mark(file: MediaFileMetadata) -> None:
    file.__dict__.setdefault("marked_at", time.monotonic())


def _is_over(file: MediaFileMetadata) -> bool:
    marked_at: float = file.__dict__.get("marked_at", math.inf)
    return time.monotonic() > marked_at + KEPT_FOR
