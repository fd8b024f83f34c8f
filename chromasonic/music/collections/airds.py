"""Aird's Airs: what fife, violin and flute players carried home from Glasgow between 1778 and 1801."""

from chromasonic.languages import mark

from .collection import Collection, read_abc_book
from .titles import clean_english_title

AIRDS = Collection(
    name=mark("Aird's Airs"),
    about=mark(
        "1,180 Scottish, English, Irish and foreign airs for fife, violin or flute, printed in Glasgow from 1778 on."
    ),
    licence_note=mark(
        "The tunes are in the public domain. Jack Campin typed them in ABC notation (2009, www.campin.me.uk) and let "
        "music21 pass them on; ask him before you use his files commercially."
    ),
    files="airdsAirs/*.abc",
    read=read_abc_book,
    clean_title=clean_english_title,
)
