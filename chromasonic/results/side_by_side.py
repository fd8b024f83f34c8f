"""Up to four searches side by side: what each found, whether their losses may be held against each other, what differs.

A loss is in nats per token of the music it was measured on. Only where two searches dealt the same tunes to the same
sides does a lower one mean a better model; elsewhere each is held against counting (the n-gram baseline) on its own
music, and what is compared is by how much it is ahead of that.

The validation tunes chose the best trial of each search, and that flatters its loss on them. So where all that are
compared were measured on the tunes held out from them, those decide who is ahead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import combinations
from typing import Any

from chromasonic.results.certainty import ENOUGH_TO_TELL, is_real
from chromasonic.results.charts import margins
from chromasonic.results.records import (
    FINISHED,
    PARAMETERS,
    Interval,
    Measured,
    SearchRecord,
    TestScores,
    TrialState,
    falling,
)
from chromasonic.results.searching_time import turns_of, without_rests
from chromasonic.results.words import percent

MOST = 4
LETTERS = "ABCD"
SAME = 0.01  # nats per token; chance alone moves a loss as far

Tune = tuple[int, ...]
"""A tune as the models read it, as tokens: what has the same tokens is the same tune."""


@dataclass(frozen=True)
class Dealt:
    """The tunes of a search, by what they were for; pieces of tunes where there were too few to deal whole ones."""

    train: frozenset[Tune]
    validation: frozenset[Tune]
    test: frozenset[Tune]

    @property
    def all(self) -> frozenset[Tune]:
        """Every tune, whatever it was for."""
        return self.train | self.validation | self.test


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the searches."""

    letter: str  # what it is called in charts and tables
    record: SearchRecord
    settings: Mapping[str, Any] = field(default_factory=dict)  # SearchSettings.to_json()
    test: TestScores | None = None  # None where the best model was not measured on held-out tunes, or there are none
    dealt: Dealt | None = None  # None where its music can no longer be read

    @property
    def loss(self) -> float | None:
        """Its best validation loss, nats per token; None while no trial has finished."""
        best = self.record.best
        return None if best is None else best.best_validation_loss

    @property
    def n_own(self) -> int:
        """How many trials it finished itself, besides those it took over."""
        return sum(not trial.is_carried for trial in self.record.of_state(*FINISHED))

    @property
    def ahead(self) -> float | None:
        """By how many nats per token its best is better than counting, on the validation tunes; below 0 it is worse."""
        if self.loss is None or self.record.baselines is None:
            return None
        return self.record.baselines.ngram - self.loss


# ---- may they be compared? ------------------------------------------------------------------------------------------


class Apart(StrEnum):
    """Why two losses may not be held against each other."""

    VOCABULARY = "vocabulary"  # another number of possible tokens
    SPLIT = "split"  # the same tunes, but others of them to learn from or to judge by
    MUSIC = "music"  # other tunes


def why_apart(one: Side, other: Side) -> Apart | None:
    """Why the losses of two searches say nothing about each other; None where they do."""
    if one.record.fingerprint and one.record.fingerprint == other.record.fingerprint:
        return None
    if (one.record.vocab_size, one.record.is_melodic) != (other.record.vocab_size, other.record.is_melodic):
        return Apart.VOCABULARY
    if one.dealt and other.dealt and one.dealt.all == other.dealt.all:
        return Apart.SPLIT
    return Apart.MUSIC


def groups(sides: Sequence[Side]) -> list[list[Side]]:
    """The searches whose losses may be held against each other, in the order of their first."""
    together: list[list[Side]] = []
    for side in sides:
        group = next((group for group in together if why_apart(group[0], side) is None), None)
        if group is None:
            together.append([side])
        else:
            group.append(side)
    return together


@dataclass(frozen=True)
class Race:
    """Searches whose losses may be compared, the lowest first."""

    order: tuple[Side, ...]
    is_on_test: bool  # by the tunes held out from all of them, else by the validation tunes
    lead: Interval | None  # of the first over the second on the held-out tunes; None where these do not judge

    def loss(self, side: Side) -> float:
        """The loss that `side` is judged by, nats per token."""
        return _judged(side, is_on_test=self.is_on_test)

    @property
    def n_tunes(self) -> int:
        """How many tunes judge; 0 where that is not known."""
        if self.lead is not None:
            return self.lead.n_tunes
        record = self.order[0].record
        return record.n_test if self.is_on_test else record.n_validation

    @property
    def is_open(self) -> bool:
        """Whether so few tunes judge that no order can be told."""
        return 0 < self.n_tunes < ENOUGH_TO_TELL

    @property
    def leads_on_few(self) -> bool:
        """Whether the first is ahead however the few tunes that judge are drawn: a sign, and no more."""
        lead = self.lead
        return self.is_open and not self.is_even and lead is not None and lead.n_tunes > 1 and lead.low > 0

    @property
    def is_even(self) -> bool:
        """Whether the first two are closer than chance can tell."""
        first, second = (self.loss(side) for side in self.order[:2])
        may_be_luck = self.lead is not None and self.lead.n_tunes >= ENOUGH_TO_TELL and not is_real(self.lead)
        return second - first < SAME or (self.is_on_test and may_be_luck)

    @property
    def not_measured(self) -> list[Side]:
        """Those whose best model the held-out tunes have not judged yet."""
        return [side for side in self.order if side.test is None]

    @property
    def taken_over(self) -> tuple[Side, Side] | None:
        """Whose best is the very model of the other of the first two, and that other; None where they are two models.

        Of two that took it over, as in a chain of searches, the later took it from the earlier.
        """
        one, other = self.order[:2]
        first, second = one.record.best, other.record.best
        if first is None or second is None or not (first.is_carried or second.is_carried):
            return None
        if (first.params, first.family, first.curve) != (second.params, second.family, second.curve):
            return None
        if first.is_carried and second.is_carried:
            return (one, other) if _begun(one) > _begun(other) else (other, one)
        return (one, other) if first.is_carried else (other, one)


def _judged(side: Side, *, is_on_test: bool) -> float:
    return side.test.best if is_on_test and side.test is not None else side.loss or 0.0


def _begun(side: Side) -> float:
    return side.record.created.timestamp() if side.record.created else 0.0


@dataclass(frozen=True)
class Verdict:
    """What may be said of searches beside each other."""

    races: tuple[Race, ...]  # of two or more that have found something
    apart: tuple[tuple[str, str, Apart], ...]  # letters of each two that may not be compared, and why
    by_lead: tuple[Side, ...]  # furthest ahead of counting first; empty where all may be compared
    without: tuple[Side, ...]  # nothing was found yet


Leads = Mapping[tuple[str, str], Interval]
"""By how many nats the best of one search, by its letter, is better than another's on the same held-out tunes."""


def verdict(sides: Sequence[Side], leads: Leads | None = None) -> Verdict:
    """Who is ahead of whom, as far as that can be said."""
    found = [side for side in sides if side.loss is not None]
    races = []
    for group in groups(found):
        if len(group) > 1:
            is_on_test = all(side.test is not None for side in group)
            order = tuple(sorted(group, key=partial(_judged, is_on_test=is_on_test)))
            lead = (leads or {}).get((order[0].letter, order[1].letter)) if is_on_test else None
            races.append(Race(order, is_on_test, lead))
    apart = tuple(
        (one.letter, other.letter, why)
        for one, other in combinations(found, 2)
        if (why := why_apart(one, other)) is not None
    )
    known = [(side.ahead, side) for side in found if side.ahead is not None]
    by_lead = tuple(side for _, side in sorted(known, key=lambda entry: -entry[0])) if apart else ()
    return Verdict(tuple(races), apart, by_lead, tuple(side for side in sides if side.loss is None))


# ---- the chart of the best so far -----------------------------------------------------------------------------------


class Measure(StrEnum):
    """What is drawn upwards."""

    LOSS = "loss"
    OVER_COUNTING = "over counting"  # loss less that of counting on the same tunes; below 0 is better than counting


class Along(StrEnum):
    """What is drawn to the right."""

    TRIALS = "trials"  # by number
    TIME = "time"  # seconds of searching


@dataclass(frozen=True)
class Course:
    """The best so far of one search; the two lists run in step."""

    side: Side
    n_bests: int  # so many of them are where the best changed
    at: list[float]  # where the best changed, and where the search stands
    values: list[float]  # nats per token


@dataclass(frozen=True)
class Courses:
    """The best so far of several searches."""

    courses: list[Course]
    measure: Measure
    along: Along
    counting: float | None  # where counting stands, if it is the same for all
    value_range: tuple[float, float]
    width: float  # the last trial's number, or seconds

    @property
    def is_in_minutes(self) -> bool:
        """Whether it is told in minutes, being long."""
        return self.along is Along.TIME and self.width > 3 * 60


def courses(sides: Sequence[Side], along: Along = Along.TRIALS) -> Courses:
    """Gather the chart; losses where they may be compared, else how far each is from counting on its own music.

    What cannot be drawn so, because nothing was found or its baseline is not known, is left out.
    """
    found = [side for side in sides if side.loss is not None]
    measure = Measure.LOSS if len(groups(found)) <= 1 else Measure.OVER_COUNTING
    drawn = []
    for side in found:
        baselines = side.record.baselines
        if measure is Measure.OVER_COUNTING and baselines is None:
            continue
        zero = baselines.ngram if baselines and measure is Measure.OVER_COUNTING else 0.0
        places = _places(side.record, along)
        at, losses = _best_so_far(side.record, places)
        stands = max(places.values())
        tail = [] if stands == at[-1] else [stands]
        drawn.append(Course(side, len(at), [*at, *tail], [loss - zero for loss in (*losses, *losses[-1:] * len(tail))]))
    counting = 0.0 if measure is Measure.OVER_COUNTING else _counting(found)
    ends = [course.values[-1] for course in drawn]
    early = [course.values[_step_at(course, 0.25)] for course in drawn]  # what lies above comes in from the top
    low, high = min(ends, default=0.0), max(early, default=1.0)
    is_near = counting is not None and abs(counting - low) < 2.5 * max(high - low, 0.1)
    if counting is not None and (is_near or measure is Measure.OVER_COUNTING):  # which is measured from there
        low, high = min(low, counting), max(high, counting)
    width = max((course.at[-1] for course in drawn), default=0.0)
    return Courses(drawn, measure, along, counting, margins(low, max(high, low + 0.05)), width)


def _best_so_far(record: SearchRecord, places: Mapping[int, float]) -> tuple[list[float], list[float]]:
    measured = [trial.measured for trial in record.of_state(TrialState.COMPLETE) if trial.measured is not None]
    known = sorted((shown for shown in measured if shown.number in places), key=lambda shown: places[shown.number])
    steps: list[Measured] = falling(known)
    return [places[step.number] for step in steps], [step.loss for step in steps]


def _places(record: SearchRecord, along: Along) -> dict[int, float]:
    """Where each trial that was tried, or of which it is known when it ended, stands to the right, by its number."""
    if along is Along.TIME:
        return _ends(record)
    return {trial.number: float(trial.number) for trial in record.of_state(*FINISHED, TrialState.RESTING)}


def _ends(record: SearchRecord) -> dict[int, float]:
    """After how many seconds of searching each trial ended, by its number; of those whose times are known."""
    begun = turns_of(record)
    placed, _ = without_rests([(started, end) for started, end, _ in begun])
    turns = zip(begun, placed, strict=True)  # of a trial that rested the last one counts
    return {trial.number: end for (_, _, trial), (_, end) in turns if trial.finished is not None}


def _counting(found: Sequence[Side]) -> float | None:
    known = [side.record.baselines.ngram for side in found if side.record.baselines is not None]
    return known[0] if known and math.isfinite(known[0]) else None


def _step_at(course: Course, share: float) -> int:
    """Which step a course stands on after that share of its way."""
    return max(place for place, at in enumerate(course.at) if place == 0 or at <= share * course.at[-1])


# ---- what mattered --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Importances:
    """The share of each setting in each search; what mattered most anywhere comes first."""

    keys: list[str]
    shares: dict[str, list[float]]  # by letter, in step with `keys`; 0 for what a search did not vary
    too_few: list[str]  # letters of those with too few trials to tell
    rough: list[str]  # letters of those with so few that it is a first impression

    def told(self, letter: str) -> list[tuple[str, str]]:
        """Each setting and its share in one search, in step with `keys`; no figure where that is a rough impression."""
        shares = ["" if letter in self.rough else percent(share) for share in self.shares[letter]]
        return list(zip(self.keys, shares, strict=True))


def importances(sides: Sequence[Side]) -> Importances:
    """Gather what mattered in each search; a setting that decided nothing anywhere is left out."""
    known = {side.letter: side.record.importance for side in sides if side.record.importance}
    top: dict[str, float] = {}
    for shares in known.values():
        for key, share in shares.items():
            top[key] = max(share, top.get(key, 0.0))
    keys = sorted((key for key in top if top[key] >= 0.005), key=lambda key: -top[key])
    return Importances(
        keys,
        {letter: [shares.get(key, 0.0) for key in keys] for letter, shares in known.items()},
        [side.letter for side in sides if side.letter not in known],
        [side.letter for side in sides if side.letter in known and side.record.importance_is_rough],
    )


# ---- what differed --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One thing that was set, in each search."""

    key: str
    values: tuple[Any, ...]

    @property
    def is_same(self) -> bool:
        """Whether it was the same in all of them."""
        return all(value == self.values[0] for value in self.values)


OF_MUSIC = ("music", "fingerprint", "vocab_size", "n_train", "n_validation", "n_test", "sequence_length")
OF_SEARCHING = ("families", "n_trials", "timeout", "transpose", "strategy", "prune_after", "warm_up", "began_with")
OF_MACHINE = ("device", "jobs", "trial_timeout", "trial_memory", "seed", "versions")


def rows(sides: Sequence[Side]) -> list[Row]:
    """Music, ranges, budget, sampler and machine of each search; what none of them knows is left out."""
    every = [_settings(side) for side in sides]
    spaces = [key for known in every for key in known if key.endswith(("_range", "_options")) or key == "num_epochs"]
    names = dict.fromkeys([*OF_MUSIC, *sorted(spaces, key=lambda key: (_place(key), key)), *OF_SEARCHING, *OF_MACHINE])
    found = [Row(name, tuple(known.get(name) for known in every)) for name in names]
    return [row for row in found if any(value not in (None, "", ()) for value in row.values)]


def _settings(side: Side) -> dict[str, Any]:
    record = side.record
    beside = {name: getattr(record, name) for name in (*OF_MUSIC, *OF_SEARCHING, *OF_MACHINE) if hasattr(record, name)}
    limits = {name: side.settings.get(name) for name in ("trial_timeout", "trial_memory")}
    of_pruner = {} if record.strategy == "median" else {"prune_after": None}  # there is none that would wait
    return {**beside, **limits, **of_pruner, "families": list(record.families), **record.space}


def _place(key: str) -> int:
    setting = key.removesuffix("_range").removesuffix("_options")
    return PARAMETERS.index(setting) if setting in PARAMETERS else len(PARAMETERS)


@dataclass(frozen=True)
class TunesApart:
    """How the music of several searches overlaps."""

    in_all: int
    only: dict[str, list[Tune]]  # by letter: tunes of that search and of no other, those it learned from first
    are_pieces: bool  # of tunes: at least one search had too few to deal whole ones


def tunes_apart(sides: Sequence[Side]) -> TunesApart | None:
    """Which tunes only one of the searches has; None where the music of one can no longer be read."""
    dealt = {side.letter: side.dealt for side in sides if side.dealt is not None}
    if len(dealt) < len(sides) or not dealt:
        return None
    everything = {letter: one.all for letter, one in dealt.items()}
    only = {}
    for letter, tunes in everything.items():
        others = frozenset().union(*(theirs for other, theirs in everything.items() if other != letter))
        train = dealt[letter].train
        only[letter] = sorted(tunes - others, key=lambda tune: (tune not in train, tune))
    return TunesApart(
        len(frozenset.intersection(*everything.values())), only, any(side.record.by_phrase for side in sides)
    )
