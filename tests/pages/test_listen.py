"""The Listen page: the tuned model composes."""

import io
import json
import zipfile
from dataclasses import asdict, replace

import pytest
import searches

from chromasonic.errors import CheckpointError
from chromasonic.files import write_whole
from chromasonic.melody_generation.generation import GenerationConfig
from chromasonic.melody_generation.hyperparameter_search.catalogue import delete_search, open_search
from chromasonic.melody_generation.hyperparameter_search.ensemble import candidates, choose_ensemble
from chromasonic.melody_generation.hyperparameter_search.final import final_checkpoint
from chromasonic.music.key_finding import estimated_key
from chromasonic.music.melody import Key, Melody, Meter, Note
from chromasonic.music.midi import read_midi
from chromasonic.music.sets import MusicSet, load_music_set, save_music_set
from chromasonic.music.shelf import delete_melody, keep_melody, list_melodies, load_melody
from chromasonic.ui import composing, keyboard, shelf_view
from chromasonic.ui.dialogs import REFUSAL
from chromasonic.ui.home import of_search
from chromasonic.ui.wording import listen as words
from chromasonic.ui.wording import tune as tune_words

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


def shelf(search):
    """What is on the shelf: names, newest first."""
    return [kept.name for kept in list_melodies(search.workspace.melodies)]


def open_shelf(page):
    page.session_state["the shelf"] = True
    return page.run()


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
    assert page.get("bidi_component")
    labels = [button.proto.label for button in page.get("download_button")]
    files = ["MIDI", "MusicXML", "ABC", "Print view", "WAV", "OGG", "MP3"]
    assert labels == [*files, tune_words.DOWNLOAD_ALL.format(n=2)]


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
    components = [json.loads(one.proto.json) for one in page.get("bidi_component")]
    (shown,) = next(one["tunes"] for one in components if "tunes" in one)
    assert shown["roll"].count("<rect") == len(melody.notes)
    assert shown["roll"].count("class=opening") == len(opening.notes)


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
        composing.compose(of_search(finished), model, GenerationConfig(bars=1), None)


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
    assert {take.making.model for take in composition(page, finished).takes} == {singers.label}
    assert all(melody.notes for melody in composition(page, finished).melodies)


# ---- key and range


def test_a_melody_in_another_key_has_its_notes_and_stays_in_the_range(finished):
    model = composing.kept_models(finished)[0]
    learned = load_music_set(finished.workspace.music, "Forty tunes").melodies
    asked = Key("Eb")
    config = GenerationConfig(bars=8, variations=4, key=asked, lowest=60, highest=72)
    sung = composing.compose(of_search(finished), model, config, None, learned).melodies
    assert {melody.key for melody in sung} == {asked}
    pitches = {note.pitch for melody in sung for note in melody.notes}
    assert {pitch % 12 for pitch in pitches} <= asked.scale
    assert 60 <= min(pitches) <= max(pitches) <= 72


def test_a_melody_is_moved_from_the_key_the_model_is_at_home_in(melody):
    tunes = [replace(melody([60]), key=key) for key in (Key("D"), Key("D"), Key("G", "minor"), Key("A", "dorian"))]
    assert composing.usual_key(tunes, "major") == Key("D")
    assert composing.usual_key(tunes, "minor") == Key("G", "minor")
    assert composing.usual_key(tunes, "lydian") == Key("G", "lydian")  # two sharps, as most have
    assert composing.usual_key([melody([60])], "major") is None


def test_a_tune_that_opens_in_another_key_is_moved_there_and_played_notes_are_not(finished, melody):
    model = composing.kept_models(finished)[0]
    tune = replace(melody([62, 66, 69]), key=Key("D"))
    config = GenerationConfig(bars=2, key=Key("E"))
    (moved,) = composing.compose(of_search(finished), model, config, composing.Opening(tune)).melodies
    assert [note.pitch for note in moved.notes[:3]] == [64, 68, 71]
    (played,) = composing.compose(of_search(finished), model, config, composing.Opening(tune, is_played=True)).melodies
    assert [note.pitch for note in played.notes[:3]] == [62, 66, 69]
    assert {note.pitch % 12 for note in played.notes[3:]} <= Key("E").scale
    assert moved.key == played.key == Key("E")


def test_key_and_range_are_asked_for_and_stay_after_a_reload(finished, open_page):
    page = open_page(PAGE)
    page.selectbox(key="key of any mode").set_value("A minor")
    page.select_slider(key="range").set_range(57, 81)
    melody = composition(compose(page), finished).melodies[0]
    assert melody.key == Key("A", "minor")
    assert all(57 <= note.pitch <= 81 for note in melody.notes)
    page = open_page(PAGE)
    assert page.selectbox(key="key of any mode").value == "A minor"
    assert page.select_slider(key="range").value == (57, 81)


def test_a_tune_can_be_moved_to_the_keys_of_its_mode_only(finished, open_page):
    page = open_page(PAGE)
    primer(page, finished).set_value(0).run()
    tune = load_music_set(finished.workspace.music, "Forty tunes").melodies[0]
    mode = (tune.key or estimated_key(tune)).mode
    options = page.selectbox(key=f"key {mode}").options
    assert options[0] == words.AS_IT_COMES and len(options) == 13
    assert all(option.endswith(mode) for option in options[1:])


def test_a_range_with_nothing_to_sing_is_told_in_words(finished, open_page):
    page = open_page(PAGE)
    page.selectbox(key="key of any mode").set_value("C major")
    page.select_slider(key="range").set_range(61, 61).run()
    assert "no notes of C major from C♯4 to C♯4" in page.error[0].value
    page.select_slider(key="range").set_range(61, 72).run()
    assert not page.error


# ---- notes played on the page


def test_notes_that_were_played_open_the_melody(finished, open_page):
    page = open_page(PAGE)
    page.session_state["keys so far"] = [(67, 1.0), (None, 0.5), (69, 0.5)]
    page.selectbox(key=f"opening {finished.folder.name}").set_value("played").run()
    take = composition(compose(page), finished).takes[0]
    assert [(note.onset, note.pitch) for note in take.melody.notes[:2]] == [(0, 67), (1.5, 69)]
    assert take.making.primer_beats == 2
    assert take.melody.title == "New melody 1"


def test_before_a_note_is_played_melodies_start_afresh(finished, open_page):
    page = open_page(PAGE)
    page.selectbox(key=f"opening {finished.folder.name}").set_value("played").run()
    assert not composition(compose(page), finished).has_opening


def test_rests_before_the_first_note_are_not_waited_for():
    assert keyboard.melody_of([(None, 1.0), (60, 1.0), (None, 1.0), (62, 0.5)]).notes == (
        Note(0, 1, 60),
        Note(2, 0.5, 62),
    )
    assert keyboard.melody_of([(None, 1.0)]) is None


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "x",
        5,
        [5],
        [[60]],
        [[60, 7]],
        [[47, 1]],
        [[84, 1]],
        [["C4", 1]],
        [[60, "1"]],
        [[60.5, 1]],
        [[[60], 1]],
        {},
    ],
)
def test_what_no_keyboard_of_ours_sends_is_not_played(answer):
    assert keyboard.played(answer) == []


# ---- keep, discard, another


def test_a_melody_is_kept_once_and_remembers_how_it_was_made(finished, open_page):
    page = compose(open_page(PAGE))
    page.segmented_control(key="melody").set_value(1).run()
    page.button(key="keep").click().run()
    assert page.button(key="is kept").disabled
    (kept,) = list_melodies(finished.workspace.melodies)
    take = composition(page, finished).takes[1]
    assert composing.Making.from_json(dict(kept.made)) == take.making
    assert (take.making.search, take.making.config.seed, take.making.variation) == (finished.name, 0, 2)
    assert load_melody(finished.workspace.melodies, kept).notes == take.melody.notes
    page = open_page(PAGE)  # after a reload the page knows it again
    page.segmented_control(key="melody").set_value(1).run()
    assert page.button(key="is kept").disabled


def test_a_discarded_melody_can_be_brought_back(finished, open_page):
    page = compose(open_page(PAGE))
    _, second = composition(page, finished).melodies
    page.button(key="discard").click().run()
    assert composition(page, finished).melodies == (second,)
    page.button(key="discard").click().run()
    assert composition(page, finished).melodies == () and not page.get("audio")
    page.button(key="bring back").click().run()
    assert composition(page, finished).melodies == (second,)
    assert composition(open_page(PAGE), finished).melodies == (second,)


def test_another_melody_takes_the_place_of_one(finished, open_page):
    page = compose(open_page(PAGE))
    first, second = composition(page, finished).melodies
    page.slider(key="temperature").set_value(1.5)
    page.button(key="another").click().run()
    new, same = composition(page, finished).takes
    assert same.melody == second
    assert new.melody.notes != first.notes and new.melody.title == first.title
    assert (new.making.config.temperature, new.making.config.seed, new.making.variation) == (1.5, 1, 1)
    page.button(key="bring back").click().run()
    assert composition(page, finished).melodies == (first, second)


# ---- the shelf


def test_the_shelf_is_folded_away_and_shows_what_it_holds(finished, open_page, texts):
    page = compose(open_page(PAGE))
    assert not page.expander or words.SHELF.format(n=1) not in [folded.label for folded in page.expander]
    page.button(key="keep").click().run()
    page = open_page(PAGE)
    folded = len(page.get("audio"))
    page = open_shelf(page)
    assert len(page.get("audio")) == folded + 1
    assert f"search “{finished.name}”" in texts(page) and "seed 0, melody 1" in texts(page)


def test_a_kept_melody_is_renamed_and_a_name_that_cannot_be_is_refused(finished, open_page):
    page = compose(open_page(PAGE))
    page.button(key="keep").click().run()
    page = open_shelf(page)
    page.button(key="rename kept").click().run()
    page.text_input(key="new name").set_value(" ")
    page.button(key="rename yes").click().run()
    assert "needs a name" in str(page.session_state[REFUSAL])
    page.button(key="rename kept").click().run()  # what a browser keeps open is opened again here
    page.text_input(key="new name").set_value("Evening reel")
    page.button(key="rename yes").click().run()
    assert shelf(finished) == ["Evening reel"]


def test_a_deleted_melody_can_be_brought_back(finished, open_page):
    page = compose(open_page(PAGE))
    page.button(key="keep").click().run()
    page = open_shelf(page)
    page.button(key="delete kept").click().run()
    assert shelf(finished) == []
    page.button(key="put back").click().run()
    assert shelf(finished) == ["New melody 1"]


def test_a_kept_melody_is_continued(finished, open_page):
    page = compose(open_page(PAGE))
    page.button(key="keep").click().run()
    kept = composition(page, finished).melodies[0]
    page = open_shelf(page)
    page.button(key="continue").click().run()
    take = composition(press_compose(page), finished).takes[0]
    assert take.melody.notes[: len(kept.notes)] == kept.notes
    assert take.melody.title == "New melody 1, continued 1"
    assert take.making.primer_title == "New melody 1"
    assert take.melody.bars == kept.bars + 4


def test_a_melody_to_begin_with_that_another_tab_deleted_is_not_missed(finished, open_page):
    folder = finished.workspace.melodies
    kept = [keep_melody(folder, Melody((Note(0, 4, pitch),), title=str(pitch))) for pitch in (60, 62)]
    page = open_page(PAGE)
    page.selectbox(key=f"opening {finished.folder.name}").set_value("kept").run()
    page.selectbox(key="kept primer").set_value(kept[0].id).run()
    delete_melody(folder, kept[0])
    assert composition(compose(page), finished).melodies[0].notes[0].pitch == 62
    delete_melody(folder, kept[1])
    page = press_compose(page)
    assert not page.error and words.SHELF_EMPTY in [caption.value for caption in page.caption]


def test_a_damaged_melody_is_named_and_can_only_be_deleted(finished, open_page, texts):
    write_whole(finished.workspace.melodies / "broken.melody", b"x")
    page = open_shelf(open_page(PAGE))
    assert words.DAMAGED_ABOUT in texts(page) and not page.get("audio")
    page.button(key="delete kept").click().run()
    assert not list(finished.workspace.melodies.iterdir())


def test_all_of_the_shelf_goes_home_in_one_file(tmp_path, melody):
    kept = keep_melody(tmp_path, melody([60, 64], title="Wie? / Was!"), {"seed": 1})
    write_whole(tmp_path / "broken.melody", b"x")
    with zipfile.ZipFile(io.BytesIO(shelf_view.zipped(tmp_path))) as packed:
        names = packed.namelist()
        about = json.loads(packed.read("melodies.json"))
        assert read_midi(packed.read("002-wie-was.mid"), "a.mid").notes[0].pitch == 60
    assert names == ["002-wie-was.mid", "002-wie-was.musicxml", "002-wie-was.abc", "melodies.json"]
    assert [entry["name"] for entry in about] == ["broken", kept.name]
    assert "damaged" in about[0]["missing"] and about[1]["made"] == {"seed": 1}
