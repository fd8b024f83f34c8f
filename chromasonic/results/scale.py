"""A scale on which all losses of a search have their place: fine near the best, wide where few look.

Those that finish differ by hundredths, those that learned for one epoch by whole nats. On an even scale one of both is
squashed. So heights are logarithmic, in the distance from a little below the lowest loss.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from chromasonic.languages import figure

OF_TRIALS = 0.01  # nats per token: a chance of 1 % more for what really comes next
OF_EPOCHS = 0.05  # a learning curve that falls by less has levelled off, and looks so
_STEP = 0.25  # decades: the upper edge moves in such steps, and so seldom while a search goes on
_OUTLYING = 4.0  # times further off than nine tenths of the others
_LABEL = 0.16  # of the height: room below for the label of the best


@dataclass(frozen=True)
class LossScale:
    """Where a loss stands: its height is the logarithm of how far it is above `floor`.

    JavaScript knows the same formula (`ui/assets/steady_chart.js`), which writes the numbers of a part seen from near.
    """

    floor: float  # nats per token; below all that is drawn
    bottom: float  # height of the lower edge
    top: float  # height of the upper edge

    @property
    def ends(self) -> tuple[float, float]:
        """The heights of both edges."""
        return self.bottom, self.top

    @property
    def loss_range(self) -> tuple[float, float]:
        """The losses at both edges."""
        return self.loss(self.bottom), self.loss(self.top)

    def height(self, loss: float) -> float:
        """Where `loss` stands; below the lower edge nothing does."""
        return math.log10(max(loss - self.floor, 10**self.bottom))

    def loss(self, height: float) -> float:
        """What stands at `height`."""
        return float(self.floor + 10**height)

    def marks(self, most: int = 6) -> list[tuple[float, str]]:
        """At most so many round losses, about equally far apart, as they are written: all with as many decimals."""
        apart = (self.top - self.bottom) / most
        found: list[float] = []
        for place in range(most):
            below, above = self.loss(self.bottom + place * apart), self.loss(self.bottom + (place + 1) * apart)
            power = math.floor(math.log10(above - below))
            unit = max(step * 10.0**power for step in (1, 2, 5) if step * 10.0**power <= (above - below) * 1.0001)
            loss = unit * math.floor(above / unit)
            if loss >= 0 and (not found or self.height(loss) - self.height(found[-1]) > apart / 2):
                found.append(loss)
        decimals = max([2, *(len(f"{loss:.9f}".rstrip("0").partition(".")[2]) for loss in found)])
        return [(loss, figure(f"{loss:,.{decimals}f}")) for loss in found]


def scale_of(losses: Sequence[float], finest: float, others: Sequence[float] = ()) -> LossScale:
    """The scale on which `losses` have their place, but for the few that are many times further off than the rest.

    Args:
        losses: In nats per token.
        finest: What differs by less, near the lowest, is not told apart.
        others: More losses, all of which have their place.
    """
    ordered = sorted(losses) or sorted(others) or [0.0, 1.0]
    low = min([*ordered, *others])
    reach = _OUTLYING * max(ordered[math.ceil(0.9 * (len(ordered) - 1))] - low, 10 * finest)
    high = max([*(loss for loss in ordered if loss - low <= reach), *others])
    bottom = math.log10(finest)
    top = max(math.ceil((math.log10(high - low + finest) + 0.05) / _STEP) * _STEP, bottom + 1)
    return LossScale(low - finest, bottom - _LABEL * (top - bottom), top)
