"""Models that bring down the process they train in, each in its own way. By name: `misbehaving:Hangs`."""

import ctypes
import os
import time

from chromasonic.melody_generation.models import LSTMMelodyModel


class _Misbehaves(LSTMMelodyModel):
    def forward(self, tokens):
        if self.training:
            self.misbehave()
        return super().forward(tokens)


class Hangs(_Misbehaves):
    def misbehave(self):
        time.sleep(3600)


class HangsInTheLibrary(_Misbehaves):
    """Holds the interpreter's lock, so that no other thread of the process runs."""

    def misbehave(self):
        ctypes.PyDLL(None).sleep(3600)


class Leaks(_Misbehaves):
    def misbehave(self):
        hoard = []
        while True:
            hoard.append(bytearray(os.urandom(1024)) * 16 * 1024)  # 16 MiB, written to
            time.sleep(0.005)


class Segfaults(_Misbehaves):
    def misbehave(self):
        ctypes.string_at(0)


class LeavesInSilence(_Misbehaves):
    def misbehave(self):
        os._exit(0)


class Raises(_Misbehaves):
    def misbehave(self):
        raise ZeroDivisionError("the metronome stands still")
