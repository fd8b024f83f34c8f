from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chromasonic.melody_generation.tokenization import DURATIONS, PIANO_KEYS, VOCABULARY
from chromasonic.music import Melody, Note
from chromasonic.music.abc_notation import read_abc
from chromasonic.music.melody import to_beats, to_ticks

MakeMelody = Callable[..., Melody]
START, END, REST = VOCABULARY.START, VOCABULARY.END, VOCABULARY.REST


def key(name: str) -> int:
    return next(token for token in VOCABULARY.pitch_ids if VOCABULARY.describe(token) == name)


def length(beats: float) -> int:
    return VOCABULARY.duration_ids[DURATIONS.index(to_ticks(beats))]


def in_words(melody: Melody) -> list[str]:
    return [VOCABULARY.describe(token) for token in VOCABULARY.encode(melody)]


def test_every_pitch_is_followed_by_its_length(melody: MakeMelody) -> None:
    tune = melody([64, None, 67], [1, 0.5, 0.5])
    assert in_words(tune) == ["start", "E4", "1 beat", "rest", "1/2 beat", "G4", "1/2 beat", "end"]


@pytest.mark.parametrize(
    "beats, words",
    [
        (1.5, ["3/2 beats"]),
        (1 / 3, ["1/3 beat"]),
        (5.0, ["4 beats", "1 beat"]),
        (5 / 48, ["1/12 beat", "1/48 beat"]),
        (20.0, ["8 beats", "8 beats", "4 beats"]),
    ],
    ids=["dotted quarter", "triplet", "five quarters tied", "an odd length", "a long last note"],
)
def test_a_length_is_the_fewest_tokens_that_add_up(melody: MakeMelody, beats: float, words: list[str]) -> None:
    assert in_words(melody([60], [beats])) == ["start", "C4", *words, "end"]


def test_a_tune_that_enters_late_begins_with_a_rest(melody: MakeMelody) -> None:
    assert in_words(melody([None, 60], [2, 1]))[1:3] == ["rest", "2 beats"]


@pytest.mark.parametrize("pitch, sounds", [(20, 32), (3, 27), (0, 24), (109, 97), (127, 103), (21, 21), (108, 108)])
def test_notes_outside_the_piano_move_into_it_by_octaves(melody: MakeMelody, pitch: int, sounds: int) -> None:
    assert VOCABULARY.decode(VOCABULARY.encode(melody([pitch]))).notes[0].pitch == sounds
    assert PIANO_KEYS.encode(melody([pitch])) == [sounds - 21]


def test_a_played_tune_goes_to_the_nearest_ticks_and_does_not_drift() -> None:
    played = Melody(tuple(Note(index / 3 + 0.004, 1 / 3 - 0.008, 60) for index in range(99)))
    onsets = [note.onset for note in VOCABULARY.decode(VOCABULARY.encode(played)).notes]
    assert onsets == pytest.approx([index / 3 for index in range(99)])


def test_a_note_shorter_than_a_tick_lasts_one() -> None:
    grace = Melody((Note(0, 0.001, 72), Note(0.001, 1, 71)))
    assert [to_ticks(note.duration) for note in VOCABULARY.decode(VOCABULARY.encode(grace)).notes] == [1, 47]


def test_a_real_tune_comes_back_note_for_note() -> None:
    """The first strain of The Kesh, a jig, as printed: dotted rhythm, a triplet and a repeat."""
    abc = b"X:1\nT:The Kesh\nM:6/8\nL:1/8\nK:G\n|:D|GAG GAB|\
ABA ABd|edd gdd|(3edc B dBA|GAG G>AB|ABA ABd|edd gdB|AGF G2:|\n"
    (tune,) = read_abc(abc, "kesh.abc").melodies
    back = VOCABULARY.decode(VOCABULARY.encode(tune))
    assert len(tune.notes) > 40
    assert grid(back) == grid(tune)


@pytest.mark.parametrize(
    "tokens, notes",
    [
        ([], []),
        ([START, END], []),
        ([length(1), key("C4"), length(1)], [(0, 48, 60)]),
        ([START, key("C4"), key("D4"), length(2), key("E4")], [(0, 24, 60), (24, 96, 62), (120, 96, 64)]),
        ([REST, key("C4"), length(1)], [(24, 48, 60)]),
        ([key("C4"), length(1), END, key("D4"), length(1)], [(0, 48, 60)]),
        ([key("C4"), 9999, -1, length(1), START, length(1)], [(0, 96, 60)]),
        ([key("C4"), length(1), REST, REST, length(3)], [(0, 48, 60)]),
    ],
    ids=[
        "nothing",
        "an empty tune",
        "a length that belongs to nothing",
        "pitches without a length take the one before",
        "a rest without a length",
        "what follows the end",
        "unknown ids and a second start",
        "rests at the end",
    ],
)
def test_ungrammatical_tokens_are_taken_in_good_faith(tokens: list[int], notes: list[tuple[int, int, int]]) -> None:
    assert grid(VOCABULARY.decode(tokens)) == notes


def grid(melody: Melody) -> list[tuple[int, int, int]]:
    return [(to_ticks(note.onset), to_ticks(note.duration), note.pitch) for note in melody.notes]


events = st.lists(st.tuples(st.integers(0, 500), st.integers(1, 2000), st.integers(21, 108)), max_size=30)


@given(events)
def test_any_melody_on_the_grid_comes_back_exactly(events: list[tuple[int, int, int]]) -> None:
    notes, now = [], 0
    for gap, ticks, pitch in events:
        notes.append(Note(to_beats(now + gap), to_beats(ticks), pitch))
        now += gap + ticks
    tune = Melody(tuple(notes))
    assert grid(VOCABULARY.decode(VOCABULARY.encode(tune))) == grid(tune)


@given(st.lists(st.integers(-5, VOCABULARY.size + 5)))
def test_any_tokens_are_some_melody(tokens: list[int]) -> None:
    decoded = VOCABULARY.decode(tokens)
    assert all(note.duration > 0 and 21 <= note.pitch <= 108 for note in decoded.notes)
    assert all(to_ticks(before.end) <= to_ticks(after.onset) for before, after in pairwise(decoded.notes))
    assert Melody.from_json(decoded.to_json()) == decoded


def test_every_token_means_something_else() -> None:
    assert len({VOCABULARY.describe(token) for token in range(VOCABULARY.size)}) == VOCABULARY.size == 113
    assert VOCABULARY.describe(113) == "unknown token 113"
    assert len({VOCABULARY.fingerprint, PIANO_KEYS.fingerprint}) == 2


def test_the_vocabulary_stays_as_it_is_for_models_that_were_stored() -> None:
    assert VOCABULARY.fingerprint == "9075d6736666f861"


def test_piano_keys_are_notes_of_one_beat(melody: MakeMelody) -> None:
    assert PIANO_KEYS.encode(melody([21, None, 60, 108])) == [0, 39, 87]
    assert PIANO_KEYS.decode([0, 99, 39, 87]) == Melody((Note(0.0, 1.0, 21), Note(1.0, 1.0, 60), Note(2.0, 1.0, 108)))
    assert [PIANO_KEYS.describe(token) for token in (0, 39, 88)] == ["A0", "C4", "unknown token 88"]
    assert not PIANO_KEYS.is_pitch(88)
