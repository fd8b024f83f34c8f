"""What the next search should do otherwise. Each rule speaks, with the changes it asks for, or stays silent.

A rule that speaks whenever chance throws it a hint is worse than none. So each asks for a trend that chance would
seldom make (`effects.py`), or for several trials that say the same; `tests/results/test_next_steps.py` counts how often
each speaks where there is nothing to say.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from statistics import median

from chromasonic.languages import mark, say, sentences
from chromasonic.results.effects import Effects, bounds, effects, place
from chromasonic.results.finding import AMOUNTS, Change, Chart, ChartKind, Finding, Kind, changes_with_reasons
from chromasonic.results.records import FINISHED, SearchRecord, SearchState, TrialRecord, TrialState, ranked
from chromasonic.results.words import NAMES, count, listing, number, percent, setting, within_a_sentence

SAME = 0.01  # nats; a smaller difference is no difference, for chance alone moves a loss as far
ENOUGH_TRIALS = 20  # before that, luck decides more than the search
ENOUGH_RESTING = 40  # the same where half of the trials are given up after few epochs: these say less
BY_HEART = 0.3  # nats by which the practice tunes are known better than others
CATCHING_UP_BY_CHANCE = 0.08  # share of trials, in studies of noise 0.06
WIDE = 0.25  # of all that could be set; in less it is no wonder that nothing makes a difference
LEADERS = 5  # trials that must agree: one lucky trial says little

GRIDS: dict[str, tuple[float, ...]] = {
    "learning_rate": tuple(digit * 10.0**power for power in range(-5, 0) for digit in (1, 2, 5))[:-2],
    "batch_size": (4, 8, 16, 32, 64, 128, 256),
    "hidden_size": tuple(range(32, 1025, 32)),
    "num_layers": tuple(range(1, 9)),
    "dropout": tuple(step / 20 for step in range(15)),
    "embedding_dim": tuple(range(32, 513, 32)),
}
"""The values at which a range may end: those the Search page offers."""

MOST_TRIALS, MOST_EPOCHS, MOST_MINUTES = 3000, 100, 7 * 24 * 60
NEVER_PRUNED = 1.0


# ---- where the good settings lie ------------------------------------------------------------------------------------


def at_the_edge(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """Speaks when the loss falls towards an end of a range that could be wider, and the best trials crowd there."""
    leaders, found = ranked(search.trials)[:LEADERS], effects(search)
    wider = [change for effect in found.mattering if (change := _widened(search, effect.setting, leaders, found))]
    return _other_ranges(
        say("The best trials stand at the edge of what was allowed: {settings}. Let the next search look further."),
        wider,
        _beyond,
    )


def close_together(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """Speaks when a setting matters and its good values fill only a part of its range."""
    found = effects(search)
    leaders = ranked(search.trials)
    leaders = leaders[: max(LEADERS, len(leaders) // 5)]
    narrower = [change for effect in found.mattering if (change := _narrowed(search, effect.setting, leaders, found))]
    return _other_ranges(
        say("The best trials lie close together: {settings}. Let the next search look there alone, and more closely."),
        narrower,
        lambda change: value_in_words(change.after),
    )


def _other_ranges(text: str, changes: Sequence[Change], in_words: Callable[[Change], str]) -> Finding | None:
    """The finding that proposes other ranges, whose names stand in `text` for {settings}; None without any."""
    if not changes:
        return None
    names = [_name_of(change) for change in changes]
    told = [f"{NAMES[name]} {in_words(change)}" for name, change in zip(names, changes, strict=True)]
    return Finding(
        Kind.NEXT,
        text.format(settings=listing([within_a_sentence(name) for name in names])),
        listing(told) + ".",
        tuple(Chart(ChartKind.SLICE, setting=name) for name in names),
        tuple(changes),
    )


def makes_no_difference(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """Speaks when others explain much of the difference between trials, and a setting tried all over explains none.

    Silent about one that could have been set far more differently than it was: little may come of little.
    """
    found = effects(search)
    if found.n_trials < 2 * ENOUGH_TRIALS or found.explained < 0.3:
        return None
    wide = [name for name in found.idle if _share_of_all(search, name) >= WIDE]
    fixed = [change for name in wide if (change := _fixed(search, name, best))]
    if not fixed:
        return None
    names = [_name_of(change) for change in fixed]
    told = [
        say(
            "{setting} {value} (tried: {before})",
            setting=NAMES[name],
            value=value_in_words(change.after),
            before=value_in_words(change.before),
        )
        for name, change in zip(names, fixed, strict=True)
    ]
    return Finding(
        Kind.NEXT,
        say(
            "For your music it makes no difference that could be seen: {names}. Settle it, and the next search has "
            "less to look for."
            if len(names) == 1
            else "For your music these make no difference that could be seen: {names}. Settle them, and the next "
            "search has less to look for.",
            names=listing([within_a_sentence(name) for name in names]),
        ),
        say(
            "As in the best trial: {told}. {trials} looked at.",
            told=listing(told),
            trials=count(found.n_trials, "trial"),
        ),
        tuple(Chart(ChartKind.SLICE, setting=name) for name in names),
        tuple(fixed),
    )


def _share_of_all(search: SearchRecord, name: str) -> float:
    """How much of all that could be set, 0 to 1, lies between what the search looks for the setting `name`."""
    span, grid = bounds(search, name), GRIDS[name]
    return place(span[1], grid[0], grid[-1]) - place(span[0], grid[0], grid[-1]) if span else 0.0


def _widened(search: SearchRecord, name: str, leaders: list[TrialRecord], found: Effects) -> Change | None:
    """A range that goes on where the best trial and most of the leaders stand at its end, and the loss still falls."""
    span, effect = bounds(search, name), found.of(name)
    if span is None or effect is None or len(leaders) < LEADERS:
        return None
    places = [place(float(trial.params[name]), *span) for trial in leaders]  # 0 to 1
    grid, (low, high) = GRIDS[name], span
    if effect.best_place >= 0.85 and max(places[:2]) >= 0.9 and sum(at >= 2 / 3 for at in places) >= LEADERS - 1:
        beyond = [value for value in grid if value > high * (1 + 1e-9)]
        return _change(search, name, low, beyond[_steps(name, grid, high, beyond)]) if beyond else None
    if effect.best_place <= 0.15 and min(places[:2]) <= 0.1 and sum(at <= 1 / 3 for at in places) >= LEADERS - 1:
        below = [value for value in reversed(grid) if value < low * (1 - 1e-9)]
        return _change(search, name, below[_steps(name, grid, low, below)], high) if below else None
    return None


def _steps(name: str, grid: Sequence[float], end: float, beyond: Sequence[float]) -> int:
    """How far to go beyond `end`: half as far again for sizes, two values for others, one for batches."""
    steps = {"learning_rate": 2, "batch_size": 1, "num_layers": 2, "dropout": 4}.get(name, max(1, round(end / 64)))
    return min(steps, len(beyond)) - 1


def _narrowed(search: SearchRecord, name: str, leaders: list[TrialRecord], found: Effects) -> Change | None:
    """A range around the leaders, where that is much smaller than it was."""
    span = bounds(search, name)
    if span is None or len(leaders) < LEADERS or _widened(search, name, leaders[:LEADERS], found):
        return None
    values = [float(trial.params[name]) for trial in leaders]
    places = [place(value, *span) for value in values]
    if max(places) - min(places) > 0.5:
        return None
    grid = [value for value in GRIDS[name] if span[0] * (1 - 1e-9) <= value <= span[1] * (1 + 1e-9)] or list(span)
    low = grid[max(0, bisect_right(grid, min(values) * (1 + 1e-9)) - 2)]  # a step of room on either side
    high = grid[min(len(grid) - 1, bisect_left(grid, max(values) * (1 - 1e-9)) + 1)]
    if place(high, *span) - place(low, *span) > 0.7:
        return None
    return _change(search, name, low, high)


def _fixed(search: SearchRecord, name: str, best: TrialRecord) -> Change | None:
    value = float(best.params[name])
    grid = search.space.get(f"{name}_options") or GRIDS[name]
    nearest = min(grid, key=lambda other: abs(other - value))
    return _change(search, name, nearest, nearest)


def _change(search: SearchRecord, name: str, low: float, high: float) -> Change | None:
    """The range of `name` from `low` to `high`; None where that is what it was."""
    after: list[float] | list[int]
    options = search.space.get(f"{name}_options")
    if options is not None:
        after = [int(size) for size in sorted({*options, *GRIDS[name]}) if low <= size <= high]
        key, before = f"{name}_options", list(options)
    else:
        is_real = name in ("learning_rate", "dropout")
        after = [round(low, 10), round(high, 10)] if is_real else [int(low), int(high)]
        key, before = f"{name}_range", list(search.space[f"{name}_range"])
    return Change(key, before, after) if after != sorted(before) else None


def _name_of(change: Change) -> str:
    return change.setting.removesuffix("_range").removesuffix("_options")


def _beyond(change: Change) -> str:
    before, after = sorted(change.before), change.after
    return (
        say("above {value}", value=number(before[-1]))
        if after[-1] > before[-1]
        else say("below {value}", value=number(before[0]))
    )


# ---- how long, how much ---------------------------------------------------------------------------------------------


def still_improving(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """Speaks when the best trial was still gaining as its epochs, or its time, ran out."""
    epochs = [epoch.validation_loss for epoch in best.curve]
    chart = (Chart(ChartKind.LEARNING, trial=best.number),)
    if best.was_gaining_when_cut:
        return Finding(
            Kind.NEXT,
            say("The best trial was still improving when the time was up. Allow the search more time."),
            say(
                "It had {n_epochs} of its {epochs}, and the last was its best.",
                n_epochs=len(epochs),
                epochs=count(search.epochs, "epoch"),
            ),
            chart,
            more_time(search, 2.0),
        )
    if len(epochs) < max(search.epochs, 4) or best.best_epoch != best.curve[-1].number:
        return None
    quarter = math.ceil(len(epochs) / 4)
    late_gain = epochs[-1 - quarter] - epochs[-1]  # over the last quarter
    falls = sum(after < before for before, after in pairwise(epochs[-1 - quarter :]))
    leaders = [trial for trial in ranked(search.trials)[:LEADERS] if trial.epochs_run >= search.epochs]
    agreeing = sum(trial.best_epoch is not None and trial.best_epoch >= search.epochs - 1 for trial in leaders)
    if late_gain < 3 * SAME or falls < 0.6 * quarter or 2 * agreeing < len(leaders):
        return None
    longer = min(2 * search.epochs, max(MOST_EPOCHS, search.epochs))
    return Finding(
        Kind.NEXT,
        say(
            "The best trial was still improving when its {epochs} were over. Allow it more.",
            epochs=count(search.epochs, "epoch"),
        ),
        say("It gained {late_gain:.3f} nats in the last quarter of its epochs.", late_gain=late_gain),
        chart,
        (Change("num_epochs", search.epochs, longer),) if longer > search.epochs else (),
    )


def too_few_trials(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """Speaks when more trials would likely find better ones: too few of them yet, or the newest are the best.

    Of a search that goes on, or can, no other is asked for that tries more.
    """
    if search.may_go_on:
        return None
    tried = search.n_tried
    chart = (Chart(ChartKind.HISTORY),)
    least = enough_trials(search)
    time_was_up = search.state is SearchState.FINISHED and bool(search.timeout) and tried < search.n_trials
    if tried < least:
        enough = max(2 * least, search.n_trials)
        if time_was_up and search.n_trials >= least:
            few = mark(
                "The time was up after {trials} of {n_trials:,}, and these are few: give the next search more time."
            )
            return _in_more_time(search, few, _how_drawn(search))
        return Finding(
            Kind.NEXT,
            say(
                "Few settings have been tried yet ({trials}): let the next search try {enough} or more.",
                trials=count(tried, "trial"),
                enough=enough,
            ),
            sentences([_how_drawn(search), say("Each further trial is chosen in the light of the ones before.")]),
            chart,
            _more_trials(search, enough),
        )
    leaders = ranked(search.trials)[:LEADERS]
    late = sum(trial.number >= 0.75 * tried for trial in leaders)
    before = [t.best_validation_loss for t in ranked(search.trials) if t.number < 0.75 * tried]
    earlier = before[0] if before else None
    if earlier is None or earlier - loss < 2 * SAME or late < LEADERS - 1:
        if not time_was_up or tried > 0.9 * search.n_trials:  # of a few more little comes
            return None
        others = mark(
            "The time was up after {trials} of {n_trials:,}: with more time the next search can try the others."
        )
        return _in_more_time(search, others)
    return Finding(
        Kind.NEXT,
        say("The search was still finding better settings towards its end: more trials may well go further."),
        say(
            "The last quarter of the trials brought the best loss from {earlier:.3f} to {loss:.3f}, and "
            "{late} of the {n_leaders} best are among them.",
            earlier=earlier,
            loss=loss,
            late=late,
            n_leaders=len(leaders),
        ),
        chart,
        _more_trials(search, 2 * search.n_trials),
    )


def _in_more_time(search: SearchRecord, text: str, detail: str = "") -> Finding:
    """That the time was up too soon; the next search is to have enough for all trials."""
    longer = _time_of(search, _time_needed(search, search.epochs))
    return Finding(Kind.NEXT, _of_those_asked(search, text), detail, (Chart(ChartKind.HISTORY),), longer)


def let_it_go_on(search: SearchRecord) -> Finding | None:
    """Speaks of a search that was stopped with trials and time left: that is its one next step."""
    if not search.was_cut_short:
        return None
    return Finding(
        Kind.NEXT,
        _of_those_asked(
            search, mark("The search was stopped before its end, after {trials} of {n_trials:,}: let it go on.")
        ),
        sentences([_how_drawn(search), say("Each further trial is chosen in the light of the ones before.")]),
        (Chart(ChartKind.HISTORY),),
    )


def _of_those_asked(search: SearchRecord, text: str) -> str:
    """`text` with how many trials were tried of those asked for."""
    return say(text, trials=count(search.n_tried, "trial"), n_trials=search.n_trials)


def enough_trials(search: SearchRecord) -> int:
    """After how many trials the search decides more than luck."""
    return ENOUGH_RESTING if search.lets_rest else ENOUGH_TRIALS


def _how_drawn(search: SearchRecord) -> str:
    """That the settings so far came from no search; empty once the search has chosen some."""
    tried = search.of_state(*FINISHED, TrialState.RESTING)
    if search.began_with or len(tried) > search.warm_up:
        return ""
    has_proven = any(trial.is_proven for trial in tried)
    if not any(trial.is_given for trial in tried):
        return say("All were drawn at random, before the search could learn from them.")
    if len(tried) == 1 and not has_proven:
        return say("It was the default settings, for comparison.")
    if all(trial.is_given for trial in tried):
        return say("So far it has tried the default settings, and some that did well on other music.")
    return say(
        "They were the default settings, some that did well on other music, and others drawn at random, before the "
        "search could learn from them."
        if has_proven
        else "They were the default settings, and others drawn at random, before the search could learn from them."
    )


def _more_trials(search: SearchRecord, wanted: int) -> tuple[Change, ...]:
    wanted = min(wanted, max(MOST_TRIALS, search.n_trials))
    return (Change("n_trials", search.n_trials, wanted),) if wanted > search.n_trials else ()


def more_time(search: SearchRecord, factor: float) -> tuple[Change, ...]:
    """A time limit `factor` times as long; none where there is none, or no longer one may be set."""
    if search.timeout is None or not math.isfinite(search.timeout) or not factor > 1:
        return ()
    return _time_of(search, factor * search.timeout)


def _time_of(search: SearchRecord, seconds: float) -> tuple[Change, ...]:
    """A time limit of `seconds`, in whole minutes; none where that is not longer, or no longer one may be set."""
    before = search.timeout or 0.0
    longer = min(60.0 * math.ceil(seconds / 60), max(60.0 * MOST_MINUTES, before))
    return (Change("timeout", before, longer),) if longer > before else ()


def proposal(search: SearchRecord, told: Iterable[Finding]) -> list[tuple[Change, Finding]]:
    """All that `told` would change, each with the finding that asks for it, in a time that suffices for its trials."""
    advised = {change.setting: (change, finding) for change, finding in changes_with_reasons(told)}
    asked = [setting for setting in AMOUNTS if setting in advised]
    if not asked or not search.timeout:
        return list(advised.values())
    after = {setting: change.after for setting, (change, _) in advised.items()}
    needed = _time_needed(search, after.get("num_epochs", search.epochs), after.get("n_trials"))
    if needed > after.get("timeout", search.timeout):
        advised |= {change.setting: (change, advised[asked[0]][1]) for change in _time_of(search, needed)}
    return list(advised.values())


def _time_needed(search: SearchRecord, epochs: int, n_trials: int | None = None) -> float:
    """Seconds for the trials of the next search, at the pace of this one.

    What this one tried counts among `n_trials`, which are those asked for in all; without that number as many are
    tried again. After lessons of another length nothing counts.
    """
    anew = n_trials is None or epochs != search.epochs
    asked = search.n_tried + (n_trials or search.n_trials) if anew else n_trials or search.n_trials
    return (search.time_for(asked) or 0.0) * epochs / search.epochs


# ---- how they learned -----------------------------------------------------------------------------------------------


def learned_by_heart(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """Speaks when the best model knows its practice tunes far better than others."""
    if best.train_loss is None or loss - best.train_loss < BY_HEART:
        return None
    can_transpose = search.is_melodic and not search.transpose
    return Finding(
        Kind.NEXT,
        say(
            "It knows its practice tunes better than new ones. More music would help most; so may tunes in other keys."
        ),
        say(
            "Train loss {train_loss:.3f}, validation loss {loss:.3f} nats per token.",
            train_loss=best.train_loss,
            loss=loss,
        ),
        (Chart(ChartKind.LEARNING, trial=best.number),),
        (Change("transpose", False, True),) if can_transpose else (),
    )


def overfitted(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """Speaks when the best trials all went on to learn their tunes by heart: train loss falling, validation rising."""
    leaders = ranked(search.trials)[:LEADERS]
    drifting = [trial for trial in leaders if _drifts_apart(trial)]
    if len(leaders) < LEADERS or len(drifting) < LEADERS - 1:
        return None
    changes = [change for change in (_more_dropout(search, best), _smaller(search, best)) if change]
    return Finding(
        Kind.NEXT,
        say(
            "After their best epoch the best trials learned on by heart: better on the tunes they "
            "practised, worse on others. Let them do without more (dropout), or be smaller."
        ),
        say("So it went in {n_drifting} of the {leaders} best trials.", n_drifting=len(drifting), leaders=LEADERS),
        tuple(Chart(ChartKind.LEARNING, trial=trial.number) for trial in drifting[:1]),
        tuple(changes),
    )


def _drifts_apart(trial: TrialRecord) -> bool:
    """Whether validation loss rose and train loss fell in the three epochs or more after the best one."""
    after = [epoch for epoch in trial.curve if trial.best_epoch is not None and epoch.number > trial.best_epoch]
    train = [epoch.train_loss for epoch in after if epoch.train_loss is not None]
    validation = [epoch.validation_loss for epoch in after]
    if len(after) < 3 or len(train) < len(after):
        return False
    return _slope(validation) > 0.2 * SAME and _slope(train) < -0.2 * SAME


def _slope(values: Sequence[float]) -> float:
    """Of the straight line through `values`, for each step."""
    middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
    spread = sum((at - middle) ** 2 for at in range(len(values)))
    return sum((at - middle) * (value - mean) for at, value in enumerate(values)) / spread


def _more_dropout(search: SearchRecord, best: TrialRecord) -> Change | None:
    span = bounds(search, "dropout") or tuple(search.space.get("dropout_range") or ())
    if len(span) < 2:
        return None
    grid = GRIDS["dropout"]
    low = max((value for value in grid if value <= float(best.params.get("dropout", span[0])) + 1e-9), default=span[0])
    return _change(search, "dropout", max(low, span[0]), max(span[1], min(grid[-1], span[1] + 0.2)))


def _smaller(search: SearchRecord, best: TrialRecord) -> Change | None:
    span = bounds(search, "hidden_size")
    if span is None or "hidden_size" not in best.params:
        return None
    grid = [value for value in GRIDS["hidden_size"] if value <= best.params["hidden_size"]]
    high = grid[-1] if grid else span[0]
    low = max((value for value in GRIDS["hidden_size"] if value <= span[0] / 2), default=min(span[0], 32))
    return _change(search, "hidden_size", low, max(high, low))


def pruned_too_eagerly(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """Speaks when the median pruner stopped many trials that were on their way to the best ones.

    The distance to the middle one of the finished trials is followed over a trial's last three epochs and drawn on as
    a geometric series (Aitken's extrapolation). Where there is nothing but chance, one trial of sixteen looks so.
    """
    if search.strategy != "median":
        return None
    pruned = [trial for trial in search.of_state(TrialState.PRUNED) if trial.epochs_run >= 3]
    complete = ranked(search.trials)
    middle = _middle_curve(complete)
    goal = complete[min(LEADERS, len(complete)) - 1].best_validation_loss or loss
    catching_up = [trial for trial in pruned if _would_reach(goal, trial, middle)]
    if (
        len(complete) < LEADERS
        or len(catching_up) < 2
        or _chance_of(len(catching_up), len(pruned), CATCHING_UP_BY_CHANCE) > 0.02
    ):
        return None
    later = NEVER_PRUNED if search.prune_after >= 0.5 else 0.5
    first = catching_up[0]
    return Finding(
        Kind.NEXT,
        say(
            "{n_catching_up} of {trials} stopped early would likely have been among the {leaders} best: "
            "slow beginners were given up too soon. Let the next search wait longer.",
            n_catching_up=len(catching_up),
            trials=count(len(pruned), "trial"),
            leaders=LEADERS,
        ),
        say(
            "Trial {number} for one was stopped after epoch {epochs_run} of {epochs} while it was catching "
            "up. A trial that falls behind is stopped (pruned) once {prune_after} of its epochs are done.",
            number=first.number,
            epochs_run=first.epochs_run,
            epochs=search.epochs,
            prune_after=percent(search.prune_after),
        ),
        (Chart(ChartKind.LEARNING, trial=first.number),),
        (Change("prune_after", search.prune_after, later),) if later > search.prune_after else (),
    )


def _middle_curve(trials: list[TrialRecord]) -> list[float]:
    """The median validation loss after each epoch; it ends where fewer than half of `trials` went on."""
    longest = max((trial.epochs_run for trial in trials), default=0)
    epochs = [[t.curve[at].validation_loss for t in trials if t.epochs_run > at] for at in range(longest)]
    return [median(losses) for losses in epochs if 2 * len(losses) >= len(trials)]


def _would_reach(goal: float, trial: TrialRecord, middle: list[float]) -> bool:
    """Whether `trial`, stopped early, was catching up with the `middle` curve fast enough to end below `goal`."""
    last = trial.curve[-1].number
    if len(middle) < last:
        return False
    first, second, third = (epoch.validation_loss - middle[epoch.number - 1] for epoch in trial.curve[-3:])
    if not first > second > third:
        return False
    shrinking = min((second - third) / (first - second), 1.0)  # a distance that shrinks ever faster is not believed
    still = (second - third) * sum(shrinking**step for step in range(1, len(middle) - last + 1))
    return min(middle) + third - still < goal - SAME


def _chance_of(hits: int, tries: int, chance: float) -> float:
    """How likely so many hits or more are (binomial distribution)."""
    return sum(math.comb(tries, k) * chance**k * (1 - chance) ** (tries - k) for k in range(hits, tries + 1))


# ---- in words -------------------------------------------------------------------------------------------------------


def value_in_words(value: object) -> str:
    """The value of a setting, a range or a choice as a person reads it: `64 to 512`, `16, 32 and 64`."""
    if isinstance(value, list | tuple):
        told = [setting("", entry) for entry in value]
        if len(told) == 2:
            return told[0] if told[0] == told[1] else say("{low} to {high}", low=told[0], high=told[1])
        return listing(told)
    return setting("", value) if isinstance(value, float | int | str) else str(value)
