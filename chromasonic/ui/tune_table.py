"""A table of tunes to choose one from, and a table of what was skipped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from chromasonic.music.key_names import key_name
from chromasonic.music.melody import Melody
from chromasonic.music.outcome import Skipped
from chromasonic.ui import errors
from chromasonic.ui.wording import music as words
from chromasonic.ui.wording import tune as tune_words

_ROWS_SHOWN = 8
_ROW_HEIGHT = 35  # pixels, as Streamlit draws them
_SKIPPED_AT_ONCE = 12  # more than these, and their list scrolls
_SKIPPED_HEIGHT = 360  # pixels


def choose_tune(melodies: Sequence[Melody], *, key: str) -> Melody:
    """Show the tunes and give the one chosen, the first before anything is chosen; `?tune=` keeps it in the address."""
    chosen = _number(st.query_params.get(key), len(melodies))
    columns = words.COLUMNS
    event = st.dataframe(
        {
            columns["title"]: [melody.title or tune_words.UNTITLED for melody in melodies],
            columns["key"]: [key_name(melody.key) if melody.key else words.UNKNOWN for melody in melodies],
            columns["meter"]: [str(melody.meter or words.UNKNOWN) for melody in melodies],
            columns["notes"]: [len(melody.notes) for melody in melodies],
            columns["length"]: [round(melody.seconds) for melody in melodies],
            columns["source"]: [errors.told(melody.source) for melody in melodies],
        },
        hide_index=True,
        height=(min(len(melodies), _ROWS_SHOWN) + 1) * _ROW_HEIGHT + 3,
        column_config={
            columns["title"]: st.column_config.TextColumn(width="medium"),
            columns["length"]: st.column_config.NumberColumn(format=words.SECONDS),
        },
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [chosen]}},
        key=f"{key} table {len(melodies)}",
        alt=words.TABLE_ALT,
    )
    rows = event.selection.rows
    if rows and rows[0] < len(melodies):
        chosen = rows[0]
        st.query_params[key] = str(chosen + 1)
    return melodies[chosen]


def show_skipped(skipped: Sequence[Skipped]) -> None:
    """What was skipped and why, folded away."""
    if not skipped:
        st.caption(words.NONE_SKIPPED)
        return
    with st.expander(words.SKIPPED.format(n=len(skipped))):
        height: int | Literal["content"] = _SKIPPED_HEIGHT if len(skipped) > _SKIPPED_AT_ONCE else "content"
        with st.container(height=height, border=False):
            st.markdown(
                "\n".join(
                    f"- **{errors.escaped(errors.told(one.name))}** – {errors.escaped(errors.told(one.reason))}"
                    for one in skipped
                )
            )


def _number(text: str | None, count: int) -> int:
    """The place in a list of `count` that an address names (from 1), or the first."""
    return int(text) - 1 if text and text.isdecimal() and 0 < int(text) <= count else 0
