"""The shelf of kept melodies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chromasonic.errors import KeptMelodyError, WorkspaceError
from chromasonic.music import Melody
from chromasonic.music.shelf import (
    KeptMelody,
    delete_melody,
    keep_melody,
    list_melodies,
    load_melody,
    put_back,
    rename_melody,
)

MakeMelody = Callable[..., Melody]


def names(folder: Path) -> list[str]:
    return [kept.name for kept in list_melodies(folder)]


def test_a_kept_melody_comes_back_with_its_name_and_how_it_was_made(tmp_path: Path, melody: MakeMelody) -> None:
    keep_melody(tmp_path, melody([60, 64, 67], title="Do mi so"), {"seed": 7, "model": "LSTM"})
    (kept,) = list_melodies(tmp_path)
    assert (kept.name, kept.made) == ("Do mi so", {"seed": 7, "model": "LSTM"})
    assert load_melody(tmp_path, kept) == melody([60, 64, 67], title="Do mi so")


def test_the_newest_stands_first_and_no_two_are_called_alike(tmp_path: Path, melody: MakeMelody) -> None:
    for _ in range(3):
        keep_melody(tmp_path, melody([60], title="Reel"))
    keep_melody(tmp_path, melody([60], title=""))
    assert names(tmp_path) == ["New melody", "Reel (3)", "Reel (2)", "Reel"]


def test_melodies_that_nobody_has_named_are_numbered_on(tmp_path: Path, melody: MakeMelody) -> None:
    for title in [*(f"New melody {number}" for number in (1, 3, 1, 1, 5, 5)), "Reel 1", "Reel 1"]:
        keep_melody(tmp_path, melody([60], title=title))
    assert names(tmp_path) == ["Reel 1 (2)", "Reel 1"] + [f"New melody {number}" for number in (7, 6, 5, 4, 3, 1)]


def test_a_melody_is_renamed_and_keeps_its_place(tmp_path: Path, melody: MakeMelody) -> None:
    first = keep_melody(tmp_path, melody([60], title="One"))
    keep_melody(tmp_path, melody([62], title="Two"))
    renamed = rename_melody(tmp_path, first, "  A waltz\nat last ")
    assert names(tmp_path) == ["Two", "A waltz at last"]
    assert load_melody(tmp_path, renamed).title == "A waltz at last"


@pytest.mark.parametrize(
    "name, says",
    [(" ", "needs a name"), ("\u200b", "needs a name"), ("x" * 101, "at most 100"), ("Two", "Another melody")],
)
def test_a_name_that_cannot_be_used_is_refused(name: str, says: str, tmp_path: Path, melody: MakeMelody) -> None:
    one = keep_melody(tmp_path, melody([60], title="One"))
    keep_melody(tmp_path, melody([62], title="Two"))
    with pytest.raises(KeptMelodyError, match=says):
        rename_melody(tmp_path, one, name)
    assert names(tmp_path) == ["Two", "One"]


def test_what_was_deleted_can_be_put_back_where_it_was(tmp_path: Path, melody: MakeMelody) -> None:
    one = keep_melody(tmp_path, melody([60], title="One"))
    keep_melody(tmp_path, melody([62], title="Two"))
    tune = load_melody(tmp_path, one)
    delete_melody(tmp_path, one)
    assert names(tmp_path) == ["Two"]
    put_back(tmp_path, one, tune)
    assert names(tmp_path) == ["Two", "One"]


def test_what_another_tab_deleted_is_said_to_be_gone(tmp_path: Path, melody: MakeMelody) -> None:
    kept = keep_melody(tmp_path, melody([60], title="One"))
    delete_melody(tmp_path, kept)
    for use in (load_melody, delete_melody):
        with pytest.raises(KeptMelodyError, match="“One” is no longer on your shelf"):
            use(tmp_path, kept)


@pytest.mark.parametrize(
    "content", [b"", b"{}\n", b"\x1f\x8b", b'{"name": 1, "kept": "", "made": {}, "body_bytes": 0}\n']
)
def test_a_damaged_file_is_listed_last_and_can_be_deleted(content: bytes, tmp_path: Path, melody: MakeMelody) -> None:
    keep_melody(tmp_path, melody([60], title="One"))
    (tmp_path / "broken.melody").write_bytes(content)
    good, damaged = list_melodies(tmp_path)
    assert (good.name, damaged.is_damaged) == ("One", True)
    with pytest.raises(KeptMelodyError, match="damaged"):
        load_melody(tmp_path, damaged)
    delete_melody(tmp_path, damaged)
    assert names(tmp_path) == ["One"]


@pytest.mark.parametrize("id", ["..", "../music/mine", "a/b", "", "x" * 200])
def test_an_id_is_never_a_way_out_of_the_shelf(id: str, tmp_path: Path) -> None:
    with pytest.raises(KeptMelodyError, match="no such melody"):
        load_melody(tmp_path, KeptMelody(id, "x"))


def test_a_shelf_that_cannot_be_written_says_so(tmp_path: Path, melody: MakeMelody) -> None:
    (tmp_path / "shelf").write_text("in the way")
    with pytest.raises(WorkspaceError, match="could not be written"):
        keep_melody(tmp_path / "shelf", melody([60]))
