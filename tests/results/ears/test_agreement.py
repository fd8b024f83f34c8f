import random

import numpy as np
import pytest

from chromasonic.results.ears.agreement import Verdict, agreement, kendall_tau_b


@pytest.mark.parametrize(
    "order, other, tau",
    [
        ([1, 2, 3, 4], [1, 2, 3, 4], 1.0),
        ([4, 3, 2, 1], [1, 2, 3, 4], -1.0),
        ([1, 3, 2, 4], [1, 2, 3, 4], 4 / 6),  # one pair of six is the other way round
        ([1, 1, 2], [1, 2, 3], 2 / 6**0.5),  # two agree, one is tied: 2 / √(2 · 3)
        ([1, 1, 1], [1, 2, 3], float("nan")),
    ],
    ids=["the same", "reversed", "neighbours swapped", "a tie", "all tied"],
)
def test_kendall_tau_b(order, other, tau):
    (found,) = kendall_tau_b(np.array([order], dtype=float), np.array(other, dtype=float))
    assert found == pytest.approx(tau, nan_ok=True)


LIKES = {number: 1.5 * (number - 2.5) for number in range(6)}


@pytest.mark.parametrize(
    "losses, verdict",
    [
        ({number: 3 - number / 10 for number in LIKES}, Verdict.AGREE),
        ({number: 2 + number / 10 for number in LIKES}, Verdict.DISAGREE),
    ],
    ids=["lower loss", "higher loss"],
)
def test_ears_that_follow_the_loss_agree_with_it(listen, losses, verdict):
    found = agreement(listen(LIKES, 40), losses)
    assert found.verdict is verdict
    assert found.low <= found.tau <= found.high


def test_ears_that_go_their_own_way_are_said_to_when_it_is_sure(listen):
    likes = {number: 3.0 * place for place, number in enumerate([2, 0, 4, 6, 8, 1, 3, 7, 5, 9])}
    losses = {number: (7 * number % 10) / 10 for number in likes}
    (truth,) = kendall_tau_b(np.array([list(likes.values())]), -np.array([losses[number] for number in likes]))
    assert abs(truth) < 0.2
    assert agreement(listen(likes, 150), losses).verdict is Verdict.UNRELATED


def test_of_little_nothing_is_said(listen, said):
    losses = {number: number / 10 for number in range(6)}
    assert agreement(said("0>1 2>3"), losses).verdict is None
    assert agreement(listen({0: 3.0, 1: 0.0, 2: -3.0}, 60), {0: 2.0, 1: 2.1, 2: 2.2}) is None
    assert agreement(said("0>1"), dict.fromkeys(range(6), 2.0)) is None


@pytest.mark.parametrize("n_songs", [5, 10, 40])
def test_before_the_first_answer_ears_and_loss_may_agree_or_disagree_or_neither(n_songs):
    found = agreement([], {number: number / 10 for number in range(n_songs)})
    assert found.low < -0.5 and found.high > 0.5
    assert found.tau == pytest.approx(0, abs=0.1)
    assert found.verdict is None


def test_the_interval_holds_the_truth_as_often_as_it_says(listen):
    inside = 0
    for seed in range(20):
        chance = random.Random(seed)
        likes = {number: chance.gauss(0, 1.0) for number in range(6)}
        losses = {number: -like + chance.gauss(0, 1.0) for number, like in likes.items()}
        found = agreement(listen(likes, 18, seed), losses)
        (truth,) = kendall_tau_b(np.array([list(likes.values())]), -np.array([losses[number] for number in likes]))
        inside += found.low <= truth <= found.high
    assert inside >= 17
