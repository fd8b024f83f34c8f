"""The parts of the Results page, from the verdict to the last lesson."""

from __future__ import annotations

import io
import zipfile
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from chromasonic.languages import comma, current, figure, kept, sentences, sign
from chromasonic.music.text import one_line
from chromasonic.results import charts as gathered
from chromasonic.results.advice import findings
from chromasonic.results.certainty import spread_in_words, verdicts
from chromasonic.results.charts import Slice
from chromasonic.results.details import compare, describe_trial, draw_comparison, draw_trial
from chromasonic.results.finding import Chart, ChartKind, Finding
from chromasonic.results.labels import Labels
from chromasonic.results.records import PARAMETERS, SearchRecord, TestScores, TrialRecord, TrialState, ranked
from chromasonic.results.words import (
    NAMES,
    PLAIN_NAMES,
    WITHIN_A_SENTENCE,
    count,
    curve_loss,
    duration,
    number,
    setting,
)
from chromasonic.ui import charts, errors, remarks_view, songs_view, tables
from chromasonic.ui.live_charts import live_charts
from chromasonic.ui.progress_view import family_label, how_to_read_history, settings_in_words
from chromasonic.ui.wording import progress as progress_words
from chromasonic.ui.wording import results as words
from chromasonic.ui.wording import settings as setting_words
from chromasonic.ui.wording import songs as song_words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search

_ROWS_SHOWN = 8
_ROW_HEIGHT = 35  # pixels, as Streamlit draws them
_NOTE_SHOWN = 80  # characters of a note in the table
_BEFORE_TAGS = 5  # columns: what matters most comes first
_WIDTHS = {"starred": 32, "rank": 52, "trial": 48, "loss": 56, "state": 98}  # pixels; others as wide as their heading


def show_verdict(record: SearchRecord, test: TestScores | None) -> None:
    """The best trial beside its baselines, as bars and as numbers."""
    comparison = compare(record, test)
    if comparison is None:
        return
    st.header(words.VERDICT, anchor=False)
    charts.show_chart(
        draw_comparison(comparison, dark=charts.is_dark()),
        alt=comparison.describe(),
        how_to_read=words.READ_COMPARISON[comparison.is_on_test].format(tunes=count(record.n_test, "tune")),
        key="comparison",
    )
    if test is not None and test.interval is not None:
        told = [words.TEST_SCORE.format(score=spread_in_words(test.interval)), *verdicts(test)]
        st.markdown("\n".join(f"- {sentence}" for sentence in told))
    with st.expander(words.COMPARISON_TABLE):
        st.table(
            {
                words.COLUMN_NAME: [score.name for score in comparison.scores],
                words.COLUMN_LOSS: [figure(f"{score.loss:.3f}") for score in comparison.scores],
                words.COLUMN_CHOICES: [comparison.choices(score) for score in comparison.scores],
                words.COLUMN_DIFFERENCE: [comparison.difference(score) for score in comparison.scores],
            },
            hide_index=True,
        )


def show_songs(search: Search, record: SearchRecord) -> None:
    """What the models sang on the way, and the history in which one chooses among them."""
    if not search.is_melodic:
        return
    songs_view.show_songs(search, record)
    drawn = live_charts(search, record, charts.is_dark())
    st.caption(sentences([song_words.READ_CHART, how_to_read_history(record)]))
    songs_view.show_history(search, drawn.history, key="history chart")


def show_findings(record: SearchRecord, test: TestScores | None) -> list[Finding]:
    """What the search says in plain words, each with the charts that show it; gives back what was said."""
    st.header(words.FINDINGS, anchor=False)
    told = _findings(record, test)
    for place, finding in enumerate(told):
        st.markdown(f"{words.ICONS[finding.kind]} {errors.escaped(finding.text)}")
        if finding.detail:
            st.caption(errors.escaped(finding.detail))
        if finding.charts:
            _offer_charts(record, finding, key=f"see {place}")
    return told


def _offer_charts(record: SearchRecord, finding: Finding, key: str) -> None:
    """The charts that show a finding, drawn once someone wants to see them."""
    seen = st.expander(words.SEE_IT, icon=":material/show_chart:", key=key, type="compact", on_change="rerun")
    if not seen.open:
        return
    with seen:
        for place, chart in enumerate(finding.charts):
            _show_chart_of(record, chart, key=f"{key}, {place}")


_latest_found: dict[str, tuple[SearchRecord, TestScores | None, list[Finding]]] = {}


def _findings(record: SearchRecord, test: TestScores | None) -> list[Finding]:
    """What was found, kept while the same record is looked at: it takes half a second at 10,000 trials."""
    latest = _latest_found.get(current())
    if latest is None or latest[0] is not record or latest[1] != test:
        latest = _latest_found[current()] = (record, test, findings(record, test))
    return latest[2]


def _show_chart_of(record: SearchRecord, chart: Chart, key: str) -> None:
    from chromasonic.results import figures

    dark = charts.is_dark()
    if chart.kind is ChartKind.SLICE:
        points = gathered.slice_of(record, chart.setting)
        figure, alt, how_to_read = figures.draw_slice(points, dark=dark), points.describe(), _read_slice(points)
    elif chart.kind is ChartKind.LEARNING:
        trial = next(trial for trial in record.trials if trial.number == chart.trial)
        figure, alt, how_to_read = draw_trial(trial, dark=dark), describe_trial(trial), words.READ_TRIAL
    elif chart.kind is ChartKind.IMPORTANCE:
        shares = gathered.importance(record)
        figure, alt = figures.draw_importance(shares, dark=dark), shares.describe()
        how_to_read = progress_words.READ_IMPORTANCE
    else:
        history = gathered.loss_history(record)
        figure, alt, how_to_read = figures.draw_loss_history(history, dark=dark), history.describe(), words.READ_HISTORY
    charts.show_chart(figure, alt=alt, how_to_read=how_to_read, key=key)


def show_best_settings(best: TrialRecord) -> None:
    """The winning settings: plain words, term, value."""
    st.header(words.SETTINGS, anchor=False)
    keys = ["model_family", *(key for key in PARAMETERS if key in best.params)]
    values = {
        "model_family": errors.escaped(family_label(best)),
        **{key: setting(key, value) for key, value in best.params.items()},
    }
    st.table(
        {
            words.SETTING: [PLAIN_NAMES[key] for key in keys],
            words.TERM: [NAMES[key] for key in keys],
            words.VALUE: [values[key] for key in keys],
        },
        hide_index=True,
    )
    st.caption(setting_words.METAPHORS)


def show_leaderboard(search: Search, record: SearchRecord) -> None:
    """All finished trials, best first, and one of them in detail."""
    st.header(words.LEADERBOARD, anchor=False)
    st.caption(words.HOW_TO_PICK)
    trials = leaderboard(record)
    headings = _headings()
    widths = {headings[key]: width for key, width in _WIDTHS.items()}
    meanings = {headings[key]: meaning for key, meaning in words.COLUMNS.items()}
    meanings |= {NAMES[key]: f"{PLAIN_NAMES[key]}." for key in PARAMETERS}
    columns = _with_remarks(_columns(trials), search, trials)
    table, formats = tables.in_language(columns, _numbers())
    event = st.dataframe(
        table,
        hide_index=True,
        placeholder="–",  # which would be “None”
        height=(min(len(trials), _ROWS_SHOWN) + 1) * _ROW_HEIGHT + 3,
        column_config={
            name: st.column_config.NumberColumn(format=formats[name], help=meanings[name], width=widths.get(name))
            if name in formats
            else st.column_config.Column(help=meanings[name], width=widths.get(name))
            for name in columns
        },
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [0]}},
        key=f"leaderboard {record.name}",
        alt=words.LEADERBOARD_ALT,
    )
    short = {NAMES[key]: WITHIN_A_SENTENCE[key] for key in PARAMETERS}
    short |= {headings[key]: meaning for key, meaning in words.SHORT_MEANINGS.items()}
    st.caption(
        words.MEANINGS.format(meanings=sign("; ").join(f"*{name}* – {meaning}" for name, meaning in short.items()))
    )
    rows = event.selection.rows
    _show_trial(search, trials[rows[0] if rows and rows[0] < len(trials) else 0])


def leaderboard(record: SearchRecord) -> list[TrialRecord]:
    """The complete trials, lowest loss first; then those that rest, those stopped early, and those that failed."""
    resting, pruned = (
        sorted(record.of_state(state), key=lambda trial: (curve_loss(trial) or 0.0, trial.number))
        for state in (TrialState.RESTING, TrialState.PRUNED)
    )
    return [*ranked(record.trials), *resting, *pruned, *record.of_state(TrialState.FAILED)]


def _headings() -> dict[str, str]:
    """What each column is called that is not a setting."""
    return {
        "rank": words.RANK, "trial": words.TRIAL, "loss": words.LOSS, "model": words.MODEL, "state": words.STATE,
        "epoch": words.EPOCH, "time": words.TIME, "size": words.SIZE, "starred": words.STARRED, "tags": words.TAGS,
        "note": words.NOTE,
    }  # fmt: skip


def _numbers() -> dict[str, tables.Written]:
    """How the numbers of a column are written; those of other columns are small whole ones."""
    return {
        words.LOSS: tables.as_text("{n:.3f}"),
        words.TIME: tables.as_text(words.SECONDS),
        words.SIZE: tables.as_text("{n:,d}"),
        NAMES["learning_rate"]: tables.Written("%.2g", number),
        NAMES["dropout"]: tables.as_text("{n:.2f}"),
    }


def _columns(trials: list[TrialRecord]) -> dict[str, list[Any]]:
    n_ranked = sum(trial.state is TrialState.COMPLETE for trial in trials)
    return {
        words.RANK: [place + 1 if place < n_ranked else None for place in range(len(trials))],
        words.TRIAL: [trial.number for trial in trials],
        words.LOSS: [curve_loss(trial) for trial in trials],
        words.MODEL: [family_label(trial) for trial in trials],
        words.STATE: [words.STATES[trial.state] for trial in trials],
        **{NAMES[key]: [trial.params.get(key) for trial in trials] for key in PARAMETERS},
        words.EPOCH: [trial.best_epoch for trial in trials],
        words.TIME: [None if trial.training_time is None else round(trial.training_time) for trial in trials],
        words.SIZE: [trial.n_parameters for trial in trials],
    }


def _with_remarks(columns: dict[str, list[Any]], search: Search, trials: list[TrialRecord]) -> dict[str, list[Any]]:
    """The table with what people said about its trials; without such columns where they said nothing."""
    labels, notes = search.remarks.all_labels(), search.remarks.trial_notes()
    labels_of = [labels.get(trial.number, Labels()) for trial in trials]
    said = {
        words.STARRED: [words.STAR if one.is_starred else "" for one in labels_of],
        words.TAGS: [comma().join(one.tags) for one in labels_of],
        words.NOTE: [
            one_line(notes[trial.number].text, _NOTE_SHOWN) if trial.number in notes else "" for trial in trials
        ],
    }
    said = {name: column for name, column in said.items() if any(column)}
    star = {name: said.pop(name) for name in (words.STARRED,) if name in said}
    places = list(columns.items())
    return star | dict(places[:_BEFORE_TAGS]) | said | dict(places[_BEFORE_TAGS:])


def _show_trial(search: Search, trial: TrialRecord) -> None:
    st.markdown(f"**{words.CHOSEN_TRIAL.format(number=trial.number)}**")
    facts = [words.STATES[trial.state]]
    if trial.reason:
        facts.append(errors.escaped(errors.told(trial.reason)))
    if trial.training_time is not None:
        facts.append(words.TRAINED.format(epochs=count(trial.epochs_run, "epoch"), time=duration(trial.training_time)))
    st.caption(" · ".join(facts) + "  \n" + settings_in_words(trial))
    remarks_view.show_remarks(search, trial.number, place="trial")
    charts.show_chart(
        draw_trial(trial, dark=charts.is_dark()),
        alt=describe_trial(trial),
        how_to_read=words.READ_TRIAL,
        key="trial chart",
    )


def show_slice(record: SearchRecord) -> None:
    """Loss against the setting one chooses; the one that mattered most comes first."""
    from chromasonic.results.figures import draw_slice

    st.header(words.SLICE, anchor=False)
    important = list(record.importance or {})
    keys = sorted(PARAMETERS, key=lambda key: important.index(key) if key in important else len(important))
    key = st.selectbox(words.SLICE_OF, keys, format_func=setting_words.plain, key="slice")
    points = gathered.slice_of(record, key)
    figure = draw_slice(points, dark=charts.is_dark())
    charts.show_chart(figure, alt=points.describe(), how_to_read=_read_slice(points), key="slice chart")


def _read_slice(points: Slice) -> str:
    told = [words.READ_SLICE]
    if points.unfinished.losses:
        told.append(words.READ_SLICE_UNFINISHED)
    if points.n_above:
        told.append(words.READ_SLICE_ABOVE.format(trials=count(points.n_above, "trial")))
    return sentences(told)


def show_timeline(record: SearchRecord) -> None:
    """When each trial trained."""
    from chromasonic.results.figures import draw_timeline

    st.header(words.TIMELINE, anchor=False)
    timeline = gathered.timeline(record)
    figure = draw_timeline(timeline, dark=charts.is_dark())
    read = words.READ_TIMELINE_RESTING if record.lets_rest else words.READ_TIMELINE
    how_to_read = sentences([read, *([words.READ_BREAKS] if timeline.breaks else [])])
    charts.show_chart(figure, alt=timeline.describe(), how_to_read=how_to_read, key="timeline chart")


def offer_downloads(search: Search) -> None:
    """The four files a search leaves, one zip of all, and the report to show; each made when it is asked for."""
    st.header(words.DOWNLOADS, anchor=False)
    st.caption(words.DOWNLOADS_HELP)
    with st.container(horizontal=True, gap="small"):
        for name, (label, explanation) in words.FILES.items():
            st.download_button(
                label,
                partial(_file, search, name),
                file_name=name,
                mime=_MIME[name.rpartition(".")[2]],
                on_click="ignore",
                help=explanation,
                icon=":material/download:",
                key=name,
            )
        for kind, (label, explanation) in words.REPORTS.items():
            st.download_button(
                label,
                kept(partial(_report, search, kind)),
                file_name=f"optimization_report.{kind}",
                mime=_MIME[kind],
                on_click="ignore",
                help=explanation,
                icon=":material/download:",
                key=f"report {kind}",
            )
        st.download_button(
            words.ZIP,
            kept(partial(_zip, search)),
            file_name="chromasonic-results.zip",
            mime="application/zip",
            on_click="ignore",
            help=words.ZIP_HELP,
            icon=":material/folder_zip:",
            key="zip",
        )


_MIME = {
    "json": "application/json",
    "txt": "text/plain",
    "png": "image/png",
    "html": "text/html",
    "md": "text/markdown",
}


def _file(search: Search, name: str) -> bytes:
    from chromasonic.melody_generation.hyperparameter_search.evaluation import known_scores
    from chromasonic.results.export import PLOT_FILE, result_files

    return result_files(search.record(), plot=name == PLOT_FILE, test=known_scores(search))[name]


def _report(search: Search, kind: str) -> bytes:
    from chromasonic.operations.report_files import make_report

    return make_report(search, kind)


def _zip(search: Search) -> bytes:
    from chromasonic.melody_generation.hyperparameter_search.evaluation import known_scores
    from chromasonic.results.export import results_zip

    packed = io.BytesIO(results_zip(search.record(), known_scores(search)))
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        for kind in words.REPORTS:
            archive.writestr(f"optimization_report.{kind}", _report(search, kind))
    return packed.getvalue()
