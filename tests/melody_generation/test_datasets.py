from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from chromasonic.errors import NotEnoughMusicError
from chromasonic.melody_generation.datasets import (
    SearchData,
    TuneSplit,
    families_of_tunes,
    load_data,
    prepare,
    save_data,
    split_by_tune,
)
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.music import Melody, Note
from chromasonic.music.abc_notation import read_abc

MakeMelody = Callable[..., Melody]

# Two printings of one tune: the second is a fourth higher and differs in two notes.
SPEED_THE_PLOUGH = b"X:1\nT:Speed the Plough\nM:4/4\nL:1/8\nK:G\nGABc dedB|dedB dedB|c2ec B2dB|c2A2 A2BA|GABc dedB|\
dedB dedB|c2ec B2dB|A2F2 G4:|\n"
PLOUGHING_FAST = b"X:2\nT:Ploughing fast\nM:2/4\nL:1/16\nK:C\ncdef gage|gage gage|f2af e2ge|f2d2 d2ef|cdef gage|\
gage gfge|f2af e2ge|d2B2 c4:|\n"
JIG = b"X:3\nT:A jig\nM:6/8\nL:1/8\nK:D\nDFA dAF|GBd gdB|Ace aec|d3 f3|afd AFD|BGE eBG|AcE GEC|D3 D3:|\n"


def walk(seed: int, n_notes: int = 40) -> Melody:
    """A tune of its own: eighths up and down by chance."""
    pitches = [60]
    rng = Random(seed)
    while len(pitches) < n_notes:
        pitches.append(min(max(pitches[-1] + rng.choice((-5, -3, -2, -1, 1, 2, 4)), 48), 84))
    return Melody(tuple(Note(place / 2, 0.5, pitch) for place, pitch in enumerate(pitches)), title=f"Walk {seed}")


def tune(abc: bytes) -> Melody:
    return read_abc(abc, "tune.abc").melodies[0]


def sides_of(split: TuneSplit, wanted: Callable[[Melody], bool]) -> set[str]:
    return {name for name in ("train", "validation", "test") if any(map(wanted, getattr(split, name)))}


def test_a_hundred_tunes_are_dealt_80_10_10() -> None:
    split = split_by_tune([walk(seed) for seed in range(100)])
    assert (len(split.train), len(split.validation), len(split.test)) == (80, 10, 10)
    assert not split.by_phrase


def test_the_order_of_a_folder_makes_no_difference_and_the_seed_does() -> None:
    tunes = [walk(seed) for seed in range(30)]
    assert split_by_tune(tunes[::-1]) == split_by_tune(tunes)
    assert split_by_tune(tunes, seed=1) != split_by_tune(tunes)


@pytest.mark.parametrize("n_tunes", [3, 4, 5, 9])
def test_each_side_gets_a_tune_when_there_are_three(n_tunes: int) -> None:
    split = split_by_tune([walk(seed) for seed in range(n_tunes)])
    assert (len(split.train), len(split.validation), len(split.test)) == (n_tunes - 2, 1, 1)


@pytest.mark.parametrize("seed", range(10))
def test_a_tune_in_another_key_stays_on_the_same_side(seed: int) -> None:
    tunes = [walk(number) for number in range(9)]
    split = split_by_tune([*tunes, *(tune.transposed(5) for tune in tunes)], seed)
    for number in range(9):
        assert len(sides_of(split, lambda tune, title=f"Walk {number}": tune.title == title)) == 1


def test_printings_of_one_tune_are_one_family_and_another_tune_is_none() -> None:
    families = families_of_tunes([tune(SPEED_THE_PLOUGH), tune(JIG), tune(PLOUGHING_FAST)])
    assert [[member.title for member in family] for family in families] == [
        ["Speed the Plough", "Ploughing fast"],
        ["A jig"],
    ]


def test_tunes_that_begin_alike_are_one_family_however_they_go_on() -> None:
    abc = b"X:1\nT:One\nL:1/8\nK:G\nGABc dedB|cBAG FGAD|GGGG BBBB|g4 G4|\nX:2\nT:Other\nL:1/4\nK:C\nC/C/DEF GA GE|FEDC \
B,CDG,|edcB cdec|AGFE DCB,A,|\n"
    one, other = read_abc(abc, "both.abc").melodies
    assert len(families_of_tunes([one, other])) == 1
    assert len(families_of_tunes([one, replace(other, notes=other.notes[1:][::-1])])) == 2


@pytest.mark.parametrize(
    "other, same",
    [
        (lambda notes: notes[:20], True),
        (lambda notes: notes + walk(2).notes[1:], True),
        (lambda notes: [n._replace(duration=n.duration / 2, onset=n.onset / 2) for n in notes], True),
        (lambda notes: [n._replace(pitch=n.pitch + (i in (10, 20, 30))) for i, n in enumerate(notes)], False),
        (lambda notes: [n._replace(pitch=n.pitch + (i in (10, 30))) for i, n in enumerate(notes)], True),
        (lambda notes: [n._replace(pitch=120 - n.pitch) for n in notes], False),
        (lambda notes: walk(2).notes, False),
    ],
    ids=[
        "its first half",
        "the tune with more after it",
        "written in half the lengths",
        "three notes of 40 changed far apart: 21 of 33 snippets differ",
        "two notes changed: 14 of 33 differ",
        "upside down",
        "another tune",
    ],
)
def test_near_identical_is_sharing_half_of_the_snippets(
    other: Callable[[tuple[Note, ...]], list[Note]], same: bool
) -> None:
    first = walk(1)
    second = replace(first, notes=tuple(other(first.notes)))
    assert len(families_of_tunes([first, second])) == (1 if same else 2)


def test_very_short_tunes_are_told_apart_by_all_their_intervals(melody: MakeMelody) -> None:
    tunes = [melody([60, 62, 64]), melody([65, 67, 69]), melody([60, 64]), melody([60]), melody([72])]
    assert [len(family) for family in families_of_tunes(tunes)] == [2, 1, 2]


def test_the_rare_snippets_find_what_comparing_every_pair_finds() -> None:
    """Tunes pieced together from a few strains, compared pair by pair the slow way."""
    rng = Random(0)
    strains = [walk(seed, 12).notes for seed in range(60)]
    tunes = []
    for number in range(60):
        pitches = [note.pitch for strain in rng.sample(strains, rng.randint(1, 4)) for note in strain]
        notes = tuple(Note(float(place), 1.0, pitch) for place, pitch in enumerate(pitches))
        tunes.append(Melody(notes, title=str(number)))

    def snippets(tune: Melody) -> set[tuple[int, ...]]:
        pitches = [note.pitch for note in tune.notes]
        moves = [after - before for before, after in pairwise(pitches)]
        return {tuple(moves[start : start + 7]) for start in range(len(moves) - 6)}

    def opening(tune: Melody) -> list[int]:
        pitches = [note.pitch for note in tune.notes]
        return [move for before, after in pairwise(pitches) if (move := after - before)][:12]

    linked = {tune.title: {tune.title} for tune in tunes}
    for one in tunes:
        for other in tunes:
            shared = snippets(one) & snippets(other)
            begin_alike = len(opening(one)) == 12 and opening(one) == opening(other)
            if begin_alike or len(shared) >= min(len(snippets(one)), len(snippets(other))) / 2:
                together = linked[one.title] | linked[other.title]
                linked.update(dict.fromkeys(together, together))
    expected = {frozenset(family) for family in linked.values()}
    assert {frozenset(tune.title for tune in family) for family in families_of_tunes(tunes)} == expected
    assert 1 < len(expected) < 60


def test_one_song_is_cut_into_phrases() -> None:
    song = replace(walk(1, 100), pickup=0.5)
    split = split_by_tune([song])
    assert split.by_phrase
    parts = (*split.train, *split.validation, *split.test)
    assert [len(part.notes) for part in parts] == [80, 10, 10]
    assert [note.pitch for part in parts for note in part.notes] == [note.pitch for note in song.notes]
    assert all(part.notes[0].onset == 0 and part.title == "Walk 1" for part in parts)


def test_two_songs_that_are_the_same_song_are_cut_too() -> None:
    split = split_by_tune([walk(1), walk(1).transposed(2), walk(3, 10)])
    assert split.by_phrase
    assert [len(part.notes) for part in split.train] == [10, 32, 32]


@pytest.mark.parametrize(
    "tunes, message",
    [
        ([], "has 0 notes"),
        ([Melody(())], "has 0 notes"),
        ([walk(1, 19)], "has 19 notes"),
        ([walk(1, 19), walk(2, 19)], "none is longer than 20 notes"),
    ],
    ids=["no tunes", "an empty tune", "a fragment", "two fragments"],
)
def test_too_little_music_is_refused_with_what_to_do(tunes: list[Melody], message: str) -> None:
    with pytest.raises(NotEnoughMusicError, match=rf"{message}.*Add more tunes"):
        split_by_tune(tunes)


def test_prepared_music_is_tokens_that_sing_the_tunes() -> None:
    data = prepare([walk(seed) for seed in range(10)], "Ten walks", sequence_length=64)
    assert (len(data.train), len(data.validation), len(data.test)) == (8, 1, 1)
    assert (data.vocab_size, data.sequence_length, data.music, data.melodic) == (113, 64, "Ten walks", True)
    sung = sorted(VOCABULARY.decode(tokens).notes for tokens in (*data.train, *data.validation, *data.test))
    assert sung == sorted(walk(seed).notes for seed in range(10))


def test_data_come_back_from_disk_as_they_were(tmp_path: Path) -> None:
    data = prepare([walk(seed) for seed in range(10)], "Zehn Spaziergänge")
    save_data(tmp_path / "data.json.gz", data)
    assert load_data(tmp_path / "data.json.gz") == data
    assert load_data(tmp_path / "data.json.gz").fingerprint == data.fingerprint
    assert SearchData.from_json(json.loads(json.dumps(data.to_json()))) == data


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:60], lambda data: b"", lambda data: b"MThd", lambda data: data[:40] + b"??" + data[42:]],
    ids=["cut short", "empty", "something else", "bytes changed"],
)
def test_damaged_data_are_a_value_error_or_an_os_error(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "data.json.gz"
    save_data(path, prepare([walk(seed) for seed in range(10)], "Ten walks"))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises((ValueError, OSError)):
        load_data(path)


def test_the_fingerprint_names_tokens_and_their_meaning() -> None:
    data = prepare([walk(seed) for seed in range(10)], "Ten walks")
    assert replace(data, music="Another name", sequence_length=16).fingerprint == data.fingerprint
    assert replace(data, melodic=False).fingerprint != data.fingerprint
    assert replace(data, train=data.train[1:]).fingerprint != data.fingerprint
