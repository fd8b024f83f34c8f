"""Search for the best settings of a melody model, from the terminal.

    python hyperparameter_search_example.py --n-trials 10 --epochs 15
    python -m chromasonic.hyperparameter_search_example --music ryans --family lstm --time-limit 600 --plot

Ctrl-C stops the search, keeps every finished trial and writes the reports; `--resume NAME` goes on from there.
"""

from __future__ import annotations

import argparse
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chromasonic.errors import ChromasonicError, DeviceError, MusicFileError, NotEnoughMusicError

if TYPE_CHECKING:
    from chromasonic.melody_generation.datasets import SearchData
    from chromasonic.melody_generation.hyperparameter_search.search import Search
    from chromasonic.melody_generation.hyperparameter_search.status import CurrentTrial
    from chromasonic.music import Melody
    from chromasonic.results.records import TrialRecord
    from chromasonic.workspace import Workspace

PRACTICE_LENGTH = 32
"""Notes in a generated practice melody."""

PRACTICE_VOCABULARY = 88
"""The keys of a piano."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options of a search."""
    budget = parser.add_argument_group("how long")
    budget.add_argument("--n-trials", type=int, default=20, metavar="N", help="settings to try (default: %(default)s)")
    budget.add_argument(
        "--epochs",
        type=int,
        default=20,
        metavar="N",
        help="most passes over the music a trial makes (default: %(default)s)",
    )
    budget.add_argument(
        "--time-limit", type=float, metavar="SECONDS", help="end after this long, within one epoch (default: none)"
    )
    budget.add_argument(
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="trials at once, each in a process of its own (default: %(default)s)",
    )

    music = parser.add_argument_group("what to learn from")
    music.add_argument(
        "--music",
        nargs="+",
        metavar="FILE",
        help="MIDI, MusicXML, ABC or kern files, or a collection by name: ryans, oneills, airds, bach, …",
    )
    music.add_argument(
        "--n-sequences",
        type=int,
        default=500,
        metavar="N",
        help="generated practice melodies, when no music is given (default: %(default)s)",
    )

    model = parser.add_argument_group("what learns")
    model.add_argument(
        "--family",
        nargs="+",
        default=["transformer"],
        metavar="NAME",
        help="transformer, lstm, gru, rnn; several are searched together (default: transformer)",
    )
    model.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1, mps or auto (default: %(default)s)")
    model.add_argument("--transpose", action="store_true", help="move each phrase to another key in each epoch")
    model.add_argument("--seed", type=int, default=0, help="where chance starts (default: %(default)s)")

    kept = parser.add_argument_group("where it is kept")
    kept.add_argument(
        "--output-dir",
        type=Path,
        default=Path("hyperparameter_search_results"),
        help="folder for the reports (default: %(default)s)",
    )
    kept.add_argument("--plot", action="store_true", help="also write optimization_history.png")
    kept.add_argument("--name", help="name of the search (default: from the music and the time)")
    kept.add_argument("--resume", metavar="NAME", help="continue the search of that name to --n-trials trials")
    kept.add_argument("--storage", metavar="URL", help="an Optuna storage URL (default: the workspace's own database)")


def main(arguments: list[str] | None = None) -> int:
    """Run a search as the command line asks; the exit code."""
    parser = argparse.ArgumentParser(
        prog="hyperparameter_search_example.py", description=(__doc__ or "").split("\n\n")[0]
    )
    add_arguments(parser)
    return run(parser.parse_args(arguments))


def run(options: argparse.Namespace) -> int:
    """Search, report, and say what was found; the exit code."""
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    try:
        return _search(options)
    except ChromasonicError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130  # 128 + SIGINT, as shells expect


def _as_ctrl_c(*_: object) -> None:
    raise KeyboardInterrupt


def _search(options: argparse.Namespace) -> int:
    from chromasonic.melody_generation.hyperparameter_search.candidate import Trainer
    from chromasonic.melody_generation.hyperparameter_search.in_process import InProcessTrainer
    from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
    from chromasonic.melody_generation.hyperparameter_search.trial_process import ChildTrainer
    from chromasonic.workspace import Workspace

    workspace = Workspace.open()
    search = _resumed(options, workspace) if options.resume else _created(options, workspace)
    settings = search.settings
    trainers: list[Trainer] = (
        [InProcessTrainer(search.load_data(), settings.device)]
        if settings.jobs == 1
        else [ChildTrainer(search.data_file, settings.device) for _ in range(settings.jobs)]
    )
    print(
        f"Searching “{search.name}”: {settings.n_trials} trials of up to {settings.space.num_epochs} epochs "
        f"on {settings.device}."
    )
    with _Progress(settings.n_trials, search.record().n_finished) as progress:
        runner = SearchRunner(
            search,
            trainers,
            output_dir=options.output_dir,
            plot=options.plot,
            on_trial=progress.on_trial,
            on_epoch=progress.on_epoch,
        )
        try:
            runner.run()
        except KeyboardInterrupt:
            print(f"\nStopped. Every finished trial is kept; go on with --resume “{search.name}”.", file=sys.stderr)
            raise
    _say_result(search, options.output_dir)
    return 0


def _created(options: argparse.Namespace, workspace: Workspace) -> Search:
    from chromasonic.melody_generation.hyperparameter_search.search import create_search, free_name
    from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
    from chromasonic.melody_generation.hyperparameter_search.space import HyperparameterSearchSpace
    from chromasonic.melody_generation.hyperparameter_search.storage import open_database
    from chromasonic.melody_generation.models.ngram import compute_baselines
    from chromasonic.melody_generation.training import device_name

    device = _device_there_is(options.device)
    settings = SearchSettings(
        space=HyperparameterSearchSpace(num_epochs=options.epochs),
        families=tuple(options.family),
        n_trials=options.n_trials,
        timeout=options.time_limit,
        seed=options.seed,
        device=device,
        jobs=options.jobs,
        transpose=options.transpose,
    )
    data = _data(options, workspace)
    database = open_database(options.storage or workspace.storage_url)
    name = options.name or free_name(f"{data.music}, {datetime.now():%d %b %Y %H:%M}", database)
    return create_search(
        name,
        data,
        settings,
        workspace=workspace,
        database=database,
        baselines=compute_baselines(data),
        device_name=device_name(device),
    )


def _resumed(options: argparse.Namespace, workspace: Workspace) -> Search:
    from chromasonic.melody_generation.hyperparameter_search.search import open_search
    from chromasonic.melody_generation.hyperparameter_search.storage import open_database

    search = open_search(options.resume, workspace, open_database(options.storage or workspace.storage_url))
    search.extend(options.n_trials, options.time_limit)
    return search


def _device_there_is(asked: str) -> str:
    from chromasonic.melody_generation.training import resolve_device

    try:
        return str(resolve_device(asked))
    except DeviceError as error:
        print(f"Warning: {error} Using the CPU.", file=sys.stderr)
        return "cpu"


def _data(options: argparse.Namespace, workspace: Workspace) -> SearchData:
    from chromasonic.melody_generation.datasets import SearchData, prepare
    from chromasonic.melody_generation.training import create_training_data

    if options.music:
        name, melodies = _read_music(options.music, workspace)
        return prepare(melodies, name, seed=options.seed)
    train, validation = create_training_data(
        options.n_sequences, PRACTICE_LENGTH, PRACTICE_VOCABULARY, 0.8, seed=options.seed
    )
    return SearchData(
        train=train,
        validation=validation,
        test=[],
        vocab_size=PRACTICE_VOCABULARY,
        sequence_length=PRACTICE_LENGTH,
        music=f"{options.n_sequences} practice melodies",
        melodic=False,
    )


def _read_music(names: list[str], workspace: Workspace) -> tuple[str, list[Melody]]:
    from chromasonic.music.collections import COLLECTIONS, load_collection
    from chromasonic.music.reading import read_files

    melodies: list[Melody] = []
    titles: list[str] = []
    files: list[tuple[str, bytes]] = []
    for name in names:
        if name in COLLECTIONS:
            melodies += load_collection(name, workspace.cache).melodies
            titles.append(COLLECTIONS[name].name)
            continue
        try:
            files.append((name, Path(name).read_bytes()))
        except OSError as error:
            raise MusicFileError(
                name, f"cannot be opened ({error.strerror}). Give a file, or a collection: {', '.join(COLLECTIONS)}."
            ) from error
    if files:
        reading = read_files(files)
        for skipped in reading.skipped:
            print(f"Left out {skipped.name}: {skipped.reason}", file=sys.stderr)
        melodies += reading.melodies
        titles.append(Path(files[0][0]).stem if len(files) == 1 else f"{len(files)} files")
    if not melodies:
        raise NotEnoughMusicError("None of the files holds a melody that can be read; see the reasons above.")
    return " and ".join(titles), melodies


class _Progress:
    """A progress bar: trials done, the trial in training, the best loss so far."""

    def __init__(self, n_trials: int, done: int) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=n_trials, initial=done, unit="trial", dynamic_ncols=True, smoothing=0.1)
        self._best: float | None = None

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: Any) -> None:
        self._bar.close()

    def on_epoch(self, current: CurrentTrial) -> None:
        self._bar.set_postfix_str(f"trial {current.number}, epoch {current.epoch}/{current.epochs}{self._best_words()}")

    def on_trial(self, trial: TrialRecord) -> None:
        loss = trial.best_validation_loss
        if trial.state == "complete" and loss is not None:
            self._best = loss if self._best is None else min(self._best, loss)
        elif trial.state == "failed":
            self._bar.write(f"Trial {trial.number} failed: {trial.reason}", file=sys.stderr)
        self._bar.set_postfix_str(self._best_words().removeprefix(", "), refresh=False)
        self._bar.update()

    def _best_words(self) -> str:
        return "" if self._best is None else f", best loss {self._best:.3f}"


def _say_result(search: Search, output_dir: Path) -> None:
    record = search.record()
    best = record.best
    if best is None or best.best_validation_loss is None:
        print("The time was up before a trial had finished an epoch. Allow more time, or smaller models.")
        return
    guess = f"; guessing blindly scores {record.baselines.uniform:.3f}" if record.baselines else ""
    print(f"Best: trial {best.number}, validation loss {best.best_validation_loss:.4f} nats per token{guess}.")
    for name, value in best.params.items():
        print(f"  {name}: {value:.3g}" if isinstance(value, float) else f"  {name}: {value}")
    print(f"The report, the results and the best settings are in {output_dir}")


if __name__ == "__main__":
    sys.exit(main())
