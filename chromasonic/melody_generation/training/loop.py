"""The training loop. It knows neither music nor search: tokens come in, each epoch's losses are told."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chromasonic.checks import function, instance, record_of, whole
from chromasonic.errors import ChromasonicError
from chromasonic.melody_generation.sizes import MAX_SEED

from .adamw import AdamW
from .batches import IGNORED, Augment, Batch, Corpus
from .checkpoints import tensors_of
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
    seconds: float  # of training up to here; what is done between two epochs is not counted


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
    training = Training(model, train_corpus, validation_corpus, config, augment=augment)
    try:
        while not training.is_done:
            on_epoch(training.run_epoch(should_stop))
    finally:
        training.give_best_weights()
    return training.history


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


@dataclass(frozen=True)
class TrainingState:
    """All that a training needs to go on, at an epoch's end, as if it had never rested."""

    epochs: tuple[EpochProgress, ...]
    tensors: dict[str, Tensor]  # on the CPU, by the names in docs/resting.md; shared with nothing


class Training:
    """A training under way: a model, what trains it, and where they stand. It trusts its arguments; `train` does not.

    Raises:
        ModelError: the model answers in a shape that is not promised.
    """

    def __init__(
        self,
        model: nn.Module,
        train_corpus: Corpus,
        validation_corpus: Corpus,
        config: TrainingConfig,
        *,
        augment: Augment | None = None,
    ) -> None:
        self.model, self.corpus, self.validation_corpus, self.config = model, train_corpus, validation_corpus, config
        self.augment = augment
        self.every_position = answers_every_position(model, train_corpus)
        self.order = torch.Generator().manual_seed(config.seed)
        self.optimizer = AdamW(model, weight_decay=config.weight_decay, beta2=config.beta2)
        self.batches_per_epoch = train_corpus.n_batches(
            every_position=self.every_position, batch_size=config.batch_size
        )
        self.step, self.n_steps = 0, config.epochs * self.batches_per_epoch
        # Where the rise would not fill one step, that step would only be lost: a run of a few steps starts at the peak.
        self.warm_up = config.warm_up if config.warm_up * self.n_steps >= 1 else 0.0
        self.precision = _precision(self.device, config)
        # Half precision alone needs its gradients scaled up, or small ones vanish; elsewhere this does nothing.
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision == torch.float16)
        self._chance = _Chance(config.seed, self.device)
        self._epochs: list[EpochProgress] = []
        self._best_weights: dict[str, Any] | None = None

    @property
    def device(self) -> torch.device:
        """Where it happens."""
        return self.corpus.device

    @property
    def history(self) -> TrainingHistory:
        """The epochs so far, those before a rest too."""
        return TrainingHistory(tuple(self._epochs))

    @property
    def is_done(self) -> bool:
        """Whether all epochs were run, or nothing has become better for too long."""
        n_epochs = len(self._epochs)
        if n_epochs == 0:
            return False
        return n_epochs >= self.config.epochs or n_epochs - self.history.best.epoch >= self.config.patience

    def run_epoch(self, should_stop: Callable[[], bool] = lambda: False) -> EpochProgress:
        """See every target once, then look at the validation loss.

        Raises:
            DivergedError: the loss stopped being a number.
            TrainingStoppedError: `should_stop()` was true between two batches.
        """
        epoch, began = len(self._epochs) + 1, time.perf_counter()
        with self._chance.drawn():
            train_loss = self._learn_all(should_stop)
            validation_loss = _mean_loss(self.model, self.validation_corpus, self.every_position, should_stop)
        if not (math.isfinite(train_loss) and math.isfinite(validation_loss)):
            raise DivergedError(
                f"the loss stopped being a number at epoch {epoch}; a lower learning rate usually helps"
            )
        seconds = time.perf_counter() - began + (self._epochs[-1].seconds if self._epochs else 0.0)
        self._epochs.append(EpochProgress(epoch, train_loss, validation_loss, seconds))
        if self.history.best.epoch == epoch:
            self._best_weights = copy.deepcopy(self.model.state_dict())
        return self._epochs[-1]

    def give_best_weights(self) -> None:
        """Leave the model with the weights of its best epoch so far; ask one that rests for its state first."""
        if self._best_weights is not None:
            self.model.load_state_dict(self._best_weights)

    def state(self) -> TrainingState:
        """Where it stands, after an epoch.

        Raises:
            CheckpointError: the model's state holds something else than tensors.
        """
        tensors = _named("now", tensors_of(self.model.state_dict()))
        if self._best_weights is not None and self.history.best.epoch < len(self._epochs):
            tensors |= _named("best", tensors_of(self._best_weights))
        tensors |= _named("adamw", self.optimizer.state())
        tensors |= _named("chance", {kind: state.clone() for kind, state in self._chance.states.items()})
        tensors["order"] = self.order.get_state()
        if self.scaler.is_enabled():
            scaling = self.scaler.state_dict()
            tensors["scaler"] = torch.tensor([scaling["scale"], scaling["_growth_tracker"]], dtype=torch.float64)
        return TrainingState(tuple(self._epochs), tensors)

    def restore(self, state: TrainingState) -> None:
        """Stand where `state` was taken, to be called before the first epoch.

        Raises:
            ValueError: it was taken of another training; nothing has changed, or the model and this are of no use.
            RuntimeError: the same.
        """
        if not 1 <= len(state.epochs) <= self.config.epochs:
            raise ValueError(f"{len(state.epochs)} epochs")
        n_epochs, best = len(state.epochs), TrainingHistory(state.epochs).best.epoch
        found, expected = state.tensors, self.state().tensors
        if best < n_epochs:
            expected |= _named("best", self.model.state_dict())
        if _forms(found) != _forms(expected):
            raise ValueError("other tensors")
        self._chance.restore(_below("chance", found))
        self.order.set_state(found["order"])
        if self.scaler.is_enabled():
            scale, tracker = found["scaler"].tolist()
            self.scaler.load_state_dict({**self.scaler.state_dict(), "scale": scale, "_growth_tracker": int(tracker)})
        self.optimizer.restore(_below("adamw", found))
        self.model.load_state_dict(_below("now", found))
        self._best_weights = _below("best" if best < n_epochs else "now", found)
        self._epochs = list(state.epochs)
        self.step = n_epochs * self.batches_per_epoch

    def _learn_all(self, should_stop: Callable[[], bool]) -> float:
        """See every target once; the mean loss on the way, in nats per token."""
        self.model.train()
        total, n_targets = torch.zeros((), device=self.device), 0
        for batch in self.corpus.batches(
            every_position=self.every_position,
            batch_size=self.config.batch_size,
            generator=self.order,
            augment=self.augment,
        ):
            if should_stop():
                raise TrainingStoppedError("training was stopped")
            total += self._learn(batch)
            n_targets += batch.n_targets
        return float(total) / n_targets

    def _learn(self, batch: Batch) -> Tensor:
        """One optimizer step; the summed loss of the batch before it."""
        learning_rate = self.config.learning_rate * schedule(self.step / self.n_steps, self.warm_up)
        self.step += 1
        self.optimizer.zero_grad()
        with torch.autocast(self.device.type, self.precision, enabled=self.precision is not None):
            loss = _summed_loss(self.model, batch)
        torch.autograd.backward(self.scaler.scale(loss / batch.n_targets))
        optimizer = cast(torch.optim.Optimizer, self.optimizer)  # all that the scaler needs of one is there
        self.scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        self.scaler.step(optimizer, learning_rate)
        self.scaler.update()
        return loss.detach()


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


def _precision(device: torch.device, config: TrainingConfig) -> torch.dtype | None:
    """The shorter numbers to compute with, if any."""
    if device.type != "cuda" or not config.mixed_precision:
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def _named(what: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{what}.{name}": tensor for name, tensor in tensors.items()}


def _below(what: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(f"{what}."): tensor for name, tensor in tensors.items() if name.startswith(f"{what}.")}


def _forms(tensors: Mapping[str, Tensor]) -> dict[str, tuple[torch.Size, torch.dtype]]:
    return {name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()}


class _Chance:
    """Random numbers of a training, which follow from a seed, apart from the caller's own."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self._device = device
        with _apart(device):
            torch.manual_seed(seed)
            self.states = self._now()

    @contextmanager
    def drawn(self) -> Iterator[None]:
        """Inside, torch draws from here, and goes on where the last time ended."""
        with _apart(self._device):
            torch.set_rng_state(self.states["cpu"])
            if "cuda" in self.states:
                torch.cuda.set_rng_state(self.states["cuda"], self._device)
            yield
            self.states = self._now()

    def restore(self, states: dict[str, Tensor]) -> None:
        """Stand where `states` were taken. Raises RuntimeError: no generator can have been in such a state."""
        for kind, state in states.items():
            torch.Generator(kind).set_state(state)
        self.states = states

    def _now(self) -> dict[str, Tensor]:
        on_card = {"cuda": torch.cuda.get_rng_state(self._device)} if self._device.type == "cuda" else {}
        return {"cpu": torch.get_rng_state(), **on_card}


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Random numbers that follow from `seed` inside, and the caller's own untouched outside."""
    with _apart(device):
        torch.manual_seed(seed)
        yield


@contextmanager
def _apart(device: torch.device) -> Iterator[None]:
    """The caller's own random numbers untouched outside, whatever is drawn inside."""
    cards: Sequence[torch.device] = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(cards):
        yield
