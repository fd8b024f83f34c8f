"""Is everything well? One line for each thing that has to be, with what to do where it is not.

It is asked when something is broken, so each look stands alone: whatever one of them meets, the others still come.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from chromasonic import __version__
from chromasonic.errors import ChromasonicError
from chromasonic.languages import mark
from chromasonic.logbook import in_words
from chromasonic.masking import masked
from chromasonic.workspace import Workspace

ENOUGH_DISK = 1.0  # GiB: music, and the ten best models of some searches
ENOUGH_MEMORY = 1.0  # GiB free: PyTorch alone takes a third of it
SELF_TEST_SECONDS = 60.0
"""It takes about five seconds; a busy old laptop may take its time."""

_GIB = 1024**3
_REQUIREMENTS = Path(__file__).parents[2] / "requirements.txt"
_INSTALL = "pip install -r requirements.txt"


@dataclass(frozen=True)
class Finding:
    """How one thing stands."""

    name: str
    is_well: bool
    told: str
    advice: str = ""  # what to do next, where it is not well

    def __str__(self) -> str:
        return f"{'✓' if self.is_well else '✗'} {self.name}: {self.told}{f' → {self.advice}' if self.advice else ''}"


def examine(storage: str | None = None, *, self_test: bool = True) -> Iterator[Finding]:
    """Look at one thing after the other; the findings come as they are made.

    Args:
        storage: the database of searches; the workspace's own when None.
        self_test: whether a tiny model is trained and each kind of file is written and read, which takes seconds.
    """
    workspace = Workspace.place()
    looks: list[tuple[str, Callable[[], Finding]]] = [
        ("Python", _python),
        ("Packages", _packages),
        ("Devices", _devices),
        ("Workspace", lambda: _workspace(workspace)),
        ("Database", lambda: _database(workspace, storage)),
        ("Disk", lambda: _disk(workspace)),
        ("Memory", _memory),
        ("Instruments", _instruments),
        ("Collections", _collections),
    ]
    for name, look in looks:
        try:
            yield look()
        except ChromasonicError as error:
            yield Finding(name, False, masked(str(error)))
        except Exception as error:  # what nobody foresaw is a finding too
            yield Finding(name, False, f"this could not be looked at ({in_words(error)})", _INSTALL)
    if self_test:
        yield from _self_test()


def _python() -> Finding:
    version, machine = platform.python_version(), f"{platform.system()} {platform.machine()}"
    told = mark(f"{version} on {machine}, Chromasonic {__version__}")
    is_well = sys.version_info >= (3, 11)
    return Finding("Python", is_well, told, "" if is_well else "install Python 3.11 or newer")


def _packages() -> Finding:
    if not _REQUIREMENTS.exists():
        return Finding("Packages", True, "the list of what belongs here is not beside the program")
    lines = [line.partition(" ")[0].strip() for line in _REQUIREMENTS.read_text(encoding="utf-8").splitlines()]
    pinned = dict(line.split("==") for line in lines if "==" in line)
    wrong = []
    for name, wanted in pinned.items():
        try:
            found = importlib.metadata.version(name).partition("+")[0]
        except importlib.metadata.PackageNotFoundError:
            wrong.append(mark(f"{name} is not installed"))
        else:
            if found != wanted:
                here, asked = f"{name} {found}", f"{name} {wanted}"  # as a number 25.0 would be written 25,0
                wrong.append(mark(f"{here} is installed instead of {asked}"))
    if wrong:
        return Finding("Packages", False, "; ".join(wrong), _INSTALL)
    return Finding("Packages", True, f"all {len(pinned)} are here, in the versions Chromasonic is tested with")


def _devices() -> Finding:
    from chromasonic.melody_generation.training import available_devices  # brings torch, which may be what is broken

    return Finding("Devices", True, "; ".join(f"{device.id}: {device.name}" for device in available_devices()))


def _workspace(workspace: Workspace) -> Finding:
    Workspace.open(workspace.root)
    sizes = []
    for file in workspace.root.rglob("*"):
        with contextlib.suppress(OSError):  # let go of while we count, or somebody else's
            sizes.append(file.lstat().st_size)
    return Finding("Workspace", True, f"{workspace.root} can be written; {sum(sizes) / 1024**2:.0f} MiB")


def _database(workspace: Workspace, storage: str | None) -> Finding:
    file = workspace.root / "searches.db"
    if storage is not None:
        return Finding("Database", True, f"it can be opened; {_n_searches(storage)}")
    if not file.exists():
        return Finding("Database", True, "there is none yet; the first search makes it")
    try:
        with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as opened:
            (answer,) = opened.execute("PRAGMA integrity_check(1)").fetchone()
            versions = opened.execute("SELECT version_num FROM alembic_version").fetchall() if answer == "ok" else []
    except sqlite3.OperationalError as error:  # locked, not to be read, or no table of ours
        answer, versions = "ok", [(str(error),)]
    except sqlite3.DatabaseError as error:
        answer = str(error)
    if answer != "ok":
        return Finding("Database", False, f"{file} is damaged ({answer.splitlines()[-1]})", _DAMAGED)
    return Finding("Database", True, f"whole; {_n_searches(workspace.storage_url)}, schema {versions[0][0]}")


_DAMAGED = mark("move it away and put a backup in its place; keep the damaged file, for much of it can often be saved")


def _n_searches(url: str) -> str:
    from chromasonic.melody_generation.hyperparameter_search.storage import open_database

    n_searches = len(open_database(url).storage.get_all_studies())
    return mark("1 search") if n_searches == 1 else mark(f"{n_searches} searches")


def _disk(workspace: Workspace) -> Finding:
    folder = next(folder for folder in (workspace.root, *workspace.root.parents) if folder.exists())
    free = shutil.disk_usage(folder).free / _GIB
    is_well = free >= ENOUGH_DISK
    advice = "" if is_well else mark("free some space, or set CHROMASONIC_HOME to a folder on another disk")
    return Finding("Disk", is_well, f"{free:.1f} GiB free", advice)


def _memory() -> Finding:
    import psutil

    memory = psutil.virtual_memory()
    free, is_well = memory.available / _GIB, memory.available / _GIB >= ENOUGH_MEMORY
    advice = "" if is_well else mark("close other programs, or search smaller models one at a time")
    return Finding("Memory", is_well, f"{free:.1f} of {memory.total / _GIB:.1f} GiB free", advice)


def _instruments() -> Finding:
    from chromasonic.rendering.soundfont import load_soundfont

    load_soundfont()
    return Finding("Instruments", True, "the SoundFont is here")


def _collections() -> Finding:
    from chromasonic.music.collections import COLLECTIONS, check_collection

    for key in COLLECTIONS:
        check_collection(key)
    return Finding("Collections", True, f"all {len(COLLECTIONS)} are here")


def _self_test() -> Iterator[Finding]:
    """The findings of a program of its own, which may crash or hang without ending this one."""
    program = [sys.executable, "-P", "-m", "chromasonic.operations.self_test"]
    found: list[Finding] = []
    with TemporaryDirectory(prefix="chromasonic-") as folder:
        environment = _environment(Path(folder))
        process = subprocess.Popen(
            program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True, encoding="utf-8"
        )
        watch = threading.Timer(SELF_TEST_SECONDS, process.kill)
        watch.start()
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                with contextlib.suppress(ValueError, TypeError):  # what some library prints
                    found.append(Finding(**json.loads(line)))
                    yield found[-1]
        code = process.wait()
        watch.cancel()
    if code != 0 and all(finding.is_well for finding in found):
        told = (
            mark(f"it took longer than {SELF_TEST_SECONDS:.0f} seconds")
            if code == -9
            else mark(f"it ended early (code {code})")
        )
        yield Finding("Self-test", False, told, f"{_INSTALL}, then ask again")


def _environment(folder: Path) -> dict[str, str]:
    paths = os.pathsep.join(str(path or Path.cwd()) for path in sys.path)
    return {**os.environ, "CHROMASONIC_HOME": str(folder / "workspace"), "PYTHONPATH": paths}
