"""Hear it getting better, in a real browser: on the Progress page of a search that goes on meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from scripted import HeldTrainer
from searches import tiny_search

from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.music.collections import load_collection
from chromasonic.ui.wording import songs as words
from chromasonic.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

PLAYS = "sound => [...document.querySelectorAll(sound + ' audio')].some(song => !song.paused && song.currentTime > 0)"
ROW, SONG = ".st-key-in-a-row", ".st-key-song-sound"


@pytest.fixture
def trainer(server: Any) -> Iterator[HeldTrainer]:
    """Trains a search over real tunes whose second trial is better than its first, and its third the best."""
    workspace = Workspace.open(server.home)
    search = tiny_search(workspace, load_collection("ryans", workspace.cache).melodies[:40])
    trainer = HeldTrainer([[2.5, 2.4], [2.4, 2.25], [2.3, 2.11]])
    runner = SearchRunner(search, [trainer], plot=False)
    runner.start()
    yield trainer
    trainer.may_go_on.set()
    assert runner.join(60)
    forget_database(workspace.storage_url)


def test_score_and_roll_follow_each_song_and_a_new_best_brings_its_own(
    trainer: HeldTrainer, open_browser: Callable[..., Page]
) -> None:
    page = open_browser("/progress")
    page.locator(f"{ROW} audio").wait_for()
    page.wait_for_function(f"document.querySelector('{ROW} audio').duration > 8")
    heading = page.locator(".st-key-song-notes .heading")
    page.evaluate(f"document.querySelector('{ROW} audio').play()")
    heading.get_by_text(words.FIRST.format(loss="2.40"), exact=True).wait_for()
    page.evaluate(f"{{ const row = document.querySelector('{ROW} audio'); row.currentTime = row.duration - 4 }}")
    heading.get_by_text(words.WINNER.format(loss="2.25"), exact=True).wait_for()

    page.locator(".st-key-history-chart .points path").first.click(force=True)
    page.wait_for_function(PLAYS, arg=SONG)
    page.get_by_text(words.SONG.format(number=0)).first.wait_for()
    assert page.evaluate(f"document.querySelector('{ROW} audio').paused")
    assert heading.count() == 0  # that of the song stands above its sound

    trainer.may_go_on.set()
    page.get_by_role("radio", name=words.WINNER.format(loss="2.11")).wait_for()
    page.get_by_text("trial 1 (2.25) → ").wait_for()
