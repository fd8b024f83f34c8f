"""The report in Markdown, read by a parser as GitHub reads it."""

from datetime import datetime

import pytest
from markdown_it import MarkdownIt
from nasty import NASTY

from chromasonic.music.text import visible
from chromasonic.results.markdown import markdown_report
from chromasonic.results.records import SearchState, TestScores

NOW = datetime(2026, 11, 24, 10, 30)
HOSTILE = "<script>alert(1)</script> | `code` *stars* _lines_ [link](http://evil.example) # $x$ ![i](x)\n# heading"


def parsed(report):
    return MarkdownIt("commonmark").enable("table").parse(report)


def shown(report):
    """The text of each piece of the report, as a reader sees it."""
    return [
        "".join(child.content for child in token.children or [])
        for token in parsed(report)
        if token.type == "inline"
    ]  # fmt: skip


def kinds(report):
    tokens = parsed(report)
    return {token.type for token in tokens} | {child.type for token in tokens for child in token.children or []}


def test_it_tells_what_the_text_tells_in_tables_and_lists(search):
    scores = TestScores(best=2.2, untuned=2.3, ngram=2.4, uniform=4.7)
    report = markdown_report(search([2.5, 2.1, None], importance={"learning_rate": 0.7, "dropout": 0.3}), NOW, scores)
    text = shown(report)
    assert text[0] == "Reels"
    for cell in ("How fast it learns", "learning rate", "0.001", "counting what follows what (4-gram)", "2.1000"):
        assert cell in text, cell
    assert "Failed: 1. Trial 2: Out of memory: the model did not fit." in text
    assert sum(token.type == "table_open" for token in parsed(report)) == 6
    assert "70 %" not in report  # of a first, rough impression the order is told
    settled = markdown_report(search([2.1] * 80, importance={"learning_rate": 0.7, "dropout": 0.3}), NOW, scores)
    assert "70 %" in shown(settled)


def test_whose_loss_is_told_is_clear_whatever_was_said_before(search):
    told = markdown_report(search([2.5, 2.1], n_validation=5), NOW)
    assert "The validation loss of trial 1 is 2.1000 nats per token" in told


def test_every_table_is_rectangular(search):
    tokens = parsed(markdown_report(search([2.5, 2.1, 2.0]), NOW))
    cells, width = 0, 0
    for token in tokens:
        if token.type == "table_open":
            width = 0
        cells += token.type in ("th_open", "td_open")
        if token.type == "tr_close":
            width = width or cells
            assert cells == width
            cells = 0


def test_names_are_shown_as_they_are_and_do_nothing(search, trial):
    trials = [trial(0, 2.5, family=f"m:{HOSTILE}"), trial(1, None, "failed", reason=HOSTILE)]
    report = markdown_report(
        search(trials, name=HOSTILE, music=HOSTILE, device=HOSTILE, fingerprint=HOSTILE, importance={HOSTILE: 1.0}), NOW
    )
    assert not kinds(report) & {"html_block", "html_inline", "link_open", "image", "code_inline", "em_open", "fence"}
    seen = " ".join(HOSTILE.split())
    assert shown(report)[0] == seen
    assert sum(seen in text for text in shown(report)) == 6  # music, device, fingerprint, setting, reason too


@pytest.mark.parametrize("name", NASTY)
def test_any_name_is_shown_as_it_is(search, name):
    report = markdown_report(search([2.5], name=name, music=name), NOW)
    assert shown(report)[0] == visible(name)
    assert f"Music: {visible(name)}" in shown(report)


@pytest.mark.parametrize("trials", [[], [None], [2.5]])
def test_a_search_in_any_state_has_a_report(search, trials):
    report = markdown_report(search(trials, state=SearchState.RUNNING, baselines=None), NOW)
    assert report.startswith("# Reels\n")
    assert "None" not in report and "nan" not in report
