"""Who rests and who goes on, checked by eye."""

import pytest

from chromasonic.melody_generation.hyperparameter_search.ladder import PLACES, Ladder


@pytest.fixture
def ladder():
    return Ladder(10)


def resting_at_one(ladder, *losses):
    """Trials 0, 1, 2 … come to the first rung with these losses, and rest there."""
    for number, loss in enumerate(losses):
        ladder.come(number, [loss])
        ladder.rest(number, 1)


@pytest.mark.parametrize(
    ("epochs", "rungs"), [(1, ()), (2, (1,)), (3, (1,)), (4, (1, 3)), (10, (1, 3, 9)), (28, (1, 3, 9, 27))]
)
def test_rungs_stand_at_the_powers_of_three_below_the_asked_epochs(epochs, rungs):
    assert Ladder(epochs).rungs == rungs


def test_of_two_none_goes_on_and_of_three_the_best(ladder):
    resting_at_one(ladder, 2.0, 3.0)
    assert ladder.who_goes_on() is None
    ladder.come(2, [2.5])
    ladder.rest(2, 1)
    assert ladder.who_goes_on() == 0


def test_who_is_second_waits_until_there_are_six(ladder):
    resting_at_one(ladder, 2.0, 3.0, 2.5)
    ladder.leave(0)
    assert ladder.who_goes_on() is None
    for number in (3, 4, 5):
        ladder.come(number, [4.0])
    assert ladder.who_goes_on() == 2


def test_the_higher_rung_is_looked_at_first(ladder):
    resting_at_one(ladder, 2.0, 2.1, 2.2, 2.3, 2.4, 2.5, 1.0)
    for number, loss in ((0, 1.9), (1, 1.8), (2, 1.7)):
        ladder.come(number, [2.0, 2.0, loss])
        ladder.rest(number, 3)
    assert ladder.who_goes_on() == 2
    ladder.leave(2)
    assert ladder.who_goes_on() == 6


def test_a_rung_compares_what_its_trials_had_reached_there_and_not_what_they_reached_later(ladder):
    resting_at_one(ladder, 2.0, 3.0, 2.5)
    ladder.leave(0)
    ladder.come(0, [2.0, 9.0, 9.0])
    assert ladder.who_goes_on() is None  # the one place is taken by trial 0, which had 2.0 there


def test_at_the_last_call_at_least_one_goes_on_from_each_rung(ladder):
    resting_at_one(ladder, 2.0, 3.0)
    assert ladder.who_goes_on(is_last_call=True) == 0
    ladder.leave(0)
    assert ladder.who_goes_on(is_last_call=True) is None


def test_whoever_is_behind_all_the_places_of_a_rung_is_out(ladder):
    resting_at_one(ladder, *range(PLACES))
    assert ladder.who_is_out() == []
    ladder.come(99, [0.5])
    ladder.rest(99, 1)
    assert ladder.who_is_out() == [PLACES - 1]
