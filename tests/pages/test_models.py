"""The Models page: a final model is trained, taken home, brought elsewhere, sings, and is gone on with."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from chromasonic.melody_generation.hyperparameter_search.continuing import deal
from chromasonic.melody_generation.hyperparameter_search.search import Search
from chromasonic.melody_generation.model_bundle import load_model_bundle, tune_print
from chromasonic.melody_generation.model_bundle.shelf import bring_model, list_models, open_model
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.music.collections import load_collection
from chromasonic.music.melody import Melody, Note
from chromasonic.music.sets import MusicSet, save_music_set
from chromasonic.ui import actions, context
from chromasonic.ui.dialogs import REFUSAL
from chromasonic.ui.wording import listen as listen_words
from chromasonic.ui.wording import models as words
from chromasonic.ui.wording import results as results_words
from chromasonic.workspace import Workspace

PAGE, LISTEN, RESULTS = "pages/models.py", "pages/listen.py", "pages/results.py"
STORED = (
    Path(__file__).parents[1] / "melody_generation/model_bundle/data/six-songs-format-1.chromasonic-model.zip"
).read_bytes()

OpenPage = Callable[..., AppTest]
Texts = Callable[[AppTest], str]


def bring(page: AppTest, data: bytes, name: str = "x.chromasonic-model.zip") -> AppTest:
    page.button(key="bring model").click().run()
    page.get("file_uploader")[0].set_value((name, data, "application/zip"))
    page.button(key="bring yes").click().run()
    return page


@pytest.fixture
def brought(workspace: Workspace) -> Workspace:
    """A workspace with one model, and neither music nor searches."""
    bring_model(workspace.models, io.BytesIO(STORED))
    return workspace


def trained(search: Search, page: AppTest) -> AppTest:
    page.button(key="train final").click().run()
    training = context.registry().final(search)
    training.join(60)
    assert training.status.error is None
    return page.run()


def test_a_page_without_models_says_what_to_do(workspace: Workspace, open_page: OpenPage, texts: Texts) -> None:
    page = open_page(PAGE)
    assert words.EMPTY in texts(page)
    assert [button.key for button in page.button if "bring" in str(button.key)] == ["bring model"]


def test_the_final_model_is_taken_home_and_kept(finished: Search, open_page: OpenPage, texts: Texts) -> None:
    page = trained(finished, open_page(RESULTS))
    assert results_words.FINAL_DONE in texts(page)
    assert results_words.FINAL_TAKE in [button.label for button in page.get("download_button")]
    bundle = load_model_bundle(io.BytesIO(actions.final_as_file(finished)))
    assert bundle.about.music.n_tunes == 40
    assert bundle.about.music.sources == ("Ryan's Mammoth Collection",)
    assert "public domain" in bundle.about.music.licences[0]
    assert bundle.about.held_out is not None and bundle.about.held_out.n_tunes == 4
    page.button(key="keep final").click().run()
    (stored,) = list_models(finished.workspace.models)
    assert stored.name == finished.name
    assert "is among your models now" in texts(page)
    assert "What it learned from" in texts(page)


def test_the_score_on_the_card_is_that_of_the_held_out_tunes(finished: Search, open_page: OpenPage) -> None:
    from chromasonic.melody_generation.hyperparameter_search.evaluation import known_scores

    trained(finished, open_page(RESULTS))
    held_out = actions.final_model_of(finished)[1].held_out
    scores = known_scores(finished)
    assert scores is not None and held_out is not None and scores.interval is not None
    assert (held_out.loss, held_out.ngram, held_out.uniform) == (scores.best, scores.ngram, scores.uniform)
    assert (held_out.low, held_out.high) == (scores.interval.low, scores.interval.high)


def test_a_model_is_brought_where_there_is_nothing_else_and_sings(
    workspace: Workspace, open_page: OpenPage, texts: Texts
) -> None:
    page = bring(open_page(PAGE), STORED)
    assert page.success[0].value == words.BROUGHT.format(name="Six songs")
    assert "**3.37**" in texts(page)
    page.button(key="compose with").click().run()
    assert page.selectbox(key="model ").value.label == listen_words.BROUGHT.format(name="Six songs")
    page.switch_page(LISTEN)  # AppTest forgets where the button led
    page.run()
    page.number_input(key="bars").set_value(2)
    page.button(key=next(button.key for button in page.button if str(button.key).startswith("compose "))).click().run()
    assert not page.error
    assert listen_words.MELODIES in [header.value for header in page.header]
    assert listen_words.TUNES_NOT_HERE.format(music="Six songs") in texts(page)
    page.button(key="keep").click().run()
    assert list(workspace.melodies.iterdir())


def test_a_brought_model_is_chosen_beside_those_of_a_search(
    finished: Search, open_page: OpenPage, texts: Texts
) -> None:
    bring_model(finished.workspace.models, io.BytesIO(STORED))
    page = open_page(LISTEN)
    model = page.selectbox(key=f"model {finished.folder.name}")
    assert model.options[-1] == listen_words.BROUGHT.format(name="Six songs")
    assert "learned from **Forty tunes**" in texts(page)
    model.select_index(len(model.options) - 1).run()
    assert "learned from **Six songs**" in texts(page)


@pytest.mark.parametrize(
    "data, says",
    [(b"MThd and so on", "no model from Chromasonic"), (STORED[:5000], "whole archive")],
    ids=["no model", "cut short"],
)
def test_a_file_that_is_none_is_explained(brought: Workspace, open_page: OpenPage, data: bytes, says: str) -> None:
    page = bring(open_page(PAGE), data)
    assert says in str(page.session_state[REFUSAL])
    assert len(list_models(brought.models)) == 1


def test_a_model_is_renamed_and_deleted(brought: Workspace, open_page: OpenPage, texts: Texts) -> None:
    page = open_page(PAGE)
    page.button(key="rename model").click().run()
    page.text_input(key="new name").set_value("My *own*")
    page.button(key="rename yes").click().run()
    assert [model.name for model in list_models(brought.models)] == ["My *own*"]
    page.button(key="delete model").click().run()
    page.button(key="delete model yes").click().run()
    assert list_models(brought.models) == []
    assert "was deleted" in texts(page)


def test_a_damaged_model_says_so(brought: Workspace, open_page: OpenPage, texts: Texts) -> None:
    (stored,) = list_models(brought.models)
    stored.path.write_bytes(b"PK")
    page = open_page(PAGE)
    assert words.DAMAGED_ABOUT in texts(page)
    assert words.DAMAGED.format(name=stored.id) in page.selectbox[0].options


@pytest.mark.parametrize("keeps_new", [True, False], ids=["keep what it learned", "keep it as it was"])
def test_a_model_goes_on_learning_and_the_musician_decides(
    brought: Workspace, ryans_parsed: Path, open_page: OpenPage, texts: Texts, keeps_new: bool
) -> None:
    tunes = load_collection("ryans", ryans_parsed).melodies[:30]
    save_music_set(brought.music, MusicSet("Thirty tunes", tunes, sources=("Ryan's Mammoth Collection",)))
    (stored,) = list_models(brought.models)
    before = stored.path.read_bytes()
    page = open_page(PAGE)
    page.button(key="go on training").click().run()
    page.number_input(key="lesson epochs").set_value(2)
    page.button(key="lesson yes").click().run()
    lesson = context.registry().continuation(stored)
    assert lesson is not None
    lesson.join(60)
    assert lesson.status.error is None
    assert [epoch.number for epoch in lesson.status.curve] == [0, 1, 2]
    page.run()
    assert stored.path.read_bytes() == before
    assert words.ARE_UNHEARD in texts(page)
    assert len(page.get("audio")) == 2
    page.button(key="keep new" if keeps_new else "keep old").click().run()
    assert (stored.path.read_bytes() == before) is not keeps_new
    assert not stored.tried.exists()
    (now,) = list_models(brought.models)
    assert now.about is not None and len(now.about.lessons) == (2 if keeps_new else 1)
    assert (set(now.about.music.sources) == {"Ryan's Mammoth Collection"}) is keeps_new
    assert not any(str(button.key).startswith("keep ") for button in page.button)
    assert "gone on with" in texts(page) if keeps_new else "gone on with" not in texts(page)


def test_what_a_model_heard_is_known_again(finished: Search, ryans_parsed: Path) -> None:
    tunes = load_collection("ryans", ryans_parsed).melodies
    heard = {tune_print(VOCABULARY.decode(VOCABULARY.encode(tune))) for tune in tunes[:40]}
    again = deal([tune.transposed(2) for tune in tunes[:40]], "again", heard, 128)
    assert (again.is_unheard, again.n_heard) == (False, 40)
    mixed = deal(tunes[20:70], "mixed", heard, 128)
    assert mixed.is_unheard and mixed.n_heard >= 20
    assert not heard & {tune_print(VOCABULARY.decode(tokens)) for tokens in mixed.data.validation}
    assert deal(tunes[40:70], "new", heard, 128).is_unheard


def test_a_lesson_that_is_stopped_changes_nothing(finished: Search, open_page: OpenPage, texts: Texts) -> None:
    bring_model(finished.workspace.models, io.BytesIO(STORED))
    (stored,) = list_models(finished.workspace.models)
    page = open_page(PAGE)
    page.button(key="go on training").click().run()
    page.number_input(key="lesson epochs").set_value(50)
    page.button(key="lesson yes").click().run()
    page.button(key="stop lesson").click().run()
    lesson = context.registry().continuation(stored)
    assert lesson is not None
    lesson.join(60)
    page.run()
    assert not stored.tried.exists()
    assert "It could not go on: it was stopped." in texts(page)
    assert len(open_model(stored).about.lessons) == 1


def test_the_card_shows_no_markup_of_a_stranger(brought: Workspace, open_page: OpenPage, texts: Texts) -> None:
    from chromasonic.melody_generation.model_bundle.shelf import rename_model

    (stored,) = list_models(brought.models)
    rename_model(stored, "![x](http://x) :red[y] www.x.y")
    page = open_page(PAGE)
    assert "![x](http" not in texts(page) and ":red[y]" not in texts(page)


def test_too_little_music_is_told_and_changes_nothing(brought: Workspace, open_page: OpenPage, texts: Texts) -> None:
    save_music_set(brought.music, MusicSet("A call", (Melody((Note(0, 1, 60), Note(1, 1, 67))),)))
    (stored,) = list_models(brought.models)
    page = open_page(PAGE)
    page.button(key="go on training").click().run()
    page.button(key="lesson yes").click().run()
    lesson = context.registry().continuation(stored)
    assert lesson is not None
    lesson.join(60)
    page.run()
    assert "It could not go on: This music has 2 notes" in texts(page)
    assert not stored.tried.exists()
