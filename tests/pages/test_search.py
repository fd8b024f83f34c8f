"""The Search page: say how thoroughly to look, and start."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import searches
from streamlit.testing.v1 import AppTest

from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches
from chromasonic.melody_generation.hyperparameter_search.estimate import Speed
from chromasonic.melody_generation.hyperparameter_search.registry import Lesson, SearchRegistry
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.music.collections import load_collection
from chromasonic.music.melody import Melody
from chromasonic.music.sets import MusicSet, save_music_set
from chromasonic.ui import context, estimate_view, search_form
from chromasonic.ui.wording import search as words
from chromasonic.ui.wording import shell as shell_words
from chromasonic.workspace import Workspace

OpenPage = Callable[..., AppTest]
PAGE = "pages/search.py"


@pytest.fixture(autouse=True)
def known_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose speed was measured before: 1 ms a layer and step, 10 GFLOP/s or so."""
    speed = Speed(costs=(1e-3, 0.0, 0.0, 2e-10))
    monkeypatch.setattr(estimate_view, "known_speed", lambda cache, family, device: speed)


@pytest.fixture
def forty_tunes(home: Path, ryans_parsed: Path) -> MusicSet:
    """The first forty of Ryan's tunes, saved as a music set."""
    tunes = load_collection("ryans", ryans_parsed).melodies[:40]
    music = MusicSet("Forty tunes", tunes, sources=("Ryan's Mammoth Collection",))
    save_music_set(Workspace.open(home).music, music)
    return music


def texts(page: AppTest) -> str:
    """Everything written on the page."""
    kinds = ("markdown", "caption", "error", "warning", "info")
    return "\n".join(element.value for kind in kinds for element in page.get(kind))


@pytest.mark.parametrize("lesson", Lesson)
def test_what_else_trains_is_told_by_what_it_is(
    home: Path, forty_tunes: MusicSet, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    search = searches.practice_search(Workspace.open(home), name="Reels")
    monkeypatch.setattr(SearchRegistry, "lessons", lambda registry: [(lesson, search)])
    assert words.ALREADY[lesson].format(name="“Reels”") in [info.value for info in open_page(PAGE).info]


def test_without_music_the_page_says_where_to_find_some(open_page: OpenPage) -> None:
    page = open_page(PAGE)
    assert page.info[0].value == shell_words.NO_MUSIC_YET
    assert [button.label for button in page.button] == [shell_words.CHOOSE_MUSIC]


def test_the_page_opens_ready_to_start(forty_tunes: MusicSet, open_page: OpenPage) -> None:
    page = open_page(PAGE)
    assert page.title[0].value == words.TITLE
    assert "Learns from **Forty tunes**" in texts(page)
    assert page.segmented_control(key="preset").value == "quick"
    assert not page.button(key="start").disabled
    assert page.text_input[0].value.startswith("Forty tunes, ")
    assert "on this machine" in texts(page)


def test_a_preset_moves_every_slider(forty_tunes: MusicSet, open_page: OpenPage) -> None:
    page = open_page(PAGE)
    page.slider(key="trials").set_value(77).run()
    assert page.segmented_control(key="preset").value == "quick"
    page.segmented_control(key="preset").set_value("thorough").run()
    assert page.slider(key="trials").value == 300
    assert page.slider(key="hidden").value == (64, 512)
    assert page.number_input(key="minutes").value == 240


def test_how_long_a_slow_beginner_is_waited_for_is_asked_only_where_someone_waits(
    forty_tunes: MusicSet, open_page: OpenPage
) -> None:
    page = open_page(PAGE, strategy=words.STRATEGIES["median"], patience="40")
    assert page.slider(key="patience").value == 40
    page.selectbox(key="strategy").set_value("resuming").run()
    assert "patience" not in {slider.key for slider in page.slider}
    assert not page.button(key="start").disabled
    page.selectbox(key="strategy").set_value("median").run()
    assert page.slider(key="patience").value == 40  # it is not forgotten meanwhile


def test_few_tunes_are_learned_in_small_batches(forty_tunes: MusicSet, open_page: OpenPage) -> None:
    page = open_page(PAGE)
    assert page.pills(key="batch").value == [4, 8, 16]
    page.segmented_control(key="preset").set_value("thorough").run()
    assert page.pills(key="batch").value == [4, 8, 16, 32]


def test_a_link_opens_the_page_with_its_settings(forty_tunes: MusicSet, open_page: OpenPage) -> None:
    page = open_page(PAGE, preset="Balanced", trials="55", hidden=["96", "256"], learning_rate=["0.0002", "0.005"])
    assert page.slider(key="trials").value == 55
    assert page.slider(key="hidden").value == (96, 256)
    assert page.select_slider(key="learning_rate").value == (2e-4, 5e-3)
    assert page.slider(key="epochs").value == 20  # Balanced


@pytest.mark.parametrize(
    ("key", "section"), [("families", words.WHICH_MODELS), ("batch", words.HOW_LEARNING)], ids=["families", "batch"]
)
def test_an_impossible_answer_is_explained_beside_it_and_above_and_cannot_be_started(
    key: str, section: str, forty_tunes: MusicSet, open_page: OpenPage
) -> None:
    page = open_page(PAGE)
    page.pills(key=key).set_value([]).run()
    (error,) = page.error
    assert error.value == words.CHOOSE_ONE[key]
    assert page.button(key="start").disabled
    assert page.warning[0].value == words.IMPOSSIBLE.format(section=section, reason=words.CHOOSE_ONE[key])


def test_settings_of_an_earlier_search_can_be_taken_up(
    forty_tunes: MusicSet, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(PAGE)
    page.session_state[search_form._PROPOSED] = search_form.Proposal(
        SearchSettings(n_trials=9, families=("gru", "rnn"), seed=5), "Reels", "Forty tunes", "", is_copy=True
    )
    page.run()
    assert page.slider(key="trials").value == 9
    assert page.pills(key="families").value == ["gru", "rnn"]
    assert page.number_input(key="seed").value == 5


def test_music_too_little_to_learn_from_is_refused_in_words(
    home: Path, open_page: OpenPage, melody: Callable[..., Melody]
) -> None:
    save_music_set(Workspace.open(home).music, MusicSet("One", (melody([60, 62, 64]),)))
    page = open_page(PAGE)
    page.button(key="start").click().run()
    assert page.error
    assert not list_searches(Workspace.open(home))


def test_a_name_that_is_taken_is_refused_in_words(forty_tunes: MusicSet, home: Path, open_page: OpenPage) -> None:
    page = open_page(PAGE)
    page.text_input[0].set_value("   ").run()
    page.button(key="start").click().run()
    assert "needs a name" in page.error[0].value


def test_the_primary_button_starts_a_search_in_the_background(
    forty_tunes: MusicSet, home: Path, open_page: OpenPage
) -> None:
    page = open_page(PAGE, trials="2", epochs="1", hidden=["64", "64"], jobs="1")
    page.button(key="start").click().run()
    try:
        (search,) = list_searches(Workspace.open(home))
        assert search.settings.n_trials == 2
        assert search.record().music == "Forty tunes"
        assert search.record().baselines is not None
        assert page.query_params["search"] == search.name
        runner = context._registry().runner(search)
        assert runner is None or runner.join(60)
        assert search.record().n_finished == 2
    finally:
        context._registry().stop_all()


def test_a_second_search_beside_one_that_runs_keeps_the_name_it_was_given(
    forty_tunes: MusicSet, home: Path, open_page: OpenPage
) -> None:
    address: dict[str, str | list[str]] = {"trials": "500", "epochs": "100", "hidden": ["64", "64"], "jobs": "1"}
    try:
        for name in ("One", "Another"):
            page = open_page(PAGE, **address)
            page.text_input[0].set_value(name).run()
            page.button(key="start").click().run()
        assert {search.name for search in list_searches(Workspace.open(home))} == {"One", "Another"}
    finally:
        context._registry().stop_all()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "10 seconds"), (44, "40 seconds"), (181, "3 minutes"), (5400, "90 minutes"), (9000, "2½ hours")],
)
def test_an_estimate_does_not_look_exact(seconds: float, words: str) -> None:
    assert estimate_view.roughly(seconds) == words


def test_the_speed_is_measured_once_and_then_known(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, measured = [], threading.Event()

    def measure(cache: Path, family: str, device: str) -> None:
        measured.wait(10)
        asked.append((family, device))

    monkeypatch.setattr(estimate_view, "measure_speed", measure)
    measuring = estimate_view.Measuring(home)
    for _ in range(3):
        measuring.begin("lstm", "cpu")
    assert measuring.is_under_way("lstm", "cpu")
    measured.set()
    while measuring.is_under_way("lstm", "cpu"):
        time.sleep(0.01)
    measuring.begin("lstm", "cpu")
    assert asked == [("lstm", "cpu")]
