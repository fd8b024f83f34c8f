"""A search as one file, to keep or to take to another machine: its trials, its music, its models, its reports.

The file is a zip archive: `manifest.json` says what it is, `trials.jsonl` holds one trial a line, and the files of the
search's folder stand beside them. Whoever sends one may mean harm: nothing is unpacked before its name and size are
allowed, nothing in it is run, and what is not as an export writes it is refused in words.
"""

from .exporting import export_name, export_search
from .importing import import_search

__all__ = ["export_name", "export_search", "import_search"]
