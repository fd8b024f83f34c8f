"""O'Neill's Music of Ireland: the book from which half of Irish America learned its tunes."""

from dataclasses import replace

from chromasonic.languages import mark
from chromasonic.music.outcome import Reading

from .collection import Collection, read_abc_book
from .titles import clean_english_title

# Several people typed parts of the same book. Of two transcriptions of a page the fuller or more exact file stays.
TRANSCRIBED_TWICE = {
    "0626-0635.abc",  # also in 0626-0700
    "0732-0758_bs.abc",  # also in 0732-0758_mh
    "1116-1135_ml.abc",  # also in 1116-1135_mh
    "1556-1576.abc",  # these two also in 1556-1624
    "1577-1624.abc",
    "1710-1750.abc",  # also in 1701-1780
}
SLOWEST = 60.0  # quarter notes per minute
OPENS_WITH_LAST_TUNE_OF_FILE_BEFORE = {"0550-0625.abc", "0981-1000.abc", "1031-1115.abc"}


def read_oneills(data: bytes, name: str) -> Reading:
    """The tunes of one file of O'Neill's that no file before it has.

    A few carry a tempo such as `Q:80`, by the standard 80 of the shortest notes a minute, by ear a slip for 80 beats:
    what would crawl at less than `SLOWEST` has its tempo left open.
    """
    if name in TRANSCRIBED_TWICE:
        return Reading()
    reading = read_abc_book(data, name)
    first = 1 if name in OPENS_WITH_LAST_TUNE_OF_FILE_BEFORE else 0
    melodies = (
        replace(melody, qpm=None) if melody.qpm and melody.qpm < SLOWEST else melody
        for melody in reading.melodies[first:]
    )
    return Reading(tuple(melodies), reading.skipped)


ONEILLS = Collection(
    name=mark("O'Neill's Music of Ireland"),
    about=mark(
        "1,836 Irish airs, jigs, reels and hornpipes, collected in Chicago by Francis O'Neill and printed in 1903."
    ),
    licence_note=mark(
        "The tunes are in the public domain. John Walsh, Norbert Paap, Bob Puckette and others typed them in ABC "
        "notation and let music21 pass them on; ask them before you use their files commercially."
    ),
    files="oneills1850/*.abc",
    read=read_oneills,
    clean_title=clean_english_title,
    each_tune_once=True,
)
