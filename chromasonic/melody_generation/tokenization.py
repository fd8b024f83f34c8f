"""Melodies as numbers a model can learn: one fixed vocabulary, so that any model can read any music.

A melody becomes START, then for each note its pitch and how long it lasts, then END. A silence is REST and how long it
lasts. `E4 quarter, silence of an eighth, G4 eighth` reads

    START  E4  1 beat  REST  1/2 beat  G4  1/2 beat  END

Lengths that follow each other add up, so every length on the grid of `TICKS_PER_BEAT` comes back exactly.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from fractions import Fraction

from chromasonic.music.melody import TICKS_PER_BEAT, Melody, Note, to_beats, to_ticks

LOWEST_PITCH, HIGHEST_PITCH = 21, 108  # the 88 keys of a piano, A0 to C8
PIANO = range(LOWEST_PITCH, HIGHEST_PITCH + 1)

DURATIONS = (1, 3, 4, 6, 8, 9, 12, 16, 18, 24, 32, 36, 48, 60, 72, 84, 96, 120, 144, 192, 288, 384)
"""Lengths with a token of their own, in ticks: single and dotted, triplets, up to two whole notes. One tick is there so
that sums reach every length; of 892k printed notes 99.95 % need one token, the others two."""

DEFAULT_DURATION = 24  # ticks: an eighth, the most common length of a note by far

_NOTE_NAMES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")


class MelodyVocabulary:
    """Every token a melody is written with; ids are dense, from 0 up to, not including, `size`."""

    START, END, REST = 0, 1, 2
    pitch_ids = range(3, 3 + len(PIANO))  # A0 to C8
    duration_ids = range(3 + len(PIANO), 3 + len(PIANO) + len(DURATIONS))  # in the order of DURATIONS
    size = duration_ids.stop

    def encode(self, melody: Melody) -> list[int]:
        """The tokens of `melody`: START, then (pitch or REST, one or more lengths) for each event, END.

        Onsets and lengths go to the nearest tick, a note to at least one. A note outside the piano is moved into it by
        octaves.
        """
        tokens, now = [self.START], 0  # now: where the last event ended, in ticks
        for note in melody.notes:
            onset = max(to_ticks(note.onset), now)
            if onset > now:
                tokens += [self.REST, *self._lengths(onset - now)]
            now = max(to_ticks(note.end), onset + 1)
            tokens += [self.pitch_ids[on_piano(note.pitch) - LOWEST_PITCH], *self._lengths(now - onset)]
        return [*tokens, self.END]

    def decode(self, tokens: Iterable[int]) -> Melody:
        """The melody that `tokens` sing, whatever they are; ungrammatical ones are taken in good faith.

        A pitch or rest without a length takes the length before it (an eighth at first), a length that belongs to
        nothing and an unknown id are passed over, and END ends the melody.
        """
        notes: list[Note] = []
        now, usual = 0, DEFAULT_DURATION  # ticks
        for pitch, given in self._events(tokens):
            length = given or usual
            if pitch is not None:
                notes.append(Note(to_beats(now), to_beats(length), pitch))
            now, usual = now + length, length
        return Melody(tuple(notes))

    def _events(self, tokens: Iterable[int]) -> list[tuple[int | None, int]]:
        """(pitch, or None for a rest; ticks, or 0 where no length was given) of each event."""
        events: list[tuple[int | None, int]] = []
        for token in tokens:
            if token == self.END:
                break
            if token == self.REST:
                events.append((None, 0))
            elif token in self.pitch_ids:
                events.append((PIANO[token - self.pitch_ids.start], 0))
            elif token in self.duration_ids and events:
                pitch, length = events[-1]
                events[-1] = (pitch, length + self.ticks(token))
        return events

    def _lengths(self, ticks: int) -> list[int]:
        """The tokens that add up to `ticks`, longest first."""
        lengths = []
        while ticks > 0:
            index = bisect_right(DURATIONS, ticks) - 1
            count, ticks = divmod(ticks, DURATIONS[index])
            lengths += [self.duration_ids[index]] * count
        return lengths

    def ticks(self, token: int) -> int:
        """How long a length token lasts."""
        return DURATIONS[token - self.duration_ids.start]

    def is_pitch(self, token: int) -> bool:
        """Whether `token` is a pitch."""
        return token in self.pitch_ids

    def is_duration(self, token: int) -> bool:
        """Whether `token` is a length."""
        return token in self.duration_ids

    def describe(self, token: int) -> str:
        """What `token` means, in words: "E4", "1/2 beat", "rest", "start", "end"."""
        if self.is_pitch(token):
            return pitch_name(PIANO[token - self.pitch_ids.start])
        if self.is_duration(token):
            beats = Fraction(self.ticks(token), TICKS_PER_BEAT)
            return f"{beats} beat{'s' if beats > 1 else ''}"
        return {self.START: "start", self.END: "end", self.REST: "rest"}.get(token, f"unknown token {token}")

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change when the meaning of any token does."""
        return _fingerprint([self.describe(token) for token in range(self.size)])


class PianoKeys:
    """The plain mode: one token per note, its key on the piano, 0 being A0 and 87 being C8. Rhythm is left out."""

    size = len(PIANO)
    pitch_ids = range(size)

    def encode(self, melody: Melody) -> list[int]:
        """The keys of the notes, one after the other; a note outside the piano is moved into it by octaves."""
        return [on_piano(note.pitch) - LOWEST_PITCH for note in melody.notes]

    def decode(self, tokens: Iterable[int]) -> Melody:
        """The keys as notes of one beat each; ids that are no key are passed over."""
        pitches = [PIANO[token] for token in tokens if token in self.pitch_ids]
        return Melody(tuple(Note(float(beat), 1.0, pitch) for beat, pitch in enumerate(pitches)))

    def is_pitch(self, token: int) -> bool:
        """Whether `token` is a key."""
        return token in self.pitch_ids

    def describe(self, token: int) -> str:
        """The name of a key, such as "E4"."""
        return pitch_name(PIANO[token]) if self.is_pitch(token) else f"unknown token {token}"

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change when the meaning of any token does."""
        return _fingerprint([self.describe(token) for token in range(self.size)])


def on_piano(pitch: int) -> int:
    """`pitch` moved by as few octaves as bring it onto the piano."""
    below = max(0, -(-(LOWEST_PITCH - pitch) // 12))  # octaves missing, rounded up
    above = max(0, -(-(pitch - HIGHEST_PITCH) // 12))
    return pitch + 12 * (below - above)


def pitch_name(pitch: int) -> str:
    """A MIDI number by name and octave: 60 is "C4"."""
    return f"{_NOTE_NAMES[pitch % 12]}{pitch // 12 - 1}"


def _fingerprint(meanings: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(meanings).encode()).hexdigest()[:16]


VOCABULARY = MelodyVocabulary()
"""The one vocabulary of Chromasonic."""

PIANO_KEYS = PianoKeys()
"""The plain 88-key mode."""
