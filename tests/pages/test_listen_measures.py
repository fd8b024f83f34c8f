"""Below a melody the Listen page says whether it is new, and whether it is like the music it was learned from."""

import json
from dataclasses import replace

import pytest

from chromasonic.melody_generation.generation import GenerationConfig
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.music.measures import MEASURES
from chromasonic.music.melody import Key, Melody
from chromasonic.music.originality import KnownMusic
from chromasonic.music.sets import delete_music_set, load_music_set
from chromasonic.rendering.piano_roll import pitch_name
from chromasonic.ui import composing
from chromasonic.ui.home import of_search
from chromasonic.ui.wording import listen as words

PAGE = "pages/listen.py"


def keep(search, melody, model="The best", **how):
    """Leave `melody` as what was composed last."""
    config = GenerationConfig(bars=8)
    making = composing.Making(search.name, model, config, **how)
    composing.keep_composition(of_search(search), composing.Composition((composing.Take(melody, making),), config))


@pytest.fixture
def train(finished):
    """The tunes that the models of the search learned from, by their titles."""
    tokens = {tuple(sequence) for sequence in finished.load_data().train}
    tunes = load_music_set(finished.workspace.music, "Forty tunes").melodies
    return [tune for tune in tunes if tuple(VOCABULARY.encode(tune)) in tokens]


def moved(tune, semitones):
    return replace(tune.transposed(semitones), title="New melody", key=Key("C", "major"))


def passages_drawn(page):
    """The pitches of the two passages that stand side by side."""
    pitches = {pitch_name(pitch, flats=flats): pitch for pitch in range(128) for flats in (False, True)}
    components = [json.loads(one.proto.json) for one in page.get("bidi_component")]
    shown = [one["tunes"][0] for one in components if "tunes" in one]
    passages = [one for one in shown if one["rollName"].startswith("Piano roll of the passage")]
    assert all(one["roll"].count("<rect") == len(one["notes"]) for one in passages)
    return [[pitches[name] for _, _, name in one["notes"]] for one in passages]


def test_a_copy_is_told_and_shown_beside_its_source(finished, train, open_page, texts):
    tune = train[3]
    keep(finished, moved(tune, 3))
    page = open_page(PAGE)
    assert not page.error
    said = texts(page)
    assert f"**It copies.** The longest passage known from elsewhere has {len(tune.notes)} notes" in said
    assert "Here, from bar" in said and "”, from bar" in said
    here, there = passages_drawn(page)
    assert [pitch - 3 for pitch in here] == there == [note.pitch for note in tune.notes]
    assert sum("the passage" in audio.proto.alt for audio in page.get("audio")) == 2


def test_what_was_held_back_is_new_to_a_trial_and_known_to_the_final_model(finished, train, open_page, texts):
    (tune, *_) = (
        tune for tune in load_music_set(finished.workspace.music, "Forty tunes").melodies if tune not in train
    )
    keep(finished, moved(tune, -2))
    assert f"has {len(tune.notes)} notes" not in texts(open_page(PAGE))
    keep(finished, moved(tune, -2), words.FINAL, is_final=True)
    assert f"has {len(tune.notes)} notes" in texts(open_page(PAGE))


def test_the_notes_of_an_opening_are_nobodys_copy(finished, train, open_page, texts):
    tune = train[3]
    keep(finished, moved(tune, 3), primer_beats=tune.notes[-1].onset)
    assert words.NOTHING_KNOWN in texts(open_page(PAGE))


def test_what_follows_pitches_in_a_rhythm_of_its_own_is_told(finished, train, open_page, texts):
    slower = [note._replace(onset=7 * note.onset, duration=7 * note.duration) for note in train[3].notes[:30]]
    keep(finished, Melody(tuple(slower), title="New melody"))
    page = open_page(PAGE)
    assert "it follows the pitches of “" in texts(page) and "for 30 notes" in texts(page)
    here, there = passages_drawn(page)
    assert here == there == [note.pitch for note in slower]


def test_the_passage_with_its_rhythm_and_the_longer_one_without_are_both_offered(finished, train, open_page):
    notes, turn = train[3].notes[:30], train[3].notes[12].onset
    hesitating = [note._replace(onset=note.onset + 6 * max(0, note.onset - turn)) for note in notes]
    keep(finished, Melody(tuple(hesitating), title="New melody"))
    page = open_page(PAGE)
    (choice,) = (group for group in page.segmented_control if group.label == words.WHICH_PASSAGE)
    assert choice.options == ["With its rhythm: 13 notes", "Pitches alone: 30 notes"]
    for kind, n_notes in ((words.PITCHES_ALONE, 30), (words.WITH_RHYTHM, 13)):
        (choice,) = (group for group in page.segmented_control if group.label == words.WHICH_PASSAGE)
        page = choice.set_value(kind).run()
        assert [len(drawn) for drawn in passages_drawn(page)] == [n_notes, n_notes]


def test_where_the_saved_music_is_gone_the_tokens_still_know_the_notes(finished, train, open_page, texts):
    delete_music_set(finished.workspace.music, "Forty tunes")
    keep(finished, moved(train[3], 1))
    page = open_page(PAGE)
    assert not page.error
    told = texts(page)
    assert f"{len(train[3].notes)} notes, from a tune whose name is not known" in told
    assert "from a tune whose name is not known, bar" not in told  # nor is its meter
    assert "Bars heard before" not in told


def test_where_the_tokens_are_gone_the_saved_music_stands_for_them(finished, train, open_page, texts):
    finished.data_file.unlink()
    keep(finished, moved(train[3], 1))
    page = open_page(PAGE)
    assert not page.error
    assert "There are too few other tunes to say how usual that is." in texts(page)
    assert words.READ_MEASURES_ALONE in texts(page)
    delete_music_set(finished.workspace.music, "Forty tunes")
    assert words.NOTHING_TO_COMPARE in texts(open_page(PAGE))


def test_each_measure_stands_beside_what_is_usual_with_a_sentence(finished, train, open_page, texts):
    keep(finished, moved(train[3], 0))
    page = open_page(PAGE)
    (chart,) = (chart.proto for chart in page.get("plotly_chart") if chart.proto.alt.startswith("Measures"))
    drawn = {trace["name"]: trace for trace in json.loads(chart.spec)["data"]}
    assert len(drawn["melody"]["x"]) == len(MEASURES)
    assert len(drawn["tunes"]["x"]) == len(drawn["counting"]["x"]) == 3 * len(MEASURES)
    assert all(f"{name}: " in chart.alt for name in words.MEASURE_NAMES.values())
    low, high = train[3].pitch_range
    assert f"**Range**, {high - low} semitones: " in texts(page)


def test_a_melody_of_one_note_and_a_silent_one_are_borne(finished, train, open_page):
    for notes in (train[0].notes[:1], ()):
        keep(finished, Melody(notes, title="New melody"))
        assert "Is it new?" in "".join(heading.value for heading in open_page(PAGE).subheader)


def test_with_the_switch_on_nothing_sung_is_a_long_copy(finished, open_page):
    page = open_page(PAGE)
    page.toggle(key="avoid copies").set_value(True).run()
    page.number_input(key="longest copy").set_value(3)
    page.number_input(key="bars").set_value(8)
    (button,) = (button for button in page.button if button.label == words.COMPOSE)
    page = button.click().run()
    assert not page.error
    composition = page.session_state[f"composition {finished.folder.name}"]
    assert composition.config.longest_copy == 3
    tunes = KnownMusic([VOCABULARY.decode(tokens) for tokens in finished.load_data().train])
    for melody in composition.melodies:
        passage = tunes.longest_passage(melody.notes, rhythm=True)
        assert passage is None or passage.n_notes <= 3
    page = open_page(PAGE)  # another day the switch stands as it was left
    assert page.toggle(key="avoid copies").value and page.number_input(key="longest copy").value == 3
