import math
from collections.abc import Iterator
from itertools import chain, repeat

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from chromasonic.errors import ModelError, SettingsError
from chromasonic.melody_generation.models import MODEL_FAMILIES
from chromasonic.melody_generation.training import (
    Corpus,
    DivergedError,
    EpochProgress,
    TrainingConfig,
    TrainingHistory,
    TrainingStoppedError,
    answers_every_position,
    build_model,
    count_parameters,
    evaluate,
    target_losses,
    train,
)
from chromasonic.melody_generation.training.adamw import AdamW
from chromasonic.melody_generation.training.loop import Training, schedule

KEYS = 12
PHRASE = [0, 2, 4, 5, 7, 9, 11, 7, 4, 0, 4, 2, 0]
ARCHITECTURE = {"embedding_dim": 16, "hidden_size": 32, "num_layers": 2, "dropout": 0.2}
FAST = TrainingConfig(epochs=3, learning_rate=1e-2, batch_size=2)


def corpus(*sequences: list[int], vocab_size: int = KEYS, context: int = 16) -> Corpus:
    return Corpus(sequences or [PHRASE], context=context, vocab_size=vocab_size)


def built(family: str = "lstm", **changes: float) -> nn.Module:
    return build_model(MODEL_FAMILIES[family], KEYS, {**ARCHITECTURE, **changes}, seed=0, device=torch.device("cpu"))


class NextNoteRNN(nn.Module):
    """A model as users write them: one answer, for the note after the last."""

    def __init__(self, vocab_size: int, embedding_dim: int, hidden_size: int, num_layers: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.rnn = nn.RNN(embedding_dim, hidden_size, num_layers, batch_first=True)
        self.out = nn.Linear(hidden_size, vocab_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.rnn(self.embedding(x))[0][:, -1])


class Scripted(nn.Module):
    """Knows two tokens and has, whenever it is validated on the tune 0 1, the next loss of a table."""

    def __init__(self, losses: list[float]) -> None:
        super().__init__()
        self.losses: Iterator[float] = chain([1.0], losses, repeat(9.0))  # the first is for the look at its answer
        self.weight = nn.Parameter(torch.zeros(()))
        self.register_buffer("validations", torch.tensor(-1.0))

    def forward(self, tokens: Tensor) -> Tensor:
        score = self.weight
        if not self.training:
            self.validations += 1
            score = -torch.tensor(next(self.losses)).expm1().log() + 0 * self.weight  # the loss is log(1 + exp(-score))
        return torch.stack([torch.zeros_like(score), score]).expand(*tokens.shape, 2)


@pytest.mark.parametrize("family", MODEL_FAMILIES)
def test_a_small_model_learns_one_phrase_by_heart(family: str) -> None:
    tune = corpus()
    model = built(family, dropout=0.0)
    history = train(model, tune, tune, TrainingConfig(epochs=120, learning_rate=2e-2, patience=120))
    assert history.best.validation_loss < 0.1  # one note, 9 of 12, hangs on what came before the one before
    assert model(torch.tensor([PHRASE[:-1]])).argmax(-1).tolist() == [PHRASE[1:]]


def test_a_model_that_answers_once_learns_too() -> None:
    tune = corpus(context=4)
    model = build_model(NextNoteRNN, KEYS, ARCHITECTURE, seed=0, device=torch.device("cpu"))
    history = train(model, tune, tune, TrainingConfig(epochs=60, learning_rate=1e-2, patience=60))
    assert history.best.validation_loss < 0.1
    assert evaluate(model, tune) == history.best.validation_loss


@pytest.mark.parametrize("family", MODEL_FAMILIES)
def test_one_seed_gives_one_loss_and_leaves_the_callers_chance_alone(family: str) -> None:
    tunes = corpus(*[PHRASE[start:] for start in range(8)])

    def losses(seed: int) -> list[float]:
        config = TrainingConfig(epochs=2, learning_rate=1e-2, batch_size=2, seed=seed)
        return [epoch.validation_loss for epoch in train(built(family), tunes, tunes, config).epochs]

    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first, same = losses(1), losses(1)
    assert_close(torch.rand(3), expected)
    torch.manual_seed(8)
    assert first == same == losses(1)
    assert losses(2) != first


@pytest.mark.parametrize(
    "losses, patience, epochs_run, best_epoch",
    [
        ([0.9, 0.8, 0.7, 0.6], 5, 4, 4),
        ([0.9, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.4], 5, 7, 2),
        ([0.5, 0.6, 0.4, 0.6, 0.6, 0.3], 2, 5, 3),
        ([0.5, 0.5, 0.5, 0.1], 2, 3, 1),
    ],
    ids=["always better", "five epochs no better", "better just in time", "as good is no better"],
)
def test_training_ends_when_nothing_improves_and_keeps_the_best(
    losses: list[float], patience: int, epochs_run: int, best_epoch: int
) -> None:
    tune = corpus([0, 1], vocab_size=2)
    model = Scripted(losses)
    history = train(model, tune, tune, TrainingConfig(epochs=len(losses), patience=patience))
    assert [round(epoch.validation_loss, 5) for epoch in history.epochs] == losses[:epochs_run]
    assert history.best.epoch == best_epoch
    assert int(model.validations) == best_epoch  # the weights of that epoch are back


def test_each_epoch_is_told_once_in_order() -> None:
    told: list[EpochProgress] = []
    history = train(built(), corpus(), corpus(), FAST, on_epoch=told.append)
    assert history == TrainingHistory(tuple(told))
    assert [progress.epoch for progress in told] == [1, 2, 3]
    assert told[0].seconds < told[1].seconds < told[2].seconds


def test_what_the_listener_raises_ends_the_training_with_the_best_weights_so_far() -> None:
    tune = corpus([0, 1], vocab_size=2)
    model = Scripted([0.5, 0.3, 0.8, 0.1])

    def enough(progress: EpochProgress) -> None:
        if progress.epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(model, tune, tune, TrainingConfig(epochs=9), on_epoch=enough)
    assert int(model.validations) == 2


def test_a_stop_does_not_wait_for_the_end_of_the_epoch() -> None:
    tunes = corpus(*[PHRASE] * 20)
    asked = []

    def third_time() -> bool:
        asked.append(True)
        return len(asked) == 3

    with pytest.raises(TrainingStoppedError):
        train(built(), tunes, tunes, TrainingConfig(batch_size=1), should_stop=third_time)
    assert len(asked) == 3  # of 20 batches


def test_a_loss_that_is_no_number_ends_the_training_and_says_so() -> None:
    with pytest.raises(DivergedError, match="stopped being a number at epoch 2; a lower learning rate usually helps"):
        train(Scripted([0.5, math.nan]), *[corpus([0, 1], vocab_size=2)] * 2, TrainingConfig())


class Answers(nn.Module):
    """Gives whatever it was told to."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, tokens: Tensor) -> object:
        return self.answer


@pytest.mark.parametrize(
    "answer, came",
    [
        (torch.zeros(2, 12, 7), r"\(2, 12, 7\) came"),
        (torch.zeros(2, 7), r"\(2, 7\) came"),
        (torch.zeros(12, 2, KEYS), r"\(12, 2, 12\) came"),
        (torch.zeros(2, KEYS, dtype=torch.int32), r"\(2, 12\) of torch\.int32 came"),
        ((torch.zeros(2, KEYS), None), "a tuple came"),
        (None, "a NoneType came"),
    ],
    ids=["too few tokens", "too few tokens next", "time before batch", "whole numbers", "two things", "nothing"],
)
def test_another_answer_is_refused_with_what_came_and_what_was_expected(answer: object, came: str) -> None:
    with pytest.raises(ModelError, match=r"shape \(2, 12\).* \(2, 12, 12\), .* \(2, 12\), .*" + came):
        answers_every_position(Answers(answer), corpus())


@pytest.mark.parametrize("shape, every", [((2, 12, KEYS), True), ((2, KEYS), False)])
def test_the_number_of_dimensions_tells_every_position_from_the_next(shape: tuple[int, ...], every: bool) -> None:
    assert answers_every_position(Answers(torch.zeros(shape)), corpus()) is every  # T is V here, and it does not matter


def test_a_look_at_a_models_answer_leaves_it_as_it_was() -> None:
    model = built().train()
    before = [weights.clone() for weights in model.parameters()]
    answers_every_position(model, corpus())
    assert model.training
    assert_close(list(model.parameters()), before)


def test_evaluation_is_the_exact_mean_over_all_targets() -> None:
    model = built().eval()
    tunes = [PHRASE, PHRASE[:3], PHRASE[4:9]]
    losses = [
        nn.functional.cross_entropy(model(torch.tensor([tune[:-1]]))[0], torch.tensor(tune[1:]), reduction="none")
        for tune in tunes
    ]
    assert evaluate(model, corpus(*tunes)) == pytest.approx(torch.cat(losses).mean().item(), abs=1e-6)


def test_augmentation_reaches_training_and_not_validation() -> None:
    upwards, falling = [0, 1] * 6, [1, 0] * 6
    model = built(dropout=0.0)
    history = train(
        model,
        corpus(upwards),
        corpus(falling),
        TrainingConfig(epochs=20, learning_rate=1e-2, patience=20),
        augment=lambda phrases, chance: phrases + 2,
    )
    assert history.epochs[-1].train_loss < 0.5 < 2 < history.epochs[-1].validation_loss


@pytest.mark.parametrize(
    "progress, share",
    [(0, 0.01), (0.05, 0.505), (0.1, 1.0), (0.55, 0.5), (1, 0.0)],
    ids=["start", "rise", "peak", "half", "end"],
)
def test_the_learning_rate_rises_then_falls_to_nothing_at_the_end(progress: float, share: float) -> None:
    assert schedule(progress, warm_up=0.1) == pytest.approx(share)


@pytest.mark.parametrize("epochs, share", [(1, 1.0), (19, 1.0), (20, 0.01)], ids=["one step", "19 steps", "20 steps"])
def test_the_first_of_a_few_steps_is_not_lost_to_the_rise(epochs: int, share: float) -> None:
    shares: list[float] = []

    class Noting(AdamW):
        def step(self, learning_rate: float) -> None:
            shares.append(learning_rate / 0.5)

    training = Training(built(), corpus(), corpus(), TrainingConfig(epochs=epochs, learning_rate=0.5))
    training.optimizer = Noting(training.model, weight_decay=0, beta2=0.98)
    training.run_epoch()
    assert shares == [pytest.approx(share)]


def test_parameters_are_counted_by_hand() -> None:
    model = NextNoteRNN(vocab_size=10, embedding_dim=2, hidden_size=3, num_layers=1, dropout=0)
    assert count_parameters(model) == 10 * 2 + (3 * 2 + 3 * 3 + 3 + 3) + (3 * 10 + 10)
    model.embedding.requires_grad_(False)
    assert count_parameters(model) == 21 + 40


@pytest.mark.parametrize(
    "field, value", [("epochs", 0), ("batch_size", 0), ("learning_rate", math.nan), ("clip_norm", 0), ("warm_up", 1)]
)
def test_an_impossible_setting_is_named(field: str, value: float) -> None:
    with pytest.raises(SettingsError, match=f"^{field}: needs a .*, but is {value}") as caught:
        TrainingConfig(**{field: value})
    assert caught.value.field == field


@pytest.mark.parametrize("model", [built(), NextNoteRNN(KEYS, **ARCHITECTURE)], ids=["every position", "the next note"])
def test_the_losses_of_all_tunes_add_up_to_the_loss(model: nn.Module) -> None:
    tunes = corpus(PHRASE, [0, 4, 7], PHRASE[::-1] * 3)
    losses = target_losses(model, tunes).of_each_tune()
    assert math.fsum(losses) / (12 + 2 + 38) == pytest.approx(evaluate(model, tunes), abs=1e-5)


def test_the_loss_of_a_tune_is_what_it_is_alone() -> None:
    model = built()
    sequences = [PHRASE, [0, 4, 7], PHRASE[::-1] * 3]
    alone = [evaluate(model, corpus(tune)) * (len(tune) - 1) for tune in sequences]
    assert target_losses(model, corpus(*sequences)).of_each_tune() == pytest.approx(alone, abs=1e-4)
