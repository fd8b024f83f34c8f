"""Whether a difference is real: the bootstrap against truths that are known."""

import random

import pytest

from chromasonic.results.certainty import better_by, interval, is_real, spread_in_words, verdict, verdicts
from chromasonic.results.records import Interval, TestScores


def test_tunes_that_are_all_alike_leave_no_doubt():
    found = interval([20.0, 40.0], [10, 20])
    assert (found.value, found.low, found.high, found.n_tunes) == (2.0, 2.0, 2.0, 2)


def test_a_long_tune_weighs_as_much_as_its_notes():
    assert interval([10.0, 90.0], [10, 30]).value == 2.5


def test_the_same_tunes_give_the_same_interval():
    losses = [random.Random(seed).gauss(20, 3) for seed in range(30)]
    assert interval(losses, [10] * 30) == interval(losses, [10] * 30)


def tunes(seed, n, difference):
    """Losses of two models: tunes differ far more than the models do, which pairing takes out."""
    chance = random.Random(seed)
    hard = [chance.gauss(2.0, 0.5) for _ in range(n)]
    ours = [(level + chance.gauss(0, 0.1)) * 100 for level in hard]
    theirs = [(level + difference + chance.gauss(0, 0.1)) * 100 for level in hard]
    return ours, theirs, [100] * n


def test_the_interval_holds_the_truth_in_nine_cases_of_ten_at_least():
    found = [better_by(*tunes(seed, 20, 0.1)) for seed in range(200)]
    assert sum(one.low <= 0.1 <= one.high for one in found) >= 180


def test_no_difference_is_called_real_in_one_case_of_ten_at_most_and_a_clear_one_in_nine():
    assert sum(is_real(better_by(*tunes(seed, 20, 0.0))) for seed in range(200)) <= 20
    assert sum(is_real(better_by(*tunes(seed, 20, 0.15))) for seed in range(200)) >= 180


def found(value, low, high, n_tunes=40):
    return Interval(value=value, low=low, high=high, n_tunes=n_tunes)


@pytest.mark.parametrize(
    "difference, sentence",
    [
        (
            found(0.21, 0.17, 0.25),
            "Better than counting what follows what by 0.21 ± 0.04 nats per token; with 95 % confidence the difference "
            "is real.",
        ),
        (
            found(-0.21, -0.25, -0.17),
            "Worse than counting what follows what by 0.21 ± 0.04 nats per token; with 95 % confidence the difference "
            "is real.",
        ),
        (
            found(0.02, -0.04, 0.08),
            "As good as counting what follows what, as far as 40 test tunes can show (a difference of 0.02 ± 0.06 nats "
            "per token).",
        ),
        (
            found(0.21, 0.17, 0.25, n_tunes=4),
            "Whether it is better than counting what follows what: 4 test tunes are too few to tell.",
        ),
    ],
    ids=["better", "worse", "neither", "too few tunes"],
)
def test_the_verdict_says_whether_the_difference_is_real(difference, sentence):
    assert verdict("ngram", difference) == sentence
    told = verdicts(TestScores(best=2.0, better_by={"ngram": difference}))
    assert told == [
        sentence if difference.n_tunes > 4 else "4 test tunes: too few to tell whether these differences are real."
    ]


def test_a_score_stands_with_its_interval():
    assert spread_in_words(found(2.142, 2.05, 2.231)) == "2.14 (with 95 % confidence 2.05 to 2.23)"


def test_of_one_tune_alone_no_interval_is_told():
    assert spread_in_words(interval([183.0], [100])) == "1.83"
