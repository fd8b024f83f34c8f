"""Passwords never leave: whatever a person, a log or a report is shown of a storage's address goes through here."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_plus

MASK = "***"

_CALLED = r"[\w.-]*(?:pass(?:word|wd|phrase|code)|pwd|secret|(?:access|auth|api)[_-]?(?:key|token))[\w.-]*"
_USER_INFO = re.compile(r"(?P<before>\b[A-Za-z][\w+.-]*://[^\s:/@?#]*:)(?P<secret>\S*)@")
_WHOLE = re.compile(r"(?P<before>[A-Za-z][\w+.-]*://[^\s:/@?#]*:)(?P<secret>.*)@", re.DOTALL)  # may hold spaces
_NAMED = re.compile(
    rf"(?P<before>\b{_CALLED}\s*(?:=|%3D)\s*)(?P<secret>'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[^\s&;\"'”’)\]]+)",
    re.IGNORECASE,
)
_SHORTEST_TO_REPLACE = 4  # characters; a shorter password would be “found” inside innocent words


def masked(text: str, url: str = "") -> str:
    """`text`, an address or words about one, with `***` in place of every password.

    That is: what stands between the user's name and the last `@` of an address (a password may itself hold `@`, `:`,
    `/` and `?`, and rather too much is hidden than too little), and the value of whatever is called password, pwd,
    secret, access key or token, in a query or a connection string. With the `url` that `text` is about, its passwords
    are taken out too where they stand alone, as written and as meant: a driver may complain about a part of it.
    """
    if url:
        text = text.replace(url, masked(url))
        for secret in sorted(_secrets(url), key=len, reverse=True):
            if len(secret) >= _SHORTEST_TO_REPLACE:
                text = text.replace(secret, MASK)
    text = _WHOLE.sub(rf"\g<before>{MASK}@", text) if _WHOLE.match(text) else text
    text = _USER_INFO.sub(rf"\g<before>{MASK}@", text)
    return _NAMED.sub(rf"\g<before>{MASK}", text)


def _secrets(url: str) -> set[str]:
    found = {match["secret"] for pattern in (_WHOLE, _USER_INFO, _NAMED) for match in pattern.finditer(url)}
    written = found | {secret.partition("@")[0] for secret in found}  # where a driver, unlike us, ends at the first @
    return {meant for secret in written for meant in (secret, unquote(secret), unquote_plus(secret))} - {MASK, ""}
