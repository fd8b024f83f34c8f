from collections import Counter

import pytest
import torch

from chromasonic.errors import NotEnoughMusicError, SettingsError
from chromasonic.melody_generation.training import Corpus, token_counts
from chromasonic.melody_generation.training.batches import IGNORED, Batch

A, B = [1, 2, 3, 4, 5, 6], [7, 8]


def one_epoch(corpus: Corpus, *, every_position: bool, batch_size: int = 2, seed: int = 0) -> list[Batch]:
    generator = torch.Generator().manual_seed(seed)
    return list(corpus.batches(every_position=every_position, batch_size=batch_size, generator=generator))


def lessons(batches: list[Batch]) -> Counter[tuple[tuple[int, ...], tuple[int, ...]]]:
    """What is read and what should be answered, row by row, without padding."""
    found: Counter[tuple[tuple[int, ...], tuple[int, ...]]] = Counter()
    for batch in batches:
        for read, answer in zip(
            batch.inputs.tolist(), batch.targets.reshape(len(batch.inputs), -1).tolist(), strict=True
        ):
            answer = [token for token in answer if token != IGNORED]
            length = len(answer) if batch.targets.ndim == 2 else len(read)
            found[tuple(read[:length]), tuple(answer)] += 1
    return found


@pytest.mark.parametrize(
    "context, expected",
    [
        (8, [((1, 2, 3, 4, 5), (2, 3, 4, 5, 6)), ((7,), (8,))]),
        (5, [((1, 2, 3, 4, 5), (2, 3, 4, 5, 6)), ((7,), (8,))]),
        (4, [((1, 2), (2, 3)), ((3, 4, 5), (4, 5, 6)), ((7,), (8,))]),
        (2, [((1,), (2,)), ((2, 3), (3, 4)), ((4, 5), (5, 6)), ((7,), (8,))]),
    ],
    ids=["room to spare", "just enough room", "two equal phrases", "three phrases"],
)
def test_phrases_make_every_token_after_the_first_a_target_exactly_once(
    context: int, expected: list[tuple[tuple[int, ...], tuple[int, ...]]]
) -> None:
    corpus = Corpus([A, B], context=context, vocab_size=9)
    assert lessons(one_epoch(corpus, every_position=True)) == Counter(expected)
    assert lessons(list(corpus.evaluation_batches(every_position=True))) == Counter(expected)


@pytest.mark.parametrize(
    "context, expected",
    [
        (1, [((1,), (2,)), ((2,), (3,)), ((3,), (4,)), ((4,), (5,)), ((5,), (6,)), ((7,), (8,))]),
        (3, [((1,), (2,)), ((1, 2), (3,)), ((1, 2, 3), (4,)), ((2, 3, 4), (5,)), ((3, 4, 5), (6,)), ((7,), (8,))]),
        (
            9,
            [
                ((1,), (2,)),
                ((1, 2), (3,)),
                ((1, 2, 3), (4,)),
                ((1, 2, 3, 4), (5,)),
                ((1, 2, 3, 4, 5), (6,)),
                ((7,), (8,)),
            ],
        ),
    ],
    ids=["one token back", "three tokens back", "as far back as it goes"],
)
def test_windows_slide_over_a_tune_and_ask_for_each_token_after_the_first(
    context: int, expected: list[tuple[tuple[int, ...], tuple[int, ...]]]
) -> None:
    corpus = Corpus([A, B], context=context, vocab_size=9)
    batches = one_epoch(corpus, every_position=False)
    assert lessons(batches) == Counter(expected)
    assert all(batch.targets.ndim == 1 for batch in batches)
    assert lessons(list(corpus.evaluation_batches(every_position=False))) == Counter(expected)


@pytest.mark.parametrize("context", [1, 4, 16, 20])
def test_both_kinds_of_model_are_judged_on_the_same_tokens(context: int) -> None:
    corpus = Corpus([list(range(16)), [3, 4], list(range(9))], context=context, vocab_size=16)
    every, following = (
        Counter(
            token
            for batch in corpus.evaluation_batches(every_position=every_position)
            for token in batch.targets.flatten().tolist()
            if token != IGNORED
        )
        for every_position in (True, False)
    )
    assert every == following


def test_targets_are_counted_and_padding_is_not() -> None:
    (batch,) = one_epoch(Corpus([A, B], context=8, vocab_size=9), every_position=True)
    assert batch.n_targets == 6
    assert sorted(batch.targets.tolist()) == [[2, 3, 4, 5, 6], [8, *[IGNORED] * 4]]
    assert sorted(batch.inputs.tolist()) == [[1, 2, 3, 4, 5], [7, 8, 0, 0, 0]]


@pytest.mark.parametrize("every_position", [True, False])
def test_the_number_of_batches_is_known_beforehand(every_position: bool) -> None:
    corpus = Corpus([[0] * length for length in range(2, 40)], context=16, vocab_size=1)
    assert corpus.n_batches(every_position=every_position, batch_size=4) == len(
        one_epoch(corpus, every_position=every_position, batch_size=4)
    )


def test_padding_never_costs_much() -> None:
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint(20, 300, (400,), generator=generator).tolist()
    batches = one_epoch(
        Corpus([[0] * n for n in lengths], context=256, vocab_size=1), every_position=True, batch_size=16
    )
    assert sum(batch.targets.numel() for batch in batches) < 1.1 * sum(batch.n_targets for batch in batches)


def test_the_order_follows_from_the_seed() -> None:
    corpus = Corpus([[n, n, n] for n in range(20)], context=8, vocab_size=20)
    first, same, other = (
        torch.cat([batch.inputs[:, 0] for batch in one_epoch(corpus, every_position=True, seed=seed)]).tolist()
        for seed in (1, 1, 2)
    )
    assert first == same != other
    assert sorted(first) == sorted(other) == list(range(20))


def test_epochs_of_one_training_differ() -> None:
    corpus = Corpus([[n, n, n] for n in range(20)], context=8, vocab_size=20)
    generator = torch.Generator().manual_seed(1)
    one, two = (
        [batch.inputs.tolist() for batch in corpus.batches(every_position=True, batch_size=4, generator=generator)]
        for _ in range(2)
    )
    assert one != two


def test_augmentation_changes_what_is_read_and_what_is_asked_alike() -> None:
    corpus = Corpus([A], context=8, vocab_size=20)
    generator = torch.Generator()
    (batch,) = corpus.batches(
        every_position=True, batch_size=2, generator=generator, augment=lambda phrases, chance: phrases + 10
    )
    assert batch.inputs.tolist() == [[11, 12, 13, 14, 15]]
    assert batch.targets.tolist() == [[12, 13, 14, 15, 16]]


@pytest.mark.parametrize("token", [9, -1])
def test_a_token_outside_the_vocabulary_is_named_with_its_place(token: int) -> None:
    with pytest.raises(SettingsError, match=f"sequence 2 holds {token} at position 1") as caught:
        Corpus([A, [], [3, token], B], context=4, vocab_size=9)
    assert caught.value.field == "vocab_size"


def test_a_number_too_large_for_any_tensor_is_named_too() -> None:
    with pytest.raises(SettingsError, match=f"sequence 1 holds {2**70} at position 0 of val_data"):
        Corpus([A, [2**70, 1]], context=4, vocab_size=9, name="val_data")


@pytest.mark.parametrize("sequences", [[], [[]], [[1], [2]]], ids=["no tunes", "an empty one", "one note each"])
def test_nothing_to_learn_from_is_said(sequences: list[list[int]]) -> None:
    with pytest.raises(NotEnoughMusicError, match="Nothing can be learned"):
        Corpus(sequences, context=4, vocab_size=9)


def test_single_notes_among_tunes_are_passed_over() -> None:
    corpus = Corpus([[5], B, []], context=4, vocab_size=9)
    assert lessons(one_epoch(corpus, every_position=True)) == Counter([((7,), (8,))])


def test_a_context_of_nothing_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^sequence_length: needs a whole number from 1 to .*, but is 0"):
        Corpus([A], context=0, vocab_size=9)


def test_tokens_are_counted() -> None:
    assert token_counts(Corpus([[0, 1, 1], [3, 1]], context=4, vocab_size=5)).tolist() == [1, 3, 0, 1, 0]
