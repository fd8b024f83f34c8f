"""How much music one upload may bring, so that a broken or hostile file costs seconds and never the machine."""

from __future__ import annotations

_MIB = 1024 * 1024

MAX_FILES = 500  # in one upload
MAX_UPLOAD_SECONDS = 600.0  # for reading one upload; the largest scores take half a second each
MAX_UPLOAD_BYTES = 50 * _MIB  # all files of one upload together
MAX_MIDI_BYTES = 4 * _MIB  # one MIDI file; a whole symphony takes about a tenth
MAX_ABC_BYTES = 8 * _MIB  # one ABC file: about 14,000 tunes
MAX_ABC_TUNES = 20_000  # in one ABC file
MAX_ABC_LINE = 200_000  # characters of notes; a whole tune on one line takes a thousand
MAX_ABC_SECONDS = 10.0  # for reading one ABC file; a fast machine takes half of that for the largest
MAX_SCORE_BYTES = 30 * _MIB  # one MusicXML or kern file, decompressed
MAX_MXL_BYTES = 8 * _MIB  # one compressed score as it comes; its table of contents is read whole
MAX_TRACKS = 256  # in one MIDI file; each instrument and channel within one counts too
MAX_NOTES = 50_000  # in one MIDI file or score, or one ABC tune
MAX_BEATS = 20_000  # in one melody: almost three hours at 120 a minute
MAX_SCORE_SECONDS = 10.0  # for reading one score
MAX_SCORE_MEMORY = 2048 * _MIB  # for reading one score, beyond what the reader itself takes
SLOWEST_QPM, FASTEST_QPM = 10.0, 1000.0  # quarter notes per minute; a metronome goes from 40 to 208
BAR_UNITS = (1, 2, 4, 8, 16, 32, 64)  # the note values that a meter may count
MAX_BEATS_IN_BAR = 255  # what the time signature of a MIDI file can hold
MIN_NOTES = 2  # one note is no melody
