"""The report as a page: whole in itself, for everyone, and safe whatever names a search has."""

import base64
import re
from datetime import datetime
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from studies import SCORES

from chromasonic.results.page import Song, bounded, report_page
from chromasonic.results.records import SearchState

NOW = datetime(2026, 11, 24, 10, 30)
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}'


class Read(HTMLParser):
    """What stands on a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


def song(number=0, **changes):
    known = {
        "title": f"Better: trial {number}", "loss": 2.5, "facts": "D major", "settings": "LSTM", "sound": b"OggS",
        "roll": '<div class="piano-roll"></div>', "score": "",
    }  # fmt: skip
    return Song(number=number, **{**known, **changes})


def test_the_page_tells_what_the_text_tells(search, trial):
    trials = [2.5, trial(1, None, "pruned", curve=(3.0,)), 2.1, None]
    read = Read(report_page(search(trials, importance={"learning_rate": 0.7, "dropout": 0.3}), [song()], NOW, SCORES))
    for told in (
        "Reels", "Ryan's Mammoth Collection", "800 to learn from", "24 November 2026, 10:30",
        "Trial 2 learned your music best",
        "counting what follows what (4-gram)", "2.10 (with 95 % confidence 2.00 to 2.20)", "with 95 % confidence the "
        "difference is real", "How fast it learns", "learning rate", "Hear it getting better", "2.1000",
        "Out of memory: the model did not fit.", "abc123", "optuna 5.0.0", "Seed",
    ):  # fmt: skip
        assert told in read.text, told
    assert "70 %" not in read.text  # of a first, rough impression the order is told
    assert "70 %" in Read(report_page(search([2.1] * 80, importance={"learning_rate": 0.7, "dropout": 0.3}))).text


def test_it_asks_nobody_for_anything_and_says_so_to_the_browser(search):
    page = report_page(search([2.5, 2.1]), [song()], NOW, SCORES)
    read = Read(page)
    assert not read.all("script") and not read.all("link") and not read.all("iframe")
    addresses = [value for _, at in read.tags for name, value in at.items() if name in ("src", "href")]
    assert addresses and all(address.startswith(("data:", "#")) for address in addresses)
    assert not re.search(r"https?://(?!www\.w3\.org/)|@import|url\(", page)
    policy = next(at["content"] for at in read.all("meta") if at.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy and "*" not in policy
    assert not [at for _, at in read.tags if "style" in at]  # the policy would not let it act


def test_it_has_a_language_a_title_and_headings_in_order(search):
    read = Read(report_page(search([2.5, 2.1]), [song()], NOW, SCORES))
    assert read.all("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_song_is_heard_and_each_chart_is_told_in_words(search):
    read = Read(report_page(search([2.5, 2.1]), [song(sound=b"OggS and more")], NOW))
    (player,) = read.all("audio")
    kind, _, sound = player["src"].partition(",")
    assert kind == "data:audio/ogg;base64" and base64.b64decode(sound) == b"OggS and more"
    told = [at["aria-label"] for at in read.all("svg") if at.get("role") == "img"]
    assert [text.split(":")[0] for text in told] == [
        "Loss of each trial",
        "Validation loss after each epoch, nats per token",
    ]


def test_names_are_shown_as_they_are_and_do_nothing(search, trial):
    trials = [
        trial(0, 2.5, family=f"models:{HOSTILE}", params={"learning_rate": HOSTILE}),
        trial(1, None, "failed", reason=HOSTILE),
    ]
    record = search(
        trials, name=HOSTILE, music=HOSTILE, began_with=HOSTILE, device=HOSTILE, fingerprint=HOSTILE,
        families=(HOSTILE,), versions={HOSTILE: HOSTILE}, reason=HOSTILE, state=SearchState.STOPPED,
        importance={HOSTILE: 1.0},
    )  # fmt: skip
    read = Read(report_page(record, [song(title=HOSTILE, facts=HOSTILE, settings=HOSTILE)], NOW))
    assert not read.all("script") and not read.all("img")
    assert not [name for _, at in read.tags for name in at if name.startswith("on")]
    assert read.text.count("<script>alert(1)</script>") > 8
    assert "{{ 7 * 7 }}" in read.text


@pytest.mark.parametrize(
    ("trials", "state", "told"),
    [
        ([], SearchState.RUNNING, "No trial has begun yet."),
        ([None], SearchState.FAILED, "No trial finished"),
        ([2.5], SearchState.RUNNING, "still running"),
    ],
)
def test_a_search_in_any_state_has_a_page(search, trials, state, told):
    read = Read(report_page(search(trials, state=state, baselines=None), now=NOW))
    assert told in read.text
    assert "nan" not in read.text.lower().split()


def test_the_best_song_is_kept_whatever_there_is_room_for():
    songs = [song(number, sound=b"x" * 10) for number in range(5)]
    assert [kept.number for kept in bounded(songs, 50)] == [0, 1, 2, 3, 4]
    assert [kept.number for kept in bounded(songs, 30)] == [0, 1, 4]
    assert [kept.number for kept in bounded(songs, 10)] == [4]
    assert [kept.number for kept in bounded(songs, 5)] == [4]
