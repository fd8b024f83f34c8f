"""Practice melodies: seeded tunes made up on the spot, for trying things out before any real music is at hand.

They are no random numbers. Each keeps to the scale of one key, its phrases rise and fall in an arch, begin near the
tonic and close on it or four steps above, and phrases come back as they do in songs (AABA and the like). A model that
remembers further predicts them better, so settings make a visible difference.
"""

from __future__ import annotations

from collections import Counter
from math import pi, sin
from random import Random

from chromasonic.checks import number, whole
from chromasonic.errors import SettingsError
from chromasonic.melody_generation.sizes import LARGEST, MAX_PRACTICE_MELODIES, MAX_PRACTICE_NOTES, MAX_SEED

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
        num_sequences: how many melodies, for both sides together; 2 to 100,000. Together they may
            have ten million notes.
        sequence_length: notes in each, every melody exactly this long. A model needs 2 to learn which follows which.
        vocab_size: ids go from 0 up to, not including, this; 2 to a million. With 88 they are the keys of a piano,
            with 128 MIDI pitches; the melodies lie in the three octaves in the middle.
        train_split: the share for training, such as 0.8; each side gets at least one melody.
        seed: where chance starts.

    Returns:
        (train, validation); no melody is on both sides.

    Raises:
        SettingsError: an argument outside what it may be.
    """
    num_sequences = whole(
        "num_sequences", num_sequences, at_least=2, at_most=MAX_PRACTICE_MELODIES
    )  # one for each side
    sequence_length = whole("sequence_length", sequence_length, at_least=1, at_most=MAX_PRACTICE_NOTES)
    if num_sequences * sequence_length > MAX_PRACTICE_NOTES:
        raise SettingsError(
            "num_sequences",
            f"is {num_sequences}, which with {sequence_length} notes in each makes more than {MAX_PRACTICE_NOTES:,} "
            "notes; choose fewer or shorter melodies",
        )
    vocab_size = whole("vocab_size", vocab_size, at_least=2, at_most=LARGEST["vocab_size"])  # two to choose from
    train_split = number("train_split", train_split, above=0, below=1)
    seed = whole("seed", seed, at_least=0, at_most=MAX_SEED)
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
