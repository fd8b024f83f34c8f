"""Two small charts for one who looks closer: the winner beside its baselines, and how one trial learned."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chromasonic.languages import figure, mark, say
from chromasonic.results.ink import DARK, GUTTER, LIGHT, Chart, chart, in_the_gutter, whole_ticks
from chromasonic.results.records import SearchRecord, TestScores, TrialRecord
from chromasonic.results.words import choices, count, listing, percent

HEIGHT = 300  # pixels
PLOT_HEIGHT = 210  # of what lies between the title and the numbers below, about
BAR_HEIGHT = 44


@dataclass(frozen=True)
class Score:
    """One loss with a name."""

    name: str
    loss: float  # nats per token
    is_best: bool = False


@dataclass(frozen=True)
class Comparison:
    """The best trial beside what it is to be held against, worst first."""

    scores: list[Score]
    is_on_test: bool  # on the held-out test tunes, else on the validation tunes
    vocab_size: int

    @property
    def best(self) -> Score:
        """The best trial's score."""
        return next(score for score in self.scores if score.is_best)

    def choices(self, score: Score) -> str:
        """As how many equally likely notes or lengths it is."""
        return choices(score.loss, self.vocab_size)

    def difference(self, score: Score) -> str:
        """How the best trial's loss stands to `score`: `lower by 23 %`."""
        if score.is_best:
            return "–"
        share = 1 - self.best.loss / score.loss
        if abs(share) < 0.005:
            return say("the same")
        return say("lower by {share}" if share > 0 else "higher by {share}", share=percent(abs(share)))

    def describe(self) -> str:
        """The chart in words."""
        tunes = say("held-out test tunes") if self.is_on_test else say("validation tunes")
        told = listing([say("{name} {loss:.2f}", name=score.name, loss=score.loss) for score in self.scores])
        return say("Loss on the {tunes} in nats per token, lower is better: {told}.", tunes=tunes, told=told)


BEST, UNTUNED, COUNTING, GUESSING = (
    mark("tuned: the best trial"),
    mark("default settings"),
    mark("counting (n-gram)"),
    mark("guessing blindly"),
)


def compare(search: SearchRecord, test: TestScores | None) -> Comparison | None:
    """The best trial and its baselines on the test tunes, or on the validation tunes where there is no test side."""
    best = search.best
    if best is None or best.best_validation_loss is None:
        return None
    if test is not None:
        known = [(GUESSING, test.uniform), (COUNTING, test.ngram), (UNTUNED, test.untuned)]
        scores = [Score(say(BEST), test.best, is_best=True)]
    else:
        untuned = search.untuned.best_validation_loss if search.untuned else None
        uniform, ngram = (search.baselines.uniform, search.baselines.ngram) if search.baselines else (None, None)
        known = [(GUESSING, uniform), (COUNTING, ngram), (UNTUNED, untuned)]
        scores = [Score(say(BEST), best.best_validation_loss, is_best=True)]
    scores += [Score(say(name), loss) for name, loss in known if loss is not None and math.isfinite(loss)]
    worst_first = sorted(scores, key=lambda score: (-score.loss, score.is_best))
    return Comparison(worst_first, is_on_test=test is not None, vocab_size=search.vocab_size)


def draw_comparison(comparison: Comparison, *, dark: bool = False) -> Chart:
    """One bar a score, the loss written at its end."""
    ink = DARK if dark else LIGHT
    scores = comparison.scores
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [score.loss for score in scores],
        "y": [f"<b>{score.name}</b>" if score.is_best else score.name for score in scores],
        "text": [
            f"<b>{figure(f'{score.loss:.2f}')}</b>" if score.is_best else figure(f"{score.loss:.2f}")
            for score in scores
        ],
        "textposition": "outside",
        "textfont": {"color": ink.text, "size": 14},
        "cliponaxis": False,
        "marker": {"color": [ink.complete if score.is_best else ink.quiet for score in scores]},
        "hoverinfo": "skip",
    }
    return chart(
        [bars],
        ink,
        40 + BAR_HEIGHT * len(scores),
        across={"visible": False, "range": [0, 1.15 * max(score.loss for score in scores)]},
        upwards={"autorange": "reversed", "showgrid": False, "ticksuffix": "  ", "nticks": 0},
        bargap=0.35,
        margin={"t": 8, "b": 8, "l": 8, "r": 8},
    )


def describe_trial(trial: TrialRecord) -> str:
    """`draw_trial` in words."""
    if not trial.curve:
        return say("Trial {number} finished no epoch.", number=trial.number)
    first, last = trial.curve[0], trial.curve[-1]
    return say(
        "Trial {number}: validation loss from {first:.2f} to {last:.2f} nats per token in {epochs}.",
        number=trial.number,
        first=first.validation_loss,
        last=last.validation_loss,
        epochs=count(len(trial.curve), "epoch"),
    )


def draw_trial(trial: TrialRecord, *, dark: bool = False) -> Chart:
    """Validation loss and train loss of one trial after each epoch."""
    ink = DARK if dark else LIGHT
    epochs = [epoch for epoch in trial.curve if math.isfinite(epoch.validation_loss)]
    numbers = [epoch.number for epoch in epochs]
    validation = [epoch.validation_loss for epoch in epochs]
    train = [epoch.train_loss for epoch in epochs]
    looks = {"mode": "lines+markers", "marker": {"size": 6}}
    traces = [
        looks
        | {"x": numbers, "y": validation, "line": {"width": 3, "color": ink.complete}}
        | {"hovertemplate": say("other tunes, epoch %{x}: %{y:.3f}<extra></extra>")},
        looks
        | {"x": numbers, "y": train, "line": {"width": 2, "color": ink.quiet, "dash": "dot"}}
        | {"hovertemplate": say("practice tunes, epoch %{x}: %{y:.3f}<extra></extra>")},
    ]
    seen = [loss for loss in (*validation, *train) if loss is not None and math.isfinite(loss)]
    low, high = min(seen, default=0.0), max(seen, default=1.0)
    room = 0.08 * max(high - low, 0.05)
    loss_range = (low - room, high + room)
    ends = [(say("other tunes"), validation[-1]), (say("practice tunes"), train[-1])] if epochs else []
    names = [(loss, name, ink.text) for name, loss in ends if loss is not None and math.isfinite(loss)]
    return chart(
        traces if epochs else [],
        ink,
        HEIGHT,
        title=say("loss after each epoch (nats per token)"),
        across={"title": say("epoch")} | whole_ticks(len(epochs)),
        upwards={"range": list(loss_range)},
        labels=in_the_gutter(names, loss_range, PLOT_HEIGHT),
        margin={"l": 8, "r": GUTTER if names else 12, "t": 34, "b": 8},
        empty="" if epochs else say("This trial finished no epoch."),
    )
