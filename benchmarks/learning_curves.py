"""Learning curves of many settings, really trained, for searches to be replayed on (`search_efficiency.py`).

    python benchmarks/learning_curves.py --n 100 --epochs 8 --tunes 100
    nice -n 19 python benchmarks/learning_curves.py --minutes 60 --families lstm rnn --music ryans bach

Each table is one music and one family: settings drawn with a seed from the search space of one of the app's presets,
the default settings first, and for each the validation loss after every epoch and the processor seconds it took, by the
app's own training code on one thread. The first settings are trained for every table before the second ones are, so
that tables cut short are of about the same length. It can be stopped at any time; started again, it goes on after the
last settings it has kept, and with a larger `--n` it adds to what is there. Where the code that trains has changed it
refuses: what two states of it have trained never stands in one table.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import math
import platform
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import optuna
import torch

from chromasonic.files import write_whole
from chromasonic.melody_generation.datasets import prepare
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.hyperparameter_search.candidate import Answer, Candidate, CandidateFailedError
from chromasonic.melody_generation.hyperparameter_search.in_process import InProcessTrainer
from chromasonic.melody_generation.hyperparameter_search.space import HyperparameterSearchSpace, Params
from chromasonic.music.collections import COLLECTIONS, load_collection
from chromasonic.music.melody import Melody
from chromasonic.results.records import Epoch
from chromasonic.ui.presets import phrases_to_learn, preset

TABLES = Path(__file__).parent / "tables"
CODE = Path(__file__).parents[1] / "chromasonic" / "melody_generation"
MUSIC = ("ryans", "bach", "essen-china")
FAMILIES = ("lstm", "rnn")
SEED = 0


@dataclass(frozen=True)
class Curve:
    """One training: its settings, and what came of each epoch."""

    params: Params
    losses: list[float]  # of validation, nats per token; shorter than asked where it stopped improving or diverged
    seconds: list[float]  # processor seconds of each epoch, its validation included
    failed: str | None = None  # why it could not be trained to the end


@dataclass(frozen=True, kw_only=True)
class Table:
    """Curves of one family on one music."""

    music: str
    family: str
    tunes: int
    epochs: int
    space: dict[str, Any]  # a HyperparameterSearchSpace as JSON
    seed: int
    code: str  # which state of the code that trains, for losses and seconds are its doing
    made_on: dict[str, str]
    curves: list[Curve] = field(default_factory=list)

    @property
    def what(self) -> dict[str, Any]:
        """What must be equal for curves to stand in one table: all but the machine and the curves."""
        return {name: value for name, value in asdict(self).items() if name not in ("made_on", "curves")}


def code_that_trains() -> str:
    """Some digits that are others when a model or the training has changed."""
    digest = hashlib.sha256()
    for file in sorted(file for room in ("models", "training") for file in (CODE / room).glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def path_of(folder: Path, music: str, family: str) -> Path:
    """Where a table lies."""
    return folder / f"{music}-{family}.json.gz"


def read_table(path: Path) -> Table:
    """The table that `write_table` wrote."""
    record = json.loads(gzip.decompress(path.read_bytes()))
    return Table(**{**record, "curves": [Curve(**curve) for curve in record["curves"]]})


def write_table(path: Path, table: Table) -> None:
    """Write `table`, whole or not at all."""
    write_whole(path, gzip.compress(json.dumps(asdict(table), separators=(",", ":")).encode(), mtime=0))


def settings_to_train(space: HyperparameterSearchSpace, seed: int) -> Iterator[Params]:
    """The default settings, then as many as one likes by chance; the same ones in the same order for the same seed."""
    yield space.untuned()
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    while True:
        yield space.suggest(study.ask())


def begun(path: Path, fresh: Table) -> Table:
    """The table that is there already, or `fresh`."""
    if not path.exists():
        return fresh
    table = read_table(path)
    if table.what != fresh.what:
        differing = [name for name, value in fresh.what.items() if table.what[name] != value]
        raise SystemExit(f"{path} was made with other {', '.join(differing)}; choose another --folder, or delete it.")
    return table


def trained(trainer: InProcessTrainer, family: str, params: Params, epochs: int, seed: int) -> Curve:
    """Train once."""
    losses: list[float] = []
    seconds: list[float] = []
    before = time.process_time()

    def on_epoch(epoch: Epoch) -> Answer:
        nonlocal before
        now = time.process_time()
        losses.append(round(epoch.validation_loss, 5))
        seconds.append(round(now - before, 3))
        before = now
        return Answer.GO_ON

    candidate = Candidate(number=0, family=family, params=params, epochs=epochs, seed=seed)
    try:
        trainer.train(candidate, on_epoch)
    except CandidateFailedError as error:
        return Curve(params, losses, seconds, str(error))
    return Curve(params, losses, seconds)


def some_tunes(music: str, n_tunes: int, cache: Path) -> list[Melody]:
    """So many tunes of a collection, chosen by chance but always the same."""
    melodies = load_collection(music, cache).melodies
    return random.Random(SEED).sample(melodies, min(n_tunes, len(melodies)))


def space_for(melodies: list[Melody], preset_name: str, epochs: int) -> HyperparameterSearchSpace:
    """The search space of a preset, which is another for little music."""
    return replace(preset(preset_name, "cpu", phrases_to_learn(melodies)).to_settings().space, num_epochs=epochs)


def main() -> None:
    """Train, and print how each table stands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100, help="settings in each table (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no other training after so many")
    parser.add_argument("--music", nargs="+", default=list(MUSIC), choices=list(COLLECTIONS), metavar="COLLECTION")
    parser.add_argument("--families", nargs="+", default=list(FAMILIES), choices=list(MODEL_LABELS))
    parser.add_argument("--tunes", type=int, default=100, help="of each collection (default: %(default)s)")
    parser.add_argument("--space", default="quick", choices=["quick", "balanced", "thorough"])
    parser.add_argument("--folder", type=Path, default=TABLES)
    options = parser.parse_args()

    ends = time.monotonic() + 60 * options.minutes
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    made_on = {"torch": torch.__version__, "machine": platform.machine(), "threads": "1"}
    with tempfile.TemporaryDirectory() as cache:
        melodies = {music: some_tunes(music, options.tunes, Path(cache)) for music in options.music}
    spaces = {music: space_for(melodies[music], options.space, options.epochs) for music in options.music}
    trainers = {music: InProcessTrainer(prepare(melodies[music], COLLECTIONS[music].name)) for music in options.music}
    tables: dict[Path, Table] = {}
    for music in options.music:
        for family in options.families:
            fresh = Table(
                music=music,
                family=family,
                tunes=options.tunes,
                epochs=options.epochs,
                space=json.loads(json.dumps(spaces[music].to_json())),
                seed=SEED,
                code=code_that_trains(),
                made_on=made_on,
            )
            path = path_of(options.folder, music, family)
            tables[path] = begun(path, fresh)

    for music in options.music:  # the first training of a process also loads what all of them need
        trained(trainers[music], options.families[0], spaces[music].untuned(), 1, SEED)
    settings = {music: settings_to_train(spaces[music], SEED) for music in options.music}
    for place in range(options.n):
        params_of = {music: next(settings[music]) for music in options.music}
        for path, table in tables.items():
            if len(table.curves) == place and time.monotonic() < ends:
                params = params_of[table.music]
                table.curves.append(trained(trainers[table.music], table.family, params, options.epochs, SEED))
                write_table(path, table)

    print(f"{'table':<20} {'settings':>8} {'failed':>7} {'best loss':>10} {'default':>8} {'processor seconds':>18}")
    for path, table in tables.items():
        losses = [min(curve.losses, default=math.inf) for curve in table.curves]
        print(
            f"{path.name.removesuffix('.json.gz'):<20} {len(table.curves):>8} "
            f"{sum(curve.failed is not None for curve in table.curves):>7} {min(losses, default=math.nan):>10.4f} "
            f"{losses[0] if losses else math.nan:>8.4f} {sum(sum(curve.seconds) for curve in table.curves):>18.0f}"
        )


if __name__ == "__main__":
    main()
