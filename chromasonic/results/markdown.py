"""`optimization_report.md`: the report for whoever keeps notes in Markdown, or shows them on GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from chromasonic.languages import clause, figure, moment, sentence, sentences, sign
from chromasonic.music.text import visible
from chromasonic.results.contents import Contents, Rival, contents_of
from chromasonic.results.finding import Finding, Kind
from chromasonic.results.records import PARAMETERS, SearchRecord, TestScores, new_bests
from chromasonic.results.report_words import HEADINGS, WORDS, ranking_title
from chromasonic.results.words import NAMES, family_name, percent, setting

_MARKUP = re.compile(r"[\\`*_\[\]<>|~#$&!]|:(?=//)")
_Table = Iterable[Sequence[str]]


def markdown_report(search: SearchRecord, now: datetime | None = None, test: TestScores | None = None) -> str:
    """The whole report as Markdown (CommonMark with tables) in the language of now, whatever its state.

    Args:
        search: The search.
        now: The time of writing; the present when not given.
        test: Losses on the held-out test tunes, when they were measured.

    Raises:
        SettingsError: an argument is not what it may be.
    """
    contents = contents_of(search, now, test)
    facts = [*contents.facts, (WORDS["written"], moment(contents.written))]
    parts = [
        f"# {escaped(contents.name or WORDS['no_name'])}",
        *(escaped(told) for told in contents.lead),
        _list(f"**{name}{sign(': ').rstrip()}** {escaped(value)}" for name, value in facts),
        _section(WORDS["how_good"], *_verdict(contents)),
        *(_section(heading, _findings(contents.findings[1:], kind)) for kind, heading in HEADINGS.items()),
        _section(WORDS["best_settings"], _best_settings(contents)),
        _section(WORDS["steps"], _steps(search)),
        _section(WORDS["importance"], *_importance(contents)),
        _section(ranking_title(contents), _ranking(contents)),
        _section(WORDS["unfinished"], _unfinished(contents)),
        _section(WORDS["to_repeat"], _to_repeat(contents)),
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
        spread = [WORDS["spread"].format(spread=contents.on_test.spread)] if contents.on_test.spread else []
        parts.append(_list(escaped(sentence) for sentence in [*spread, *contents.on_test.verdicts]))
    return parts


def _compared(loss: float, rivals: list[Rival]) -> str:
    rows = [(f"**{WORDS['the_best_trial']}**", f"**{_four(loss)}**", "")]
    rows += [(escaped(rival.name), _four(rival.loss), escaped(rival.difference)) for rival in rivals]
    return _table(_heading("model", "loss_in_nats", "chance"), rows)


def _findings(findings: list[Finding], kind: Kind) -> str:
    return _list(escaped(sentences([told.text, told.detail])) for told in findings if told.kind is kind)


def _best_settings(contents: Contents) -> str:
    rows = [(escaped(told.plain), escaped(told.term), f"**{escaped(told.value)}**") for told in contents.settings]
    return _table(_heading("plain", "term", "best_value"), rows)


def _steps(search: SearchRecord) -> str:
    rows = [
        (f"{trial.number}", _four(trial.best_validation_loss), escaped(family_name(trial.family)))
        for trial in new_bests(search)
    ]
    return _table(_heading("trial", "loss", "model"), rows)


def _importance(contents: Contents) -> list[str]:
    if not contents.importance:
        return []
    if contents.importance_is_rough:
        names = [escaped(names) for names, _ in contents.importance]
        return [
            contents.importance_explained,
            "\n".join(f"{place}. {name}" for place, name in enumerate(names, start=1)),
        ]
    rows = [(escaped(names), percent(share)) for names, share in contents.importance]
    return [contents.importance_explained, _table(_heading("setting", "share"), rows)]


def _ranking(contents: Contents) -> str:
    facts = _heading("rank", "trial", "loss", "best_epoch", "time", "parameters", "model")
    rows = [
        (
            f"{rank}",
            f"{trial.number}",
            _four(trial.best_validation_loss),
            "–" if trial.best_epoch is None else f"{trial.best_epoch}",
            "–" if trial.training_time is None else WORDS["seconds"].format(s=round(trial.training_time)),
            "–" if trial.n_parameters is None else figure(f"{trial.n_parameters:,}"),
            escaped(family_name(trial.family)),
            *(escaped(setting(key, trial.params[key])) if key in trial.params else "–" for key in PARAMETERS),
        )
        for rank, trial in enumerate(contents.ranking, start=1)
    ]
    return _table((*facts, *(NAMES[key] for key in PARAMETERS)), rows)


def _unfinished(contents: Contents) -> str:
    return _list(
        f"**{group.heading}{sign(': ')}{group.n}{sign('.')}** "
        + escaped(sentence(sign("; ").join(clause(told) for told in group.told)))
        for group in contents.unfinished
    )


def _to_repeat(contents: Contents) -> str:
    return _table(_heading("what", "value"), ((name, escaped(value)) for name, value in contents.to_repeat))


def _four(loss: float | None) -> str:
    return "–" if loss is None else figure(f"{loss:.4f}")


def _heading(*names: str) -> tuple[str, ...]:
    return tuple(WORDS[name] for name in names)


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
