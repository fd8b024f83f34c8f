from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from chromasonic.errors import ModelError, SettingsError
from chromasonic.melody_generation.generation import GenerationConfig, generate, generate_tokens
from chromasonic.melody_generation.models import MODEL_FAMILIES, MelodyModel
from chromasonic.melody_generation.sampling import Listener, draw
from chromasonic.melody_generation.tokenization import DURATIONS, VOCABULARY
from chromasonic.melody_generation.training import Corpus, TrainingConfig, train
from chromasonic.music import Melody, Meter, Note
from chromasonic.music.melody import Key, to_ticks
from chromasonic.music.originality import KnownMusic

MakeMelody = Callable[..., Melody]
START, END, REST = VOCABULARY.START, VOCABULARY.END, VOCABULARY.REST
C4 = VOCABULARY.pitch_ids[60 - 21]
every_family = pytest.mark.parametrize("family", MODEL_FAMILIES)


def length(beats: float) -> int:
    return VOCABULARY.duration_ids[DURATIONS.index(to_ticks(beats))]


class StandIn(nn.Module):
    """Likes some tokens by the same amount more than all others, and keeps what it heard."""

    def __init__(self, *liked: int, by: float = 1000.0, vocab_size: int = VOCABULARY.size, every: bool = True) -> None:
        super().__init__()
        self.logits = torch.zeros(vocab_size)
        self.logits[list(liked)] = by
        self.every = every
        self.heard: list[list[int]] = []

    def forward(self, tokens: Tensor) -> Tensor:
        self.heard.append(tokens[0].tolist())
        return self.logits.expand(*tokens.shape, -1) if self.every else self.logits.expand(len(tokens), -1)


def tiny(family: str) -> MelodyModel:
    torch.manual_seed(0)
    return MODEL_FAMILIES[family](
        vocab_size=VOCABULARY.size, embedding_dim=8, hidden_size=16, num_layers=2, dropout=0.5
    )


@every_family
def test_every_melody_is_grammatical_and_has_the_asked_bars(family: str) -> None:
    for melody in generate(tiny(family), GenerationConfig(bars=8, meter=Meter(6, 8), qpm=100, variations=5)):
        assert melody.meter == Meter(6, 8) and melody.qpm == 100 and melody.source == "Chromasonic"
        assert melody.notes and 21 < melody.duration <= 24  # it ends in the eighth bar of three beats
        ends = [0.0, *(note.end for note in melody.notes)]
        assert all(note.onset >= end - 1e-9 for note, end in zip(melody.notes, ends, strict=False))


def test_the_last_note_is_cut_at_the_bar_line() -> None:
    (melody,) = generate(StandIn(C4, length(1.5)), GenerationConfig(bars=1))
    assert [note.duration for note in melody.notes] == [1.5, 1.5, 1.0]


@pytest.mark.parametrize("bars", [1, 4, 16])
def test_a_model_may_end_a_melody_in_its_last_bar_only(bars: int) -> None:
    (melody,) = generate(StandIn(END, length(1), by=50, every=False), GenerationConfig(bars=bars))
    assert melody.duration == 4 * (bars - 1) + 1


def test_a_rest_follows_no_rest_and_opens_no_melody() -> None:
    (melody,) = generate(StandIn(REST, length(1)), GenerationConfig(bars=2))
    assert [note.onset for note in melody.notes] == [0, 2, 4, 6]


@pytest.mark.parametrize("logit", [math.inf, math.nan])
def test_a_model_that_answers_with_no_number_is_refused(logit: float) -> None:
    with pytest.raises(ModelError, match="no number"):
        generate(StandIn(C4, by=logit), GenerationConfig(bars=1))


def test_a_model_that_rules_everything_out_still_sings() -> None:
    model = StandIn()
    model.logits[:] = -math.inf
    (melody,) = generate(model, GenerationConfig(bars=2))
    assert melody.notes and 4 < melody.duration <= 8


def test_a_seed_gives_the_same_melodies_and_another_seed_others() -> None:
    model = tiny("gru")
    assert generate(model, GenerationConfig(bars=4)) == generate(model, GenerationConfig(bars=4))
    assert generate(model, GenerationConfig(bars=4)) != generate(model, GenerationConfig(bars=4, seed=1))


@every_family
def test_more_variations_leave_the_first_ones_as_they_were(family: str) -> None:
    model = tiny(family)
    two = generate(model, GenerationConfig(bars=2, variations=2))
    five = generate(model, GenerationConfig(bars=2, variations=5))
    assert [melody.notes for melody in five[:2]] == [melody.notes for melody in two]
    assert len({melody.notes for melody in five}) == 5
    assert [melody.title for melody in two] == ["New melody 1", "New melody 2"]


def test_a_primer_opens_the_melody_as_it_is_and_the_asked_bars_follow() -> None:
    primer = Melody(
        (Note(0, 1, 67, velocity=99), Note(1, 2, 72), Note(3.001, 1.9, 71)), title="Sally Gardens", pickup=1.0
    )
    (melody,) = generate(StandIn(C4, length(1)), GenerationConfig(bars=2), primer)
    assert melody.notes[:3] == primer.notes
    assert melody.pickup == 1.0 and melody.title == "Sally Gardens, continued"
    assert melody.duration == 1 + 4 + 8  # the pickup, the bar in which the primer ends, two more
    assert melody.notes[3].onset == pytest.approx(primer.duration, abs=1 / 96)


def test_a_new_melody_is_in_the_key_it_seems_to_have() -> None:
    (melody,) = generate(StandIn(C4, length(1)), GenerationConfig(bars=2))
    assert melody.key == Key("C", "major")


@pytest.mark.parametrize("given, named", [(Key("D", "dorian"), Key("D", "dorian")), (None, Key("C", "major"))])
def test_a_melody_continued_stays_in_the_key_of_its_primer(given: Key | None, named: Key, melody: MakeMelody) -> None:
    primer = replace(melody([60, 64, 67]), key=given)
    (continued,) = generate(StandIn(C4, length(1)), GenerationConfig(bars=2), primer)
    assert continued.key == named


@every_family
@pytest.mark.parametrize("lowest, highest", [(60, 72), (0, 25), (107, 127), (64, 64)])
def test_what_is_sung_stays_in_the_range(family: str, lowest: int, highest: int) -> None:
    config = GenerationConfig(bars=4, variations=3, lowest=lowest, highest=highest, temperature=1.7, top_p=None)
    for sung in generate(tiny(family), config):
        assert sung.notes and all(lowest <= note.pitch <= highest for note in sung.notes)


def test_the_notes_of_an_opening_are_what_they_are_whatever_the_range_and_the_key(melody: MakeMelody) -> None:
    config = GenerationConfig(bars=1, lowest=72, highest=84, key=Key("D"))
    (continued,) = generate(tiny("gru"), config, melody([60, 61]))
    assert [note.pitch for note in continued.notes[:2]] == [60, 61]
    assert all(note.pitch >= 72 for note in continued.notes[2:])


@pytest.mark.parametrize(
    "key, scale",
    [
        (Key("G"), {7, 9, 11, 0, 2, 4, 6}),
        (Key("Eb"), {3, 5, 7, 8, 10, 0, 2}),
        (Key("D", "dorian"), {2, 4, 5, 7, 9, 11, 0}),
        (Key("A", "minor"), {9, 11, 0, 2, 4, 5, 7, 6, 8}),  # F and F♯, G and G♯, as on the way down and up
    ],
    ids=str,
)
def test_a_melody_in_a_key_keeps_to_its_scale(key: Key, scale: set[int]) -> None:
    config = GenerationConfig(bars=16, variations=3, key=key, temperature=1.7, top_p=None)
    sung = generate(tiny("gru"), config)
    assert {note.pitch % 12 for melody in sung for note in melody.notes} == scale
    assert {melody.key for melody in sung} == {key}


@pytest.mark.parametrize(
    "lowest, highest, key, says",
    [
        (72, 60, None, "no piano keys from C5 to C4"),
        (0, 20, None, "no piano keys from C-1 to G♯0"),
        (61, 61, Key("C"), "no notes of C major from C♯4 to C♯4"),
    ],
)
def test_a_range_with_nothing_to_sing_is_refused(lowest: int, highest: int, key: Key | None, says: str) -> None:
    with pytest.raises(SettingsError, match=f"^lowest: there are {says}. Widen"):
        GenerationConfig(lowest=lowest, highest=highest, key=key)


def test_a_melody_continued_twice_says_so_once(melody: MakeMelody) -> None:
    (continued,) = generate(tiny("gru"), GenerationConfig(bars=1), melody([60], title="Reel"))
    (again,) = generate(tiny("gru"), GenerationConfig(bars=1), continued)
    assert again.title == "Reel, continued"


def test_a_model_hears_the_primer_first(melody: MakeMelody) -> None:
    model = StandIn(C4, length(1))
    generate(model, GenerationConfig(bars=1), melody([64, 67]))
    assert model.heard[0] == VOCABULARY.encode(melody([64, 67]))[:-1]


@pytest.mark.parametrize("context, longest", [(1, 1), (2, 2), (7, 7), (64, 33)])
def test_a_model_hears_no_more_than_it_heard_in_training(context: int, longest: int) -> None:
    model = StandIn(C4, length(0.5))
    generate(model, GenerationConfig(bars=2), context=context)  # START and 16 notes; the last length is not heard
    assert max(map(len, model.heard)) == min(longest, 32)


@every_family
@pytest.mark.parametrize("context", [5, 100])
def test_going_on_from_memory_is_like_reading_again(family: str, context: int) -> None:
    class ReadsAgain(nn.Module):
        """The same model, seen as one that cannot go on from a memory."""

        def __init__(self, model: nn.Module) -> None:
            super().__init__()
            self.model = model

        def forward(self, tokens: Tensor) -> Tensor:
            logits: Tensor = self.model(tokens)
            return logits

    model = tiny(family).eval()
    listener, patient = Listener(model, context), Listener(ReadsAgain(model), context)
    with torch.inference_mode():
        for tokens in torch.randint(VOCABULARY.size, (12, 3, 1), generator=torch.Generator().manual_seed(1)):
            torch.testing.assert_close(listener.hear(tokens), patient.hear(tokens), rtol=1e-3, atol=1e-5)


def test_a_model_that_learned_one_phrase_by_heart_sings_it(melody: MakeMelody) -> None:
    phrase = melody([60, 62, 64, 60, 64, 65, 67, 67], [1, 1, 1, 1, 1, 1, 1.5, 0.5], title="Frère Jacques")
    model = MODEL_FAMILIES["gru"](vocab_size=VOCABULARY.size, embedding_dim=16, hidden_size=32, num_layers=1, dropout=0)
    corpus = Corpus([VOCABULARY.encode(phrase)], context=32, vocab_size=VOCABULARY.size)
    train(model, corpus, corpus, TrainingConfig(epochs=80, learning_rate=0.02))
    sung = generate(model, GenerationConfig(bars=2, temperature=0.1))
    assert sung[0].notes == phrase.notes
    continued = generate(model, GenerationConfig(bars=1, temperature=0.1), Melody(phrase.notes[:4]))
    assert continued[0].notes == phrase.notes


def test_a_model_that_was_learning_goes_on_learning_afterwards() -> None:
    model = tiny("lstm").train()
    generate(model, GenerationConfig(bars=1))
    assert model.training


@pytest.mark.parametrize("model", [StandIn(vocab_size=88), StandIn(3, by=math.nan)], ids=["88 keys", "not a number"])
def test_a_model_of_other_tokens_or_without_numbers_is_refused(model: nn.Module) -> None:
    with pytest.raises(ModelError, match=r"Choose (a|another) model"):
        generate(model, GenerationConfig())


JACQUES = [60, 62, 64, 60, 60, 62, 64, 60, 64, 65, 67, 64, 65, 67]


def longest_copy(known: KnownMusic, melody: Melody) -> int:
    passage = known.longest_passage(melody.notes, rhythm=True)
    return passage.n_notes if passage else 0


class Recites(nn.Module):
    """Likes at each place what stands there in the one tune it knows, whatever it has heard."""

    def __init__(self, tune: Melody) -> None:
        super().__init__()
        self.tune = VOCABULARY.encode(tune)

    def forward(self, tokens: Tensor) -> Tensor:
        logits = torch.zeros(len(tokens), VOCABULARY.size)
        logits[:, self.tune[tokens.size(1) : tokens.size(1) + 1]] = 1000.0
        return logits


@pytest.mark.parametrize("longest", [2, 3, 5, 8, 13])
def test_a_model_that_knows_a_tune_by_heart_is_kept_from_singing_it(longest: int, melody: MakeMelody) -> None:
    tune = melody(JACQUES, [1] * len(JACQUES))
    known = KnownMusic([tune])
    (copied,) = generate(Recites(tune), GenerationConfig(bars=4))
    assert longest_copy(known, copied) == len(JACQUES)
    for sung in generate(Recites(tune), GenerationConfig(bars=4, variations=3, longest_copy=longest), known=known):
        assert sung.notes and longest_copy(known, sung) <= longest
    (other,) = generate(Recites(tune), GenerationConfig(bars=4, longest_copy=longest), known=KnownMusic([]))
    assert other.notes == copied.notes


@pytest.mark.parametrize("longest", [2, 4])
def test_nothing_else_changes_where_nothing_is_copied(longest: int, melody: MakeMelody) -> None:
    model, far_off = tiny("gru"), KnownMusic([melody([30, 100], [17, 1])])
    config = GenerationConfig(bars=4, variations=2)
    watched = replace(config, longest_copy=longest)
    assert generate(model, watched, known=far_off) == generate(model, config)


def test_the_notes_of_the_primer_do_not_count_as_copied(melody: MakeMelody) -> None:
    tune = melody(JACQUES)
    known, primer = KnownMusic([tune]), Melody(tune.notes[:8])
    (sung,) = generate(Recites(tune), GenerationConfig(bars=1, longest_copy=4), primer, known=known)
    assert [note.pitch for note in sung.notes] == JACQUES[:12]  # eight and four
    (sung,) = generate(Recites(tune), GenerationConfig(bars=2, longest_copy=4), primer, known=known)
    assert [note.pitch for note in sung.notes[:12]] == JACQUES[:12] and sung.notes[12].pitch != JACQUES[12]


def test_where_every_pitch_is_a_copy_the_least_bad_is_sung(melody: MakeMelody) -> None:
    """Whatever follows two Cs, it is known; and so is what follows three of them, where that is C or E."""
    known = KnownMusic(
        [*(melody([60, 60, pitch]) for pitch in range(21, 109)), melody([60, 60, 60, 60]), melody([60, 60, 60, 64])]
    )
    assert known.copies(melody([60, 60, 60]).notes, 3, 2) == {*range(21, 109)}
    tune = melody([60, 60, 60, 60])
    (sung,) = generate(Recites(tune), GenerationConfig(bars=1, longest_copy=2), known=known)
    first, second, third, fourth = (note.pitch for note in sung.notes)
    assert (first, second, third) == (60, 60, 60) and fourth not in (60, 64)


def test_not_to_copy_needs_to_know_what(melody: MakeMelody) -> None:
    with pytest.raises(SettingsError, match=r"longest_copy.*known=KnownMusic"):
        generate(StandIn(C4), GenerationConfig(bars=1, longest_copy=4))
    with pytest.raises(SettingsError, match="longest_copy"):
        GenerationConfig(longest_copy=1)
    with pytest.raises(SettingsError, match="known"):
        generate(StandIn(C4), GenerationConfig(bars=1, longest_copy=4), known=[melody([60])])  # type: ignore[arg-type]


# Probabilities 0.5, 0.3, 0.2 in the order 2, 0, 1.
LOGITS = torch.tensor([[0.3, 0.2, 0.5, 0.0]]).double().log()


@pytest.mark.parametrize(
    "chance, settings, token",
    [
        (0.0, {}, 2),
        (0.49, {}, 2),
        (0.51, {}, 0),
        (0.79, {}, 0),
        (0.81, {}, 1),
        (0.999999, {}, 1),
        (0.999999, {"top_k": 1}, 2),
        (0.999999, {"top_k": 2}, 0),
        (0.6, {"top_k": 2}, 2),
        (0.999999, {"top_k": 99}, 1),
        (0.999999, {"top_p": 0.4}, 2),
        (0.999999, {"top_p": 0.7}, 0),
        (0.999999, {"top_p": 1e-9}, 2),
        (0.999999, {"temperature": 1e-300}, 2),
        (0.51, {"temperature": 0.5}, 2),
        (0.36, {"temperature": 1e9}, 0),
    ],
)
def test_a_chance_falls_on_a_token_by_probability(chance: float, settings: dict[str, Any], token: int) -> None:
    settings = {"temperature": 1.0, "top_k": None, "top_p": None, **settings}
    assert draw(LOGITS, [chance], **settings).tolist() == [token]


def test_plain_sequences_go_on_in_any_vocabulary() -> None:
    config = GenerationConfig(variations=3)
    sequences = generate_tokens(StandIn(1, 2, vocab_size=5), config, [4, 0], 20)
    assert len(sequences) == 3
    assert all(sequence[:2] == [4, 0] and len(sequence) == 22 for sequence in sequences)
    assert {token for sequence in sequences for token in sequence[2:]} == {1, 2}
    with pytest.raises(SettingsError, match="opening"):
        generate_tokens(StandIn(vocab_size=5), config, [], 20)


@pytest.mark.parametrize(
    "setting, value",
    [
        ("temperature", 0.0),
        ("temperature", math.nan),
        ("temperature", math.inf),
        ("top_k", 0),
        ("top_p", 0.0),
        ("top_p", 1.1),
        ("bars", 0),
        ("bars", 257),
        ("variations", 0),
        ("variations", 65),
        ("qpm", -1.0),
    ],
)
def test_impossible_settings_are_named_with_their_value(setting: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=f"^{setting}: needs .*, but is {value}"):
        GenerationConfig(**{setting: value})
