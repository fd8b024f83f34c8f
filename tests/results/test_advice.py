import pytest

from chromasonic.results.advice import (
    against_counting,
    cut_by_time,
    few_tunes,
    findings,
    many_failed,
    nothing_finished,
    on_unseen_tunes,
    what_mattered,
    what_won,
)
from chromasonic.results.finding import Kind
from chromasonic.results.records import Baselines, SearchState, TestScores


def asked(rule, search):
    return rule(search, search.best, search.best.best_validation_loss)


@pytest.mark.parametrize(
    "losses, words",
    [
        ([2.2, 2.0], "Trial 1 learned your music best: it gives what really comes next a 22 % better chance than"),
        ([2.0, 2.2], "The default settings won"),
        ([2.0, 1.995], "Trial 1 came first, though hardly ahead"),
        ([None, 2.0], "Trial 1 learned your music best."),
    ],
    ids=["a clear win", "the defaults win", "a photo finish", "the defaults failed"],
)
def test_what_won(search, losses, words):
    assert asked(what_won, search(losses)).text.startswith(words)


def test_a_win_stands_beside_blind_guessing(search):
    assert "Guessing blindly scores 4.73, a choice among 113." in asked(what_won, search([2.2, 2.0])).detail


@pytest.mark.parametrize("ngram, kind", [(2.5, Kind.WON), (2.0, Kind.CAUTION), (1.5, Kind.CAUTION)])
def test_counting_is_a_rival_to_be_named(search, ngram, kind):
    found = search([2.0], baselines=Baselines(uniform=4.7, ngram=ngram, ngram_order=3))
    finding = asked(against_counting, found)
    assert finding.kind is kind
    assert ("does better" in finding.text) == (ngram < 2.0)


def test_counting_is_not_mentioned_when_it_was_not_measured(search):
    assert asked(against_counting, search([2.0], baselines=None)) is None


@pytest.mark.parametrize(
    "scores, kind, words",
    [
        ({"best": 2.0, "untuned": 2.2, "ngram": 2.4}, Kind.WON, "It holds on tunes that played no part"),
        ({"best": 2.0, "untuned": 1.9, "ngram": 2.4}, Kind.CAUTION, "the default settings did better"),
        ({"best": 2.0, "untuned": 2.0}, Kind.WON, "does as well as the default settings"),
    ],
    ids=["it holds", "it does not", "a draw"],
)
def test_the_held_out_tunes_have_the_last_word(scores, kind, words):
    finding = on_unseen_tunes(TestScores(**scores))
    assert finding.kind is kind
    assert words in finding.text


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ({"best": 2.0, "untuned": 2.2, "ngram": 1.9}, ["plain counting did better"]),
        ({"best": 2.0, "untuned": 1.8, "ngram": 1.9}, ["default settings and plain counting did better"]),
        (
            {"best": 2.0, "untuned": 2.2, "ngram": 2.0},
            ["It holds on", "Simply counting which notes follow which does as"],
        ),
        ({"best": 2.0, "ngram": 2.0}, ["Simply counting which notes follow which does as"]),
        ({"best": 2.0, "ngram": 2.2}, ["than counting gives"]),
    ],
    ids=["behind counting", "behind both", "a draw", "a draw, no defaults", "ahead, no defaults"],
)
def test_how_it_does_beside_counting_on_the_held_out_tunes_is_told_once(search, scores, told):
    found = search([2.2, 2.0], baselines=Baselines(uniform=4.7, ngram=1.9, ngram_order=3))
    about = [
        finding.text for finding in findings(found, TestScores(**scores)) if finding.kind in (Kind.WON, Kind.CAUTION)
    ]
    about = [text for text in about if "learned your music best" not in text]
    assert len(about) == len(told)
    assert all(words in text for words, text in zip(told, about, strict=True))


def test_default_settings_that_won_are_not_held_against_themselves(search):
    scores = TestScores(best=2.0, untuned=2.0, ngram=2.4)
    texts = [finding.text for finding in findings(search([2.0, 2.2]), scores)]
    assert texts[0].startswith("The default settings won")
    assert not any("as well as the default settings" in text for text in texts)


@pytest.mark.parametrize(("state", "asks_for_more"), [("stopped", False), ("running", False), ("finished", True)])
@pytest.mark.parametrize("test", [None, TestScores(best=2.0, ngram=1.9)], ids=["validation", "held out"])
def test_of_a_search_that_goes_on_or_can_no_more_trials_are_asked_for(search, state, asks_for_more, test):
    behind = Baselines(uniform=4.7, ngram=1.9, ngram_order=3)
    found = search([2.2, 2.0], n_trials=5, state=SearchState(state), baselines=behind)
    texts = " ".join(finding.text for finding in findings(found, test))
    assert "more music should help" in texts.lower()
    assert ("More epochs, more trials" in texts) == asks_for_more


def test_a_test_score_alone_says_nothing():
    assert on_unseen_tunes(TestScores(best=2.0)) is None


@pytest.mark.parametrize(
    "importance, words",
    [
        ({"learning_rate": 0.6, "dropout": 0.4}, "What mattered most: how fast it learns (learning rate)."),
        (
            {"num_layers": 0.45, "learning_rate": 0.5, "dropout": 0.05},
            "What mattered most: how fast it learns (learning rate) and levels of thought (number of layers).",
        ),
        (None, None),
        ({"learning_rate": 1.0}, None),
    ],
    ids=["one", "two alike", "too few trials", "nothing to compare"],
)
def test_what_mattered(search, importance, words):
    finding = asked(what_mattered, search([2.0] * 80, importance=importance))
    assert (finding.text if finding else None) == words


def test_what_mattered_in_a_few_trials_is_called_a_rough_impression(search):
    finding = asked(what_mattered, search([2.0] * 8, importance={"learning_rate": 0.6, "dropout": 0.4}))
    assert finding.text == "A first, rough impression of what mattered most: how fast it learns (learning rate)."
    assert (
        finding.detail == "Then came dropout. 8 trials are few to rank them by: before 80 the order can still change."
    )


def test_many_failures_are_told_with_a_remedy(search):
    finding = asked(many_failed, search([2.0, None, 2.2, None]))
    assert finding.text == "2 of 4 trials failed. Try smaller batches, a smaller hidden size or fewer layers."
    assert asked(many_failed, search([2.0, None, 2.2, 2.3])) is None  # one may fail
    assert asked(many_failed, search([2.0] * 20 + [None, None])) is None


def test_when_nothing_finished_that_is_all_there_is_to_say(search):
    assert [finding.kind for finding in findings(search([None, None]))] == [Kind.CAUTION]
    assert "Out of memory" in nothing_finished(search([None, None])).detail
    assert findings(search([])) == []


def test_what_won_comes_first_and_the_unseen_tunes_second(search):
    told = findings(search([2.2, 2.0]), TestScores(best=2.0, untuned=2.2))
    assert told[0].text.startswith("Trial 1 learned")
    assert "played no part" in told[1].text
    assert all(finding.text.endswith((".", "?")) for finding in told)


def test_music_of_a_tune_or_two_gets_a_caution_and_other_music_none(search):
    assert any("only a tune or two" in found.text for found in findings(search([2.2, 2.0], by_phrase=True)))
    assert not any("only a tune or two" in found.text for found in findings(search([2.2, 2.0])))


GUESSING = Baselines(uniform=4.73, ngram=3.0, ngram_order=2)


@pytest.mark.parametrize(
    "losses, test, train_loss, tunes, why",
    [
        ([4.0, 2.6], TestScores(best=5.97, uniform=4.73), 1.2, "held-out test tunes it scores 5.97", "by heart"),
        ([5.2, 5.0], None, 4.9, "validation tunes it scores 5.00", "hardly begun to learn"),
        ([5.2, 5.0], TestScores(best=4.6, uniform=4.73), 1.2, "validation tunes it scores 5.00", "by heart"),
    ],
    ids=["on the test tunes", "without test tunes", "on the validation tunes alone"],
)
def test_a_model_no_better_than_guessing_gets_no_trophy_but_a_reason_and_a_way_on(
    search, trial, losses, test, train_loss, tunes, why
):
    best = trial(1, losses[1], train_loss=train_loss)
    told = findings(search([losses[0], best], baselines=GUESSING), test)
    assert told[0].kind is Kind.CAUTION
    assert "no better than blind guessing" in told[0].text
    assert tunes in told[0].detail and why in told[0].detail and "longer" in told[0].detail
    assert {finding.kind for finding in told} <= {Kind.CAUTION, Kind.NEXT}


def test_a_model_better_than_guessing_is_not_doubted(search):
    assert findings(search([4.0, 2.6]), TestScores(best=2.7, uniform=4.73))[0].kind is Kind.WON


@pytest.mark.parametrize(
    "cut, words",
    [
        ([], None),
        ([0], "The time limit cut the default settings short"),
        ([1], "The time limit cut the best trial short"),
        ([0, 1], "The time limit cut the best trial and the default settings short"),
        ([2], None),  # it was not going to win
    ],
)
def test_a_comparison_that_the_clock_cut_short_is_called_unfair(search, trial, cut, words):
    found = search([trial(n, loss, cut_by_time=n in cut) for n, loss in enumerate([2.2, 2.0, 2.5])])
    finding = asked(cut_by_time, found)
    assert (finding.text.partition(",")[0] if finding else None) == words


def test_a_cut_trial_is_told_with_its_epochs_and_default_settings_that_won_are_told_once(search, trial):
    detail = asked(cut_by_time, search([trial(0, 2.0, cut_by_time=True), 2.5], epochs=8)).detail
    assert detail.startswith("The best trial had 3 of 8 epochs.")


@pytest.mark.parametrize(
    "n_validation, n_test, words",
    [
        (9, 4, "only 9 tunes to choose by and 4 tunes held out to judge by. Bring more tunes."),
        (1, 10, "only 1 tune to choose by. Bring more tunes."),
        (10, 0, None),  # no test side is no small one
    ],
)
def test_scores_of_a_handful_of_tunes_are_taken_with_care(search, n_validation, n_test, words):
    finding = asked(few_tunes, search([2.0], n_validation=n_validation, n_test=n_test))
    beginning = "There is too little music for a verdict to rely on: "
    assert (finding.text if finding else None) == (words and beginning + words)


def test_of_a_tiny_search_it_is_told_first_that_there_is_too_little_music_and_no_figure_makes_a_headline(search):
    test = TestScores(best=1.83, untuned=2.3, ngram=1.9, uniform=4.7)
    told = findings(search([2.2, 1.9], n_train=3, n_validation=1, n_test=1), test)
    assert told[0].text.endswith("only 1 tune to choose by and 1 tune held out to judge by. Bring more tunes.")
    assert [finding.text for finding in told[1:4]] == [
        "Trial 1 learned your music best, judged by only 1 tune.",
        "On tunes that played no part in the search it does better than the default settings, judged by only 1 tune.",
        "It does better than counting which notes often follow which, judged by only 1 tune.",
    ]


@pytest.mark.parametrize("ngram, kind", [(1.8, Kind.CAUTION), (2.0, Kind.CAUTION), (2.4, Kind.WON)])
def test_counting_is_judged_by_the_held_out_tunes_once_they_were_asked(search, ngram, kind):
    """On the validation tunes it is 2.3 against 1.9; of two findings no two name different winners."""
    told = findings(search([2.2, 1.9]), TestScores(best=2.0, untuned=2.2, ngram=ngram))
    about = [finding for finding in told if "ounting" in finding.text]
    assert {finding.kind for finding in about} == {kind}
    assert about[-1].detail.startswith("On the held-out tunes") and f"{ngram:.3f}" in about[-1].detail


def test_when_few_trials_have_finished_nobody_is_told_to_try_fewer(search, trial):
    few = findings(search([trial(0, 2.0, cut_by_time=True), 2.1], timeout=180.0, total_time=231.0))
    assert any("try 40 or more" in finding.text for finding in few)
    assert any("Give the next search more time." in finding.text for finding in few)
    assert not any("fewer" in finding.text for finding in few)
    many = findings(search([trial(0, 2.0, cut_by_time=True), *[2.1] * 20], timeout=180.0))
    assert any("more time, or fewer trials" in finding.text for finding in many)


def test_what_mattered_counts_the_trials_that_the_other_advice_counts(search, trial):
    early = [trial(number, None, "pruned", curve=(3.0,)) for number in range(11, 16)]
    told = findings(search([2.0] * 11 + early, importance={"learning_rate": 0.6, "dropout": 0.4}))
    assert any("Few settings have been tried yet (16 trials)" in finding.text for finding in told)
    assert any("trained to the end tell this: 11 of 16 trials" in finding.detail for finding in told)
