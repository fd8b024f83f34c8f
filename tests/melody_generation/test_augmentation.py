from __future__ import annotations

import torch
from torch import Tensor

from chromasonic.melody_generation.augmentation import transpose_phrases
from chromasonic.melody_generation.tokenization import PIANO_KEYS, VOCABULARY
from chromasonic.music import Melody, Note

FIRST, LAST = VOCABULARY.pitch_ids.start, VOCABULARY.pitch_ids.stop - 1


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def many(phrase: list[int], copies: int = 500) -> Tensor:
    return torch.tensor(phrase).expand(copies, -1)


def test_a_phrase_moves_as_a_whole_and_its_rhythm_stays() -> None:
    tune = Melody((Note(0, 1, 60), Note(1.5, 0.5, 64), Note(2, 1, 67)))
    moved = transpose_phrases(many(VOCABULARY.encode(tune)), chance())
    sung = {VOCABULARY.decode(tokens).notes for tokens in moved.tolist()}
    assert sung == {tune.transposed(shift).notes for shift in range(-5, 7)}


def test_each_key_is_equally_likely() -> None:
    shifts = transpose_phrases(many([FIRST + 40], 12_000), chance())[:, 0] - (FIRST + 40)
    counts = (shifts + 5).bincount()
    assert len(counts) == 12 and counts.min() > 850 and counts.max() < 1150


def test_no_pitch_leaves_the_piano() -> None:
    for phrase, shifts in [
        ([FIRST, 0], range(7)),
        ([LAST, 0], range(-5, 1)),
        ([FIRST + 2, LAST - 1, 0], range(-2, 2)),
        ([FIRST, LAST, 0], range(1)),
    ]:
        moved = transpose_phrases(many(phrase), chance())[:, 0] - phrase[0]
        assert set(moved.tolist()) == set(shifts)


def test_what_is_no_pitch_stays_and_phrases_without_pitches_too() -> None:
    length = VOCABULARY.duration_ids.start
    phrases = torch.tensor([[VOCABULARY.START, VOCABULARY.REST, length, VOCABULARY.END, 0, 0]])
    assert torch.equal(transpose_phrases(phrases, chance()), phrases)


def test_padding_stays_even_where_its_id_is_a_pitch() -> None:
    moved = transpose_phrases(many([0, 40, 0, 44, 0, 0]), chance(), PIANO_KEYS.pitch_ids)
    assert not moved[:, 4:].any()
    assert set((moved[:, 3] - moved[:, 1]).tolist()) == {4}
    assert set(moved[:, 0].tolist()) == set(range(7))  # the lowest key, played: it can only go up


def test_a_seed_moves_phrases_the_same_way() -> None:
    phrases = many([FIRST + 40, FIRST + 44])
    assert torch.equal(transpose_phrases(phrases, chance(7)), transpose_phrases(phrases, chance(7)))
    assert not torch.equal(transpose_phrases(phrases, chance(7)), transpose_phrases(phrases, chance(8)))
