import math
from itertools import pairwise

import pytest

from chromasonic.results.scale import OF_EPOCHS, OF_TRIALS, scale_of

FINISHED_AND_STOPPED = [0.873, 0.88, 0.918, 0.95, 1.2, 2.2]


@pytest.mark.parametrize("losses", [[], [2.0], [2.0, 2.0], [0.0, 1e-9], [5.0, 900.0], FINISHED_AND_STOPPED])
@pytest.mark.parametrize("finest", [OF_TRIALS, OF_EPOCHS])
def test_every_loss_has_a_height_and_every_height_a_loss(losses, finest):
    scale = scale_of(losses, finest)
    assert all(scale.bottom < scale.height(loss) < scale.top for loss in losses)
    assert [scale.loss(scale.height(loss)) for loss in losses] == pytest.approx(losses)
    assert scale.height(-5.0) == pytest.approx(scale.bottom)


def test_marks_are_round_losses_that_rise_and_do_not_overlap():
    scale = scale_of(FINISHED_AND_STOPPED, OF_TRIALS)
    assert [text for _, text in scale.marks()] == ["0.87", "0.88", "0.95", "1.10", "1.40", "2.00"]
    heights = [scale.height(loss) for loss, _ in scale.marks()]
    apart = (scale.top - scale.bottom) / 6
    assert all(above - below > apart / 2 for below, above in pairwise(heights))


@pytest.mark.parametrize(
    ("losses", "marks"),
    [
        ([1.486, 1.53, 1.6, 1.8, 2.4], ["1.485", "1.500", "1.550", "1.700", "2.000", "3.000"]),
        ([1.53, 1.6, 1.8, 2.4], ["1.53", "1.54", "1.58", "1.65", "1.80", "2.50"]),
    ],
)
def test_all_marks_have_as_many_decimals(losses, marks):
    assert [text for _, text in scale_of(losses, OF_TRIALS).marks()] == marks


def test_one_that_is_many_times_further_off_has_no_place():
    others = [2.2 - step / 100 for step in range(19)]
    assert scale_of([*others, 50.0], OF_TRIALS).loss_range[1] < 3
    assert scale_of([*others, 2.6], OF_TRIALS).loss_range[1] > 2.6


def test_the_upper_edge_moves_in_steps():
    tops = {scale_of([2.0, 3.0 + step / 100], OF_TRIALS).top for step in range(40)}
    assert len(tops) == 1
    assert math.isclose(tops.pop() % 0.25, 0.0)
