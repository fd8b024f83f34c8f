import json
from dataclasses import replace

import pytest

from chromasonic.errors import MusicSetError
from chromasonic.music.melody import Key, Melody, Meter, Note, Repeat
from chromasonic.music.outcome import Skipped
from chromasonic.music.sets import (
    MusicSet,
    delete_music_set,
    list_music_sets,
    load_music_set,
    save_music_set,
)

WALTZ = Melody(
    notes=(Note(0, 1, 60), Note(1, 0.5, 64), Note(1.5, 1 / 3, 67), Note(2, 2.75, 72)),
    title="Wälzer für Zoë",
    key=Key("Bb", "dorian"),
    meter=Meter(3, 4),
    qpm=92.5,
    pickup=1.0,
    source="Own tunes, page 3",
    repeats=(Repeat(0.0, 3.0),),
    track=2,
)
OFF_THE_GRID = Melody((Note(0.1, 0.7, 60, 33), Note(1 / 7, 2**-9, 62, 127)))
BARE = Melody((Note(0, 1, 60), Note(1, 1, 62)))
SET = MusicSet("Three tunes", (WALTZ, OFF_THE_GRID, BARE), (Skipped("noise.mid", "It holds no notes."),), ("a.abc",))


def test_a_set_comes_back_as_it_was(tmp_path):
    save_music_set(tmp_path, SET)
    loaded = load_music_set(tmp_path, "Three tunes")
    assert loaded == SET
    assert loaded.fingerprint == SET.fingerprint


def test_the_list_knows_what_is_inside_without_opening_it(tmp_path):
    saved = save_music_set(tmp_path, SET)
    assert list_music_sets(tmp_path) == [saved]
    assert (saved.n_tunes, saved.n_notes, saved.n_skipped) == (3, 8, 1)
    assert (saved.sources, saved.fingerprint) == (("a.abc",), SET.fingerprint)


def test_the_newest_set_comes_first(tmp_path):
    for name in ("first", "second", "third"):
        save_music_set(tmp_path, replace(SET, name=name))
    assert [summary.name for summary in list_music_sets(tmp_path)] == ["third", "second", "first"]


@pytest.mark.parametrize(
    "name",
    [
        "Händel & Söhne",
        "民謡",
        "أغاني",
        "🎻🎶",
        "../../etc/passwd",
        "/root",
        "C:\\music",
        "a" * 100,
        "con.",
        "..",
        " x ",
        "'\"<b>",
    ],
)
def test_any_name_is_shown_back_exactly_and_stays_in_the_folder(tmp_path, name):
    folder = tmp_path / "music"
    save_music_set(folder, replace(SET, name=name))
    assert [summary.name for summary in list_music_sets(folder)] == [name]
    assert load_music_set(folder, name).name == name
    assert [path.parent for path in tmp_path.rglob("*") if path.is_file()] == [folder]
    delete_music_set(folder, name)
    assert list_music_sets(folder) == []


@pytest.mark.parametrize("name", ["", "   ", "two\nlines", "\x00", "a" * 101, "\ud800"])
def test_a_name_that_cannot_be_shown_is_refused(tmp_path, name):
    with pytest.raises(MusicSetError):
        save_music_set(tmp_path, replace(SET, name=name))
    assert list(tmp_path.iterdir()) == []


def test_names_that_look_the_same_are_the_same(tmp_path):
    save_music_set(tmp_path, replace(SET, name="Caf\u00e9"))
    with pytest.raises(MusicSetError, match="already"):
        save_music_set(tmp_path, replace(SET, name="Cafe\u0301"))


def test_replacing_a_set_must_be_asked_for(tmp_path):
    save_music_set(tmp_path, SET)
    smaller = replace(SET, melodies=(BARE,))
    with pytest.raises(MusicSetError, match="already a music set called “Three tunes”"):
        save_music_set(tmp_path, smaller)
    assert len(load_music_set(tmp_path, SET.name).melodies) == 3
    save_music_set(tmp_path, smaller, overwrite=True)
    assert len(load_music_set(tmp_path, SET.name).melodies) == 1


def with_header(data, **changed):
    header, _, body = data.partition(b"\n")
    return json.dumps(json.loads(header) | changed).encode() + b"\n" + body


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:20],
        lambda data: data[:-5],
        lambda data: data[:-40] + bytes(40),
        lambda data: b"\xff\xfe" + data,
        lambda data: b"[]\n",
        lambda data: b"null",
        lambda data: b"[" * 100_000 + b"\n",
        lambda data: with_header(data, name=5),
        lambda data: with_header(data, created=5),
        lambda data: with_header(data, n_notes="many"),
        lambda data: with_header(data, sources=5),
        lambda data: with_header(data, sources=[5]),
    ],
    ids=[
        "empty",
        "cut in the header",
        "cut at the end",
        "overwritten",
        "prefixed",
        "a list",
        "null",
        "deep",
        "a name of 5",
        "created in 5",
        "many notes",
        "5 sources",
        "a source of 5",
    ],
)
def test_a_damaged_set_says_so_and_harms_no_other(tmp_path, damage):
    save_music_set(tmp_path, SET)
    save_music_set(tmp_path, replace(SET, name="Whole"))
    path = next(path for path in tmp_path.iterdir() if path.name.startswith("three-tunes"))
    path.write_bytes(damage(path.read_bytes()))
    listed = list_music_sets(tmp_path)
    assert listed[0].name == "Whole" or listed[1].name == "Whole"
    with pytest.raises(MusicSetError, match=r"damaged.*save it again"):
        load_music_set(tmp_path, SET.name)
    for summary in listed:
        delete_music_set(tmp_path, summary.name)
    assert list_music_sets(tmp_path) == []


def test_a_set_cut_short_is_listed_as_damaged(tmp_path):
    save_music_set(tmp_path, SET)
    path = next(tmp_path.iterdir())
    path.write_bytes(path.read_bytes()[:-1])
    (damaged,) = list_music_sets(tmp_path)
    assert damaged.is_damaged
    assert damaged.name.startswith("three-tunes")


def test_a_set_that_is_not_there_is_named(tmp_path):
    for act in (load_music_set, delete_music_set):
        with pytest.raises(MusicSetError, match="no music set called “Gone”"):
            act(tmp_path, "Gone")
    assert list_music_sets(tmp_path / "nowhere") == []


def test_the_fingerprint_names_the_music_and_not_the_set():
    assert replace(SET, name="other").fingerprint == SET.fingerprint
    assert replace(SET, melodies=SET.melodies[::-1]).fingerprint == SET.fingerprint
    assert replace(SET, melodies=(WALTZ, BARE)).fingerprint != SET.fingerprint


def test_an_empty_set_is_a_set(tmp_path):
    save_music_set(tmp_path, MusicSet("nothing yet", ()))
    assert load_music_set(tmp_path, "nothing yet").melodies == ()
