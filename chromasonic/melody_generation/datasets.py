"""What a search learns from: tunes dealt to train, validation and test, and turned into tokens.

A model is judged on tunes it has not seen. The same tune in another key, or printed twice with small differences, would
give the answer away, so such tunes stay on one side.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from chromasonic.checks import instance, number, shown, token_sequences, whole
from chromasonic.checks import path as checked_path
from chromasonic.errors import NotEnoughMusicError, SettingsError
from chromasonic.files import unpacked, write_whole
from chromasonic.music.checked import checked_melodies
from chromasonic.music.melody import Melody, Note, usual_meter

from .sizes import LARGEST, MAX_CONTEXT, MAX_SEED
from .tokenization import VOCABULARY

DEFAULT_CONTEXT = 128
"""Tokens a model sees at once: about 60 notes, eight bars of a reel. With 256 an LSTM learned Ryan's collection no
better in as many epochs (1.155 nats per token against 1.144)."""

SHINGLE = 8
"""Notes in the snippets by which tunes are compared: long enough that two tunes seldom share one by chance."""

NEAR_IDENTICAL = 0.5
"""Share of the shorter tune's snippets that a near-identical tune has too: one changed note costs up to 7 snippets, so
in a tune of 50 notes three may differ."""

_DATA_FILE = "a file, such as Path(“data.json.gz”)"

OPENING = 12
"""Moves from pitch to pitch, repeated notes left out, by which two tunes begin alike: a variant keeps its opening when
much else has changed. In 8,459 folk songs the largest family that all this makes has 36 songs."""

OPENING_BARS = 2
"""Of the tune that every model of a search goes on with: enough to hear its key and its pulse."""

LEAST_NOTES = 20
"""Fewer notes are too few to learn from; with this many, a tune cut 80/10/10 leaves at least two on each side."""


@dataclass(frozen=True)
class TuneSplit:
    """Tunes to learn from, to choose settings by, and to judge the result with."""

    train: tuple[Melody, ...]
    validation: tuple[Melody, ...]
    test: tuple[Melody, ...]
    by_phrase: bool = False  # too few different tunes: each was cut in three instead, its end held back


@dataclass(frozen=True)
class SearchData:
    """Token sequences for one search, with what is needed to understand them."""

    train: list[list[int]]
    validation: list[list[int]]
    test: list[list[int]]  # empty where there is no held-out side
    vocab_size: int
    sequence_length: int  # context: how many tokens a model sees at once
    music: str  # name of the music
    melodic: bool  # the tokens are those of VOCABULARY, so tunes can be transposed and sung
    by_phrase: bool = False  # see TuneSplit
    opening: Melody | None = None  # what each model begins with when it sings, so that one hears what sets them apart

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that name these tokens and what they mean."""
        meaning = VOCABULARY.fingerprint if self.melodic else self.vocab_size
        content = _compact([meaning, self.train, self.validation, self.test])
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def is_of(self, melodies: Sequence[Melody]) -> bool:
        """Whether it was made of exactly these tunes, in whatever order."""
        if not self.melodic:
            return False
        if self.by_phrase:  # its pieces say nothing of whole tunes; how they are cut is no matter of chance
            try:
                return (
                    prepare(melodies, self.music, sequence_length=self.sequence_length).fingerprint == self.fingerprint
                )
            except NotEnoughMusicError:
                return False
        theirs = (VOCABULARY.encode(melody) for melody in melodies if melody.notes)
        return sorted(theirs) == sorted([*self.train, *self.validation, *self.test])

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` turns back into equal data."""
        return {**asdict(self), "opening": self.opening and self.opening.to_json()}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> SearchData:
        """The data that `to_json` wrote."""
        opening = record.get("opening")
        return cls(**record | {"opening": Melody.from_json(opening) if opening else None})


def prepare(melodies: Sequence[Melody], name: str, seed: int = 0, sequence_length: int = DEFAULT_CONTEXT) -> SearchData:
    """Split `melodies` by tune and turn them into tokens.

    Raises:
        SettingsError: an argument is not what it may be.
        NotEnoughMusicError: there is too little to learn from.
    """
    instance("name", name, str, "the name of the music, such as “My reels”")
    whole("sequence_length", sequence_length, at_least=1, at_most=MAX_CONTEXT)
    split = split_by_tune(melodies, seed)
    train, validation, test = (
        [VOCABULARY.encode(melody) for melody in side] for side in (split.train, split.validation, split.test)
    )
    return SearchData(
        train,
        validation,
        test,
        VOCABULARY.size,
        sequence_length,
        name,
        melodic=True,
        by_phrase=split.by_phrase,
        opening=_opening(split.validation),
    )


def _opening(unseen: Sequence[Melody]) -> Melody:
    """How a tune begins that no model learns from, in the meter that most of them have."""
    usual = usual_meter(unseen)
    tune = next((tune for tune in unseen if tune.meter == usual), unseen[0])
    return replace(tune, meter=usual).opening(OPENING_BARS)


def save_data(path: Path, data: SearchData) -> None:
    """Write `data` to `path` (.json.gz), whole or not at all.

    Raises:
        SettingsError: an argument is not what it may be.
        WorkspaceError: the folder cannot be written.
    """
    path = checked_path("path", path, _DATA_FILE)
    instance("data", data, SearchData, "a SearchData(…), such as prepare(…) gives")
    write_whole(path, gzip.compress(_compact(data.to_json()).encode(), mtime=0))


def load_data(path: Path) -> SearchData:
    """The data that `save_data` wrote.

    Raises:
        SettingsError: this is no path.
        OSError: the file is not there or cannot be read.
        ValueError: it is damaged.
    """
    path = checked_path("path", path, _DATA_FILE)
    try:
        data = SearchData.from_json(json.loads(unpacked(path.read_bytes())))
        for side in (data.train, data.validation, data.test):
            if not all(0 <= token < data.vocab_size for tokens in side for token in tokens):
                raise ValueError("it holds tokens outside its vocabulary")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error
    return data


def checked_data(data: SearchData) -> SearchData:
    """`data` whose sizes and tokens are what they may be.

    Raises:
        SettingsError: they are not; names the field.
    """
    instance("data", data, SearchData, "a SearchData(…), such as prepare(…) gives")
    instance("music", data.music, str, "the name of the music, such as “My reels”")
    vocab_size = whole("vocab_size", data.vocab_size, at_least=2, at_most=LARGEST["vocab_size"])
    whole("sequence_length", data.sequence_length, at_least=1, at_most=MAX_CONTEXT)
    for side in ("train", "validation", "test"):
        for index, tokens in enumerate(token_sequences(side, getattr(data, side))):
            if tokens and not 0 <= min(tokens) <= max(tokens) < vocab_size:
                raise SettingsError(
                    side, f"needs token ids from 0 to {vocab_size - 1}, but sequence {index} is {shown(tokens)}"
                )
    return data


def split_by_tune(
    melodies: Sequence[Melody], seed: int = 0, shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
) -> TuneSplit:
    """Deal whole tunes to train, validation and test; the same tunes in any order are dealt alike.

    Tunes that are the same after transposition, or near-identical (see `families_of_tunes`), stay on one side. Each
    side gets at least one tune. Where there are fewer than three different ones, each tune is cut in three instead, its
    end held back (`by_phrase`): easier to predict than a new tune, but a musician with one song can begin.

    Raises:
        SettingsError: an argument is not what it may be.
        NotEnoughMusicError: there is too little to learn from.
    """
    melodies = checked_melodies("melodies", melodies)
    whole("seed", seed, at_least=-MAX_SEED, at_most=MAX_SEED)
    _check_shares(shares)
    # By what they are: the split must not depend on the order in which a folder lists them.
    tunes = sorted((tune for tune in melodies if tune.notes), key=lambda tune: (tune.notes, tune.title, tune.source))
    n_notes = sum(len(tune.notes) for tune in tunes)
    if n_notes < LEAST_NOTES:
        raise NotEnoughMusicError(
            f"This music has {n_notes} notes, and a model needs at least {LEAST_NOTES} to learn anything. Add more "
            "tunes, or pick one of the collections to begin with."
        )
    families = families_of_tunes(tunes)
    if len(families) < len(shares):
        return _split_by_phrase(tunes, shares)
    Random(seed).shuffle(families)
    families.sort(key=len, reverse=True)  # the large first, so that the small ones can even out the shares
    sides: tuple[list[Melody], ...] = ([], [], [])
    for index, family in enumerate(families):
        empty = [side for side in sides if not side]
        missing = [share * len(tunes) - len(side) for share, side in zip(shares, sides, strict=True)]
        neediest = sides[missing.index(max(missing))]
        (empty[0] if len(empty) == len(families) - index else neediest).extend(family)
    train, validation, test = (tuple(side) for side in sides)
    return TuneSplit(train, validation, test)


def families_of_tunes(tunes: Sequence[Melody]) -> list[list[Melody]]:
    """Group the tunes that are (nearly) the same; tunes of different families are different tunes.

    Two tunes are near-identical when they share at least half of the shorter one's snippets: the different sequences of
    intervals, in semitones, between 8 notes in a row; or when they begin with the same 12 moves, repeated notes left
    out. Key and rhythm make no difference, and a tune is near-identical to one that contains it. A tune of fewer than 8
    notes is one snippet by itself. A family holds all tunes that are linked through near-identical ones.
    """
    tunes = checked_melodies("tunes", tunes)
    intervals = [_intervals(tune) for tune in tunes]
    snippets = [_snippets(moves) for moves in intervals]
    holders: defaultdict[bytes, list[int]] = defaultdict(list)  # which tunes hold a snippet
    for tune, held in enumerate(snippets):
        for snippet in held:
            holders[snippet].append(tune)

    family = list(range(len(tunes)))  # each tune points to one of its family, the first of which points to itself

    def first_of(tune: int) -> int:
        while family[tune] != tune:
            family[tune] = tune = family[family[tune]]
        return tune

    def join(tune: int, other: int) -> None:
        first, second = sorted((first_of(tune), first_of(other)))
        family[second] = first

    for tune, held in enumerate(snippets):
        # A tune that shares half of these snippets shares one of the rarer half: few tunes need a closer look.
        may_miss = int(len(held) * (1 - NEAR_IDENTICAL))
        rarest = sorted(held, key=lambda snippet: (len(holders[snippet]), snippet))[: may_miss + 1]
        for other in {other for snippet in rarest for other in holders[snippet]}:
            if first_of(tune) != first_of(other) and len(held - snippets[other]) <= may_miss:
                join(tune, other)

    begins: dict[bytes, int] = {}  # the first tune with an opening
    for tune, moves in enumerate(intervals):
        opening = moves.replace(_REPEATED_NOTE, b"")[:OPENING]
        if len(opening) == OPENING:
            join(tune, begins.setdefault(opening, tune))

    members: defaultdict[int, list[Melody]] = defaultdict(list)
    for index, tune_itself in enumerate(tunes):
        members[first_of(index)].append(tune_itself)
    return list(members.values())


def _check_shares(shares: tuple[float, float, float]) -> None:
    instance("shares", shares, (tuple, list), "three shares, such as (0.8, 0.1, 0.1)")
    if len(shares) != 3 or not 0.99 < sum(number("shares", share, above=0, below=1) for share in shares) < 1.01:
        raise SettingsError("shares", f"needs three shares that make 1 together, but is {tuple(shares)}")


_REPEATED_NOTE = bytes([128])


def _intervals(tune: Melody) -> bytes:
    """The moves from note to note, one byte each: 128 and so many semitones up or down."""
    return bytes(128 + after.pitch - before.pitch for before, after in pairwise(tune.notes))


def _snippets(intervals: bytes) -> set[bytes]:
    """Every sequence of intervals between `SHINGLE` notes in a row."""
    n_snippets = max(1, len(intervals) - (SHINGLE - 1) + 1)
    return {intervals[start : start + SHINGLE - 1] for start in range(n_snippets)}


def _split_by_phrase(tunes: Sequence[Melody], shares: tuple[float, float, float]) -> TuneSplit:
    """Cut each tune in three at the shares of its notes; a tune too short for that is learned whole."""
    sides: tuple[list[Melody], ...] = ([], [], [])
    for tune in tunes:
        n_notes = len(tune.notes)
        if n_notes < LEAST_NOTES:
            sides[0].append(tune)
            continue
        cuts = [0, round(shares[0] * n_notes), round((shares[0] + shares[1]) * n_notes), n_notes]
        for side, (start, end) in zip(sides, pairwise(cuts), strict=True):
            side.append(_part(tune, tune.notes[start:end]))
    train, validation, test = (tuple(side) for side in sides)
    if not validation:
        raise NotEnoughMusicError(
            f"The music has too few different tunes to hold some back, and none is longer than {LEAST_NOTES} notes. "
            "Add more tunes (three different ones are enough), or a longer one."
        )
    return TuneSplit(train, validation, test, by_phrase=True)


def _part(tune: Melody, notes: tuple[Note, ...]) -> Melody:
    """Some notes of `tune` as a melody that begins with the first of them."""
    moved = tuple(note._replace(onset=note.onset - notes[0].onset) for note in notes)
    return replace(tune, notes=moved, pickup=0.0, repeats=())


def _compact(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
