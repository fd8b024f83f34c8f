"""Ryan's Mammoth Collection: the fiddle tunes of Boston, 1883. The default, for its tunes are many, short and alike."""

from chromasonic.languages import mark

from .collection import Collection, read_abc_book
from .titles import clean_english_title

RYANS = Collection(
    name=mark("Ryan's Mammoth Collection"),
    about=mark("1,059 fiddle tunes – reels, jigs, hornpipes, strathspeys – printed in Boston in 1883."),
    licence_note=mark(
        "The tunes are in the public domain. Ray Davies, John Chambers and others typed them in ABC notation and let "
        "music21 pass them on; ask them before you use their files commercially."
    ),
    files="ryansMammoth/*.abc",
    read=read_abc_book,
    clean_title=clean_english_title,
)
