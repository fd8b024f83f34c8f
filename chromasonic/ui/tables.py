"""Numbers in a table that one can sort: written as the language of now writes them, and sorted by what they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chromasonic.languages import figure, say

MOST_CELLS = 6000  # that are written one by one, at 50 µs each


@dataclass(frozen=True)
class Written:
    """How the numbers of a column are written."""

    sprintf: str  # for the browser, which knows the decimal point only
    of: Callable[[Any], str]  # one number, in the language of now


def as_text(text: str) -> Written:
    """As in a text with a place for the number, such as `{n:.1f} min`."""
    return Written(re.sub(r"\{n:([^}]*)\}", r"%\1", text), lambda number: say(text, n=number))


def in_language(
    columns: Mapping[str, Sequence[Any]], how: Mapping[str, Written]
) -> tuple[Any, Mapping[str, str | None]]:
    """The data for `st.dataframe`, and the `format` of the columns in `how` for `st.column_config.NumberColumn`.

    Where the language has a decimal point, the browser writes the numbers. Elsewhere we do, cell by cell, which pandas
    takes its time for; so in a very long table the browser writes them in a language of its own choice.
    """
    if figure("1.5") == "1.5":
        return columns, {name: written.sprintf for name, written in how.items()}
    if len(columns) * max(map(len, columns.values()), default=0) > MOST_CELLS:
        return columns, dict.fromkeys(how, "localized")
    from pandas import DataFrame  # which Streamlit loads when it draws a table, not before

    table = DataFrame(dict(columns))
    whole = [name for name in table.select_dtypes("number") if name not in how]  # those with gaps became fractions
    styler = table.style.set_uuid("numbers")  # or it would be another table each time it is drawn
    styler = styler.format({name: how[name].of for name in table if name in how}, na_rep="")
    return styler.format("{:.0f}", subset=whole, na_rep=""), dict.fromkeys(how)
