from datetime import timedelta

import pytest

from chromasonic.results.charts import Role, importance, loss_curves, loss_history, slice_of, timeline
from chromasonic.results.figures import draw_importance
from chromasonic.results.points import MOST_POINTS
from chromasonic.results.records import PARAMETERS, Baselines, SearchState, Turn


def names(levels):
    return [level.name for level in levels]


def test_the_best_so_far_falls_in_steps_and_reaches_the_last_trial(search):
    history = loss_history(search([2.5, 2.7, 2.1, None, 2.4]))
    assert history.best_so_far == [(0, 2.5), (2, 2.1), (4, 2.1)]
    assert (history.best.numbers, history.best.losses) == ([2], [2.1])
    assert history.failed == [3]


def test_each_state_stands_apart_and_a_pruned_trial_shows_its_best_epoch(search, trial):
    pruned = trial(1, None, "pruned", curve=(3.0, 2.6, 2.8))
    running = trial(2, None, "running", curve=(2.9,))
    waiting = trial(3, None, "waiting")
    history = loss_history(search([2.5, pruned, running, waiting]))
    assert (history.complete.numbers, history.pruned.losses, history.running.losses) == ([0], [2.6], [2.9])


def test_the_baselines_are_named_lowest_first(search):
    levels = loss_history(search([2.2, 2.0])).levels
    assert names(levels) == ["default settings", "counting what follows what (4-gram)", "guessing blindly"]
    assert [level.loss for level in levels] == [2.2, 2.3, 4.7274]


def test_a_far_baseline_does_not_squash_the_trials(search):
    history = loss_history(search([2.2, 2.1, 2.0]))
    assert [level.is_shown for level in history.levels] == [True, True, False]  # guessing blindly is far above
    assert history.scale.loss_range[1] < 3


@pytest.mark.parametrize(
    "ngram, shown",
    [(1.51, 1.51), (2.4, 2.4), (0.6, 0.6)],
    ids=["counting is better", "counting is worse", "counting is far better"],
)
def test_the_best_that_trains_and_the_nearest_baseline_have_a_place(search, trial, ngram, shown):
    running = [trial(1, None, "running", curve=(2.6, 1.48)), trial(2, None, "running", curve=(2.4, 1.9))]
    baselines = Baselines(uniform=4.7, ngram=ngram, ngram_order=3)
    low, high = loss_history(search([1.97, *running], baselines=baselines)).scale.loss_range
    assert all(low < loss < high for loss in (1.97, 1.48, 1.9, shown))
    assert high < 4.7  # guessing blindly is far above


def test_a_trial_in_training_does_not_move_the_scale_until_it_is_the_best(search, trial):
    settled = [2.2, 2.0, trial(2, None, "resting", curve=(3.1,)), trial(3, None, "pruned", curve=(3.3,))]
    still, young, leading = (
        loss_history(search([*settled, *running])).scale
        for running in ([], [trial(4, None, "running", curve=(4.4,))], [trial(4, None, "running", curve=(1.8,))])
    )
    assert still == young
    assert still.loss_range[0] > 1.8 > leading.loss_range[0]


def test_trials_of_every_state_have_their_place_though_their_losses_lie_far_apart(search, trial):
    finished = [0.873 + i / 1000 for i in range(20)]
    stopped = [trial(20 + i, None, "pruned", curve=(0.93 + i / 10,)) for i in range(10)]
    resting = [trial(30 + i, None, "resting", curve=(1.2 + i / 10,)) for i in range(10)]
    history = loss_history(search([*finished, *stopped, *resting], baselines=None))
    assert history.n_above == 0
    bottom, top = history.scale.ends
    assert (history.scale.height(0.893) - history.scale.height(0.873)) / (top - bottom) > 0.15  # of the chart's height


def test_a_trial_that_has_just_begun_does_not_squash_the_many_that_have_finished(search, trial):
    history = loss_history(search([2.2 - i / 100 for i in range(19)] + [trial(19, None, "running", curve=(4.5,))]))
    assert history.scale.loss_range[1] < 3
    assert history.n_above == 1


def test_counting_is_in_the_range_where_it_is_better_than_all_trials_however_far(search):
    record = search([3.0 + i / 100 for i in range(30)], baselines=Baselines(uniform=4.7, ngram=1.5, ngram_order=3))
    low, high = loss_history(record).scale.loss_range
    assert low < 1.5 < 3.2 < high


def test_one_awful_trial_does_not_squash_the_others(search):
    history = loss_history(search([2.2 - i / 100 for i in range(19)] + [50.0], baselines=None))
    assert history.scale.loss_range[1] < 3
    assert history.n_above == 1


def test_the_range_holds_the_best_and_default_settings_that_are_not_far(search):
    low, high = loss_history(search([2.2] + [2.0] * 20)).scale.loss_range
    assert low < 2.0
    assert high > 2.2


@pytest.mark.parametrize("losses", [[], [None], [float("nan")], [2.0], [2.0, 2.0], [0.0, 1e-9]])
@pytest.mark.parametrize("baselines", [None, Baselines(uniform=float("inf"), ngram=float("nan"), ngram_order=1)])
def test_a_range_is_never_empty_whatever_is_there(search, losses, baselines):
    record = search(losses, baselines=baselines)
    slices = [slice_of(record, key) for key in PARAMETERS]
    charts = [loss_history(record), loss_curves(record)]
    assert all(low < high < 100 for low, high in (chart.scale.loss_range for chart in slices))
    assert all(low < high < 100 for low, high in (chart.scale.loss_range for chart in charts))
    assert all(chart.describe() for chart in [*charts, *slices, importance(record), timeline(record)])


def test_of_a_long_search_the_best_and_the_latest_are_kept(search):
    losses = [2.0 + (i * 7919 % 1000) / 1000 for i in range(2000)]
    history = loss_history(search(losses))
    assert len(history.complete) <= MOST_POINTS
    assert history.n_left_out == 2000 - len(history.complete)
    shown = set(history.complete.numbers)
    assert set(sorted(range(2000), key=lambda i: losses[i])[:50]) <= shown
    assert set(range(1950, 2000)) <= shown
    assert history.complete.numbers == sorted(shown)


def test_curves_to_notice_come_last_and_the_best_is_not_told_twice(search, trial):
    running = trial(4, None, "running", curve=(3.0, 2.8))
    curves = loss_curves(search([2.5, 2.0, trial(2, 2.9, "pruned"), 2.4, running]))
    assert [(curve.number, curve.role) for curve in curves.curves] == [
        (2, Role.PRUNED),
        (3, Role.OTHER),
        (0, Role.UNTUNED),
        (4, Role.RUNNING),
        (1, Role.BEST),
    ]


def test_when_the_default_settings_win_they_are_the_best_curve(search):
    assert [curve.role for curve in loss_curves(search([2.0, 2.5])).curves] == [Role.OTHER, Role.BEST]


def test_an_epoch_that_is_no_number_is_no_point_of_a_curve(search, trial):
    broken = trial(1, 2.1, curve=(3.0, float("nan"), 2.1))
    curve = loss_curves(search([2.5, broken])).of_role(Role.BEST)[0]
    assert (curve.epochs, curve.losses) == ([1, 3], [3.0, 2.1])


def test_importance_is_told_largest_first_in_plain_names(search):
    shares = {"dropout": 0.2, "learning_rate": 0.7, "embedding_dim": 0.1}
    chart = importance(search([2.0] * 80, importance=shares))
    assert [term for _, term in chart.names] == ["learning rate", "dropout", "embedding size"]
    assert chart.describe() == (
        "How much each setting mattered: How fast it learns · learning rate 70 %, How much it must learn to do without "
        "· dropout 20 % and Detail of a note's portrait · embedding size 10 %."
    )


def test_a_rough_importance_is_told_in_its_order_and_without_figures(search):
    chart = importance(search([2.0], importance={"dropout": 0.2, "learning_rate": 0.8}))
    assert chart.describe() == (
        "What mattered, the most first: How fast it learns · learning rate and How much it must learn to do without "
        "· dropout. This is a first, rough impression from 1 finished trial."
    )
    assert list(draw_importance(chart)["data"][0]["text"]) == ["", ""]


def test_importance_is_rough_until_eighty_trials_are_complete(search):
    shares = {"dropout": 0.2, "learning_rate": 0.8}
    assert importance(search([2.0] * 79 + [None], importance=shares)).is_rough
    assert not importance(search([2.0] * 80, importance=shares)).is_rough
    assert not search([2.0]).importance_is_rough  # there is none yet


def test_a_slice_counts_the_trials_it_does_not_show_in_full(search):
    assert slice_of(search([2.2 - i / 100 for i in range(19)] + [50.0]), "dropout").n_above == 1


def test_a_slice_shows_what_rests_or_was_stopped_at_its_best_loss_so_far(search, trial):
    tried = [(2.0, "complete"), (2.6, "resting"), (3.1, "pruned"), (2.2, "running"), (None, "failed")]
    made = [trial(at, loss, state, params={"dropout": at / 10}) for at, (loss, state) in enumerate(tried)]
    chart = slice_of(search(made), "dropout")
    assert (chart.values, chart.points.losses) == ([0.0], [2.0])
    assert (chart.unfinished_values, chart.unfinished.losses) == ([0.1, 0.2], [2.6, 3.1])
    assert chart.n_above == 0


def test_a_slice_pairs_each_loss_with_the_value_that_gave_it(search, trial):
    found = search([trial(0, 2.5, params={"dropout": 0.1}), trial(1, 2.0, params={"dropout": 0.3}), None])
    chart = slice_of(found, "dropout")
    assert (chart.values, chart.points.losses, chart.best) == ([0.1, 0.3], [2.5, 2.0], (0.3, 2.0))
    assert (chart.limits, chart.options, chart.is_log) == ((0.0, 0.5), [], False)
    assert slice_of(found, "batch_size").options == [16, 32, 64, 128]
    assert slice_of(found, "learning_rate").is_log


def test_trials_at_once_stand_in_lanes_and_trials_in_turn_in_one(search, trial):
    def spanning(number, start, end):
        first = trial(number, 2.0)
        zero = first.started - timedelta(seconds=12 * number)
        return trial(number, 2.0, started=zero + timedelta(seconds=start), finished=zero + timedelta(seconds=end))

    chart = timeline(search([spanning(0, 0, 10), spanning(1, 2, 6), spanning(2, 7, 20), spanning(3, 11, 15)]))
    assert [(span.number, span.lane, span.start, span.length) for span in chart.spans] == [
        (0, 0, 0.0, 10.0),
        (1, 1, 2.0, 4.0),
        (2, 1, 7.0, 13.0),
        (3, 0, 11.0, 4.0),
    ]
    assert (chart.n_lanes, chart.breaks) == (2, [])


def test_a_night_between_two_sittings_takes_no_room(search, trial):
    morning = trial(1, 2.0).started + timedelta(hours=9)
    chart = timeline(search([2.5, trial(1, 2.0, started=morning, finished=morning + timedelta(seconds=10))]))
    assert [(span.start, span.length) for span in chart.spans] == [(0.0, 10.0), (10.0, 10.0)]
    assert chart.breaks == [10.0]


NIGHT = timedelta(hours=9)


def test_a_night_through_which_a_trial_was_paused_takes_no_room(search, trial):
    first, second = trial(0, 2.5), trial(1, 2.0)
    paused = trial(0, 2.5, finished=first.finished + NIGHT)  # it trained for ten seconds
    after = trial(1, 2.0, started=second.started + NIGHT, finished=second.finished + NIGHT)
    chart = timeline(search([paused, after]))
    assert [(span.start, span.length) for span in chart.spans] == [(0.0, 10.0), (10.0, 10.0)]
    assert chart.breaks == [10.0]


def test_the_night_after_a_kill_that_is_noticed_in_the_morning_takes_no_room(search, trial):
    first, morning = trial(0, 2.5, curve=[2.5] * 5), trial(1, 2.0).started + NIGHT
    killed = trial(1, None, "interrupted", curve=(3.0, 2.9), training_time=None, finished=morning)
    again = trial(2, 2.0, curve=[2.0] * 5, started=morning, finished=morning + timedelta(seconds=10))
    record = search([first, killed, again], total_time=20.0)  # two seconds for each of the epochs that count
    chart = timeline(record)
    assert [(span.start, span.length) for span in chart.spans] == [(0.0, 10.0), (12.0, 4.0), (16.0, 10.0)]


def test_what_is_paused_lasts_for_as_long_as_it_has_trained(search, trial):
    running = trial(1, None, "running", curve=(3.0,), finished=None)
    for state, length in [(SearchState.PAUSED, 5.0), (SearchState.RUNNING, 20.0)]:  # no longer than the search itself
        record = search([trial(0, 2.5, curve=[2.5] * 3), running], state=state, total_time=20.0)
        assert timeline(record, now=running.started + NIGHT).spans[-1].length == length


def test_what_trains_now_lasts_until_now(search, trial):
    running = trial(0, None, "running", curve=(3.0,), finished=None)
    chart = timeline(search([running]), now=running.started + timedelta(seconds=42))
    assert chart.spans[0].length == 42.0


def test_a_reason_cannot_bring_markup_into_a_chart(search, trial):
    failed = trial(0, None, "failed", reason="<script>alert(1)</script>")
    assert "<script>" not in timeline(search([failed])).spans[0].note


def test_trials_that_rest_are_points_and_curves_of_their_own(search, trial):
    record = search([2.0, trial(1, None, "resting", curve=(3.0, 2.5)), trial(2, None, "pruned", curve=(3.5,))])
    history, curves = loss_history(record), loss_curves(record)
    assert (history.resting.numbers, history.pruned.numbers) == ([1], [2])
    assert "1 resting, 1 stopped early" in history.describe()
    assert [curve.losses for curve in curves.of_role(Role.RESTING)] == [[3.0, 2.5]]
    assert history.n_left_out == curves.n_left_out == 0


def test_of_many_short_curves_the_longest_are_drawn(search, trial):
    stopped = [trial(n, None, "pruned", curve=[3.0] * (9 if n < 4 else 1)) for n in range(40)]
    drawn = loss_curves(search(stopped)).of_role(Role.PRUNED)
    assert [curve.number for curve in drawn] == [0, 1, 2, 3, *range(20, 40)]
    assert loss_curves(search(stopped)).shows_the_longest
    assert not loss_curves(search(stopped[:9])).shows_the_longest


def test_what_was_trained_for_one_epoch_is_among_the_curves_and_in_sight(search, trial):
    short = [trial(1, None, "resting", curve=(3.0,)), trial(2, None, "pruned", curve=(3.4,))]
    curves = loss_curves(search([trial(0, 2.0, curve=(2.9, 2.4, 2.1, 2.0)), *short]))
    assert curves.scale.loss_range[1] > 3.4
    assert [(curve.number, curve.losses) for curve in curves.curves][:2] == [(2, [3.4]), (1, [3.0])]


def test_a_trial_that_rested_has_a_bar_for_each_turn(search, trial):
    def at(second):
        return trial(0, 2.0).started + timedelta(seconds=second)

    turns = (Turn(at(0), at(5)), Turn(at(20), at(30)))
    rested = trial(0, 2.0, turns=turns, started=at(0), finished=at(30))
    chart = timeline(search([rested, trial(1, 2.1, "pruned", started=at(6), finished=at(19))]))
    assert [(span.number, span.lane, span.start, span.length) for span in chart.spans] == [
        (0, 0, 0.0, 5.0),
        (1, 0, 6.0, 13.0),
        (0, 0, 20.0, 10.0),
    ]
    assert "2 trials in 1 lane" in chart.describe()
    assert [span.is_best for span in chart.spans] == [False, False, True]  # its last turn
