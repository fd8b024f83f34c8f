"""A melody you hear and see: sound in `audio.py`, the notes in `piano_roll.py`, sheet music in `notation.py`."""
