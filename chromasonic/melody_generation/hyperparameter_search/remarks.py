"""What people say about a study and its trials: notes, tags and stars.

A note stands where optuna-dashboard keeps its own, so each shows what was written in the other. That is in system
attributes of the study, for those of a trial too: Optuna lets nobody write to a trial that has finished. A note has a
version, one higher with each writing, and its text is cut into pieces short enough for any database:

    dashboard:note_ver            dashboard:<trial id>:note_ver            the version
    dashboard:note_str:<piece>    dashboard:<trial id>:note_str:<piece>    the text; pieces no longer needed are empty

Stars and tags are attributes of the study for the same reason: `chromasonic:labels` its own, `chromasonic:labels:<n>`
those of its trial n.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Any

import optuna

from chromasonic.checks import instance, whole
from chromasonic.errors import ChromasonicError, NoteChangedError, SearchError, SettingsError
from chromasonic.music.text import visible_lines
from chromasonic.results.labels import Labels

from .rows import ABSENT
from .storage import Database, not_found

LONGEST_NOTE = 10_000  # characters: some four printed pages
LABELS = "chromasonic:labels"
_PIECE = 2045  # characters, as optuna-dashboard cuts them
_MOST_TRIES = 20  # of a change that others are in the way of
_LAST_TRIAL = 2**31 - 1  # a database counts no further


@dataclass(frozen=True)
class WrittenNote:
    """A text in Markdown, and how often it was written."""

    text: str = ""
    version: int = 0


class Remarks:
    """The notes, tags and stars of one study and its trials; anyone may write them while the study runs."""

    def __init__(self, database: Database, study: optuna.Study) -> None:
        self._database = database
        self._study = study

    # ---- notes ------------------------------------------------------------------------------------------------------

    def note(self, trial: int | None = None) -> WrittenNote:
        """What is noted about the trial of this number, or about the study.

        Raises:
            SettingsError: there is no such trial.
        """
        return note_in(self._system_attributes(), self._trial_id(trial))

    def trial_notes(self) -> dict[int, WrittenNote]:
        """The notes of all trials that have one, by number."""
        attributes = self._system_attributes()
        if not any(key.startswith("dashboard:") for key in attributes):
            return {}
        notes = {t.number: note_in(attributes, t._trial_id) for t in self._study.get_trials(deepcopy=False)}
        return {number: note for number, note in notes.items() if note.text}

    def write_note(self, text: str, *, instead_of: WrittenNote, trial: int | None = None) -> WrittenNote:
        """Note `text` about the trial of this number, or about the study, where `instead_of` still stands.

        Raises:
            SettingsError: it is too long, or there is no such trial.
            NoteChangedError: somebody else has changed the note meanwhile; nothing was written.
        """
        instance("instead_of", instead_of, WrittenNote, "the note that was read before")
        text = visible_lines(instance("text", text, str, "a text, such as “Swings best so far”"))
        if len(text) > LONGEST_NOTE:
            raise SettingsError(
                "note", f"may have at most {LONGEST_NOTE:,} characters, and has {len(text):,}; please shorten it"
            )
        if not self._put(WrittenNote(text, instead_of.version + 1), instead_of.version, self._trial_id(trial)):
            now = self.note(trial)
            if now.text != text:
                raise NoteChangedError(now.text)
            return now
        return WrittenNote(text, instead_of.version + 1)

    def _put(self, note: WrittenNote, version: int, trial_id: int | None) -> bool:
        """Put `note` in the place of the one of this `version`; whether that was still there."""
        begin, attributes = _where(trial_id), self._system_attributes()
        pieces = [note.text[start : start + _PIECE] for start in range(0, len(note.text), _PIECE)]
        n_stored = sum(1 for _ in _pieces(attributes, begin))
        pieces += [""] * (n_stored - len(pieces))
        after = {f"{begin}note_ver": note.version, **{f"{begin}note_str:{n}": piece for n, piece in enumerate(pieces)}}
        before = version if f"{begin}note_ver" in attributes else ABSENT
        if before is ABSENT and version:
            return False  # what was read has gone since
        return self._database.swap_attributes(self._study._study_id, f"{begin}note_ver", before, after, of_system=True)

    # ---- tags and stars ---------------------------------------------------------------------------------------------

    def labels(self, trial: int | None = None) -> Labels:
        """The star and the tags of the trial of this number, or of the study."""
        return self.all_labels().get(trial, Labels())

    def all_labels(self) -> dict[int | None, Labels]:
        """Those of every trial that has some, by number; of the study itself under None."""
        return labels_in(self._study.user_attrs)

    def star(self, is_starred: bool, trial: int | None = None) -> None:
        """Put a star on the trial of this number, or on the study, or take it away.

        Raises:
            SettingsError: there is no such trial.
        """
        instance("is_starred", is_starred, bool, "True or False")
        self._change(trial, lambda labels: labels.starred(is_starred))

    def tag(self, added: Iterable[str] = (), removed: Iterable[str] = (), trial: int | None = None) -> None:
        """Give the trial of this number, or the study, some tags and take others away; what else it has stays.

        Raises:
            SettingsError: a tag is empty or too long, there are too many, or there is no such trial.
        """
        for field, tags in (("added", added), ("removed", removed)):
            instance(field, tags, (list, tuple, set), "a list of tags, such as [“for the band”]")
            for tag in tags:
                instance(field, tag, str, "tags, such as [“for the band”]")
        self._change(trial, lambda labels: labels.retagged(added, removed))

    def _change(self, trial: int | None, change: Callable[[Labels], Labels]) -> None:
        """Change the labels as they are at this moment, and again where somebody else was faster."""
        self._trial_id(trial)
        key = LABELS if trial is None else f"{LABELS}:{trial}"
        for _ in range(_MOST_TRIES):
            before = self._study.user_attrs.get(key, ABSENT)
            after = change(_labels(before)).to_json()
            if self._database.swap_attributes(self._study._study_id, key, before, {key: after}):
                return
        raise SearchError("Others are changing this search's tags and stars at this moment. Try again.")

    # ---- a study that is being made ---------------------------------------------------------------------------------

    def fill(self, note: str, labels: Labels, trial: int | None = None) -> None:
        """Say all that is said about the trial of this number, or the study: one that nobody else knows yet."""
        if note:
            self._put(WrittenNote(note, 1), 0, self._trial_id(trial))
        if labels != Labels():
            self._change(trial, lambda _: labels)

    # ---- underneath -------------------------------------------------------------------------------------------------

    def _system_attributes(self) -> dict[str, Any]:
        return self._database.storage.get_study_system_attrs(self._study._study_id)

    def _trial_id(self, trial: int | None) -> int | None:
        """Optuna's own id of the trial of this number."""
        if trial is None:
            return None
        number = whole("trial", trial, at_least=0, at_most=_LAST_TRIAL)
        try:
            return self._database.storage.get_trial_id_from_study_id_trial_number(self._study._study_id, number)
        except KeyError:
            self._refuse_deleted()
            raise SettingsError("trial", f"there is no trial {trial} in this search") from None

    def _refuse_deleted(self) -> None:
        """Raise `SearchNotFoundError` when the study is gone."""
        try:
            self._database.storage.get_study_name_from_id(self._study._study_id)
        except KeyError:
            raise not_found(self._study.study_name) from None


def note_in(attributes: Mapping[str, Any], trial_id: int | None = None) -> WrittenNote:
    """What these system attributes of a study note about it, or about its trial of this id."""
    begin = _where(trial_id)
    version = attributes.get(f"{begin}note_ver")
    return WrittenNote() if version is None else WrittenNote("".join(_pieces(attributes, begin)), int(version))


def labels_in(attributes: Mapping[str, Any]) -> dict[int | None, Labels]:
    """The labels that these attributes of a study hold: of its trials by number, its own under None."""
    found: dict[int | None, Labels] = {}
    for key, value in attributes.items():
        name, _, number = key[len(LABELS) :].partition(":")
        if key.startswith(LABELS) and not name and (number.isdecimal() or key == LABELS):
            found[int(number) if number else None] = _labels(value)
    return found


def _labels(value: Any) -> Labels:
    """What an attribute says; other programs may have written it, and a page must open all the same."""
    try:
        return Labels() if value is ABSENT else Labels.from_json(value)
    except (ValueError, TypeError, KeyError, ChromasonicError):
        return Labels()


def _where(trial_id: int | None) -> str:
    return "dashboard:" if trial_id is None else f"dashboard:{trial_id}:"


def _pieces(attributes: Mapping[str, Any], begin: str) -> Iterable[str]:
    keys = takewhile(attributes.__contains__, (f"{begin}note_str:{n}" for n in count()))
    return (str(attributes[key]) for key in keys)
