"""What people say about a search or one of its trials: a star, tags and a note, shown and, where one may, changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.errors import ChromasonicError, NoteChangedError
from chromasonic.results.labels import MOST_TAGS, Labels
from chromasonic.ui import actions, answers, context, errors
from chromasonic.ui.wording import remarks as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.remarks import WrittenNote
    from chromasonic.melody_generation.hyperparameter_search.search import Search

_HEIGHT = 200  # pixels of the box one writes in
_KNOWN_TAGS = "tags of all searches"


def show_remarks(search: Search, trial: int | None = None, *, place: str) -> None:
    """All of it about the trial of this number, or about the search; `place` tells two on one page apart."""
    about = _About(search, trial, f"{place} {search.folder.name} {trial}")
    is_allowed = actions.is_allowed(search)
    all_labels = search.remarks.all_labels()
    labels = all_labels.get(trial, Labels())
    if is_allowed:
        _ask_labels(about, labels, {tag for others in all_labels.values() for tag in others.tags})
    else:
        show_labels(labels)
    _show_note(about, is_allowed)


@dataclass(frozen=True)
class _About:
    """What the remarks are about, and where on the page they stand."""

    search: Search
    trial: int | None
    key: str

    @property
    def draft(self) -> str:
        """The key of the box one writes in."""
        return f"note {self.key}"

    @property
    def writing(self) -> _Writing:
        """What goes on here."""
        writing: _Writing = st.session_state.setdefault(f"writing {self.key}", _Writing())
        return writing


@dataclass
class _Writing:
    """How far the writing of a note has come."""

    instead_of: WrittenNote | None = None  # what stood there when it began; None: nobody writes
    refusal: ChromasonicError | None = None  # why it could not be saved
    replaced: tuple[str, WrittenNote] | None = None  # what a note said before it was saved, and what was saved
    discarded: tuple[str, WrittenNote] | None = None  # what was written and not saved, and what stood there
    has_saved: bool = False  # just now


# ---- star and tags --------------------------------------------------------------------------------------------------


def show_labels(labels: Labels) -> None:
    """A star and tags, to look at."""
    if labels == Labels():
        return
    with st.container(horizontal=True, gap="small"):
        if labels.is_starred:
            st.badge(words.STARRED, color="yellow")
        for tag in labels.tags:
            st.badge(errors.escaped(tag))


def _ask_labels(about: _About, labels: Labels, tags_of_search: set[str]) -> None:
    star, tags = f"star {about.key}", f"tags {about.key}"
    for key, value in ((star, labels.is_starred), (tags, list(labels.tags))):
        if st.session_state.get(key) != value:  # as it stands now, whatever this page showed before
            st.session_state[key] = value
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.toggle(
            words.STAR, key=star, help=words.STAR_HELP, on_change=answers.take, args=[star, partial(_star, about)]
        )
        st.multiselect(
            words.TAGS,
            sorted(tags_of_search | known_tags(), key=str.casefold),
            accept_new_options=True,
            max_selections=MOST_TAGS,
            placeholder=words.TAGS_PLACEHOLDER,
            help=words.TAGS_HELP,
            key=tags,
            on_change=answers.take,
            args=[tags, partial(_tag, about, labels.tags)],
        )


def _star(about: _About, is_starred: bool) -> None:
    actions.star(about.search, is_starred, about.trial)


def _tag(about: _About, before: tuple[str, ...], chosen: list[str]) -> None:
    added, removed = [tag for tag in chosen if tag not in before], [tag for tag in before if tag not in chosen]
    actions.tag(about.search, added, removed, about.trial)
    offer_tags({*known_tags(), *added})


def known_tags() -> set[str]:
    """Every tag of a search that whoever is at the page may see, as of when the session last looked at all of them."""
    if _KNOWN_TAGS not in st.session_state:
        offer_tags(tag for study in context.all_studies() for tag in study.labels.tags)
    known: set[str] = st.session_state[_KNOWN_TAGS]
    return known


def offer_tags(tags: Iterable[str]) -> None:
    """Offer these, which are all that searches have, wherever tags are asked for."""
    st.session_state[_KNOWN_TAGS] = set(tags)


# ---- the note -------------------------------------------------------------------------------------------------------


@st.fragment
@errors.shown_plainly()
def _show_note(about: _About, is_allowed: bool) -> None:
    context.refuse_strangers(about.search)  # its owner may have closed the door since the page was opened
    writing = about.writing
    if writing.has_saved:
        writing.has_saved = False
        st.rerun()  # the note may stand elsewhere on the page too
    if writing.instead_of is not None and is_allowed:
        _ask_note(about, writing, writing.instead_of)
        return
    note = about.search.remarks.note(about.trial)
    if note.text:
        show_note(note.text, key=f"noted {about.key}")
    if not is_allowed:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        label = words.EDIT if note.text else words.WRITE
        st.button(label, icon=":material/edit_note:", key=f"write {about.key}", on_click=_begin, args=[about, note])
        if writing.replaced is not None:
            st.caption(words.SAVED if note.text else words.DELETED, width="content")
            st.button(
                words.BRING_BACK, icon=":material/undo:", type="tertiary", key=f"bring back {about.key}",
                on_click=_bring_back, args=[about, *writing.replaced],
            )  # fmt: skip
        elif writing.discarded is not None:
            st.caption(words.DISCARDED, width="content")
            st.button(
                words.WRITE_ON, icon=":material/undo:", type="tertiary", key=f"write on {about.key}",
                on_click=_begin, args=[about, writing.discarded[1], writing.discarded[0]],
            )  # fmt: skip
    if writing.refusal is not None:
        errors.show(writing.refusal)


def show_note(text: str, *, key: str) -> None:
    """A note as its Markdown says; it draws no HTML, fetches nothing, and what stands between $ is no formula."""
    with st.container(border=True, key=key):
        st.markdown(_DOLLAR.sub(r"\\$", _PICTURE.sub("!\u2060", text)))


_DOLLAR = re.compile(r"(?<!\\)\$")
_PICTURE = re.compile(r"!(?=\[)")  # with a joiner that nobody sees behind it, Markdown finds a link instead


def _ask_note(about: _About, writing: _Writing, instead_of: WrittenNote) -> None:
    from chromasonic.melody_generation.hyperparameter_search.remarks import LONGEST_NOTE

    label = words.NOTE_OF_SEARCH if about.trial is None else words.NOTE_OF_TRIAL.format(number=about.trial)
    st.text_area(label, height=_HEIGHT, key=about.draft, persist_state="session")
    st.caption(words.NOTE_ABOUT.format(n=LONGEST_NOTE))
    with st.container(horizontal=True, gap="small"):
        st.button(words.SAVE, type="primary", key=f"save {about.key}", on_click=_save, args=[about])
        st.button(words.CANCEL, key=f"cancel {about.key}", on_click=_cancel, args=[about])
    if writing.refusal is not None:
        errors.show(writing.refusal)
    if isinstance(writing.refusal, NoteChangedError):
        st.caption(words.THEIRS if instead_of.text else words.THEIRS_EMPTY)
        if instead_of.text:
            show_note(instead_of.text, key=f"noted {about.key}")


def _begin(about: _About, note: WrittenNote, draft: str | None = None) -> None:
    st.session_state[about.draft] = note.text if draft is None else draft
    st.session_state[f"writing {about.key}"] = _Writing(instead_of=note)


def _cancel(about: _About) -> None:
    draft, before = st.session_state[about.draft], about.writing.instead_of
    discarded = (draft, before) if before is not None and draft.strip() != before.text else None
    st.session_state[f"writing {about.key}"] = _Writing(discarded=discarded)


@errors.shown_plainly()
def _save(about: _About) -> None:
    writing = about.writing
    before = writing.instead_of
    assert before is not None  # the button stands beside the box
    try:
        after = actions.write_note(about.search, st.session_state[about.draft], before, about.trial)
    except ChromasonicError as error:
        writing.refusal = error
        if isinstance(error, NoteChangedError):  # what is saved next stands instead of what stands there now
            writing.instead_of = about.search.remarks.note(about.trial)
        return
    replaced = (before.text, after) if before.text and before.text != after.text else None
    st.session_state[f"writing {about.key}"] = _Writing(replaced=replaced, has_saved=True)


@errors.shown_plainly()
def _bring_back(about: _About, text: str, instead_of: WrittenNote) -> None:
    """Put what stood there before back, unless somebody else has written since."""
    try:
        after = actions.write_note(about.search, text, instead_of, about.trial)
    except ChromasonicError as error:
        st.session_state[f"writing {about.key}"] = _Writing(refusal=error)
    else:
        replaced = (instead_of.text, after) if instead_of.text else None
        st.session_state[f"writing {about.key}"] = _Writing(replaced=replaced, has_saved=True)
