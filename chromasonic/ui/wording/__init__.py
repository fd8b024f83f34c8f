"""Every word on the screen, one module a page: plain, warm, exact; the technical term beside the plain one.

The constants are English. Whoever asks one of these modules for `words.TITLE` gets it in the language of whoever is at
the page; so they are asked for where they are shown, and never kept.
"""

import sys
from types import ModuleType
from typing import Any

from chromasonic import languages


class _Module(ModuleType):
    """A module whose upper-case constants are put into the language of now whenever they are asked for."""

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if not name.isupper() or languages.current() == languages.ENGLISH:
            return value
        return languages.translated(value, context=super().__getattribute__("__name__").rpartition(".")[2])


class _Package(ModuleType):
    """This package: what is imported from it becomes a module as above."""

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType):
            value.__class__ = _Module
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
