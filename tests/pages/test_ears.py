"""By ear: two songs at a time, blind; answers that stay; a ranking and whether the loss agrees with it."""

import pytest
import searches
from scripted import ScriptedTrainer

from chromasonic.melody_generation.hyperparameter_search.catalogue import delete_search
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.music.sets import load_music_set
from chromasonic.results.ears.agreement import Verdict
from chromasonic.results.ears.comparisons import Comparisons
from chromasonic.ui.wording import ears as words

PAGE = "pages/ears.py"


@pytest.fixture
def sung(finished):
    """A search whose six models sang differently, with the losses 3.0, 2.9 … 2.5."""
    tunes = load_music_set(finished.workspace.music, "Forty tunes").melodies
    search = searches.tiny_search(finished.workspace, tunes, "Six songs", n_trials=6)
    SearchRunner(search, [ScriptedTrainer([[3.0 - number / 10] for number in range(6)])], plot=False).run()
    return search


def answers(search, whose="mine"):
    return Comparisons(search.folder / "ears" / f"{whose}.jsonl").read()


def pair(page, search):
    return page.session_state[f"ears {search.folder.name}"][1]


def test_two_songs_are_played_without_a_word_on_whose_they_are(sung, open_page, texts):
    page = open_page(PAGE, search=sung.name)
    assert len(page.get("audio")) == 2
    assert [button.label for button in page.button] == [words.SONG_A, words.CANNOT_SAY, words.SONG_B]
    assert not any(button.proto.type == "primary" for button in page.button)  # neither side is pressed for
    assert [button.proto.shortcut for button in page.button] == ["1", "2", "3"]
    assert "loss" not in texts(page) and "rial" not in texts(page)


def test_an_answer_is_kept_and_another_pair_comes(sung, open_page):
    page = open_page(PAGE, search=sung.name)
    left, right = pair(page, sung)
    page.button(key="answer right").click().run()
    (answer,) = answers(sung)
    assert (answer.left, answer.right, answer.answer) == (left, right, "right")
    assert set(pair(page, sung)) != {left, right}
    page = open_page(PAGE, search=sung.name)  # after a reload
    assert [header.value for header in page.header] == [words.ROUND.format(n=2), words.RANKING]
    page.button(key="undo").click().run()
    assert answers(sung) == []
    assert pair(page, sung) == (left, right)
    assert "undo" not in {button.key for button in page.button}


def test_a_round_that_another_window_has_answered_is_not_answered_twice(sung, open_page):
    one, other = open_page(PAGE, search=sung.name), open_page(PAGE, search=sung.name)
    one.button(key="answer left").click().run()
    other.button(key="answer right").click().run()
    assert [answer.answer for answer in answers(sung)] == ["left"]
    one.button(key="undo").click().run()
    other.button(key="undo").click().run()
    assert answers(sung) == []


def test_ears_that_follow_the_loss_are_told_so_beside_the_ranking(sung, open_page, texts):
    page = open_page(PAGE, search=sung.name)
    assert words.NOT_YET.format(answers="6 answers") in texts(page)
    while len(answers(sung)) < 30:
        left, right = pair(page, sung)
        page.button(key=f"answer {'left' if left > right else 'right'}").click().run()  # the later, the lower the loss
    assert words.AGREEMENT[Verdict.AGREE].partition("{")[0] in texts(page)
    assert "30 answers" in texts(page)
    alt = page.get("plotly_chart")[0].proto.alt
    assert alt.startswith("The songs by ear, the one liked most first: trial 5")


def test_a_song_that_is_damaged_or_sounds_like_another_takes_no_part(sung, open_page, texts):
    for number in (1, 2, 3, 4):
        sung.songs.stem(number).with_suffix(".mid").write_bytes(b"\xff" * 9 if number % 2 else b"")
    sung.songs.stem(5).with_suffix(".mid").write_bytes(sung.songs.stem(0).with_suffix(".mid").read_bytes())
    page = open_page(PAGE, search=sung.name)
    assert not page.get("audio") and not page.error
    assert words.NO_MORE in texts(page)


@pytest.mark.parametrize("n_songs, text", [(0, words.NO_SONG), (1, words.ONE_SONG)])
def test_with_less_than_two_songs_it_says_what_to_wait_for(sung, open_page, texts, n_songs, text):
    for number in range(n_songs, 6):
        sung.songs.stem(number).with_suffix(".ogg").unlink()
    searches.held_elsewhere(sung)
    page = open_page(PAGE, search=sung.name)
    assert text in texts(page)
    assert [button.key for button in page.button] == ["watch"]


def test_of_two_songs_alone_enough_is_said_after_three_answers_with_what_to_do(sung, open_page, texts):
    for number in range(2, 6):
        sung.songs.stem(number).with_suffix(".ogg").unlink()
    page = open_page(PAGE, search=sung.name)
    for _ in range(3):
        assert len(page.get("audio")) == 2
        page.button(key="answer left").click().run()
    assert not page.get("audio")
    assert f"{words.ENOUGH.format(songs='2 songs')} {words.MORE_NEEDED}" in texts(page)
    assert words.TOO_FEW_SONGS.format(n=5, songs="2 songs") in texts(page)
    assert page.button(key="watch").label == words.TO_PROGRESS
    page.button(key="undo").click().run()
    assert len(page.get("audio")) == 2


def test_practice_melodies_are_nothing_to_compare(workspace, open_page, texts):
    searches.practice_search(workspace)
    assert words.PRACTICE in texts(open_page(PAGE))


def test_answers_that_cannot_be_kept_are_said_in_words(sung, open_page):
    (sung.folder / "ears").write_text("in the way")
    page = open_page(PAGE, search=sung.name)
    page.button(key="answer left").click().run()
    assert "could not be written" in page.error[0].value
    assert len(page.get("audio")) == 2


def test_an_answer_on_a_search_that_another_tab_deleted_says_so(sung, open_page):
    page = open_page(PAGE, search=sung.name)
    delete_search(sung)
    page.button(key="answer left").click().run()
    assert [error.value for error in page.error] and all("Six songs" in error.value for error in page.error)
    assert not page.exception
