import json

import pytest
from plotly.graph_objects import Figure

from chromasonic.results.ears.ranking import draw_ranking, ranking
from chromasonic.results.ears.strengths import strengths


@pytest.fixture
def ranked(said):
    return ranking(strengths(said("1>2 1>2 1>3 3>2"), [1, 2, 3]), {1: 2.5, 2: 2.1, 3: 2.3})


def test_the_one_liked_most_comes_first_with_its_place_by_loss(ranked):
    assert [(row.number, row.place_by_loss) for row in ranked.rows] == [(1, 3), (3, 2), (2, 1)]
    assert all(0 <= row.low < row.chance < row.high <= 1 for row in ranked.rows)


def test_the_chart_in_words_names_them_all(ranked):
    words = ranked.describe()
    assert words.startswith("The songs by ear, the one liked most first: trial 1, liked better")
    assert "1 of 3 by loss" in words


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_chart_fits_a_phone_and_lets_the_page_shine_through(ranked, dark):
    figure = Figure(draw_ranking(ranked, dark=dark))
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"
    names = [label.text for label in figure.layout.annotations]
    assert max(len(name.replace("<b>", "").replace("</b>", "")) for name in names) < 48
    assert sum("by loss" in name for name in names) == 3
    json.dumps(draw_ranking(ranked, dark=dark), allow_nan=False)
