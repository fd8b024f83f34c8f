"""The Listen page: the tuned model composes."""

import json
from dataclasses import asdict, replace

import pytest
import searches

from chromasonic.errors import CheckpointError
from chromasonic.files import write_whole
from chromasonic.melody_generation.generation import GenerationConfig
from chromasonic.melody_generation.hyperparameter_search.catalogue import delete_search, open_search
from chromasonic.melody_generation.hyperparameter_search.ensemble import candidates, choose_ensemble
from chromasonic.melody_generation.hyperparameter_search.final import final_checkpoint
from chromasonic.music.melody import Melody, Meter, Note
from chromasonic.music.sets import MusicSet, load_music_set, save_music_set
from chromasonic.ui import composing
from chromasonic.ui.wording import listen as words

PAGE = "pages/listen.py"


def compose(page):
    page.number_input(key="bars").set_value(4)
    page.number_input(key="variations").set_value(2)
    return press_compose(page)


def press_compose(page):
    (button,) = (button for button in page.button if button.label == words.COMPOSE)
    return button.click().run()


def composition(page, search):
    return page.session_state[f"composition {search.folder.name}"]


def seed(page, search):
    return page.number_input(key=f"seed {search.folder.name}")


def primer(page, search):
    """The list of tunes to begin with, once it is said that it is to be one."""
    page.selectbox(key=f"opening {search.folder.name}").set_value("tune").run()
    return page.selectbox(key=f"primer {search.folder.name}")


def tempo(page):
    (number,) = (number for number in page.number_input if number.label == words.TEMPO)
    return number


def test_practice_melodies_are_nothing_to_sing(workspace, open_page, texts):
    searches.run(searches.practice_search(workspace))
    page = open_page(PAGE)
    assert words.CANNOT_SING in texts(page)


def test_before_the_first_model_the_page_says_so(finished, open_page, texts):
    workspace = finished.workspace
    searches.tiny_search(workspace, load_music_set(workspace.music, "Forty tunes").melodies, "Another")
    page = open_page(PAGE, search="Another")
    assert words.NO_MODEL in texts(page)


def test_the_primary_button_alone_gives_a_melody_to_hear_and_see(finished, open_page):
    page = open_page(PAGE)
    assert [button.label for button in page.button if button.proto.type == "primary"] == [words.COMPOSE]
    page = compose(page)
    assert not page.error
    assert page.get("audio")
    assert page.get("plotly_chart")
    assert [button.proto.label for button in page.get("download_button")] == ["MIDI", "MusicXML", "ABC", "WAV"]


def test_melodies_stay_while_one_looks_around_and_the_next_ones_are_others(finished, open_page):
    page = compose(open_page(PAGE))
    first = composition(page, finished)
    page.segmented_control(key="melody").set_value(1).run()
    assert composition(page, finished) is first
    assert seed(page, finished).value == 1
    press_compose(page)
    assert composition(page, finished).melodies != first.melodies


def test_after_a_look_at_another_page_everything_stands_as_it_was_left(finished, open_page):
    page = compose(open_page(PAGE))
    first = composition(page, finished)
    page.switch_page("pages/studies.py").run()
    page.switch_page(PAGE).run()
    assert not page.error
    assert composition(page, finished) is first
    assert page.number_input(key="bars").value == 4
    assert seed(page, finished).value == 1


def test_one_seed_gives_the_same_melodies(finished, open_page):
    page = compose(open_page(PAGE))
    first = composition(page, finished)
    page.run()
    seed(page, finished).set_value(0).run()
    press_compose(page)
    assert composition(page, finished).melodies == first.melodies


def test_a_tune_of_ones_own_opens_the_melody_and_stands_out_in_the_picture(finished, open_page, texts):
    page = open_page(PAGE)
    primer(page, finished).set_value(2).run()
    page.slider(key="primer bars").set_value(1).run()
    page = compose(page)
    tune = load_music_set(finished.workspace.music, "Forty tunes").melodies[2]
    opening = tune.opening(1)
    melody = composition(page, finished).melodies[0]
    assert melody.notes[: len(opening.notes)] == opening.notes
    assert "1 bar of yours, orange in the picture; then 4 bars by the model." in texts(page)
    assert "5 bars" in texts(page)
    drawn = {trace["name"]: len(trace["y"]) for trace in json.loads(page.get("plotly_chart")[0].proto.spec)["data"]}
    assert drawn == {"opening": len(opening.notes), "melody": len(melody.notes) - len(opening.notes)}


def test_a_melody_continued_keeps_the_tempo_and_meter_of_its_opening(finished, open_page):
    tune = Melody((Note(0, 3, 67), Note(3, 3, 69)), title="A slow waltz", meter=Meter(3, 4), qpm=72)
    music = load_music_set(finished.workspace.music, "Forty tunes")
    save_music_set(finished.workspace.music, replace(music, melodies=(tune,)), overwrite=True)
    page = open_page(PAGE)
    assert tempo(page).value == 120
    primer(page, finished).set_value(0).run()
    assert tempo(page).value == 72
    melody = composition(compose(page), finished).melodies[0]
    assert (melody.qpm, melody.meter) == (72, Meter(3, 4))


def test_tunes_of_one_name_can_be_told_apart(finished, open_page):
    tunes = tuple(Melody((Note(0, 4, pitch), Note(4, 4, pitch)), title="Reel") for pitch in (60, 67))
    save_music_set(finished.workspace.music, MusicSet("Forty tunes", tunes), overwrite=True)
    page = open_page(PAGE)
    assert primer(page, finished).options == ["Reel", "Reel (2)"]
    primer(page, finished).set_value(1).run()
    assert composition(compose(page), finished).melodies[0].notes[0].pitch == 67


def test_after_a_reload_the_melodies_are_there_and_the_settings_as_they_were(finished, open_page):
    page = open_page(PAGE)
    page.slider(key="temperature").set_value(1.2)
    tempo(page).set_value(90)
    first = composition(compose(page), finished)
    page = open_page(PAGE)
    assert composition(page, finished) == first
    assert page.get("audio")
    assert page.number_input(key="bars").value == 4
    assert page.slider(key="temperature").value == 1.2
    assert tempo(page).value == 90
    assert seed(page, finished).value == 1  # so that the next are others
    assert composition(press_compose(page), finished).melodies != first.melodies


def test_settings_changed_since_the_last_melodies_stay_while_one_looks_around(finished, open_page):
    page = compose(open_page(PAGE))
    page.number_input(key="bars").set_value(7).run()
    primer(page, finished).set_value(2).run()
    page.switch_page("pages/studies.py").run()
    page.switch_page(PAGE).run()
    assert page.number_input(key="bars").value == 7
    assert page.selectbox(key=f"primer {finished.folder.name}").value == 2


@pytest.mark.parametrize("content", [b"", b"{}\n", b"\x1f\x8b nonsense", None], ids=["empty", "cut", "bytes", "half"])
def test_melodies_in_a_damaged_file_are_not_shown(content, finished, open_page):
    compose(open_page(PAGE))
    file = finished.folder / "composition.music"
    write_whole(file, file.read_bytes()[: file.stat().st_size // 2] if content is None else content)
    page = open_page(PAGE)
    assert not page.error and not page.get("audio")
    assert compose(page).get("audio")


def test_melodies_that_cannot_be_kept_are_shown_all_the_same(finished, open_page):
    (finished.folder / "composition.music").mkdir()  # in the place of the file
    page = compose(open_page(PAGE))
    assert "could not be written" in page.error[0].value
    assert page.get("audio")


def test_weights_that_are_gone_are_named_in_one_sentence_and_nobody_else_sings(finished, open_page):
    page = open_page(PAGE)
    chosen = composing.kept_models(finished)[1]
    model = page.selectbox(key=f"model {finished.folder.name}")
    model.set_value(chosen).run()
    for suffix in (".safetensors", ".json"):
        chosen.stem.with_suffix(suffix).unlink()
    page = compose(page)
    (error,) = page.error
    assert "this model was not kept, or was deleted. Choose another" in error.value
    assert not page.get("audio")
    page.selectbox(key=f"model {finished.folder.name}").set_value(composing.kept_models(finished)[0]).run()
    page = press_compose(page)
    assert not page.error and page.get("audio")


def test_weights_that_vanish_at_the_last_moment_are_an_error_of_ours(finished):
    model = composing.kept_models(finished)[0]
    model.stem.with_suffix(".safetensors").unlink()
    with pytest.raises(CheckpointError, match="is not there"):
        composing.compose(finished, model, GenerationConfig(bars=1), None)


def test_a_final_model_half_written_or_half_deleted_is_not_offered(finished):
    write_whole(final_checkpoint(finished).with_suffix(".safetensors"), b"weights")
    assert next(model.label for model in composing.kept_models(finished)).startswith("The best")


def test_no_other_search_sings_when_the_chosen_one_was_deleted_in_another_tab(finished, open_page):
    workspace = finished.workspace
    tunes = load_music_set(workspace.music, "Forty tunes").melodies
    searches.run(searches.tiny_search(workspace, tunes, "Another", n_trials=1))
    page = open_page(PAGE, search="Another")
    delete_search(open_search("Another", workspace))
    page = compose(page)
    assert "Another" in page.error[0].value
    assert not page.get("audio")


def test_the_best_model_comes_first_and_the_untuned_one_is_named(finished):
    labels = [model.label for model in composing.kept_models(finished)]
    assert labels[0].startswith("The best: trial ")
    assert finished.record().best is finished.record().untuned or any("default settings" in label for label in labels)


def test_an_opening_is_cut_at_its_bar_line(melody):
    tune = melody([60, 62, 64, 65, 67], [1, 1, 1, 3, 2])
    opening = tune.opening(1)
    assert [(note.pitch, note.duration) for note in opening.notes] == [(60, 1), (62, 1), (64, 1), (65, 1)]


def test_the_best_models_sing_together_once_they_were_tried(finished, open_page):
    assert not any(model.members for model in composing.kept_models(finished))
    together = choose_ensemble(finished)
    if together.n == 1:  # how many sing best is the music's business; here they shall
        together = replace(together, members=candidates(finished)[:2])
        (finished.folder / "ensemble.json").write_text(
            json.dumps({"candidates": candidates(finished), **asdict(together)})
        )
    page = open_page(PAGE)
    singers = next(model for model in composing.kept_models(finished) if model.members)
    assert singers.label == words.TOGETHER.format(n=together.n)
    page.session_state[f"model {finished.folder.name}"] = singers
    compose(page.run())
    assert composition(page, finished).model == singers.label
    assert all(melody.notes for melody in composition(page, finished).melodies)
