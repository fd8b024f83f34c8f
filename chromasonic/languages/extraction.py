"""Every text there is to translate, read from the code: `python -m chromasonic.languages.extraction` updates the files.

A text stands in one of four places: as a constant in a module of `ui/wording`; in a call of `say` or `mark`; in one of
`say_number` or `count`; or as the message of an error. Translations that are there are kept; what no longer stands in
the code is dropped; what is new stands empty.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from . import ENGLISH, FOLDER, NAMES
from .reading import MESSAGE, file_of, read_catalog

ROOT = FOLDER.parents[1]
SAID_BY, COUNTED_BY, FORMED_BY = {"say", "mark"}, {"count"}, {"say_number"}
HEADER = "# Everything a page says. How to go about it: docs/languages.md"
BEGUN = datetime(2026, 11, 27, tzinfo=UTC)  # always the same, or each run would change each file
_NOTHING_TO_SAY = re.compile(r"\{[^}]*\}|:material/\w+:|&\w+;|<[^>]*>|[^\w]|\d|_")
_NEVER_ON_A_PAGE = {  # what only the terminal and Python say
    f"chromasonic/{name}.py"
    for name in (
        "checks", "cli", "hyperparameter_search_example", "terminal", "worker", "music/checked", "operations/backup",
        "melody_generation/training/practice", "melody_generation/training/probe",
        "melody_generation/models/initialisation", "melody_generation/hyperparameter_search/optimizer",
    )
}  # fmt: skip
_FILE_NAME = re.compile(r"[\w-]+\.\w+")


@dataclass(frozen=True)
class Entry:
    """One text to translate."""

    id: str | tuple[str, str]  # with a number in it: singular and plural
    place: str  # the file, from the root of the repository
    note: str = ""  # for the translator
    context: str = ""  # the module of wording it stands in


def entries() -> list[Entry]:
    """All of them, the pages' first, each place of one text by itself."""
    return [*_of_wording(), *(entry for file in _sources() for entry in _of_code(file))]


def is_text(value: str) -> bool:
    """Whether there is a word in it: what is only signs, places and icons is the same in all languages."""
    return bool(_NOTHING_TO_SAY.sub("", value)) and not _FILE_NAME.fullmatch(value)


def catalog(found: Sequence[Entry]) -> Catalog:
    """The template: each text once, with the files that hold it."""
    template = Catalog(header_comment=HEADER, fuzzy=False, project="Chromasonic", version="", creation_date=BEGUN)
    template.revision_date, template.last_translator, template.language_team = BEGUN, "", ""
    for entry in found:
        template.add(entry.id, locations=[(entry.place, 0)], auto_comments=[entry.note] if entry.note else [])
    return template


def update(code: str, found: Sequence[Entry]) -> tuple[int, int]:
    """Write the file of the language `code` anew; (texts there are, texts still missing)."""
    old, new = read_catalog(code), catalog(found)
    new.locale, new.fuzzy = old.locale, False
    contexts = {(entry.context, entry.id) for entry in found}
    for message in old:
        if message.id and message.context and (message.context, message.id) in contexts:
            new.add(message.id, message.string, context=message.context, locations=message.locations)
        elif message.id and not message.context and (known := new.get(message.id)) and not message.fuzzy:
            if isinstance(known.id, str) is not isinstance(message.id, str):
                continue  # what has become a plural, or is none any more, must be said anew
            known.string = message.string
            known.user_comments = message.user_comments
    with file_of(code).open("wb") as file:
        write_po(file, new, width=120, omit_header=False, include_lineno=False)
    missing = [message for message in new if message.id and not all(_strings(message.string))]
    return len(new), len(missing)


def _strings(translation: Any) -> Sequence[str]:
    return translation if isinstance(translation, tuple | list) and translation else (str(translation or ""),)


# ---- the pages' own words -------------------------------------------------------------------------------------------


def _of_wording() -> Iterator[Entry]:
    for module in wording_modules():
        context = module.__name__.rpartition(".")[2]
        for name, value in vars(module).items():
            if name.isupper():
                for where, text in _texts_in(value, f"{context}.{name}"):
                    yield Entry(text, _place(Path(str(module.__file__))), where, context)


def wording_modules() -> list[ModuleType]:
    """The modules whose upper-case constants are words."""
    package = importlib.import_module("chromasonic.ui.wording")
    return [
        importlib.import_module(f"{package.__name__}.{info.name}") for info in pkgutil.iter_modules(package.__path__)
    ]


def _texts_in(value: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if is_text(value):
            yield where, value
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts_in(part, where)
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _texts_in(part, f"{where}[{key!s}]")


# ---- what is said further below -------------------------------------------------------------------------------------


def _sources() -> list[Path]:
    package = ROOT / "chromasonic"
    files = [*sorted(package.rglob("*.py")), *sorted((ROOT / "pages").glob("*.py"))]
    return [
        file
        for file in files
        if FOLDER not in file.parents and file.relative_to(package.parent).as_posix() not in _NEVER_ON_A_PAGE
    ]


def _of_code(file: Path) -> Iterator[Entry]:
    place = _place(file)
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func)
        arguments = node.args
        if name in SAID_BY:
            note = MESSAGE if name == "mark" else ""
            yield from (Entry(text, place, note) for text in _said(arguments[0]) if is_text(text))
        elif name in COUNTED_BY and len(arguments) > 1:
            yield from (Entry(plural(noun), place) for noun in _literals(arguments[1]))
        elif name == "Translated" and isinstance(arguments[0], ast.Dict):
            yield from (
                Entry(text, place) for value in arguments[0].values for text in _literals(value) if is_text(text)
            )
        elif name in FORMED_BY:
            one, many = _literals(arguments[1]), _literals(arguments[2])
            yield from (Entry(pair, place) for pair in zip(one, many, strict=True))
        elif name == "Finding":
            yield from (Entry(text, place, MESSAGE) for part in arguments for text in _said(part) if is_text(text))
        elif name.endswith("Error") or name.strip("_") in ("Skipped", "damaged", "refused"):
            yield from (Entry(text, place, MESSAGE) for part in arguments for text in messages_in(part))


def plural(noun: str) -> tuple[str, str]:
    """The two forms of `count`: `{n:,} tune`, `{n:,} tunes`."""
    return f"{{n:,}} {noun}", f"{{n:,}} {noun}s"


def messages_in(node: ast.expr) -> Iterator[str]:
    """The texts that an error may be raised with, its values as named places."""
    if isinstance(node, ast.IfExp):
        yield from messages_in(node.body)
        yield from messages_in(node.orelse)
    elif isinstance(node, ast.Constant | ast.JoinedStr) and (text := _template(node)) and " " in text and is_text(text):
        yield text


def _template(node: ast.Constant | ast.JoinedStr) -> str:
    """An f-string as a text with named places; what stands in them is put into words where it is written."""
    if isinstance(node, ast.Constant):
        return node.value.replace("{", "{{").replace("}", "}}") if isinstance(node.value, str) else ""
    text, seen = "", list[str]()
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            name = _place_name(part.value) or "value"
            seen.append(name)
            text += f"{{{name}{seen.count(name) if seen.count(name) > 1 else ''}}}"
        elif isinstance(part, ast.Constant):
            text += str(part.value).replace("{", "{{").replace("}", "}}")
    return text


def _place_name(node: ast.expr) -> str:
    """What to call the place of a value: the last plain name in it that says something."""
    names = [part.attr if isinstance(part, ast.Attribute) else part.id for part in ast.walk(node)
             if isinstance(part, ast.Attribute | ast.Name)]  # fmt: skip
    return names[-1].strip("_") if names else ""


def _said(node: ast.expr) -> list[str]:
    """What `say` and `mark` are given: a text, or one of two; `mark` takes f-strings too."""
    if isinstance(node, ast.JoinedStr):
        return [_template(node)]
    return _literals(node)


def _literals(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return [*_literals(node.body), *_literals(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _place(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def places(text: str) -> list[str]:
    """The places for values in a text, with their formats, sorted: the same in every language."""
    return sorted(
        f"{name}!{conversion}:{spec}"
        for _, name, spec, conversion in string.Formatter().parse(text)
        if name is not None
    )


def main() -> None:
    """Update the files of all languages, or of those that are named."""
    found = entries()
    for code in sys.argv[1:] or [code for code in NAMES if code != ENGLISH]:
        total, missing = update(code, found)
        print(f"{file_of(code).relative_to(ROOT)}: {total} texts, {missing} missing")


if __name__ == "__main__":
    main()
