"""A search told step by step, to whoever wants to know what it did."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.errors import ChromasonicError
from chromasonic.languages import figure, sentences
from chromasonic.results import story
from chromasonic.results.advice import findings
from chromasonic.results.certainty import spread_in_words, verdicts
from chromasonic.results.details import describe_trial, draw_trial
from chromasonic.results.finding import Kind
from chromasonic.results.records import PARAMETERS, SearchRecord, TestScores, TrialRecord, TrialState
from chromasonic.results.story import ReadNote
from chromasonic.results.words import count, listing, percent, possibilities, setting, telling_trials, within_a_sentence
from chromasonic.ui import charts, errors, tune_view
from chromasonic.ui.progress_view import family_label
from chromasonic.ui.wording import settings as setting_words
from chromasonic.ui.wording import story as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search


def show_dealt(record: SearchRecord) -> None:
    """How the tunes were dealt."""
    st.header(words.DEALT if record.n_test else words.DEALT_TWO, anchor=False)
    about = words.DEALT_BY_PHRASE if record.by_phrase else words.DEALT_ABOUT
    about = about if record.is_melodic else words.DEALT_PRACTICE
    st.markdown(about.format(music=errors.escaped(record.music)))
    piles = [(words.TO_LEARN, record.n_train), (words.TO_CHOOSE, record.n_validation), (words.TO_JUDGE, record.n_test)]
    with st.container(horizontal=True, gap="large"):
        for name, n in piles:
            if n:
                st.metric(name, figure(f"{n:,}"), width="content")
    st.markdown(words.DEALT_WHY if record.n_test else words.DEALT_WHY_TWO)
    if record.transpose:
        st.markdown(words.TRANSPOSED)


def show_tried(record: SearchRecord, best: TrialRecord | None) -> None:
    """What was set, in the first try and the best."""
    st.header(words.TRIED, anchor=False)
    told = [words.TRIED_ABOUT.format(trials=count(record.n_tried, "trial"))]
    if record.trials and record.trials[0].is_untuned:
        told.append(words.TRIED_DEFAULT)
    st.markdown(sentences(told))
    first = story.first_try(record)
    if first is None or best is None:
        return
    keys = [key for key in PARAMETERS if key in best.params]
    columns = {
        words.SETTING: [words.FAMILY, *(setting_words.plain(key) for key in keys)],
        words.FIRST: _values(first, keys),
        **({} if first is best else {words.BEST: _values(best, keys)}),
    }
    st.markdown(words.FIRST_IS_BEST if first is best else words.TRIED_TABLE)
    st.table(columns, hide_index=True)
    st.caption(setting_words.METAPHORS)


def _values(trial: TrialRecord, keys: list[str]) -> list[str]:
    known = [errors.escaped(setting(key, trial.params[key])) if key in trial.params else "–" for key in keys]
    return [errors.escaped(family_label(trial)), *known]


def show_learned(best: TrialRecord) -> None:
    """How the best model learned."""
    st.header(words.LEARNED, anchor=False)
    losses = [epoch.validation_loss for epoch in best.curve if math.isfinite(epoch.validation_loss)]
    if losses:
        st.markdown(
            words.LEARNED_ABOUT.format(
                number=best.number,
                epochs=count(best.epochs_run, "epoch"),
                begin=losses[0],
                end=min(losses),
                best=best.best_epoch,
            )
        )
    charts.show_chart(
        draw_trial(best, dark=charts.is_dark()), alt=describe_trial(best), how_to_read=words.READ_CURVE, key="curve"
    )
    if heart := story.overfitting(best):
        st.markdown(words.LEARNED_BY_HEART.format(epoch=heart.epoch))


def show_marked(search: Search, record: SearchRecord, best: TrialRecord) -> None:
    """What a loss is, on a tune of the musician's own."""
    st.header(words.MARKED, anchor=False)
    loss = best.best_validation_loss
    if loss is None:
        return
    told = [words.MARKED_ABOUT.format(loss=loss, choices=possibilities(loss, record.vocab_size))]
    known = record.baselines
    if known is not None and math.isfinite(known.uniform):
        told.append(words.MARKED_GUESSING.format(vocabulary=record.vocab_size, uniform=known.uniform))
    if known is not None and math.isfinite(known.ngram):
        told.append(words.MARKED_COUNTING.format(ngram=known.ngram))
    st.markdown(sentences(told))
    with errors.shown_plainly():
        if notes := _reading(f"{search.folder}", best.number, search):
            _show_reading(notes)


@st.cache_data(max_entries=16, show_spinner=False)
def _reading(key: str, number: int, _search: Search) -> list[ReadNote]:
    """Read along once: neither the tune nor the kept model changes."""
    from chromasonic.melody_generation.hyperparameter_search.reading_along import read_along

    try:
        return read_along(_search, number)
    except ChromasonicError:  # weights that are gone or damaged: the story is whole without this example
        return []


def _show_reading(notes: list[ReadNote]) -> None:
    expected, surprising = story.counts(notes)
    st.markdown(words.READING.format(n=len(notes), expected=expected, surprising=surprising))
    charts.show_chart(
        story.draw_reading(notes, dark=charts.is_dark()),
        alt=story.describe_reading(notes),
        how_to_read=words.READ_READING,
        key="reading",
    )
    with st.expander(words.READING_TABLE):
        st.dataframe(
            {words.NOTE: [note.name for note in notes], words.CHANCE: [percent(note.chance) for note in notes]},
            hide_index=False,
            height=250,
        )


def show_stopped(record: SearchRecord) -> None:
    """Why trials were stopped early, by an example."""
    pruned = record.count(TrialState.PRUNED)
    st.header(words.STOPPED if pruned else words.STOPPED_NOBODY, anchor=False)
    from chromasonic.melody_generation.hyperparameter_search.ladder import Ladder

    about, some, none = words.STOPPED_ABOUT, words.STOPPED_SOME, words.STOPPED_NONE
    rungs = Ladder(record.epochs).rungs
    if record.lets_rest and rungs:
        about, some, none = words.STOPPED_RESTING_ABOUT, words.STOPPED_RESTING_SOME, words.STOPPED_RESTING_NONE
    told = {
        "times": count(pruned, "time"),
        "rungs": listing([str(rung) for rung in rungs]),
        "resting": count(record.count(TrialState.RESTING), "trial"),
    }
    example = story.stopped_example(record)
    if example is None:
        st.markdown((some if pruned else none).format(**told))
        return
    st.markdown(
        about.format(
            **told,
            number=example.trial.number,
            epochs=count(example.epoch, "epoch"),
            loss=example.loss,
            usual=example.usual,
        )
    )
    charts.show_chart(
        story.draw_stopped(example, dark=charts.is_dark()),
        alt=sentences([describe_trial(example.trial), describe_trial(example.best)]),
        how_to_read=words.STOPPED_READ,
        key="stopped",
    )


def show_chosen(record: SearchRecord) -> None:
    """How the search came nearer to good settings."""
    st.header(words.CHOSEN, anchor=False)
    told = _how_chosen(record)
    if near := story.nearness(record):
        early, late = round(100 * near.early), round(100 * near.late)  # as one reads it
        text = words.CHOSEN_NEARER if late < early else words.CHOSEN_FURTHER
        told.append(text.format(early=early, late=late))
    st.markdown(sentences(told))
    if choices := story.choices_of(record):
        read = [words.READ_CHOICES.format(setting=within_a_sentence(choices.key))]
        if choices.n_random:
            read.append(words.READ_HOLLOW)
        if choices.given:
            read.append(words.READ_PROVEN if any(trial.is_proven for trial in record.trials) else words.READ_DEFAULT)
        charts.show_chart(
            story.draw_choices(choices, dark=charts.is_dark()),
            alt=choices.describe(),
            how_to_read=sentences(read),
            key="choices",
        )


def _how_chosen(record: SearchRecord) -> list[str]:
    if record.began_with:
        return [words.CHOSEN_BEGUN.format(began=errors.escaped(errors.told(record.began_with)))]
    proven = sum(trial.is_proven for trial in record.trials)
    also = [words.CHOSEN_PROVEN.format(trials=count(proven, "trial"))] if proven else []
    if not any(trial.number >= record.warm_up for trial in record.trials if trial.params):
        has_default = any(trial.is_untuned for trial in record.trials)
        return [words.CHOSEN_NOT_YET_DEFAULT if has_default else words.CHOSEN_NOT_YET, *also]
    n_random = record.warm_up - sum(trial.is_given for trial in record.trials[: record.warm_up])
    return [words.CHOSEN_ABOUT.format(trials=count(n_random, "trial")), *also]


def show_heard(search: Search, record: SearchRecord, best: TrialRecord) -> None:
    """The first try and the winner, to hear."""
    st.header(words.HEARD, anchor=False)
    if not search.is_melodic:
        st.markdown(words.HEARD_PRACTICE)
        return
    first, sung = story.first_try(record), set(search.songs.numbers())
    pairs = [(words.HEARD_FIRST, first), (words.HEARD_BEST, best)] if first is not best else [(words.HEARD_BEST, best)]
    shown = [(text, trial) for text, trial in pairs if trial is not None and trial.number in sung]
    if not shown:
        st.markdown(words.HEARD_NOTHING)
        return
    st.markdown(words.HEARD_ABOUT if len(shown) > 1 else words.HEARD_ONE)
    for text, trial in shown:
        st.subheader(text.format(number=trial.number, loss=trial.best_validation_loss), anchor=False)
        with errors.shown_plainly():
            tune_view.show_tune(
                search.songs.melody(trial.number),
                key=f"song {trial.number}",
                title=False,
                primer_beats=search.primer_beats,
            )


def show_trust(record: SearchRecord, best: TrialRecord, test: TestScores | None) -> None:
    """What to believe."""
    st.header(words.TRUST, anchor=False)
    if test is not None and test.interval is not None:
        tunes, score = count(record.n_test, "tune"), spread_in_words(test.interval)
        told = [sentences([words.TRUST_MEASURED.format(tunes=tunes, score=score), *verdicts(test)])]
    else:
        told = [words.TRUST_VALIDATION.format(loss=best.best_validation_loss)]
    told += [words.TRUST_ORDER]
    if record.importance_is_rough:
        told.append(words.TRUST_IMPORTANCE.format(trials=telling_trials(record)))
    if record.is_melodic:
        told.append(words.TRUST_BEAUTY)
    told += [
        errors.escaped(sentences([found.text, found.detail]))
        for found in findings(record, test)
        if found.kind is Kind.CAUTION
    ]
    st.markdown("\n".join(f"- {sentence}" for sentence in told))
