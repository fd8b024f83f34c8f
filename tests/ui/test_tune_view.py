"""What is taken home of a melody, and what it is called."""

import io
import zipfile

import pytest

from chromasonic.music.melody import Key, Melody, Meter, Note
from chromasonic.music.midi import read_midi
from chromasonic.ui import tune_view


@pytest.mark.parametrize(
    "title, stem",
    [
        ("New melody 3", "new-melody-3"),
        (
            "A Willie, we have miss'd you once again – Strathspey (C), continued 3",
            "a-willie-we-have-missd-you-once-again-c-continued-3",
        ),
        ("Frère Jacques, continued", "frère-jacques-continued"),
        ("../..", "untitled"),
        ("a" * 500, "a" * 25 + "-" + "a" * 25),
    ],
    ids=["short", "long", "accents", "no letters", "one long word"],
)
def test_each_variation_goes_home_under_a_readable_name_of_its_own(title, stem):
    assert tune_view.file_stem(title) == stem
    assert len(stem) <= tune_view.LONGEST_FILE_NAME


def test_the_zip_of_all_variations_holds_each_in_every_format():
    melodies = [
        Melody((Note(0, 1, pitch), Note(1, 1, pitch + 2)), f"New melody {number}", Key("G"), Meter(3, 4), 90.0)
        for number, pitch in enumerate((60, 67), 1)
    ]
    with zipfile.ZipFile(io.BytesIO(tune_view.zipped(melodies, "flute"))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    endings = ("mid", "musicxml", "abc", "html", "wav", "ogg", "mp3")
    assert sorted(files) == sorted(f"{n}-new-melody-{n}.{ending}" for n in (1, 2) for ending in endings)
    assert [files[f"1-new-melody-1.{kind}"][:4] for kind in ("mid", "wav", "ogg")] == [b"MThd", b"RIFF", b"OggS"]
    again = read_midi(files["2-new-melody-2.mid"], "again.mid")
    assert (again.title, again.key, again.meter, again.qpm) == ("New melody 2", Key("G"), Meter(3, 4), 90.0)
    assert [note.pitch for note in again.notes] == [67, 69]


def test_what_cannot_be_made_is_told_in_the_zip_and_hides_nothing_else():
    too_late = Melody((Note(700, 1, 60),), "The Sleeper", qpm=120.0)
    with zipfile.ZipFile(io.BytesIO(tune_view.zipped([too_late], "piano"))) as archive:
        assert "1-the-sleeper.mid" in archive.namelist()
        assert "begins only after 5 minutes" in archive.read("1-the-sleeper.mp3.txt").decode()
