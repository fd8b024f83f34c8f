"""Which settings moved the loss, beyond what chance does, and in which direction.

A search tries few settings of many at once, and its later trials crowd where the earlier ones were good. So a setting
that does nothing can look as if it did, only because it happened to stand there while another did the work. Forward
selection takes the strongest setting first and judges every other by what is left to explain (N. R. Draper and
H. Smith, Applied Regression Analysis, 1998, ch. 15), with an F test whose level is shared among all settings
(Bonferroni), so that of twenty searches in which nothing matters about one is told that something does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from chromasonic.results.records import PARAMETERS, SearchRecord, TrialRecord, TrialState, ranked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEVEL = 0.05  # of searches in which nothing matters, the share in which some setting seems to
FEWEST = 12  # trials; with fewer nothing can be told
MOST = 1000  # trials looked at, so that a page with ten thousand stays quick
DOUBLINGS = 8  # a range that spans more than this factor is searched, or thought of, in doublings


@dataclass(frozen=True)
class Effect:
    """How the loss follows one setting, as a parabola over its range."""

    setting: str
    best_place: float  # where the loss is lowest, 0 at the lower end of its range and 1 at the upper
    p: float  # how often chance alone would show as much


@dataclass(frozen=True)
class Effects:
    """What the settings do together."""

    mattering: tuple[Effect, ...]  # the strongest first
    idle: tuple[str, ...]  # settings that many trials tried at either end and that show no trace of an effect
    explained: float  # share of the differences between trials that `mattering` accounts for, 0 to 1
    n_trials: int

    def of(self, setting: str) -> Effect | None:
        """The effect of `setting`; None when it shows none."""
        return next((effect for effect in self.mattering if effect.setting == setting), None)


def effects(search: SearchRecord) -> Effects:
    """Which settings matter in `search`; none while there are too few trials."""
    import numpy as np  # not every page that reads records needs it

    trials = _comparable(search)
    if len(trials) < FEWEST:
        return Effects((), (), 0.0, len(trials))
    loss = np.array([_normal_score(rank, len(trials)) for rank in range(len(trials))])
    known = _families(trials)
    columns = {name: shape for name in PARAMETERS if (shape := _shape(search, name, trials)) is not None}
    left, chosen = dict(columns), list[tuple[str, float]]()
    whole = _unexplained(known, loss)
    while left:
        p, name = min((_p(known, shape, loss), name) for name, shape in left.items())
        if p >= LEVEL / len(columns):
            break
        chosen.append((name, p))
        known = np.column_stack([known, left.pop(name)])
    coefficients = np.linalg.lstsq(known, loss, rcond=None)[0]
    first = known.shape[1] - 2 * len(chosen)
    mattering = [
        Effect(name, _lowest(*coefficients[first + 2 * i : first + 2 * i + 2]), p) for i, (name, p) in enumerate(chosen)
    ]
    rest = _unexplained(known, loss)
    idle = [name for name, shape in left.items() if _is_idle(known, shape, loss)]
    return Effects(tuple(mattering), tuple(idle), 1 - rest / whole if whole > 0 else 0.0, len(trials))


def place(value: float, low: float, high: float) -> float:
    """Where `value` stands in a range, 0 at its lower end and 1 at its upper, in doublings where it is thought so."""
    if low > 0 and high / low >= DOUBLINGS:
        value, low, high = math.log(max(value, low)), math.log(low), math.log(high)
    return (value - low) / (high - low)


def bounds(search: SearchRecord, name: str) -> tuple[float, float] | None:
    """Between what the search looks for the setting `name`; None where that is a single value or unknown."""
    span = search.space.get(f"{name}_range") or sorted(search.space.get(f"{name}_options") or ())
    if len(span) < 2 or not span[0] < span[-1]:
        return None
    return float(span[0]), float(span[-1])


def _comparable(search: SearchRecord) -> list[TrialRecord]:
    """The trials that say something about their settings, best first: those stopped early come after the others.

    Of these the one that came further is the better one where all rest and only those that lead go on.
    """
    pruned = sorted(trial.measured for trial in search.of_state(TrialState.PRUNED) if trial.measured is not None)
    if search.lets_rest:
        pruned.sort(key=lambda shown: -shown.trial.epochs_run)
    trials = [*ranked(search.trials), *(shown.trial for shown in pruned)]
    trials = [trial for trial in trials if all(name in trial.params for name in PARAMETERS)]
    return trials[:: math.ceil(len(trials) / MOST)] if trials else []


def _normal_score(rank: int, n: int) -> float:
    """The loss that a trial of this rank would have if losses lay as on a bell: an outlier is then one rank, no more.

    Source: G. Blom, Statistical Estimates and Transformed Beta-Variables, 1958.
    """
    return NormalDist().inv_cdf((rank + 0.625) / (n + 0.25))


def _families(trials: list[TrialRecord]) -> Floats:
    """A column of ones, and one for each further model family that several trials tried."""
    import numpy as np

    names = [trial.family for trial in trials]
    several = [name for name in sorted(set(names)) if 3 <= names.count(name) < len(names) - 2]
    marks = [[name == other for name in names] for other in several[: max(0, len(several) - 1)]]
    return np.array([[1.0] * len(trials), *marks], dtype=np.float64).T


def _shape(search: SearchRecord, name: str, trials: list[TrialRecord]) -> Floats | None:
    """A straight line and a parabola of where each trial stands in the range, (N, 2); None where all stand alike."""
    import numpy as np

    span = bounds(search, name)
    if span is None:
        return None
    x = 2 * np.array([place(float(trial.params[name]), *span) for trial in trials]) - 1
    return np.column_stack([x, x**2]) if len(set(x)) > 1 else None


def _unexplained(columns: Floats, loss: Floats) -> float:
    import numpy as np

    return float(np.sum((loss - columns @ np.linalg.lstsq(columns, loss, rcond=None)[0]) ** 2))


def _p(known: Floats, shape: Floats, loss: Floats) -> float:
    """The p value of the F test for adding `shape` to what is `known`; with two columns it has a closed form."""
    import numpy as np

    both = np.column_stack([known, shape])
    freedom = len(loss) - both.shape[1]
    before = _unexplained(known, loss)
    if freedom < 3 or before <= 1e-12:
        return 1.0
    return float((_unexplained(both, loss) / before) ** (freedom / 2))


def _is_idle(known: Floats, shape: Floats, loss: Floats) -> bool:
    """Whether `shape` adds next to nothing, though in either outer third of the range enough trials stand to tell."""
    import numpy as np

    before, x = _unexplained(known, loss), shape[:, 0]
    n_low, n_high = np.count_nonzero(x <= -OUTER), np.count_nonzero(x >= OUTER)
    if before <= 1e-12 or min(n_low, n_high) < FEWEST:
        return False
    share = 1 - _unexplained(np.column_stack([known, shape]), loss) / before
    return share < IDLE and _p(known, shape, loss) > 0.3


OUTER = 1 / 3 - 1e-9
"""How far from the middle of a range, which goes from -1 to 1, its outer thirds begin."""

IDLE = 0.04
"""Of what is left to explain, the share below which a setting is called idle."""


def _lowest(line: float, parabola: float) -> float:
    """Where line·x + parabola·x² is lowest for x from -1 to 1, as a place from 0 to 1."""
    candidates = [-1.0, 1.0]
    if parabola > 0:
        candidates.append(min(max(-line / (2 * parabola), -1.0), 1.0))
    return (min(candidates, key=lambda x: line * x + parabola * x * x) + 1) / 2
