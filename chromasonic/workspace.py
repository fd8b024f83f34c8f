"""Where things live on disk: one visible folder that a musician can find, copy and delete.

Chromasonic/                 in the user's home, or where CHROMASONIC_HOME says
    searches.db              every search (SQLite; optuna-dashboard opens the same file)
    searches/<folder>/       the music, checkpoints and reports of one search
    music/                   saved music sets
    melodies/                melodies kept
    cache/                   what can be computed again
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from chromasonic.errors import WorkspaceError
from chromasonic.files import file_name


@dataclass(frozen=True)
class Workspace:
    """The folders of one workspace; `Workspace.open()` makes sure that they can be written."""

    root: Path

    @classmethod
    def open(cls, root: Path | None = None) -> Workspace:
        """The workspace at `root`, at CHROMASONIC_HOME, or in the user's home; created on first use.

        Raises:
            WorkspaceError: the folder cannot be made or written.
        """
        workspace = cls(root or Path(os.environ.get("CHROMASONIC_HOME") or Path.home() / "Chromasonic").expanduser())
        try:
            for folder in (workspace.searches, workspace.music, workspace.melodies, workspace.cache):
                folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=workspace.root):
                pass
        except OSError as error:
            raise WorkspaceError(
                f"Chromasonic keeps your music and searches in {workspace.root}, but cannot write there "
                f"({error.strerror or error}). Free some space or allow writing to that folder, or set "
                "CHROMASONIC_HOME to another folder and start again."
            ) from error
        return workspace

    @property
    def searches(self) -> Path:
        """One folder a search."""
        return self.root / "searches"

    @property
    def music(self) -> Path:
        """Saved music sets."""
        return self.root / "music"

    @property
    def melodies(self) -> Path:
        """Melodies kept."""
        return self.root / "melodies"

    @property
    def cache(self) -> Path:
        """What can be computed again: parsed collections, baselines, this machine's speed."""
        return self.root / "cache"

    @property
    def storage_url(self) -> str:
        """The database of all searches, as Optuna names it."""
        return f"sqlite:///{self.root / 'searches.db'}"

    def search_folder(self, name: str) -> Path:
        """The folder of the search called `name`, whatever characters the name has."""
        return self.searches / file_name(name)
