"""Every page speaks the language that was asked for, and nothing on it was forgotten."""

import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser

import pseudo
import pytest
import searches
from scripted import ScriptedTrainer
from studies import SCORES

from chromasonic import languages
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.music.sets import load_music_set
from chromasonic.operations.report_files import make_report
from chromasonic.results.markdown import markdown_report
from chromasonic.results.page import report_page
from chromasonic.results.records import SearchState, TrialRecord, TrialState
from chromasonic.ui import context, uploads
from chromasonic.ui.wording import music as words
from chromasonic.workspace import Workspace

NEUTRAL = {  # names that are the same in every language
    "LSTM", "GRU", "RNN", "Transformer", "MIDI", "MusicXML", "ABC", "WAV", "OGG", "MP", "Chromasonic",
    "cpu", "MiB", "English", "Deutsch", "material", "md", "zip",
}  # fmt: skip


@pytest.fixture(autouse=True)
def spoken(monkeypatch):
    language = pseudo.pseudo_language()
    monkeypatch.setattr(languages, "language", lambda code: language)
    monkeypatch.setattr(languages, "OFFERED", ("en", pseudo.CODE))
    with languages.speaking(pseudo.CODE):  # for AppTest, which asks what options are called outside any page
        yield


def speaks(app):
    app.session_state["language"] = pseudo.CODE


def forgotten(page, names=()):
    """The words on a page that stand in no text of the language, and are no names of the musician's."""
    return forgotten_in(pseudo.texts_of(page), names)


def forgotten_in(texts, names=()):
    """The same of any texts."""
    found = set()
    for text in texts:
        rest = text.replace("\\", "")
        for name in sorted(names, key=len, reverse=True):
            rest = rest.replace(name, "")
        rest = re.sub(
            r":material/\w+:|[\w.-]+\.(json|txt|png|html|md|mid|abc|zip)\b|</?\w+[^>]*>", "", pseudo.outside(rest)
        )
        if set(re.findall(r"[A-Za-z]{2,}", rest)) - NEUTRAL:
            found.add(rest)
    return sorted(found)


def names_of(search):
    titles = {melody.title for melody in load_music_set(search.workspace.music, search.record().music).melodies}
    return {search.name, search.record().music, *titles}


def everything(page, search=None):
    assert not page.exception
    return forgotten(page, names_of(search) if search else ())


PAGES = [f"pages/{page.stem}.py" for page in sorted((pseudo.ROOT / "pages").glob("*.py"))]


@pytest.mark.parametrize("page", PAGES)
def test_no_word_of_a_page_is_forgotten(finished, open_page, page):
    assert not everything(open_page(page, at_door=speaks), finished)


@pytest.mark.parametrize("page", PAGES)
def test_no_word_of_a_page_is_forgotten_while_there_is_nothing_to_show(home, open_page, page):
    assert not everything(open_page(page, at_door=speaks))


def test_no_word_around_a_melody_is_forgotten(finished, open_page):
    page = open_page("pages/listen.py", at_door=speaks)
    page.button(f"compose {finished.folder.name}").click().run()
    assert page.get("audio")
    assert not everything(page, finished)
    page.button("keep").click().run()
    assert not everything(page, finished)


def test_no_word_of_a_comparison_is_forgotten(finished, open_page):
    tunes = load_music_set(finished.workspace.music, finished.record().music).melodies
    other = searches.tiny_search(finished.workspace, tunes, "Once more", n_trials=2, seed=5)
    SearchRunner(other, [ScriptedTrainer([[3.0, 2.5], [3.0, 2.0]])], plot=False).run()
    page = open_page("pages/compare.py", at_door=speaks)
    assert page.get("plotly_chart")
    of_machines = re.compile(r":small|chromasonic \d|^[0-9a-f]{8}$")  # versions, fingerprint
    assert not [
        text for text in forgotten(page, names_in_report(finished) | {"Once more"}) if not of_machines.search(text)
    ]


def test_no_word_of_the_final_model_is_forgotten(finished, open_page):
    page = open_page("pages/results.py", at_door=speaks)
    page.button("train final").click().run()
    context.registry().final(finished).join(60)
    for path in ("pages/results.py", "pages/listen.py"):
        assert not everything(open_page(path, at_door=speaks), finished)


def test_no_word_of_the_doctor_is_forgotten(finished, open_page):
    page = open_page("pages/help.py", at_door=speaks)
    page.button("look").click().run()
    told = [text for text in everything(page, finished) if not re.search(r"Python|torch|/|Linux|cpu", text)]
    assert not told


@pytest.mark.parametrize(
    "state", [SearchState.RUNNING, SearchState.PAUSED, SearchState.STOPPED, SearchState.FAILED], ids=str
)
def test_no_word_of_a_search_in_any_state_is_forgotten(finished, open_page, state):
    finished.write_status(state, 1.0, "the time limit was reached")
    for page in ("pages/progress.py", "pages/results.py", "pages/studies.py"):
        assert not everything(open_page(page, at_door=speaks), finished)


def test_what_could_not_be_read_is_told_in_the_language_of_the_page(home, open_page):
    files = [("a.txt", b"hello"), ("b.mid", b"MThd"), ("c.abc", b"X:1"), ("d.mp3", b"ID3"), ("e.mid", b"")]
    upload = uploads.keep_upload(Workspace.open(home).uploads, files)
    page = open_page("pages/music.py", at_door=speaks, **{"from": words.SOURCES["files"], "upload": upload.token})
    assert len(re.findall("\u27e6[^\u27e7]*\u27e7", page.expander[0].markdown[0].value)) >= len(files)
    assert not forgotten(page, ["c.abc, tune 1", *(name for name, _ in files)])


class Read(HTMLParser):
    """What somebody reads in a page, sees when pointing at it, or hears from a screen reader."""

    def __init__(self, page):
        super().__init__()
        self.texts, self.tag, self.language = [], "", ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tag = tag
        self.language = dict(attributes).get("lang", self.language)
        self.texts += [value for name, value in attributes if name in ("aria-label", "title", "alt")]

    def handle_data(self, data):
        self.texts += [] if self.tag == "style" else [" ".join(data.split())]


NOW = datetime(2026, 11, 5, 14, 5)


def names_in_report(search):
    record = search.record()
    machine = record.device.rpartition(", ")[0]
    return names_of(search) | {
        record.fingerprint,
        machine,
        *(f"{name} {version}" for name, version in record.versions.items()),
    }


def test_no_word_of_a_report_is_forgotten(finished):
    page = Read(make_report(finished, "html", NOW).decode())
    assert page.language == pseudo.CODE
    assert "⟦The best: trial " in " ".join(page.texts)
    notes = make_report(finished, "md", NOW).decode().splitlines()
    for report in (page.texts, notes):
        assert any("5. November 2026, 14:05" in text for text in report)
        assert not forgotten_in(report, names_in_report(finished) | {"November"})


@pytest.mark.parametrize("state", SearchState, ids=str)
def test_no_word_of_a_report_on_a_search_in_any_state_is_forgotten(finished, state):
    record = finished.record()
    trials = [
        *record.trials,
        *(
            TrialRecord(number=len(record.trials) + i, state=ended, params={}, reason="you stopped it")
            for i, ended in enumerate(TrialState)
        ),
    ]
    begun = "the trials of “Other” that fit (3 of 5)"
    record = replace(
        record, state=state, reason="the time limit was reached", trials=tuple(trials), jobs=2, began_with=begun
    )
    names = names_in_report(finished) | {"November", "“Other”"}
    for test in (None, SCORES):
        assert not forgotten_in(Read(report_page(record, [], NOW, test)).texts, names)
        assert not forgotten_in(markdown_report(record, NOW, test).splitlines(), names)
    nothing = replace(record, trials=())
    assert not forgotten_in(Read(report_page(nothing, [], NOW)).texts, names)
    assert not forgotten_in(markdown_report(nothing, NOW).splitlines(), names)


def test_the_walk_sees_words_that_are_forgotten(home, open_page):
    with languages.speaking(languages.ENGLISH):
        seen = " ".join(forgotten(open_page("pages/search.py")))
    assert "There is no music yet" in seen and "Choose your music" in seen
