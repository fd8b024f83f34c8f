"""The Listen page: the tuned model composes."""

import searches

from chromasonic.music.sets import load_music_set
from chromasonic.ui import composing
from chromasonic.ui.wording import listen as words

PAGE = "pages/listen.py"


def compose(page):
    page.number_input(key="bars").set_value(4)
    page.number_input(key="variations").set_value(2)
    return page.button(key="compose").click().run()


def composition(page, search):
    return page.session_state[f"composition {search.id}"]


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
    assert [button.key for button in page.button if button.proto.type == "primary"] == ["compose"]
    page = compose(page)
    assert not page.error
    assert len(page.get("audio")) == 1
    assert len(page.get("plotly_chart")) == 1
    assert [button.proto.label for button in page.get("download_button")] == ["MIDI", "MusicXML", "ABC", "WAV"]


def test_melodies_stay_while_one_looks_around_and_the_next_ones_are_others(finished, open_page):
    page = compose(open_page(PAGE))
    first = composition(page, finished)
    page.segmented_control(key="melody").set_value(1).run()
    assert composition(page, finished) is first
    assert page.number_input(key="composing seed").value == 1
    page.button(key="compose").click().run()
    assert composition(page, finished).melodies != first.melodies


def test_after_a_look_at_another_page_everything_stands_as_it_was_left(finished, open_page):
    page = compose(open_page(PAGE))
    first = composition(page, finished)
    page.switch_page("pages/studies.py").run()
    page.switch_page(PAGE).run()
    assert not page.error
    assert composition(page, finished) is first
    assert page.number_input(key="bars").value == 4
    assert page.number_input(key="composing seed").value == 1


def test_one_seed_gives_the_same_melodies(finished, open_page):
    page = compose(open_page(PAGE))
    first = composition(page, finished)
    page.run()
    page.number_input(key="composing seed").set_value(0).run()
    page.button(key="compose").click().run()
    assert composition(page, finished).melodies == first.melodies


def test_a_tune_of_ones_own_opens_the_melody(finished, open_page, texts):
    page = open_page(PAGE)
    page.selectbox(key="primer").set_value(3).run()
    page.slider(key="primer bars").set_value(1).run()
    page = compose(page)
    tune = load_music_set(finished.workspace.music, "Forty tunes").melodies[2]
    opening = composing.opening_of(tune, 1)
    assert composition(page, finished).melodies[0].notes[: len(opening.notes)] == opening.notes
    assert f"The first {opening.duration:g} beats are yours" in texts(page)


def test_the_best_model_comes_first_and_the_untuned_one_is_named(finished):
    labels = [model.label for model in composing.kept_models(finished)]
    assert labels[0].startswith("The best: trial ")
    assert finished.record().best is finished.record().untuned or any("default settings" in label for label in labels)


def test_an_opening_is_cut_at_its_bar_line(melody):
    tune = melody([60, 62, 64, 65, 67], [1, 1, 1, 3, 2])
    opening = composing.opening_of(tune, 1)
    assert [(note.pitch, note.duration) for note in opening.notes] == [(60, 1), (62, 1), (64, 1), (65, 1)]
