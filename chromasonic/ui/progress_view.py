"""A search, live: every second a fragment looks; the charts are drawn anew only when the search has changed.

The songs stand between two such fragments, in one that no clock runs: whoever listens is left in peace.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.languages import clause, comma, figure, sentence, sentences, sign
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.results.records import (
    WORKER_LEFT,
    YOU_STOPPED_IT,
    Epoch,
    SearchRecord,
    SearchState,
    TrialRecord,
    TrialState,
)
from chromasonic.results.words import (
    duration,
    possibilities,
    settings_of,
    trials_by_number,
    waiting_time,
    within_a_sentence,
)
from chromasonic.ui import charts, context, errors, shell, songs_view, watching, workers_view
from chromasonic.ui.live_charts import LiveCharts, live_charts
from chromasonic.ui.search_controls import AT_WORK, show_controls
from chromasonic.ui.steady_chart import show_steady_chart
from chromasonic.ui.wording import progress as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
    from chromasonic.melody_generation.hyperparameter_search.search import Search
    from chromasonic.melody_generation.hyperparameter_search.status import CurrentTrial

LOOK_EVERY = 1.0  # seconds
LOOK_BELOW_EVERY = 2.0  # seconds: at what is further down the page
LOOK_AT_REST = 3.0  # seconds: for whether a terminal or another window went on with it
MOST_REASONS = 12

_MARKED_IN_CURVES = (TrialState.RESTING, TrialState.PRUNED)


def show_progress(search: Search) -> None:
    """The whole page of one search."""
    before = search.record()
    was_at_work = before.state in AT_WORK
    is_awaited = workers_view.is_shared(search) and not search.record().is_used_up  # a worker may come at any moment
    is_live = was_at_work or is_awaited

    @st.fragment(run_every=LOOK_EVERY if is_live else None)
    @errors.shown_plainly()
    def look() -> None:
        look_once(search)
        if _layout(search.record()) != _layout(before) or songs_view.was_asked(search):
            st.rerun()  # once: the clocks stop or start, other buttons come, or another song

    @st.fragment
    @errors.shown_plainly()
    def hear() -> None:
        songs_view.show_songs(search, search.record())

    @st.fragment(run_every=LOOK_BELOW_EVERY if is_live else None)
    @errors.shown_plainly()
    def look_below() -> None:
        look_below_once(search)

    @st.fragment(run_every=LOOK_AT_REST)
    @errors.shown_plainly()
    def wait() -> None:  # and draw nothing meanwhile, so that whoever looks into a chart keeps the place
        if search.record().state in AT_WORK:
            st.rerun()

    look()
    if _has_begun(before):
        hear()
        look_below()
    if not is_live:
        wait()


def _layout(record: SearchRecord) -> tuple[bool, bool, int | None]:
    """What decides which parts the page has and which songs: at work or not, begun or not, and who is best."""
    return record.state in AT_WORK, _has_begun(record), record.best.number if record.best else None


def look_once(search: Search) -> None:
    """Show how the search stands, down to the history of its losses."""
    context.refuse_strangers(search)  # its owner may have closed the door since the page was opened
    record = search.record()
    _show_standing(search, record, context.registry().runner(search))
    watching.watch_here(search, record)
    _show_current(record, context.registry().runner(search))
    if workers_view.is_shared(search):
        workers_view.show_workers(search, record)
    _show_history(search, record)


def look_below_once(search: Search) -> None:
    """Show what stands below the songs: how each trial learned, what matters, what failed."""
    context.refuse_strangers(search)
    record = search.record()
    _show_charts(live_charts(search, record, charts.is_dark()), record)
    _show_failures(record)


# ---- how it stands --------------------------------------------------------------------------------------------------


def _show_standing(search: Search, record: SearchRecord, runner: SearchRunner | None) -> None:
    elapsed = context.elapsed(search)
    is_up = record.state is SearchState.RUNNING and record.timeout is not None and elapsed >= record.timeout
    st.progress(record.share_done(elapsed), text=sentence(words.TIME_IS_UP) if is_up else _state(record, runner))
    with st.container(horizontal=True, gap="small", key="standing"):
        best = record.best.best_validation_loss if record.best else None
        st.metric(
            words.BEST, words.NONE_YET if best is None else figure(f"{best:.2f}"), help=words.BEST_HELP, width="content"
        )
        done = words.OF.format(done=record.n_tried, total=record.n_trials)
        st.metric(words.TRIALS, done, help=words.TRIALS_HELP if record.lets_rest else None, width="content")
        label = words.ELAPSED if record.state in AT_WORK else words.ELAPSED_IN_ALL
        st.metric(label, duration(elapsed), width="content")
        if record.state in AT_WORK and not is_up:
            st.metric(words.REMAINING, _remaining(record, runner, elapsed), width="content")
    st.caption(counts(record))
    if compared := comparison(record):
        st.caption(compared)
    if trouble := _trouble(search, record):
        st.error(errors.escaped(trouble), icon=":material/error:")
    with st.container(horizontal=True):
        show_controls(search, record)
        _offer_results(record)
    if record.state in AT_WORK and runner is None and not workers_view.is_shared(search):
        st.info(
            words.ELSEWHERE.format(where=errors.told(str(search.holder() or words.SOMEWHERE))),
            icon=":material/terminal:",
        )


def _trouble(search: Search, record: SearchRecord) -> str | None:
    """What ended the search against everyone's will, and what to do about it."""
    if record.state is not SearchState.STOPPED or record.reason in (YOU_STOPPED_IT, WORKER_LEFT):
        return None
    error = context.registry().trouble(search)  # which may be why nothing could be written down
    return sentence(errors.told(error or record.reason or ""))


def comparison(record: SearchRecord) -> str:
    """The best loss beside what it is to be held against; empty before there is one."""
    baselines, best = record.baselines, record.best
    known = [(words.GUESSING, baselines.uniform), (words.COUNTING, baselines.ngram)] if baselines else []
    untuned = record.untuned.best_validation_loss if record.untuned else None
    known += [(words.UNTUNED, untuned)] if untuned is not None else []
    told = [words.COMPARED_TO.format(name=name, loss=loss) for name, loss in known]
    others = sentence(sign("; ").join(told))
    if best is None or best.best_validation_loss is None:
        return others
    loss = best.best_validation_loss
    return words.COMPARED.format(loss=loss, choices=possibilities(loss, record.vocab_size), others=others)


def _state(record: SearchRecord, runner: SearchRunner | None) -> str:
    if runner is not None and runner.is_stopping:
        return words.STOPPING
    if record.was_never_started:
        return words.NOT_STARTED
    if record.state is SearchState.STOPPED and record.count(TrialState.RESTING):
        return sentence(words.STOPPED_RESTING)
    state = words.STATES[record.state]
    if record.reason and record.state in (SearchState.FINISHED, SearchState.FAILED):
        return words.REASON.format(state=state, reason=errors.escaped(clause(errors.told(record.reason))))
    return sentence(state)


def _remaining(record: SearchRecord, runner: SearchRunner | None, elapsed: float) -> str:
    pace = runner.status().pace if runner else record.mean_pace(elapsed)
    remaining = record.time_left(elapsed, pace)
    if remaining is None:
        return words.UNKNOWN_TIME
    text = words.AT_MOST if pace is None else words.ABOUT_TIME  # at first only the time limit is known
    return text.format(time=waiting_time(remaining))


def counts(record: SearchRecord) -> str:
    """Of what the number of trials is made up, and what is not in it though it may be in the chart."""
    is_paused = record.state is SearchState.PAUSED
    gone_on, new = (words.GONE_ON_PAUSED, words.NEW_PAUSED) if is_paused else (words.GONE_ON, words.NEW)
    n_new = record.count(TrialState.RUNNING) - record.n_going_on
    tried = [*((text, record.count(state)) for state, text in words.COUNTED.items()), (gone_on, record.n_going_on)]
    others = [(new, n_new), (words.INTERRUPTED, record.count(TrialState.INTERRUPTED))]
    told = [_listed(words.TRIED, tried), _listed(words.NOT_COUNTED, others)]
    return sentences(told) or sentence(words.NOTHING_YET)


def _listed(text: str, counts: Iterable[tuple[str, int]]) -> str:
    listed = comma().join(each.format(n=n) for each, n in counts if n)
    return text.format(counts=listed) if listed else ""


def _offer_results(record: SearchRecord) -> None:
    if record.best is None or record.state in AT_WORK:  # meanwhile the navigation leads there
        return
    if st.button(words.SEE_RESULTS, type="primary", icon=shell.RESULTS.icon, key="results"):
        context.go_to(shell.RESULTS)


# ---- what is being trained ------------------------------------------------------------------------------------------


def _show_current(record: SearchRecord, runner: SearchRunner | None) -> None:
    if record.state not in AT_WORK:
        return
    st.header(words.HOLDS_STILL if record.state is SearchState.PAUSED else words.NOW, anchor=False)
    running = record.of_state(TrialState.RUNNING)
    current = {trial.number: trial for trial in runner.status().current} if runner else {}
    if not running:
        st.caption(words.WAITING_FOR_TRIAL)
    for trial in running:
        with st.container(border=True):
            show_trial_in_training(trial, record.epochs, current.get(trial.number))


def show_trial_in_training(trial: TrialRecord, epochs: int, current: CurrentTrial | None = None) -> None:
    """How far one trial is, and with which settings; what its runner says comes first, where that is known."""
    if current is not None and current.epoch > trial.epochs_run and current.validation_loss is not None:
        # Epochs that a kill took with it are trained again, and the record shows them once all of them are.
        unseen = (Epoch(number, current.validation_loss) for number in range(trial.epochs_run + 1, current.epoch + 1))
        loss = min(current.validation_loss, trial.best_validation_loss or math.inf)
        trial = replace(trial, curve=(*trial.curve, *unseen), best_validation_loss=loss)
    title = words.TRIAL.format(number=trial.number, family=errors.escaped(family_label(trial)))
    under_way = min(trial.epochs_run + 1, epochs)
    st.markdown(f"**{title}**")
    st.progress(min(1.0, trial.epochs_run / epochs), text=words.EPOCH.format(epoch=under_way, epochs=epochs))
    st.caption(" · ".join(filter(None, (_loss_now(trial), settings_in_words(trial)))))  # at first none are chosen


def family_label(trial: TrialRecord) -> str:
    """The kind of model of a trial: ours by name, others by the name of their class."""
    return MODEL_LABELS.get(trial.family, trial.family.rpartition(":")[2])


def _loss_now(trial: TrialRecord) -> str:
    if not trial.curve or trial.best_validation_loss is None:
        return words.FIRST_EPOCH
    latest, best = trial.curve[-1].validation_loss, trial.best_validation_loss
    told = words.LOSS_AT_BEST if latest <= best else words.LOSS_ABOVE.format(loss=best)
    return words.LOSS.format(loss=latest, best=told)


def settings_in_words(trial: TrialRecord) -> str:
    """`learning rate 0.003 · batch size 32 · …`, each with its plain name first."""
    told = []
    for key, value in settings_of(trial):
        told.append(f"{errors.escaped(within_a_sentence(key))} **{errors.escaped(value)}**")
    return " · ".join(told)


# ---- charts ---------------------------------------------------------------------------------------------------------


def _has_begun(record: SearchRecord) -> bool:
    """Whether there is anything to draw."""
    return bool(record.n_tried or any(trial.curve for trial in record.of_state(TrialState.RUNNING)))


def _show_history(search: Search, record: SearchRecord) -> None:
    st.header(words.HISTORY, anchor=False)
    if not _has_begun(record):
        left_out = [words.LEFT_OUT] if record.count(TrialState.INTERRUPTED) else []
        st.caption(sentences([words.NOTHING_TO_DRAW, *left_out]))
        return
    drawn = live_charts(search, record, charts.is_dark())
    st.caption(how_to_read_history(record))
    songs_view.show_history(search, drawn.history, key="history chart")


def how_to_read_history(record: SearchRecord) -> str:
    """What the points and the line of the history are, and the marks that are in it."""
    line = [words.READ_LINE] if record.best is not None else []
    return sentences([words.READ_HISTORY, *line, sentence(_marks(record, words.MARKS)), words.READ_SCALE])


def _show_charts(drawn: LiveCharts, record: SearchRecord) -> None:
    st.header(words.CURVES, anchor=False)
    read = [words.READ_CURVES]
    if marks := _marks(record, _MARKED_IN_CURVES):
        read.append(words.READ_ENDS.format(marks=marks))
    if drawn.shows_the_longest:
        read.append(words.LONGEST)
    _show_chart(drawn.curves, sentences(read), key="curves chart")
    st.header(words.IMPORTANCE, anchor=False)
    if drawn.importance is not None:
        _show_chart(drawn.importance, words.READ_IMPORTANCE, key="importance chart")
    else:
        from chromasonic.melody_generation.hyperparameter_search.history import MIN_TRIALS_FOR_IMPORTANCE

        told = words.MORE_TRIALS_NEEDED_RESTING if record.lets_rest else words.MORE_TRIALS_NEEDED
        st.caption(told.format(needed=MIN_TRIALS_FOR_IMPORTANCE, done=record.n_telling))


def _marks(record: SearchRecord, states: Iterable[TrialState]) -> str:
    """The marks that are in a chart of `states`, and what they mean."""
    meant = dict(words.MARKS.items())
    if record.state is SearchState.PAUSED:
        meant[TrialState.RUNNING] = words.PAUSED_MARK
    return sign("; ").join(meant[state] for state in states if record.count(state))


def _show_chart(chart: bytes, how_to_read: str, *, key: str) -> None:
    st.caption(how_to_read)
    show_steady_chart(chart, key=key)


# ---- what failed ----------------------------------------------------------------------------------------------------


def _show_failures(record: SearchRecord) -> None:
    failed = record.of_state(TrialState.FAILED)
    if not failed:
        return
    by_reason: dict[str, list[int]] = defaultdict(list)
    for trial in failed:
        by_reason[trial.reason or words.NO_REASON].append(trial.number)
    with st.expander(words.FAILED.format(n=len(failed))):
        for reason, numbers in list(by_reason.items())[-MOST_REASONS:]:
            trials = trials_by_number(numbers)
            st.markdown("- " + words.FAILED_LINE.format(trials=trials, reason=errors.escaped(errors.told(reason))))
        st.caption(words.FAILED_AFTER)
