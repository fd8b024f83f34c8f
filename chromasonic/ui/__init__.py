"""What the pages are made of: the shell, the wording, the choice of music and search, charts, tunes and errors.

This room, the pages and `app.py` are the only places where Streamlit is spoken. Start reading at `shell.py`.
"""
