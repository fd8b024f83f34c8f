"""Messages in the reader's language, whoever wrote them.

What goes wrong is put into English words where it happens: in a thread, in a child process, in a file kept for years,
in a log that helpers read. So it is translated where it is shown, by the text it was made from: that text, with its
places for values, is in the file of each language, and a message that fits it is said anew.
"""

from __future__ import annotations

import re
import string
from functools import cache, lru_cache
from typing import Any

from chromasonic import languages

from . import ENGLISH, Language, current, figure, say_number, sign

_NUMBER = re.compile(r"-?\d[\d,]*(\.\d+)?")
_COUNTED = re.compile(r"(\d[\d,]*) (.+)")
_DEEPEST = 3  # a reason within a reason within a reason


def retold(message: str) -> str:
    """The English `message` in the language of now; as it is where none of our texts fits it."""
    return message if (code := current()) == ENGLISH else _kept(message, languages.language(code))


@lru_cache(maxsize=16_384)  # a table names the tunes of a whole collection, anew each time it is drawn
def _kept(message: str, speech: Language) -> str:
    return _retold(message, speech, 0) or message


def _retold(message: str, speech: Language, depth: int) -> str | None:
    if depth > _DEEPEST:
        return None
    texts = speech.texts
    if (exact := texts.get(("", message))) is not None:
        return exact
    parts = _parts(message, speech, depth)
    if parts and all(is_known for _, is_known in parts):  # before a message takes two reasons for one of its values
        return sign("; ").join(part for part, _ in parts)
    for longest, places, pattern, english in _messages(speech):  # the one with the most words of its own comes first
        if longest in message and (fit := _compiled(pattern).fullmatch(message)):
            values = [_value(value, speech, depth + 1) for value in fit.groups()]
            return AsTold().vformat(speech.text(english), (), dict(zip(places, values, strict=True)))
    for colon in re.finditer(": ", message):  # “tune.abc: …”: what is named stays, what is said of it is said anew
        if (reason := _retold(message[colon.end() :], speech, depth + 1)) is not None:
            return message[: colon.start()] + sign(": ") + reason
    return sign("; ").join(part for part, _ in parts) if any(is_known for _, is_known in parts) else None


def _parts(message: str, speech: Language, depth: int) -> list[tuple[str, bool]]:
    """What semicolons part in a message, said anew, and whether it could be; nothing where none is in it."""
    parts = message.split("; ")
    told = [_retold(part, speech, depth + 1) for part in parts] if len(parts) > 1 else []
    return [(part if anew is None else anew, anew is not None) for part, anew in zip(parts, told, strict=False)]


class AsTold(string.Formatter):
    """Puts values into their places as they are: they were put into words before."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """As of `string.Formatter`."""
        return str(value)


def _value(value: str, speech: Language, depth: int) -> str:
    if _NUMBER.fullmatch(value):
        return figure(value)
    if (counted := _COUNTED.fullmatch(value)) and (forms := _forms(speech).get(counted[2])):
        return say_number(int(counted[1].replace(",", "")), *forms)
    return (_retold(value, speech, depth) if " " in value else None) or value


@cache
def _forms(speech: Language) -> dict[str, tuple[str, str]]:
    """The two English forms of what is counted, by its name in either."""
    return {form.removeprefix("{n:,} "): pair for pair in speech.forms for form in pair}


@cache
def _messages(speech: Language) -> list[tuple[str, tuple[str, ...], str, str]]:
    """Each text of the language that has places: its longest words between them, the places, a pattern, itself."""
    found = []
    for context, english in speech.messages:
        parts = list(string.Formatter().parse(english))
        if context or not any(name is not None for _, name, _, _ in parts):
            continue
        words = [literal for literal, _, _, _ in parts]
        pattern, places = "", list[str]()
        for literal, name, _, _ in parts:
            pattern += re.escape(literal)
            if name in places:
                pattern += rf"\{places.index(name) + 1}"  # the same again
            elif name is not None:
                pattern += "(.+?)"
                places.append(name)
        found.append((sum(map(len, words)), max(words, key=len), tuple(places), pattern, english))
    return [entry[1:] for entry in sorted(found, reverse=True)]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)
