"""What each chart shows, gathered from a search as plain numbers; `figures.py` draws it.

A screen is about a thousand points wide. Of a long search each chart keeps what anyone looks for (the best, the latest,
what is running) and an even share of the rest, and says how many it left out.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chromasonic.languages import Translated, comma, say
from chromasonic.results.points import (
    MOST_POINTS,
    Groups,
    Points,
    measured,
    note_on,
    points_of,
    spread,
    thinned,
)
from chromasonic.results.records import Measured, SearchRecord, SearchState, TrialRecord, TrialState, falling
from chromasonic.results.scale import OF_EPOCHS, OF_TRIALS, LossScale, scale_of
from chromasonic.results.searching_time import turns_of, without_rests
from chromasonic.results.words import (
    NAMES,
    PLAIN_NAMES,
    both_names,
    count,
    duration,
    listing,
    ngram_name,
    number,
    percent,
    telling_trials,
    within_a_sentence,
)

_DRAWN = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING, TrialState.RESTING)

MOST_CURVES = 24  # faint ones, of one kind
MOST_SPANS = 400
FEW = 5  # trials; with fewer the distance to the nearest baseline says more than that between them
FEATURED = 4  # running trials drawn one by one


@dataclass(frozen=True)
class Level:
    """A loss to hold the others against."""

    name: str
    short: str  # the same for the margin of a chart
    loss: float  # nats per token
    is_shown: bool  # False: far above the chart, which would squash everything else


@dataclass(frozen=True)
class LossHistory:
    """Every trial's loss, and the best so far."""

    complete: Points
    pruned: Points
    running: Points
    resting: Points
    failed: list[int]
    best: Points  # one point, or none
    best_so_far: list[tuple[int, float]]  # (trial, loss) where the best changed, and at the last trial
    levels: list[Level]  # lowest first
    scale: LossScale
    n_trials: int  # width of the chart: asked for, or run
    n_left_out: int
    n_above: int  # worse than the chart shows; drawn at its upper edge
    under_way: str  # what those that are running do, in words

    def describe(self) -> str:
        """The chart in words, for those who do not see it."""
        if not self.best_so_far:
            return say("Loss of each trial. No trial has finished yet.")
        first, last = self.best_so_far[0], self.best_so_far[-1]
        levels = listing([say("{name} {loss:.2f}", name=level.name, loss=level.loss) for level in self.levels])
        return say(
            "Loss of each trial: {counts}. The best loss went from {first:.2f} to {last:.2f} nats per token, against "
            "{levels}."
            if levels
            else "Loss of each trial: {counts}. The best loss went from {first:.2f} to {last:.2f} nats per token.",
            counts=comma().join(self._counts()),
            first=first[1],
            last=last[1],
            levels=levels,
        )

    def _counts(self) -> list[str]:
        resting = [say("{n:,} resting", n=len(self.resting))] if len(self.resting) else []
        return [
            count(len(self.complete), "finished trial"),
            *resting,
            say("{n:,} stopped early", n=len(self.pruned)),
            say("{n:,} failed", n=len(self.failed)),
        ]


def loss_history(search: SearchRecord, groups: Groups | None = None) -> LossHistory:
    """Gather the history chart; `groups` are the trials as `measured`, where they are at hand."""
    groups = groups or measured(search)
    complete, pruned, running, resting = (groups[state] for state in _DRAWN)
    failed = [trial.number for trial in search.of_state(TrialState.FAILED)]
    known = _baselines(search)
    scale = _scale([*complete, *resting, *pruned], running, [loss for loss, _, _ in known])
    highest = scale.loss_range[1]
    levels = [Level(name, short, loss, loss <= highest) for loss, name, short in known]
    drawn = [thinned(complete), thinned(pruned), running, thinned(resting)]
    return LossHistory(
        complete=points_of(drawn[0]),
        pruned=points_of(drawn[1]),
        running=points_of(running),
        resting=points_of(drawn[3]),
        failed=spread(failed, MOST_POINTS),
        best=points_of([min(complete)] if complete else []),
        best_so_far=_best_so_far(complete),
        levels=levels,
        scale=scale,
        n_trials=max(search.n_trials, search.trials[-1].number + 1 if search.trials else 0),
        n_left_out=sum(map(len, (complete, pruned, running, resting))) - sum(map(len, drawn)),
        n_above=sum(trial.loss > highest for trials in drawn for trial in trials),
        under_way=_under_way(search),
    )


@dataclass(frozen=True)
class Importance:
    """The share of each setting in the differences between trials, largest first."""

    names: list[tuple[str, str]]  # plain, term
    shares: list[float]  # summing to 1
    told_by: str = ""  # how many trials it rests on, in words
    is_rough: bool = False  # too few trials for more than a first impression

    def describe(self) -> str:
        """The chart in words."""
        told = [" ".join(filter(None, (f"{plain} · {term}", share))) for plain, term, share in self.told]
        if not told:
            return say("It takes more trials to tell what mattered.")
        return say(
            "What mattered, the most first: {told}. This is a first, rough impression from {trials}."
            if self.is_rough
            else "How much each setting mattered: {told}.",
            told=listing(told),
            trials=self.told_by,
        )

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """The names of each setting and its share; no figure for a rough impression, which it would make look exact."""
        shares = ["" if self.is_rough else percent(share) for share in self.shares]
        return [(plain, term, share) for (plain, term), share in zip(self.names, shares, strict=True)]

    @property
    def impression(self) -> str:
        """How far to believe it while it is rough."""
        return say("a first, rough impression from {trials}", trials=self.told_by)


def importance(search: SearchRecord) -> Importance:
    """Gather the importance chart; empty while there are too few trials."""
    shares = sorted((search.importance or {}).items(), key=lambda item: -item[1])
    return Importance(
        names=[(PLAIN_NAMES.get(key, key), NAMES.get(key, key)) for key, _ in shares],
        shares=[share for _, share in shares],
        told_by=telling_trials(search),
        is_rough=search.importance_is_rough,
    )


class Role(StrEnum):
    """Why a learning curve is in the chart."""

    RUNNING = "running"
    BEST = "best"
    UNTUNED = "untuned"
    OTHER = "other"
    RESTING = "resting"
    PRUNED = "pruned"


ROLES = Translated(
    {
        Role.RUNNING: "running",
        Role.BEST: "best",
        Role.UNTUNED: "untuned",
        Role.OTHER: "other",
        Role.RESTING: "resting",
        Role.PRUNED: "pruned",
    }
)


@dataclass(frozen=True)
class Curve:
    """How one trial learned."""

    number: int
    role: Role
    epochs: list[int]  # from 1
    losses: list[float]  # validation, nats per token


@dataclass(frozen=True)
class LossCurves:
    """Learning curves, those to notice last."""

    curves: list[Curve]
    scale: LossScale
    epochs: int  # width of the chart
    n_left_out: int
    under_way: str  # what those that are running do, in words

    @property
    def shows_the_longest(self) -> bool:
        """Whether of those that rest or were stopped early there were too many to draw them all."""
        return self.n_left_out > 0 and any(
            len(self.of_role(role)) == MOST_CURVES for role in (Role.PRUNED, Role.RESTING)
        )

    def of_role(self, role: Role) -> list[Curve]:
        """The curves that are there for that reason."""
        return [curve for curve in self.curves if curve.role is role]

    def describe(self) -> str:
        """The chart in words."""
        told = [
            say(
                "trial {number} ({role}) from {first:.2f} to {lowest:.2f}",
                number=curve.number,
                role=ROLES[curve.role],
                first=curve.losses[0],
                lowest=min(curve.losses),
            )
            for curve in self.curves
            if curve.role in (Role.BEST, Role.UNTUNED, Role.RUNNING)
        ]
        if not told:
            return say("Validation loss after each epoch. No trial has finished an epoch yet.")
        return say("Validation loss after each epoch, nats per token: {told}.", told=listing(told))


def loss_curves(search: SearchRecord, groups: Groups | None = None) -> LossCurves:
    """Gather the learning curves: running, best, untuned; the best and the latest of the others.

    Of those that rest or were stopped early the longest: where most were trained for an epoch, little is to be seen of
    the others.
    """
    groups = groups or measured(search)
    complete, pruned, running, resting = (groups[state] for state in _DRAWN)
    best = min(complete, default=None)
    default = next((shown for shown in complete if shown.trial is search.untuned), None)
    untuned = None if default is best else default
    half = MOST_CURVES // 2
    others = {trial.number: trial for trial in heapq.nsmallest(half, complete) + complete[-half:]}

    chosen = [(trial, Role.PRUNED) for trial in _longest(pruned)]
    chosen += [(trial, Role.RESTING) for trial in _longest(resting)]
    chosen += [(others[n], Role.OTHER) for n in sorted(others) if others[n] is not best and others[n] is not untuned]
    chosen += [(untuned, Role.UNTUNED)] if untuned else []
    chosen += [(trial, Role.RUNNING) for trial in running[-FEATURED:]] + ([(best, Role.BEST)] if best else [])
    curves = [curve for shown, role in chosen if (curve := _curve(shown.trial, role)).losses]

    losses = [loss for curve in curves for loss in curve.losses]
    if search.baselines and math.isfinite(search.baselines.uniform):  # worse than blind guessing is bad enough
        losses = [min(loss, 1.02 * search.baselines.uniform) for loss in losses]
    return LossCurves(
        curves=curves,
        scale=scale_of(losses, OF_EPOCHS),
        epochs=max([search.epochs, *(curve.epochs[-1] for curve in curves)]),
        n_left_out=sum(map(len, (complete, pruned, running, resting))) - len(curves),
        under_way=_under_way(search),
    )


@dataclass(frozen=True)
class Slice:
    """Loss against one setting."""

    key: str
    name: str  # plain and term
    values: list[float]  # of the setting, in step with `points`
    points: Points  # complete
    unfinished_values: list[float]  # of the setting, in step with `unfinished`
    unfinished: Points  # at rest or stopped early, at their best loss so far
    best: tuple[float, float] | None  # (value, loss)
    is_log: bool
    options: list[float]  # when the setting is chosen from a list
    limits: tuple[float, float] | None  # when it is chosen from a range
    scale: LossScale

    @property
    def n_above(self) -> int:
        """How many are worse than the chart shows; drawn at its upper edge."""
        highest = self.scale.loss_range[1]
        return sum(loss > highest for loss in (*self.points.losses, *self.unfinished.losses))

    def describe(self) -> str:
        """The chart in words."""
        name = within_a_sentence(self.key)
        if self.best is None:
            return say("Loss against {name}. No trial has finished yet.", name=name)
        return say(
            "Loss against {name} for {trials}. The best is at {value} with a loss of {loss:.2f} nats per token.",
            name=name,
            trials=count(len(self.values), "finished trial"),
            value=number(self.best[0]),
            loss=self.best[1],
        )


def slice_of(search: SearchRecord, key: str) -> Slice:
    """Gather the chart of loss against the setting `key`, one of `PARAMETERS`."""
    groups = measured(search)
    complete = _with(key, groups[TrialState.COMPLETE])
    unfinished = _with(key, sorted([*groups[TrialState.RESTING], *groups[TrialState.PRUNED]], key=_number))
    best = min(complete, default=None)
    shown, behind = thinned(complete), thinned(unfinished)
    return Slice(
        key=key,
        name=both_names(key),
        values=[float(entry.trial.params[key]) for entry in shown],
        points=points_of(shown),
        unfinished_values=[float(entry.trial.params[key]) for entry in behind],
        unfinished=points_of(behind),
        best=(float(best.trial.params[key]), best.loss) if best else None,
        is_log=key == "learning_rate",
        limits=(float(limits[0]), float(limits[1])) if (limits := search.space.get(f"{key}_range")) else None,
        options=sorted(float(option) for option in search.space.get(f"{key}_options", [])),
        scale=scale_of([entry.loss for entry in (*complete, *unfinished)], OF_TRIALS),
    )


def _with(key: str, trials: Sequence[Measured]) -> list[Measured]:
    return [shown for shown in trials if key in shown.trial.params]


def _number(shown: Measured) -> int:
    return shown.number


@dataclass(frozen=True)
class Span:
    """When a trial trained, in searching time: pauses, and idle hours between two sittings, are taken out."""

    number: int
    state: TrialState
    is_best: bool  # the last turn of the best trial
    lane: int  # trials at once stand in lanes below each other, from 0
    start: float  # seconds
    length: float  # seconds
    note: str


@dataclass(frozen=True)
class Timeline:
    """What ran when."""

    spans: list[Span]
    n_lanes: int
    breaks: list[float]  # seconds; where the search rested
    n_left_out: int
    under_way: str  # what those that are running do, in words

    def describe(self) -> str:
        """The chart in words."""
        if not self.spans:
            return say("When each trial trained. None has begun yet.")
        longest = max(self.spans, key=lambda span: span.length)
        return say(
            "When each trial trained: {trials} in {lanes}; the longest, trial {number}, took {length}.",
            trials=count(len({span.number for span in self.spans}), "trial"),
            lanes=count(self.n_lanes, "lane"),
            number=longest.number,
            length=duration(longest.length),
        )


def timeline(search: SearchRecord, now: datetime | None = None) -> Timeline:
    """Gather the timeline; of a long search the latest trials. What is training now lasts until `now`."""
    begun = turns_of(search, now)
    shown = begun[-MOST_SPANS:]
    last_of_best = max((place for place, entry in enumerate(shown) if entry[2] is search.best), default=None)
    placed, rests = without_rests([(started, end) for started, end, _ in shown])
    spans: list[Span] = []
    lanes: list[float] = []  # when each lane is free again, in searching time
    for place, ((_, _, trial), (start, until)) in enumerate(zip(shown, placed, strict=True)):
        lane = next((i for i, free in enumerate(lanes) if free <= start + 0.01), len(lanes))
        lanes[lane : lane + 1] = [until]
        spans.append(Span(trial.number, trial.state, place == last_of_best, lane, start, until - start, note_on(trial)))
    return Timeline(spans, len(lanes), rests, len(begun) - len(shown), _under_way(search))


def _under_way(search: SearchRecord) -> str:
    """What its running trials do, in words."""
    return say("paused") if search.state is SearchState.PAUSED else say("training now")


def _baselines(search: SearchRecord) -> list[tuple[float, str, str]]:
    """What is known to hold the trials against, lowest loss first: (loss, name, short name)."""
    known: list[tuple[float | None, str, str]] = []
    if search.baselines is not None:
        counting = say("counting ({n}-gram)", n=search.baselines.ngram_order)
        known = [
            (search.baselines.uniform, say("guessing blindly"), say("guessing blindly")),
            (search.baselines.ngram, ngram_name(search.baselines), counting),
        ]
    if search.untuned is not None:
        known.append((search.untuned.best_validation_loss, say("default settings"), say("default settings")))
    return sorted((loss, name, short) for loss, name, short in known if loss is not None and math.isfinite(loss))


def _scale(settled: Sequence[Measured], running: Sequence[Measured], baselines: Sequence[float]) -> LossScale:
    """The scale on which the trials can be told apart, and which stays the same while some are training.

    A baseline far above has no place on it: it would squash everything else. One below always has, or nobody would see
    that it is the better one; and so has the nearest one while there are few trials to squash. What is training has a
    place of its own only where it is the best.
    """
    losses = [trial.loss for trial in settled or running]
    if not losses:
        return scale_of(baselines, OF_TRIALS)
    low = min(losses)
    reach = 2.5 * max(sorted(losses)[math.ceil(0.9 * (len(losses) - 1))] - low, 0.1)
    others = [loss for loss in baselines if loss - low < reach]
    if len(losses) < FEW:
        others += sorted(set(baselines) - set(losses), key=lambda loss: abs(loss - low))[:1]
    others += [trial.loss for trial in running if trial.loss < low]
    return scale_of(losses, OF_TRIALS, others)


def margins(low: float, high: float) -> tuple[float, float]:
    """Room below for the label of the best, and a little above."""
    return low - 0.16 * (high - low), high + 0.12 * (high - low)


def _best_so_far(complete: Sequence[Measured]) -> list[tuple[int, float]]:
    steps = [(trial.number, trial.loss) for trial in falling(complete)]
    if steps and complete[-1].number > steps[-1][0]:
        steps.append((complete[-1].number, steps[-1][1]))
    return steps


def _longest(trials: Sequence[Measured]) -> list[Measured]:
    """The `MOST_CURVES` that were trained longest, of the same length the latest; by number."""
    longest = heapq.nlargest(MOST_CURVES, trials, key=lambda shown: (shown.trial.epochs_run, shown.number))
    return sorted(longest, key=lambda shown: shown.number)


def _curve(trial: TrialRecord, role: Role) -> Curve:
    epochs = [epoch for epoch in trial.curve if math.isfinite(epoch.validation_loss)]
    return Curve(trial.number, role, [epoch.number for epoch in epochs], [epoch.validation_loss for epoch in epochs])
