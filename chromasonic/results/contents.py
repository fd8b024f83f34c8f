"""What a report says about a search, gathered once: the text, the Markdown and the page all tell the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from types import NoneType

from chromasonic.checks import instance
from chromasonic.languages import Translated, comma, say, say_number, sentence, sentences, sign
from chromasonic.languages.retelling import retold
from chromasonic.music.text import visible
from chromasonic.results.advice import findings, no_better_than_guessing
from chromasonic.results.certainty import spread_in_words, verdicts
from chromasonic.results.finding import Finding, Kind
from chromasonic.results.next_steps import SAME
from chromasonic.results.records import (
    ENOUGH_FOR_IMPORTANCE,
    YOU_STOPPED_IT,
    SearchRecord,
    TestScores,
    TrialRecord,
    TrialState,
    check_record,
    ranked,
)
from chromasonic.results.words import (
    NAMES,
    PLAIN_NAMES,
    SEARCH_STATES,
    STRATEGIES,
    both_names,
    duration,
    family_name,
    gain,
    lack,
    listing,
    ngram_name,
    percent,
    possibilities,
    settings_of,
    sides,
    telling_trials,
    trials_by_number,
)

RANKS = 10  # trials told one by one

Rows = list[tuple[str, str]]
"""Names, and what is to be said of each."""


@dataclass(frozen=True)
class Rival:
    """A loss to hold that of the best trial against."""

    name: str
    loss: float  # nats per token
    difference: str  # "a 22 % better chance", that the best trial gives to what really comes next, beside this one


@dataclass(frozen=True)
class OnTest:
    """How the best trial does on the tunes that no choice was made on."""

    told: str  # a sentence, with the loss
    loss: float  # nats per token
    spread: str  # the loss and its interval in words; empty where that is not known
    rivals: list[Rival]
    verdicts: list[str]  # whether the differences are real


@dataclass(frozen=True)
class Setting:
    """One of the best settings."""

    plain: str
    term: str  # empty where it has only one name
    key: str  # as programs write it
    value: str


@dataclass(frozen=True)
class Unfinished:
    """Trials without a result that stand in the same state."""

    heading: str
    n: int
    told: list[str]  # which they are, and why


@dataclass(frozen=True)
class Contents:
    """Everything a report says, in the order in which it is told. Nobody's markup has been looked at yet."""

    name: str
    written: datetime
    facts: Rows
    verdict: str  # who won, in a sentence
    loss_told: str  # and how good that is; empty where nobody did
    loss: float | None  # of the best trial on the validation tunes, nats per token
    rivals: list[Rival]
    on_test: OnTest | None
    findings: list[Finding]  # the most important first
    settings: list[Setting]
    ranking: list[TrialRecord]
    n_ranked: int  # how many there are to rank
    importance_explained: str
    importance: list[tuple[str, float]]  # both names of a setting and its share, the largest first
    importance_is_rough: bool  # then the order is told, and no figure, which would make it look exact
    unfinished: list[Unfinished]
    to_repeat: Rows

    @property
    def lead(self) -> tuple[str, str]:
        """The news in one sentence, and what is to be said of it at once; `findings[1:]` are the rest of the news."""
        if not self.findings:
            return self.verdict, self.loss_told
        first = self.findings[0]
        detail = "" if first.kind is Kind.WON else first.detail  # the numbers of a win stand in the tables
        return first.text, sentences([detail, self.loss_told])


def contents_of(search: SearchRecord, now: datetime | None = None, test: TestScores | None = None) -> Contents:
    """What a report says, whatever state the search is in.

    Args:
        search: The search.
        now: The time of writing; the present when not given.
        test: Losses on the held-out test tunes, when they were measured.

    Raises:
        SettingsError: an argument is not what it may be.
    """
    check_record(search, test)
    instance("now", now, (datetime, NoneType), "a moment, or None for the present")
    best = ranked(search.trials)
    return Contents(
        name=visible(search.name),
        written=now or datetime.now(),
        facts=_facts(search),
        verdict=_verdict(search, test),
        loss_told=_loss_told(search),
        loss=search.best.best_validation_loss if search.best else None,
        rivals=_rivals_on_validation(search),
        on_test=_on_test(search, test) if test is not None and search.best is not None else None,
        findings=findings(search, test),
        settings=_best_settings(search),
        ranking=best[:RANKS],
        n_ranked=len(best),
        importance_explained=_importance_explained(search),
        importance=[
            (both_names(key), share)
            for key, share in sorted((search.importance or {}).items(), key=lambda item: -item[1])
        ],
        importance_is_rough=search.importance_is_rough,
        unfinished=_unfinished(search),
        to_repeat=_to_repeat(search),
    )


def _facts(search: SearchRecord) -> Rows:
    rows = [
        (say("Music"), search.music),
        (say("Melodies"), sides(search)),
        (say("State"), _state(search)),
        (say("Trials"), _tally(search)),
        (say("Began with"), retold(search.began_with)),
        (say("Time"), duration(search.total_time)),
    ]
    return [(name, visible(value)) for name, value in rows if value]


def _state(search: SearchRecord) -> str:
    state = SEARCH_STATES[search.state]
    if not search.reason or search.reason == YOU_STOPPED_IT:  # whoever did it knows
        return state
    return sentences([state + sign("."), sentence(retold(search.reason))])


_TALLIED = Translated(
    {
        TrialState.COMPLETE: "{n:,} finished",
        TrialState.PRUNED: "{n:,} stopped early",
        TrialState.FAILED: "{n:,} failed",
        TrialState.RUNNING: "{n:,} still training",
        TrialState.RESTING: "{n:,} resting",
        TrialState.INTERRUPTED: "{n:,} interrupted",
    }
)


def _tally(search: SearchRecord) -> str:
    counts = [told.format(n=n) for state, told in _TALLIED.items() if (n := len(search.of_state(state)))]
    return say(
        "{n_tried:,} of {n_trials:,}: {counts}" if counts else "{n_tried:,} of {n_trials:,}",
        n_tried=search.n_tried,
        n_trials=search.n_trials,
        counts=listing(counts),
    )


def _verdict(search: SearchRecord, test: TestScores | None) -> str:
    """Who won."""
    best = search.best
    if best is None or best.best_validation_loss is None:
        return say(
            "No trial has finished, so there is no best setting to report. What became of the trials stands below."
            if search.trials
            else "No trial has begun yet."
        )
    loss = best.best_validation_loss
    if no_better_than_guessing(search, best, loss, test):
        return say("Trial {number} came first, and yet it has not learned this music.", number=best.number)
    if best is search.untuned:
        return say("The default settings, trial {number}, won: nothing that was tried did better.", number=best.number)
    untuned = search.untuned.best_validation_loss if search.untuned else None
    if untuned is not None and untuned - loss < SAME:
        return say("Trial {number} came first, though hardly ahead of the default settings.", number=best.number)
    return say("Trial {number} learned this music best.", number=best.number)


def _loss_told(search: SearchRecord) -> str:
    if search.best is None or search.best.best_validation_loss is None:
        return ""
    loss = search.best.best_validation_loss
    return say(
        "The validation loss of trial {number} is {loss:.4f} nats per token (lower is better): on tunes it had not "
        "practised it was as unsure as someone choosing among {possibilities}.",
        number=search.best.number,
        loss=loss,
        possibilities=possibilities(loss, search.vocab_size),
    )


def _rivals_on_validation(search: SearchRecord) -> list[Rival]:
    if search.best is None or search.best.best_validation_loss is None:
        return []
    untuned = search.untuned.best_validation_loss if search.untuned else None
    ngram, uniform = (search.baselines.ngram, search.baselines.uniform) if search.baselines else (None, None)
    return _rivals(search, search.best.best_validation_loss, untuned, ngram, uniform)


def _on_test(search: SearchRecord, test: TestScores) -> OnTest:
    if search.n_test:
        told = say_number(
            search.n_test,
            "On the {n:,} tune held out for the end, which played no part in the search, its loss is {loss:.4f}:",
            "On the {n:,} tunes held out for the end, which played no part in the search, its loss is {loss:.4f}:",
            loss=test.best,
        )
    else:
        told = say(
            "On the tunes held out for the end, which played no part in the search, its loss is {loss:.4f}:",
            loss=test.best,
        )
    return OnTest(
        told=told,
        loss=test.best,
        spread=spread_in_words(test.interval) if test.interval is not None else "",
        rivals=_rivals(search, test.best, test.untuned, test.ngram, test.uniform),
        verdicts=verdicts(test),
    )


def _rivals(
    search: SearchRecord, loss: float, untuned: float | None, ngram: float | None, uniform: float | None
) -> list[Rival]:
    counting = ngram_name(search.baselines) if search.baselines else say("counting what follows what")
    known = [(counting, ngram), (say("guessing blindly"), uniform)]
    if search.best is not search.untuned:  # no one is held against itself
        known.insert(0, (say("the default settings, untuned"), untuned))
    return [
        Rival(name, value, _difference(loss, value))
        for name, value in known
        if value is not None and math.isfinite(value)
    ]


def _difference(loss: float, baseline: float) -> str:
    if abs(loss - baseline) < 0.005:
        return say("the same")
    return gain(loss, baseline) if loss < baseline else lack(loss, baseline)


def _best_settings(search: SearchRecord) -> list[Setting]:
    best = search.best
    if best is None:
        return []
    family = Setting(PLAIN_NAMES["model_family"], NAMES["model_family"], "model", family_name(best.family))
    known = [
        Setting(PLAIN_NAMES.get(key, key), NAMES.get(key, ""), key, visible(value)) for key, value in settings_of(best)
    ]
    return [family, *known] if best.family else known


def _importance_explained(search: SearchRecord) -> str:
    if not search.importance:
        return ""
    explained = say(
        "What made the difference between good and poor trials, the most important first."
        if search.importance_is_rough
        else "How much of the difference between good and poor trials each setting accounts for."
    )
    if search.lets_rest:
        explained = sentences([explained, say("The trial that came further counts as the better one.")])
    if not search.importance_is_rough:
        return explained
    rough = say(
        "A first, rough impression from {complete}; before {enough} the order can still change.",
        complete=telling_trials(search),
        enough=ENOUGH_FOR_IMPORTANCE,
    )
    return sentences([explained, rough])


_UNFINISHED = Translated(
    {
        TrialState.FAILED: "Failed",
        TrialState.INTERRUPTED: "Interrupted (they do not count)",
        TrialState.PRUNED: "Stopped early",
        TrialState.RUNNING: "Still training",
        TrialState.RESTING: "Resting (they go on where they were if they turn out to lead)",
    }
)


def _unfinished(search: SearchRecord) -> list[Unfinished]:
    return [
        Unfinished(heading, len(trials), _which_and_why(state, trials))
        for state, heading in _UNFINISHED.items()
        if (trials := search.of_state(state))
    ]


def _which_and_why(state: TrialState, trials: list[TrialRecord]) -> list[str]:
    """Those with the same reason together."""
    if state not in (TrialState.FAILED, TrialState.INTERRUPTED):
        return [trials_by_number([trial.number for trial in trials])]
    reasons: dict[str, list[int]] = {}
    for trial in trials:
        reason = retold(trial.reason) if trial.reason else say("No reason was recorded.")
        reasons.setdefault(visible(reason), []).append(trial.number)
    return [f"{trials_by_number(numbers)}{sign(': ')}{reason}" for reason, numbers in reasons.items()]


def _to_repeat(search: SearchRecord) -> Rows:
    rows = [
        (say("Seed"), str(search.seed)),
        (say("Device"), _device(search)),
        (say("Models"), listing([family_name(family) for family in search.families])),
        (say("Epochs"), say("up to {epochs} a trial", epochs=search.epochs)),
        (say("Stopped early"), _how_stopped(search)),
        (say("Music fingerprint"), search.fingerprint),
        (say("Versions"), comma().join(f"{name} {version}" for name, version in sorted(search.versions.items()))),
    ]
    return [(name, visible(value)) for name, value in rows if value]


def _how_stopped(search: SearchRecord) -> str:
    if search.strategy == "median" and search.prune_after < 1:
        after = percent(search.prune_after)
        return say("{how}, from {after} of its epochs on", how=STRATEGIES[search.strategy], after=after)
    return STRATEGIES["none" if search.strategy == "median" else search.strategy]


def _device(search: SearchRecord) -> str:
    if search.jobs == 1:
        return retold(search.device)
    return say("{device}, {jobs} trials at once", device=retold(search.device), jobs=search.jobs)
