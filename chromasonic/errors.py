"""Everything that can go wrong in a way a user can meet, as one family tree.

ChromasonicError
├── WorkspaceError         the folder for music and searches cannot be used
├── MusicError
│   ├── MusicFileError     a file we cannot read: names the file and the place in it
│   ├── CollectionError    a built-in collection that is not there or cannot be read
│   ├── MusicSetError      a saved music set that is missing, damaged or may not be named so
│   ├── KeptMelodyError    a kept melody that is missing, damaged or may not be named so
│   └── NotEnoughMusicError  too few tunes or notes to learn from
├── SettingsError          a setting outside what it may be: names the field and the value
├── DeviceError            a device that is not there
├── AccessError            something that is another person's, or more than a person may take
├── ModelError             a model that does not fit its promise: names the shape that came and the one expected
├── ArtifactError          the store of music and checkpoints that several machines share cannot be used
├── CheckpointError        stored weights that are missing, damaged or of another model
├── ModelBundleError       a model bundle that is damaged, of a newer version, or not to be trusted
├── RenderingError         a melody that cannot be turned into sound
└── SearchError            a search that cannot start, or cannot be resumed
    ├── SearchNotFoundError  no search of that name
    ├── BundleError          an exported search that is damaged, of a newer version, or not to be trusted
    ├── SearchHeldError      a search that another runner holds: says where
    ├── NoteChangedError     a note that somebody else changed while it was being written
    ├── StorageError         the database of searches cannot be used just now, or at all: says what to do about it
    └── SearchFailedError    every trial failed: says why

Each message says what happened, where, and what to do next, in words a musician can use.
"""

from chromasonic.languages import mark


class ChromasonicError(Exception):
    """The root: whatever Chromasonic raises on purpose."""


class WorkspaceError(ChromasonicError):
    """The folder for music and searches cannot be used."""


class MusicError(ChromasonicError):
    """Something about the music itself."""


class MusicFileError(MusicError):
    """A file that cannot be read as music."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(name, reason)  # both, so that the error survives the pipe between two processes

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


class CollectionError(MusicError):
    """A built-in collection that is not there or cannot be read."""


class MusicSetError(MusicError):
    """A saved music set that is missing, damaged or may not be named so."""


class KeptMelodyError(MusicError):
    """A kept melody that is missing, damaged or may not be named so."""


class NotEnoughMusicError(MusicError):
    """Too few tunes or notes to learn from."""


class SettingsError(ChromasonicError, ValueError):
    """A setting outside what it may be."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        super().__init__(field, message)

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class AccessError(ChromasonicError):
    """Something that is another person's, or more than a person may take."""


class DeviceError(ChromasonicError):
    """A device that is not there."""


class ModelError(ChromasonicError):
    """A model that does not fit its promise."""


class ArtifactError(ChromasonicError):
    """The store of music and checkpoints that several machines share cannot be used."""


class CheckpointError(ChromasonicError):
    """Stored weights that are missing, damaged or of another model."""


class ModelBundleError(ChromasonicError):
    """A model bundle that is damaged, of a newer version, or not to be trusted."""


class RenderingError(ChromasonicError):
    """A melody that cannot be turned into sound."""


class SearchError(ChromasonicError):
    """A search that cannot start, or cannot be resumed."""


class SearchNotFoundError(SearchError):
    """No search of that name."""


class SearchHeldError(SearchError):
    """A search that another runner holds."""

    def __init__(self, name: str, where: str) -> None:
        self.name = name
        self.where = where
        super().__init__(name, where)

    def __str__(self) -> str:
        return mark(f"“{self.name}” is already running {self.where}. Stop it there first, then try again.")


class NoteChangedError(SearchError):
    """A note that somebody else changed while it was being written."""

    def __init__(self, now: str) -> None:
        self.now = now  # what stands there at this moment
        super().__init__(now)

    def __str__(self) -> str:
        return mark(
            "Somebody else changed this note while you wrote yours, so yours was not saved. Read what stands there "
            "now, then save yours again or leave theirs."
        )


class StorageError(SearchError):
    """The database of searches cannot be used just now, or at all."""


class BundleError(SearchError):
    """An exported search that is damaged, of a newer version, or not to be trusted."""


class SearchFailedError(SearchError):
    """Every trial of a search failed."""
