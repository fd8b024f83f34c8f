"""Search for the best settings of a melody model, from the terminal.

    python hyperparameter_search_example.py --n-trials 10 --epochs 15
    python -m chromasonic.hyperparameter_search_example --music ryans --family lstm --time-limit 600 --plot

Ctrl-C stops the search, keeps every finished trial and writes the reports; `--resume NAME` goes on from there.
"""

from __future__ import annotations

import argparse
import math
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from chromasonic.errors import (
    CheckpointError,
    ChromasonicError,
    DeviceError,
    MusicFileError,
    NotEnoughMusicError,
    SearchError,
    StorageError,
)
from chromasonic.masking import masked
from chromasonic.music.text import visible
from chromasonic.results.records import TrialState
from chromasonic.results.words import count, listing, waiting_time
from chromasonic.terminal import Onlooker, run_command
from chromasonic.workspace import Workspace

if TYPE_CHECKING:
    from tqdm import tqdm

    from chromasonic.melody_generation.datasets import SearchData
    from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
    from chromasonic.melody_generation.hyperparameter_search.search import Search
    from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
    from chromasonic.music.sets import MusicSet
    from chromasonic.results.records import TrialRecord


PRACTICE_LENGTH = 32
"""Notes in a generated practice melody."""

PRACTICE_VOCABULARY = 88
"""The keys of a piano."""

N_TRIALS, EPOCHS, JOBS, N_SEQUENCES, FAMILY, DEVICE, SEED = 20, 20, 1, 500, "transformer", "cpu", 0
"""What a new search takes for what was not said. The parser itself has no defaults: a search that is resumed keeps its
own, and could not tell them from what was said."""

OUTPUT_DIR = Path("hyperparameter_search_results")
"""Where the reports are written, unless said otherwise."""

_BAR = "{percentage:3.0f}%|{bar}| [{elapsed}] {desc}"
_DRAW_EVERY, _LOG_EVERY = 1.0, 30.0  # seconds, where someone watches, and where a file is written

STRATEGIES = ("resuming", "median", "hyperband", "halving", "none")
"""As in the settings of a search, which are not loaded to say what can be asked for; a test compares them."""

OF_ANOTHER_MUSIC = ("music", "n_sequences", "seed")
"""What cannot be changed when a search goes on: it decides what is learned from, and who is tested on what."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options of a search."""
    budget = parser.add_argument_group("how long")
    budget.add_argument(
        "--n-trials",
        type=int,
        metavar="N",
        help=f"settings to try in all (default: {N_TRIALS})",
    )
    budget.add_argument(
        "--epochs", type=int, metavar="N", help=f"most passes over the music a trial makes (default: {EPOCHS})"
    )
    budget.add_argument(
        "--time-limit",
        type=float,
        metavar="SECONDS",
        help="end after searching this long in all, within one epoch (default: none)",
    )
    budget.add_argument(
        "--jobs", type=int, metavar="N", help=f"trials at once, each in a process of its own (default: {JOBS})"
    )
    budget.add_argument(
        "--trial-time-limit", type=float, metavar="SECONDS", help="end a trial that trains longer (default: none)"
    )
    budget.add_argument(
        "--trial-memory",
        type=int,
        metavar="MIB",
        help="end a trial whose process takes more memory than this many MiB (default: no limit)",
    )

    budget.add_argument(
        "--strategy",
        choices=STRATEGIES,
        help="how trials are stopped early. resuming: each rests twice on its way, and the leading ones go on "
        f"where they were; median, hyperband, halving: by Optuna's pruner; none: not at all (default: {STRATEGIES[0]})",
    )

    music = parser.add_argument_group("what to learn from")
    music.add_argument(
        "--music",
        nargs="+",
        metavar="FILE",
        help="MIDI, MusicXML, ABC or kern files, folders of them, or a collection by name: ryans, oneills, airds, …",
    )
    music.add_argument(
        "--n-sequences",
        type=int,
        metavar="N",
        help=f"generated practice melodies, when no music is given (default: {N_SEQUENCES})",
    )

    model = parser.add_argument_group("what learns")
    model.add_argument(
        "--family",
        nargs="+",
        metavar="NAME",
        help=f"transformer, lstm, gru, rnn; several are searched together (default: {FAMILY})",
    )
    model.add_argument("--device", help=f"cpu, cuda, cuda:1, mps or auto (default: {DEVICE})")
    model.add_argument(
        "--transpose", action="store_true", default=None, help="move each phrase to another key in each epoch"
    )
    model.add_argument("--seed", type=int, metavar="N", help=f"where chance starts (default: {SEED})")

    kept = parser.add_argument_group("where it is kept")
    kept.add_argument(
        "--output-dir",
        type=Path,
        default=OUTPUT_DIR,
        help="folder for the reports (default: %(default)s)",
    )
    kept.add_argument("--plot", action="store_true", help="also write optimization_history.png")
    kept.add_argument(
        "--report",
        nargs="+",
        choices=("html", "md"),
        default=[],
        help="also write the report as one page with charts and players (optimization_report.html), or as Markdown",
    )
    kept.add_argument("--name", help="name of the search (default: from the music and the time)")
    kept.add_argument(
        "--resume",
        metavar="NAME",
        help="continue the search of that name; with other --epochs, --family or --transpose, or with --name, a new "
        "search begins with what it found",
    )
    kept.add_argument("--storage", metavar="URL", help="an Optuna storage URL (default: the workspace's own database)")


def main(arguments: list[str] | None = None) -> int:
    """Run a search as the command line asks; the exit code."""
    parser = argparse.ArgumentParser(
        prog="hyperparameter_search_example.py", description=(__doc__ or "").split("\n\n")[0]
    )
    add_arguments(parser)
    options = parser.parse_args(arguments)
    return run_command("search", lambda: run(options))


def run(options: argparse.Namespace) -> int:
    """Search, report, and say what was found; the exit code."""
    signal.signal(signal.SIGTERM, as_ctrl_c)
    return _search(options)


def as_ctrl_c(*_: object) -> None:
    """A signal that ends the program as Ctrl-C does."""
    raise KeyboardInterrupt


def _search(options: argparse.Namespace) -> int:
    _check_what_is_resumed(options)  # before all that takes seconds to load
    from chromasonic.checks import writable_folder
    from chromasonic.melody_generation.hyperparameter_search.candidate import Trainer
    from chromasonic.melody_generation.hyperparameter_search.evaluation import held_out_scores
    from chromasonic.melody_generation.hyperparameter_search.in_process import InProcessTrainer
    from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
    from chromasonic.melody_generation.hyperparameter_search.trial_process import child_trainers
    from chromasonic.operations.report_files import write_reports
    from chromasonic.results.export import write_results

    writable_folder(options.output_dir)
    workspace = Workspace.open()
    search, settings = _created(options, workspace) if options.resume is None else _resumed(options, workspace)
    search.bring_music()
    trainers: Sequence[Trainer] = (
        child_trainers(search.data_file, settings)
        if settings.needs_children
        else [InProcessTrainer(search.load_data(), settings.device)]
    )
    print(
        f"Searching “{search.name}”: {count(settings.n_trials, 'trial')} of up to "
        f"{count(settings.space.num_epochs, 'epoch')} on {settings.device}.",
        file=Onlooker(sys.stderr),
    )
    runner = SearchRunner(
        search,
        trainers,
        settings=settings,
        output_dir=options.output_dir,
        plot=options.plot,
        on_trial=_say_what_failed,
    )
    try:
        with _Progress(search, runner):
            runner.run()
    except (KeyboardInterrupt, StorageError) as stopped:
        if isinstance(stopped, KeyboardInterrupt):
            write_reports(search, options.report, options.output_dir)
        _say_how_to_go_on(search, options, has_reports=isinstance(stopped, KeyboardInterrupt))
        raise
    _say_what_is_measured(search)
    try:
        if (test := held_out_scores(search)) is not None:  # of the winner, so only now
            write_results(search.record(), options.output_dir, test=test)
    except CheckpointError as error:
        print(f"Warning: the tunes held back could not be used to measure the best model. {error}", file=sys.stderr)
    write_reports(search, options.report, options.output_dir)
    _say_result(search, options.output_dir)
    return 0


def _say_what_failed(trial: TrialRecord) -> None:
    from tqdm import tqdm

    if trial.state == "failed":
        tqdm.write(f"Trial {trial.number} failed: {trial.reason}", file=Onlooker(sys.stderr))


def _say_how_to_go_on(search: Search, options: argparse.Namespace, *, has_reports: bool) -> None:
    storage = masked(options.storage or "")
    again = ["--resume", search.name, *(["--storage", storage] if storage else [])]
    again += ["--output-dir", str(options.output_dir)] if options.output_dir != OUTPUT_DIR else []
    kept = "Stopped. Every trial that has finished or rests is kept"
    kept += f", and the reports are in {options.output_dir}" if has_reports else ""
    print(f"{kept}; go on with {shlex.join(again)}", file=sys.stderr)
    if storage != (options.storage or ""):
        print("(Type your password where *** stands.)", file=sys.stderr)


def _say_what_is_measured(search: Search) -> None:
    record = search.record()
    if record.best is not None and record.baselines is not None and record.baselines.test_ngram is not None:
        print("Measuring the best model on tunes held out from the search …", file=Onlooker(sys.stderr))


def _created(options: argparse.Namespace, workspace: Workspace) -> tuple[Search, SearchSettings]:
    from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search, free_name
    from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
    from chromasonic.melody_generation.hyperparameter_search.space import HyperparameterSearchSpace
    from chromasonic.melody_generation.hyperparameter_search.storage import open_database

    settings = SearchSettings(
        space=HyperparameterSearchSpace(num_epochs=_said(options.epochs, EPOCHS)),
        families=tuple(_said(options.family, [FAMILY])),
        n_trials=_said(options.n_trials, N_TRIALS),
        timeout=options.time_limit,
        seed=_said(options.seed, SEED),
        device=_device_there_is(_said(options.device, DEVICE)),
        jobs=_said(options.jobs, JOBS),
        transpose=bool(options.transpose),
        trial_timeout=options.trial_time_limit,
        trial_memory=options.trial_memory,
        strategy=_said(options.strategy, STRATEGIES[0]),
    )
    database = open_database(options.storage or workspace.storage_url)
    data = _data(options, settings.seed, workspace)
    _check_own_models(settings, data)
    name = options.name or free_name(f"{data.music}, {datetime.now():%d %b %Y %H:%M}", database)
    print("Counting what follows what, as a measure for the models …", file=Onlooker(sys.stderr))
    return create_search(name, data, settings, workspace=workspace, database=database), settings


def _said(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value


def _check_own_models(settings: SearchSettings, data: SearchData) -> None:
    """Refuse a class of the user's own that is not there or answers in another shape, before a search is made."""
    from chromasonic.melody_generation.hyperparameter_search.candidate import ARCHITECTURE
    from chromasonic.melody_generation.hyperparameter_search.in_process import model_class_of, refuse_another_shape
    from chromasonic.melody_generation.training import Corpus

    corpus = Corpus(data.train, context=data.sequence_length, vocab_size=data.vocab_size)
    untuned = settings.space.untuned()
    for family in settings.families:
        refuse_another_shape(model_class_of(family), {name: untuned[name] for name in ARCHITECTURE}, corpus)


def _check_what_is_resumed(options: argparse.Namespace) -> None:
    if options.resume is None:
        return
    if not (name := visible(options.resume)):
        raise SearchError(
            "--resume needs the name of the search to go on with, but what was given is empty. "
            "“chromasonic studies” lists the names."
        )
    said = [f"--{option.replace('_', '-')}" for option in OF_ANOTHER_MUSIC if getattr(options, option) is not None]
    if said:
        raise SearchError(
            f"“{name}” goes on with the music it was started with, so {listing(said)} cannot be used with --resume. "
            "Leave that out, or start a new search with it."
        )


def _resumed(options: argparse.Namespace, workspace: Workspace) -> tuple[Search, SearchSettings]:
    """The search to go on with, and the settings to do it with; nothing of it is changed yet."""
    from chromasonic.melody_generation.hyperparameter_search.carrying import can_go_on
    from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search, tidy_name
    from chromasonic.melody_generation.hyperparameter_search.storage import open_database

    search = open_search(tidy_name(options.resume), workspace, open_database(options.storage or workspace.storage_url))
    asked = _asked_anew(search.settings, options)
    if options.name is not None or not can_go_on(search.settings, asked):
        search = _begun_with(search, asked, options.name, workspace)
    _say_what_is_used_up(search, asked)
    return search, asked.gone_on_with(n_trials=max(asked.n_trials, search.record().n_finished))


def _asked_anew(before: SearchSettings, options: argparse.Namespace) -> SearchSettings:
    """The settings of the search that is resumed, with what was said now."""
    return replace(
        before,
        space=replace(before.space, num_epochs=_said(options.epochs, before.space.num_epochs)),
        families=tuple(_said(options.family, before.families)),
        transpose=bool(_said(options.transpose, before.transpose)),
        strategy=_said(options.strategy, before.strategy),
    ).gone_on_with(
        n_trials=options.n_trials,
        timeout=options.time_limit,
        device=_device_there_is(_said(options.device, before.device)),
        jobs=options.jobs,
        trial_timeout=options.trial_time_limit,
        trial_memory=options.trial_memory,
    )


def _begun_with(search: Search, settings: SearchSettings, name: str | None, workspace: Workspace) -> Search:
    """A new search with `settings` that begins with what `search` found."""
    from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search, free_name

    data = search.load_data()
    _check_own_models(settings, data)
    new = create_search(
        name or free_name(search.name, search.database),
        data,
        settings,
        workspace=workspace,
        database=search.database,
        begin_with=search,
    )
    print(
        f"“{search.name}” was searched in another way, and what was tried there cannot be mixed with this. So "
        f"“{new.name}” is a new search, which begins with {new.record().began_with}.",
        file=sys.stderr,
    )
    return new


def _say_what_is_used_up(search: Search, settings: SearchSettings) -> None:
    """Explain why a search that is resumed will end at once."""
    record = search.record()
    if settings.n_trials <= record.n_finished:
        print(
            f"“{record.name}” has finished {count(record.n_finished, 'trial')} already, and --n-trials counts these "
            f"too: ask for more than {record.n_finished} to go on.",
            file=sys.stderr,
        )
    elif settings.timeout is not None and settings.timeout <= record.total_time:
        print(
            f"“{record.name}” has searched for {record.total_time:.0f} seconds already, and --time-limit counts these "
            "too: ask for more to go on.",
            file=sys.stderr,
        )


def _device_there_is(asked: str) -> str:
    from chromasonic.melody_generation.training import resolve_device

    try:
        return str(resolve_device(asked))
    except DeviceError as error:
        print(f"Warning: {error} Using the CPU.", file=sys.stderr)
        return "cpu"


def _data(options: argparse.Namespace, seed: int, workspace: Workspace) -> SearchData:
    from chromasonic.melody_generation.datasets import SearchData, prepare
    from chromasonic.melody_generation.training import create_training_data
    from chromasonic.music.sets import keep_music_set, under_free_name

    if options.music:
        music = under_free_name(workspace.music, _read_music(options.music, workspace))
        data = prepare(music.melodies, music.name, seed=seed)
        keep_music_set(workspace.music, music)  # the pages look there for titles, meters, sources and the next search
        return data
    n_sequences = _said(options.n_sequences, N_SEQUENCES)
    train, validation = create_training_data(n_sequences, PRACTICE_LENGTH, PRACTICE_VOCABULARY, 0.8, seed=seed)
    return SearchData(
        train=train,
        validation=validation,
        test=[],
        vocab_size=PRACTICE_VOCABULARY,
        sequence_length=PRACTICE_LENGTH,
        music=f"{n_sequences} practice melodies",
        melodic=False,
    )


def _read_music(names: list[str], workspace: Workspace) -> MusicSet:
    from chromasonic.music.collections import COLLECTIONS, load_collection
    from chromasonic.music.outcome import Reading
    from chromasonic.music.reading import read_files
    from chromasonic.music.sets import LONGEST_NAME, MusicSet
    from chromasonic.music.text import one_line

    readings: list[Reading] = []
    titles: list[str] = []
    sources: list[str] = []
    files: list[tuple[str, bytes]] = []
    for name in names:
        if name in COLLECTIONS:
            with _reading_bar(COLLECTIONS[name].name) as on_progress:
                readings.append(load_collection(name, workspace.cache, on_progress))
            titles.append(COLLECTIONS[name].name)
            sources.append(COLLECTIONS[name].name)
            continue
        try:
            found = _music_in(Path(name)) if Path(name).is_dir() else [Path(name)]
            files += [(one_line(path.name), path.read_bytes()) for path in found]
        except OSError as error:
            raise MusicFileError(
                name,
                f"cannot be opened ({error.strerror}). Give a file, a folder, or a collection: "
                f"{', '.join(COLLECTIONS)}.",
            ) from error
    if files:
        with _reading_bar("Reading") as on_progress:
            reading = read_files(files, on_progress)
        for skipped in reading.skipped:
            print(f"Left out {skipped.name}: {skipped.reason}", file=sys.stderr)
        readings.append(reading)
        titles.append(_title_of([name for name in names if name not in COLLECTIONS], len(files)))
        sources += reading.files_among(dict.fromkeys(name for name, _ in files))
    melodies = tuple(melody for reading in readings for melody in reading.melodies)
    if not melodies:
        raise NotEnoughMusicError("None of the files holds a melody that can be read; see the reasons above.")
    skipped_files = tuple(skipped for reading in readings for skipped in reading.skipped)
    title = one_line(" and ".join(titles), LONGEST_NAME)
    return MusicSet(title, melodies, skipped_files, tuple(sources))


def _music_in(folder: Path) -> list[Path]:
    """Every music file in `folder` and the folders inside it, by name; what is hidden is left out."""
    from chromasonic.music.reading import SUFFIXES

    inside = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    found = [path for path in inside if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    if not found:
        raise MusicFileError(str(folder), f"this folder holds no music: no file that ends in {', '.join(SUFFIXES)}.")
    return sorted(found)


def _title_of(names: list[str], n_files: int) -> str:
    """What music from these files and folders is called."""
    if len(names) > 1:
        return f"{n_files} files"
    path = Path(names[0])
    return path.resolve().name or f"{n_files} files" if path.is_dir() else path.stem


@contextmanager
def _reading_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar, told how many files are read and how many there are; it shows itself when that takes longer."""
    from tqdm import tqdm

    with tqdm(desc=title, unit="file", dynamic_ncols=True, leave=False, delay=0.5) as bar:

        def on_progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield on_progress


class _Progress:
    """A progress bar: how much is done, trials tried, the time left, the trial in training, the best loss so far.

    It is drawn by a thread of its own, so that its clock goes on during a long epoch; tqdm's own thread draws a bar
    again only after updates. The bar appears as soon as the runner has taken the search: only then does its record say
    how much is asked for.
    """

    def __init__(self, search: Search, runner: SearchRunner) -> None:
        self._search = search
        self._runner = runner
        self._watched = Onlooker(sys.stderr)
        self._bar: tqdm[NoReturn] | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_drawing, daemon=True)

    def __enter__(self) -> _Progress:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        with suppress(ChromasonicError):  # what ended the search is about to be said
            self._draw()
        if self._bar is not None:
            self._bar.close()

    def _keep_drawing(self) -> None:
        drawn, has_said = -math.inf, False
        every = _DRAW_EVERY if self._watched.isatty() else _LOG_EVERY
        while not self._ended.wait(_DRAW_EVERY / 2):
            if self._runner.is_stopping and not has_said:
                has_said = True
                self._say_that_it_stops()
            if time.monotonic() - drawn >= every and self._runner.is_running:
                drawn = time.monotonic()
                with suppress(ChromasonicError):  # the search ends with the same one, where it lasts
                    self._draw()

    def _say_that_it_stops(self) -> None:
        from tqdm import tqdm

        tqdm.write("Stopping: what is in training is kept, then the reports are written …", file=self._watched)

    def _draw(self) -> None:
        from tqdm import tqdm

        record, status = self._search.record(), self._runner.status()
        elapsed = max(record.total_time, status.elapsed)
        is_running = self._runner.is_running and not self._runner.is_stopping
        left = record.time_left(elapsed, status.pace) if is_running else None
        in_training = [f"trial {trial.number}, epoch {trial.epoch}/{trial.epochs}" for trial in status.current]
        known = [
            f"{record.n_tried} of {count(record.n_trials, 'trial')} tried",
            "" if left is None else f"about {waiting_time(left)} left" if left else "ends after this epoch",
            in_training[0] if in_training and is_running else "",
            f"best loss {record.best.best_validation_loss:.3f}" if record.best else "",
        ]
        done = record.share_done(elapsed)
        if self._bar is None:
            self._bar = tqdm(total=1.0, initial=done, file=self._watched, dynamic_ncols=True, bar_format=_BAR)
        self._bar.n = max(self._bar.n, done)  # more work than was expected never takes from it
        self._bar.set_description_str(", ".join(filter(None, known)))


def _say_result(search: Search, output_dir: Path) -> None:
    record = search.record()
    best = record.best
    if best is None or best.best_validation_loss is None:
        print("The time was up before a trial had finished an epoch. Allow more time, or smaller models.")
        return
    n_whole = record.count(TrialState.COMPLETE)
    print(f"{count(record.n_tried, 'trial')} tried, {n_whole} of them trained to the end.")
    guess = f"; guessing blindly scores {record.baselines.uniform:.3f}" if record.baselines else ""
    print(f"Best: trial {best.number}, validation loss {best.best_validation_loss:.4f} nats per token{guess}.")
    for name, value in best.params.items():
        print(f"  {name}: {value:.3g}" if isinstance(value, float) else f"  {name}: {value}")
    print(f"The report, the results and the best settings are in {output_dir}")


if __name__ == "__main__":
    sys.exit(main())
