"""Titles as a musician writes them: "The Boys of Bluehill", where a transcriber typed "BOYS OF BLUEHILL, THE."."""

from __future__ import annotations

import re

_SMALL = {"a", "an", "and", "at", "by", "for", "from", "in", "is", "my", "of", "on", "or", "o'", "the", "to", "with"}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*['’]?")


def clean_english_title(title: str) -> str:
    """`title` without shouting, with its article in front and a real dash before the kind of tune.

    Only what is certain is changed: words in mixed case stay as they were written.
    """
    title = re.sub(r"\s+", " ", title)
    title = re.sub(r"(?<=[a-z]):(?=[a-z])", "", title)  # "Golden Gat:e" is a slip of the typist
    if not re.search(r"[a-z]", title):
        title = _without_shouting(title)
    parts = [_bare(part) for part in re.split(r"--| - |(?<=\")- ?", title, maxsplit=1)]
    parts[0] = _bare(re.sub(r"^(.*\S)\s*,\s*(the|a|an)$", r"\2 \1", parts[0], flags=re.IGNORECASE))
    return " – ".join(part[0].upper() + part[1:] for part in parts if part)


def _bare(text: str) -> str:
    """`text` without the comma or full stop at its end (an initial keeps it) and the quotation marks around it."""
    text = text.strip(" -,")
    if len(text) > 1 and text[0] == text[-1] == '"' and text.count('"') == 2:
        text = text.strip('"')
    return text[:-1].rstrip() if re.search(r"\w\w\.$", text) else text


def _without_shouting(text: str) -> str:
    def word(found: re.Match[str]) -> str:
        lower = found[0].lower()
        if lower in _SMALL and found.start() > 0:
            return lower
        return re.sub(r"^(\w['’](?=\w{3})|mc|)(\w)", lambda start: start[1].capitalize() + start[2].upper(), lower)

    return _WORD.sub(word, text)
