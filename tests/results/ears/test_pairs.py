from itertools import pairwise

import pytest

from chromasonic.results.ears.comparisons import times_heard
from chromasonic.results.ears.pairs import MOST_SONGS, is_exhausted, next_pair, taking_part


@pytest.mark.parametrize("n_songs", [3, 4, 7, 10])
def test_songs_are_heard_equally_often_on_both_sides_and_no_pair_twice_in_a_row(listen, n_songs):
    comparisons = listen({number: number / 3 for number in range(n_songs)}, 40)
    heard = times_heard(comparisons)
    assert max(heard.values()) - min(heard.values()) <= 2
    assert all(one.pair != other.pair for one, other in pairwise(comparisons))
    on_the_left = sum(one.left < one.right for one in comparisons)
    assert 10 <= on_the_left <= 30


def test_two_songs_alone_change_sides_each_time_and_soon_are_enough(listen):
    asked = listen({3: 0.0, 5: 0.0}, 6)
    assert {one.pair for one in asked} == {frozenset((3, 5))}
    assert all(one.left == other.right for one, other in pairwise(asked))
    assert [is_exhausted(asked[:n], [3, 5]) for n in range(5)] == [False, False, False, True, True]


def test_songs_are_enough_when_each_two_of_them_are(said):
    assert not is_exhausted(said("1>2 1>2 1>2 1>3 1>3 1>3"), [1, 2, 3])
    assert is_exhausted(said("1>2 1>2 1>2 1>3 1>3 1>3 2>3 3>2 2>3"), [1, 2, 3])


def test_the_same_seed_and_answers_ask_the_same(said):
    answers = said("1>2 3>4")
    assert next_pair(answers, [1, 2, 3, 4, 5], 7) == next_pair(answers, [1, 2, 3, 4, 5], 7)
    asked = {frozenset(next_pair([], range(6), seed)) for seed in range(20)}
    assert len(asked) > 3


def test_of_songs_heard_equally_often_the_close_ones_are_compared(said):
    """1 and 2 won everything against 3 and 4: whether 1 beats 3 is known, whether 1 beats 2 is not."""
    answers = said("1>3 2>4 1>4 2>3 1>3 2>4 1>4 2>3")
    assert set(next_pair(answers, [1, 2, 3, 4], 0)) in ({1, 2}, {3, 4})


def test_a_song_that_came_later_is_heard_next_against_those_known(said):
    answers = said("1>2 3>4 1>3 2>4 4>1 3>2")
    asked = next_pair(answers, [1, 2, 3, 4, 9], 0)
    assert 9 in asked


def test_of_many_songs_some_take_part_from_the_best_to_the_worst_and_those_heard_before():
    losses = {number: number / 10 for number in range(40)}
    chosen = taking_part(losses, [])
    assert len(chosen) == MOST_SONGS
    assert {0, 39} <= set(chosen)
    assert {7, 8} <= set(taking_part(losses, [7, 8, 99]))
    assert taking_part({4: 2.0, 2: 3.0}, []) == [2, 4]
    assert taking_part({}, [3]) == []
    assert taking_part(losses, list(range(5, 20))) == [0, *range(5, 20)]  # a new winner joins, however late
