"""Each rule speaks where the truth is known to be what it says, and is silent where there is nothing to say."""

import math
from dataclasses import replace
from itertools import combinations

import pytest
import studies

from chromasonic.results.advice import findings
from chromasonic.results.effects import effects
from chromasonic.results.finding import Change, Chart, ChartKind, Finding, Kind, changes_with_reasons
from chromasonic.results.next_steps import (
    at_the_edge,
    close_together,
    learned_by_heart,
    makes_no_difference,
    overfitted,
    proposal,
    pruned_too_eagerly,
    still_improving,
    too_few_trials,
    value_in_words,
)
from chromasonic.results.records import Epoch, SearchState

RULES = (
    at_the_edge,
    close_together,
    makes_no_difference,
    still_improving,
    too_few_trials,
    learned_by_heart,
    overfitted,
    pruned_too_eagerly,
)


def asked(rule, search):
    return rule(search, search.best, search.best.best_validation_loss)


def changes(finding):
    return {change.setting: (change.before, change.after) for change in finding.changes} if finding else {}


# ---- where chance alone rules, nobody speaks ------------------------------------------------------------------------

NOISE = {
    "the losses are noise": {},
    "a hundred trials": {"n_trials": 100},
    "twenty trials": {"n_trials": 20},
    "the learning curves are noise too": {"curves": studies.noise_only},
    "and some are stopped early": {"curves": studies.noise_only, "pruning": True},
}


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_on_noise_each_rule_speaks_in_one_study_of_twenty_at_most(noise):
    alarms = count_alarms(range(60), guided=False, **noise)
    assert max(alarms.values(), default=0) <= 60 * 0.05 + 2, alarms  # 2: what chance adds in so few studies


@pytest.mark.slow
@pytest.mark.parametrize("guided", [False, True], ids=["at random", "by TPE"])
def test_on_noise_each_rule_speaks_in_one_study_of_twenty_at_most_in_many_studies(guided):
    alarms = count_alarms(range(200), guided=guided)
    assert max(alarms.values(), default=0) <= 200 * 0.05, alarms


def count_alarms(seeds, **noise):
    told = [rule.__name__ for seed in seeds for search in [studies.study(seed, **noise)] for rule in RULES
            if asked(rule, search)]  # fmt: skip
    return {name: told.count(name) for name in told}


# ---- where the truth is known, they say it --------------------------------------------------------------------------


def beyond_the_upper_end(at):
    return 2.5 + 0.8 * (1 - at["learning_rate"])


def beyond_the_lower_end(at):
    return 2.5 + 0.8 * at["dropout"] + 0.6 * at["batch_size"]


def a_valley(at):
    return 2.5 + 3 * (at["learning_rate"] - 0.6) ** 2


def slow_beginners(loss, chance, epochs=studies.EPOCHS):
    """One lesson in three begins slowly and would end far better."""
    if chance.random() > 1 / 3:
        return studies.learned(loss, chance)
    return [
        Epoch(number, loss - 0.6 + 3 * math.exp(-number / 6) + chance.gauss(0, 0.01), 2.0)
        for number in range(1, epochs + 1)
    ]


def still_falling(loss, chance, epochs=studies.EPOCHS):
    return [
        Epoch(number, loss + 2 * math.exp(-number / 12) + chance.gauss(0, 0.005), loss)
        for number in range(1, epochs + 1)
    ]


def learned_on_by_heart(loss, chance, epochs=studies.EPOCHS):
    return [
        Epoch(number, loss + 0.02 * abs(number - 8) + chance.gauss(0, 0.01), loss - 0.04 * number)
        for number in range(1, epochs + 1)
    ]


TRUTHS = {
    "the best lies beyond the upper end": (at_the_edge, {"learning_rate_range"}, {"landscape": beyond_the_upper_end}),
    "the best lies in a valley": (close_together, {"learning_rate_range"}, {"landscape": a_valley}),
    "one setting does all the work": (makes_no_difference, set(), {"landscape": a_valley}),
    "lessons end too soon": (still_improving, {"num_epochs"}, {"curves": still_falling}),
    "lessons go on by heart": (overfitted, {"dropout_range"}, {"curves": learned_on_by_heart}),
    "slow beginners are given up": (pruned_too_eagerly, {"prune_after"}, {"curves": slow_beginners, "pruning": True}),
}


@pytest.mark.parametrize("rule, settings, truth", TRUTHS.values(), ids=TRUTHS)
def test_a_known_truth_is_told_in_four_studies_of_five_at_least(rule, settings, truth):
    told = [asked(rule, studies.study(seed, guided=False, **truth)) for seed in range(20)]
    assert sum(settings <= set(changes(finding)) for finding in told if finding) >= 16


def test_a_range_is_widened_on_the_side_where_the_best_lie_and_on_no_other():
    finding = asked(at_the_edge, studies.study(1, 60, landscape=beyond_the_lower_end, guided=False))
    assert changes(finding)["batch_size_options"] == ([16, 32, 64, 128], [8, 16, 32, 64, 128])
    finding = asked(at_the_edge, studies.study(1, landscape=beyond_the_upper_end))
    assert changes(finding) == {"learning_rate_range": ([1e-5, 1e-2], [1e-5, 0.05])}
    assert finding.detail == "learning rate above 0.01."
    assert finding.charts == (Chart(ChartKind.SLICE, setting="learning_rate"),)


def test_there_is_no_less_dropout_than_none_and_no_model_with_fewer_layers_than_one():
    def no_further(at):
        return 2.5 + 0.8 * at["dropout"] + 0.6 * at["num_layers"]

    assert asked(at_the_edge, studies.study(1, 60, landscape=no_further)) is None


def test_a_valley_is_looked_at_more_closely_and_stays_inside():
    search = studies.study(3, landscape=a_valley, guided=False)
    ((before, after),) = changes(asked(close_together, search)).values()
    best = 10 ** (-5 + 0.6 * 3)
    assert before[0] < after[0] < best < after[1] < before[1]


def test_what_matters_is_never_said_to_make_no_difference():
    def all_matter(at):
        return 2.5 + sum(0.3 * (value - 0.5) ** 2 * 4 for value in at.values())

    told = [asked(makes_no_difference, studies.study(seed, 80, landscape=all_matter, guided=False))
            for seed in range(30)]  # fmt: skip
    assert sum(finding is not None for finding in told) <= 3


@pytest.mark.parametrize(
    "every, layers, speaks",
    [(2, [1, 2], True), (9, [1, 2], False), (2, [1, 4], True), (2, [7, 8], False)],
    ids=["30 trials of each", "7 trials of one of them", "at both ends", "two of eight that are much alike"],
)
def test_that_a_setting_makes_no_difference_is_said_of_one_that_enough_trials_tried_far_apart(every, layers, speaks):
    found = studies.study(1, 60, landscape=a_valley, guided=False)
    trials = [
        replace(trial, params=trial.params | {"num_layers": layers[trial.number % every == 0]})
        for trial in found.trials
    ]
    found = replace(found, trials=tuple(trials), space=found.space | {"num_layers_range": layers})
    finding = asked(makes_no_difference, found)
    assert ("num_layers_range" in changes(finding)) == speaks
    if speaks:
        assert f"(tried: {layers[0]} to {layers[1]})" in finding.detail


def test_a_setting_that_stood_where_another_did_the_work_gets_no_credit():
    """Later trials of a guided search are better and stand close together, in what does nothing too."""
    named = [
        effect.setting for seed in range(20) for effect in effects(studies.study(seed, landscape=a_valley)).mattering
    ]
    assert named.count("learning_rate") == 20
    assert len(named) - 20 <= 3


def test_two_families_are_told_apart_before_their_settings_are_judged(search, trial):
    record = studies.study(1, landscape=a_valley, guided=False)
    assert effects(record).explained > 0.5
    assert effects(search([2.0] * 5)).mattering == ()


# ---- tables one can check by eye ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "curve, epochs, speaks",
    [
        ((4.0, 3.0, 2.5, 2.2), 4, True),
        ((4.0, 2.2, 2.2, 2.2 - 1e-3), 4, False),  # it has settled
        ((4.0, 3.0, 2.2, 2.3), 4, False),  # it was better before
        ((4.0, 3.0, 2.5, 2.2), 10, False),  # it stopped by itself
    ],
)
def test_more_epochs_are_advised_while_the_best_still_gains(search, trial, curve, epochs, speaks):
    found = search([trial(0, min(curve), curve=curve)], epochs=epochs)
    finding = asked(still_improving, found)
    assert changes(finding) == ({"num_epochs": (4, 8)} if speaks else {})


@pytest.mark.parametrize(
    "curve, speaks", [((4.0, 3.0), True), ((4.0, 3.0, 3.1), False)], ids=["still gaining", "past its best"]
)
def test_more_time_is_advised_when_the_best_was_cut_while_it_still_gained(search, trial, curve, speaks):
    found = search([trial(0, 3.0, curve=curve, cut_by_time=True)], epochs=8, timeout=180.0)
    finding = asked(still_improving, found)
    assert (finding is not None and "when the time was up" in finding.text) == speaks
    assert changes(finding) == ({"timeout": (180.0, 360.0)} if speaks else {})


def test_few_trials_are_called_few_and_more_are_asked_for(search):
    finding = asked(too_few_trials, search([2.0, 2.1, 2.2]))
    assert finding.text == "Few settings have been tried yet (3 trials): let the next search try 40 or more."
    assert changes(finding) == {"n_trials": (3, 40)}


@pytest.mark.parametrize(
    "n_trials, begins_with_the_defaults, changed, told",
    [
        (3, True, {"warm_up": 5}, "They were the default settings, and others drawn at random"),
        (3, False, {"warm_up": 5}, "All were drawn at random"),
        (1, True, {"warm_up": 5}, "It was the default settings, for comparison."),
        (3, True, {"warm_up": 2}, "Each further trial"),
        (3, True, {"warm_up": 5, "began_with": "9 trials of another"}, "Each further trial"),
    ],
)
def test_only_what_was_drawn_at_random_is_said_to_be(search, trial, n_trials, begins_with_the_defaults, changed, told):
    trials = [trial(n, 2.0, is_untuned=begins_with_the_defaults and n == 0) for n in range(n_trials)]
    assert asked(too_few_trials, search(trials, **changed)).detail.startswith(told)


@pytest.mark.parametrize(
    "states, told",
    [
        (["complete", *["resting"] * 3], "They were the default settings, some that did well on other music, and"),
        (["complete", "resting"], "So far it has tried the default settings, and some that did well on other music."),
        (["complete", *["resting"] * 5], "Each further trial"),  # the sixth was chosen
    ],
)
def test_trials_that_rest_and_settings_that_did_well_elsewhere_are_known_of(search, trial, states, told):
    trials = [trial(n, 2.0, state, is_proven=n == 1) for n, state in enumerate(states)]
    assert asked(too_few_trials, search(trials, warm_up=5, strategy="resuming")).detail.startswith(told)


def whole(trial, n_trials, **changes):
    """Trials that were trained for all of their twenty epochs."""
    return [trial(number, 2.0, curve=[2.0] * 20, **changes) for number in range(n_trials)]


def test_a_search_that_the_time_ended_is_not_told_to_go_on_but_to_take_more_time(search, trial):
    made = whole(trial, 15)
    found = search(made, n_trials=60, warm_up=10, strategy="resuming", timeout=150.0, total_time=150.0)
    finding = asked(too_few_trials, found)
    assert finding.text == "The time was up after 15 trials of 60, and these are few: give the next search more time."
    assert changes(finding) == {"timeout": (150.0, 600.0)}  # 10 s each


@pytest.mark.parametrize(
    ("n", "told"),
    [
        (36, "The time was up after 36 trials of 60, and these are few: give the next search more time."),
        (45, "The time was up after 45 trials of 60: with more time the next search can try the others."),
        (54, "The time was up after 54 trials of 60: with more time the next search can try the others."),
        (58, None),
        (60, None),
    ],
)
def test_a_search_that_the_time_ended_is_to_take_more_time_unless_it_was_all_but_through(search, trial, n, told):
    found = search(whole(trial, n), n_trials=60, strategy="resuming", timeout=10.0 * n, total_time=10.0 * n)
    finding = asked(too_few_trials, found)
    assert (finding and finding.text) == told
    if told:
        assert set(changes(finding)) == {"timeout"}


STOPPED = {"state": SearchState.STOPPED, "strategy": "resuming", "timeout": 180.0, "total_time": 50.0}


def told_next(search):
    return [finding.text for finding in findings(search) if finding.kind is Kind.NEXT]


@pytest.mark.parametrize("n", [1, 19, 45, 59])
def test_of_a_search_that_was_stopped_the_one_next_step_is_to_let_it_go_on_and_that_is_told_last(search, trial, n):
    by_heart = [trial(number, 2.0, train_loss=1.0) for number in range(n)]
    found = search(by_heart, n_trials=60, **STOPPED)
    go_on = f"The search was stopped before its end, after {n} trial{'s' * (n > 1)} of 60: let it go on."
    assert told_next(found) == [go_on]
    assert findings(found)[-1].text == go_on
    assert proposed(found) == {}


@pytest.mark.parametrize(
    "state, about, is_asked",
    [
        ("running", {}, False),
        ("paused", {}, False),
        ("stopped", {"total_time": 180.0}, True),  # its time is used up
        ("finished", {"total_time": 180.0}, True),
    ],
)
def test_no_other_search_is_asked_for_that_tries_more_while_this_one_has_not_ended(search, state, about, is_asked):
    found = search([2.0] * 19, n_trials=60, **STOPPED | {"state": SearchState(state)} | about)
    assert bool(proposed(found)) == is_asked
    assert not any("go on" in text for text in told_next(found))


def proposed(search, told=None):
    return {change.setting: change.after for change, _ in proposal(search, findings(search) if told is None else told)}


@pytest.mark.parametrize(
    "trials, epochs_run, total_time, timeout, minutes",
    [
        (4, 20, 180.0, 180.0, 27),  # 45 s a trial, and 36 more
        (2, 20, 231.0, 180.0, 74),  # 116 s a trial, and 38 more
        (2, 10, 231.0, 180.0, 132),  # and they were cut half-way, as a few more may be
        (4, 20, 180.0, 3600.0, None),  # it suffices as it is
    ],
)
def test_the_time_proposed_suffices_for_the_trials_proposed(
    search, trial, trials, epochs_run, total_time, timeout, minutes
):
    found = search(
        [trial(number, 2.0, curve=[2.0] * epochs_run, cut_by_time=epochs_run < 20) for number in range(trials)],
        n_trials=16, timeout=timeout, total_time=total_time,
    )  # fmt: skip
    after = proposed(found)
    assert after["n_trials"] == 40
    assert after.get("timeout") == (minutes and 60.0 * minutes)


def test_trials_that_were_taken_along_from_another_search_took_no_time_of_this_one(search, trial):
    taken, own = whole(trial, 12, is_carried=True), whole(trial, 4)
    found = search([*taken, *own], timeout=180.0, total_time=180.0)
    assert proposed(found) == {"n_trials": 40, "timeout": 1080.0}  # 45 s a trial, and 24 more


def test_longer_lessons_get_the_time_they_need(search, trial):
    longer = Finding(Kind.NEXT, "longer", changes=(Change("num_epochs", 20, 40),))
    found = search(whole(trial, 24), timeout=600.0, total_time=600.0)
    assert proposed(found, [longer]) == {"num_epochs": 40, "timeout": 1200.0}
    assert [finding.text for _, finding in proposal(found, [longer])] == ["longer", "longer"]
    assert proposed(search([2.0] * 24, timeout=None), [longer]) == {"num_epochs": 40}


def test_of_two_time_limits_the_longer_one_is_proposed():
    short, long = (Change("timeout", 180.0, after) for after in (360.0, 4620.0))
    told = [Finding(Kind.CAUTION, "short", changes=(short,)), Finding(Kind.NEXT, "long", changes=(long,))]
    assert [change for change, _ in changes_with_reasons(told)] == [long]


def test_a_search_that_still_finds_better_is_told_to_go_on(search):
    assert changes(asked(too_few_trials, search([2.5] * 20 + [2.3, 2.2, 2.1, 2.0]))) == {"n_trials": (24, 48)}
    assert asked(too_few_trials, search([2.5] * 24 + [2.0])) is None  # one lucky trial
    assert asked(too_few_trials, search([2.0] + [2.5] * 24)) is None


def test_learning_by_heart_is_noticed_and_other_keys_are_advised_once(search, trial):
    finding = asked(learned_by_heart, search([trial(0, 2.0, train_loss=1.5)]))
    assert finding.kind is Kind.NEXT and changes(finding) == {"transpose": (False, True)}
    assert not asked(learned_by_heart, search([trial(0, 2.0, train_loss=1.5)], transpose=True)).changes
    assert not asked(learned_by_heart, search([trial(0, 2.0, train_loss=1.5)], is_melodic=False)).changes
    assert asked(learned_by_heart, search([trial(0, 2.0, train_loss=1.9)])) is None
    assert asked(learned_by_heart, search([trial(0, 2.0, train_loss=None)])) is None


@pytest.mark.parametrize(
    "validation, train, speaks",
    [
        ((3.0, 2.0, 2.1, 2.2, 2.3), (3.0, 2.0, 1.8, 1.6, 1.4), True),
        ((3.0, 2.0, 2.1, 2.2, 2.3), (3.0, 2.0, 2.1, 2.2, 2.3), False),  # it stumbles everywhere
        ((3.0, 2.0, 2.3, 2.2, 2.1), (3.0, 2.0, 1.8, 1.6, 1.4), False),  # it is coming back
        ((3.0, 2.0, 2.1, 2.2), (3.0, 2.0, 1.8, 1.6), False),  # too short to tell
    ],
)
def test_overfitting_is_validation_that_rises_while_training_falls(search, trial, validation, train, speaks):
    curve = tuple(Epoch(i, v, t) for i, (v, t) in enumerate(zip(validation, train, strict=True), start=1))
    found = search([with_curve(trial(number, 2.0), curve) for number in range(5)])
    finding = asked(overfitted, found)
    assert (finding is not None) == speaks
    if finding:
        assert changes(finding) == {
            "dropout_range": ([0.0, 0.5], [0.2, 0.7]),
            "hidden_size_range": ([64, 512], [32, 256]),
        }


def with_curve(trial, curve):
    return replace(trial, curve=curve, best_epoch=2)


@pytest.mark.parametrize(
    "last, catching_up",
    [
        ((4.0, 3.4, 2.9), True),  # 1.9 behind, then 1.3, then 0.8
        ((4.0, 3.9, 3.85), False),  # it will never get there
        ((4.0, 3.0, 3.2), False),  # nor will this one
    ],
)
def test_a_trial_that_was_catching_up_was_pruned_too_eagerly(search, trial, last, catching_up):
    leaders = [trial(number, 2.0, curve=[2.1] * 19 + [2.0]) for number in range(5)]
    given_up = [trial(number, min(last), "pruned", curve=last) for number in range(5, 9)]
    finding = asked(pruned_too_eagerly, search([*leaders, *given_up]))
    assert (finding is not None) == catching_up
    if finding:
        assert changes(finding) == {"prune_after": (0.2, 0.5)}
        assert "4 of 4 trials stopped early" in finding.text


# ---- what the next search is told -----------------------------------------------------------------------------------


def test_of_two_changes_to_one_setting_the_first_counts():
    wider, smaller = Change("hidden_size_range", [64, 512], [64, 768]), Change("hidden_size_range", [64, 512], [32, 64])
    told = [Finding(Kind.NEXT, "smaller", changes=(smaller,)), Finding(Kind.NEXT, "wider", changes=(wider,))]
    assert [(change, finding.text) for change, finding in changes_with_reasons(told)] == [(smaller, "smaller")]


def test_every_finding_that_asks_for_a_change_shows_its_chart():
    for seed, (one, other) in enumerate(combinations([still_falling, learned_on_by_heart, slow_beginners], 2)):
        for curves in (one, other):
            for finding in findings(studies.study(seed, curves=curves, pruning=True, guided=False)):
                assert finding.charts or not finding.changes


@pytest.mark.parametrize(
    "value, words",
    [
        ([64, 512], "64 to 512"),
        ([1e-4, 0.05], "0.0001 to 0.05"),
        ([128, 128], "128"),
        ([8, 16, 32], "8, 16 and 32"),
        (40, "40"),
    ],
)
def test_a_value_is_told_as_a_person_reads_it(value, words):
    assert value_in_words(value) == words


def test_where_half_of_the_trials_are_short_it_takes_twice_as_many(search):
    assert asked(too_few_trials, search([2.0] * 20)) is None
    finding = asked(too_few_trials, search([2.0] * 20, strategy="resuming"))
    assert "20 trials" in finding.text
    assert changes(finding) == {"n_trials": (20, 80)}
    assert asked(too_few_trials, search([2.0] * 40, strategy="resuming")) is None


def test_only_the_median_pruner_can_be_more_patient():
    found = studies.study(1, n_trials=60, curves=slow_beginners, pruning=True)
    assert asked(pruned_too_eagerly, found) is not None
    assert asked(pruned_too_eagerly, replace(found, strategy="resuming")) is None
