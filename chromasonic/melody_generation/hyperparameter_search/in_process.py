"""Training candidates in the calling process: from suggested settings to a result. Knows nothing of Optuna."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from operator import attrgetter
from pathlib import Path
from typing import Any

import torch
from torch import nn

from chromasonic.errors import CheckpointError, ChromasonicError, ModelError, SettingsError, WorkspaceError
from chromasonic.languages import mark
from chromasonic.melody_generation.augmentation import transpose_phrases
from chromasonic.melody_generation.datasets import SearchData
from chromasonic.melody_generation.models import MODEL_FAMILIES, set_output_bias
from chromasonic.melody_generation.song import sing
from chromasonic.melody_generation.training import (
    Corpus,
    EpochProgress,
    TrainingConfig,
    TrainingStoppedError,
    answers_every_position,
    build_model,
    count_parameters,
    evaluate,
    load_checkpoint,
    resolve_device,
    save_checkpoint,
    token_counts,
    use_one_thread,
)
from chromasonic.melody_generation.training.loop import Training
from chromasonic.melody_generation.training.resting import restore_training, save_training
from chromasonic.rendering.song import write_song
from chromasonic.results.records import Epoch
from chromasonic.results.words import count

from .candidate import (
    CHECKPOINT_EVERY,
    OF_ONE_TURN,
    Answer,
    Candidate,
    CandidateFailedError,
    CandidateResult,
    CandidateStoppedError,
    OnEpoch,
)


class InProcessTrainer:
    """Trains in the calling process, so the model class may live anywhere, in a notebook too."""

    def __init__(
        self, data: SearchData, device: str = "cpu", model_class: Callable[..., nn.Module] | None = None
    ) -> None:
        self._data = data
        self._device = resolve_device(device)
        self._model_class = model_class
        self._train = Corpus(data.train, context=data.sequence_length, vocab_size=data.vocab_size, device=self._device)
        self._validation = Corpus(
            data.validation, context=data.sequence_length, vocab_size=data.vocab_size, device=self._device
        )
        self._stop = False
        self._latest: tuple[nn.Module, Candidate, CandidateResult] | None = None

    def train(self, candidate: Candidate, on_epoch: OnEpoch) -> CandidateResult:
        """See `Trainer`."""
        self._latest = None
        self._free()  # here: what ran out of memory was held by its traceback until that was told
        with _failures_told(candidate), _one_thread():
            return self._train_candidate(candidate, on_epoch)

    def _train_candidate(self, candidate: Candidate, on_epoch: OnEpoch) -> CandidateResult:
        started = time.monotonic()
        training = self._taken_up(candidate)
        if candidate.begins_with is not None and not training.history.epochs:
            on_epoch(Epoch(0, evaluate(training.model, self._validation)))  # so that one sees what the lesson changes
        answer, written, waited = Answer.GO_ON, started, 0.0
        try:
            while answer is Answer.GO_ON and not training.is_done:
                progress = training.run_epoch(lambda: self._stop)
                asked = time.monotonic()
                answer = _told(on_epoch, progress)
                waited += time.monotonic() - asked  # for who hears it lets a paused search wait
                if answer is Answer.REST and not self._lay_down(training, candidate):
                    answer = Answer.GO_ON
                if answer is Answer.GO_ON and candidate.rests_at and time.monotonic() - written >= CHECKPOINT_EVERY:
                    self._lay_down(training, candidate)  # it goes on, but what it has learned cannot be lost any more
                    written = time.monotonic()
        except TrainingStoppedError:
            raise CandidateStoppedError from None
        finally:
            training.give_best_weights()
        result = CandidateResult(
            best_validation_loss=training.history.best.validation_loss,
            epochs_run=len(training.history.epochs),
            training_time=candidate.trained_for + time.monotonic() - started - waited,
            n_parameters=count_parameters(training.model),
            curve=tuple(map(_epoch, training.history.epochs)),
            rests=answer is Answer.REST,
        )
        self._latest = (training.model, candidate, result)
        return result

    def _lay_down(self, training: Training, candidate: Candidate) -> bool:
        """Write where it stands; False where that cannot be stored, or not now, so that it must go on at once."""
        assert candidate.rests_at is not None, "who lets a candidate rest says where"
        try:
            save_training(candidate.rests_at, training, self._what_is_trained(candidate))
        except (CheckpointError, WorkspaceError):
            return False
        return True

    def _taken_up(self, candidate: Candidate) -> Training:
        """The training of `candidate` where it rested, or where that cannot be read, before its first epoch."""
        if candidate.goes_on_from is not None:
            training = self._begun(candidate)
            with suppress(CheckpointError):
                restore_training(candidate.goes_on_from, training, self._what_is_trained(candidate))
                return training
        return self._begun(candidate)

    def _begun(self, candidate: Candidate) -> Training:
        return Training(
            self._begin(candidate),
            self._train,
            self._validation,
            _training_config(candidate),
            augment=transpose_phrases if candidate.transpose and self._data.melodic else None,
        )

    def _what_is_trained(self, candidate: Candidate) -> dict[str, Any]:
        """What must be equal, or a candidate that rested would go on as another."""
        what = {name: value for name, value in asdict(candidate).items() if name not in OF_ONE_TURN}
        return {**what, "data": self._data.fingerprint, "sequence_length": self._data.sequence_length}

    def _begin(self, candidate: Candidate) -> nn.Module:
        """The model as it is before its first epoch."""
        if candidate.begins_with is not None:
            return load_checkpoint(Path(candidate.begins_with))[0].to(self._device)
        model = build_model(
            self._model_class or model_class_of(candidate.family),
            vocab_size=self._data.vocab_size,
            architecture=candidate.architecture,
            seed=candidate.seed,
            device=self._device,
        )
        set_output_bias(model, token_counts(self._train))
        return model

    @property
    def model(self) -> nn.Module:
        """The model trained last, with the weights of its best epoch."""
        return self._trained()[0]

    def _trained(self) -> tuple[nn.Module, Candidate, CandidateResult]:
        if self._latest is None:
            raise CandidateFailedError("there is no trained model to keep")
        return self._latest

    def keep(self, stem: Path) -> None:
        """See `Trainer`."""
        model, candidate, result = self._trained()
        try:
            save_checkpoint(stem, model, checkpoint_metadata(self._data, candidate, result))
        except ChromasonicError:
            raise
        except Exception as error:  # a user's own model may answer anything when asked for its weights
            raise CandidateFailedError(_reason(error, candidate)) from error

    def sing(self, stem: Path) -> None:
        """See `Trainer`."""
        model, candidate, _ = self._trained()
        try:
            with _one_thread():
                write_song(stem, sing(model, self._data))
        except ChromasonicError:
            raise
        except Exception as error:  # a user's own model may answer anything when it hears one token at a time
            raise CandidateFailedError(_reason(error, candidate)) from error

    def interrupt(self) -> None:
        """See `Trainer`."""
        self._stop = True

    def close(self) -> None:
        """See `Trainer`."""
        self._latest = None
        self._free()

    def _free(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.empty_cache()


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread inside, and the caller's own number of threads again outside."""
    before = torch.get_num_threads()
    use_one_thread()
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _training_config(candidate: Candidate) -> TrainingConfig:
    return TrainingConfig(
        epochs=candidate.epochs,
        learning_rate=float(candidate.params["learning_rate"]),
        batch_size=int(candidate.params["batch_size"]),
        seed=candidate.seed,
    )


def _told(on_epoch: OnEpoch, progress: EpochProgress) -> Answer:
    try:
        return on_epoch(_epoch(progress))
    except Exception as error:  # whatever it is, it is not the model's
        raise _FromOutsideError(error) from error


def _epoch(progress: EpochProgress) -> Epoch:
    return Epoch(progress.epoch, progress.validation_loss, progress.train_loss)


@contextmanager
def _failures_told(candidate: Candidate) -> Iterator[None]:
    """Whatever goes wrong inside is told as the candidate's failure, except what it is no fault of."""
    try:
        yield
    except (CandidateFailedError, CandidateStoppedError):
        raise
    except _FromOutsideError as carrier:
        raise carrier.error from None
    except ChromasonicError as error:
        raise CandidateFailedError(str(error)) from error
    except Exception as error:  # whatever a user's own model raises ends this trial and no other
        raise CandidateFailedError(_reason(error, candidate)) from error


class _FromOutsideError(Exception):
    """Carries what `on_epoch` raised past the net for a model's own errors; never leaves this file.

    A full disk is no fault of the candidate.
    """

    def __init__(self, error: Exception) -> None:
        self.error = error


def checkpoint_metadata(data: SearchData, candidate: Candidate, result: CandidateResult) -> dict[str, Any]:
    """What stands beside the weights, so that they can be used again and a reader knows what they are."""
    return {
        "family": candidate.family,
        "arguments": {"vocab_size": data.vocab_size, **candidate.architecture},
        "trial": candidate.number,
        "params": candidate.params,
        "validation_loss": result.best_validation_loss,
        "sequence_length": data.sequence_length,
        "melodic": data.melodic,
        "music": data.music,
        "fingerprint": data.fingerprint,
        "result": {name: value for name, value in asdict(result).items() if name not in ("curve", "rests")},
    }


def model_class_of(family: str) -> Callable[..., nn.Module]:
    """The class of a family: one of ours by key, or "package.module:ClassName".

    A family may stand in a file that came from a stranger: what is no model is never called.

    Raises:
        SettingsError: there is no such class, or it is no model.
    """
    if family in MODEL_FAMILIES:
        return MODEL_FAMILIES[family]
    module, _, name = family.partition(":")
    try:
        found: Any = attrgetter(name)(importlib.import_module(module))
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise SettingsError(
            "model_class", f"{family} cannot be imported: {error}. Name it as package.module:Class"
        ) from error
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise SettingsError("model_class", f"{family} is no model: it must be a class made from torch.nn.Module")
    return found


def family_of(model_class: Callable[..., nn.Module]) -> str:
    """The family name of `model_class`: our key, or where to import it from."""
    for key, known in MODEL_FAMILIES.items():
        if model_class is known:
            return key
    return f"{model_class.__module__}:{getattr(model_class, '__qualname__', repr(model_class))}"


def refuse_what_no_process_finds(model_class: Callable[..., nn.Module]) -> None:
    """Refuse a class that a training process of its own could not import.

    Raises:
        SettingsError: it can be used in the calling process only; says why.
    """
    name = getattr(model_class, "__qualname__", None)
    if name is None:
        reason = mark(f"{model_class} is no class but a {type(model_class).__name__}")
    elif model_class.__module__ == "__main__":
        reason = mark(f"{name} is defined in the script or notebook itself")
    elif "<" in name:  # <locals>, <lambda>
        reason = mark(f"{name} is defined inside a function")
    elif model_class_of(family_of(model_class)) is not model_class:
        reason = mark(f"{name} is not what stands under that name in {model_class.__module__}")
    else:
        return
    raise SettingsError(
        "model_class",
        f"{reason}, where the training processes of several jobs cannot find it. Put it into a module as a class, or "
        "use n_jobs=1",
    )


def refuse_another_shape(
    model_class: Callable[..., nn.Module], architecture: dict[str, Any], corpus: Corpus, seed: int = 0
) -> None:
    """Look once what a model answers, before a search begins that could only fail.

    A model that raises is not refused: it may with other settings work, and a trial that fails says why.

    Raises:
        ModelError: it answers in a shape that is not promised.
    """
    try:
        model = build_model(model_class, corpus.vocab_size, architecture, seed, corpus.device)
        answers_every_position(model, corpus)
    except ModelError:
        raise
    except Exception:  # whatever a user's own model raises
        return


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that memory ran out, on any device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(
        words in str(error).lower() for words in ("out of memory", "can't allocate memory", "not enough memory")
    )


def _reason(error: Exception, candidate: Candidate) -> str:
    if is_out_of_memory(error):
        return mark(
            f"it ran out of memory with hidden size {candidate.params['hidden_size']}, "
            f"{count(int(candidate.params['num_layers']), 'layer')} and batches of {candidate.params['batch_size']}"
        )
    detail = str(error).strip().splitlines()
    return mark(f"the model raised {type(error).__name__}") + (f": {detail[0]}" if detail else "")
