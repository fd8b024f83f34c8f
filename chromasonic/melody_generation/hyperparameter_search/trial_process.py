"""A warm child process that trains candidates, so that a crash costs one trial and the page never stutters.

Parent and child speak JSON, one message a line, over the child's standard input and output. The child begins with
`{"ready": true}`. The parent sends `{"train": candidate}`, `{"go": answer}` after each epoch, `{"keep": stem}`
and `{"sing": stem}`; the child answers `{"epoch": …}`, then `{"result": …}` or `{"failed": reason}`,
and `{"done": true}`. To stop means to kill: nothing half done is kept. When the parent dies, the child's input ends and
the child leaves at once: no orphan trains.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from chromasonic.errors import ChromasonicError
from chromasonic.languages import mark
from chromasonic.results.records import Epoch

from .candidate import (
    Answer,
    Candidate,
    CandidateFailedError,
    CandidateResult,
    CandidateStoppedError,
    OnEpoch,
    Trainer,
)
from .children import die_before_the_others, die_with_the_parent
from .limits import TrialLimits, Watchdog
from .settings import SearchSettings

NICENESS = 10
"""Training yields to the page and to the musician's other programs."""


class ChildTrainer:
    """Trains in a child process of its own; spawned at first use, kept warm, replaced when it dies."""

    def __init__(self, data_file: Path, device: str, limits: TrialLimits = TrialLimits()) -> None:  # noqa: B008 (frozen)
        self._command = [sys.executable, "-P", "-m", __name__, str(data_file), device]
        self._limits = limits
        self._process: subprocess.Popen[str] | None = None
        self._is_interrupted = False  # for good: a search that goes on gets trainers of its own
        self._lock = threading.Lock()

    def train(self, candidate: Candidate, on_epoch: OnEpoch) -> CandidateResult:
        """See `Trainer`."""
        with self._lock:
            if self._is_interrupted:
                raise CandidateStoppedError
            is_new = self._process is None or self._process.poll() is not None
            if is_new:
                self._end_process()
                self._process = self._spawn()
            process = self._process
        assert process is not None
        with Watchdog(process, self._limits, candidate.trained_for) as watchdog:
            if is_new:
                self._receive(process, watchdog)  # that it is ready
            watchdog.begin()
            self._send(process, {"train": _as_message(candidate)})
            return self._converse(process, on_epoch, watchdog)

    def _converse(self, process: subprocess.Popen[str], on_epoch: OnEpoch, watchdog: Watchdog) -> CandidateResult:
        while True:
            message = self._receive(process, watchdog)
            if "epoch" in message:
                with watchdog.resting():
                    answer = on_epoch(Epoch(**message["epoch"]))
                self._send(process, {"go": answer})
            elif "result" in message:
                return _result(message["result"])
            else:
                raise CandidateFailedError(message["failed"])

    def keep(self, stem: Path) -> None:
        """See `Trainer`."""
        self._order({"keep": str(stem)})

    def sing(self, stem: Path) -> None:
        """See `Trainer`."""
        self._order({"sing": str(stem)})

    def _order(self, order: dict[str, Any]) -> None:
        """Let the child do something with the model it trained last."""
        process = self._process
        if process is None:
            raise CandidateFailedError("there is no trained model")
        with Watchdog(process, TrialLimits()) as watchdog:
            self._send(process, order)
            message = self._receive(process, watchdog)
        if "failed" in message:
            raise CandidateFailedError(message["failed"])

    def interrupt(self) -> None:
        """See `Trainer`."""
        with self._lock:
            self._is_interrupted = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """See `Trainer`."""
        with self._lock:
            self._end_process()

    def _end_process(self) -> None:
        """End the child, if there is one, and give its pipes back."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(BrokenPipeError):  # what was not yet sent has nobody to read it
                    if stream is not None:
                        stream.close()
            self._process = None

    def _spawn(self) -> subprocess.Popen[str]:
        # What can be imported here can be imported there: a model may stand beside the script that is run.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(path or Path.cwd()) for path in sys.path)}
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            bufsize=1,
            env=environment,
            process_group=0,  # a group of its own, which Ctrl-C does not reach: the parent decides
        )

    def _send(self, process: subprocess.Popen[str], message: dict[str, Any]) -> None:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ValueError):  # the child is gone; the next `_receive` says how
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()

    def _receive(self, process: subprocess.Popen[str], watchdog: Watchdog) -> dict[str, Any]:
        assert process.stdout is not None
        line = process.stdout.readline()
        if line:
            message: dict[str, Any] = json.loads(line)
            return message
        if self._is_interrupted:
            raise CandidateStoppedError
        code = process.wait()
        raise CandidateFailedError(watchdog.reason or _how_it_ended(code))


def child_trainers(data_file: Path, settings: SearchSettings) -> list[ChildTrainer]:
    """One for each trial at once, each within the limits of one trial."""
    return [ChildTrainer(data_file, settings.device, settings.trial_limits) for _ in range(settings.jobs)]


def _how_it_ended(code: int) -> str:
    if code == -9:  # SIGKILL; the name does not exist on Windows
        return mark("the system ended its training process, most likely because memory ran out")
    if code < 0:
        return mark(f"its training process crashed ({signal.Signals(-code).name})")
    return mark(f"its training process ended without a result (exit code {code})")


_PATHS = ("rests_at", "goes_on_from")  # of a candidate; JSON knows none


def _as_message(candidate: Candidate) -> dict[str, Any]:
    message = asdict(candidate)
    return message | {name: message[name] and str(message[name]) for name in _PATHS}


def _candidate(message: dict[str, Any]) -> Candidate:
    return Candidate(**(message | {name: message[name] and Path(message[name]) for name in _PATHS}))


def _result(message: dict[str, Any]) -> CandidateResult:
    return CandidateResult(**(message | {"curve": tuple(Epoch(**epoch) for epoch in message["curve"])}))


# ---- the child ---------------------------------------------------------------------------------------------------


class _Conversation:
    """The child's side: a thread reads, so that the parent's end is noticed in the middle of an epoch."""

    def __init__(self, trainer: Trainer, incoming: TextIO, outgoing: TextIO) -> None:
        self._trainer = trainer
        self._outgoing = outgoing
        self._inbox: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, args=[incoming], daemon=True).start()

    def _read(self, incoming: TextIO) -> None:
        for line in incoming:
            self._inbox.put(json.loads(line))
        os._exit(0)  # the parent is gone

    def _say(self, message: dict[str, Any]) -> None:
        self._outgoing.write(json.dumps(message) + "\n")
        self._outgoing.flush()

    def say_ready(self) -> None:
        self._say({"ready": True})

    def orders(self) -> Iterator[dict[str, Any]]:
        while True:
            yield self._inbox.get()

    def on_epoch(self, epoch: Epoch) -> Answer:
        self._say({"epoch": asdict(epoch)})
        return Answer(self._inbox.get()["go"])

    def train(self, candidate: Candidate) -> None:
        try:
            self._say({"result": asdict(self._trainer.train(candidate, self.on_epoch))})
        except ChromasonicError as error:
            self._say({"failed": str(error)})

    def obey(self, order: Callable[[Path], None], stem: str) -> None:
        try:
            order(Path(stem))
            self._say({"done": True})
        except ChromasonicError as error:
            self._say({"failed": str(error)})


def _main(data_file: str, device: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Windows knows no groups, so Ctrl-C reaches it there
    die_with_the_parent()
    die_before_the_others()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    outgoing = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a model prints must not break the conversation

    from chromasonic.melody_generation.datasets import load_data

    from .in_process import InProcessTrainer

    trainer = InProcessTrainer(load_data(Path(data_file)), device)
    conversation = _Conversation(trainer, sys.stdin, outgoing)
    conversation.say_ready()
    for order in conversation.orders():
        if "train" in order:
            conversation.train(_candidate(order["train"]))
        elif "keep" in order:
            conversation.obey(trainer.keep, order["keep"])
        elif "sing" in order:
            conversation.obey(trainer.sing, order["sing"])


if __name__ == "__main__":
    _main(*sys.argv[1:])
