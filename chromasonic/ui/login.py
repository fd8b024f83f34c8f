"""Who is at the page: the login of a team's server, switched on by `[auth]` in its secrets.toml.

Without one there is nobody to tell apart, and nothing asks. With one nothing is shown to whoever has not logged in; and
a server that cannot read its secrets shows nothing to anyone, because it may be meant to have a login.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import config
from streamlit.errors import StreamlitAuthError

from chromasonic.errors import AccessError, SettingsError
from chromasonic.people import Person, TeamRules
from chromasonic.ui import errors
from chromasonic.ui.wording import login as words


@dataclass(frozen=True)
class Team:
    """How people log in here, and what they may take of the server."""

    rules: TeamRules
    providers: tuple[str, ...]  # names of several; empty where there is one


@st.cache_resource(show_spinner=False)
def team() -> Team | None:
    """The team whose server this is; None where nobody logs in. As it stood when the server was started.

    Raises:
        AccessError: the secrets are there, or were asked for, and do not say how people log in.
    """
    try:
        is_read = st.secrets.load_if_toml_exists()
    except OSError as error:
        raise AccessError(words.SECRETS_UNREADABLE.format(reason=errors.told(str(error)))) from error
    if not is_read:
        _refuse_without_secrets()
        return None
    sections: Mapping[str, Any] = st.secrets.to_dict()
    auth, rules = sections.get("auth"), sections.get("team")
    if auth is None and rules is None:
        return None
    if not auth or not isinstance(auth, dict) or not isinstance(rules or {}, dict):
        raise AccessError(words.NO_AUTH)
    try:
        providers = tuple(name for name, value in auth.items() if isinstance(value, dict) and name != "client_kwargs")
        return Team(TeamRules.from_section(rules or {}), providers)
    except SettingsError as error:
        raise AccessError(words.RULE_REFUSED.format(reason=errors.told(error))) from error


def _refuse_without_secrets() -> None:
    """No secrets are fine only when there are none, and nobody said that there would be."""
    files: list[str] = st.get_option("secrets.files")
    if config.get_where_defined("secrets.files") != "<default>":
        raise AccessError(words.SECRETS_MISSING.format(files=", ".join(files)))
    if any(Path(file).exists() for file in files):
        raise AccessError(words.SECRETS_UNREADABLE.format(reason=words.NOT_TOML))


def person() -> Person | None:
    """Who is at the page; None where nobody logs in.

    Raises:
        AccessError: people log in here, and this one has not, or is not a member.
    """
    ours = team()
    if ours is None:
        return None
    if not st.user.is_logged_in:
        raise AccessError(words.LOG_IN_FIRST)
    claims = st.user.to_dict()
    if not ours.rules.lets_in(claims):
        raise AccessError(words.NO_MEMBER.format(email=claims.get("email") or claims.get("sub")))
    return ours.rules.person(claims)


def rules() -> TeamRules | None:
    """What people may take of this server; None where nobody logs in and nothing is rationed."""
    ours = team()
    return ours.rules if ours else None


def closed_because() -> AccessError | None:
    """Why whoever is at the page may not see it; None when they may."""
    try:
        person()
    except AccessError as error:
        return error
    return None


def show_door(closed: AccessError) -> None:
    """Why the page is `closed`, and how to come in."""
    try:
        team()
    except AccessError:
        st.title(words.CLOSED, anchor=False)
        errors.show(closed)
        return
    st.title(words.WELCOME, anchor=False)
    if st.user.is_logged_in:  # and still not let in
        errors.show(closed)
        st.button(words.LOG_OUT, icon=":material/logout:", key="log out", on_click=st.logout)
    else:
        st.write(words.INVITATION)
        _offer_login()


def _offer_login() -> None:
    ours = team()
    for provider in (ours.providers if ours else ()) or (None,):
        label = words.LOG_IN_WITH.format(provider=provider) if provider else words.LOG_IN
        if st.button(label, type="primary", icon=":material/login:", key=f"log in {provider or ''}"):
            try:
                st.login(provider)
            except StreamlitAuthError as error:
                errors.show(AccessError(words.LOGIN_BROKEN.format(reason=error)))


def show_account() -> None:
    """Who is logged in, what they take of the server, and the way out."""
    who, allowed = person(), rules()
    if who is None or allowed is None:
        return
    from chromasonic.ui import context

    with (
        st.container(horizontal=True, horizontal_alignment="right"),
        st.popover(errors.escaped(who.name), icon=":material/account_circle:", type="tertiary", width="content"),
    ):
        st.markdown(errors.escaped(who.email or who.name))
        if who.is_administrator:
            st.caption(words.ADMINISTRATOR)
        used = context.workspace().size_of_own() / 2**20
        st.caption(words.USED.format(used=used, limit=allowed.music_mib))
        st.caption(words.ID)
        st.code(who.id, language=None, wrap_lines=True)
        st.button(words.LOG_OUT, icon=":material/logout:", key="log out", on_click=st.logout)
