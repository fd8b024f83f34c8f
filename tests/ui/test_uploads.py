"""Files a musician brought stay as they came."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chromasonic.music.melody import Melody
from chromasonic.music.midi import write_midi
from chromasonic.music.outcome import Reading
from chromasonic.ui.uploads import KEPT, find_upload, keep_upload

TWINKLE = b"X:1\nT:Twinkle\nM:4/4\nL:1/4\nK:C\nCCGG|AAG2|\n"
FRERE = b"X:1\nT:Frere Jacques\nM:4/4\nL:1/4\nK:C\nCDEC|CDEC|\n"


def two_tracks(high: Melody, low: Melody) -> bytes:
    from symusic import Score

    score, other = Score.from_midi(write_midi(high)), Score.from_midi(write_midi(low))
    score.tracks.append(other.tracks[0])
    return bytes(score.dumps_midi())


def test_the_same_files_again_are_the_same_upload(tmp_path: Path) -> None:
    first = keep_upload(tmp_path, [("a.abc", TWINKLE), ("b.abc", FRERE)])
    again = keep_upload(tmp_path, [("a.abc", TWINKLE), ("b.abc", FRERE)])
    other = keep_upload(tmp_path, [("a.abc", FRERE), ("b.abc", TWINKLE)])
    assert first == again != other
    assert find_upload(tmp_path, first.token) == first


def test_two_files_of_one_name_are_both_kept(tmp_path: Path) -> None:
    upload = keep_upload(tmp_path, [("tune.abc", TWINKLE), ("tune.abc", FRERE)])
    assert upload.names == ["tune.abc", "tune (2).abc"]
    assert [melody.title for melody in upload.read().melodies] == ["Twinkle", "Frere Jacques"]


@pytest.mark.parametrize("token", [None, "", "../../etc", "0" * 16, "zz"])
def test_an_address_that_names_no_upload_finds_none(tmp_path: Path, token: str | None) -> None:
    assert find_upload(tmp_path, token) is None


def test_another_track_can_sing_the_melody(tmp_path: Path, melody: Callable[..., Melody]) -> None:
    high, low = melody([72, 74, 76, 77], title="High"), melody([36, 38, 40, 41], title="Low bass")
    upload = keep_upload(tmp_path, [("a.abc", TWINKLE), ("both.mid", two_tracks(high, low)), ("c.abc", FRERE)])
    assert [note.pitch for note in upload.read().melodies[1].notes] == [72, 74, 76, 77]
    before = upload.state
    upload.choose_track("both.mid", 1)
    assert upload.state != before
    pitches = [[note.pitch for note in tune.notes] for tune in upload.read().melodies]
    assert pitches[1] == [36, 38, 40, 41]
    assert len(pitches) == 3


def test_a_track_without_a_melody_leaves_ours_in_place(tmp_path: Path, melody: Callable[..., Melody]) -> None:
    data = two_tracks(melody([72, 74, 76, 77]), melody([40]))
    upload = keep_upload(tmp_path, [("both.mid", data)])
    upload.choose_track("both.mid", 1)
    assert [note.pitch for note in upload.read().melodies[0].notes] == [72, 74, 76, 77]


@pytest.mark.parametrize(
    "sources, used",
    [
        (["a, b.abc"], ("a, b.abc",)),
        (["two.abc, tune 1", "two.abc, tune 2"], ("two.abc",)),
        (["both.mid, track 2 (Flute, high)"], ("both.mid",)),
        (["score.mxl, Violin", "hymns.krn, tune 3, Soprano"], ("score.mxl", "hymns.krn")),
        ([], ()),
    ],
    ids=["a comma in its name", "many tunes", "a track", "a part of a score", "nothing was read"],
)
def test_the_files_that_gave_a_tune_are_told_by_its_source(
    sources: list[str], used: tuple[str, ...], tmp_path: Path, melody: Callable[..., Melody]
) -> None:
    names = ["a, b.abc", "two.abc", "both.mid", "score.mxl", "hymns.krn", "broken.mid"]
    upload = keep_upload(tmp_path, [(name, name.encode()) for name in names])
    tunes = tuple(replace(melody([60, 62]), source=source) for source in sources)
    assert upload.files_in(Reading(tunes)) == used


def test_old_uploads_are_let_go(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        keep_upload(tmp_path, [(f"{number}.abc", TWINKLE)])
    assert len(list(tmp_path.iterdir())) == KEPT
