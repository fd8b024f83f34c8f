"""Is a melody new? The longest passage of it that also stands in music known before, and how usual that is.

A passage is notes in a row. It is compared move by move, from each note to the next, so that key makes no difference:
without rhythm a move is its interval in semitones; with rhythm it is the interval and the time from onset to onset in
ticks. How long the last note is held, and whether a note is held to the next or cut short, does not count.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeVar

from .melody import Melody, Note, to_ticks

T = TypeVar("T")

MOST_COMPARED = 100
"""Other tunes looked at to say what is usual: in Ryan's collection their quartiles lie within a note of those of all
212 that are held back."""

FEWEST_COMPARED = 5
"""With fewer other tunes than these, nothing is said to be usual."""

FEWEST_FOR_COPIES = 20
"""With fewer, one is called a copy only if it shares `FAR_MORE` times as much as any: fewer than one in twenty of 5 to
19 tunes is none of them, and a new tune shares more than all of 10 others by chance in 1 case of 11."""

FAR_MORE = 2
"""Ryan's tunes that a model never saw share so many times as much as all of 10 others in 1 to 3 % of draws, as all of 5
others in 1 to 5 %, depending on how many tunes are known."""

USUAL, RARE = 0.25, 0.05
"""Shares of the other tunes: a passage as long as the ones these many share is usual, or rare."""

_BETWEEN_TUNES = "\0"  # no move
_LONGEST_MOVE = 4095  # ticks, 85 beats; longer waits are all alike, so that each move is one character


class Passage(NamedTuple):
    """Notes in a row that stand in a melody and in a known tune."""

    start: int  # its first note among those of the melody, from 0
    n_notes: int
    tune: int  # the first known tune that holds it, by its place from 0
    start_in_tune: int
    n_tunes: int  # how many of the known tunes hold it


class UsualLengths(NamedTuple):
    """Notes of the longest known passage of each of many tunes, shortest first; 0 where not even two are known."""

    with_rhythm: tuple[int, ...] = ()
    pitches_alone: tuple[int, ...] = ()


class KnownMusic:
    """Tunes, ready to be searched for passages.

    The moves of all tunes stand in one text, one character each, and a passage is searched as a word is in a book: of
    everything tried nothing plainer was fast enough, and a look through 100,000 notes takes 0.05 ms.
    """

    def __init__(self, tunes: Sequence[Melody]) -> None:
        self.tunes = tuple(tunes)

    def longest_passage(self, notes: Sequence[Note], *, rhythm: bool) -> Passage | None:
        """The longest passage of `notes` that a known tune holds too; of several the first. None: not even two notes.

        With `rhythm` the passage has the same rhythm in both, without only the same intervals.
        """
        text, moves = self._text(rhythm), _moves(notes, rhythm)
        start, length = _longest_match(moves, text)
        if not length:
            return None
        passage = moves[start : start + length]
        places = list(_places(passage, text))
        tunes = [bisect_right(self._starts, place) - 1 for place in places]
        return Passage(start, length + 1, tunes[0], places[0] - self._starts[tunes[0]], len(set(tunes)))

    def usual_lengths(self, others: Sequence[Melody], n_notes: int) -> UsualLengths:
        """How many notes the longest passage has that other tunes, not among the known, share with the known ones.

        The longer a melody, the more of it is found elsewhere: of each tune only its first `n_notes` are looked at. Of
        many tunes `MOST_COMPARED` at equal distances stand for all.
        """

        def lengths(rhythm: bool) -> tuple[int, ...]:
            text = self._text(rhythm)
            found = [_longest_match(_moves(tune.notes[:n_notes], rhythm), text)[1] for tune in evenly(others)]
            return tuple(sorted(length + 1 if length else 0 for length in found))

        return UsualLengths(lengths(True), lengths(False))

    def copies(self, notes: Sequence[Note], onset: float, longest: int) -> set[int]:
        """The pitches that, sounded at `onset` after `notes`, would complete a copy of more than `longest` notes.

        A copy is a passage with its rhythm. Of the passages that end there only those of `longest` notes and one more
        are looked for: a longer one holds such a one, and would have been stopped there.
        """
        if len(notes) < longest:
            return set()
        text, last = self._text(True), notes[-1]
        before = _moves(notes[-longest:], True)
        wait = min(to_ticks(onset) - to_ticks(last.onset), _LONGEST_MOVE)
        following = {text[after : after + 1] for after in (place + len(before) for place in _places(before, text))}
        moves = [_read(move) for move in following - {_BETWEEN_TUNES, ""}]
        return {last.pitch + interval for interval, ticks in moves if ticks == wait}

    def copied_notes(self, notes: Sequence[Note]) -> int:
        """How many of the last of `notes` make up a copy, a passage with its rhythm; at least 1."""
        text, moves = self._text(True), _moves(notes, True)
        return next(len(moves) - start + 1 for start in range(len(moves) + 1) if moves[start:] in text)

    def _text(self, rhythm: bool) -> str:
        return self._with_rhythm if rhythm else self._without_rhythm

    @cached_property
    def _with_rhythm(self) -> str:
        return _BETWEEN_TUNES.join(_moves(tune.notes, True) for tune in self.tunes)

    @cached_property
    def _without_rhythm(self) -> str:
        return _BETWEEN_TUNES.join(_moves(tune.notes, False) for tune in self.tunes)

    @cached_property
    def _starts(self) -> list[int]:
        """Where each tune begins in the texts; a tune of n notes has n - 1 moves and what stands between tunes."""
        return list(accumulate((max(1, len(tune.notes)) for tune in self.tunes[:-1]), initial=0))


class Verdict(StrEnum):
    """What the longest known passage says about a melody."""

    OWN = "own"  # as usual among tunes of its kind, or less
    BORROWS = "borrows"  # more than is usual
    COPIES = "copies"  # more than nearly all tunes
    UNKNOWN = "unknown"  # nothing to compare with


@dataclass(frozen=True)
class Finding:
    """The longest known passage of a melody, and how long such passages usually are."""

    passage: Passage | None
    usual: tuple[int, ...]  # those of one kind in UsualLengths

    @property
    def n_notes(self) -> int:
        """Of the passage; 0 without one."""
        return self.passage.n_notes if self.passage else 0

    @property
    def median(self) -> int:
        """What is usual, in notes: at least half of the other tunes share so many with the known ones, or more."""
        return self.usual[len(self.usual) // 2] if self.usual else 0

    @property
    def share(self) -> float:
        """The share of other tunes whose longest known passage is at least as long as this one."""
        return sum(length >= self.n_notes for length in self.usual) / len(self.usual) if self.usual else 0.0

    @property
    def verdict(self) -> Verdict:
        """Own where at least a quarter of other tunes share as much, a copy where fewer than one in twenty does.

        With fewer than `FEWEST_FOR_COPIES` other tunes a copy shares `FAR_MORE` times as much as any of them.
        """
        if self.passage is None:
            return Verdict.OWN
        if len(self.usual) < FEWEST_COMPARED:
            return Verdict.UNKNOWN
        if self.share >= USUAL:
            return Verdict.OWN
        is_rare = self.share < RARE
        is_sure = len(self.usual) >= FEWEST_FOR_COPIES or self.n_notes >= FAR_MORE * max(self.usual)
        return Verdict.COPIES if is_rare and is_sure else Verdict.BORROWS


@dataclass(frozen=True)
class Originality:
    """How much of a melody stands in known music, with its rhythm and in its pitches alone."""

    with_rhythm: Finding
    pitches_alone: Finding

    @property
    def telling(self) -> Finding:
        """The finding that says more against the melody; where both say the same, the one with rhythm."""
        severity = list(Verdict).index
        both = (self.with_rhythm, self.pitches_alone)
        return max(both, key=lambda finding: -1 if finding.verdict is Verdict.UNKNOWN else severity(finding.verdict))


def originality(known: KnownMusic, notes: Sequence[Note], usual: UsualLengths) -> Originality:
    """Look for `notes` in `known`, and compare with what is `usual`, as `KnownMusic.usual_lengths` tells."""
    return Originality(
        Finding(known.longest_passage(notes, rhythm=True), usual.with_rhythm),
        Finding(known.longest_passage(notes, rhythm=False), usual.pitches_alone),
    )


def bar_at(melody: Melody, onset: float) -> int | None:
    """The number of the bar in which `onset`, in beats, lies; an upbeat is bar 0, as in print. None without a meter."""
    if melody.meter is None:
        return None
    bar = max(1, to_ticks(melody.meter.bar_length))
    return (to_ticks(onset) - to_ticks(melody.pickup)) // bar + 1


def evenly(tunes: Sequence[T], most: int = MOST_COMPARED) -> Sequence[T]:
    """At most `most` of `tunes`, at equal distances."""
    return [tunes[place * len(tunes) // most] for place in range(most)] if len(tunes) > most else tunes


def _longest_match(moves: str, text: str) -> tuple[int, int]:
    """Where the longest part of `moves` that stands in `text` begins, the first of several, and how long it is."""
    start, length = 0, 0
    for here in range(len(moves)):
        while here + length < len(moves) and moves[here : here + length + 1] in text:
            start, length = here, length + 1
    return start, length


def _places(passage: str, text: str) -> Iterator[int]:
    """Everywhere `passage` stands in `text`."""
    place = text.find(passage)
    while place >= 0:
        yield place
        place = text.find(passage, place + 1)


def _moves(notes: Sequence[Note], rhythm: bool) -> str:
    """One character for each move from a note to the next."""
    return "".join(
        _written(after.pitch - before.pitch, to_ticks(after.onset) - to_ticks(before.onset) if rhythm else 0)
        for before, after in pairwise(notes)
    )


def _written(interval: int, ticks: int) -> str:
    """A move as one character; `_read` reads it again.

    The interval stands in the low bits, in which Python compares before it looks closer: that halves the time.
    """
    return chr(min(ticks, _LONGEST_MOVE) * 256 + 128 + interval)


def _read(move: str) -> tuple[int, int]:
    """The interval and the ticks that a move stands for."""
    ticks, interval = divmod(ord(move), 256)
    return interval - 128, ticks
