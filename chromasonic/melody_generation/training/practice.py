"""Practice melodies: seeded tunes made up on the spot, for trying things out before any real music is at hand.

They are no random numbers. Each keeps to the scale of one key, its phrases rise and fall in an arch, begin near the
tonic and close on it or four steps above, and phrases come back as they do in songs (AABA and the like). A model that
remembers further predicts them better, so settings make a visible difference.
"""

from __future__ import annotations

import operator
from collections import Counter
from math import pi, sin
from numbers import Real
from random import Random

from chromasonic.errors import SettingsError

SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9))  # major, minor, pentatonic: semitones
REGISTER = 37  # semitones the melodies move in: three octaves in the middle of the vocabulary
FORMS = ("AABA", "ABAB", "ABAC", "AABB", "AAAB")
PHRASE_LENGTHS = (4, 6, 8)  # notes
MOVES, MOVE_WEIGHTS = (0, 1, 2, 3, 4), (8, 58, 20, 9, 5)  # steps of the scale, and how often in a hundred
TOWARDS_ARCH = 0.75  # how often a move heads for the arch of the phrase
OFF_HOME = (0, 2, 4)  # steps above the tonic where a phrase may begin: the tonic chord in a scale of seven
REDRAWS = 20  # tries to get a melody not drawn before; very short ones are soon used up


def create_training_data(
    num_sequences: int, sequence_length: int, vocab_size: int, train_split: float, seed: int = 0
) -> tuple[list[list[int]], list[list[int]]]:
    """Practice melodies for training and for validation; the same seed gives the same melodies.

    Args:
        num_sequences: how many melodies, for both sides together; at least 2.
        sequence_length: notes in each, every melody exactly this long. A model needs 2 to learn which follows which.
        vocab_size: ids go from 0 up to, not including, this; at least 2. With 88 they are the keys of a piano, with 128
            MIDI pitches; the melodies lie in the three octaves in the middle.
        train_split: the share for training, such as 0.8; each side gets at least one melody.
        seed: where chance starts.

    Returns:
        (train, validation); no melody is on both sides.

    Raises:
        SettingsError: an argument outside what it may be.
    """
    num_sequences = _at_least(2, "num_sequences", num_sequences, "one melody to train on and one to validate with")
    sequence_length = _at_least(1, "sequence_length", sequence_length, "a note in each melody")
    vocab_size = _at_least(2, "vocab_size", vocab_size, "two notes to choose from")
    if not isinstance(train_split, Real) or not 0 < train_split < 1:
        raise SettingsError(
            "train_split", f"is {train_split!r}, but it is the share for training: between 0 and 1, such as 0.8."
        )
    melodies = _draw(Random(seed), num_sequences, sequence_length, vocab_size)
    n_train = min(max(1, round(num_sequences * train_split)), num_sequences - 1)
    train: list[list[int]] = []
    validation: list[list[int]] = []
    for index, (melody, count) in enumerate(melodies.items()):
        is_last = index == len(melodies) - 1
        side = train if len(train) < n_train and not (is_last and not validation) else validation
        side += [list(melody) for _ in range(count)]
    return train, validation


def _draw(rng: Random, num_sequences: int, sequence_length: int, vocab_size: int) -> Counter[tuple[int, ...]]:
    """Melodies and how often each was drawn: once, where there are enough different ones; always at least two."""
    melodies: Counter[tuple[int, ...]] = Counter()
    for _ in range(num_sequences):
        melody = compose(rng, sequence_length, vocab_size)
        for _ in range(REDRAWS):
            if melody not in melodies:
                break
            melody = compose(rng, sequence_length, vocab_size)
        melodies[melody] += 1
    if len(melodies) == 1:  # chance gave one melody only: the last is replaced by another
        (melody,) = melodies
        melodies[melody] -= 1
        melodies[((melody[0] + 1) % vocab_size, *melody[1:])] += 1
    return melodies


def compose(rng: Random, length: int, vocab_size: int) -> tuple[int, ...]:
    """One practice melody of `length` ids."""
    ladder, home = _key(rng, vocab_size)
    n_notes = rng.choice(PHRASE_LENGTHS)
    places: list[int] = []  # on the ladder
    while len(places) < length:
        form = rng.choice(FORMS)
        phrases = {letter: _phrase(rng, n_notes, ladder, home, closes=letter == "A") for letter in sorted(set(form))}
        for letter in form:
            places += phrases[letter]
    return tuple(ladder[place] for place in places[:length])


def _key(rng: Random, vocab_size: int) -> tuple[list[int], int]:
    """The ids of a random scale from low to high, and where on this ladder the tonic lies that a tune calls home."""
    lowest = max(0, (vocab_size - REGISTER) // 2)
    register = range(lowest, min(vocab_size, lowest + REGISTER))
    tonic, scale = rng.choice(register[:12]), rng.choice(SCALES)
    ladder = [note for note in register if (note - tonic) % 12 in scale]
    if len(ladder) < 2:  # a vocabulary of two or three ids has no room for a scale
        ladder = list(register)
    homes = [place for place, note in enumerate(ladder) if (note - tonic) % 12 == 0]
    return ladder, homes[len(homes) // 2 - 1] if len(homes) > 1 else homes[0]


def _phrase(rng: Random, n_notes: int, ladder: list[int], home: int, closes: bool) -> list[int]:
    """Places on the ladder: an arch from near home and back, ending on the tonic (`closes`) or four steps above it."""
    top = len(ladder) - 1
    height = rng.choice((2, 3, 4, 5) if closes else (4, 5, 6, 7))  # steps; what answers lies higher
    place = min(home + rng.choice(OFF_HOME), top)
    phrase = [place]
    for note in range(1, n_notes - 1):
        aim = home + height * sin(pi * note / (n_notes - 1))
        upwards = aim > place if rng.random() < TOWARDS_ARCH else rng.random() < 0.5
        (move,) = rng.choices(MOVES, MOVE_WEIGHTS)
        place = min(max(place + (move if upwards else -move), 0), top)
        phrase.append(place)
    return [*phrase, min(home + (0 if closes else 4), top)]


def _at_least(least: int, field: str, value: int, purpose: str) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise SettingsError(field, f"is {value!r}, but must be a whole number.") from None
    if number < least:
        raise SettingsError(field, f"is {number}, but must be at least {least}: {purpose}.")
    return number
