"""The language a person reads: English stands in the code, each other one in a file of its own here (`de.po`, …).

It is gettext's way: the English text is the key. `say` puts a text into the language of whoever is at the page; the
terminal, Python, the log and every file for programs stay English. `docs/languages.md` tells how to add one.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

ENGLISH = "en"
FOLDER = Path(__file__).parent

NAMES = {ENGLISH: "English", "de": "Deutsch", "es": "Español", "fr": "Français", "ja": "日本語"}
"""Each language as it calls itself."""

OFFERED: tuple[str, ...] = (ENGLISH, "de", "es", "fr", "ja")
"""Those whose files are complete; `tests/languages` sees to it that they are."""

_spoken: ContextVar[str | None] = ContextVar("language", default=None)
_asks: list[Callable[[], str]] = []


def current() -> str:
    """The code of the language to speak now."""
    spoken = _spoken.get()
    return spoken if spoken is not None else _asks[-1]() if _asks else ENGLISH


def ask(who: Callable[[], str]) -> None:
    """From now on ask `who` for the language: the app knows whose page is being drawn."""
    _asks[:] = [who]


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Everything inside in the language `code`: files for programs are written in English from any page."""
    token = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(token)


def kept(function: Callable[P, T]) -> Callable[P, T]:
    """`function`, to be called later in the language of now: what is made outside any page, when it is asked for."""
    code = current()

    def in_that_language(*args: P.args, **kwargs: P.kwargs) -> T:
        with speaking(code):
            return function(*args, **kwargs)

    return in_that_language


def say(text: str, /, **values: object) -> str:
    """`text` in the language of now, with `values` in the places of their names: `say("{n} of {all}", n=2, all=3)`."""
    said: str = translated(text)
    return said.format(**values) if values else said


def say_number(n: int, one: str, many: str, /, **values: object) -> str:
    """The form of a text that goes with `n`: `say_number(3, "{n:,} tune", "{n:,} tunes")`."""
    if (code := current()) == ENGLISH:
        return (one if n == 1 else many).format(n=n, **values)
    return language(code).form(n, one, many).format(n=n, **values)


def mark(text: str) -> str:
    """`text` as it is; the extraction finds it here, and `say` translates it where it is used."""
    return text


def translated(value: Any, context: str = "") -> Any:
    """A text, or all texts in a tuple or among the values of a dict, in the language of now."""
    return value if (code := current()) == ENGLISH else _translated(value, language(code), context)


def _translated(value: Any, speech: Language, context: str) -> Any:
    if isinstance(value, str):
        return speech.text(value, context) if type(value) is str else value
    if isinstance(value, tuple):
        return tuple(_translated(part, speech, context) for part in value)
    if isinstance(value, dict):
        return {key: _translated(part, speech, context) for key, part in value.items()}
    return value


def figure(text: str) -> str:
    """A number that is written in English, such as `1,059.5`, as it is written in the language of now."""
    return text if (code := current()) == ENGLISH else text.translate(language(code).separators)


def comma() -> str:
    """What stands between the parts of a list: `, ` or `、`."""
    if (code := current()) == ENGLISH:
        return ", "
    from babel import Locale

    between: str = Locale.parse(language(code).locale).list_patterns["standard"]["middle"]
    return between.replace("{0}", "").replace("{1}", "")


_SIGNS = {  # where they are written otherwise than in English
    "fr": {": ": "\u202f: ", "; ": "\u202f; "},
    "ja": {": ": "：", "; ": "；", ".": "。", " ": ""},
}


def sign(english: str) -> str:
    """What the language of now writes for `: `, `; `, a full stop, or the space between two sentences."""
    return _SIGNS.get(current(), {}).get(english, english)


def clause(text: str) -> str:
    """`text` without its full stop, to stand within a sentence."""
    return text.rstrip(".。")


def sentence(text: str) -> str:
    """`text` with a capital letter and one full stop; nothing stays nothing."""
    text = clause(text)
    return text and f"{text[0].upper()}{text[1:]}{sign('.')}"


def sentences(told: Iterable[str]) -> str:
    """Whole sentences, one after the other; those that are empty are left out."""
    return sign(" ").join(filter(None, told))


def day(when: datetime) -> str:
    """`5 Nov 2026`."""
    if (code := current()) == ENGLISH:
        return f"{when.day} {when:%b %Y}"
    from babel.dates import format_date

    return format_date(when, "medium", locale=language(code).locale)


def moment(when: datetime) -> str:
    """`5 November 2026, 14:05`."""
    if (code := current()) == ENGLISH:
        return f"{when.day} {when:%B %Y, %H:%M}"
    from babel.dates import format_date, format_time, get_datetime_format

    locale = language(code).locale
    day, time = format_date(when, "long", locale=locale), format_time(when, "short", locale=locale)
    return str(get_datetime_format("long", locale=locale)).format(time, day)


def short_moment(when: datetime) -> str:
    """`5 Nov, 14:05`: for tables, where the year is plain."""
    if (code := current()) == ENGLISH:
        return f"{when.day} {when:%b, %H:%M}"
    from babel.dates import format_skeleton, format_time, get_datetime_format

    locale = language(code).locale
    day, time = format_skeleton("MMMd", when, locale=locale), format_time(when, "short", locale=locale)
    return str(get_datetime_format("short", locale=locale)).format(time, day)


class Translated(dict[Any, str]):
    """Texts by what they are for, each put into the language of now when it is asked for."""

    def __getitem__(self, key: Any) -> str:
        said: str = translated(super().__getitem__(key))  # as it is: its `format` knows how to write numbers
        return said

    def get(self, key: Any, default: Any = None) -> Any:
        """As of a dict."""
        return default if super().get(key) is None else self[key]

    def items(self) -> Any:
        """As of a dict."""
        return [(key, self[key]) for key in self]

    def values(self) -> Any:
        """As of a dict."""
        return [self[key] for key in self]


class Text(str):
    """A translated text: `format` writes numbers as its language does."""

    separators: Mapping[int, str]

    def format(self, *args: object, **values: object) -> str:
        """As of `str`, with the decimal sign and the sign between thousands of the language."""
        return _Formatter(self.separators).vformat(self, args, values)


class _Formatter(string.Formatter):
    def __init__(self, separators: Mapping[int, str]) -> None:
        self._separators = separators

    def format_field(self, value: Any, format_spec: str) -> str:
        text = str(super().format_field(value, format_spec))
        return text.translate(self._separators) if isinstance(value, int | float) else text


@dataclass(frozen=True, eq=False)
class Language:
    """All texts of one language, and how it writes numbers."""

    code: str
    texts: Mapping[tuple[str, str], str]  # by (context, English); a context is the name of a module of wording, or ""
    forms: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)  # by (singular, plural)
    messages: tuple[tuple[str, str], ...] = ()  # which of `texts` are messages, for `retelling`
    form_of: Callable[[int], int] = lambda n: int(n != 1)
    separators: Mapping[int, str] = field(default_factory=dict)  # what stands for "," and "." in numbers
    locale: str = ENGLISH  # as Babel calls it

    def text(self, english: str, context: str = "") -> Text:
        """A text; where the file has one for `context`, that."""
        own = self.texts.get((context, english)) if context else None
        return self._localised(own or self.texts.get(("", english)) or english)

    def form(self, n: int, one: str, many: str) -> Text:
        """Of a text with a number in it, the form that goes with `n`."""
        forms = self.forms.get((one, many))
        return self._localised(forms[self.form_of(n)] if forms else one if n == 1 else many)

    def _localised(self, text: str) -> Text:
        localised = Text(text)
        localised.separators = self.separators
        return localised


@cache
def language(code: str) -> Language:
    """The language `code`, read from its file the first time it is spoken."""
    from .reading import read_language  # Babel is wanted by other languages than English only

    return read_language(code)


def best_offered(wishes: object) -> str:
    """The offered language for what a browser asks for: `de-AT` gives `de`; English where there is none of it."""
    code = re.split("[-_]", str(wishes))[0].lower()
    return code if code in OFFERED else ENGLISH
