"""What a search found, as plain records, figures, words and files. Start reading at `records.py`."""
