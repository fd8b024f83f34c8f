import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from plotly.graph_objects import Figure

from chromasonic.results.charts import importance, loss_curves, loss_history, slice_of, timeline
from chromasonic.results.details import draw_trial
from chromasonic.results.figures import (
    draw_importance,
    draw_loss_curves,
    draw_loss_history,
    draw_slice,
    draw_timeline,
)
from chromasonic.results.ink import DARK, LIGHT, in_the_gutter
from chromasonic.results.plot import history_png, save_optimization_history
from chromasonic.results.records import PARAMETERS, SearchState


def all_charts(search, dark):
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


def written(figure):
    return {label.text for label in figure.layout.annotations}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_chart_fits_a_phone_and_lets_the_page_shine_through(rich, dark):
    for chart in all_charts(rich, dark):
        json.dumps(chart, allow_nan=False)
        figure = Figure(chart)
        assert figure.layout.height <= 360
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.template.layout.to_plotly_json() == {}  # Streamlit's placeholder colours stay out


@pytest.mark.parametrize("losses", [[], [None], [2.0]], ids=["nothing", "a failure", "one trial"])
def test_every_chart_can_be_drawn_from_little(search, losses):
    for figure in map(Figure, all_charts(search(losses, baselines=None), dark=False)):
        assert figure.data or figure.layout.annotations


def test_a_chart_without_trials_says_so(search):
    figure = Figure(draw_importance(importance(search([2.0]))))
    assert [label.text for label in figure.layout.annotations] == ["It takes more trials to tell."]


def test_points_above_the_chart_stand_at_its_edge_and_know_their_true_place(search):
    history = loss_history(search([2.2 - i / 100 for i in range(19)] + [50.0], baselines=None))
    drawn = Figure(draw_loss_history(history))
    complete = drawn.data[1]
    assert complete.marker.symbol == "circle"  # that of its state
    assert complete.y[-1] == history.scale.top
    assert complete.meta[-1] == history.scale.height(50.0) == drawn.layout.meta["furthest"]


def test_losses_are_written_at_their_heights(search):
    scale = loss_history(search([2.2, 2.0])).scale
    axis = Figure(draw_loss_history(loss_history(search([2.2, 2.0])))).layout.yaxis
    assert tuple(axis.range) == scale.ends
    assert [scale.loss(height) for height in axis.tickvals] == pytest.approx([float(text) for text in axis.ticktext])


def test_the_baselines_are_lines_with_names(search):
    history = loss_history(search([2.2, 2.0]))
    figure = Figure(draw_loss_history(history))
    losses = [history.scale.loss(shape.y0) for shape in figure.layout.shapes]
    assert losses == pytest.approx([2.2, 2.3, 4.7274])  # the last is above the chart, until one looks further
    assert written(figure) >= {"default settings<br>2.20", "counting (4-gram)<br>2.30", "guessing blindly<br>↑ 4.73"}


def test_names_stand_beside_the_curves_and_levels_and_never_on_them(rich):
    for figure in (Figure(draw_loss_history(loss_history(rich))), Figure(draw_loss_curves(loss_curves(rich)))):
        beside = [label for label in figure.layout.annotations if "<br>" in label.text]
        assert len(beside) >= 3
        assert all((label.xref, label.x, label.xanchor) == ("paper", 1, "left") for label in beside)
        assert figure.layout.margin.r >= 90  # pixels: room for them


def test_the_curves_of_one_trial_are_named_beside_them(trial):
    labels = [label for label in Figure(draw_trial(trial(1, 2.0))).layout.annotations if "tunes" in label.text]
    assert [label.text for label in labels] == ["other tunes", "practice tunes"]
    assert all((label.xref, label.x, label.xanchor) == ("paper", 1, "left") for label in labels)


@pytest.mark.parametrize("losses", [[3.0, 2.99, 2.98], [1.0, 1.0, 1.0], [9.0, 9.0, 2.0], [2.5, 1.5, 0.5]])
def test_names_beside_a_chart_do_not_overlap_and_stay_in_their_order(losses):
    labels = in_the_gutter([(loss, f"{loss}", "black") for loss in losses], (1.0, 3.0), height=250)
    places = [250 * (1 - label["y"]) for label in labels]  # pixels from the top
    assert all(below - above >= 35.9 for above, below in pairwise(places))
    assert places[0] >= 0 and places[-1] <= 250.1
    assert [float(label["text"]) for label in labels] == sorted(losses, reverse=True)


def test_diamonds_and_trials_above_are_explained_where_there_are_any(rich, search):
    assert any(
        "◆" in text and "training now" in text for text in written(Figure(draw_loss_history(loss_history(rich))))
    )
    paused = replace(rich, state=SearchState.PAUSED)
    for drawn in (draw_loss_history(loss_history(paused)), draw_loss_curves(loss_curves(paused))):
        assert any("paused" in text for text in written(Figure(drawn)))
        assert not any("training now" in text for text in written(Figure(drawn)))
    off_the_scale = search([2.2 - i / 100 for i in range(19)] + [50.0])
    assert "↑ 1 worse than shown" in written(Figure(draw_loss_history(loss_history(off_the_scale))))
    assert not any(
        "worse" in text or "◆" in text for text in written(Figure(draw_loss_history(loss_history(search([2.0])))))
    )


def test_a_rough_importance_says_so_in_the_chart_itself(rich):
    assert "a first, rough impression from 3 finished trials" in written(Figure(draw_importance(importance(rich))))


def test_settings_stand_in_charts_with_their_plain_name(rich):
    assert "How fast it learns · <i>learning rate</i>" in written(Figure(draw_importance(importance(rich))))
    layout = Figure(draw_slice(slice_of(rich, "learning_rate"))).layout
    assert layout.xaxis.title.text == "How fast it learns<br>learning rate"
    assert "validation loss (nats per token)" in [label.text for label in layout.annotations]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_numbers_on_hatched_bars_are_written_in_the_colour_of_text(rich, dark):
    ink = DARK if dark else LIGHT
    for bars in Figure(draw_timeline(timeline(rich), dark=dark)).select_traces({"type": "bar"}):
        assert bars.textfont.color == (ink.text if bars.marker.pattern.shape else ink.paper)


def test_a_timeline_names_its_best_and_no_other_by_half_a_number(search, trial):
    long = trial(0, 2.5)
    long = replace(long, finished=long.started + timedelta(hours=1))
    chart = Figure(
        draw_timeline(
            timeline(
                search([long, trial(12, 2.0, started=long.finished, finished=long.finished + timedelta(seconds=5))])
            )
        )
    )
    bars, star = chart.data
    assert bars.text == ("0", "") and bars.constraintext == "inside"
    assert chart.layout.uniformtext.mode == "hide"
    assert star.marker.symbol == "star" and star.name == "the best: trial 12"


def test_options_stand_equally_far_apart(search):
    axis = Figure(draw_slice(slice_of(search([2.0, 2.1]), "batch_size"))).layout.xaxis
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
