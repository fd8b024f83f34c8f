import math
import random

import numpy as np
import pytest

from chromasonic.results.ears.strengths import chance_against_the_mean, strengths, wins_of


def test_four_wins_in_a_row_under_a_prior_chosen_so_that_the_sum_comes_out_even(said):
    """By hand: with u = ±d/2 the slope is 4 − 4p − d/(2s²) = 0, and p = 3/4 gives d = ln 3 where s² = ln 3 / 2.

    The curvature along u₁ − u₂ is 4 p (1 − p) + 1/(2s²) = 3/4 + 1/ln 3.
    """
    known = strengths(said("1>2 1>2 2<1 1>2"), [1, 2], [math.sqrt(math.log(3) / 2)])
    assert known.means == pytest.approx([math.log(3) / 2, -math.log(3) / 2])
    variance = known.covariance[0, 0] + known.covariance[1, 1] - 2 * known.covariance[0, 1]
    assert variance == pytest.approx(1 / (3 / 4 + 1 / math.log(3)))


def test_under_a_flat_prior_three_songs_in_a_chain_have_the_odds_of_their_wins(said):
    """1 beats 2 in three of four, 2 beats 3 in two of three: nothing joins the two, so each pair has its own odds."""
    known = strengths(said("1>2 1>2 1>2 2>1 2>3 2>3 3>2"), [1, 2, 3], [1000.0])
    one, two, three = known.means
    assert one - two == pytest.approx(math.log(3), abs=1e-4)
    assert two - three == pytest.approx(math.log(2), abs=1e-4)
    variances = np.diag(known.covariance)[:2].sum() - 2 * known.covariance[0, 1]
    assert variances == pytest.approx(1 / (4 * 3 / 16), rel=1e-4)  # 1 / (n p (1 − p))


def test_cannot_say_is_half_a_win_each(said):
    assert wins_of(said("1=2 1>2"), [1, 2]).tolist() == [[0, 1.5], [0.5, 0]]
    assert strengths(said("1=2 2=1"), [1, 2]).means == pytest.approx([0, 0])


def test_before_the_first_answer_nothing_is_known_of_any(said):
    known = strengths([], [4, 5, 6])
    assert known.means == pytest.approx([0, 0, 0])
    assert known.interval(0)[0] < -2


def test_a_song_that_always_won_is_not_infinitely_good(said):
    known = strengths(said("1>2 " * 30), [1, 2])
    assert np.isfinite(known.means).all()
    assert 0.5 < known.means[0] < 6
    assert known.means.sum() == pytest.approx(0)


def test_sides_and_songs_that_take_no_part_change_nothing(said):
    known = strengths(said("1>2 2>3"), [1, 2, 3])
    other = strengths(said("2<1 3<2 7>1 8>9"), [1, 2, 3])
    assert other.means == pytest.approx(known.means)


def test_more_answers_are_surer(said):
    few, many = strengths(said("1>2 2>1"), [1, 2]), strengths(said("1>2 2>1 " * 10), [1, 2])
    assert many.sds[0] < few.sds[0] / 1.5


def test_the_intervals_hold_the_truth_as_often_as_they_say(listen):
    inside = total = 0
    for seed in range(20):
        chance = random.Random(seed)
        likes = {number: chance.gauss(0, 1.0) for number in range(6)}
        known = strengths(listen(likes, 18, seed), list(likes))
        middle = sum(likes.values()) / len(likes)
        for place, number in enumerate(known.songs):
            low, high = known.interval(place)
            inside += low <= likes[number] - middle <= high
            total += 1
    assert inside / total > 0.9


def test_a_chance_of_strength_0_is_one_half():
    assert chance_against_the_mean(0) == 0.5
    assert chance_against_the_mean(math.log(3)) == pytest.approx(0.75)
    assert chance_against_the_mean(5000) == 1.0
