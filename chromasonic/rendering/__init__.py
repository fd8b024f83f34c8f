"""A melody you hear and see: sound in `audio.py`, a picture of the notes in `piano_roll.py`."""
