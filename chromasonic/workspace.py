"""Where things live on disk: one visible folder that a musician can find, copy and delete.

Chromasonic/                 in the user's home, or where CHROMASONIC_HOME says
    searches.db              every search (SQLite; optuna-dashboard opens the same file)
    searches/<folder>/       the music, checkpoints, songs, comparisons by ear and reports of one search
    artifacts/               the songs once more, as optuna-dashboard wants them
    music/                   saved music sets
    melodies/                melodies kept
    models/                  finished models: brought here, or kept from a search
    cache/                   what can be computed again
    logs/                    what happened, for when something is wrong; no music and no names
    people/<…>/              on a team's server: the music, melodies, models and uploads of each person
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from chromasonic.checks import instance
from chromasonic.checks import path as checked_path
from chromasonic.errors import WorkspaceError
from chromasonic.files import file_name, write_whole
from chromasonic.people import Person

PROXY_PORT = 13000
"""Where a storage proxy stands unless it is said; as Optuna itself has it."""


@dataclass(frozen=True)
class Workspace:
    """The folders of one workspace; `Workspace.open()` makes sure that they can be written."""

    root: Path
    person: str = ""  # whose music and uploads these are; on a team's server each person has a folder of their own
    storage: str = field(default="", repr=False)  # another database, for several machines; may hold a password
    artifacts: str = ""  # where several machines find music and checkpoints: a folder, or a bucket such as s3://name

    @classmethod
    def open(cls, root: Path | None = None) -> Workspace:
        """The workspace at `root`, at CHROMASONIC_HOME, or in the user's home; created on first use.

        Raises:
            SettingsError: `root` is no folder's path.
            WorkspaceError: the folder cannot be made or written.
        """
        workspace = cls.place(root)
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

    def check(self) -> None:
        """Make sure that it is still there; who goes on without it makes an empty one in its place.

        Raises:
            WorkspaceError: it is gone.
        """
        if not self.searches.is_dir():
            raise WorkspaceError(
                f"The folder with your music and searches is gone: {self.root} was deleted, moved or unplugged while "
                "Chromasonic was running. Put it back where it was and reload this page; or start Chromasonic anew, to "
                "begin with an empty one."
            )

    @classmethod
    def place(cls, root: Path | None = None) -> Workspace:
        """Where the workspace is or would be; looks at nothing and makes nothing."""
        if root is not None:
            root = checked_path("root", root, "a folder, such as Path(“Chromasonic”)")
        return cls(
            root or Path(os.environ.get("CHROMASONIC_HOME") or Path.home() / "Chromasonic").expanduser(),
            storage=os.environ.get("CHROMASONIC_STORAGE", ""),
            artifacts=os.environ.get("CHROMASONIC_ARTIFACTS", ""),
        )

    @property
    def searches(self) -> Path:
        """One folder a search."""
        return self.root / "searches"

    def of(self, person: Person) -> Workspace:
        """The same workspace as `person` sees it: the searches are everyone's table, music and uploads their own.

        Raises:
            SettingsError: this is no person.
            WorkspaceError: their folder cannot be made or written.
        """
        instance("person", person, Person, "someone who logged in")
        theirs = replace(self, person=person.folder)
        about = json.dumps(person.to_json(), ensure_ascii=False, indent=2)
        who = theirs.own / "person.json"  # tells an administrator whose folder this is
        if not who.exists() or who.read_text(encoding="utf-8") != about:
            write_whole(who, about)
        return theirs

    @property
    def own(self) -> Path:
        """What belongs to one person alone: all of it, where nobody logs in."""
        return self.root / "people" / self.person if self.person else self.root

    def size_of_own(self) -> int:
        """How many bytes what belongs to the person takes."""
        sizes = []
        for file in self.own.rglob("*"):
            with suppress(FileNotFoundError):  # deleted while we count
                sizes.append(file.stat().st_size if file.is_file() else 0)
        return sum(sizes)

    @property
    def music(self) -> Path:
        """Saved music sets."""
        return self.own / "music"

    @property
    def melodies(self) -> Path:
        """Melodies kept."""
        return self.own / "melodies"

    @property
    def models(self) -> Path:
        """Finished models: brought here, or kept from a search."""
        return self.own / "models"

    @property
    def uploads(self) -> Path:
        """Files brought of late, as they came."""
        return self.own / "cache" / "uploads"

    @property
    def cache(self) -> Path:
        """What can be computed again: parsed collections, baselines, this machine's speed."""
        return self.root / "cache"

    @property
    def logs(self) -> Path:
        """What happened, for when something is wrong."""
        return self.root / "logs"

    @property
    def artifact_store(self) -> str:
        """Where optuna-dashboard finds what one can hear: CHROMASONIC_ARTIFACTS, or a folder of the workspace."""
        return self.artifacts or str(self.root / "artifacts")

    @property
    def storage_url(self) -> str:
        """The database of all searches, as Optuna names it: CHROMASONIC_STORAGE, or the workspace's own."""
        return self.storage or f"sqlite:///{self.root / 'searches.db'}"

    def search_folder(self, name: str) -> Path:
        """The folder of the search called `name`, whatever characters the name has."""
        instance("name", name, str, "a name, such as “My reels”")
        return self.searches / file_name(name)
