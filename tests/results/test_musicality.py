"""The picture of a melody's measures: what is drawn stands where the numbers say."""

import pytest
from plotly.graph_objects import Figure

from chromasonic.music.measures import Spread
from chromasonic.results.musicality import MeasureRow, draw_measures

TUNES = Spread(10, 12, 14, 3, 30)


@pytest.mark.parametrize(
    "value, counting, low, high, dot",
    [
        (12, None, 0.06, 0.94, 0.5),  # the middle half fills the row
        (18, None, 0.06, 0.5, 0.94),  # a melody beyond it makes room for itself
        (10, Spread(6, 8, 10, 0, 20), 0.5, 0.94, 0.5),
    ],
    ids=["as usual", "higher than usual", "beside the n-gram's songs"],
)
def test_each_row_is_as_wide_as_what_it_shows(
    value: float, counting: Spread | None, low: float, high: float, dot: float
) -> None:
    row = MeasureRow("Range", "12 semitones", value, TUNES, counting)
    assert [row.place(TUNES.low), row.place(TUNES.high), row.place(value)] == pytest.approx([low, high, dot])


def test_where_all_tunes_and_the_melody_are_alike_the_dot_stands_in_the_middle() -> None:
    row = MeasureRow("Notes of one scale", "100 %", 1, Spread(1, 1, 1, 1, 1), None)
    assert row.place(1) == 0.5


def test_where_all_songs_are_alike_their_bar_is_still_seen() -> None:
    row = MeasureRow("Bars heard before", "0 %", 0, Spread(0.2, 0.3, 0.4, 0, 1), Spread(0, 0, 0, 0, 0))
    low, high, gap = Figure(draw_measures([row])).data[1].x
    assert low < row.place(0) < high and high - low < 0.1 and gap is None


@pytest.mark.parametrize("dark", [False, True])
def test_a_row_has_a_bar_a_thin_bar_and_a_dot(dark: bool) -> None:
    rows = [
        MeasureRow("Range", "12 semitones", 12, TUNES, Spread(6, 8, 10, 0, 20)),
        MeasureRow("Steps", "50 %", 0.5, Spread(0.4, 0.5, 0.6, 0, 1), None),
    ]
    tunes, counting, dots = Figure(draw_measures(rows, dark=dark)).data
    assert list(tunes.y) == [0, 0, None, 1, 1, None]
    assert list(counting.y) == [0, 0, None]  # the other has no songs to show
    assert list(dots.x) == [row.place(row.value) for row in rows]
    written = {annotation.text for annotation in Figure(draw_measures(rows, dark=dark)).layout.annotations}
    assert written == {"Range", "<b>12 semitones</b>", "Steps", "<b>50 %</b>"}


def test_all_eight_measures_fit_a_phone() -> None:
    rows = [MeasureRow(str(place), "", 1, TUNES, None) for place in range(8)]
    assert Figure(draw_measures(rows)).layout.height <= 360
    assert Figure(draw_measures([])).layout.height > 0
