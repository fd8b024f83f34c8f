"""The training loop. It knows neither music nor search: tokens come in, each epoch's losses are told."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chromasonic.checks import function, instance, record_of, whole
from chromasonic.errors import ChromasonicError
from chromasonic.melody_generation.sizes import MAX_SEED

from .batches import IGNORED, Augment, Batch, Corpus
from .config import TrainingConfig
from .devices import resolve_device
from .probe import answers_every_position

Model = TypeVar("Model", bound=nn.Module)


@dataclass(frozen=True)
class EpochProgress:
    """What an epoch came to; losses in nats per token."""

    epoch: int  # from 1
    train_loss: float  # mean over the epoch, while the weights were changing
    validation_loss: float  # after the epoch
    seconds: float  # since training began


@dataclass(frozen=True)
class TrainingHistory:
    """All epochs of a training."""

    epochs: tuple[EpochProgress, ...]

    @property
    def best(self) -> EpochProgress:
        """The epoch with the lowest validation loss; the model has its weights."""
        return min(self.epochs, key=lambda progress: progress.validation_loss)


class DivergedError(ChromasonicError):
    """The loss stopped being a number."""


class TrainingStoppedError(ChromasonicError):
    """Training was asked to stop, and did so between two batches."""


def build_model(
    model_class: Callable[..., Model], vocab_size: int, architecture: dict[str, Any], seed: int, device: torch.device
) -> Model:
    """A model with weights that follow from `seed`; the caller's own random numbers go on as if nothing happened.

    Raises:
        SettingsError: an argument is not what it may be.
        DeviceError: the device is not there.
    """
    function("model_class", model_class, "the class itself, such as LSTMMelodyModel")
    record_of("architecture", architecture, ("embedding_dim", "hidden_size", "num_layers", "dropout"))
    whole("seed", seed, at_least=0, at_most=MAX_SEED)
    device = resolve_device(device)
    with _seeded(seed, device):
        return model_class(vocab_size=vocab_size, **architecture).to(device)


def count_parameters(model: nn.Module) -> int:
    """How many numbers training adjusts."""
    instance("model", model, nn.Module, "a model, such as LSTMMelodyModel(…)")
    return sum(weights.numel() for weights in model.parameters() if weights.requires_grad)


def train(
    model: nn.Module,
    train_corpus: Corpus,
    validation_corpus: Corpus,
    config: TrainingConfig,
    *,
    on_epoch: Callable[[EpochProgress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
    augment: Augment | None = None,
) -> TrainingHistory:
    """Fit `model`, calling `on_epoch(progress)` after each epoch; what it raises ends the training.

    However training ends, the model is left with the weights of its best epoch so far.

    Raises:
        SettingsError: an argument is not what it may be.
        ModelError: the model answers in a shape that is not promised.
        DivergedError: the loss stopped being a number.
        TrainingStoppedError: `should_stop()` was true between two batches.
    """
    instance("train_corpus", train_corpus, Corpus, "a Corpus(…)")
    instance("validation_corpus", validation_corpus, Corpus, "a Corpus(…)")
    instance("config", config, TrainingConfig, "a TrainingConfig(…)")
    function("on_epoch", on_epoch, "a function of an EpochProgress")
    function("should_stop", should_stop, "a function that says True or False")
    if augment is not None:
        function("augment", augment, "a function of tokens (B, T), or None")
    every_position = answers_every_position(model, train_corpus)
    trainer = _Trainer(model, train_corpus, config, every_position, augment)
    best = _BestWeights(model)
    history: list[EpochProgress] = []
    started = time.perf_counter()
    try:
        with _seeded(config.seed, train_corpus.device):
            for epoch in range(1, config.epochs + 1):
                train_loss = trainer.train_one_epoch(should_stop)
                validation_loss = _mean_loss(model, validation_corpus, every_position, should_stop)
                if not (math.isfinite(train_loss) and math.isfinite(validation_loss)):
                    raise DivergedError(
                        f"the loss stopped being a number at epoch {epoch}; a lower learning rate usually helps"
                    )
                history.append(EpochProgress(epoch, train_loss, validation_loss, time.perf_counter() - started))
                best.offer(validation_loss, epoch)
                on_epoch(history[-1])
                if epoch - best.epoch >= config.patience:
                    break
    finally:
        best.restore()
    return TrainingHistory(tuple(history))


def evaluate(model: nn.Module, corpus: Corpus) -> float:
    """The loss of `model` on `corpus` in nats per token: the exact mean over all targets.

    Raises:
        SettingsError: this is no model, or no corpus.
        ModelError: the model answers in a shape that is not promised.
    """
    return _mean_loss(model, corpus, answers_every_position(model, corpus))


@dataclass(frozen=True)
class TargetLosses:
    """What a model thinks of every target of a corpus: in an order that is the same for all models of one kind."""

    nats: Tensor  # (N,) -ln of the probability that it gives each
    tunes: Tensor  # (N,) which tune each is from, by place in the corpus's sequences
    n_tunes: int

    def of_each_tune(self) -> list[float]:
        """Summed over each tune, in nats."""
        sums = torch.zeros(self.n_tunes, dtype=torch.float64)
        each: list[float] = sums.index_add_(0, self.tunes, self.nats).tolist()
        return each


@torch.inference_mode()
def target_losses(model: nn.Module, corpus: Corpus) -> TargetLosses:
    """The loss of `model` on every target of `corpus`; their mean is what `evaluate` gives.

    Raises:
        SettingsError: this is no model, or no corpus.
        ModelError: the model answers in a shape that is not promised.
    """
    every_position = answers_every_position(model, corpus)
    model.eval()
    nats: list[Tensor] = []
    places: list[Tensor] = []
    for batch, tunes in corpus.evaluation_batches_with_tunes(every_position=every_position):
        counts = batch.targets != IGNORED  # (B, T) or (B,)
        logits = model(batch.inputs)[counts]  # (N, V)
        nats.append(F.cross_entropy(logits, batch.targets[counts], reduction="none").double().cpu())
        shown = tunes[:, None].expand_as(counts) if every_position else tunes
        places.append(shown[counts.cpu()])
    return TargetLosses(torch.cat(nats), torch.cat(places), len(corpus.sequences))


class _Trainer:
    """A model, its optimizer and where it stands on the way."""

    def __init__(
        self, model: nn.Module, corpus: Corpus, config: TrainingConfig, every_position: bool, augment: Augment | None
    ) -> None:
        self.model, self.corpus, self.config = model, corpus, config
        self.every_position, self.augment = every_position, augment
        self.order = torch.Generator().manual_seed(config.seed)
        self.optimizer = _optimizer(model, config)
        batches_per_epoch = corpus.n_batches(every_position=every_position, batch_size=config.batch_size)
        self.step, self.n_steps = 0, config.epochs * batches_per_epoch
        # Where the rise would not fill one step, that step would only be lost: a run of a few steps starts at the peak.
        self.warm_up = config.warm_up if config.warm_up * self.n_steps >= 1 else 0.0
        self.precision = _precision(corpus.device, config)
        # Half precision alone needs its gradients scaled up, or small ones vanish; elsewhere this does nothing.
        self.scaler = torch.amp.GradScaler(corpus.device.type, enabled=self.precision == torch.float16)

    def train_one_epoch(self, should_stop: Callable[[], bool]) -> float:
        """See every target once; the mean loss on the way, in nats per token."""
        self.model.train()
        total, n_targets = torch.zeros((), device=self.corpus.device), 0
        for batch in self.corpus.batches(
            every_position=self.every_position,
            batch_size=self.config.batch_size,
            generator=self.order,
            augment=self.augment,
        ):
            if should_stop():
                raise TrainingStoppedError("training was stopped")
            total += self.learn(batch)
            n_targets += batch.n_targets
        return float(total) / n_targets

    def learn(self, batch: Batch) -> Tensor:
        """One optimizer step; the summed loss of the batch before it."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * schedule(self.step / self.n_steps, self.warm_up)
        self.step += 1
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.corpus.device.type, self.precision, enabled=self.precision is not None):
            loss = _summed_loss(self.model, batch)
        torch.autograd.backward(self.scaler.scale(loss / batch.n_targets))
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return loss.detach()


class _BestWeights:
    """Keeps the weights of the best epoch so far."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.loss, self.epoch = math.inf, 0
        self.weights: dict[str, Any] | None = None

    def offer(self, loss: float, epoch: int) -> None:
        """Keep the weights as they are now if they are better."""
        if loss < self.loss:
            self.loss, self.epoch = loss, epoch
            self.weights = copy.deepcopy(self.model.state_dict())

    def restore(self) -> None:
        """Give the model its best weights."""
        if self.weights is not None:
            self.model.load_state_dict(self.weights)


def schedule(progress: float, warm_up: float) -> float:
    """The share of the peak learning rate after `progress` (0 to 1) of all steps: a straight rise, then a half cosine.

    It ends where the training ends; a schedule cut short never cools down.
    """
    if progress < warm_up:
        return 0.01 + 0.99 * progress / warm_up
    return 0.5 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up)))


@torch.inference_mode()
def _mean_loss(
    model: nn.Module, corpus: Corpus, every_position: bool, should_stop: Callable[[], bool] = lambda: False
) -> float:
    model.eval()
    losses: list[Tensor] = []  # added up in the end: to look at each would let a graphics card wait
    n_targets = 0
    for batch in corpus.evaluation_batches(every_position=every_position):
        if should_stop():
            raise TrainingStoppedError("training was stopped")
        losses.append(_summed_loss(model, batch))
        n_targets += batch.n_targets
    return math.fsum(torch.stack(losses).tolist()) / n_targets


def _summed_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy in nats, summed over the batch's targets."""
    logits = model(batch.inputs)  # (B, T, V) or (B, V)
    return F.cross_entropy(logits.flatten(0, -2), batch.targets.flatten(), reduction="sum")


def _optimizer(model: nn.Module, config: TrainingConfig) -> torch.optim.AdamW:
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [parameter for parameter in weights if parameter.ndim >= 2], "weight_decay": config.weight_decay},
        {"params": [parameter for parameter in weights if parameter.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, config.beta2), fused=True)


def _precision(device: torch.device, config: TrainingConfig) -> torch.dtype | None:
    """The shorter numbers to compute with, if any."""
    if device.type != "cuda" or not config.mixed_precision:
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Random numbers that follow from `seed` inside, and the caller's own untouched outside."""
    cards: Sequence[torch.device] = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(cards):
        torch.manual_seed(seed)
        yield
