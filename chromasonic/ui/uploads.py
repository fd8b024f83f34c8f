"""Files a musician brought, kept as they came until their tunes are saved, so that a reload loses nothing.

One folder an upload, in the workspace, named by its content. The files stand one after another in a single one, since a
disk takes seconds to keep 500 safely. Beside it stands which track of a MIDI file sings the melody, where the musician
chose another than we did.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chromasonic.errors import MusicFileError
from chromasonic.files import write_whole
from chromasonic.music.melody import Melody
from chromasonic.music.outcome import Reading
from chromasonic.music.text import one_line

KEPT = 10  # uploads; older ones are let go
_TRACKS, _CONTENTS, _FILES = "tracks.json", "contents.bin", "files.json"
_TOKEN = re.compile(r"[0-9a-f]{16}")
_TRACK_NOTE = re.compile(r", track \d+( \(.*\))?$")  # what the MIDI reader adds to the name of a file with many tracks


@dataclass(frozen=True)
class Upload:
    """The files of one upload."""

    folder: Path

    @property
    def token(self) -> str:
        """What stands for it in an address."""
        return self.folder.name

    @property
    def names(self) -> list[str]:
        """The names of its files, in the order they came."""
        return list(self._sizes())

    @property
    def tracks(self) -> dict[str, int]:
        """The track chosen by the musician, by name of the file."""
        file = self.folder / _TRACKS
        chosen: dict[str, int] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return chosen

    @property
    def state(self) -> str:
        """Differs whenever `read` would give something else."""
        return f"{self.token} {sorted(self.tracks.items())}"

    def data(self, name: str) -> bytes:
        """The bytes of the file called `name`."""
        start = 0
        for other, size in self._sizes().items():
            if other == name:
                with (self.folder / _CONTENTS).open("rb") as contents:
                    contents.seek(start)
                    return contents.read(size)
            start += size
        raise KeyError(name)

    def choose_track(self, name: str, track: int) -> None:
        """Take the melody of the MIDI file called `name` from that track."""
        write_whole(self.folder / _TRACKS, json.dumps({**self.tracks, name: track}))

    def read(self, on_progress: Callable[[int, int], None] | None = None) -> Reading:
        """Its tunes, each from the track the musician chose, and what was skipped."""
        from chromasonic.music.reading import read_file, read_files

        with (self.folder / _CONTENTS).open("rb") as contents:
            files = [(name, contents.read(size)) for name, size in self._sizes().items()]
        reading = read_files(files, on_progress)
        for name, track in self.tracks.items():
            try:
                other = read_file(name, self.data(name), track=track).melodies
            except MusicFileError:  # that track has no melody after all; ours stands
                continue
            kept = tuple(other[0] if file_of(melody) == name else melody for melody in reading.melodies)
            reading = replace(reading, melodies=kept)
        return reading

    def files_in(self, reading: Reading) -> tuple[str, ...]:
        """The names of its files that gave a tune."""
        return reading.files_among(self.names)

    def _sizes(self) -> dict[str, int]:
        """The size of each file in bytes, by its name, in the order they came."""
        sizes: dict[str, int] = json.loads((self.folder / _FILES).read_text(encoding="utf-8"))
        return sizes


def keep_upload(folder: Path, files: Sequence[tuple[str, bytes]]) -> Upload:
    """Keep the files (name, bytes) of one upload in `folder`; the same files again are the same upload.

    Raises:
        WorkspaceError: they cannot be written.
    """
    files = [(one_line(name), data) for name, data in files]  # a browser passes on whatever a file is called
    digest = hashlib.sha256()
    for name, data in files:
        digest.update(f"{name}\0{len(data)}\0".encode())
        digest.update(data)
    upload = Upload(folder / digest.hexdigest()[:16])
    if not (upload.folder / _FILES).exists():
        write_whole(upload.folder / _CONTENTS, b"".join(data for _, data in files))
        names = _all_different([name for name, _ in files])
        sizes = {name: len(data) for name, (_, data) in zip(names, files, strict=True)}
        write_whole(upload.folder / _FILES, json.dumps(sizes))  # last: it makes the folder an upload
        _let_go_of_old(upload.folder.parent)
    return upload


def find_upload(folder: Path, token: str | None) -> Upload | None:
    """The upload in `folder` that `token` stands for; None when there is none, or no longer."""
    if token is None or not _TOKEN.fullmatch(token):
        return None
    upload = Upload(folder / token)
    return upload if (upload.folder / _FILES).exists() else None


def file_of(melody: Melody) -> str:
    """The name of the file that a melody of an upload was read from."""
    return _TRACK_NOTE.sub("", melody.source)


def _all_different(names: Sequence[str]) -> list[str]:
    """The names, those met a second time with a number: files of one name may come from two folders."""
    different: list[str] = []
    for name in names:
        path, number, free = Path(name), 2, name
        while free in different:
            free, number = f"{path.stem} ({number}){path.suffix}", number + 1
        different.append(free)
    return different


def _let_go_of_old(folder: Path) -> None:
    newest_first = sorted(folder.iterdir(), key=lambda upload: upload.stat().st_mtime, reverse=True)
    for old in newest_first[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
