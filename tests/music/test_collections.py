import shutil
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest

from chromasonic.errors import CollectionError, MusicFileError, WorkspaceError
from chromasonic.music.collections import COLLECTIONS, DEFAULT_COLLECTION, collection, load_collection
from chromasonic.music.collections.bach import read_soprano
from chromasonic.music.collections.essen import clean_essen_title, read_essen, region_of
from chromasonic.music.collections.oneills import read_oneills
from chromasonic.music.collections.titles import clean_english_title
from chromasonic.music.melody import Key, Meter

CORPUS = Path(find_spec("music21").origin).parent / "corpus"


@pytest.fixture(scope="module")
def ryans(tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    heard = []
    reading = load_collection("ryans", cache, lambda done, total: heard.append((done, total)))
    return cache, reading, heard


def read_file_of(pattern, read):
    file = next(CORPUS.glob(pattern))
    return read(file.read_bytes(), file.name)


def test_the_default_collection_is_there():
    assert DEFAULT_COLLECTION in COLLECTIONS


@pytest.mark.parametrize("key", COLLECTIONS)
def test_every_collection_says_what_it_is_and_who_may_use_it(key):
    entry = COLLECTIONS[key]
    assert entry.about.endswith(".")
    assert "ask" in entry.licence_note or "non-commercial" in entry.licence_note
    assert any(CORPUS.glob(entry.files))


def test_ryans_is_read_whole(ryans):
    _, reading, heard = ryans
    assert len(reading.melodies) == 1059
    assert reading.skipped == ()
    assert sum(len(melody.notes) for melody in reading.melodies) == pytest.approx(126_500, rel=0.01)
    assert heard[0] == (1, 1059)
    assert heard[-1] == (1059, 1059)


def test_a_collection_is_read_whole_on_a_slow_machine(tmp_path, monkeypatch):
    monkeypatch.setattr("time.thread_time", count(step=60).__next__)  # a minute for each line
    assert len(load_collection("airds", tmp_path).melodies) == 1180


def test_ryans_is_fiddle_music(ryans):
    _, reading, _ = ryans
    for melody in reading.melodies:
        low, high = melody.pitch_range
        assert low >= 55, "no fiddle goes below its open G string"
        assert high <= 93
        assert all(0 < note.duration <= 6 for note in melody.notes)
        assert melody.key is not None
        assert melody.meter is not None


def test_a_tune_is_as_it_was_printed(ryans):
    _, reading, _ = ryans
    tune = next(melody for melody in reading.melodies if melody.source.endswith("RoysWifeOfAldivalloch.abc"))
    assert (tune.title, tune.key, tune.meter) == ("Roy's Wife of Aldivalloch", Key("G", "major"), Meter(2, 4))
    assert tune.source == "Ryan's Mammoth Collection, RoysWifeOfAldivalloch.abc"
    assert [note.pitch for note in tune.notes[:8]] == [76, 74, 71, 71, 69, 71, 69, 71]


def test_the_second_time_comes_from_the_cache(ryans):
    cache, reading, _ = ryans

    def never(done, total):
        raise AssertionError("read again")

    assert load_collection("ryans", cache, never) == reading


@pytest.fixture
def small(monkeypatch, tmp_path):
    """One small collection, and the folder of its cache."""
    entry = COLLECTIONS["essen-luxembourg"]
    smaller = {"files": "essenFolksong/erk5.abc", "name": "A few songs", "about": "", "licence_note": ""}
    monkeypatch.setitem(
        COLLECTIONS, "few", collection.Collection(**smaller, read=read_essen, clean_title=entry.clean_title)
    )
    return tmp_path


@pytest.mark.parametrize("damage", [b"", b"{}\n", b'{"body_bytes": 3}\nabc', b"\x00" * 1000])
def test_a_damaged_cache_is_made_again(small, damage):
    whole = load_collection("few", small)
    cached = small / "collections" / "few.music"
    cached.write_bytes(damage)
    assert load_collection("few", small) == whole
    assert len(cached.read_bytes()) > 1000


def test_a_cache_of_another_reader_is_made_again(small, monkeypatch):
    load_collection("few", small)
    monkeypatch.setattr(collection, "_reader_version", lambda: "newer")
    files_read = []
    load_collection("few", small, lambda done, total: files_read.append(done))
    assert files_read == [1]


def test_a_cache_that_cannot_be_written_costs_only_time(small, monkeypatch):
    def full(*args):
        raise WorkspaceError("The disk is full.")

    monkeypatch.setattr(collection, "write_packed", full)
    assert len(load_collection("few", small).melodies) == 27


def test_without_music21_the_way_to_it_is_named(small, monkeypatch):
    monkeypatch.setattr(collection, "find_spec", lambda name: None)
    with pytest.raises(CollectionError, match=r"A few songs comes with .*pip install -r requirements.txt"):
        load_collection("few", small)


def test_a_music21_without_its_music_is_named(small, monkeypatch, tmp_path):
    bare = type("Spec", (), {"origin": str(tmp_path / "music21" / "__init__.py")})
    monkeypatch.setattr(collection, "find_spec", lambda name: bare)
    with pytest.raises(CollectionError, match="missing from the package music21"):
        load_collection("few", small)


def test_an_unknown_collection_is_answered_with_the_ones_there_are(tmp_path):
    with pytest.raises(CollectionError, match=r"called 'nobody'.*ryans"):
        load_collection("nobody", tmp_path)


def test_one_bad_file_does_not_stop_the_others(monkeypatch, tmp_path):
    folder = tmp_path / "music21" / "corpus" / "essenFolksong"
    folder.mkdir(parents=True)
    shutil.copy(CORPUS / "essenFolksong" / "erk5.abc", folder)
    (folder / "aaa.abc").write_bytes(b"\xff\xfe\x00no music at all")
    package = type("Spec", (), {"origin": str(tmp_path / "music21" / "__init__.py")})
    monkeypatch.setattr(collection, "find_spec", lambda name: package)
    reading = load_collection("essen", tmp_path / "cache")
    assert len(reading.melodies) == 27
    assert reading.skipped[0].name.startswith("aaa.abc")


def test_importing_the_catalogue_leaves_music21_asleep():
    assert "import music21" not in Path(collection.__file__).read_text()


@pytest.mark.parametrize(
    "typed, title",
    [
        ("BOYS OF BLUEHILL, THE", "The Boys of Bluehill"),
        ("Bashful Lover., The", "The Bashful Lover"),
        ("ACROBAT'S -- HORNPIPE", "Acrobat's – Hornpipe"),
        ('"CHEESE IT!" -- REEL.', "Cheese It! – Reel"),
        ('"PADDY\'S THE BOY"- JIG', "Paddy's the Boy – Jig"),
        ('"POP GOES THE WEASEL."', "Pop Goes the Weasel"),
        ("A'WILLIE, WE HAVE MISS'D YOU -- STRATHSPEY", "A'Willie, We Have Miss'd You – Strathspey"),
        ("Golden Gat:e -- Reel", "Golden Gate – Reel"),
        ("Quindaro -- hornpipe", "Quindaro – Hornpipe"),
        ("O'CONNELL'S TRIP", "O'Connell's Trip"),
        ("MCGUINNESS' REEL", "McGuinness' Reel"),
        ("Quick Step. 25th Regt.", "Quick Step. 25th Regt"),
        ("Dance by Mr. F.", "Dance by Mr. F."),
        ("the Silver Crown", "The Silver Crown"),
        ("I'll Touzle your Kurchy.", "I'll Touzle your Kurchy"),
        ("", ""),
    ],
)
def test_titles_are_written_as_a_musician_writes_them(typed, title):
    assert clean_english_title(typed) == title


@pytest.mark.parametrize(
    "typed, title",
    [
        (" Das Haus (4-86), S. 111", "Das Haus"),
        ("Flevit lepus, Nr. 176, S. 282", "Flevit lepus"),
        ("Dreikönigslied (Band 1), S. 17", "Dreikönigslied"),
        ('"Gute Nacht"', "Gute Nacht"),
        ("ES WOHNTE EINE WITWE", "ES WOHNTE EINE WITWE"),
    ],
)
def test_essen_titles_lose_their_page_numbers(typed, title):
    assert clean_essen_title(typed) == title


@pytest.mark.parametrize(
    "origin, region",
    [
        ("China, Shaanxi", "china"),
        ("Luxemburg, Echternach", "luxembourg"),
        ("Mitteleuropa, Deutschland / Frankreich, Lothringen", "lorraine"),
        ("Europa, Mitteleuropa, Deutschland, Hessen", "germany"),
        ("Europa, Mitteleuropa, Oesterreich, Tirol", "europe"),
        ("", "europe"),
    ],
)
def test_region_of(origin, region):
    assert region_of(f"X:1\nT:A song\nO: {origin}\nK:G\nGABc|") == region


def test_the_regions_share_out_every_song():
    whole = read_file_of("essenFolksong/dva0.abc", read_essen)
    parts = [
        read_file_of("essenFolksong/dva0.abc", lambda data, name, r=region: read_essen(data, name, r))
        for region in ("china", "luxembourg", "lorraine", "germany", "europe")
    ]
    assert sum(len(part.melodies) for part in parts) == len(whole.melodies) == 192
    assert len(parts[2].melodies) > 50  # dva0 is Lorraine, for the most part


def test_songs_typed_under_dos_have_their_umlauts():
    titles = [melody.title for melody in read_file_of("essenFolksong/lux.abc", read_essen).melodies]
    assert any(title.startswith("Schön ist die Jugend") for title in titles)
    assert any("ß" in title for title in titles)


@pytest.mark.parametrize(
    "file, tunes", [("0732-0758_bs.abc", 0), ("0732-0758_mh.abc", 26), ("0981-1000.abc", 19), ("0001-0050.abc", 50)]
)
def test_oneills_has_every_tune_of_the_book_once(file, tunes):
    assert len(read_file_of(f"oneills1850/{file}", read_oneills).melodies) == pytest.approx(tunes, abs=1)


def test_an_impossible_tempo_in_oneills_is_left_open():
    melodies = read_file_of("oneills1850/1556-1624.abc", read_oneills).melodies
    assert all(melody.qpm is None or melody.qpm >= 60 for melody in melodies)


def test_a_chorale_gives_its_soprano():
    (melody,) = read_file_of("bach/bwv248.5.mxl", read_soprano).melodies
    assert melody.title == "O Haupt voll Blut und Wunden (BWV 248.5)"
    assert [note.pitch for note in melody.notes[:7]] == [64, 69, 67, 65, 64, 62, 64]  # e a g f e d e
    assert [note.duration for note in melody.notes[:7]] == [1, 1, 1, 1, 1, 2, 1]
    assert (melody.key, melody.meter, melody.pickup) == (Key("A", "minor"), Meter(4, 4), 1.0)
    assert melody.source == "bwv248.5.mxl"


def test_a_soprano_that_waits_for_the_orchestra_comes_in_at_once():
    (melody,) = read_file_of("bach/bwv248.64-6.mxl", read_soprano).melodies
    assert melody.notes[0].onset < melody.meter.bar_length


def test_a_prelude_for_piano_has_no_soprano():
    assert read_file_of("bach/bwv846.mxl", read_soprano).melodies == ()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 broken", b"<score-partwise>"])
def test_a_damaged_chorale_is_named(data):
    for name in ("bwv1.mxl", "bwv1.xml"):
        with pytest.raises(MusicFileError, match="bwv1"):
            read_soprano(data, name)


@pytest.mark.slow
@pytest.mark.parametrize(
    "key, tunes",
    [
        ("oneills", 1836),
        ("airds", 1180),
        ("bach", 394),
        ("essen", 8462),
        ("essen-germany", 5080),
        ("essen-china", 1224),
    ],
)
def test_every_collection_is_read_whole(tmp_path, key, tunes):
    reading = load_collection(key, tmp_path)
    assert len(reading.melodies) + len(reading.skipped) == pytest.approx(tunes, abs=4)
    for melody in reading.melodies:
        assert 40 <= melody.pitch_range[0] <= melody.pitch_range[1] <= 96, melody.source
        assert melody.title, melody.source
