import json

import pytest

from chromasonic.results.charts import importance, loss_curves, loss_history, slice_of, timeline
from chromasonic.results.figures import (
    draw_importance,
    draw_loss_curves,
    draw_loss_history,
    draw_slice,
    draw_timeline,
)
from chromasonic.results.plot import history_png, save_optimization_history
from chromasonic.results.records import PARAMETERS


def all_figures(search, dark):
    return [
        draw_loss_history(loss_history(search), dark=dark),
        draw_importance(importance(search), dark=dark),
        draw_loss_curves(loss_curves(search), dark=dark),
        draw_timeline(timeline(search), dark=dark),
        *(draw_slice(slice_of(search, key), dark=dark) for key in PARAMETERS),
    ]


@pytest.fixture
def rich(search, trial):
    """A search with a trial of every kind."""
    others = [trial(i, 2.0, state, reason="…") for i, state in enumerate(["pruned", "running", "interrupted"], start=4)]
    return search([2.5, 2.1, None, 30.0, *others], importance={"learning_rate": 0.8, "dropout": 0.2})


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_chart_fits_a_phone_and_lets_the_page_shine_through(rich, dark):
    for figure in all_figures(rich, dark):
        assert figure.layout.height <= 360
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.template.layout.to_plotly_json() == {}  # Streamlit's placeholder colours stay out
        json.loads(figure.to_json())


@pytest.mark.parametrize("losses", [[], [None], [2.0]], ids=["nothing", "a failure", "one trial"])
def test_every_chart_can_be_drawn_from_little(search, losses):
    for figure in all_figures(search(losses, baselines=None), dark=False):
        assert figure.data or figure.layout.annotations


def test_a_chart_without_trials_says_so(search):
    figure = draw_importance(importance(search([2.0])))
    assert [label.text for label in figure.layout.annotations] == ["It takes more trials to tell."]


def test_points_above_the_chart_become_arrows_at_its_edge(search):
    history = loss_history(search([2.2 - i / 100 for i in range(19)] + [50.0], baselines=None))
    complete = draw_loss_history(history).data[1]
    assert complete.marker.symbol[-1] == "triangle-up-open"
    assert complete.y[-1] == history.loss_range[1]


def test_the_baselines_are_lines_with_names(search):
    figure = draw_loss_history(loss_history(search([2.2, 2.0])))
    assert sorted(shape.y0 for shape in figure.layout.shapes) == [2.2, 2.3]
    labels = [label.text for label in figure.layout.annotations]
    assert {"default settings 2.20", "counting what follows what (4-gram) 2.30", "↑ guessing blindly 4.73"} <= set(
        labels
    )


def test_options_stand_equally_far_apart(search):
    axis = draw_slice(slice_of(search([2.0, 2.1]), "batch_size")).layout.xaxis
    assert (axis.tickvals, axis.ticktext) == ((0.0, 1.0, 2.0, 3.0), ("16", "32", "64", "128"))


def test_the_plot_can_be_drawn_of_any_search(search, rich, tmp_path):
    for record in (rich, search([]), search([None]), search([2.0], name="$x^2$ and _{"), search([2.0], baselines=None)):
        assert history_png(record).startswith(b"\x89PNG")
    save_optimization_history(rich, tmp_path / "plots.png")
    assert (tmp_path / "plots.png").stat().st_size > 20_000


def test_drawing_leaves_no_figure_open_in_matplotlib(rich):
    import matplotlib.pyplot

    history_png(rich)
    assert matplotlib.pyplot.get_fignums() == []
