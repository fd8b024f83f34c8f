"""Music and checkpoints for workers on other machines: files kept in Optuna's artifact store beside the database.

The store is a folder that all machines see, or a bucket of S3 or whatever speaks like it (credentials and endpoint come
from the environment, as for every program that uses S3). What belongs to a study or a trial is written in its own
attributes, so optuna-dashboard shows the files too. A file may be gone though it is written there: it is then as if it
had never been.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import cache
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import optuna
from optuna.artifacts import ArtifactMeta, Backoff, Boto3ArtifactStore, FileSystemArtifactStore, upload_artifact
from optuna.artifacts._protocol import ArtifactStore
from optuna.artifacts._upload import ARTIFACTS_ATTR_PREFIX as _PREFIX
from optuna.artifacts.exceptions import ArtifactNotFound

from chromasonic.errors import ArtifactError, ChromasonicError
from chromasonic.languages import mark
from chromasonic.masking import masked

from .storage import HOW_TO_INSTALL

S3 = "s3://"
ANY = ("",)  # what the name of a file may end with
_MIME_TYPE = "application/octet-stream"  # as Optuna calls what it cannot guess
_TRIES = 4  # of one request, 0.1 s, 0.2 s, … apart: a network has bad moments


class Artifacts:
    """One store; `open_artifacts` gives it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._store = Backoff(_bucket(address) if address.startswith(S3) else _folder(address), max_retries=_TRIES)
        self._removed: set[str] = set()
        self._lock = threading.Lock()

    @property
    def store(self) -> ArtifactStore:
        """The same as optuna-dashboard takes it."""
        return self._store

    def upload(self, file: Path, owner: optuna.Study | optuna.Trial) -> None:
        """Keep `file` for a study, or for a trial that is not finished yet.

        Raises:
            ArtifactError: it could not be written.
        """
        with self._explained(mark(f"“{file.name}” could not be written")):
            upload_artifact(artifact_store=self._store, file_path=str(file), study_or_trial=owner)

    def keep(self, files: Iterable[Path]) -> dict[str, str]:
        """Keep `files` for a trial that is yet to be stored; the system attributes that name them.

        Raises:
            ArtifactError: one could not be written.
        """
        attributes = {}
        for file in files:
            artifact = ArtifactMeta(uuid.uuid4().hex, file.name, guess_type(file.name)[0] or _MIME_TYPE, None)
            with self._explained(mark(f"“{file.name}” could not be written")), file.open("rb") as content:
                self._store.write(artifact.artifact_id, content)
            attributes[_PREFIX + artifact.artifact_id] = json.dumps(asdict(artifact))
        return attributes

    def names(self, attributes: Mapping[str, Any], suffixes: tuple[str, ...] = ANY) -> dict[str, str]:
        """The ids of the files that a study's or a trial's system attributes name, by file name; of some kinds only."""
        metas = _written(attributes, suffixes)
        return {meta.filename: meta.artifact_id for meta in metas if not self._is_removed(meta)}

    def download(self, artifact_id: str, to: Path) -> bool:
        """Bring a file, whole or not at all; whether it was there.

        Raises:
            ArtifactError: the store could not be read.
        """
        with self._explained(mark(f"“{to.name}” could not be read")):
            try:
                reader = self._store.open_reader(artifact_id)
            except ArtifactNotFound:
                return False
            to.parent.mkdir(parents=True, exist_ok=True)
            with (
                contextlib.closing(reader),
                tempfile.NamedTemporaryFile(dir=to.parent, prefix=f".{to.name}.", delete=False) as file,
            ):
                try:
                    shutil.copyfileobj(reader, file)
                    file.close()
                    Path(file.name).replace(to)
                finally:
                    Path(file.name).unlink(missing_ok=True)
            return True

    def remove(self, attributes: Mapping[str, Any], suffixes: tuple[str, ...] = ANY) -> None:
        """Delete what a study's or a trial's system attributes name; what is gone or cannot be deleted is let be."""
        for meta in _written(attributes, suffixes):
            if not self._is_removed(meta):
                with (
                    contextlib.suppress(ArtifactNotFound, ArtifactError),
                    self._explained(mark("a file could not be deleted")),
                ):
                    self._store.remove(meta.artifact_id)
                with self._lock:
                    self._removed.add(meta.artifact_id)

    def _is_removed(self, meta: ArtifactMeta) -> bool:
        with self._lock:
            return meta.artifact_id in self._removed

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except (ChromasonicError, ArtifactNotFound, optuna.exceptions.UpdateFinishedTrialError):
            raise
        except Exception as error:  # the libraries of stores raise what they like
            reason = masked(str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__)
            raise ArtifactError(
                f"{what} in the artifact store {masked(self.address)} ({reason}). Check CHROMASONIC_ARTIFACTS, and "
                "that this machine may read and write there."
            ) from error


def without_artifacts(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """A study's or a trial's system attributes, less those that name files of some store."""
    return {key: value for key, value in attributes.items() if not key.startswith(_PREFIX)}


def _written(attributes: Mapping[str, Any], suffixes: tuple[str, ...]) -> list[ArtifactMeta]:
    """Read from what is at hand; Optuna's own function asks the database once for each trial."""
    metas = [ArtifactMeta(**json.loads(value)) for key, value in attributes.items() if key.startswith(_PREFIX)]
    return [meta for meta in metas if meta.filename.endswith(suffixes)]


def _folder(address: str) -> FileSystemArtifactStore:
    folder = Path(address.removeprefix("file://")).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtifactError(
            f"The artifact store {folder} cannot be used ({error.strerror or error}). Give a folder that all machines "
            f"see, or a bucket such as {S3}my-bucket."
        ) from error
    return FileSystemArtifactStore(folder)


def _bucket(address: str) -> Boto3ArtifactStore:
    bucket = address.removeprefix(S3).rstrip("/")
    if not bucket or "/" in bucket:
        raise ArtifactError(f"{masked(address)} names no bucket. Give one such as {S3}my-bucket, without a path.")
    try:
        return Boto3ArtifactStore(bucket)
    except ImportError as error:
        raise ArtifactError(f"An artifact store in S3 needs the package boto3. {HOW_TO_INSTALL}") from error
    except Exception as error:  # botocore: no region, no credentials, an endpoint that is none
        raise ArtifactError(
            f"The artifact store {masked(address)} cannot be used ({masked(str(error))}). Check AWS_ENDPOINT_URL, "
            "AWS_DEFAULT_REGION and the credentials."
        ) from error


@cache
def open_artifacts(address: str) -> Artifacts | None:
    """The store at `address`, opened once per process; None where no address is given.

    Raises:
        ArtifactError: it cannot be used.
    """
    return Artifacts(address) if address else None
