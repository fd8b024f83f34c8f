"""MusicXML (plain or compressed as .mxl) and kern, read by music21 in a process of its own.

music21 hangs on some hostile files, so it works in a warm child process with limits on time and memory; the file itself
is measured here, before anything opens it.
"""

from __future__ import annotations

import atexit
import io
import os
import re
import struct
import subprocess
import sys
import threading
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from chromasonic.languages import mark

from ..errors import MusicFileError
from .finishing import finished
from .limits import MAX_MXL_BYTES, MAX_NOTES, MAX_SCORE_BYTES, MAX_SCORE_SECONDS, MIN_NOTES
from .melody import Melody
from .musicxml_writer import write_musicxml
from .outcome import Reading, Skipped
from .score_child import receive, send
from .text import one_line

__all__ = ["read_score", "write_musicxml"]

_START_SECONDS = 120.0  # for loading music21 on a busy machine; no file has a part in it
_CONTAINER_BYTES = 65_536  # the table of contents of an .mxl file takes a few hundred
_ROOT_FILE = re.compile(rb"""full-path\s*=\s*["']([^"']+)["']""")
_ENCODING = re.compile(  # of those that files of music are in; Python knows others, which take hours or raise anything
    rb"""(?i)<\?xml[^>]*encoding\s*=\s*["']((?:utf|ucs|iso|latin|windows|cp|mac|koi|big5|gb|shift|euc|ascii)[a-z0-9._-]*)["']"""
)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_NO_ARCHIVE = (  # what `zipfile` raises at an archive that is none
    zipfile.BadZipFile, zlib.error, struct.error, ValueError, OverflowError, NotImplementedError, RuntimeError,
    EOFError, OSError,
)  # fmt: skip
_EXPORT_AGAIN = mark("Open it in a notation program and export it again as MusicXML.")


def read_score(data: bytes, name: str, *, seconds: float = MAX_SCORE_SECONDS) -> Reading:
    """Reads the melody of a MusicXML or kern score: of the part named melody, or of the first part.

    Where several notes begin together the highest is kept, and held until the next begins, in whatever voice.

    Args:
        data: the file.
        name: its name, for messages; `.krn` tells kern from MusicXML.
        seconds: how long reading may take.

    Raises:
        MusicFileError: the score is damaged, or larger or slower to read than the limits allow.
    """
    text = _text(data, name)
    is_kern = "**kern" in text[:100_000] and not text.lstrip().startswith("<")
    if not is_kern:
        _check_musicxml(text, name)
    answer = _CHILD.ask({"format": "humdrum" if is_kern else "musicxml", "text": text, "seconds": seconds}, seconds)
    if "problem" in answer:
        raise MusicFileError(name, _explain(answer, seconds))

    melodies, skipped = [], []
    tunes = [Melody.from_json(record) for record in answer["tunes"]]
    for number, tune in enumerate(tunes, 1):
        source = name if len(tunes) == 1 else mark(f"{name}, tune {number}")
        if len(tune.notes) < MIN_NOTES:
            skipped.append(Skipped(source, mark("no part of this score has two notes. Add one that has a melody.")))
        else:
            part = one_line(tune.source)
            title = one_line(tune.title) or PurePath(name).stem
            tune = replace(tune, title=title, source=f"{source}, {part}" if part else source)
            try:
                melodies.append(finished(tune, source))
            except MusicFileError as error:
                skipped.append(Skipped(error.name, error.reason))
    return Reading(tuple(melodies), tuple(skipped))


def _text(data: bytes, name: str) -> str:
    if data[:4] == b"PK\x03\x04":
        if len(data) > MAX_MXL_BYTES:
            raise MusicFileError(
                name, f"a compressed score may have {MAX_MXL_BYTES >> 20} MiB, and this is larger. {_EXPORT_AGAIN}"
            )
        data = _unzip(data, name)
    if len(data) > MAX_SCORE_BYTES:
        raise _too_large(name)
    declared = _ENCODING.match(data.removeprefix(b"\xef\xbb\xbf")[:200])
    encodings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig"]
    if declared:
        encodings.append(declared[1].decode())
    for encoding in [*encodings, "latin-1"]:
        try:
            return _DECLARATION.sub("", data.decode(encoding), count=1)  # what it declares is true no longer
        except (UnicodeError, LookupError):
            continue
    raise AssertionError("Latin-1 decodes every byte")


def _unzip(data: bytes, name: str) -> bytes:
    """The score inside an .mxl file, never unpacking more than the limit, whatever its headers claim."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            root = None
            if "META-INF/container.xml" in names:
                root = _ROOT_FILE.search(_unpack(archive, "META-INF/container.xml", _CONTAINER_BYTES))
            inside = root[1].decode("utf-8", "replace") if root else ""
            if inside not in names:
                scores = [
                    n for n in names if n.lower().endswith((".xml", ".musicxml")) and not n.startswith("META-INF/")
                ]
                if not scores:
                    raise MusicFileError(name, f"there is no score in this compressed file. {_EXPORT_AGAIN}")
                inside = scores[0]
            score = _unpack(archive, inside, MAX_SCORE_BYTES + 1)
    except _NO_ARCHIVE:
        raise MusicFileError(name, f"this compressed score is damaged. {_EXPORT_AGAIN}") from None
    return score


def _unpack(archive: zipfile.ZipFile, inside: str, limit: int) -> bytes:
    entry = archive.getinfo(inside)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the two whose output we can bound
        raise zipfile.BadZipFile
    with archive.open(entry) as file:
        return file.read(limit)


def _too_large(name: str) -> MusicFileError:
    return MusicFileError(
        name, f"unpacked, this score is larger than {MAX_SCORE_BYTES >> 20} MiB. Split it into movements."
    )


def _check_musicxml(text: str, name: str) -> None:
    if "<!ENTITY" in text:
        raise MusicFileError(name, f"this file defines XML entities, which no score needs and which can be a trap. "
                                   f"{_EXPORT_AGAIN}")  # fmt: skip
    if "<score-timewise" in text:
        raise MusicFileError(name, f"this MusicXML is ordered by time, not by part. {_EXPORT_AGAIN}")
    if "<score-partwise" not in text:
        raise MusicFileError(name, f"there is no MusicXML score and no kern in this file. {_EXPORT_AGAIN}")
    if text.count("<pitch>") > MAX_NOTES:
        raise MusicFileError(name, _explain({"problem": "notes"}, 0))


def _explain(answer: dict[str, Any], seconds: float) -> str:
    match answer["problem"]:
        case "time":
            return mark(
                f"reading this score took longer than {seconds:g} seconds and was stopped. Split it into movements."
            )
        case "memory":
            return mark("reading this score took too much memory and was stopped. Split it into movements.")
        case "notes":
            return mark(f"this score has more than {MAX_NOTES:,} notes. Split it into movements.")
    error = mark(f"this score cannot be understood; it may be damaged or cut short. {_EXPORT_AGAIN}")
    number = answer.get("line")
    return mark(f"line {number}: {error}") if number else error


class _Child:
    """The warm child process: started at the first score, replaced when it dies, gone when we are."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The child's answer, or `{"problem": "time"}` when it took longer, after which a new child will answer."""
        with self._lock:
            process = self._process
            if process is None or process.poll() is not None:
                process = self._process = self._start()
            answer, is_late = _exchange(process, request, seconds)
            if answer is None or answer.get("problem") == "memory":
                self._end()
            if answer is None:
                return {"problem": "time" if is_late else "memory"}  # the system kills what takes too much memory
            return dict(answer)

    def close(self) -> None:
        """Ends the child, if there is one."""
        with self._lock:
            self._end()

    def _start(self) -> subprocess.Popen[bytes]:
        home = str(Path(__file__).parents[2])  # where the package lies, wherever we were started from
        path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "chromasonic.music.score_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
        greeting, _ = _exchange(process, None, _START_SECONDS)
        if greeting != "ready":
            process.kill()
            process.wait()
            raise MusicFileError("music21", "the reader of scores does not start. Install the requirements again.")
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()


def _exchange(process: subprocess.Popen[bytes], request: Any, seconds: float) -> tuple[Any, bool]:
    """The answer to a request, or None; and whether the time was up. After the time the process is dead."""
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        process.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        if request is not None:
            send(process.stdin, request)
        return receive(process.stdout), is_late.is_set()
    except OSError:  # a broken pipe: the child died while we wrote
        return None, is_late.is_set()
    finally:
        timer.cancel()


_CHILD = _Child()
atexit.register(_CHILD.close)
