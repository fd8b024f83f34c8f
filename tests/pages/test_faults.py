"""What a musician reads on each page when the disk, the database or a file is not as it should be."""

import sqlite3
from contextlib import closing

import pytest
from disks import fill, small_disk
from searches import practice_search

from chromasonic.melody_generation.hyperparameter_search import storage
from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search
from chromasonic.melody_generation.hyperparameter_search.evaluation import held_out_scores
from chromasonic.melody_generation.hyperparameter_search.registry import SearchRegistry
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.ui import context
from chromasonic.ui.wording import listen as listen_words
from chromasonic.workspace import Workspace

SEARCH_PAGES = [f"pages/{name}.py" for name in ("progress", "results", "story", "listen", "ears", "studies")]
ALL_PAGES = ["pages/music.py", "pages/search.py", *SEARCH_PAGES]


def told(page):
    """The one message of a page that cannot be shown."""
    (error,) = page.error
    return error.value.replace("\\", "")


@pytest.fixture
def away(finished):
    """The workspace of a finished search, moved away while the app is open; moved back afterwards."""
    root = finished.workspace.root
    return lambda: root.rename(root.with_name("away")), lambda: root.with_name("away").rename(root)


@pytest.mark.parametrize("file", ALL_PAGES)
def test_a_workspace_that_is_gone_is_missed_on_every_page_and_found_when_it_is_back(file, away, open_page):
    move_away, put_back = away
    page = open_page(file)
    assert not page.error
    move_away()
    page.run()
    assert "is gone" in told(page)
    assert "Put it back where it was and reload this page" in told(page)
    put_back()
    page.run()
    assert not page.error


@pytest.mark.parametrize("file", SEARCH_PAGES)
def test_a_damaged_database_is_told_on_every_page_that_needs_it(file, finished, open_page):
    root = finished.workspace.root
    forget_database(finished.workspace.storage_url)
    content = (root / "searches.db").read_bytes()
    (root / "searches.db").write_bytes(b"\xff" * 4096 + content[4096:])
    page = open_page(file)
    assert "The database of your searches is damaged" in told(page)
    assert "move this file away" in told(page)


@pytest.mark.parametrize("file", SEARCH_PAGES)
def test_a_database_locked_for_good_ends_the_wait_with_advice(file, finished, open_page, monkeypatch):
    monkeypatch.setattr(storage, "LOCK_TIMEOUT", 0.2)
    forget_database(finished.workspace.storage_url)
    with closing(sqlite3.connect(finished.workspace.root / "searches.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        page = open_page(file)
    assert "Another program has kept the database of your searches locked" in told(page)


def test_a_full_disk_ends_a_search_and_the_progress_page_says_how_to_go_on(home, open_page):
    with small_disk(home, megabytes=16):
        workspace = Workspace.open(home)
        practice_search(workspace, n_trials=200)
        search = open_search("Practice", workspace)
        page = open_page("pages/progress.py")
        page.button(key="resume").click().run()
        runner = page_registry().runner(search)
        while search.record().n_finished < 1:
            runner.join(0.05)
        filler = fill(home)
        assert runner.join(60)
        page.run()
        assert "The disk is full" in told(page)
        assert "Free some space, then try again" in told(page)
        done = search.record().n_finished
        page.button(key="resume").click().run()
        assert all("The disk is full" in error.value for error in page.error)
        assert search.record().n_finished == done
        filler.unlink()
        forget_database(search.workspace.storage_url)


def page_registry() -> SearchRegistry:
    """The one of the pages."""
    return context.registry()


def test_a_kept_model_that_was_cut_short_says_so_and_the_others_sing(finished, open_page):
    best = finished.record().best.number
    weights = finished.checkpoints.stem(best).with_suffix(".safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])
    page = open_page("pages/listen.py")
    (compose,) = (button for button in page.button if button.label == listen_words.COMPOSE)
    compose.click().run()
    assert f"trial-{best:05d}.safetensors is damaged" in told(page)
    page = open_page("pages/results.py")
    assert f"trial-{best:05d}.safetensors is damaged" in told(page)
    assert page.get("bidi_component")


def test_a_model_of_the_default_settings_that_was_cut_short_does_not_hide_how_the_winner_does(finished, open_page):
    record = finished.record()
    if record.best.is_untuned:
        pytest.skip("the default settings won")
    weights = finished.checkpoints.stem(record.untuned.number).with_suffix(".safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])
    (finished.folder / "test_losses.json").unlink(missing_ok=True)
    assert not open_page("pages/results.py").error
    scores = held_out_scores(finished)
    assert scores.best > 0
    assert scores.untuned is None


def test_music_of_a_search_that_is_gone_is_told_when_it_is_to_go_on(workspace, open_page):
    search = practice_search(workspace, n_trials=3)
    search.data_file.unlink()
    page = open_page("pages/progress.py")
    page.button(key="resume").click().run()
    assert "The music of “Practice” can no longer be read" in told(page)
