"""Words around the keys one can play on the page."""

KEYS = "Piano keys from C3 to B5"
HOW_TO_PLAY = (
    "Click or touch the keys. With the keyboard of your computer: go to a key with Tab, the arrows walk from key to "
    "key and Enter plays; the letters A W S E D F T G Y H U J K O L P are, as they lie, the keys from C4 up."
)
PLAYED = "Played so far"
NOTHING_PLAYED = "Nothing is played yet."
FULL = "More than {most} notes do not fit: let the model go on from here."
LENGTH = "Length of the next note"
LENGTHS = (
    (0.25, "Sixteenth"),
    (0.5, "Eighth"),
    (0.75, "Dotted eighth"),
    (1.0, "Quarter"),
    (1.5, "Dotted quarter"),
    (2.0, "Half"),
    (3.0, "Dotted half"),
    (4.0, "Whole"),
)
"""In beats, and how it is called."""
EVENT = "{name}, {length}"
REST = "Rest"
LISTEN = "Play it"
UNDO = "Undo"
CLEAR = "Clear"
NOTE_NAMES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
