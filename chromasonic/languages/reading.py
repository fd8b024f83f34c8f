"""A language from its file, by Babel: its texts, its plural forms, and how it writes numbers."""

from __future__ import annotations

from gettext import c2py
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol, get_group_symbol

from . import FOLDER, Language

MESSAGE = "message"
"""The note of a text that says what went wrong, for which `retelling` looks."""


def file_of(code: str) -> Path:
    """Where the texts of the language `code` stand."""
    return FOLDER / f"{code}.po"


def read_catalog(code: str) -> Catalog:
    """The file of the language `code` as Babel reads it; an empty one where there is no file yet."""
    file = file_of(code)
    if not file.exists():
        return Catalog(locale=code)
    with file.open("rb") as lines:
        return read_po(lines, locale=code)


def read_language(code: str) -> Language:
    """The language `code`. What its file does not have, or has only as a guess (*fuzzy*), stays English."""
    locale = Locale.parse(code)
    texts: dict[tuple[str, str], str] = {}
    forms: dict[tuple[str, str], tuple[str, ...]] = {}
    messages: list[tuple[str, str]] = []
    catalog = read_catalog(code)
    for message in catalog:
        if not message.id or message.fuzzy or not _is_translated(message.string):
            continue
        if isinstance(message.id, tuple | list):
            one, many = message.id
            forms[one, many] = tuple(message.string or ())
        else:
            texts[message.context or "", message.id] = str(message.string)
            if MESSAGE in message.auto_comments:
                messages.append((message.context or "", message.id))
    return Language(
        code=code,
        texts=texts,
        forms=forms,
        messages=tuple(messages),
        form_of=c2py(catalog.plural_expr),
        separators={ord(","): get_group_symbol(locale), ord("."): get_decimal_symbol(locale)},
        locale=code,
    )


def _is_translated(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)
