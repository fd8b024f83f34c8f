"""What a melody is, and how files become melodies and melodies files. Start reading at `melody.py`."""

from .melody import DEFAULT_QPM, TICKS_PER_BEAT, Key, Melody, Meter, Note, Repeat
from .outcome import Reading, Skipped

__all__ = ["DEFAULT_QPM", "TICKS_PER_BEAT", "Key", "Melody", "Meter", "Note", "Reading", "Repeat", "Skipped"]
