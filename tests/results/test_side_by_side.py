"""Searches side by side: what may be compared, who is ahead, and what differed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from plotly.graph_objects import Figure

from chromasonic.results.ink import DARK, LIGHT
from chromasonic.results.records import Baselines, Interval, TestScores, Turn
from chromasonic.results.searching_time import without_rests
from chromasonic.results.side_by_side import (
    Along,
    Apart,
    Dealt,
    Measure,
    Side,
    courses,
    groups,
    importances,
    rows,
    tunes_apart,
    verdict,
    why_apart,
)
from chromasonic.results.side_by_side_figures import LOOKS, colour, draw_courses, draw_importances

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
REEL, JIG, WALTZ, AIR = (60, 1), (62, 1), (64, 1), (65, 1)


def dealt(train, validation=(), test=()):
    return Dealt(frozenset(train), frozenset(validation), frozenset(test))


@pytest.fixture
def side(search):
    """`side("A", [2.5, 2.1])`: a search with these losses, over the music `abc123`."""

    def make(letter, losses=(2.5, 2.1), dealt=None, settings=None, **changes):
        return Side(letter=letter, record=search(losses, **changes), dealt=dealt, settings=settings or {})

    return make


# ---- may they be compared? ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ({}, {}, None),
        ({}, {"music": "The same under another name"}, None),
        ({}, {"fingerprint": "other"}, Apart.MUSIC),
        ({}, {"fingerprint": "other", "vocab_size": 88}, Apart.VOCABULARY),
        ({}, {"fingerprint": "other", "is_melodic": False}, Apart.VOCABULARY),
        ({"fingerprint": ""}, {"fingerprint": ""}, Apart.MUSIC),
        (
            {"dealt": dealt([REEL], [JIG])},
            {"dealt": dealt([JIG], [REEL]), "fingerprint": "other"},
            Apart.SPLIT,
        ),
        (
            {"dealt": dealt([REEL], [JIG])},
            {"dealt": dealt([REEL], [WALTZ]), "fingerprint": "other"},
            Apart.MUSIC,
        ),
    ],
    ids=[
        "the same tokens",
        "the same tokens, renamed",
        "other tokens",
        "more notes",
        "practice melodies",
        "nobody knows",
        "dealt otherwise",
        "one other tune",
    ],
)
def test_losses_are_compared_only_over_the_same_tunes_on_the_same_sides(side, one, other, why):
    assert why_apart(side("A", **one), side("B", **other)) is why


def test_searches_of_the_same_music_stand_together(side):
    sides = [side("A"), side("B", fingerprint="other"), side("C"), side("D", fingerprint="third")]
    assert [[one.letter for one in group] for group in groups(sides)] == [["A", "C"], ["B"], ["D"]]


# ---- who is ahead ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("losses", "order", "is_even"),
    [
        ({"A": [2.5, 2.1], "B": [2.0]}, "BA", False),
        ({"A": [2.1], "B": [2.105]}, "AB", True),
        ({"A": [2.1], "B": [2.3], "C": [1.9]}, "CAB", False),
        ({"A": [2.1], "B": [None], "C": [1.9]}, "CA", False),
    ],
    ids=["lower wins", "closer than chance", "three", "one failed"],
)
def test_of_the_same_music_the_lower_loss_leads(side, losses, order, is_even):
    found = verdict([side(letter, entries) for letter, entries in losses.items()])
    (race,) = found.races
    assert "".join(one.letter for one in race.order) == order
    assert race.is_even is is_even
    assert found.apart == () and found.by_lead == ()
    assert [one.letter for one in found.without] == [letter for letter, (first, *_) in losses.items() if first is None]


@pytest.mark.parametrize(
    ("of_a", "of_b", "heir"),
    [
        ({}, {"is_carried": True}, "B"),
        ({"is_carried": True}, {}, "A"),
        ({"is_carried": True}, {"is_carried": True}, "B"),
        ({}, {}, None),
        ({}, {"is_carried": True, "params": {"dropout": 0.4}}, None),
        ({}, {"is_carried": True, "curve": (3.1, 2.1)}, None),
    ],
    ids=["the second", "the first", "a chain", "by chance", "another model", "another course"],
)
def test_a_best_that_was_taken_over_is_one_model_and_no_tie(side, trial, of_a, of_b, heir):
    earlier = side("A", [trial(0, 2.5), trial(1, 2.1, **of_a)], created=START)
    later = side("B", [trial(0, 2.1, **of_b), trial(1, 2.4), trial(2, None, "failed")], created=START + timedelta(1))
    (race,) = verdict([earlier, later]).races
    assert race.is_even
    assert (race.taken_over and race.taken_over[0].letter) == heir
    if heir == "B":
        assert race.taken_over[0].n_own == 2


def test_of_other_music_the_lead_over_counting_is_compared_and_never_the_loss(side):
    easy = side("A", [1.5], fingerprint="easy", baselines=Baselines(uniform=4.0, ngram=1.6, ngram_order=3))
    hard = side("B", [2.5], fingerprint="hard", baselines=Baselines(uniform=4.7, ngram=3.0, ngram_order=3))
    found = verdict([easy, hard])
    assert found.races == ()
    assert found.apart == (("A", "B", Apart.MUSIC),)
    assert [(one.letter, one.ahead) for one in found.by_lead] == [("B", 0.5), ("A", pytest.approx(0.1))]


def test_the_lead_on_held_out_tunes_is_that_of_the_first_over_the_second(side):
    lead = Interval(value=0.2, low=0.1, high=0.3, n_tunes=20)
    sides = [replace(side(letter, [loss]), test=scored(loss)) for letter, loss in (("A", 2.3), ("B", 2.1))]
    found = verdict(sides, {("B", "A"): lead, ("A", "B"): lead})
    assert found.races[0].lead is lead
    assert verdict(sides).races[0].lead is None


@pytest.mark.parametrize(
    ("held_out", "order", "is_on_test", "not_measured"),
    [
        ({"A": 2.2, "B": 2.0, "C": 2.1}, "BCA", True, ""),
        ({"A": 2.2, "B": 2.0}, "ABC", False, "C"),
        ({}, "ABC", False, "ABC"),
    ],
    ids=["all measured", "one not yet", "none"],
)
def test_the_tunes_held_out_from_all_decide_where_all_were_measured_on_them(
    side, held_out, order, is_on_test, not_measured
):
    sides = [side(letter, [loss]) for letter, loss in (("A", 1.9), ("B", 2.0), ("C", 2.3))]  # on the validation tunes
    (race,) = verdict([replace(one, test=scored(held_out.get(one.letter))) for one in sides]).races
    assert "".join(one.letter for one in race.order) == order
    assert race.is_on_test is is_on_test
    assert race.loss(race.order[0]) == (2.0 if is_on_test else 1.9)
    assert "".join(one.letter for one in race.not_measured) == not_measured


def scored(loss):
    return None if loss is None else TestScores(best=loss)


@pytest.mark.parametrize(
    ("lead", "is_even"),
    [((0.05, 0.15, 20), False), ((-0.05, 0.25, 20), True), ((-0.05, 0.25, 4), False), (None, False)],
    ids=["it is real", "it may be luck", "too few to tell", "not known tune by tune"],
)
def test_two_are_even_where_the_held_out_tunes_show_no_real_difference(side, lead, is_even):
    leads = {}
    if lead is not None:
        low, high, n_tunes = lead
        leads = {("A", "B"): Interval(value=0.1, low=low, high=high, n_tunes=n_tunes)}
    sides = [replace(side(letter, [2.0]), test=scored(loss)) for letter, loss in (("A", 2.0), ("B", 2.1))]
    assert verdict(sides, leads).races[0].is_even is is_even


@pytest.mark.parametrize(
    ("n_tunes", "is_open"), [(0, False), (1, True), (9, True), (10, False)], ids=["not known", "one", "nine", "ten"]
)
@pytest.mark.parametrize("is_on_test", [True, False], ids=["held out", "to choose by"])
def test_of_fewer_than_ten_tunes_no_order_is_told(side, n_tunes, is_open, is_on_test):
    known = {"n_test": n_tunes, "n_validation": 100} if is_on_test else {"n_test": 100, "n_validation": n_tunes}
    sides = [
        replace(side(letter, [loss], **known), test=scored(loss if is_on_test else None))
        for letter, loss in (("A", 2.0), ("B", 2.4))
    ]
    (race,) = verdict(sides).races
    assert race.n_tunes == n_tunes
    assert race.is_open is is_open


@pytest.mark.parametrize(
    ("other", "low", "n_tunes", "leads"),
    [(2.4, 0.1, 4, True), (2.4, -0.1, 4, False), (2.4, 0.4, 1, False), (2.005, 0.001, 4, False), (2.4, 0.1, 10, False)],
    ids=["however they are drawn", "not on every draw", "one tune says nothing", "too close", "enough to tell"],
)
def test_on_few_tunes_one_leads_that_is_ahead_however_they_are_drawn(side, other, low, n_tunes, leads):
    sides = [replace(side(letter, [2.0]), test=scored(loss)) for letter, loss in (("A", 2.0), ("B", other))]
    lead = Interval(value=other - 2.0, low=low, high=0.5, n_tunes=n_tunes)
    assert verdict(sides, {("A", "B"): lead}).races[0].leads_on_few is leads


def test_where_not_all_were_measured_on_the_held_out_tunes_no_lead_on_these_is_told(side):
    known = {"n_test": 4, "n_validation": 5}
    one, other, third = (side(letter, [loss], **known) for letter, loss in (("A", 2.0), ("B", 2.4), ("C", 2.6)))
    sides = [replace(one, test=scored(2.1)), replace(other, test=scored(2.5)), third]
    (race,) = verdict(sides, {("A", "B"): Interval(value=0.4, low=0.1, high=0.5, n_tunes=4)}).races
    assert not race.leads_on_few
    assert race.n_tunes == 5


# ---- the chart ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("losses", "at", "values"),
    [
        ([2.5, 2.1, 2.3], [0, 1, 2], [2.5, 2.1, 2.1]),
        ([2.5, None, 2.1], [0, 2], [2.5, 2.1]),
        ([2.5, 2.1, None], [0, 1, 2], [2.5, 2.1, 2.1]),
        ([2.5], [0], [2.5]),
    ],
    ids=["the best stays to the end", "one failed", "the last failed", "a single trial"],
)
def test_a_course_is_the_best_so_far(side, losses, at, values):
    gathered = courses([side("A", losses)])
    assert gathered.measure is Measure.LOSS
    assert (gathered.courses[0].at, gathered.courses[0].values) == (at, values)
    assert gathered.counting == 2.3


def test_over_time_a_course_leaves_out_the_rests(side, trial):
    night = timedelta(hours=8)
    late = trial(1, 2.1)
    late = trial(1, 2.1, started=late.started + night, finished=late.finished + night)
    gathered = courses([side("A", [trial(0, 2.5), late])], Along.TIME)
    assert gathered.courses[0].at == [10.0, 20.0]  # each trained for ten seconds
    assert gathered.width == 20.0 and not gathered.is_in_minutes


def test_over_time_a_trial_that_rested_through_the_night_lets_the_night_be_left_out(side, trial):
    night, first = timedelta(hours=8), trial(0, 2.5)
    turns = (Turn(first.started, first.finished), Turn(first.started + night, first.finished + night))
    rested = trial(0, 2.5, turns=turns, training_time=20.0, finished=first.finished + night)
    gathered = courses([side("A", [rested])], Along.TIME)
    assert gathered.courses[0].at == [20.0]


def test_two_that_may_not_be_compared_are_drawn_from_where_counting_stands(side):
    other = side("B", [3.1], fingerprint="other", baselines=Baselines(uniform=4.7, ngram=3.0, ngram_order=3))
    unknown = side("C", [2.0], fingerprint="third", baselines=None)
    gathered = courses([side("A", [2.5, 2.1]), other, unknown])
    assert gathered.measure is Measure.OVER_COUNTING and gathered.counting == 0.0
    assert [course.side.letter for course in gathered.courses] == ["A", "B"]
    assert gathered.courses[0].values == pytest.approx([0.2, -0.2])
    assert gathered.courses[1].values == pytest.approx([0.1])
    low, high = gathered.value_range
    assert low < -0.2 and high > 0.1


@pytest.mark.parametrize("losses", [[1.30, 1.29], [3.20, 3.19]], ids=["all far below it", "all far above it"])
def test_the_line_that_all_are_measured_from_is_in_the_chart(side, losses):
    sides = [side("A", losses), side("B", losses, fingerprint="other")]
    gathered = courses(sides)
    low, high = gathered.value_range
    assert low < 0 < high
    line, *_ = draw_courses(gathered, title="", across="", counting="counting 0.00")["data"]
    assert line["y"] == [0.0, 0.0] and line["line"]["dash"] == "dash"


def test_nothing_found_is_nothing_drawn(side):
    assert courses([side("A", [None]), side("B", [])]).courses == []


def test_no_two_searches_differ_by_colour_alone():
    for name in ("sign", "symbol", "dash", "pattern"):
        assert len({getattr(look, name) for look in LOOKS.values()}) == 4
    for ink in (LIGHT, DARK):
        assert len({colour(letter, ink) for letter in LOOKS}) == 4


def test_each_line_is_drawn_with_its_own_sign_and_its_letter_at_the_end(side):
    gathered = courses([side("A", [2.5, 2.1]), side("B", [2.4], name="<b>Jigs</b>")])
    figure = Figure(draw_courses(gathered, title="loss", across="trial", counting="counting"))
    _counting, *lines = figure.data
    assert [trace.line.dash for trace in lines] == ["solid", "dash"]
    assert [trace.marker.symbol for trace in lines] == ["circle", "square"]
    told = " ".join(str(label.text) for label in figure.layout.annotations)
    assert "<b>A</b> 2.10" in told and "<b>B</b> 2.40" in told and "counting" in told
    assert "&lt;b&gt;Jigs" in lines[1].customdata[0]


# ---- what mattered, what differed -----------------------------------------------------------------------------------


def test_what_mattered_most_anywhere_comes_first(side):
    found = importances(
        [
            side("A", importance={"learning_rate": 0.7, "dropout": 0.3}),
            side("B", [2.0] * 80, importance={"dropout": 0.9, "num_layers": 0.1}),
            side("C"),
        ]
    )
    assert found.keys == ["dropout", "learning_rate", "num_layers"]
    assert found.shares == {"A": [0.3, 0.7, 0.0], "B": [0.9, 0.0, 0.1]}
    assert found.too_few == ["C"] and found.rough == ["A"]
    figure = Figure(draw_importances(found, [("Dropout", "dropout"), ("Rate", "learning rate"), ("Layers", "layers")]))
    assert list(figure.data[0].text) == ["● A"] * 3  # a first impression: its figures would look exact
    assert list(figure.data[1].text) == ["■ B 90 %", "■ B 0 %", "■ B 10 %"]
    assert [trace.marker.pattern.shape for trace in figure.data] == ["", "/"]


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({}, set()),
        ({"seed": 8}, {"seed"}),
        ({"space": {"hidden_size_range": [32, 64]}}, {"hidden_size_range"}),
        ({"n_trials": 50, "timeout": 60.0, "warm_up": 10}, {"n_trials", "timeout", "warm_up"}),
        ({"families": ("gru",)}, {"families"}),
        ({"music": "Jigs", "fingerprint": "other", "n_train": 80}, {"music", "fingerprint", "n_train"}),
        ({"settings": {"trial_memory": 512}}, {"trial_memory"}),
    ],
    ids=["nothing", "seed", "a range", "the budget", "the model", "the music", "a limit"],
)
def test_what_differs_is_told_and_nothing_else(side, change, keys):
    space = change.pop("space", None)
    one = side("A")
    other = side("B", **change, **({"space": {**one.record.space, **space}} if space else {}))
    found = rows([one, other])
    assert {row.key for row in found if not row.is_same} == keys


def test_the_ranges_stand_in_their_usual_order(side):
    keys = [row.key for row in rows([side("A"), side("B")])]
    ranges = [key for key in keys if key.endswith(("_range", "_options"))]
    assert ranges[0] == "learning_rate_range" and ranges[-1] == "embedding_dim_range"
    assert keys[0] == "music" and keys[-1] == "versions"


@pytest.mark.parametrize(
    ("one", "other", "in_all", "only"),
    [
        (dealt([REEL], [JIG]), dealt([JIG], [REEL]), 2, {"A": [], "B": []}),
        (dealt([REEL], [JIG]), dealt([REEL, WALTZ], [AIR]), 1, {"A": [JIG], "B": [WALTZ, AIR]}),
        (dealt([REEL]), dealt([JIG]), 0, {"A": [REEL], "B": [JIG]}),
    ],
    ids=["dealt otherwise", "some in common", "nothing in common"],
)
def test_tunes_of_one_alone_are_found(side, one, other, in_all, only):
    found = tunes_apart([side("A", dealt=one), side("B", dealt=other)])
    assert (found.in_all, found.only, found.are_pieces) == (in_all, only, False)


def test_music_that_can_no_longer_be_read_tells_nothing_of_its_tunes(side):
    assert tunes_apart([side("A", dealt=dealt([REEL])), side("B")]) is None


# ---- searching time -------------------------------------------------------------------------------------------------


def test_rests_are_taken_out_and_trials_side_by_side_stay_so(trial):
    start = trial(0, 2.0).started
    at = [(0, 10), (5, 20), (3600, 3610)]
    spans = [(start + timedelta(seconds=begin), start + timedelta(seconds=end)) for begin, end in at]
    assert without_rests(spans) == ([(0, 10), (5, 20), (20, 30)], [20])
    assert without_rests([]) == ([], [])
