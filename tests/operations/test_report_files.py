"""The report for people, made of a real search."""

import re

import pytest
import searches

from chromasonic.errors import SettingsError
from chromasonic.melody_generation.hyperparameter_search.evaluation import held_out_scores
from chromasonic.music.collections import load_collection
from chromasonic.operations.report_files import REPORTS, make_report, write_reports
from chromasonic.results.records import new_bests
from chromasonic.workspace import Workspace


@pytest.fixture(scope="module")
def search(tmp_path_factory):
    """A small search over forty of Ryan's tunes, finished and measured."""
    workspace = Workspace.open(tmp_path_factory.mktemp("report") / "Chromasonic")
    tunes = load_collection("ryans", workspace.cache).melodies[:40]
    search = searches.tiny_search(workspace, tunes, name="<b>Forty</b>")
    searches.run(search)
    held_out_scores(search)
    return search


def test_the_page_plays_each_new_best_and_shows_the_score_of_the_winner(search):
    page = make_report(search, "html").decode()
    steps = new_bests(search.record())
    assert page.count("<audio ") == page.count('class="piano-roll"') == len(steps)
    assert page.count('class="score"') == 1
    assert f"The best: trial {steps[-1].number}" in page
    assert "&lt;b&gt;Forty&lt;/b&gt;" in page and "<b>Forty</b>" not in page
    assert len(page) < 8_000_000


def test_nothing_in_it_tells_of_this_machine(search):
    for kind in REPORTS:
        report = make_report(search, kind).decode()
        assert str(search.workspace.root) not in report
        assert not re.search(r"/(home|root|tmp|usr|Users)/", re.sub(r"data:audio[^\"]+", "", report))


def test_no_style_stands_in_an_attribute_where_the_policy_forbids_it(search):
    assert not re.search(r"<[^>]*\sstyle=", make_report(search, "html").decode())


def test_a_damaged_song_is_left_out(search):
    notes = search.songs.stem(search.record().best.number).with_suffix(".mid")
    whole = notes.read_bytes()
    notes.write_bytes(b"no music")
    try:
        page = make_report(search, "html").decode()
    finally:
        notes.write_bytes(whole)
    assert page.count("<audio ") == len(new_bests(search.record())) - 1
    assert "The best: trial" not in page


def test_practice_melodies_have_a_report_without_songs(tmp_path):
    practice = searches.practice_search(Workspace.open(tmp_path / "Chromasonic"))
    searches.run(practice)
    page = make_report(practice, "html").decode()
    assert "<audio" not in page and "Hear it" not in page
    assert make_report(practice, "md").startswith(b"# Practice\n")


def test_the_files_that_are_asked_for_are_written(search, tmp_path):
    assert write_reports(search, (), tmp_path) == [] == list(tmp_path.iterdir())
    written = write_reports(search, ("md", "html"), tmp_path / "new")
    assert [file.name for file in written] == ["optimization_report.md", "optimization_report.html"]
    assert all(file.stat().st_size > 1000 for file in written)


def test_another_kind_of_report_is_refused(search):
    with pytest.raises(SettingsError, match="needs one of html, md, but is"):
        make_report(search, "pdf")
