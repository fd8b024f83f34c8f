"""Whatever a search, a set of music or a tune is called: kept as it is, and never a path, a field or a tag."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from nasty import NASTY, UNSEEN

from chromasonic.errors import MusicSetError
from chromasonic.files import download_name, file_name
from chromasonic.melody_generation.hyperparameter_search.catalogue import tidy_name
from chromasonic.music.abc_notation import read_abc, write_abc
from chromasonic.music.melody import Key, Melody, Meter, Note
from chromasonic.music.midi import read_midi, write_midi
from chromasonic.music.score import read_score, write_musicxml
from chromasonic.music.sets import MusicSet, list_music_sets, load_music_set, save_music_set
from chromasonic.results.export import optimization_results, result_files, results_zip
from chromasonic.results.records import SearchRecord, SearchState
from chromasonic.results.report import optimization_report
from chromasonic.ui.tune_view import file_stem
from chromasonic.ui.uploads import find_upload, keep_upload
from chromasonic.workspace import Workspace

TUNE = Melody(tuple(Note(beat, 1, 60 + beat) for beat in range(8)), key=Key("G"), meter=Meter(4, 4), qpm=100)
ODD = (
    *NASTY,
    *UNSEEN,
    "",
    " ",
    ".",
    "..",
    "/",
    "con",
    "nul.mid",
    "x" * 10_000,
    "🎵" * 3_000,
    "-rf",
    "~",
    "$HOME",
    "a" * 300,
)


def called(title: str) -> Melody:
    return Melody(TUNE.notes, title, TUNE.key, TUNE.meter, TUNE.qpm)


@pytest.mark.parametrize("name", ODD)
def test_a_folder_is_inside_the_workspace(name: str, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    folder = workspace.search_folder(name)
    assert folder.resolve().parent == workspace.searches.resolve()
    assert re.fullmatch(r"[a-z0-9-]{1,40}-[0-9a-f]{8}", folder.name)


def test_different_names_have_different_folders() -> None:
    assert len({file_name(name).casefold() for name in ODD}) == len(ODD)


@pytest.mark.parametrize("name", ODD)
def test_what_is_taken_home_is_a_file_on_every_system(name: str) -> None:
    stem = download_name(name)
    assert len(stem.encode()) <= 129
    assert re.fullmatch(r"[^\x00-\x2c./\\:;<>?*|\"]+-[0-9a-f]{8}", stem)
    assert not stem.startswith("-")


@pytest.mark.parametrize(
    "name, readable",
    [
        ("音楽", "音楽"), ("Été à la mer", "été-à-la-mer"), ("E\u0301te\u0301", "été"), ("संगीत", "संगीत"),
        ("My reels, 27 Nov", "my-reels-27-nov"), ("CON", "con"), ("🎵", "untitled"), ("音" * 99, "音" * 40),
    ],
)  # fmt: skip
def test_what_is_taken_home_keeps_its_letters(name: str, readable: str) -> None:
    assert re.fullmatch(f"{readable}-[0-9a-f]{{8}}", download_name(name))


@pytest.mark.parametrize("title", ODD)
def test_a_download_is_a_plain_file(title: str) -> None:
    stem = file_stem(title)
    assert 1 <= len(stem) <= 51
    assert re.fullmatch(r"[\w-]+", stem)
    assert not stem.startswith("-")


@pytest.mark.parametrize("name", NASTY)
def test_a_set_of_music_keeps_its_name_in_one_file_of_its_folder(name: str, tmp_path: Path) -> None:
    if len(name) > 100:
        with pytest.raises(MusicSetError, match="at most 100"):
            save_music_set(tmp_path, MusicSet(name, (TUNE,)))
        return
    save_music_set(tmp_path, MusicSet(name, (called(name),), sources=(name,)))
    assert [path.parent for path in tmp_path.rglob("*")] == [tmp_path]
    assert [(summary.name, summary.sources) for summary in list_music_sets(tmp_path)] == [(name, (name,))]
    assert load_music_set(tmp_path, name).melodies[0].title == name


@pytest.mark.parametrize("name", UNSEEN)
def test_a_search_is_called_by_what_can_be_seen(name: str) -> None:
    assert tidy_name(name) == UNSEEN[name]


def test_uploads_are_kept_in_the_same_two_files_whatever_they_are_called(tmp_path: Path) -> None:
    names = [*NASTY, *UNSEEN, "../../up.mid", "/etc/passwd.mid", "a.mid", "a.mid", "a (2).mid"]
    upload = keep_upload(tmp_path, [(name, str(place).encode()) for place, name in enumerate(names)])
    assert {path.name for path in upload.folder.iterdir()} == {"contents.bin", "files.json"}
    assert [upload.data(name) for name in upload.names] == [str(place).encode() for place in range(len(names))]
    for token in (upload.token, "..", "../" + upload.token, "/etc", upload.token + "/.."):
        assert (find_upload(tmp_path, token) is not None) is (token == upload.token)


@pytest.mark.parametrize("title", [*NASTY, *UNSEEN])
def test_a_title_goes_out_in_every_format_and_comes_back(title: str) -> None:
    kept = UNSEEN.get(title, " ".join(title.split()))
    tune = called(title)
    abc = write_abc(tune)
    assert [line[:2] for line in abc.splitlines()[:6]] == [
        "X:",
        "T:",
        "M:",
        "L:",
        "Q:",
        "K:",
    ]  # no line of its own making
    (from_abc,) = read_abc(abc.encode(), "a.abc").melodies
    xml = write_musicxml(tune)
    assert ElementTree.fromstring(xml).findtext("work/work-title") == kept
    assert (from_abc.title, from_abc.notes) == (kept, TUNE.notes)
    if len(kept.encode()) < 128:  # as long as a MIDI title may be for us
        from_midi = read_midi(write_midi(tune), "a.mid")
        assert (from_midi.title, from_midi.notes) == (kept, TUNE.notes)


def test_a_title_comes_back_through_music21_too() -> None:
    for title in NASTY[:6]:
        assert read_score(write_musicxml(called(title)).encode(), "a.musicxml").melodies[0].title == title


def record(name: str) -> SearchRecord:
    return SearchRecord(
        name=name, state=SearchState.STOPPED, trials=(), n_trials=3, epochs=2, timeout=None, total_time=1.0,
        families=("lstm", f"mine:{name}"), space={}, music=name, fingerprint="0", vocab_size=9, sequence_length=8,
        n_train=1, n_validation=1, n_test=0, seed=0, device="cpu", jobs=1, versions={"x": "1"}, reason=name,
    )  # fmt: skip


@pytest.mark.parametrize("name", [*NASTY, *UNSEEN])
def test_results_hold_the_name_as_text(name: str) -> None:
    search = record(name)
    for line in optimization_report(search).splitlines():
        assert len(line) <= 78 or " " not in line.strip()
        assert not re.search("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", line)
    files = result_files(search, plot=False)
    told = json.loads(files["optimization_results.json"])
    assert told["study"]["name"] == name.encode(errors="replace").decode()
    assert optimization_results(search)["to_repeat"]["data"]["music"] == name


@pytest.mark.parametrize("name", ["$x^2$ and $$\\frac{1}{0}$$", "$\\notacommand{$", "<b>🎵 שיר</b> 老歌", "a\nb\x00c"])
def test_the_picture_of_a_search_holds_any_name(name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(results_zip(record(name)))) as archive:
        assert all("/" not in file and ".." not in file for file in archive.namelist())
        assert archive.read("optimization_history.png").startswith(b"\x89PNG")
