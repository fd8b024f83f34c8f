"""Hear it getting better: on the Progress and the Results page, what the models sang on their way."""

import pytest
import searches

from chromasonic.results.records import new_bests
from chromasonic.ui.wording import songs as words

PAGES = pytest.mark.parametrize("file", ["pages/progress.py", "pages/results.py"])


def chosen(search):
    return f"song {search.folder.name}"


@PAGES
def test_the_winner_sings_first_and_any_other_when_it_is_chosen(finished, open_page, texts, file):
    page = open_page(file, search=finished.name)
    best = finished.record().best.number
    assert words.SONG.format(number=best) in texts(page)
    assert len(page.get("audio")) == min(2, len(new_bests(finished.record())))  # all in a row, where there are several
    page.session_state[chosen(finished)] = 0
    page.run()
    assert words.SONG.format(number=0) in texts(page)
    assert words.NO_SONG.format(number=0) not in texts(page)


def test_a_trial_without_a_song_says_why(finished, open_page, texts):
    record = finished.record()
    number = next(trial.number for trial in record.trials if trial is not record.best)
    finished.songs.stem(number).with_suffix(".ogg").unlink(missing_ok=True)

    def choose(app):
        app.session_state[chosen(finished)] = number

    page = open_page("pages/progress.py", at_door=choose, search=finished.name)
    assert words.NO_SONG.format(number=number) in texts(page)
    loss = record.trials[number].best_validation_loss
    assert page.button_group[0].options[-1].startswith(words.BETTER.format(number=number, loss=f"{loss:.2f}"))


def test_practice_melodies_are_nothing_to_hear(workspace, open_page, texts):
    searches.run(searches.practice_search(workspace))
    assert words.PRACTICE in texts(open_page("pages/progress.py"))
    assert words.TITLE not in texts(open_page("pages/results.py"))
