import math

import pytest

from chromasonic.results.words import (
    FAMILIES,
    NAMES,
    PLAIN_NAMES,
    both_names,
    choices,
    duration,
    gain,
    lack,
    listing,
    number,
    percent,
    waiting_time,
)


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
    "seconds, text",
    [(44.6, "45 s"), (60, "1 min 00 s"), (81, "1 min 30 s"), (601, "11 min"), (7203, "2 h 01 min")],
)
def test_lengths_of_time_that_are_estimated_are_rounded_up(seconds, text):
    assert waiting_time(seconds) == text


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


def test_a_lack_is_a_gain_seen_from_the_other_side():
    assert lack(2.0 + math.log(2), 2.0) == "a 50 % smaller chance"
    assert lack(2.0 + math.log(1.25), 2.0) == "a 20 % smaller chance"
    assert lack(2.0 + math.log(5), 2.0) == "an 80 % smaller chance"


@pytest.mark.parametrize(
    "factor, text", [(8.4, "an 8.4 times"), (11.2, "an 11.2 times"), (1.18, "an 18 %"), (1.1, "a 10 %")]
)
def test_a_gain_has_the_article_it_is_spoken_with(factor, text):
    assert gain(2.0, 2.0 + math.log(factor)) == f"{text} better chance"


def test_a_loss_above_blind_guessing_is_no_choice_among_more_than_there_are():
    assert choices(5.97) == "392"
    assert choices(5.97, vocab_size=113) == "113"
    assert choices(2.0, vocab_size=113) == choices(2.0) == "7.4"


def test_a_share_is_written_as_percentages_are_elsewhere():
    assert percent(0.234) == "23 %"


def test_each_setting_has_a_plain_name_beside_its_term():
    assert NAMES.keys() == PLAIN_NAMES.keys()
    assert both_names("learning_rate") == "How fast it learns · learning rate"


def test_settings_and_models_have_the_same_names_in_the_results_as_in_the_app():
    from chromasonic.melody_generation.families import MODEL_LABELS
    from chromasonic.ui.wording import settings

    assert FAMILIES == MODEL_LABELS
    assert {key: both_names(key) for key in settings.NAMES} == {key: settings.plain(key) for key in settings.NAMES}
