"""`optimization_report.txt`: a search as a person would tell it."""

from __future__ import annotations

import textwrap
from datetime import datetime

from chromasonic.languages import ENGLISH, speaking
from chromasonic.music.text import visible
from chromasonic.results.contents import RANKS, Contents, OnTest, Rival, Rows, Setting, contents_of
from chromasonic.results.finding import Kind
from chromasonic.results.records import SearchRecord, TestScores, TrialRecord
from chromasonic.results.words import family_name, percent, settings_of

WIDTH = 78
HELD_AGAINST = (
    "The loss of others on the same tunes; in brackets, the chance that the best trial gives to what really comes "
    "next, beside theirs:"
)


@speaking(ENGLISH)
def optimization_report(search: SearchRecord, now: datetime | None = None, test: TestScores | None = None) -> str:
    """The whole report as text, whatever state the search is in.

    Args:
        search: The search.
        now: The time of writing; the present when not given.
        test: Losses on the held-out test tunes, when they were measured.
    """
    contents = contents_of(search, now, test)
    heading = [("Search", contents.name), ("Written", f"{contents.written:%Y-%m-%d %H:%M}")]
    parts = [
        ["CHROMASONIC · HYPERPARAMETER SEARCH", "=" * WIDTH, *_rows(heading)],
        _section("SUMMARY", [*_rows(contents.facts), "", *_verdict(contents)]),
        _section("READ WITH CARE", _cautions(contents)),
        _section("BEST SETTINGS", _rows([(_both_names(setting), setting.value) for setting in contents.settings])),
        _ranking(contents),
        _section("WHAT MATTERED", _importance(contents)),
        _section("TRIALS THAT DID NOT FINISH", _unfinished(contents)),
        _section("TO REPEAT IT", _to_repeat(contents)),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _verdict(contents: Contents) -> list[str]:
    """What the best trial reached, held against the baselines."""
    lines = _wrapped(f"{contents.verdict} {contents.loss_told}".strip())
    if contents.rivals:
        lines += ["", *_wrapped(HELD_AGAINST), *_compared(contents.rivals)]
    return [*lines, *(_on_test(contents.on_test) if contents.on_test else [])]


def _on_test(found: OnTest) -> list[str]:
    """The same on the tunes that no choice was made on."""
    certain = _bullets(found.verdicts)
    return ["", *_wrapped(found.told), *_compared(found.rivals), *(["", *certain] if certain else [])]


def _compared(rivals: list[Rival]) -> list[str]:
    """One line for each loss to hold that of the best trial against."""
    wide = max((len(rival.name) for rival in rivals), default=0)
    return [f"  {rival.name:<{wide}}  {rival.loss:.4f}  ({rival.difference})" for rival in rivals]


def _cautions(contents: Contents) -> list[str]:
    """What to know before believing the rest; that nothing finished is said above."""
    if contents.loss is None:
        return []
    told = [finding for finding in contents.findings if finding.kind is Kind.CAUTION]
    return _bullets([f"{finding.text} {finding.detail}" for finding in told])


def _both_names(setting: Setting) -> str:
    """`learning rate (learning_rate)`."""
    return f"{setting.term} ({setting.key})" if setting.term and setting.key != setting.term else setting.key


def _ranking(contents: Contents) -> list[str]:
    best = contents.ranking
    if not best:
        return []
    title = "THE BEST TRIAL" if len(best) == 1 else f"THE {len(best)} BEST TRIALS"
    if contents.n_ranked > RANKS:
        title += f" OF {contents.n_ranked:,} THAT FINISHED"
    lines = [title, "-" * WIDTH]
    for rank, trial in enumerate(best, start=1):
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


def _importance(contents: Contents) -> list[str]:
    if not contents.importance:
        return []
    if contents.importance_is_rough:
        told = [f"{place}. {names}" for place, (names, _) in enumerate(contents.importance, start=1)]
    else:
        told = _rows([(names, percent(share)) for names, share in contents.importance])
    return [*_wrapped(contents.importance_explained), "", *told]


def _unfinished(contents: Contents) -> list[str]:
    """Trials without a result, those with the same reason together."""
    return [
        line
        for group in contents.unfinished
        for line in (
            f"{group.heading}: {group.n}",
            *(row for told in group.told for row in _wrapped(told, indent="  ")),
        )
    ]


def _to_repeat(contents: Contents) -> list[str]:
    return [
        *_rows(contents.to_repeat),
        "",
        "Every trial, and the ranges searched: optimization_results.json",
    ]


def _four(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}"


def _section(title: str, lines: list[str]) -> list[str]:
    return [title, "-" * WIDTH, *lines] if lines else []


def _rows(rows: Rows) -> list[str]:
    """`name:  value`, the values below each other, long ones wrapped."""
    wide = max((len(name) for name, _ in rows), default=0) + 2
    lines: list[str] = []
    for name, value in rows:
        lines += textwrap.wrap(
            visible(value), WIDTH, initial_indent=f"{name + ':':<{wide}}", subsequent_indent=" " * wide
        ) or [f"{name}:"]
    return lines


def _bullets(told: list[str]) -> list[str]:
    return [row for text in told for row in textwrap.wrap(f"- {text}", WIDTH, subsequent_indent="  ")]


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + ("  " if indent else ""))
