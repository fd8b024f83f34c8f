"""Disks of their own for tests: small ones that fill up, and such as become read-only."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(folder, megabytes):
    """Mount an empty disk of so many MiB at `folder`; skips the test where that is not allowed."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs Linux and the right to mount a disk")
    folder.mkdir()
    mounted = _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder)
    if mounted.returncode:
        pytest.skip(f"needs the right to mount a disk: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        _run("umount", "--lazy", folder)  # lazily, for what a test left open


@contextlib.contextmanager
def read_only(folder):
    """Let nothing below `folder` be opened for writing inside; what is open already can still be written."""
    _run("mount", "--bind", folder, folder)
    mounted = _run("mount", "-o", "remount,bind,ro", folder)
    assert mounted.returncode == 0, mounted.stderr
    try:
        yield
    finally:
        _run("umount", "--lazy", folder)


@contextlib.contextmanager
def failing_disk(folder):
    """Mount a disk of its own at `folder`, and give what makes it fail: the kernel then lets nobody write there."""
    image = folder.with_name("disk.img")
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        pytest.skip("needs Linux, the right to mount a disk, and ext4")
    with image.open("wb") as file:
        file.truncate(24 << 20)
    folder.mkdir()
    made = _run("mkfs.ext4", "-q", image)
    mounted = made.returncode or _run("mount", "-o", "loop,errors=remount-ro", image, folder).returncode
    if mounted:
        pytest.skip("needs the right to mount an image of a disk")
    try:
        device = Path(_run("findmnt", "-n", "-o", "SOURCE", folder).stdout.strip()).name
        trigger = Path("/sys/fs/ext4") / device / "trigger_fs_error"
        if not trigger.exists():
            pytest.skip("needs a kernel that can let a disk fail")
        yield lambda: trigger.write_text("1")
    finally:
        _run("umount", "--lazy", folder)


def _run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True)


def fill(folder):
    """Leave not a byte on the disk at `folder`; the file that takes it all."""
    filler = Path(folder) / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while file.write(b"\0" * size) == size:
                    pass
    return filler
