"""The Essen folk songs: Helmut Schaffrath's collection, whole and by the regions where the songs were sung."""

from __future__ import annotations

import re
from functools import partial

from chromasonic.languages import mark
from chromasonic.music.outcome import Reading

from .collection import Collection, read_abc_book

# The first region whose pattern is found in the origin (`O:`) of a song is its own.
REGIONS = {
    "china": r"china|taiwan|yunnan|hunan|shan",
    "luxembourg": r"luxemb",
    "lorraine": r"lothring|elsass",
    "germany": r"deutsch",
    "europe": r"",
}


# These were typed under DOS and passed on as if they were Latin-1: their ö reads as a control character.
TYPED_UNDER_DOS = {"han1.abc", "han2.abc", "lot.abc", "lux.abc"}

_PLACE_IN_BOOK = re.compile(r"\s*,?\s*(\([\w-]+\)|\(Band \d\))?\s*,?\s*(Nr\. ?\d+\w*,)?\s*\bS\. *\d+\w*\.?$")


def clean_essen_title(title: str) -> str:
    """`title` without its page in the printed book, and without quotation marks around it.

    Capitals stay, for a German noun would lose its own.
    """
    title = _PLACE_IN_BOOK.sub("", title.strip())
    return title[1:-1] if title[:1] == title[-1:] == '"' else title


def region_of(tune: str) -> str:
    """The region that the header of a song in ABC notation names."""
    origin = ", ".join(re.findall(r"(?m)^O:(.*)", tune)).lower()
    return next(region for region, pattern in REGIONS.items() if re.search(pattern, origin))


def read_essen(data: bytes, name: str, region: str | None = None) -> Reading:
    """The songs of one file, of every region or of one.

    Files called test… hold copies of songs from the others and are left out.
    """
    if name.startswith("test"):
        return Reading()
    if name in TYPED_UNDER_DOS:
        data = data.decode("utf-8").encode("latin-1").decode("cp437").encode()
    reading = read_abc_book(data, name)
    if region is None:
        return reading
    tunes = re.split(r"(?m)^(?=X:)", data.decode("utf-8", errors="replace"))[1:]
    wanted = {f"{name}, tune {number}" for number, tune in enumerate(tunes, start=1) if region_of(tune) == region}
    return Reading(
        tuple(melody for melody in reading.melodies if melody.source in wanted),
        tuple(skipped for skipped in reading.skipped if skipped.name.partition(" (")[0] in wanted),
    )


def _essen(name: str, about: str, region: str | None = None) -> Collection:
    return Collection(
        name=name,
        about=about,
        licence_note=mark(
            "For non-commercial use only: typed under Helmut Schaffrath in Essen, converted to ABC by Seymour Shlien, "
            "passed on in music21 with the permission of Ewa Dahlig-Turek. Many people typed it, and its legal status "
            "is unclear."
        ),
        files="essenFolksong/*.abc",
        read=partial(read_essen, region=region),
        clean_title=clean_essen_title,
    )


ESSEN = {
    "essen": _essen(
        mark("Essen folk songs"),
        mark("All 8,459 songs of the Essen collection: central Europe, China and a few others."),
    ),
    "essen-germany": _essen(mark("German folk songs"), mark("About 5,000 songs and ballads from Germany."), "germany"),
    "essen-lorraine": _essen(
        mark("Songs of Lorraine and Alsace"), mark("About 800 songs from west of the Rhine."), "lorraine"
    ),
    "essen-luxembourg": _essen(
        mark("Songs of Luxembourg"), mark("About 600 songs, nearly all from one great songbook."), "luxembourg"
    ),
    "essen-china": _essen(
        mark("Chinese folk songs"), mark("About 1,200 songs from many provinces, often pentatonic."), "china"
    ),
    "essen-europe": _essen(
        mark("Folk songs from elsewhere"),
        mark("About 700 songs: Austria, Switzerland, the Netherlands, Ireland and beyond."),
        "europe",
    ),
}
