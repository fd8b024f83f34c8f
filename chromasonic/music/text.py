"""Text that others wrote: in whatever encoding it was saved, made fit to stand on a page or in a message."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE

LONGEST_LINE = 200  # characters; no title and no name of a file needs more
_LONGEST_QUOTE = 40  # characters; more would hide the sentence around it
_KEPT_END = 20  # characters; the end of a name says which of several it is, and what kind of file
_UNSEEN = re.compile(  # what no one sees, and yet harms
    "[\x00-\x1f\x7f-\x9f"  # control characters
    "\u2060"  # a joiner, which a name that is copied from a page may hold
    "\u202a-\u202e\u2066-\u2069"  # those that turn the direction of the words after them
    "\ud800-\udfff\ufffe\uffff]"  # halves of characters, and what is none: no file takes them
)


def decoded(data: bytes) -> str:
    """`data` as text; Latin-1, which has a letter for every byte, is the last resort."""
    marked = ["utf-16"] if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else []
    for encoding in [*marked, "utf-8-sig", "cp1252"]:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def visible(text: str) -> str:
    """What can be seen of `text`, on one line."""
    return " ".join(_UNSEEN.sub("", " ".join(text.split())).split())


def visible_lines(text: str) -> str:
    """What can be seen of `text`, line by line as it stands, without empty lines at its end."""
    return "\n".join(_UNSEEN.sub("", line.expandtabs(4)) for line in text.splitlines()).rstrip()


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """What can be seen of `text`, on one line; where that is too long, its middle is left out."""
    line = visible(text)
    return line if len(line) <= longest else f"{line[: longest - _KEPT_END - 1]}…{line[-_KEPT_END:]}"


def quoted(text: str) -> str:
    """`text` in quotation marks, for a message: only its beginning where it is long."""
    text = "".join(c if c.isprintable() else "\ufffd" for c in text[: _LONGEST_QUOTE + 1])
    return f"“{text}”" if len(text) <= _LONGEST_QUOTE else f"“{text[:_LONGEST_QUOTE]}…”"
