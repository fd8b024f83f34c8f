"""Three octaves of piano keys on the page: what is played on them sounds at once and becomes the notes of a melody."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import streamlit as st

from chromasonic.music.melody import Melody, Note
from chromasonic.ui.wording import keyboard as words

LOWEST, N_OCTAVES = 48, 3  # from C3: below the lowest string of a fiddle
MIDDLE_C = 60  # where the letters of the keyboard begin
MOST_NOTES = 64

_ASSETS = Path(__file__).parent / "assets"
_component = st.components.v2.component(
    "chromasonic_keyboard",
    html='<div class="keyboard"></div>\n',
    css=(_ASSETS / "keyboard.css").read_text(encoding="utf-8"),
    js=(_ASSETS / "keyboard.js").read_text(encoding="utf-8"),
)

Event = tuple[int | None, float]
"""A pitch, or None for a rest, and how many beats it lasts."""


def ask_notes(*, key: str) -> Melody | None:
    """The notes played on the keys; None before there are any. They stay for as long as the browser's tab is open."""
    played_before = f"{key} so far"
    before: list[Event] = st.session_state.get(played_before, [])
    answer = _component(
        key=key,
        data={
            "lowest": LOWEST,
            "middle": MIDDLE_C,
            "octaves": N_OCTAVES,
            "most": MOST_NOTES,
            "notes": before,
            "words": _words(),
        },
        on_notes_change=lambda: None,
    )
    events = before if answer.notes is None else played(answer.notes)
    st.session_state[played_before] = events
    return melody_of(events)


def melody_of(events: Iterable[Event]) -> Melody | None:
    """The notes one after another, from the first that sounds; None where none does."""
    notes: list[Note] = []
    now = 0.0
    for pitch, beats in events:
        if pitch is not None:
            notes.append(Note(now, beats, pitch))
        if notes:
            now += beats
    return Melody(tuple(notes)) if notes else None


def played(answer: Any) -> list[Event]:
    """What the browser says was played; of anything else, which only a stranger would send, nothing."""
    if not isinstance(answer, list):
        return []
    lengths = {beats for beats, _ in words.LENGTHS}
    pitches = {None, *range(LOWEST, LOWEST + 12 * N_OCTAVES)}
    events: list[Event] = []
    for event in answer[:MOST_NOTES]:
        if not isinstance(event, list) or len(event) != 2:
            continue
        pitch, beats = event
        if isinstance(pitch, int | None) and pitch in pitches and isinstance(beats, int | float) and beats in lengths:
            events.append((pitch, float(beats)))
    return events


def _words() -> dict[str, Any]:
    return {
        "keys": words.KEYS, "played": words.PLAYED, "nothing": words.NOTHING_PLAYED, "length": words.LENGTH,
        "lengths": words.LENGTHS, "rest": words.REST, "listen": words.LISTEN, "undo": words.UNDO,
        "clear": words.CLEAR, "how": words.HOW_TO_PLAY, "full": words.FULL.format(most=MOST_NOTES),
        "names": words.NOTE_NAMES, "event": words.EVENT,
    }  # fmt: skip
