"""Text that others wrote: in whatever encoding it was saved, and short enough to be quoted in a message."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE

_LONGEST_QUOTE = 40  # characters; more would hide the sentence around it


def decoded(data: bytes) -> str:
    """`data` as text; Latin-1, which has a letter for every byte, is the last resort."""
    marked = ["utf-16"] if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else []
    for encoding in [*marked, "utf-8-sig", "cp1252"]:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def quoted(text: str) -> str:
    """`text` in quotation marks, for a message: only its beginning where it is long."""
    return f"“{text}”" if len(text) <= _LONGEST_QUOTE else f"“{text[:_LONGEST_QUOTE]}…”"
