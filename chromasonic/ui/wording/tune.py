"""Words around one melody, wherever it is shown."""

UNTITLED = "Untitled"
METER = "{meter} time"
BARS = "{n:,} bars"
ONE_BAR = "1 bar"
NOTES = "{n:,} notes"
TEMPO = "♩ = {qpm}"
NO_TEMPO = "no tempo given, played at ♩ = {qpm}"

PLAYED_ON = "Played on"
INSTRUMENTS = {
    "piano": "Piano",
    "harpsichord": "Harpsichord",
    "nylon guitar": "Nylon guitar",
    "harp": "Harp",
    "violin": "Violin",
    "flute": "Flute",
    "recorder": "Recorder",
    "clarinet": "Clarinet",
}
AUDIO_ALT = "Recording of {title}"
ROLL_ALT = "Piano roll of {title}: {facts}"
SCORE_ALT = "Sheet music of {title}: {facts}"
HOW_TO_READ_ROLL = (
    "In the piano roll time runs to the right, bar by bar. The higher a stroke, the higher its note; the longer, the "
    "longer it is held. Choose a note, there or in the score, to hear the melody from it."
)
OPENING_IS_ORANGE = "Orange is the opening that the model was given."
HOW_TO_PLAY_ROLL = (
    "The arrow keys go from note to note, Enter plays from the chosen one, and the space bar plays and pauses."
)
SCORE_IS_CUT = "The score shows the first {n:,} notes. The MusicXML file holds them all."

DOWNLOAD = "Download"
DOWNLOAD_ALL = "Download all {n} melodies"
MELODIES = "melodies"
DOWNLOAD_ALL_HELP = "One zip file with every melody in every format."
PRINT = "Print"
PRINT_VIEW = "Print view"

FORMAT_HELP = {
    "mid": "The notes, for any music program or keyboard.",
    "musicxml": "Sheet music, for notation programs such as MuseScore.",
    "abc": "The tune as plain text, as folk musicians share it.",
    "html": "Sheet music to print, or to keep as a PDF: open it in any browser.",
    "wav": "The sound, as you hear it here.",
    "ogg": "The same sound in a small file, for the web and for most players.",
    "mp3": "The same sound in a small file, for everything that plays music.",
}
