"""A search that several machines share, as the pages show and steer it."""

import time
from dataclasses import replace

import pytest
import searches
from scripted import ScriptedTrainer

from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches
from chromasonic.melody_generation.hyperparameter_search.fleet import InFleet
from chromasonic.melody_generation.hyperparameter_search.holding import EXPIRY
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.seats import SEAT
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.music.sets import MusicSet, save_music_set
from chromasonic.results.records import SearchState
from chromasonic.ui import workers_view
from chromasonic.ui.wording import progress as progress_words
from chromasonic.ui.wording import workers as words
from chromasonic.workspace import Workspace

PAGE = "pages/progress.py"


@pytest.fixture
def team(home, tmp_path, monkeypatch):
    """The workspace of a server whose database and files are shared with other machines."""
    monkeypatch.setenv("CHROMASONIC_STORAGE", f"sqlite:///{tmp_path / 'shared.db'}")
    monkeypatch.setenv("CHROMASONIC_ARTIFACTS", str(tmp_path / "shared"))
    workspace = Workspace.open(home)
    yield workspace
    forget_database(workspace.storage_url)


@pytest.fixture
def shared(team):
    return searches.practice_search(team, name="It's shared", n_trials=4)


def table(page):
    (found,) = page.dataframe
    return found.value.to_dict("list")


def test_before_a_worker_has_come_the_page_says_how_to_start_one(shared, open_page, texts):
    page = open_page(PAGE)
    assert words.NONE_YET in texts(page)
    workspace = shared.workspace
    assert page.code[0].value == (
        f"chromasonic worker --study 'It'\"'\"'s shared' --storage {workspace.storage_url} "
        f"--artifacts {workspace.artifacts}"
    )
    assert page.button(key="resume").label == words.HERE_TOO
    assert "for all" not in [button.key for button in page.button]


def test_no_password_stands_in_the_command(shared, monkeypatch):
    url = "postgresql+psycopg2://ada:s3cret@db/team"
    shared.workspace = replace(shared.workspace, storage=url)
    assert "postgresql+psycopg2://ada:***@db/team" in workers_view.command_for(shared)
    assert "s3cret" not in workers_view.command_for(shared)


def test_workers_are_seen_with_what_they_do(shared, open_page, texts):
    SearchRunner(
        shared, [ScriptedTrainer(lambda number: [2.0])], tenure=InFleet(shared, "cpu"), on_trial=lambda trial: None
    ).run()
    first = shared.workers()[0]
    gone = replace(first, id="gone", left=None, beat=time.time() - 2 * EXPIRY)
    elsewhere = replace(gone, holder=replace(first.holder, host="studio-2"))
    shared.study.set_user_attr(SEAT + "gone", elsewhere.to_json())
    at_work = replace(elsewhere, id="at work", beat=time.time(), device="cuda:0")
    shared.study.set_user_attr(SEAT + "at work", at_work.to_json())
    page = open_page(PAGE)
    columns = words.COLUMNS
    shown = table(page)
    assert shown[columns["now"]][0] == words.WAITS
    assert sorted(shown[columns["now"]]) == sorted([words.WAITS, words.LEFT, words.GONE])
    assert shown[columns["device"]][0] == "cuda:0"
    assert sorted(shown[columns["done"]]) == [0, 0, 4]
    assert words.ALIVE.format(n=1, left=2) in texts(page)


def test_one_button_stops_all_and_lets_all_go_on(shared, open_page, texts):
    tenure = InFleet(shared, "cpu")
    tenure.take("a worker", None)
    shared.write_status(SearchState.RUNNING, 1.0)
    page = open_page(PAGE)
    assert page.button(key="for all").label == words.STOP_ALL
    page.button(key="for all").click().run()
    assert shared.is_halted()
    assert shared.record().state is SearchState.STOPPED
    assert page.button(key="for all").label == words.GO_ON_ALL
    page.button(key="for all").click().run()
    assert not shared.is_halted()
    assert progress_words.STATES[SearchState.RUNNING] in page.get("progress")[0].proto.text
    tenure.leave()


@pytest.fixture
def forty_tunes(team):
    from chromasonic.music.collections import load_collection

    melodies = load_collection("ryans", team.cache).melodies[:40]
    save_music_set(team.music, MusicSet("Forty tunes", tuple(melodies)))


def test_a_search_that_is_started_waits_for_workers_with_its_music_in_the_store(
    with_ryans, forty_tunes, team, open_page, tmp_path
):
    page = open_page("pages/search.py", trials="2", epochs="1", hidden=["64", "64"], jobs="1")
    assert not page.toggle(key="here too").value
    page.button(key="start").click().run()
    assert not page.error
    (search,) = list_searches(team)
    assert search.record().state is SearchState.STOPPED
    search.data_file.rename(tmp_path / "as it was")
    search.bring_music()
    assert search.data_file.read_bytes() == (tmp_path / "as it was").read_bytes()


def test_this_machine_may_be_one_of_the_workers(shared, open_page):
    page = open_page(PAGE)
    page.button(key="resume").click().run()
    (seat,) = shared.workers()
    assert seat.holder.place == "the app"
    assert shared.holder() is None  # so that others may come too
    assert table(page)[words.COLUMNS["where"]] == [words.WHERE.format(host=seat.holder.host, pid=seat.holder.pid)]
    page.button(key="stop").click().run()
    end = time.monotonic() + 60
    while shared.is_held() and time.monotonic() < end:
        time.sleep(0.1)
    assert shared.record().state is SearchState.STOPPED
