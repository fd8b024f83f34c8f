"""Ctrl-C as a wish that a search hears, and not as an exception in the middle of whatever it is writing.

Raised at any moment, KeyboardInterrupt can fall between the two halves of a write to the database, or into the writing
of the reports. So while a search runs, the first signal only asks it to stop, which it does within one batch; a second
one breaks in, for a model that hangs. While it begins and closes, signals wait. At the end the usual exception comes.
"""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """What the person at the keyboard asks for."""

    def __init__(self, ask_to_stop: Callable[[], None], ask_to_drain: Callable[[], None] | None = None) -> None:
        self._ask_to_stop = ask_to_stop
        self._ask_to_drain = ask_to_drain
        self._wishes: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()  # filled at any moment
        self._handlers: dict[int, Any] = {}
        self._first: tuple[int, FrameType | None] | None = None
        self._waits = True

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Listen inside; where no signal arrives (another thread than the main one) this does nothing.

        Raises:
            KeyboardInterrupt: at the end.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        threading.Thread(target=self._pass_on, daemon=True).start()
        self._handlers = {number: signal.getsignal(number) for number in _SIGNALS}
        self._handlers = {number: handler for number, handler in self._handlers.items() if callable(handler)}
        for number in self._handlers:
            signal.signal(number, self._hear)
        try:
            yield
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            self._wishes.put(None)
            if self._first is not None:
                self._raise(*self._first)

    @contextlib.contextmanager
    def may_break_in(self) -> Iterator[None]:
        """Let a second signal end what goes on inside; elsewhere it waits for the end.

        Raises:
            KeyboardInterrupt: at a second signal.
        """
        self._waits = False
        try:
            yield
        finally:
            self._waits = True

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGTERM and self._ask_to_drain is not None:
            self._wishes.put(self._ask_to_drain)
            self._ask_to_drain = None  # once: a second one is heard as Ctrl-C
        elif self._first is None:
            self._first = (number, frame)
            self._wishes.put(self._ask_to_stop)
        elif not self._waits:
            self._waits = True  # a key that is held down must not break into the closing too
            self._raise(number, frame)

    def _raise(self, number: int, frame: FrameType | None) -> None:
        self._handlers[number](number, frame)  # Python's own raises KeyboardInterrupt

    def _pass_on(self) -> None:
        """Ask in a thread of its own: to stop takes locks, one of which the interrupted thread may hold."""
        while (wish := self._wishes.get()) is not None:
            wish()
