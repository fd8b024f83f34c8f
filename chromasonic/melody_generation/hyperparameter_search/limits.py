"""What one trial may take, and the watchdog that ends the process of a trial that takes more.

Time and memory are limited where the musician asks for it. That a process gives a sign of life now and then is always
asked: one that hangs would hold up a search for ever.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

import psutil

from chromasonic.languages import mark
from chromasonic.results.words import duration

SILENCE = 3600.0
"""Seconds between two signs of life after which a process is given up: no epoch of a model worth its time is longer."""

_LOOK = 0.25  # seconds from look to look
_MIB = 1024 * 1024


@dataclass(frozen=True)
class TrialLimits:
    """What one trial may take; None is no limit."""

    seconds: float | None = None  # of training, pauses not counted
    memory: int | None = None  # MiB of resident memory, with the libraries' own


class Watchdog:
    """Watches over a process that trains; kills it when it breaks a limit, and says in `reason` which."""

    def __init__(self, process: subprocess.Popen[str], limits: TrialLimits, worked: float = 0.0) -> None:
        self.reason: str | None = None
        self._process = process
        self._limits = limits
        self._worked = worked  # seconds, those of turns before too, rests not counted
        self._since: float | None = None  # the trial is at work since then; None: it has not begun, or it rests
        self._heard: float | None = time.monotonic()  # the last sign of life; None: nothing is expected of it now
        self._lock = threading.Lock()
        self._is_done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> Watchdog:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Watch no longer."""
        self._is_done.set()
        self._thread.join()

    def begin(self) -> None:
        """Count the trial's time from now on: what the process took to start is not the trial's."""
        with self._lock:
            self._since = self._heard = time.monotonic()

    @contextlib.contextmanager
    def resting(self) -> Iterator[None]:
        """The process gave a sign of life and waits inside for an answer, through a pause maybe: nothing is counted."""
        with self._lock:
            self._worked, self._since, self._heard = self._work(), None, None
        try:
            yield
        finally:
            self.begin()

    def _work(self) -> float:
        return self._worked + (0.0 if self._since is None else time.monotonic() - self._since)

    def _watch(self) -> None:
        try:
            process = psutil.Process(self._process.pid)
            while not self._is_done.wait(_LOOK):
                if reason := self._broken_limit(process):
                    self.reason = reason
                    self._process.kill()
                    return
        except psutil.Error:  # it has ended by itself
            return

    def _broken_limit(self, process: psutil.Process) -> str | None:
        seconds, memory = self._limits.seconds, self._limits.memory
        with self._lock:
            worked, heard = self._work(), self._heard
        if seconds is not None and worked > seconds:
            return mark(f"it took longer than the {duration(seconds)} that one trial may take")
        if memory is not None and process.memory_info().rss > memory * _MIB:
            return mark(f"it needed more than the {memory:,} MiB of memory that one trial may take")
        if heard is not None and time.monotonic() - heard > SILENCE:
            return mark(f"it gave no sign of life for {duration(SILENCE)}, so it was ended")
        return None
