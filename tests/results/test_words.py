import math

import pytest

from chromasonic.results.words import choices, duration, gain, listing, number


@pytest.mark.parametrize(
    "value, text",
    [
        (0.00123, "0.00123"),
        (1e-5, "0.00001"),
        (0.0, "0"),
        (0.5, "0.5"),
        (0.2134, "0.213"),
        (128.0, "128"),
        (12345.6, "12346"),
    ],
)
def test_numbers_have_three_digits_and_no_exponent(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    "seconds, text", [(0.2, "0 s"), (59.6, "1 min 00 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")]
)
def test_lengths_of_time(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    "items, text", [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_lists_end_with_and(items, text):
    assert listing(items) == text


def test_the_loss_of_a_blind_guess_among_88_is_88_choices():
    assert choices(math.log(88)) == "88"
    assert choices(math.log(7.4)) == "7.4"
    assert choices(1e9)  # a loss beyond reason can still be told


def test_half_the_surprise_is_twice_the_chance():
    assert gain(2.0, 2.0 + math.log(2)) == "a 2.0 times better chance"
    assert gain(2.0, 2.0 + math.log(1.25)) == "a 25 % better chance"
