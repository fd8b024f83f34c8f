"""The front door for developers: bring a model class and sequences, get the best settings.

optimizer = HyperparameterOptimizer(model_class=LSTMMelodyModel, output_dir=Path("results"))
results = optimizer.optimize(train_data, val_data, vocab_size=88, sequence_length=32, n_trials=20)
model = optimizer.train_best_model()
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import NoneType
from typing import Any

import optuna
from torch import nn

from chromasonic.checks import Sequences, instance, token_sequences, whole, writable_folder
from chromasonic.checks import path as checked_path
from chromasonic.errors import SearchError, SearchFailedError, SettingsError
from chromasonic.melody_generation.datasets import SearchData
from chromasonic.melody_generation.sizes import LARGEST, MAX_CONTEXT, MAX_EPOCHS
from chromasonic.melody_generation.training import Corpus, resolve_device
from chromasonic.results.export import optimization_results
from chromasonic.results.plot import save_optimization_history
from chromasonic.results.records import RESUMING, SearchRecord, TrialRecord
from chromasonic.workspace import Workspace

from .candidate import ARCHITECTURE, Answer, Candidate, Trainer
from .carrying import can_go_on
from .catalogue import create_search, free_name, open_search, search_names, tidy_name
from .in_process import InProcessTrainer, family_of, refuse_another_shape, refuse_what_no_process_finds
from .runner import SearchRunner
from .search import Search
from .settings import MAX_JOBS, MAX_SEED, OWN_PRUNER, SearchSettings
from .space import HyperparameterSearchSpace
from .storage import open_database
from .trial_process import child_trainers

N_TRIALS = 20


class HyperparameterOptimizer:
    """Searches for the settings with which `model_class` learns given sequences best.

    Args:
        model_class: built as `model_class(vocab_size=, embedding_dim=, hidden_size=, num_layers=, dropout=)`; its
            `forward(x)` takes token ids (B, T) and returns logits (B, V) or (B, T, V).
        search_space: bounds of the settings.
        device: "cpu", "cuda", "cuda:1", "mps" or "auto".
        output_dir: where the result files are written when a search ends in any way.
        verbose: print one line a trial.
        storage: any Optuna storage URL; the workspace's own database when None.
        seed: weights, batch order and sampling all follow from it.
        sampler: an Optuna sampler in place of seeded TPE.
        pruner: an Optuna pruner in place of `strategy`.
        strategy: how trials are stopped early. "resuming": each rests at 15 % and at 60 % of its epochs, and the
            leading ones go on where they were; "median", "hyperband" or "halving": by Optuna's pruner of that name;
            "none": not at all.
        n_jobs: trials at once; above 1 each trains in a process of its own, so the class must be importable.
        trial_timeout: seconds after which a trial is ended and counts as failed; None for no limit.
        trial_memory: MiB of memory above which a trial is ended and counts as failed; None for no limit. With either
            limit, each trial trains in a process of its own.
        workspace: where the search is kept; the user's own when None.

    Raises:
        SettingsError: an argument is not what it may be.
        DeviceError: the device is not there.
        WorkspaceError: the workspace cannot be written.
        SearchError: the storage cannot be opened.
    """

    def __init__(
        self,
        model_class: Callable[..., nn.Module],
        search_space: HyperparameterSearchSpace | None = None,
        device: str = "cpu",
        output_dir: Path | str = Path("hyperparameter_search_results"),
        verbose: bool = True,
        *,
        storage: str | None = None,
        seed: int = 0,
        sampler: optuna.samplers.BaseSampler | None = None,
        pruner: optuna.pruners.BasePruner | None = None,
        strategy: str = RESUMING,
        n_jobs: int = 1,
        trial_timeout: float | None = None,
        trial_memory: int | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        self.model_class = _checked_class(model_class)
        self.search_space = instance(
            "search_space",
            HyperparameterSearchSpace() if search_space is None else search_space,
            HyperparameterSearchSpace,
            "HyperparameterSearchSpace(…)",
        )
        self.device = str(resolve_device(device))
        self.output_dir = checked_path("output_dir", output_dir, "a folder, such as Path(“results”)")
        self.verbose = verbose
        self.seed = whole("seed", seed, at_least=0, at_most=MAX_SEED)
        self.n_jobs = whole("n_jobs", n_jobs, at_least=1, at_most=MAX_JOBS)
        self._limits = SearchSettings(trial_timeout=trial_timeout, trial_memory=trial_memory).trial_limits
        self._strategy = SearchSettings(strategy=strategy).strategy if pruner is None else OWN_PRUNER
        self._sampler = instance(
            "sampler",
            sampler,
            (optuna.samplers.BaseSampler, NoneType),
            "an Optuna sampler, TPESampler() say, or None",
        )
        self._pruner = instance(
            "pruner", pruner, (optuna.pruners.BasePruner, NoneType), "an Optuna pruner, MedianPruner() say, or None"
        )
        instance("storage", storage, (str, NoneType), "an Optuna storage URL, or None")
        instance("workspace", workspace, (Workspace, NoneType), "Workspace.open(Path(…)), or None")
        self.workspace = workspace or Workspace.open()
        self.database = open_database(storage or self.workspace.storage_url)
        self._search: Search | None = None

    def optimize(
        self,
        train_data: Sequences,
        val_data: Sequences,
        vocab_size: int = 88,
        sequence_length: int = 32,
        n_trials: int | None = None,
        timeout: float | None = None,
        study_name: str = "melody_search",
        *,
        resume: bool = False,
    ) -> dict[str, Any]:
        """Search, write the result files, and return what was found.

        Args:
            train_data: token sequences to learn from, ids in [0, vocab_size).
            val_data: token sequences to measure on.
            vocab_size: number of different tokens.
            sequence_length: most tokens a model sees at once.
            n_trials: how many settings to try in all; when None 20, or as many as a resumed search was asked for.
            timeout: seconds of searching in all, obeyed within one epoch; when None without end, or as long as a
                resumed search was given.
            study_name: name of the search; when it is taken, a number is added.
            resume: continue the search of that name in place of starting another. Where the space or the model has
                changed, a new search begins with its trials that fit.

        Returns:
            `best_params` (all six settings), `best_value` (validation loss, nats per token), `total_time` (s),
            `n_trials`, `trial_results`, `study_name`, and the rest of optimization_results.json.

        Raises:
            SettingsError: an argument is outside what it may be.
            ModelError: the model answers in a shape that is not promised.
            NotEnoughMusicError: there is nothing to learn from.
            SearchFailedError: no trial could be trained to the end.
            SearchError: the search to resume is running, or had other data.
            WorkspaceError: `output_dir` cannot be written.
        """
        name = tidy_name(instance("study_name", study_name, str, "a name, such as “melody_search”"))
        data = SearchData(
            train=token_sequences("train_data", train_data),
            validation=token_sequences("val_data", val_data),
            test=[],
            vocab_size=whole("vocab_size", vocab_size, at_least=2, at_most=LARGEST["vocab_size"]),
            sequence_length=whole("sequence_length", sequence_length, at_least=1, at_most=MAX_CONTEXT),
            music="sequences given in Python",
            melodic=False,
        )
        settings = SearchSettings(
            space=self.search_space,
            families=(family_of(self.model_class),),
            n_trials=N_TRIALS if n_trials is None else n_trials,
            timeout=timeout,
            seed=self.seed,
            device=self.device,
            jobs=self.n_jobs,
            trial_timeout=self._limits.seconds,
            trial_memory=self._limits.memory,
            strategy=self._strategy,
        )
        self._check_together(data, settings)
        search = before = self._open(name, data) if resume else None
        if before is None or not self._goes_on(before, settings):
            search = create_search(
                free_name(name, self.database),
                data,
                settings,
                workspace=self.workspace,
                database=self.database,
                begin_with=before,
            )
        assert search is not None
        return self.run(search, data, n_trials=n_trials, timeout=timeout)

    def _check_together(self, data: SearchData, settings: SearchSettings) -> None:
        """Find out what could only fail before a search is made: the data, the model, the folder for the results."""
        corpora = [
            Corpus(side, context=data.sequence_length, vocab_size=data.vocab_size, name=name)
            for name, side in (("train_data", data.train), ("val_data", data.validation))
        ]
        if settings.needs_children:
            refuse_what_no_process_finds(self.model_class)
        untuned = settings.space.untuned()
        refuse_another_shape(self.model_class, {name: untuned[name] for name in ARCHITECTURE}, corpora[0], self.seed)
        writable_folder(self.output_dir)

    def run(
        self,
        search: Search,
        data: SearchData | None = None,
        *,
        n_trials: int | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Run `search` from where it stands to its end, on the device and with the jobs of this optimizer.

        `n_trials` and `timeout` stay what they were when None; see `optimize`.
        """
        instance("search", search, Search, "a search, such as optimizer.search")
        instance("data", data, (SearchData, NoneType), "a SearchData(…), or None for the search's own")
        self._search = search
        settings = search.settings.gone_on_with(
            n_trials=n_trials,
            timeout=timeout,
            device=self.device,
            jobs=self.n_jobs,
            trial_timeout=self._limits.seconds,
            trial_memory=self._limits.memory,
        )
        SearchRunner(
            search,
            self._trainers(search, data, settings),
            settings=settings,
            sampler=self._sampler,
            pruner=self._pruner,
            output_dir=self.output_dir,
            plot=False,
            on_trial=self._say,
        ).run()
        return self.results

    def _open(self, name: str, data: SearchData) -> Search | None:
        if name not in search_names(self.database):
            return None
        search = open_search(name, self.workspace, self.database)
        if search.record().fingerprint != data.fingerprint:
            raise SearchError(f"“{name}” was searched with other data; resume it with that, or choose another name.")
        return search

    def _goes_on(self, search: Search, settings: SearchSettings) -> bool:
        """Whether `search` itself can go on with `settings`; else a new one begins with what it found."""
        if can_go_on(search.settings, settings):
            return True
        if self.verbose:
            print(
                f"“{search.name}” was searched in another space or with another model, and what was tried there cannot "
                "be mixed with that. A new search begins with what fits of it.",
                file=sys.stderr,
            )
        return False

    def _trainers(self, search: Search, data: SearchData | None, settings: SearchSettings) -> Sequence[Trainer]:
        if settings.needs_children:
            return child_trainers(search.data_file, settings)
        return [InProcessTrainer(data or search.load_data(), self.device, self.model_class)]

    def _say(self, trial: TrialRecord) -> None:
        if not self.verbose:
            return
        loss = "" if trial.best_validation_loss is None else f"  val loss {trial.best_validation_loss:.4f}"
        reason = f"  ({trial.reason})" if trial.reason else ""
        print(f"Trial {trial.number}: {trial.state}{loss}{reason}", file=sys.stderr, flush=True)

    # ---- after a search -------------------------------------------------------------------------------------------

    @property
    def search(self) -> Search:
        """The search that was run last.

        Raises:
            SearchError: none was run yet.
        """
        if self._search is None:
            raise SearchError("No search was run yet; call optimize(...) first.")
        return self._search

    @property
    def record(self) -> SearchRecord:
        """The search that was run last, as a plain record."""
        return self.search.record()

    @property
    def results(self) -> dict[str, Any]:
        """What the search that was run last found; see `optimize`."""
        return {"study_name": self.search.name, **optimization_results(self.record)}

    @property
    def best_model_arguments(self) -> dict[str, Any]:
        """The constructor arguments of the best model: `model_class(**optimizer.best_model_arguments)`."""
        params = self._best().params
        return {"vocab_size": self.record.vocab_size, **{name: params[name] for name in ARCHITECTURE}}

    def train_best_model(
        self, train_data: Sequences | None = None, val_data: Sequences | None = None, num_epochs: int | None = None
    ) -> nn.Module:
        """A model trained with the best settings, with the weights of its best epoch.

        The search's own data are used where none are given.
        """
        if num_epochs is not None:
            num_epochs = whole("num_epochs", num_epochs, at_least=1, at_most=MAX_EPOCHS)
        given: dict[str, Any] = {
            side: token_sequences(field, tokens)
            for side, field, tokens in (("train", "train_data", train_data), ("validation", "val_data", val_data))
            if tokens is not None
        }
        best, settings = self._best(), self.search.settings
        data = replace(self.search.load_data(), **given)
        trainer = InProcessTrainer(data, self.device, self.model_class)
        trainer.train(
            Candidate(
                number=best.number,
                family=family_of(self.model_class),
                params=best.params,
                epochs=num_epochs or settings.space.num_epochs,
                seed=settings.seed,
                transpose=settings.transpose,
            ),
            lambda epoch: Answer.GO_ON,
        )
        return trainer.model

    def plot_optimization_history(self, save_path: Path | str | None = None) -> Path:
        """Draw the search as a PNG: each trial's loss, the best so far, the baselines and the learning curves."""
        path = self.output_dir / "optimization_history.png"
        if save_path is not None:
            path = checked_path("save_path", save_path, "a file, such as Path(“history.png”), or None")
        save_optimization_history(self.record, path)
        return path

    def _best(self) -> TrialRecord:
        record = self.record
        if record.best is None:
            raise SearchFailedError(record.reason or "no trial was trained to the end yet")
        return record.best


def _checked_class(model_class: object) -> Callable[..., nn.Module]:
    if isinstance(model_class, nn.Module) or not callable(model_class):
        raise SettingsError(
            "model_class", f"needs the class itself, such as LSTMMelodyModel, but is a {type(model_class).__name__}"
        )
    return model_class
