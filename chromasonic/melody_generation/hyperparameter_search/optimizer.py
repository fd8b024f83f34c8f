"""The front door for developers: bring a model class and sequences, get the best settings.

optimizer = HyperparameterOptimizer(model_class=LSTMMelodyModel, output_dir=Path("results"))
results = optimizer.optimize(train_data, val_data, vocab_size=88, sequence_length=32, n_trials=20)
model = optimizer.train_best_model()
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import optuna
from torch import nn

from chromasonic.errors import SearchError, SearchFailedError
from chromasonic.melody_generation.datasets import SearchData
from chromasonic.melody_generation.models.ngram import compute_baselines
from chromasonic.melody_generation.training import Corpus, device_name, resolve_device
from chromasonic.results.export import optimization_results
from chromasonic.results.plot import save_optimization_history
from chromasonic.results.records import SearchRecord, TrialRecord, TrialState
from chromasonic.workspace import Workspace

from .candidate import ARCHITECTURE, Candidate, Trainer
from .in_process import InProcessTrainer, family_of
from .runner import SearchRunner
from .search import Search, create_search, free_name, open_search, search_names
from .settings import SearchSettings
from .space import HyperparameterSearchSpace
from .storage import open_database
from .trial_process import ChildTrainer

Sequences = Sequence[Sequence[int]]


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
        pruner: an Optuna pruner in place of the median pruner.
        n_jobs: trials at once; above 1 each trains in a process of its own, so the class must be importable.
        workspace: where the search is kept; the user's own when None.

    Raises:
        DeviceError: the device is not there.
        WorkspaceError: the workspace cannot be written.
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
        n_jobs: int = 1,
        workspace: Workspace | None = None,
    ) -> None:
        self.model_class = model_class
        self.search_space = search_space or HyperparameterSearchSpace()
        self.device = str(resolve_device(device))
        self.output_dir = Path(output_dir)
        self.verbose = verbose
        self.seed = seed
        self.n_jobs = n_jobs
        self.workspace = workspace or Workspace.open()
        self.database = open_database(storage or self.workspace.storage_url)
        self._sampler = sampler
        self._pruner = pruner
        self._search: Search | None = None

    def optimize(
        self,
        train_data: Sequences,
        val_data: Sequences,
        vocab_size: int = 88,
        sequence_length: int = 32,
        n_trials: int = 20,
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
            n_trials: how many settings to try in all.
            timeout: seconds of searching in all; obeyed within one epoch.
            study_name: name of the search; when it is taken, a number is added.
            resume: continue the search of that name in place of starting another.

        Returns:
            `best_params` (all six settings), `best_value` (validation loss, nats per token), `total_time` (s),
            `n_trials`, `trial_results`, `study_name`, and the rest of optimization_results.json.

        Raises:
            SettingsError: an argument is outside what it may be.
            NotEnoughMusicError: there is nothing to learn from.
            SearchFailedError: no trial could be trained to the end.
            SearchError: the search to resume had other data or another space.
        """
        data = SearchData(
            train=[list(sequence) for sequence in train_data],
            validation=[list(sequence) for sequence in val_data],
            test=[],
            vocab_size=vocab_size,
            sequence_length=sequence_length,
            music="sequences given in Python",
            melodic=False,
        )
        for side in (data.train, data.validation):  # refuses ids outside the vocabulary, and nothing to learn from
            Corpus(side, context=sequence_length, vocab_size=vocab_size)
        settings = SearchSettings(
            space=self.search_space,
            families=(family_of(self.model_class),),
            n_trials=n_trials,
            timeout=timeout,
            seed=self.seed,
            device=self.device,
            jobs=self.n_jobs,
        )
        search = self._open(study_name, settings) if resume else None
        if search is None:
            search = create_search(
                free_name(study_name, self.database),
                data,
                settings,
                workspace=self.workspace,
                database=self.database,
                baselines=compute_baselines(data),
                device_name=device_name(self.device),
            )
        elif search.record().fingerprint != data.fingerprint:
            raise SearchError(
                f"“{study_name}” was searched with other data; resume it with that, or choose another name."
            )
        return self.run(search, data)

    def run(self, search: Search, data: SearchData | None = None) -> dict[str, Any]:
        """Run `search` from where it stands to its end; see `optimize`."""
        self._search = search
        SearchRunner(
            search,
            self._trainers(search, data),
            sampler=self._sampler,
            pruner=self._pruner,
            output_dir=self.output_dir,
            plot=False,
            on_trial=self._say,
        ).run()
        return self.results

    def _open(self, name: str, settings: SearchSettings) -> Search | None:
        if name not in search_names(self.database):
            return None
        search = open_search(name, self.workspace, self.database)
        if (search.settings.space, search.settings.families) != (settings.space, settings.families):
            raise SearchError(
                f"“{name}” was searched in another space or with another model. Choose another study_name, or give the "
                "search_space and model_class it was started with."
            )
        search.extend(settings.n_trials, settings.timeout)
        return search

    def _trainers(self, search: Search, data: SearchData | None) -> Sequence[Trainer]:
        jobs = search.settings.jobs
        if jobs == 1:
            return [InProcessTrainer(data or search.load_data(), search.settings.device, self.model_class)]
        if self.model_class.__module__ == "__main__":
            raise SearchError(
                f"{self.model_class.__qualname__} is defined in the script itself, where a training process "
                "cannot find it. Put it in a module of its own, or use n_jobs=1."
            )
        return [ChildTrainer(search.data_file, search.settings.device) for _ in range(jobs)]

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
        best, data = self._best(), self.search.load_data()
        data = SearchData(
            train=[list(s) for s in train_data] if train_data is not None else data.train,
            validation=[list(s) for s in val_data] if val_data is not None else data.validation,
            test=[],
            vocab_size=data.vocab_size,
            sequence_length=data.sequence_length,
            music=data.music,
            melodic=data.melodic,
        )
        trainer = InProcessTrainer(data, self.device, self.model_class)
        trainer.train(
            Candidate(
                number=best.number,
                family=family_of(self.model_class),
                params=best.params,
                epochs=num_epochs or self.search_space.num_epochs,
                seed=self.seed,
            ),
            lambda epoch: True,
        )
        return trainer.model

    def plot_optimization_history(self, save_path: Path | str | None = None) -> Path:
        """Draw the search as a PNG: each trial's loss, the best so far, the baselines and the learning curves."""
        path = Path(save_path) if save_path is not None else self.output_dir / "optimization_history.png"
        save_optimization_history(self.record, path)
        return path

    def _best(self) -> TrialRecord:
        best = self.record.best
        if best is None:
            failed = self.record.of_state(TrialState.FAILED)
            why = f"; the last one: {failed[-1].reason}" if failed else ""
            raise SearchFailedError(f"No trial was trained to the end{why}.")
        return best
