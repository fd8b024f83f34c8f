"""`optimization_report.txt`: a search as a person would tell it."""

from __future__ import annotations

import math
import textwrap
from datetime import datetime
from types import NoneType

from chromasonic.checks import instance
from chromasonic.music.text import visible
from chromasonic.results.advice import findings, no_better_than_guessing
from chromasonic.results.certainty import verdicts
from chromasonic.results.finding import Kind
from chromasonic.results.records import (
    ENOUGH_FOR_IMPORTANCE,
    SearchRecord,
    TestScores,
    TrialRecord,
    TrialState,
    check_record,
    ranked,
)
from chromasonic.results.words import (
    NAMES,
    SEARCH_STATES,
    both_names,
    count,
    duration,
    family_name,
    gain,
    listing,
    ngram_name,
    percent,
    possibilities,
    settings_of,
    sides,
)

WIDTH = 78
RANKS = 10  # trials told one by one
HELD_AGAINST = (
    "For comparison, on the same tunes (in brackets: the chance that the best trial gives to what really comes next):"
)


def optimization_report(search: SearchRecord, now: datetime | None = None, test: TestScores | None = None) -> str:
    """The whole report as text, whatever state the search is in.

    Args:
        search: The search.
        now: The time of writing; the present when not given.
        test: Losses on the held-out test tunes, when they were measured.
    """
    check_record(search, test)
    instance("now", now, (datetime, NoneType), "a moment, or None for the present")
    written = f"{now or datetime.now():%Y-%m-%d %H:%M}"
    parts = [
        ["CHROMASONIC · HYPERPARAMETER SEARCH", "=" * WIDTH, *_rows([("Search", search.name), ("Written", written)])],
        _section("SUMMARY", _summary(search, test)),
        _section("READ WITH CARE", _cautions(search, test)),
        _section("BEST SETTINGS", _best_settings(search)),
        _ranking(search),
        _section("WHAT MATTERED", _importance(search)),
        _section("TRIALS THAT DID NOT FINISH", _unfinished(search)),
        _section("TO REPEAT IT", _to_repeat(search)),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _summary(search: SearchRecord, test: TestScores | None) -> list[str]:
    rows = [
        ("Music", search.music),
        ("Melodies", sides(search)),
        ("State", _state(search)),
        ("Trials", _tally(search)),
        ("Began with", search.began_with),
        ("Time", duration(search.total_time)),
    ]
    return [*_rows([row for row in rows if row[1]]), "", *_verdict(search, test)]


def _state(search: SearchRecord) -> str:
    reason = search.reason
    return SEARCH_STATES[search.state] + (f". {reason[0].upper()}{reason[1:].rstrip('.')}." if reason else "")


def _verdict(search: SearchRecord, test: TestScores | None) -> list[str]:
    """What the best trial reached, held against the baselines."""
    best = search.best
    if best is None or best.best_validation_loss is None:
        return _wrapped(
            "No trial has finished, so there is no best setting to report. What became of the trials stands below."
            if search.trials
            else "No trial has begun yet."
        )
    loss = best.best_validation_loss
    if no_better_than_guessing(search, best, loss, test):
        begin = f"Trial {best.number} came first, and yet it has not learned this music."
    else:
        begin = f"Trial {best.number} learned this music best."
    lines = _wrapped(
        f"{begin} Its validation loss is {loss:.4f} nats per token (lower is better): on tunes it had not practised it "
        f"was as unsure as someone choosing among {possibilities(loss, search.vocab_size)}."
    )
    baselines = search.baselines
    untuned = search.untuned.best_validation_loss if search.untuned else None
    against = _compared(search, loss, untuned, *((baselines.ngram, baselines.uniform) if baselines else (None, None)))
    if against:
        lines += ["", *_wrapped(HELD_AGAINST), *against]
    return [*lines, *_on_test(search, test)]


def _on_test(search: SearchRecord, test: TestScores | None) -> list[str]:
    """The same on the tunes that no choice was made on."""
    if test is None:
        return []
    tunes = count(search.n_test, "tune") if search.n_test else "tunes"
    told = f"On the {tunes} held out for the end, which played no part in the search, its loss is {test.best:.4f}:"
    certain = [row for sentence in verdicts(test) for row in _wrapped(f"- {sentence}")]
    return [
        "",
        *_wrapped(told),
        *_compared(search, test.best, test.untuned, test.ngram, test.uniform),
        *(["", *certain] if certain else []),
    ]


def _compared(
    search: SearchRecord, loss: float, untuned: float | None, ngram: float | None, uniform: float | None
) -> list[str]:
    """One line for each loss that is known to hold `loss` against."""
    counting = ngram_name(search.baselines) if search.baselines else "counting what follows what"
    rows = [("the default settings, untuned", untuned), (counting, ngram), ("guessing blindly", uniform)]
    told = [(name, value) for name, value in rows if value is not None and math.isfinite(value)]
    wide = max((len(name) for name, _ in told), default=0)
    return [f"  {name:<{wide}}  {value:.4f}  ({_difference(loss, value)})" for name, value in told]


def _difference(loss: float, baseline: float) -> str:
    if abs(loss - baseline) < 0.005:
        return "the same"
    if loss > baseline:
        return f"better, by {loss - baseline:.4f}"
    return gain(loss, baseline)


def _cautions(search: SearchRecord, test: TestScores | None) -> list[str]:
    """What to know before believing the rest; that nothing finished is said above."""
    if search.best is None:
        return []
    told = [finding for finding in findings(search, test) if finding.kind is Kind.CAUTION]
    lines = [f"- {finding.text} {finding.detail}" for finding in told]
    return [row for line in lines for row in textwrap.wrap(line, WIDTH, subsequent_indent="  ")]


def _best_settings(search: SearchRecord) -> list[str]:
    best = search.best
    if best is None:
        return []
    model = [("model", family_name(best.family))] if best.family else []
    told = [
        (f"{NAMES.get(key, key)} ({key})" if NAMES.get(key, key) != key else key, v) for key, v in settings_of(best)
    ]
    return _rows([*model, *told])


def _ranking(search: SearchRecord) -> list[str]:
    best = ranked(search.trials)
    if not best:
        return []
    title = "THE BEST TRIAL" if len(best) == 1 else f"THE {min(len(best), RANKS)} BEST TRIALS"
    if len(best) > RANKS:
        title += f" OF {len(best):,} THAT FINISHED"
    lines = [title, "-" * WIDTH]
    for rank, trial in enumerate(best[:RANKS], start=1):
        lines += [*_ranked(rank, trial), ""]
    return lines[:-1]


def _ranked(rank: int, trial: TrialRecord) -> list[str]:
    facts = [
        ("Val Loss", _four(trial.best_validation_loss)),
        ("Train Loss", _four(trial.train_loss)),
        ("Best Epoch", None if trial.best_epoch is None else f"{trial.best_epoch}"),
        ("Training Time", None if trial.training_time is None else f"{trial.training_time:.2f}s"),
        ("Parameters", None if trial.n_parameters is None else f"{trial.n_parameters:,}"),
    ]
    return [
        f"RANK {rank}: Trial {trial.number}",
        *(f"  {name}: {value}" for name, value in facts if value is not None),
        "  Hyperparameters:",
        *(f"    {key}: {value}" for key, value in settings_of(trial)),
        *([f"  Model: {family_name(trial.family)}"] if trial.family else []),
    ]


def _importance(search: SearchRecord) -> list[str]:
    if not search.importance:
        return []
    shares = sorted(search.importance.items(), key=lambda item: -item[1])
    explained = "How much of the difference between good and poor trials each setting accounts for."
    if search.importance_is_rough:
        complete = count(search.count(TrialState.COMPLETE), "finished trial")
        explained += f" A first, rough impression from {complete}; with {ENOUGH_FOR_IMPORTANCE} it settles."
    return [*_wrapped(explained), "", *_rows([(both_names(name), percent(share)) for name, share in shares])]


def _unfinished(search: SearchRecord) -> list[str]:
    """Trials without a result, those with the same reason together."""
    headings = {
        TrialState.FAILED: "Failed",
        TrialState.INTERRUPTED: "Interrupted (they do not count)",
        TrialState.PRUNED: "Stopped early because they fell behind",
        TrialState.RUNNING: "Still training",
    }
    lines: list[str] = []
    for state, heading in headings.items():
        trials = search.of_state(state)
        if not trials:
            continue
        lines.append(f"{heading}: {len(trials)}")
        if state in (TrialState.FAILED, TrialState.INTERRUPTED):
            reasons: dict[str, list[int]] = {}
            for trial in trials:
                reasons.setdefault(visible(trial.reason or "No reason was recorded."), []).append(trial.number)
            for reason, numbers in reasons.items():
                lines += _wrapped(f"{_trials(numbers)}: {reason}", indent="  ")
        else:
            lines += _wrapped(_trials([trial.number for trial in trials]), indent="  ")
    return lines


def _to_repeat(search: SearchRecord) -> list[str]:
    rows = [
        ("Seed", str(search.seed)),
        ("Device", search.device + (f", {search.jobs} trials at once" if search.jobs > 1 else "")),
        ("Models", listing([family_name(family) for family in search.families])),
        ("Epochs", f"up to {search.epochs} a trial"),
        ("Music fingerprint", search.fingerprint),
        ("Versions", ", ".join(f"{name} {version}" for name, version in sorted(search.versions.items()))),
    ]
    return [
        *_rows([row for row in rows if row[1]]),
        "",
        "Every trial, and the ranges searched: optimization_results.json",
    ]


def _tally(search: SearchRecord) -> str:
    told = [
        (TrialState.COMPLETE, "finished"),
        (TrialState.PRUNED, "stopped early"),
        (TrialState.FAILED, "failed"),
        (TrialState.RUNNING, "still training"),
        (TrialState.INTERRUPTED, "interrupted"),
    ]
    counts = [f"{n:,} {word}" for state, word in told if (n := len(search.of_state(state)))]
    return f"{search.n_finished:,} of {search.n_trials:,}" + (f": {listing(counts)}" if counts else "")


def _trials(numbers: list[int]) -> str:
    told = [str(number) for number in numbers[:12]]
    more = [f"{len(numbers) - 12:,} more"] if len(numbers) > 12 else []
    return f"{'Trial' if len(numbers) == 1 else 'Trials'} {listing([*told, *more])}"


def _four(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}"


def _section(title: str, lines: list[str]) -> list[str]:
    return [title, "-" * WIDTH, *lines] if lines else []


def _rows(rows: list[tuple[str, str]]) -> list[str]:
    """`name:  value`, the values below each other, long ones wrapped."""
    wide = max(len(name) for name, _ in rows) + 2
    lines: list[str] = []
    for name, value in rows:
        lines += textwrap.wrap(
            visible(value), WIDTH, initial_indent=f"{name + ':':<{wide}}", subsequent_indent=" " * wide
        ) or [f"{name}:"]
    return lines


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + ("  " if indent else ""))
