"""What goes wrong, shown in plain words: a page never ends in a traceback."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from chromasonic.errors import ChromasonicError
from chromasonic.languages.retelling import retold
from chromasonic.logbook import in_words
from chromasonic.masking import masked
from chromasonic.ui.wording import shell as words

_log = logging.getLogger(__name__)


@contextmanager
def shown_plainly() -> Iterator[None]:
    """Show what is raised inside as a message on the page. Serves as a decorator of a fragment or callback too."""
    try:
        yield
    except ChromasonicError as error:
        show(error)
    except Exception:  # the last net: a musician reads one sentence, the terminal keeps the traceback
        _log.exception("A page ended in an unexpected error")
        st.error(words.UNEXPECTED, icon=":material/error:")


def show(error: ChromasonicError) -> None:
    """One of our own errors, whose message already says what happened and what to do next."""
    _log.info("A page says: %s", in_words(error))
    st.error(escaped(told(error)), icon=":material/error:")


def told(error: ChromasonicError | str) -> str:
    """What an error says, or a reason that was kept, in the language of whoever is at the page."""
    return retold(masked(str(error)))


def escaped(text: str) -> str:
    """`text` as it is, where Streamlit would read Markdown: titles of tunes and names of files hold anything.

    A backslash keeps a sign from being Markdown. Streamlit looks through the finished text once more, for addresses to
    link, names of icons and arrows to draw: a joiner without width, which nobody sees, parts what it looks for.
    """
    line = " ".join(text.split())
    line = _AT_THE_START.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\g<0>", line))
    return _LOOKED_FOR.sub(f"\\g<0>{_JOINER}", line)


_JOINER = "\u2060"
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~$:&]")
_AT_THE_START = re.compile(r"^(\d*)([-+=.)])")  # of a list, or of a line drawn across
_LOOKED_FOR = re.compile(
    r"""(?<!\d\\):(?=[\w/+-]) | :(?=[A-Za-z/])  # an icon, a colour, an address; not a time of day
    | www(?=\.) | @(?=\w)
    | -(?=-|\\?>) | <(?=-|=) | (?:\\?>|~)(?==)  # arrows, a dash, signs of comparison
    """,
    re.VERBOSE | re.IGNORECASE,
)
