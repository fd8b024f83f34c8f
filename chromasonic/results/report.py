"""`optimization_report.txt`: a search as a person would tell it."""

from __future__ import annotations

import math
import textwrap
from datetime import datetime

from chromasonic.results.records import SearchRecord, TrialRecord, TrialState, ranked
from chromasonic.results.words import (
    NAMES,
    SEARCH_STATES,
    choices,
    duration,
    gain,
    listing,
    ngram_name,
    settings_of,
)

WIDTH = 78
RANKS = 10  # trials told one by one
HELD_AGAINST = (
    "For comparison, on the same tunes (in brackets: the chance that the best trial gives to what really comes next):"
)


def optimization_report(search: SearchRecord, now: datetime | None = None) -> str:
    """The whole report as text, whatever state the search is in."""
    written = f"{now or datetime.now():%Y-%m-%d %H:%M}"
    parts = [
        ["CHROMASONIC · HYPERPARAMETER SEARCH", "=" * WIDTH, *_rows([("Search", search.name), ("Written", written)])],
        _section("SUMMARY", _summary(search)),
        _section("BEST SETTINGS", _best_settings(search)),
        _ranking(search),
        _section("WHAT MATTERED", _importance(search)),
        _section("TRIALS THAT DID NOT FINISH", _unfinished(search)),
        _section("TO REPEAT IT", _to_repeat(search)),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _summary(search: SearchRecord) -> list[str]:
    rows = [
        ("Music", search.music),
        ("Melodies", _sides(search)),
        ("State", SEARCH_STATES[search.state] + (f". {search.reason}" if search.reason else "")),
        ("Trials", _tally(search)),
        ("Time", duration(search.total_time)),
    ]
    return [*_rows([row for row in rows if row[1]]), "", *_verdict(search)]


def _verdict(search: SearchRecord) -> list[str]:
    """What the best trial reached, held against the baselines."""
    best = search.best
    if best is None or best.best_validation_loss is None:
        return _wrapped(
            "No trial has finished, so there is no best setting to report. What became of the trials stands below."
            if search.trials
            else "No trial has begun yet."
        )
    loss = best.best_validation_loss
    lines = _wrapped(
        f"Trial {best.number} learned this music best. Its validation loss is {loss:.4f} nats per token (lower is "
        f"better): on tunes it had not practised it was as unsure as someone choosing among {choices(loss)} equally "
        "likely possibilities."
    )
    against = _compared(search, loss)
    return [*lines, "", *_wrapped(HELD_AGAINST), *against] if against else lines


def _compared(search: SearchRecord, loss: float) -> list[str]:
    rows: list[tuple[str, float]] = []
    if search.untuned is not None and search.untuned.best_validation_loss is not None:
        rows.append(("the default settings, untuned", search.untuned.best_validation_loss))
    if search.baselines is not None:
        rows += [(ngram_name(search.baselines), search.baselines.ngram), ("guessing blindly", search.baselines.uniform)]
    told = [(name, value) for name, value in rows if math.isfinite(value)]
    wide = max((len(name) for name, _ in told), default=0)
    return [f"  {name:<{wide}}  {value:.4f}  ({_difference(loss, value)})" for name, value in told]


def _difference(loss: float, baseline: float) -> str:
    if abs(loss - baseline) < 0.005:
        return "the same"
    if loss > baseline:
        return f"better, by {loss - baseline:.4f}"
    return gain(loss, baseline)


def _best_settings(search: SearchRecord) -> list[str]:
    best = search.best
    if best is None:
        return []
    model = [("model", best.family)] if best.family else []
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
        *([f"  Model: {trial.family}"] if trial.family else []),
    ]


def _importance(search: SearchRecord) -> list[str]:
    if not search.importance:
        return []
    shares = sorted(search.importance.items(), key=lambda item: -item[1])
    explained = "How much of the difference between good and poor trials each setting accounts for."
    return [*_wrapped(explained), "", *_rows([(NAMES.get(name, name), f"{share:.0%}") for name, share in shares])]


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
                reasons.setdefault(" ".join((trial.reason or "No reason was recorded.").split()), []).append(
                    trial.number
                )
            for reason, numbers in reasons.items():
                lines += _wrapped(f"{_trials(numbers)}: {reason}", indent="  ")
        else:
            lines += _wrapped(_trials([trial.number for trial in trials]), indent="  ")
    return lines


def _to_repeat(search: SearchRecord) -> list[str]:
    rows = [
        ("Seed", str(search.seed)),
        ("Device", search.device + (f", {search.jobs} trials at once" if search.jobs > 1 else "")),
        ("Models", listing(search.families)),
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


def _sides(search: SearchRecord) -> str:
    if not search.n_train:
        return ""
    sides = [f"{search.n_train:,} to learn from", f"{search.n_validation:,} to judge by"]
    return listing([*sides, f"{search.n_test:,} held out for the end"] if search.n_test else sides)


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
            " ".join(value.split()), WIDTH, initial_indent=f"{name + ':':<{wide}}", subsequent_indent=" " * wide
        ) or [f"{name}:"]
    return lines


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + ("  " if indent else ""))
