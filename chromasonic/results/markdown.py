"""`optimization_report.md`: the report for whoever keeps notes in Markdown, or shows them on GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from chromasonic.languages import ENGLISH, speaking
from chromasonic.music.text import visible
from chromasonic.results.contents import RANKS, Contents, Rival, contents_of
from chromasonic.results.finding import Finding, Kind
from chromasonic.results.records import PARAMETERS, SearchRecord, TestScores, new_bests
from chromasonic.results.words import NAMES, family_name, percent, setting

HEADINGS = {
    Kind.CAUTION: "Read with care",
    Kind.WON: "What it means",
    Kind.MATTERED: "What mattered",
    Kind.NEXT: "What to try next",
}
"""Of the findings, in the order in which they are told."""

_MARKUP = re.compile(r"[\\`*_\[\]<>|~#$&!]|:(?=//)")
_Table = Iterable[Sequence[str]]


@speaking(ENGLISH)
def markdown_report(search: SearchRecord, now: datetime | None = None, test: TestScores | None = None) -> str:
    """The whole report as Markdown (CommonMark with tables), whatever state the search is in.

    Args:
        search: The search.
        now: The time of writing; the present when not given.
        test: Losses on the held-out test tunes, when they were measured.

    Raises:
        SettingsError: an argument is not what it may be.
    """
    contents = contents_of(search, now, test)
    parts = [
        f"# {escaped(contents.name) or 'A search'}",
        *(escaped(told) for told in contents.lead),
        _list(f"**{name}:** {escaped(value)}" for name, value in [*contents.facts, ("Written", contents.written)]),
        _section("How good is it?", *_verdict(contents)),
        *(_section(heading, _findings(contents.findings[1:], kind)) for kind, heading in HEADINGS.items()),
        _section("The best settings", _best_settings(contents)),
        _section("Each new best on the way", _steps(search)),
        _section("How much each setting mattered", *_importance(contents)),
        _section(_ranking_title(contents), _ranking(contents)),
        _section("Trials that did not finish", _unfinished(contents)),
        _section("To repeat it", _to_repeat(contents)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str) -> str:
    """`text` as it is, where Markdown would read more into it."""
    return _MARKUP.sub(r"\\\g<0>", visible(text))


def _verdict(contents: Contents) -> list[str]:
    parts = []
    if contents.loss is not None and contents.rivals:
        parts.append(_compared(contents.loss, contents.rivals))
    if contents.on_test is not None:
        parts += [escaped(contents.on_test.told), _compared(contents.on_test.loss, contents.on_test.rivals)]
        spread = [f"Its loss there is {contents.on_test.spread} nats per token."] if contents.on_test.spread else []
        parts.append(_list(escaped(sentence) for sentence in [*spread, *contents.on_test.verdicts]))
    return parts


def _compared(loss: float, rivals: list[Rival]) -> str:
    rows = [("**the best trial**", f"**{loss:.4f}**", "")]
    rows += [(escaped(rival.name), f"{rival.loss:.4f}", escaped(rival.difference)) for rival in rivals]
    return _table(("Model", "Loss (nats per token)", "What really comes next gets from the best trial"), rows)


def _findings(findings: list[Finding], kind: Kind) -> str:
    return _list(escaped(f"{told.text} {told.detail}".strip()) for told in findings if told.kind is kind)


def _best_settings(contents: Contents) -> str:
    rows = [(escaped(told.plain), escaped(told.term), f"**{escaped(told.value)}**") for told in contents.settings]
    return _table(("In plain words", "Its term", "Best value"), rows)


def _steps(search: SearchRecord) -> str:
    rows = [
        (f"{trial.number}", f"{trial.best_validation_loss:.4f}", escaped(family_name(trial.family)))
        for trial in new_bests(search)
    ]
    return _table(("Trial", "Loss", "Model"), rows)


def _importance(contents: Contents) -> list[str]:
    rows = [(escaped(names), percent(share)) for names, share in contents.importance]
    return [contents.importance_explained, _table(("Setting", "Share"), rows)] if rows else []


def _ranking_title(contents: Contents) -> str:
    if len(contents.ranking) == 1:
        return "The best trial"
    more = f" of {contents.n_ranked:,} that finished" if contents.n_ranked > RANKS else ""
    return f"The {len(contents.ranking)} best trials{more}"


def _ranking(contents: Contents) -> str:
    facts = ("Rank", "Trial", "Loss", "Best epoch", "Time", "Parameters", "Model")
    rows = [
        (
            f"{rank}",
            f"{trial.number}",
            f"{trial.best_validation_loss:.4f}",
            "–" if trial.best_epoch is None else f"{trial.best_epoch}",
            "–" if trial.training_time is None else f"{trial.training_time:.0f} s",
            "–" if trial.n_parameters is None else f"{trial.n_parameters:,}",
            escaped(family_name(trial.family)),
            *(escaped(setting(key, trial.params[key])) if key in trial.params else "–" for key in PARAMETERS),
        )
        for rank, trial in enumerate(contents.ranking, start=1)
    ]
    return _table((*facts, *(NAMES[key] for key in PARAMETERS)), rows)


def _unfinished(contents: Contents) -> str:
    return _list(
        f"**{group.heading}: {group.n}.** {escaped('; '.join(told.rstrip('.') for told in group.told))}."
        for group in contents.unfinished
    )


def _to_repeat(contents: Contents) -> str:
    return _table(("What", "Value"), ((name, escaped(value)) for name, value in contents.to_repeat))


def _section(heading: str, *parts: str) -> str:
    told = [part for part in parts if part]
    return "\n\n".join([f"## {heading}", *told]) if told else ""


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _table(heading: Sequence[str], rows: _Table) -> str:
    """Nothing where there are no rows."""
    told = [*rows]
    lines = [heading, ["---"] * len(heading), *told]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) if told else ""
