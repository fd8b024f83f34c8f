"""The shelf of kept melodies: to hear, to go on from, to rename, to delete and to take home."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from chromasonic.errors import ChromasonicError
from chromasonic.languages import moment
from chromasonic.music.melody import Melody
from chromasonic.music.shelf import (
    KeptMelody,
    delete_melody,
    keep_melody,
    list_melodies,
    load_melody,
    put_back,
    rename_melody,
)
from chromasonic.ui import context, errors, opening_view, quota, renaming, tune_view
from chromasonic.ui.composing import Making, Take
from chromasonic.ui.wording import listen as words

_CHOSEN, _DELETED = "chosen on the shelf", "deleted from the shelf"
_OPEN = "the shelf"
_BYTES_A_NOTE = 16  # more than a file takes


def kept_as(take: Take) -> KeptMelody | None:
    """Where `take` stands on the shelf, if it does."""
    made = take.making.to_json()
    return next((kept for kept in list_melodies(context.workspace().melodies) if kept.made == made), None)


def keep(take: Take) -> KeptMelody:
    """Put it on the shelf, with how it was made.

    Raises:
        WorkspaceError: it cannot be written.
        AccessError: there is no room for it on this server.
    """
    quota.make_room(1024 + _BYTES_A_NOTE * len(take.melody.notes))
    kept = keep_melody(context.workspace().melodies, take.melody, take.making.to_json())
    st.session_state[_CHOSEN] = kept.id
    return kept


def show_shelf(search_folder: str) -> None:
    """All that is kept, folded away; nothing where nothing is."""
    shelf = list_melodies(context.workspace().melodies)
    _offer_to_put_back()
    if not shelf:
        return
    folded = st.expander(words.SHELF.format(n=len(shelf)), icon=":material/bookmarks:", key=_OPEN, on_change="rerun")
    if folded.open:
        with folded, errors.shown_plainly():
            _show(shelf, search_folder)


def _show(shelf: Sequence[KeptMelody], search_folder: str) -> None:
    by_id = {kept.id: kept for kept in shelf}
    if st.session_state.get(_CHOSEN) not in by_id:
        st.session_state.pop(_CHOSEN, None)
    st.session_state.setdefault(_CHOSEN, shelf[0].id)
    kept = by_id[
        st.selectbox(
            words.KEPT_MELODY, list(by_id), format_func=lambda id: _called(by_id[id]), key=_CHOSEN,
            persist_state="session",
        )
    ]  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        if not kept.is_damaged:
            st.button(
                words.CONTINUE, icon=":material/arrow_forward:", help=words.CONTINUE_HELP, key="continue",
                on_click=_continue_from, args=[search_folder, kept],
            )  # fmt: skip
            if st.button(words.RENAME, icon=":material/edit:", key="rename kept"):
                rename = partial(rename_melody, context.workspace().melodies, kept)
                renaming.ask_name(words.RENAME_TITLE, kept.name, rename)
        st.button(words.DELETE, icon=":material/delete:", key="delete kept", on_click=_delete, args=[kept])
        st.download_button(
            words.DOWNLOAD_ALL, partial(zipped, context.workspace().melodies), file_name="melodies.zip",
            mime="application/zip", on_click="ignore", icon=":material/download:", help=words.DOWNLOAD_ALL_HELP,
            key="download kept",
        )  # fmt: skip
    if kept.is_damaged:
        st.caption(words.DAMAGED_ABOUT)
        return
    melody, making = load_melody(context.workspace().melodies, kept), _making(kept)
    st.caption(errors.escaped(told(kept, making)))
    tune_view.show_tune(melody, key="kept melody", primer_beats=making.primer_beats if making else 0.0)


def _continue_from(search_folder: str, kept: KeptMelody) -> None:
    opening_view.continue_from(search_folder, kept)
    st.toast(words.CONTINUES.format(name=errors.escaped(kept.name)), icon=":material/arrow_forward:")


def told(kept: KeptMelody, making: Making | None) -> str:
    """When a melody was kept and how it was made, in one line."""
    parts = []
    if kept.kept:
        parts.append(words.KEPT_ON.format(when=moment(datetime.fromisoformat(kept.kept))))
    if making is not None:
        config = making.config
        parts += [
            words.MADE_IN.format(search=making.search),
            errors.told(making.model),
            words.ADVENTUROUS.format(temperature=config.temperature),
            words.SEED_OF.format(seed=config.seed, variation=making.variation),
        ]
        if making.primer_beats:
            parts.append(words.BEGAN_WITH.format(title=making.primer_title or words.NOTES_PLAYED))
    return " · ".join(parts)


def zipped(folder: Path) -> bytes:
    """All of the shelf in `folder` in one file: notes in three formats, and how each melody was made."""
    from chromasonic.music.abc_notation import write_abc
    from chromasonic.music.midi import write_midi
    from chromasonic.music.score import write_musicxml

    file = io.BytesIO()
    about: list[dict[str, Any]] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, kept in enumerate(reversed(list_melodies(folder)), start=1):
            entry: dict[str, Any] = {"name": kept.name, "kept": kept.kept, "made": kept.made}
            try:
                melody = load_melody(folder, kept)
                stem = f"{number:03d}-{tune_view.file_stem(kept.name)}"
                for suffix, write in (("mid", write_midi), ("musicxml", write_musicxml), ("abc", write_abc)):
                    packed.writestr(f"{stem}.{suffix}", write(melody))
                entry["file"] = stem
            except ChromasonicError as error:  # asked for by the browser, outside any page: the file itself says why
                entry["missing"] = str(error)
            about.append(entry)
        packed.writestr("melodies.json", json.dumps(about, ensure_ascii=False, indent=2))
    return file.getvalue()


def _called(kept: KeptMelody) -> str:
    return words.DAMAGED.format(name=kept.name) if kept.is_damaged else kept.name


def _making(kept: KeptMelody) -> Making | None:
    """How it was made, where it was on this page and in a version that we understand."""
    try:
        return Making.from_json(dict(kept.made))
    except (KeyError, TypeError, ValueError):
        return None


@errors.shown_plainly()
def _delete(kept: KeptMelody) -> None:
    folder = context.workspace().melodies
    melody: Melody | None = None if kept.is_damaged else load_melody(folder, kept)
    delete_melody(folder, kept)
    st.session_state[_DELETED] = (kept, melody)


def _offer_to_put_back() -> None:
    """Say what was deleted just now, and let it come back."""
    if _DELETED not in st.session_state:
        return
    kept, melody = st.session_state[_DELETED]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(words.DELETED.format(name=errors.escaped(kept.name)), width="content")
        if melody is not None:
            st.button(words.BRING_BACK, icon=":material/undo:", type="tertiary", key="put back", on_click=_put_back)


@errors.shown_plainly()
def _put_back() -> None:
    kept, melody = st.session_state[_DELETED]
    put_back(context.workspace().melodies, kept, melody)
    del st.session_state[_DELETED]
    st.session_state[_CHOSEN] = kept.id
