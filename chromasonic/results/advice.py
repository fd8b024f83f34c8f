"""What a search says in plain words: what won, what mattered, what to try next. Each rule speaks or stays silent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

from chromasonic.results.finding import Chart, ChartKind, Finding, Kind
from chromasonic.results.next_steps import (
    BY_HEART,
    SAME,
    at_the_edge,
    close_together,
    learned_by_heart,
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
    within_a_sentence,
)

ENOUGH_TUNES = 5  # to be judged by; with fewer, one odd tune decides


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
        on_test = [on_unseen_tunes(test)] if test else []
        told = [what_won(search, best, loss), *on_test, *(rule(search, best, loss) for rule in RULES)]
    return [finding for finding in told if finding]


def nothing_finished(search: SearchRecord) -> Finding | None:
    """Speaks when trials have ended and none of them with a result."""
    ended = search.of_state(TrialState.FAILED, TrialState.INTERRUPTED, TrialState.PRUNED)
    if not ended:
        return None
    reason = _commonest_reason(ended)
    return Finding(
        Kind.CAUTION,
        "No trial finished, so there is no best setting to show.",
        f"The reason most often given: {reason}" if reason else "Resume the search, or give it more time.",
    )


def no_better_than_guessing(
    search: SearchRecord, best: TrialRecord, loss: float, test: TestScores | None
) -> Finding | None:
    """Speaks when blind guessing does as well as the best model, on the test tunes or the validation tunes."""
    sides = [("held-out test tunes", test.best, test.uniform)] if test else []
    sides += [("validation tunes", loss, search.baselines.uniform)] if search.baselines else []
    lost = [side for side in sides if side[2] is not None and math.isfinite(side[2]) and side[1] > side[2] - SAME]
    if not lost:
        return None
    tunes, score, guessing = lost[0]
    detail = f"On the {tunes} it scores {score:.2f} nats per token, and blind guessing {guessing:.2f}. "
    if best.train_loss is not None and best.train_loss < loss - BY_HEART:
        detail += (
            f"It has learned its practice tunes by heart (train loss {best.train_loss:.2f}) and little that holds "
            "elsewhere. More or longer tunes help most; smaller models and practice in all keys help too."
        )
    else:
        detail += "It has hardly begun to learn. Give it more tunes or longer ones, more epochs and more time."
    text = (
        "Even the best model does no better than blind guessing on tunes it has not met: your music is not learned yet."
    )
    return Finding(Kind.CAUTION, text, detail)


def what_won(search: SearchRecord, best: TrialRecord, loss: float) -> Finding:
    """Always speaks: the best trial, against the default settings when they were tried."""
    detail = f"Validation loss {loss:.3f} nats per token: as unsure as a choice among {possibilities(loss)}."
    if search.baselines is not None and math.isfinite(search.baselines.uniform):
        detail += f" Guessing blindly scores {search.baselines.uniform:.2f}, a choice among {search.vocab_size}."
    untuned = search.untuned.best_validation_loss if search.untuned else None
    if untuned is None:
        return Finding(Kind.WON, f"Trial {best.number} learned your music best.", detail)
    if best is search.untuned:
        return Finding(Kind.WON, "The default settings won: nothing that was tried did better.", detail)
    if untuned - loss < SAME:
        text = f"Trial {best.number} came first, though hardly ahead of the default settings."
    else:
        text = (
            f"Trial {best.number} learned your music best: it gives what really comes next {gain(loss, untuned)} than "
            "the default settings do."
        )
    return Finding(Kind.WON, text, f"{detail} The default settings, untuned, reach {untuned:.3f}.")


def against_counting(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """The n-gram baseline: a win worth telling, or a caution when plain counting does as well."""
    if search.baselines is None or not math.isfinite(search.baselines.ngram):
        return None
    ngram, name = search.baselines.ngram, ngram_name(search.baselines)
    detail = f"Trial {best.number}: {loss:.3f} nats per token; {name}: {ngram:.3f}."
    if loss < ngram - SAME:
        text = f"It has learned more than which notes often follow which: {gain(loss, ngram)} than counting gives."
        return Finding(Kind.WON, text, detail)
    return Finding(
        Kind.CAUTION,
        f"Simply counting which notes follow which does {'better' if loss > ngram + SAME else 'as well'}. More epochs, "
        "more trials or more music should help.",
        detail,
    )


def on_unseen_tunes(test: TestScores) -> Finding | None:
    """The held-out test tunes: do they agree with the choice?"""
    told = [("the default settings", test.untuned), ("plain counting", test.ngram), ("guessing blindly", test.uniform)]
    known = [(name, value) for name, value in told if value is not None and math.isfinite(value)]
    if not known or not math.isfinite(test.best):
        return None
    scores = listing([f"{name} {value:.3f}" for name, value in known])
    detail = f"On the held-out tunes, nats per token: the best trial {test.best:.3f}, {scores}."
    ahead = [name for name, value in known if value < test.best - SAME]
    if ahead:
        text = f"On tunes that played no part in the search, {listing(ahead)} did better. Trust the winner with care."
        return Finding(Kind.CAUTION, text, detail)
    rival, value = known[0]
    if value - test.best < SAME:
        return Finding(Kind.WON, f"On tunes that played no part in the search it does as well as {rival}.", detail)
    text = f"It holds on tunes that played no part in the search: {gain(test.best, value)} than with {rival}."
    return Finding(Kind.WON, text, detail)


def few_tunes(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """Scores of a few tunes say little; those of one or two, which are dealt by phrases, flatter as well."""
    if search.by_phrase:  # a tune repeats itself
        return Finding(
            Kind.CAUTION,
            "Your music is only a tune or two, so each was cut in three: to learn from, to choose by and to judge by.",
            "A tune repeats itself, so these scores are better than they would be on a tune never heard. Three "
            "different tunes or more are dealt whole.",
        )
    sides = ((search.n_validation, "to choose by"), (search.n_test, "to judge by"))
    few = [f"{count(n, 'tune')} {purpose}" for n, purpose in sides if 0 < n < ENOUGH_TUNES]
    if not few:
        return None
    return Finding(
        Kind.CAUTION,
        f"There is only {listing(few)}: scores on so few say little."
        if few[0].startswith("1 ")
        else f"There are only {listing(few)}: scores on so few say little.",
        f"One odd tune moves them. Of every ten different tunes one is kept to choose by and one to judge by, so "
        f"{10 * ENOUGH_TUNES} or more give scores to rely on.",
    )


def cut_by_time(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """Speaks when the time limit cut the best trial or the default settings: they are compared, and one had less."""
    names = {best.number: "the best trial"}
    if search.untuned is not None:
        names.setdefault(search.untuned.number, "the default settings")
    cut = [trial for trial in (best, search.untuned) if trial is not None and trial.cut_by_time]
    passes = {names[trial.number]: f"{trial.epochs_run} of {count(search.epochs, 'epoch')}" for trial in cut}
    if not passes:
        return None
    return Finding(
        Kind.CAUTION,
        f"The time limit cut {listing(list(passes))} short, so the comparison is not quite fair. Give the next search "
        "more time, or fewer trials.",
        listing([f"{name} had {had}" for name, had in passes.items()]).capitalize()
        + ". Much is gained in the last epochs, when the learning rate comes down.",
        (Chart(ChartKind.LEARNING, trial=cut[0].number),),
        more_time(search, 2.0),
    )


def what_mattered(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """The one or two settings that made the difference; silent while there are too few trials to tell."""
    shares = sorted((search.importance or {}).items(), key=lambda item: -item[1])
    if len(shares) < 2 or shares[0][1] <= 0:
        return None
    close = shares[1][1] > 0.7 * shares[0][1]
    names = listing([within_a_sentence(name) for name, _ in shares[: 2 if close else 1]])
    detail = listing([f"{NAMES.get(name, name)} {percent(share)}" for name, share in shares]) + " of the difference."
    if not search.importance_is_rough:
        return Finding(Kind.MATTERED, f"What mattered most: {names}.", detail, (Chart(ChartKind.IMPORTANCE),))
    n_complete = search.count(TrialState.COMPLETE)
    return Finding(
        Kind.MATTERED,
        f"A first, rough impression of what mattered most: {names}.",
        f"{detail} {count(n_complete, 'finished trial')} are few to tell by; with {ENOUGH_FOR_IMPORTANCE} it settles.",
        (Chart(ChartKind.IMPORTANCE),),
    )


def many_failed(search: SearchRecord, best: TrialRecord, loss: float) -> Finding | None:
    """Speaks when at least a fifth of the trials failed."""
    failed = search.of_state(TrialState.FAILED)
    if len(failed) < 2 or len(failed) < 0.2 * search.n_finished:
        return None
    reason = _commonest_reason(failed)
    if "memory" in reason.lower():
        remedy = "Try smaller batches, a smaller hidden size or fewer layers."
    else:
        remedy = "The reasons stand in the report."
    return Finding(Kind.CAUTION, f"{len(failed)} of {count(search.n_finished, 'trial')} failed. {remedy}", reason)


Rule = Callable[[SearchRecord, TrialRecord, float], Finding | None]

RULES: tuple[Rule, ...] = (
    against_counting,
    few_tunes,
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
"""In the order they are told, after what won."""

RULES_WITHOUT_A_WINNER: tuple[Rule, ...] = (few_tunes, cut_by_time, still_improving, too_few_trials, many_failed)
"""Where nothing was learned there is nothing to praise, and what such models prefer says nothing of the settings."""


def _commonest_reason(trials: list[TrialRecord]) -> str:
    reasons = Counter(trial.reason for trial in trials if trial.reason)
    return reasons.most_common(1)[0][0] if reasons else ""
