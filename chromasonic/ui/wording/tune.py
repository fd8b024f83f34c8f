"""Words around one melody, wherever it is shown."""

UNTITLED = "Untitled"
METER = "{meter} time"
BARS = "{n:,} bars"
ONE_BAR = "1 bar"
NOTES = "{n:,} notes"
TEMPO = "♩ = {qpm}"
NO_TEMPO = "no tempo given, played at ♩ = {qpm}"

PLAYED_ON = "Played on"
AUDIO_ALT = "Recording of {title}"
ROLL_ALT = "Piano roll of {title}: {facts}"
HOW_TO_READ_ROLL = (
    "Time runs to the right, bar by bar. The higher a stroke, the higher its note; the longer, the longer it is held."
)

FORMAT_HELP = {
    "mid": "The notes, for any music program or keyboard.",
    "musicxml": "Sheet music, for notation programs such as MuseScore.",
    "abc": "The tune as plain text, as folk musicians share it.",
    "wav": "The sound, as you hear it here.",
}
