"""Reads whatever files a musician brings. Start here; each format has its own module beside this one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import PurePath

from chromasonic.languages import mark

from ..checks import function, instance, number, shown, whole
from ..errors import MusicFileError, SettingsError
from .abc_notation import read_abc
from .limits import MAX_FILES, MAX_TRACKS, MAX_UPLOAD_BYTES, MAX_UPLOAD_SECONDS
from .melody import Melody
from .midi import read_midi
from .outcome import Reading, Skipped
from .score import read_score
from .text import one_line

__all__ = ["SUFFIXES", "Reading", "Skipped", "read_file", "read_files"]

_MIDI = (".mid", ".midi", ".kar")
_ABC = (".abc",)
_SCORE = (".musicxml", ".xml", ".mxl", ".krn")
SUFFIXES = (*_MIDI, *_ABC, *_SCORE)
"""The file endings that can be read."""

_ADD_NOTES = mark("Chromasonic needs notes, not sound: add the tune as MIDI, MusicXML or ABC.")
_SIGNATURES = (  # (place, bytes that stand there, what the file is and what to do)
    (0, b"%PDF", mark("this is a PDF, a picture of a score. Open the score's own program and export it as MusicXML.")),
    (0, b"ID3", mark(f"this is an audio recording (MP3). {_ADD_NOTES}")),
    (0, b"\xff\xfb", mark(f"this is an audio recording (MP3). {_ADD_NOTES}")),
    (8, b"WAVE", mark(f"this is an audio recording (WAV). {_ADD_NOTES}")),
    (0, b"fLaC", mark(f"this is an audio recording (FLAC). {_ADD_NOTES}")),
    (0, b"OggS", mark(f"this is an audio recording (OGG). {_ADD_NOTES}")),
    (4, b"ftyp", mark(f"this is an audio or video recording (MP4). {_ADD_NOTES}")),
    (0, b"\x89PNG", mark("this is a picture (PNG). Open the score's own program and export it as MusicXML.")),
    (0, b"\xff\xd8\xff", mark("this is a picture (JPEG). Open the score's own program and export it as MusicXML.")),
    (0, b"\x1f\x8b", mark("this is a packed file (gzip). Unpack it and add what is inside.")),
    (0, b"Rar!", mark("this is a packed file (RAR). Unpack it and add what is inside.")),
)
_PROGRAMS = {
    ".mscz": "MuseScore", ".mscx": "MuseScore", ".sib": "Sibelius", ".musx": "Finale", ".mus": "Finale",
    ".dorico": "Dorico",
    ".gp": "Guitar Pro", ".gp3": "Guitar Pro", ".gp4": "Guitar Pro", ".gp5": "Guitar Pro", ".gpx": "Guitar Pro",
}  # fmt: skip


def read_file(name: str, data: bytes, *, track: int | None = None) -> Reading:
    """Reads one file; for MIDI, `track` picks another track than the one most like a melody.

    Raises:
        SettingsError: an argument is not of its kind.
        MusicFileError: the file gives no tune at all. Single bad tunes of a file are listed as skipped instead.
    """
    instance("name", name, str, "the name of the file, such as “tune.mid”")
    instance("data", data, bytes, "the bytes of the file, such as Path(“tune.mid”).read_bytes()")
    if track is not None:
        whole("track", track, at_least=-1, at_most=MAX_TRACKS)
    suffix = PurePath(name).suffix.lower()
    if not data:
        raise MusicFileError(name, "the file is empty. Export or copy it again.")
    for place, signature, explanation in _SIGNATURES:
        if data[place : place + len(signature)] == signature:
            raise MusicFileError(name, explanation)
    if suffix in _PROGRAMS:
        raise MusicFileError(name, f"this is a {_PROGRAMS[suffix]} file. Open it there and export it as MusicXML.")
    if data[:4] == b"MThd" or suffix in _MIDI:  # MIDI says plainly what it is, whatever its name
        return Reading(melodies=(read_midi(data, name, track),))
    if suffix in _ABC:
        return read_abc(data, name)
    if suffix in _SCORE:
        return read_score(data, name)
    if data[:4] == b"PK\x03\x04":
        raise MusicFileError(name, "this is a ZIP archive. Unpack it and add the files inside.")
    raise MusicFileError(
        name, f"Chromasonic reads files that end in {', '.join(SUFFIXES)}. Export the tune as one of these."
    )


def read_files(
    files: Iterable[tuple[str, bytes]],
    on_progress: Callable[[int, int], None] | None = None,
    *,
    seconds: float = MAX_UPLOAD_SECONDS,
) -> Reading:
    """Reads an upload: what cannot be read is listed with its reason and never stops the others.

    Args:
        files: names and contents.
        on_progress: called after each file with how many are done, and how many there are.
        seconds: how long reading may take; each format has a limit for a single file besides.

    Raises:
        SettingsError: an argument is not of its kind.
    """
    number("seconds", seconds, at_least=0)
    if on_progress is not None:
        function("on_progress", on_progress, "a function of (files read, files in all), or None")
    upload = _upload(files)
    deadline = time.monotonic() + seconds
    melodies: list[Melody] = []
    skipped: list[Skipped] = []
    size = 0
    for done, (name, data) in enumerate(upload[:MAX_FILES], 1):
        try:
            if size + len(data) > MAX_UPLOAD_BYTES:
                mib = MAX_UPLOAD_BYTES >> 20
                raise MusicFileError(
                    name, f"with this file the upload is larger than {mib} MiB. Add it in a second upload."
                )
            if time.monotonic() > deadline:
                minutes = seconds / 60
                raise MusicFileError(
                    name, f"reading this upload took longer than {minutes:g} minutes. Add it in a second upload."
                )
            size += len(data)
            reading = read_file(name, data)
            melodies += reading.melodies
            skipped += reading.skipped
        except MusicFileError as error:
            skipped.append(Skipped(error.name, error.reason))
        if on_progress:
            on_progress(done, len(upload))
    for name, _ in upload[MAX_FILES:]:
        skipped.append(Skipped(name, mark(f"an upload takes at most {MAX_FILES} files. Add it in a second upload.")))
    return Reading(tuple(melodies), tuple(skipped))


def _upload(files: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    upload = []
    for index, file in enumerate(instance("files", files, Iterable, _FILES)):
        if not isinstance(file, tuple | list) or list(map(type, file)) != [str, bytes]:
            raise SettingsError(f"files[{index}]", f"needs {_FILES}, but is {shown(file)}")
        upload.append((one_line(file[0]), file[1]))
    return upload


_FILES = mark("names and contents, such as [(“tune.mid”, Path(“tune.mid”).read_bytes())]")
