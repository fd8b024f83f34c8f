"""What the trials that led a search sang: in its folder, and in an artifact store, where optuna-dashboard plays it."""

from __future__ import annotations

from pathlib import Path

import optuna

from chromasonic.music.melody import Melody
from chromasonic.music.midi import read_midi
from chromasonic.rendering.song import NOTES, SOUND

from .artifacts import Artifacts, open_artifacts


class Songs:
    """The songs of one search; `Search.songs` has them. Unlike weights they are kept for good, being small.

    Args:
        study: whose they are.
        folder: where they lie.
        store: address of the artifact store.
        is_shared: whether other machines sing into that store too.
    """

    def __init__(self, study: optuna.Study, folder: Path, store: str, *, is_shared: bool) -> None:
        self._study = study
        self._folder = folder
        self._store = store
        self._is_shared = is_shared

    @property
    def artifacts(self) -> Artifacts:
        """Where optuna-dashboard finds them.

        Raises:
            ArtifactError: it cannot be used.
        """
        store = open_artifacts(self._store)
        assert store is not None
        return store

    def stem(self, number: int) -> Path:
        """Stem of the song of trial `number`."""
        return self._folder / f"trial-{number:05d}"

    def numbers(self) -> list[int]:
        """The trials that have a song: on disk, or where `melody` and `sound` fetch it."""
        return sorted(self._here() | set(self._there()))

    def share(self, trial: optuna.Trial) -> None:
        """Let the dashboard and other machines have the song of a trial that is about to be told.

        Raises:
            ArtifactError: the store cannot be used.
        """
        for file in self.files(trial.number):
            self.artifacts.upload(file, trial)

    def files(self, number: int) -> list[Path]:
        """The files of the song of trial `number`, fetched where need be; none where it has no song."""
        return [file for suffix in (SOUND, NOTES) if (file := self._brought(number, suffix)).exists()]

    def melody(self, number: int) -> Melody:
        """The notes of the song of trial `number`.

        Raises:
            ArtifactError: the store cannot be used.
            MusicFileError: the file is damaged.
            FileNotFoundError: there is no song.
        """
        file = self._brought(number, NOTES)
        return read_midi(file.read_bytes(), file.name)

    def sound(self, number: int) -> bytes:
        """The song of trial `number` as an Ogg Vorbis file; raises as `melody` does."""
        return self._brought(number, SOUND).read_bytes()

    def _here(self) -> set[int]:
        return {int(file.stem[-5:]) for file in self._folder.glob(f"trial-*{SOUND}")}

    def _there(self) -> dict[int, dict[str, str]]:
        """The ids of the files in the store, by name, for each trial that has some."""
        if not self._is_shared:
            return {}
        there = {}
        for trial in self._study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,)):
            if names := self.artifacts.names(trial.system_attrs, (SOUND, NOTES)):
                there[trial.number] = names
        return there

    def _brought(self, number: int, suffix: str) -> Path:
        file = self.stem(number).with_suffix(suffix)
        if not file.exists() and (artifact := self._there().get(number, {}).get(file.name)):
            self.artifacts.download(artifact, file)
        return file
