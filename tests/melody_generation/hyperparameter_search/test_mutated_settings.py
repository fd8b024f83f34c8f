"""A search space and settings in JSON, changed at random: read, or refused with the name of the field."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chromasonic.errors import SettingsError
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.space import HyperparameterSearchSpace

VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2**63, 10**400, 1.5, math.nan, math.inf, -0.0, 1e-320, "", "1", "lstm", "os:system",
    "x" * 10_000, [], [1], [1, 2], [2, 1], [1, 2, 3], ["a", "b"], [None, None], [[1], [2]], [True, False], [0.1, 0.2],
    [1e-5, math.nan], [10**400, 10**401], [-math.inf, 1], ["lstm"], {}, {"a": 1}, {"num_epochs": None},
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def mutated(record: dict[str, Any], number: int) -> Any:
    """The record of that number: fields left out, added, or given another value, one within a list too."""
    chance = random.Random(number)
    changed: dict[str, Any] = json.loads(json.dumps(record))
    if chance.random() < 0.05:
        return chance.choice(VALUES)
    for _ in range(chance.choice((1, 1, 2, 4))):
        field = chance.choice([*changed, "unknown"])
        value = changed.get(field)
        if chance.random() < 0.2:
            changed.pop(field, None)
        elif isinstance(value, list) and value and chance.random() < 0.5:
            value[chance.randrange(len(value))] = chance.choice(VALUES)
        else:
            changed[field] = chance.choice(VALUES)
    return changed


def check(record: Any) -> bool:
    """Whether it is a space; one that is none is refused in a sentence, and whatever else is raised stays raised."""
    try:
        space = HyperparameterSearchSpace.from_json(record)
    except SettingsError as error:
        assert len(str(error)) < 400
        return False
    assert HyperparameterSearchSpace.from_json(json.loads(json.dumps(space.to_json(), allow_nan=False))) == space
    space.untuned()
    return True


def test_a_changed_space_is_a_space_or_refused() -> None:
    spaces = sum(check(mutated(HyperparameterSearchSpace().to_json(), number)) for number in range(5_000))
    assert 200 < spaces < 2_500


@given(JSON)
def test_what_is_no_space_is_refused(record: Any) -> None:
    check(record)


@given(st.sampled_from(sorted(HyperparameterSearchSpace().to_json())), JSON)
def test_a_field_of_any_value_is_taken_or_refused(field: str, value: Any) -> None:
    check(HyperparameterSearchSpace().to_json() | {field: value})


@pytest.mark.parametrize(
    "record, says",
    [
        (None, "search space: needs a record of its fields, such as {}, but is None"),
        ([1], r"search space: needs a record of its fields, such as {}, but is \[1\]"),
        ({"x" * 999: 1}, "x{60}: is not part of the search space; known are batch_size_options,"),
        ({"num_layers_range": [10**400, 10**401]}, "num_layers_range: needs values of at most 64, but holds 10000"),
        ({"learning_rate_range": [-(10**400), 1]}, "learning_rate_range: needs values above 0, but holds -1000"),
        ({"dropout_range": "x" * 9_999}, "dropout_range: needs a lowest and a highest value, but is 'xxx"),
    ],
)
def test_it_is_refused_in_a_short_sentence(record: Any, says: str) -> None:
    with pytest.raises(SettingsError, match=f"^{says}"):
        HyperparameterSearchSpace.from_json(record)


def check_settings(record: Any) -> bool:
    """Whether it is the settings of a search; see `check`."""
    try:
        settings = SearchSettings.from_json(record)
    except SettingsError as error:
        assert len(str(error)) < 400
        return False
    assert SearchSettings.from_json(json.loads(json.dumps(settings.to_json(), allow_nan=False))) == settings
    return True


def test_changed_settings_are_settings_or_refused() -> None:
    settings = sum(check_settings(mutated(SearchSettings().to_json(), number)) for number in range(5_000))
    assert 200 < settings < 3_500


@given(st.sampled_from(sorted(SearchSettings().to_json())), JSON)
def test_a_setting_of_any_value_is_taken_or_refused(field: str, value: Any) -> None:
    check_settings({**SearchSettings().to_json(), field: value})
