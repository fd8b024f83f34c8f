"""A model bundle is written, and read again, from a zip file or from the folder it was unpacked to.

Whoever sends one may mean harm. Nothing in it is run, and nothing is unpacked under a name it chose: each part is known
by name, its size is looked at before it is read, its JSON value by value, and its weights are compared with the model
they say they are before memory is taken for them. The card and the example are for people; they are not read back.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from torch import nn

from chromasonic import __version__
from chromasonic.checks import instance
from chromasonic.checks import path as checked_path
from chromasonic.errors import ChromasonicError, ModelBundleError, ModelError, WorkspaceError
from chromasonic.files import download_name, writing_whole
from chromasonic.melody_generation.generation import GenerationConfig, generate
from chromasonic.melody_generation.models import MODEL_FAMILIES
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.melody_generation.training import check_checkpoint, load_checkpoint, save_checkpoint
from chromasonic.melody_generation.training.checkpoints import model_said_by
from chromasonic.music.melody import Melody, Meter

from .about import ModelAbout
from .card import model_card

SUFFIX = ".chromasonic-model.zip"
FORMAT = 1

WEIGHTS, SETTINGS, MUSIC, MEANINGS = "model.safetensors", "settings.json", "music.json", "vocabulary.json"
CARD, EXAMPLE = "model_card.md", "example.py"

_MIB = 1024 * 1024
_LARGEST = {  # bytes; a bundle holds these and nothing else
    WEIGHTS: 2 * 1024 * _MIB,
    SETTINGS: _MIB,
    MUSIC: 8 * _MIB,
    MEANINGS: _MIB,
    CARD: _MIB,
    EXAMPLE: _MIB,
}
_NEEDED = (WEIGHTS, SETTINGS, MUSIC, MEANINGS)
_WEIGHTS_STEM = WEIGHTS.removesuffix(".safetensors")

_EXAMPLE = '''\
"""Let this model sing: unpack the bundle, then run `python example.py` in its folder."""

from pathlib import Path

from chromasonic.melody_generation.model_bundle import load_model_bundle
from chromasonic.music.midi import write_midi

bundle = load_model_bundle(Path(__file__).parent)
(melody,) = bundle.sing(seed=1)  # another seed, another melody
Path("new-melody.mid").write_bytes(write_midi(melody))
print(f"{bundle.about.name} sang {len(melody.notes)} notes: new-melody.mid")
'''


@dataclass(frozen=True)
class ModelBundle:
    """A finished model, and everything that is known about it."""

    model: nn.Module
    about: ModelAbout

    def sing(
        self, config: GenerationConfig | None = None, primer: Melody | None = None, *, seed: int = 0
    ) -> list[Melody]:
        """New melodies, `config.variations` of them; without a `config` one, as the bundle suggests, by this `seed`.

        Raises:
            SettingsError: an argument is not what it may be.
        """
        return generate(self.model, config or self.usual(seed), primer, context=self.about.context)

    def usual(self, seed: int = 0) -> GenerationConfig:
        """How the bundle suggests that the model sings."""
        about = self.about
        return GenerationConfig(
            temperature=about.temperature, bars=about.bars, meter=Meter(*about.meter), qpm=about.qpm, seed=seed
        )


def bundle_name(name: str) -> str:
    """A name for the file of the model called `name`.

    Raises:
        SettingsError: this is no name.
    """
    return f"{download_name(instance('name', name, str, 'a name, such as “My reels”'))}{SUFFIX}"


def save_model_bundle(path: Path, model: nn.Module, about: ModelAbout) -> None:
    """Write `model` and what is known about it to `path`, whole or not at all; an older file there is replaced.

    Args:
        path: its name should end in SUFFIX.
        model: one of MODEL_FAMILIES, which learned tokens of VOCABULARY.
        about: what the card and the settings say.

    Raises:
        SettingsError: an argument is not what it may be.
        ModelError: the model is not the one that `about` describes.
        WorkspaceError: the file cannot be written.
    """
    path = checked_path("path", path, f"a file, such as Path(“reels{SUFFIX}”)")
    instance("model", model, nn.Module, "a model, such as LSTMMelodyModel(…)")
    instance("about", about, ModelAbout, "a ModelAbout(…)")
    if type(model) is not MODEL_FAMILIES[about.family]:
        raise ModelError(
            f"The model is a {type(model).__name__}, and `about` says that it is of the family {about.family}. Only "
            f"models of Chromasonic's own families ({', '.join(MODEL_FAMILIES)}) fit into a bundle."
        )
    settings, music = about.to_json()
    with TemporaryDirectory() as folder:
        stem = Path(folder) / _WEIGHTS_STEM
        save_checkpoint(stem, model, {"family": about.family, "arguments": about.arguments})
        try:
            check_checkpoint(stem, VOCABULARY.size)
        except ChromasonicError as error:
            raise ModelError(f"The model is not the one that `about` describes: {error}") from error
        texts = {
            SETTINGS: _json({"format": FORMAT, "program": f"chromasonic {__version__}", **settings}),
            MUSIC: _json(music),
            MEANINGS: _json(_meanings()),
            CARD: model_card(about),
            EXAMPLE: _EXAMPLE,
        }
        with writing_whole(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(stem.with_suffix(".safetensors"), WEIGHTS, zipfile.ZIP_STORED)
            for name, text in texts.items():
                archive.writestr(name, text)


def load_model_bundle(source: Path | BinaryIO) -> ModelBundle:
    """The model in a bundle, on the CPU and ready to sing.

    Args:
        source: the file, the folder it was unpacked to, or a file that is open already.

    Raises:
        SettingsError: this is no path and no file.
        ModelBundleError: it is no bundle, damaged, of a newer version, or not to be trusted.
    """
    with _checked(source) as (about, stem):
        model = load_checkpoint(stem)[0]
        if not all(weights.isfinite().all() for weights in model.state_dict().values()):
            raise _damaged("some of its weights are no numbers")
        return ModelBundle(model, about)


def holds_model(path: Path) -> bool:
    """Whether what lies at `path`, whatever it is called, holds a part of a model bundle: a file or a folder.

    Nothing is read; `check_model_bundle` says whether it is whole.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return not set(_NEEDED).isdisjoint(archive.namelist())
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return any((path / name).is_file() for name in _NEEDED) or any(path.glob(f"*{SUFFIX}"))


def check_model_bundle(source: Path | BinaryIO) -> ModelAbout:
    """What is known about the model in a bundle, once all of it was looked at; the model itself is not made.

    Raises:
        SettingsError: this is no path and no file.
        ModelBundleError: it is no bundle, damaged, of a newer version, or not to be trusted.
    """
    with _checked(source) as (about, _):
        return about


def about_of(path: Path) -> ModelAbout:
    """What the bundle at `path` says about its model, without a look at the weights: for lists. Raises as above."""
    with _words_for_damage(), _opened(path) as archive:
        return _read_about(archive)


# ---- what a stranger sent --------------------------------------------------------------------------------------------


@contextmanager
def _checked(source: Path | BinaryIO) -> Iterator[tuple[ModelAbout, Path]]:
    """What a bundle says, and the stem of its weights, both looked at."""
    if not hasattr(source, "seek"):  # a file that is open already is taken as it is
        source = checked_path("source", source, f"a file, such as Path(“reels{SUFFIX}”)")
    with _words_for_damage(), _opened(source) as archive, TemporaryDirectory() as folder:
        about = _read_about(archive)
        stem = Path(folder) / _WEIGHTS_STEM
        weights = stem.with_suffix(".safetensors")
        size = archive.size(WEIGHTS)
        if size + 64 * _MIB > shutil.disk_usage(folder).free:
            raise WorkspaceError(
                f"To open this model takes {size / _MIB:.0f} MiB of disk, and there is less. Free some."
            )
        with archive.open(WEIGHTS) as packed, weights.open("wb") as file:
            shutil.copyfileobj(packed, file)
        check_checkpoint(stem, VOCABULARY.size)
        if (said := model_said_by(stem)) != (about.family, about.arguments):
            raise _damaged(f"its weights are of another model ({said[0]}) than its settings say")
        yield about, stem


@contextmanager
def _words_for_damage() -> Iterator[None]:
    """Turn what values of another kind than expected raise inside into words."""
    try:
        yield
    except (ModelBundleError, WorkspaceError):
        raise
    except OSError as error:
        raise ModelBundleError(
            f"The model cannot be read ({error.strerror or error}). Look at how its name is written, and that it may "
            "be read."
        ) from error
    except ChromasonicError as error:
        raise _damaged(str(error).rstrip(".")) from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _damaged("it is no whole archive") from error
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, MemoryError) as error:
        raise _damaged("its settings cannot be read") from error


class _Parts:
    """The parts of a bundle, in an archive or a folder."""

    def __init__(self, archive: zipfile.ZipFile | Path) -> None:
        self._archive = archive

    def open(self, name: str) -> Any:
        return (
            self._archive.open(name)
            if isinstance(self._archive, zipfile.ZipFile)
            else (self._archive / name).open("rb")
        )

    def size(self, name: str) -> int:
        if isinstance(self._archive, zipfile.ZipFile):
            return self._archive.getinfo(name).file_size
        return (self._archive / name).stat().st_size

    def json(self, name: str) -> dict[str, Any]:
        """A record; never more is read than a part may have, whatever its size is said to be."""
        with self.open(name) as part:
            content = part.read(_LARGEST[name] + 1)
        if len(content) > _LARGEST[name]:
            raise _refused("a part of it is larger than any bundle's")
        try:
            record = json.loads(content, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise _damaged(f"{name} cannot be read") from error
        if not isinstance(record, dict):
            raise _damaged(f"{name} cannot be read")
        return record


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[_Parts]:
    """The parts of the bundle in `source`, their names and sizes looked at, none of them read."""
    if isinstance(source, Path) and source.is_dir():
        if not (source / SETTINGS).exists() and len(files := list(source.glob(f"*{SUFFIX}"))) == 1:
            source = files[0]  # it lies there as it was sent
        else:
            if missing := [name for name in _NEEDED if not (source / name).is_file()]:
                raise ModelBundleError(f"There is no model in the folder {source}: {missing[0]} is missing.")
            if any((source / name).stat().st_size > _LARGEST[name] for name in _NEEDED):
                raise _refused("a part of it is larger than any bundle's")
            yield _Parts(source)
            return
    with source.open("rb") if isinstance(source, Path) else contextlib.nullcontext(source) as file:
        file.seek(0)
        if file.read(2) != b"PK":
            raise ModelBundleError(f"This is no model from Chromasonic. Choose a file that ends in {SUFFIX}.")
        with zipfile.ZipFile(file) as archive:
            _check_entries(archive)
            yield _Parts(archive)


def _check_entries(archive: zipfile.ZipFile) -> None:
    """Look at the list of contents before anything is unpacked."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if SETTINGS not in names or WEIGHTS not in names:
        raise ModelBundleError(
            f"This is no model from Chromasonic. Choose a file that ends in {SUFFIX}; a whole search (.chromasonic) is "
            "imported on the Studies page."
        )
    if len(set(names)) < len(names) or set(names) - _LARGEST.keys():
        raise _refused("it holds a file that no bundle holds, or one twice")
    if missing := [name for name in _NEEDED if name not in names]:
        raise _damaged(f"{missing[0]} is missing")
    for entry in entries:
        if entry.file_size > _LARGEST[entry.filename]:
            raise _refused("a part of it is larger than any bundle's")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused("a part of it is packed in another way than any bundle's")


def _read_about(parts: _Parts) -> ModelAbout:
    settings = parts.json(SETTINGS)
    version = settings.pop("format", None)
    program = settings.pop("program", "")
    if type(version) is not int or version < 1:
        raise _damaged(f"{SETTINGS} does not say which format it has")
    if version > FORMAT:
        by = "".join(sign for sign in str(program)[:60] if sign.isprintable())
        raise ModelBundleError(
            f"This model was saved by a newer Chromasonic ({by}). Update this one, then bring the model again."
        )
    if parts.json(MEANINGS) != _meanings():
        raise ModelBundleError(
            "This model writes music with another vocabulary than this Chromasonic, so nobody here could read it. "
            "Bring it to the version of Chromasonic that it comes from."
        )
    return ModelAbout.from_json(settings, parts.json(MUSIC))


def _meanings() -> dict[str, Any]:
    """What each token means, in order."""
    return {
        "fingerprint": VOCABULARY.fingerprint,
        "size": VOCABULARY.size,
        "tokens": [VOCABULARY.describe(token) for token in range(VOCABULARY.size)],
    }


def _json(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _no_number(word: str) -> Any:
    raise ValueError(word)


def _damaged(why: str) -> ModelBundleError:
    return ModelBundleError(
        f"This model cannot be used: {why}. Nothing was changed. Ask for the file once more, or save it again where it "
        "comes from."
    )


def _refused(why: str) -> ModelBundleError:
    return ModelBundleError(
        f"This file is refused: {why}. Nothing was changed. Only bring models that come from Chromasonic itself."
    )
