"""A search told by its own examples."""

import pytest
import studies
from plotly.graph_objects import Figure

from chromasonic.results.records import Epoch
from chromasonic.results.story import (
    ReadNote,
    choices_of,
    counts,
    describe_reading,
    draw_choices,
    draw_reading,
    draw_stopped,
    first_try,
    nearness,
    overfitting,
    stopped_example,
)


def test_the_example_of_a_stopped_trial_stands_beside_those_before_it(search, trial):
    trials = [
        trial(0, 2.0, curve=(3.0, 2.4, 2.0)),
        trial(1, 2.2, curve=(3.2, 2.8, 2.2)),
        trial(2, None, "pruned", curve=(3.9, 3.5)),
        trial(3, None, "pruned", curve=(5.0,)),
        trial(4, 1.0, curve=(1.0, 1.0, 1.0)),
    ]
    example = stopped_example(search(trials))
    assert (example.trial.number, example.best.number, example.epoch) == (2, 4, 2)
    assert example.loss == 3.5
    assert example.usual == pytest.approx((2.4 + 2.8) / 2)  # not that of the trial that came after


def test_without_a_stopped_trial_or_one_before_it_there_is_no_example(search, trial):
    assert stopped_example(search([2.5, 2.1])) is None
    assert stopped_example(search([trial(0, None, "pruned", curve=(3.0,)), trial(1, 2.0)])) is None
    assert stopped_example(search([])) is None


def test_both_curves_of_the_example_are_drawn(search, trial):
    example = stopped_example(search([trial(0, 2.0), trial(1, None, "pruned", curve=(4.0, 3.9))]))
    figure = Figure(draw_stopped(example))
    assert [list(trace.y) for trace in figure.data] == [[3.0, 2.0, 2.1], [4.0, 3.9]]
    assert [note.text for note in figure.layout.annotations][-2:] == ["the best: trial 0", "stopped: trial 1"]


def test_a_guided_search_comes_nearer_and_one_at_random_does_not():
    def landscape(at):
        return 2 + sum((value - 0.3) ** 2 for value in at.values())

    guided = nearness(studies.study(3, n_trials=60, landscape=landscape))
    assert guided.late < 0.8 * guided.early
    assert nearness(studies.study(1, n_trials=6)) is None
    assert nearness(studies.study(3, n_trials=60, landscape=landscape, began_with="9 trials of another")) is None


def test_the_setting_that_mattered_most_is_shown(search, trial):
    trials = [trial(n, 2.5 - n / 10, params={"dropout": n / 10}) for n in range(4)]
    choices = choices_of(search(trials, importance={"learning_rate": 0.2, "dropout": 0.8}, warm_up=2))
    assert (choices.key, choices.values, choices.best) == ("dropout", [0.0, 0.1, 0.2, 0.3], (3, 0.3))
    random, chosen, default, star = Figure(draw_choices(choices)).data
    assert (list(random.x), list(chosen.x), list(default.x), list(star.x)) == ([1], [2, 3], [0], [3])
    assert choices.describe() == (
        "How much it must learn to do without (dropout) in each of 4 trials, in the order they were tried: "
        "from 0 to 0.3."
    )
    assert choices_of(search(trials)).key == "learning_rate"
    assert choices_of(search([])) is None


def test_what_did_well_on_other_music_was_not_drawn(search, trial):
    trials = [trial(n, 2.5 - n / 10, params={"learning_rate": 0.001 * (n + 1)}, is_proven=n == 2) for n in range(9)]
    drawn, chosen, given, _ = Figure(draw_choices(choices_of(search(trials, warm_up=4)))).data
    assert (list(drawn.x), list(chosen.x), list(given.x)) == ([1, 3], [4, 5, 6, 7, 8], [0, 2])


def test_of_two_trials_the_axis_counts_in_whole_numbers(search):
    axis = Figure(draw_choices(choices_of(search([2.5, 2.1])))).layout.xaxis
    assert (axis.dtick, axis.tickformat) == (1, "d")
    assert Figure(draw_choices(choices_of(search([2.0] * 40)))).layout.xaxis.nticks == 10


def test_learning_by_heart_is_told_where_it_began(trial):
    curve = [Epoch(1, 3.0, 2.9), Epoch(2, 2.0, 1.9), Epoch(3, 2.1, 1.5), Epoch(4, 2.2, 1.2), Epoch(5, 2.3, 1.0)]
    one = trial(0, 2.0)
    object.__setattr__(one, "curve", tuple(curve))
    object.__setattr__(one, "best_epoch", 2)
    object.__setattr__(one, "train_loss", 1.9)
    assert overfitting(one).epoch == 2
    assert overfitting(trial(0, 2.0)) is None


def test_the_first_try_is_the_first_that_finished(search, trial):
    assert first_try(search([None, 2.0, 1.0])).number == 1
    assert first_try(search([None])) is None


NOTES = [
    ReadNote(0.0, 1.0, 60, 0.6), ReadNote(1.0, 1.0, 62, 0.1), ReadNote(2.0, 1.0, 64, 0.01),
]  # fmt: skip


def test_a_tune_that_was_read_has_the_colours_of_what_was_expected():
    assert counts(NOTES) == (1, 1)
    assert describe_reading(NOTES) == "A piano roll of 3 notes: 1 came as expected, 1 as a surprise."
    figure = Figure(draw_reading(NOTES))
    assert [(trace.name, list(trace.y)) for trace in figure.data] == [
        ("expected", [60]),
        ("possible", [62]),
        ("a surprise", [64]),
    ]
    assert figure.data[2].customdata[0] == "E4 · 1 %"


def test_where_trials_rest_the_example_stands_beside_those_that_went_on(search, trial):
    trials = [
        trial(0, None, "pruned", curve=(3.9,)),
        trial(1, 2.0, curve=(3.0, 2.4, 2.0)),
        trial(2, None, "pruned", curve=(3.2, 2.8)),
        trial(3, None, "pruned", curve=(3.1, 2.3)),  # better than the one that went on, but late
    ]
    example = stopped_example(search(trials, strategy="resuming"))
    assert (example.trial.number, example.epoch, example.loss, example.usual) == (2, 2, 2.8, 2.4)
    assert stopped_example(search(trials[1::2], strategy="resuming")) is None
