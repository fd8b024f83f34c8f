"""What a search says in plain words: what won, what mattered, what to try next. Each rule speaks or stays silent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from chromasonic.languages import figure, mark, say, sentences
from chromasonic.languages.retelling import retold
from chromasonic.results.certainty import ENOUGH_TO_TELL
from chromasonic.results.finding import Chart, ChartKind, Finding, Kind
from chromasonic.results.next_steps import (
    BY_HEART,
    SAME,
    at_the_edge,
    close_together,
    enough_trials,
    learned_by_heart,
    let_it_go_on,
    makes_no_difference,
    more_time,
    overfitted,
    pruned_too_eagerly,
    still_improving,
    too_few_trials,
)
from chromasonic.results.records import (
    ENOUGH_FOR_IMPORTANCE,
    SearchRecord,
    TestScores,
    TrialRecord,
    TrialState,
)
from chromasonic.results.words import (
    NAMES,
    count,
    gain,
    listing,
    ngram_name,
    percent,
    possibilities,
    telling_trials,
    within_a_sentence,
)

TOO_FEW_FOR_A_SHARE = 2  # tunes; how much better a model is on so few is told by no figure


def findings(search: SearchRecord, test: TestScores | None = None) -> list[Finding]:
    """All that can be said about a search, the most important first.

    Args:
        search: The search, in any state.
        test: Losses on the held-out test tunes, when they were measured.
    """
    best = search.best
    if best is None or best.best_validation_loss is None:
        return [finding for finding in (nothing_finished(search),) if finding]
    loss = best.best_validation_loss
    lost = no_better_than_guessing(search, best, loss, test)
    if lost is not None:
        told = [lost, *(rule(search, best, loss) for rule in RULES_WITHOUT_A_WINNER)]
    else:
        on_test = replace(test, untuned=None) if test and best is search.untuned else test  # no rival of itself
        told = [
            few_tunes(search, best, loss),
            what_won(search, best, loss),
            on_unseen_tunes(on_test, search.n_test, _to_learn_more(search)) if on_test else None,
            against_counting(search, best, loss, test),
            *(rule(search, best, loss) for rule in RULES),
        ]
    said = [finding for finding in told if finding]
    to_go_on = let_it_go_on(search)
    if to_go_on is None:
        return said
    return [*(finding for finding in said if finding.kind is not Kind.NEXT and not finding.changes), to_go_on]


def nothing_finished(search: SearchRecord) -> Finding | None:
    """Speaks when trials have ended and none of them with a result."""
    ended = search.of_state(TrialState.FAILED, TrialState.INTERRUPTED, TrialState.PRUNED)
    if not ended:
        return None
    reason = _commonest_reason(ended)
    return Finding(
        Kind.CAUTION,
        say("No trial finished, so there is no best setting to show."),
        say("The reason most often given: {reason}", reason=retold(reason))
        if reason
        else say("Resume the search, or give it more time."),
    )


def no_better_than_guessing(
    search: SearchRecord, best: TrialRecord, loss: float, test: TestScores | None
) -> Finding | None:
    """Speaks when blind guessing does as well as the best model, on the test tunes or the validation tunes."""
    sides = [(say("held-out test tunes"), test.best, test.uniform)] if test else []
    sides += [(say("validation tunes"), loss, search.baselines.uniform)] if search.baselines else []
    lost = [side for side in sides if side[2] is not None and math.isfinite(side[2]) and side[1] > side[2] - SAME]
    if not lost:
        return None
    tunes, score, guessing = lost[0]
    detail = say(
        "On the {tunes} it scores {score:.2f} nats per token, and blind guessing {guessing:.2f}.",
        tunes=tunes,
        score=score,
        guessing=guessing,
    )
    if best.train_loss is not None and best.train_loss < loss - BY_HEART:
        detail = sentences(
            [
                detail,
                say(
                    "It has learned its practice tunes by heart (train loss {train_loss:.2f}) and little that holds "
                    "elsewhere. More or longer tunes help most; smaller models and practice in all keys help too.",
                    train_loss=best.train_loss,
                ),
            ]
        )
    else:
        detail = sentences(
            [detail, say("It has hardly begun to learn. Give it more tunes or longer ones, more epochs and more time.")]
        )
    text = say(
        "Even the best model does no better than blind guessing on tunes it has not met: your music is not learned yet."
    )
    return Finding(Kind.CAUTION, text, detail)


def what_won(search: SearchRecord, best: TrialRecord, loss: float) -> Finding:
    """Always speaks: the best trial, against the default settings when they were tried."""
    detail = say(
        "Validation loss {loss:.3f} nats per token: as unsure as a choice among {possibilities}.",
        loss=loss,
        possibilities=possibilities(loss),
    )
    if search.baselines is not None and math.isfinite(search.baselines.uniform):
        detail = sentences(
            [
                detail,
                say(
                    "Guessing blindly scores {uniform:.2f}, a choice among {vocab_size}.",
                    uniform=search.baselines.uniform,
                    vocab_size=search.vocab_size,
                ),
            ]
        )
    untuned = search.untuned.best_validation_loss if search.untuned else None
    if untuned is None:
        return Finding(Kind.WON, say("Trial {number} learned your music best.", number=best.number), detail)
    if best is search.untuned:
        return Finding(Kind.WON, say("The default settings won: nothing that was tried did better."), detail)
    if untuned - loss < SAME:
        text = say("Trial {number} came first, though hardly ahead of the default settings.", number=best.number)
    elif _are_very_few(search.n_validation):
        text = say(
            "Trial {number} learned your music best, judged by only {tunes}.",
            number=best.number,
            tunes=count(search.n_validation, "tune"),
        )
    else:
        text = say(
            "Trial {number} learned your music best: it gives what really comes next {gain} than the "
            "default settings do.",
            number=best.number,
            gain=gain(loss, untuned),
        )
    return Finding(
        Kind.WON,
        text,
        sentences([detail, say("The default settings, untuned, reach {untuned:.3f}.", untuned=untuned)]),
    )


def against_counting(
    search: SearchRecord, best: TrialRecord, loss: float, test: TestScores | None = None
) -> Finding | None:
    """The n-gram baseline: a win worth telling, or a caution when plain counting does as well.

    On the held-out tunes where both were measured on them, so that no two findings name different winners. Silent where
    counting did better there: `on_unseen_tunes` says so.
    """
    if search.baselines is None or not math.isfinite(search.baselines.ngram):
        return None
    ngram, n_tunes = search.baselines.ngram, search.n_validation
    told = mark("Trial {number}: {loss:.3f} nats per token; {name}: {ngram:.3f}.")
    if test is not None and test.ngram is not None and math.isfinite(test.ngram):
        loss, ngram, n_tunes = test.best, test.ngram, search.n_test
        if ngram < loss - SAME:
            return None
        told = mark("On the held-out tunes, nats per token: trial {number} {loss:.3f}, {name} {ngram:.3f}.")
    detail = say(told, number=best.number, loss=loss, name=ngram_name(search.baselines), ngram=ngram)
    if loss < ngram - SAME:
        if _are_very_few(n_tunes):
            text = say(
                "It does better than counting which notes often follow which, judged by only {tunes}.",
                tunes=count(n_tunes, "tune"),
            )
        else:
            text = say(
                "It has learned more than which notes often follow which: {gain} than counting gives.",
                gain=gain(loss, ngram),
            )
        return Finding(Kind.WON, text, detail)
    return Finding(
        Kind.CAUTION,
        sentences(
            [
                say(
                    "Simply counting which notes follow which does better."
                    if loss > ngram + SAME
                    else "Simply counting which notes follow which does as well."
                ),
                _to_learn_more(search),
            ]
        ),
        detail,
    )


def _to_learn_more(search: SearchRecord) -> str:
    """What helps against counting; of a search that goes on, or can, no longer one is asked for."""
    if search.may_go_on:
        return say("More music should help.")
    return say("More epochs, more trials or more music should help.")


def on_unseen_tunes(test: TestScores, n_tunes: int = 0, to_learn_more: str = "") -> Finding | None:
    """The held-out test tunes, of which there are `n_tunes` (0: nobody knows): do they agree with the choice?

    Silent where there is nothing to tell but that it does as well as counting or better: `against_counting` does.

    Args:
        test: The losses on them.
        n_tunes: How many they are.
        to_learn_more: What helps where counting did better.
    """
    told = [
        (say("the default settings"), test.untuned),
        (say("plain counting"), test.ngram),
        (say("guessing blindly"), test.uniform),
    ]
    known = [(name, value) for name, value in told if value is not None and math.isfinite(value)]
    if not known or not math.isfinite(test.best):
        return None
    scores = listing([f"{name} {figure(f'{value:.3f}')}" for name, value in known])
    detail = say(
        "On the held-out tunes, nats per token: the best trial {best:.3f}, {scores}.", best=test.best, scores=scores
    )
    ahead = [name for name, value in known if value < test.best - SAME]
    if ahead:
        text = say(
            "On tunes that played no part in the search, {ahead} did better. Trust the winner with care.",
            ahead=listing(ahead),
        )
        is_behind_counting = test.ngram is not None and test.ngram < test.best - SAME
        return Finding(Kind.CAUTION, sentences([text, to_learn_more if is_behind_counting else ""]), detail)
    rival, value = known[0]
    if value == test.ngram and rival != told[0][0]:
        return None
    if value - test.best < SAME:
        return Finding(
            Kind.WON, say("On tunes that played no part in the search it does as well as {rival}.", rival=rival), detail
        )
    if _are_very_few(n_tunes):
        text = say(
            "On tunes that played no part in the search it does better than {rival}, judged by only {tunes}.",
            rival=rival,
            tunes=count(n_tunes, "tune"),
        )
        return Finding(Kind.WON, text, detail)
    text = say(
        "It holds on tunes that played no part in the search: {gain} than with {rival}.",
        gain=gain(test.best, value),
        rival=rival,
    )
    return Finding(Kind.WON, text, detail)


def few_tunes(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """Scores of a few tunes say little; those of one or two, which are dealt by phrases, flatter as well."""
    if search.by_phrase:  # a tune repeats itself
        return Finding(
            Kind.CAUTION,
            say(
                "Your music is only a tune or two, so each was cut in three: to learn from, to choose by and held out "
                "to judge by."
            ),
            say(
                "A tune repeats itself, so these scores are better than they would be on a tune never heard. Bring "
                "more tunes: three different ones or more are dealt whole."
            ),
        )
    n_choose, n_judge = search.n_validation, search.n_test
    few = [say("{tunes} to choose by", tunes=count(n_choose, "tune"))] if 0 < n_choose < ENOUGH_TO_TELL else []
    few += [say("{tunes} held out to judge by", tunes=count(n_judge, "tune"))] if 0 < n_judge < ENOUGH_TO_TELL else []
    if not few:
        return None
    return Finding(
        Kind.CAUTION,
        say("There is too little music for a verdict to rely on: only {few}. Bring more tunes.", few=listing(few)),
        say(
            "Where so few tunes judge, one odd tune moves the scores. Of every ten different tunes one is kept to "
            "choose by and one is held out to judge by, so {enough} or more give scores to rely on.",
            enough=10 * ENOUGH_TO_TELL,
        ),
    )


def cut_by_time(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """Speaks when the time limit cut the best trial, or the default settings, with which nothing is compared then."""
    default = next((trial for trial in search.of_state(TrialState.COMPLETE) if trial.is_untuned), None)
    names = {default.number: say("the default settings")} if default is not None else {}
    names[best.number] = say("the best trial")
    known = {trial.number: trial for trial in (best, default) if trial is not None}
    cut = [trial for trial in known.values() if trial.cut_by_time]
    passes = {
        names[trial.number]: say(
            "{epochs_run} of {epochs}", epochs_run=trial.epochs_run, epochs=count(search.epochs, "epoch")
        )
        for trial in cut
    }
    if not passes:
        return None
    needs_more = search.n_tried < enough_trials(search)  # then fewer would be the wrong advice
    if default in cut:
        text = (
            mark(
                "The time limit cut {trials} short, so nothing is compared with the default settings. Give the next "
                "search more time."
            )
            if needs_more
            else mark(
                "The time limit cut {trials} short, so nothing is compared with the default settings. Give the next "
                "search more time, or fewer trials."
            )
        )
    else:
        text = (
            mark(
                "The time limit cut {trials} short, so the comparison is not quite fair. Give the next search "
                "more time."
            )
            if needs_more
            else mark(
                "The time limit cut {trials} short, so the comparison is not quite fair. Give the next search "
                "more time, or fewer trials."
            )
        )
    return Finding(
        Kind.CAUTION,
        say(
            text,
            trials=listing(list(passes)),
        ),
        say(
            "{passes}. Much is gained in the last epochs, when the learning rate comes down.",
            passes=_beginning(listing([say("{trial} had {had}", trial=name, had=had) for name, had in passes.items()])),
        ),
        (Chart(ChartKind.LEARNING, trial=cut[0].number),),
        more_time(search, 2.0),
    )


def what_mattered(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """The one or two settings that made the difference; silent while there are too few trials to tell."""
    shares = sorted((search.importance or {}).items(), key=lambda item: -item[1])
    if len(shares) < 2 or shares[0][1] <= 0:
        return None
    close = shares[1][1] > 0.7 * shares[0][1]
    n_first = 2 if close else 1
    names = listing([within_a_sentence(name) for name, _ in shares[:n_first]])
    if not search.importance_is_rough:
        told = listing([f"{NAMES.get(name, name)} {percent(share)}" for name, share in shares])
        return Finding(
            Kind.MATTERED,
            say("What mattered most: {names}.", names=names),
            say("{shares} of the difference.", shares=told),
            (Chart(ChartKind.IMPORTANCE),),
        )
    after = listing([NAMES.get(name, name) for name, _ in shares[n_first:]])
    n_complete = search.count(TrialState.COMPLETE)
    few = mark(
        "{trials} are few to rank them by: before {enough} the order can still change."
        if search.lets_rest or n_complete == search.n_finished
        else "Only trials that were trained to the end tell this: {n_complete} of {trials} so far. Before {enough} "
        "the order can still change."
    )
    return Finding(
        Kind.MATTERED,
        say("A first, rough impression of what mattered most: {names}.", names=names),
        sentences(
            [
                say("Then came {names}.", names=after) if after else "",
                say(
                    few,
                    n_complete=n_complete,
                    trials=telling_trials(search) if search.lets_rest else count(search.n_finished, "trial"),
                    enough=ENOUGH_FOR_IMPORTANCE,
                ),
            ]
        ),
        (Chart(ChartKind.IMPORTANCE),),
    )


def many_failed(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """Speaks when at least a fifth of the trials failed."""
    failed = search.of_state(TrialState.FAILED)
    if len(failed) < 2 or len(failed) < 0.2 * search.n_tried:
        return None
    reason = _commonest_reason(failed)
    if "memory" in reason.lower():
        remedy = say("Try smaller batches, a smaller hidden size or fewer layers.")
    else:
        remedy = say("The reasons stand in the report.")
    return Finding(
        Kind.CAUTION,
        say(
            "{n_failed} of {trials} failed. {remedy}",
            n_failed=len(failed),
            trials=count(search.n_tried, "trial"),
            remedy=remedy,
        ),
        retold(reason),
    )


Rule = Callable[[SearchRecord, TrialRecord, float], Finding | None]

RULES: tuple[Rule, ...] = (
    cut_by_time,
    what_mattered,
    overfitted,
    at_the_edge,
    close_together,
    makes_no_difference,
    still_improving,
    too_few_trials,
    pruned_too_eagerly,
    learned_by_heart,
    many_failed,
)
"""In the order they are told, after what won and against whom."""

RULES_WITHOUT_A_WINNER: tuple[Rule, ...] = (few_tunes, cut_by_time, still_improving, too_few_trials, many_failed)
"""Where nothing was learned there is nothing to praise, and what such models prefer says nothing of the settings."""


def _are_very_few(n_tunes: int) -> bool:
    """Whether so few tunes were judged by that no figure of theirs should make a headline."""
    return 0 < n_tunes <= TOO_FEW_FOR_A_SHARE


def _beginning(text: str) -> str:
    """`text` as a sentence begins."""
    return text[:1].upper() + text[1:]


def _commonest_reason(trials: list[TrialRecord]) -> str:
    reasons = Counter(trial.reason for trial in trials if trial.reason)
    return reasons.most_common(1)[0][0] if reasons else ""
