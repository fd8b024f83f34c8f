"""Who rests and who goes on, checked by eye."""

import pytest

from chromasonic.melody_generation.hyperparameter_search.ladder import PLACES, Ladder


@pytest.fixture
def ladder():
    return Ladder(10)  # its rungs are 2 and 6


def resting_at_two(ladder, *losses):
    """Trials 0, 1, 2 … come to the first rung with these losses, and rest there."""
    for number, loss in enumerate(losses):
        ladder.come(number, [9.0, loss])
        ladder.rest(number, 2)


@pytest.mark.parametrize(
    ("epochs", "rungs"), [(1, ()), (2, (1,)), (3, (1, 2)), (5, (1, 3)), (8, (1, 5)), (10, (2, 6)), (20, (3, 12))]
)
def test_rungs_stand_at_about_15_and_60_percent_of_the_asked_epochs(epochs, rungs):
    assert Ladder(epochs).rungs == rungs


def test_of_one_none_goes_on_and_of_two_the_best(ladder):
    resting_at_two(ladder, 2.0)
    assert ladder.who_goes_on() is None
    ladder.come(1, [9.0, 2.5])
    ladder.rest(1, 2)
    assert ladder.who_goes_on() == 0


def test_who_is_second_waits_until_there_are_four(ladder):
    resting_at_two(ladder, 2.0, 3.0, 2.5)
    ladder.leave(0)
    assert ladder.who_goes_on() is None
    ladder.come(3, [4.0, 4.0])
    assert ladder.who_goes_on() == 2


def test_the_higher_rung_is_looked_at_first(ladder):
    resting_at_two(ladder, 2.0, 2.1, 2.2, 1.0)
    for number, loss in ((0, 1.9), (1, 1.8)):
        ladder.come(number, [2.0, 2.0, 2.0, 2.0, 2.0, loss])
        ladder.rest(number, 6)
    assert ladder.who_goes_on() == 1
    ladder.leave(1)
    assert ladder.who_goes_on() == 3


def test_a_rung_compares_what_its_trials_had_reached_there_and_not_what_they_reached_later(ladder):
    resting_at_two(ladder, 2.0, 3.0, 2.5)
    ladder.leave(0)
    ladder.come(0, [2.0, 9.0, 9.0])
    assert ladder.who_goes_on() is None  # the one place is taken by trial 0, which had 2.0 there


def test_at_the_last_call_at_least_one_goes_on_from_each_rung(ladder):
    resting_at_two(ladder, 2.0)
    assert ladder.who_goes_on() is None
    assert ladder.who_goes_on(is_last_call=True) == 0
    ladder.leave(0)
    assert ladder.who_goes_on(is_last_call=True) is None


def test_whoever_is_behind_all_the_places_of_a_rung_is_out(ladder):
    resting_at_two(ladder, *range(PLACES))
    assert ladder.who_is_out() == []
    ladder.come(99, [0.5, 0.5])
    ladder.rest(99, 2)
    assert ladder.who_is_out() == [PLACES - 1]


def test_who_was_stopped_before_the_first_rung_goes_on_before_others_begin(ladder):
    resting_at_two(ladder, 2.0, 2.5)
    ladder.rest(7, 1)
    ladder.rest(5, 1)
    assert not ladder.has_come(5)
    assert ladder.who_goes_on() == 0  # from a rung
    ladder.leave(0)
    assert ladder.who_goes_on() == 5
    ladder.leave(5)
    assert ladder.who_goes_on() == 7
    ladder.leave(7)
    assert ladder.who_goes_on() is None
    assert ladder.who_is_out() == []
