"""Numbers in a table are written as the language writes them, and stay numbers, by which one can sort."""

import pytest

from chromasonic.languages import speaking
from chromasonic.ui import tables

COLUMNS = {"name": ["one", "two", "three"], "loss": [2.5, None, 10.25], "rank": [1, None, 2], "size": [1059, 12, 7]}
HOW = {"loss": tables.as_text("{n:.3f}"), "size": tables.as_text("{n:,d}")}


def shown(table):
    """The cells of a pandas Styler as they are read, row by row."""
    return [
        [cell["display_value"] for cell in row if cell["type"] == "td"]
        for row in table._translate(False, False)["body"]
    ]


@pytest.mark.parametrize("code", ["en", "ja"])
def test_where_there_is_a_decimal_point_the_browser_writes_them(code):
    with speaking(code):
        assert tables.in_language(COLUMNS, HOW) == (COLUMNS, {"loss": "%.3f", "size": "%,d"})


def test_elsewhere_each_is_written_by_us_and_stays_a_number():
    with speaking("de"):
        table, formats = tables.in_language(COLUMNS, HOW)
        assert formats == {"loss": None, "size": None}
        assert shown(table) == [["one", "2,500", "1", "1.059"], ["two", "", "", "12"], ["three", "10,250", "2", "7"]]
    assert list(table.data["loss"].sort_values().dropna()) == [2.5, 10.25]


def test_a_long_table_is_left_to_the_browser():
    rows = tables.MOST_CELLS // len(COLUMNS)
    long = {name: (column * rows)[:rows] for name, column in COLUMNS.items()}
    with speaking("de"):
        assert tables.in_language(long, HOW)[0] is not long
        longer = {name: [*column, None] for name, column in long.items()}
        assert tables.in_language(longer, HOW) == (longer, {"loss": "localized", "size": "localized"})


def test_a_text_tells_how_to_write_them():
    seconds = tables.as_text("{n:.1f} min")
    assert (seconds.sprintf, seconds.of(2.25)) == ("%.1f min", "2.2 min")
