"""What a graphics card must do like the processor. Skipped where there is none."""

from __future__ import annotations

import gc
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from chromasonic.melody_generation.datasets import SearchData
from chromasonic.melody_generation.generation import GenerationConfig, generate
from chromasonic.melody_generation.hyperparameter_search import HyperparameterOptimizer, HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.candidate import Answer, Candidate, CandidateFailedError
from chromasonic.melody_generation.hyperparameter_search.in_process import InProcessTrainer
from chromasonic.melody_generation.models import MODEL_FAMILIES, LSTMMelodyModel
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.melody_generation.training import (
    Corpus,
    TrainingConfig,
    build_model,
    create_training_data,
    device_name,
    evaluate,
    train,
)
from chromasonic.melody_generation.training.checkpoints import load_checkpoint, save_checkpoint
from chromasonic.melody_generation.training.loop import Training
from chromasonic.melody_generation.training.resting import restore_training, save_training
from chromasonic.music.melody import Melody

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA graphics card")

CARD = torch.device("cuda:0")
CPU = torch.device("cpu")
ARCHITECTURE = {"embedding_dim": 32, "hidden_size": 64, "num_layers": 2, "dropout": 0.0}
TRAIN, VALIDATION = create_training_data(60, 24, 88, 0.8, seed=0)


def corpora(device: torch.device) -> list[Corpus]:
    return [Corpus(part, context=24, vocab_size=88, device=device) for part in (TRAIN, VALIDATION)]


def trained(family: str, device: torch.device, **config: object) -> tuple[nn.Module, list[float]]:
    """A model after four epochs, and its validation losses in nats per token."""
    model = build_model(MODEL_FAMILIES[family], 88, ARCHITECTURE, seed=0, device=device)
    settings = replace(TrainingConfig(epochs=4, learning_rate=3e-3, batch_size=16), **config)
    history = train(model, *corpora(device), settings)
    return model, [epoch.validation_loss for epoch in history.epochs]


@pytest.mark.parametrize("family", MODEL_FAMILIES)
def test_each_family_learns_on_a_card_what_it_learns_on_the_processor(family: str) -> None:
    _, expected = trained(family, CPU)
    _, losses = trained(family, CARD, mixed_precision=False)
    assert losses == pytest.approx(expected, abs=0.02)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("family", MODEL_FAMILIES)
def test_shorter_numbers_cost_less_than_a_hundredth_of_a_nat(family: str) -> None:
    _, full = trained(family, CARD, mixed_precision=False)
    _, short = trained(family, CARD, mixed_precision=True)
    assert min(short) == pytest.approx(min(full), abs=0.03)


@pytest.mark.parametrize("family", MODEL_FAMILIES)
def test_one_seed_gives_one_history_on_a_card(family: str) -> None:
    assert trained(family, CARD)[1] == trained(family, CARD)[1]


@pytest.mark.parametrize("family", MODEL_FAMILIES)
def test_a_training_that_rested_goes_on_alike_on_a_card(family: str, tmp_path: Path) -> None:
    def begun() -> Training:
        model = build_model(MODEL_FAMILIES[family], 88, {**ARCHITECTURE, "dropout": 0.3}, seed=0, device=CARD)
        return Training(model, *corpora(CARD), TrainingConfig(epochs=4, learning_rate=3e-3, batch_size=16))

    in_one_go, rests, goes_on = begun(), begun(), begun()
    for _ in range(4):
        in_one_go.run_epoch()
    rests.run_epoch()
    save_training(tmp_path / "rests.safetensors", rests, {})
    torch.cuda.manual_seed(7)  # what the caller draws between has no part in it
    restore_training(tmp_path / "rests.safetensors", goes_on, {})
    while not goes_on.is_done:
        goes_on.run_epoch()
    expected = [epoch.validation_loss for epoch in in_one_go.history.epochs]
    assert [epoch.validation_loss for epoch in goes_on.history.epochs] == expected


@pytest.mark.parametrize("family", MODEL_FAMILIES)
def test_a_model_of_a_card_is_kept_and_is_the_same_on_the_processor(family: str, tmp_path: Path) -> None:
    model, _ = trained(family, CARD)
    on_card = evaluate(model, corpora(CARD)[1])
    metadata = {"family": family, "arguments": {"vocab_size": 88, **ARCHITECTURE}}
    save_checkpoint(tmp_path / "kept", model, metadata)
    again, _ = load_checkpoint(tmp_path / "kept")
    assert evaluate(again, corpora(CPU)[1]) == pytest.approx(on_card, abs=2e-3)


@pytest.mark.parametrize("family", MODEL_FAMILIES)
def test_a_model_on_a_card_sings(family: str) -> None:
    model = build_model(MODEL_FAMILIES[family], VOCABULARY.size, ARCHITECTURE, seed=0, device=CARD)
    (melody,) = generate(model, GenerationConfig(bars=4), Melody(()), context=64)
    assert len(melody.notes) > 0


# --- a search


class TooLargeAtFirst(LSTMMelodyModel):
    """Asks for more memory than any card has in its first training, and is well behaved in every other."""

    asked = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training and not TooLargeAtFirst.asked:
            TooLargeAtFirst.asked = True
            torch.empty(2**42, dtype=torch.uint8, device=x.device)  # 4 TiB
        return super().forward(x)


def candidate(number: int) -> Candidate:
    params = {**ARCHITECTURE, "learning_rate": 3e-3, "batch_size": 16}
    return Candidate(number=number, params=params, epochs=2, seed=number, family="lstm", transpose=False)


def practice() -> SearchData:
    return SearchData(
        train=TRAIN,
        validation=VALIDATION,
        test=[],
        vocab_size=88,
        sequence_length=24,
        music="practice",
        melodic=False,
    )


def test_a_trial_that_needs_more_memory_than_the_card_has_fails_and_the_next_one_trains() -> None:
    trainer = InProcessTrainer(practice(), "cuda", TooLargeAtFirst)
    with pytest.raises(CandidateFailedError, match="ran out of memory with hidden size 64, 2 layers"):
        trainer.train(candidate(0), lambda epoch: Answer.GO_ON)
    assert trainer.train(candidate(1), lambda epoch: Answer.GO_ON).epochs_run == 2


def test_a_trial_gives_its_memory_back() -> None:
    trainer = InProcessTrainer(practice(), "cuda")
    left = []
    for number in range(4):
        trainer.train(candidate(number), lambda epoch: Answer.GO_ON)
        trainer.close()
        gc.collect()
        left.append(torch.cuda.memory_allocated())
    assert left[1:] == left[1:2] * 3  # the first also makes the library's own workspace


def test_a_whole_search_runs_on_the_card_and_says_so(tmp_path: Path) -> None:
    space = HyperparameterSearchSpace(hidden_size_range=(32, 64), num_layers_range=(1, 2), num_epochs=3)
    optimizer = HyperparameterOptimizer(
        model_class=LSTMMelodyModel, search_space=space, device="cuda", output_dir=tmp_path, verbose=False
    )
    results = optimizer.optimize(
        train_data=TRAIN, val_data=VALIDATION, vocab_size=88, sequence_length=24, n_trials=3, study_name="on a card"
    )
    assert results["n_trials"] == 3
    told = json.loads((tmp_path / "optimization_results.json").read_text(encoding="utf-8"))
    assert told["to_repeat"]["device"] == device_name("cuda")
