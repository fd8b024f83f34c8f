"""The door of Chromasonic: `streamlit run app.py`. Set-up and navigation, nothing else."""

from chromasonic.ui import shell

shell.open_app()
