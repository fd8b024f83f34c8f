"""How a search went, told by its own examples: what was chosen when, what was stopped and why, what the winner changed.

Plain records first, then the pictures that are drawn of them.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import deque
from collections.abc import Sequence, Set
from dataclasses import dataclass
from statistics import fmean

from chromasonic.languages import say
from chromasonic.music.key_names import pitch_name
from chromasonic.results.effects import bounds, place
from chromasonic.results.ink import DARK, LIGHT, Chart, chart, label, whole_ticks
from chromasonic.results.records import PARAMETERS, SearchRecord, TrialRecord, TrialState
from chromasonic.results.words import NAMES, count, number, percent, within_a_sentence

HEIGHT = 300  # pixels
FEWEST = 3  # trials chosen and drawn at random each, before their difference says anything


@dataclass(frozen=True)
class Stopped:
    """A trial that was stopped early, beside the one that won."""

    trial: TrialRecord
    best: TrialRecord
    epoch: int  # after which it was stopped
    loss: float  # its best until then, nats per token
    usual: float  # what the middle one of those before it, or of those that went on, had reached by then


def stopped_example(search: SearchRecord) -> Stopped | None:
    """The trial that was stopped latest, or of those furthest behind; None where none was, or has nothing beside it."""
    best = search.best
    if best is None:
        return None
    pruned = search.of_state(TrialState.PRUNED)
    for epoch in sorted({trial.epochs_run for trial in pruned}, reverse=True):
        found = _stopped_after(epoch, [trial for trial in pruned if trial.epochs_run == epoch], best, search)
        if search.lets_rest:
            found = [one for one in found if one.loss > one.usual]  # or it shows the opposite
        if found:
            return max(found, key=lambda one: one.loss - one.usual)
    return None


def _stopped_after(epoch: int, pruned: list[TrialRecord], best: TrialRecord, search: SearchRecord) -> list[Stopped]:
    """The `pruned`, by number, that were stopped after that epoch, each beside what it was held against.

    That is all that went on from where it rested, or finished before it.
    """
    others = search.trials if search.lets_rest else search.of_state(TrialState.COMPLETE)
    rivals = deque(
        (one.number, loss)
        for one in others
        if (one.epochs_run > epoch or not search.lets_rest) and (loss := _reached(one, epoch)) is not None
    )
    known: list[float] = []  # sorted: thousands may be held against thousands
    found = []
    for trial in pruned:
        while rivals and (search.lets_rest or rivals[0][0] < trial.number):
            insort(known, rivals.popleft()[1])
        loss = _reached(trial, epoch)
        if known and loss is not None:
            usual = (known[(len(known) - 1) // 2] + known[len(known) // 2]) / 2
            found.append(Stopped(trial, best, epoch, loss, usual))
    return found


def _reached(trial: TrialRecord, epoch: int) -> float | None:
    """The best loss of `trial` by the end of `epoch`; None where it did not train as long."""
    losses = [entry.validation_loss for entry in trial.curve[:epoch] if math.isfinite(entry.validation_loss)]
    return min(losses) if losses and trial.epochs_run >= epoch else None


def draw_stopped(stopped: Stopped, *, dark: bool = False) -> Chart:
    """Both learning curves, from the left."""
    ink = DARK if dark else LIGHT
    looks = [
        (stopped.best, say("the best"), {"width": 3, "color": ink.complete}),
        (stopped.trial, say("stopped"), {"width": 3, "color": ink.failed}),
    ]
    traces, labels = [], []
    for trial, name, line in looks:
        epochs = [entry for entry in trial.curve if math.isfinite(entry.validation_loss)]
        losses = [entry.validation_loss for entry in epochs]
        numbers = [entry.number for entry in epochs]
        hover = say("epoch {epoch}: {loss}", epoch="%{x}", loss="%{y:.3f}") + "<extra></extra>"
        traces.append(
            {"x": numbers, "y": losses, "mode": "lines+markers", "marker": {"size": 6}, "line": line}
            | {"hovertemplate": hover, "cliponaxis": False}
        )
        named = say("{name}: trial {number}", name=name, number=trial.number)
        is_left = numbers[-1] < stopped.best.epochs_run / 2
        anchor = {"xanchor": "left" if is_left else "right", "yanchor": "bottom", "yshift": 8}
        labels.append(label(named, ink.text, x=numbers[-1], y=losses[-1], **anchor))
    return chart(
        traces,
        ink,
        HEIGHT,
        title=say("loss after each epoch (nats per token)"),
        across={"title": say("epoch"), "range": [0.6, stopped.best.epochs_run + 0.4]}
        | whole_ticks(stopped.best.epochs_run),
        upwards={},
        labels=labels,
    )


@dataclass(frozen=True)
class Choices:
    """The value of one setting in each trial, in the order they were tried."""

    key: str
    numbers: list[int]
    values: list[float]
    n_random: int  # trials at the start whose settings were not chosen in the light of others
    given: frozenset[int]  # those of them that were not drawn either: the default settings, and what did well elsewhere
    best: tuple[int, float] | None  # (trial, value)

    @property
    def is_log(self) -> bool:
        """Whether equal steps on the axis are equal factors."""
        return self.key == "learning_rate"

    def describe(self) -> str:
        """The chart in words."""
        told = say(
            "{setting} in each of {trials}, in the order they were tried: from {low} to {high}.",
            setting=within_a_sentence(self.key),
            trials=count(len(self.values), "trial"),
            low=number(min(self.values)),
            high=number(max(self.values)),
        )
        return told[0].upper() + told[1:]


def choices_of(search: SearchRecord) -> Choices | None:
    """What was chosen for the setting that mattered most, or for the learning rate; None before the first trial."""
    important = sorted((search.importance or {}).items(), key=lambda item: -item[1])
    keys = [key for key, _ in important if key in PARAMETERS] or ["learning_rate"]
    begun = [trial for trial in search.trials if keys[0] in trial.params]
    if not begun:
        return None
    best = search.best
    return Choices(
        key=keys[0],
        numbers=[trial.number for trial in begun],
        values=[float(trial.params[keys[0]]) for trial in begun],
        n_random=0 if search.began_with else search.warm_up,
        given=frozenset(trial.number for trial in begun if trial.is_given),
        best=(best.number, float(best.params[keys[0]])) if best is not None and keys[0] in best.params else None,
    )


@dataclass(frozen=True)
class Nearness:
    """How far from the best settings the trials were, 0 to 1 of each range on average."""

    n_early: int
    early: float  # those drawn at random
    n_late: int
    late: float  # those chosen in the light of others


def nearness(search: SearchRecord) -> Nearness | None:
    """Whether the search came nearer to what turned out best; None while too few were chosen to tell."""
    best = search.best
    if best is None or search.began_with:  # then none was drawn without knowing anything
        return None
    others = [trial for trial in search.trials if trial is not best and trial.params]
    drawn = [trial for trial in others if trial.number < search.warm_up and not trial.is_given]
    early = [_distance(search, trial, best) for trial in drawn]
    late = [_distance(search, trial, best) for trial in others if trial.number >= search.warm_up]
    if len(early) < FEWEST or len(late) < FEWEST:
        return None
    return Nearness(len(early), fmean(early), len(late), fmean(late))


def _distance(search: SearchRecord, trial: TrialRecord, other: TrialRecord) -> float:
    """On average over the settings, as a share of their ranges."""
    shares = []
    for key in PARAMETERS:
        ends = bounds(search, key)
        if ends is not None and key in trial.params and key in other.params:
            shares.append(abs(place(float(trial.params[key]), *ends) - place(float(other.params[key]), *ends)))
    return fmean(shares) if shares else 0.0


def draw_choices(choices: Choices, *, dark: bool = False) -> Chart:
    """Each trial as a point: to the right its number, upwards the value that was chosen."""
    ink = DARK if dark else LIGHT
    drawn = {n for n in choices.numbers if n < choices.n_random} - choices.given
    chosen = set(choices.numbers) - drawn - choices.given
    hover = say("trial {number}: {value}", number="%{x}", value="%{y}") + "<extra></extra>"

    def dots(numbers: Set[int], colour: str, symbol: str) -> dict[str, object]:
        shown = [place for place, n in enumerate(choices.numbers) if n in numbers]
        return {
            "x": [choices.numbers[place] for place in shown],
            "y": [choices.values[place] for place in shown],
            "mode": "markers",
            "marker": {"size": 9, "color": colour, "symbol": symbol},
            "hovertemplate": hover,
            "cliponaxis": False,
        }

    traces = [
        dots(drawn, ink.quiet, "circle-open"),
        dots(chosen, ink.complete, "circle"),
        dots(choices.given, ink.untuned, "square"),
    ]
    if choices.best is not None:
        traces.append(
            {
                "x": [choices.best[0]],
                "y": [choices.best[1]],
                "mode": "markers",
                "marker": {"size": 16, "color": ink.failed, "symbol": "star"},
                "hovertemplate": hover,
                "cliponaxis": False,
            }
        )
    return chart(
        traces,
        ink,
        HEIGHT,
        title=NAMES.get(choices.key, choices.key),
        across={"title": say("trial")} | whole_ticks(max(choices.numbers) + 1),
        upwards={"type": "log", "dtick": 1, "exponentformat": "none"} if choices.is_log else {},  # never 100μ
    )


@dataclass(frozen=True)
class Overfitting:
    """Where the best trial began to learn by heart."""

    epoch: int  # after which it got no better on other tunes
    n_after: int  # further epochs
    gap: float  # at the end, the loss on other tunes above that on the practice tunes; nats per token


def overfitting(trial: TrialRecord) -> Overfitting | None:
    """Speaks where a trial went on for three epochs or more without getting better, while its train loss still fell."""
    last = trial.curve[-1] if trial.curve else None
    if last is None or trial.best_epoch is None or last.train_loss is None or trial.train_loss is None:
        return None
    n_after = last.number - trial.best_epoch
    if n_after < FEWEST or last.train_loss >= trial.train_loss:
        return None
    return Overfitting(trial.best_epoch, n_after, last.validation_loss - last.train_loss)


def first_try(search: SearchRecord) -> TrialRecord | None:
    """The first trial that finished."""
    finished = search.of_state(TrialState.COMPLETE)
    return finished[0] if finished else None


@dataclass(frozen=True)
class ReadNote:
    """One note of a tune, and what a model that had heard all before it made of it."""

    onset: float  # beats
    duration: float  # beats
    pitch: int
    chance: float  # that the model gave to this pitch, 0 to 1

    @property
    def name(self) -> str:
        """`F♯4`."""
        return pitch_name(self.pitch)


EXPECTED, SURPRISING = 1 / 4, 1 / 20
"""A note that was given a quarter or more came as expected; one that was given less than a twentieth as a surprise."""


def counts(notes: Sequence[ReadNote]) -> tuple[int, int]:
    """How many notes came as expected, and how many as a surprise."""
    return sum(note.chance >= EXPECTED for note in notes), sum(note.chance < SURPRISING for note in notes)


def describe_reading(notes: Sequence[ReadNote]) -> str:
    """`draw_reading` in words."""
    expected, surprising = counts(notes)
    return say(
        "A piano roll of {n} notes: {expected} came as expected, {surprising} as a surprise.",
        n=len(notes),
        expected=expected,
        surprising=surprising,
    )


def draw_reading(notes: Sequence[ReadNote], *, dark: bool = False) -> Chart:
    """A piano roll whose notes have the colour of how much they were expected."""
    ink = DARK if dark else LIGHT
    groups = [
        (say("expected"), ink.complete, [note for note in notes if note.chance >= EXPECTED]),
        (say("possible"), ink.quiet, [note for note in notes if SURPRISING <= note.chance < EXPECTED]),
        (say("a surprise"), ink.failed, [note for note in notes if note.chance < SURPRISING]),
    ]
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "base": [note.onset for note in shown],
            "x": [0.93 * note.duration for note in shown],
            "y": [note.pitch for note in shown],
            "width": 0.86,
            "marker": {"color": colour},
            "customdata": [f"{note.name} · {percent(note.chance)}" for note in shown],
            "hovertemplate": "%{customdata}<extra></extra>",
        }
        for name, colour, shown in groups
        if shown
    ]
    names = {note.pitch: note.name for note in notes}
    pitches = sorted(names)
    shown = pitches[:: max(1, math.ceil(len(pitches) / 8))]
    return chart(
        traces,
        ink,
        HEIGHT,
        across={"title": say("beat"), "tickformat": "d", "range": [0, max(n.onset + n.duration for n in notes)]},
        upwards={"tickvals": shown, "ticktext": [f"{names[pitch]}  " for pitch in shown], "tickmode": "array"},
        barmode="overlay",
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 13, "color": ink.text}},
        margin={"l": 8, "r": 12, "t": 34, "b": 8},
    )
