"""Who a search belongs to, and what that means: the one place that says who may see it and who may change it.

Without a login there is nobody to tell apart: the person is `None`, and may do everything.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from chromasonic.errors import SettingsError


@dataclass(frozen=True)
class Person:
    """Someone who logged in."""

    id: str  # the issuer and the subject of the login: neither ever changes, as a name and an e-mail may
    name: str
    email: str = ""
    is_administrator: bool = False

    @property
    def folder(self) -> str:
        """The name of the folder of what is theirs: no two people's are alike, and none can be made to be."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:32]

    def to_json(self) -> dict[str, str]:
        """As it is kept beside a search."""
        return {"id": self.id, "name": self.name, "email": self.email}

    @classmethod
    def from_json(cls, about: Mapping[str, str]) -> Person:
        """The person that `to_json` wrote down."""
        return cls(about["id"], about["name"], about.get("email", ""))


def may_change(person: Person | None, owner: Person | None) -> bool:
    """Whether `person` may go on with, rename, share or delete what `owner` made.

    What nobody owns was made in the terminal, or before there was a login: an administrator's to look after.
    """
    return person is None or person.is_administrator or (owner is not None and owner.id == person.id)


def may_see(person: Person | None, owner: Person | None, is_shared: bool) -> bool:
    """Whether `person` may look at, listen to and download what `owner` made; what nobody owns is everyone's to see."""
    return owner is None or is_shared or may_change(person, owner)


@dataclass(frozen=True)
class TeamRules:
    """What people on a team's server may take of it; the section `[team]` beside `[auth]` in its secrets.toml."""

    members: tuple[
        str, ...
    ] = ()  # e-mails, “@domain” for all of a domain, or subjects; none: all whom the login lets in
    administrators: tuple[str, ...] = ()  # the same
    upload_mib: int = 20  # in one upload
    upload_files: int = 200  # in one upload
    music_mib: int = 200  # of uploads and saved music, for each person
    searches_each: int = 1  # running at once, for each person
    searches_at_once: int = max(2, (os.cpu_count() or 2) // 2)  # on this server: each trains in a process of its own

    @classmethod
    def from_section(cls, section: Mapping[str, Any]) -> TeamRules:
        """The rules that `section` gives, with the defaults for what it does not mention.

        Raises:
            SettingsError: a name that is no rule, or a value that cannot be meant.
        """
        names = {field.name for field in fields(cls)}
        for name, value in section.items():
            if name not in names:
                raise SettingsError(name, f"is no rule of [team]. There are: {', '.join(sorted(names))}.")
            if name in ("members", "administrators"):
                if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
                    raise SettingsError(name, f'must be a list such as ["anna@example.org"], not {value!r}.')
            elif not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise SettingsError(name, f"must be a whole number of at least 1, not {value!r}.")
        given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in section.items()}
        return cls(**given)

    def lets_in(self, claims: Mapping[str, Any]) -> bool:
        """Whether someone with these claims of a login is a member."""
        return not self.members or _is_among(self.members + self.administrators, claims)

    def person(self, claims: Mapping[str, Any]) -> Person:
        """The person that a login makes these claims about."""
        subject, email = str(claims["sub"]), str(claims.get("email") or "")
        name = str(claims.get("name") or claims.get("preferred_username") or email or subject)
        return Person(_id(claims), name, email, _is_among(self.administrators, claims))


def _is_among(entries: tuple[str, ...], claims: Mapping[str, Any]) -> bool:
    """Whether `entries` name the person of `claims`, or their e-mail: a verified one, for anyone can claim any."""
    email = str(claims.get("email") or "").casefold() if claims.get("email_verified") is True else ""
    known = {entry.strip().casefold() for entry in entries}
    by_email = bool(email) and (email in known or f"@{email.rpartition('@')[2]}" in known)
    return by_email or _id(claims) in entries


def _id(claims: Mapping[str, Any]) -> str:
    return f"{claims['iss']} {claims['sub']}"
