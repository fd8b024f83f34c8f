"""After how many trials a search tells truly which setting mattered: searches replayed as in `search_efficiency.py`.

    python benchmarks/importance.py

Each search has all settings of a table. After so many trials its importance is held against that of the whole table,
every setting trained to its end. *the same leads*: the share of searches whose most important setting is truly the most
important one; *its weight*: how much of the greatest true share that setting has, in the mean; *apart*: half the sum of
the differences of all shares, from 0 (alike) to 1.
"""

from __future__ import annotations

import argparse
import statistics
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import optuna
from learning_curves import TABLES, Table, read_table
from search_efficiency import Replay, Training, Way, replayed

from chromasonic.melody_generation.hyperparameter_search.history import importance
from chromasonic.melody_generation.hyperparameter_search.space import HyperparameterSearchSpace
from chromasonic.results.records import RESUMING

Shares = dict[str, float]
AFTER = (16, 20, 30, 40, 60, 80, 100, 150)  # trials
WAYS = (
    Way("all to their end", default_first=True),
    Way("resuming as in the app", RESUMING, default_first=True, proven_first=True),
)


@dataclass
class Watched(Replay):
    """A replay whose importance is noted when so many trials have begun."""

    told: dict[int, Shares] = field(default_factory=dict)

    def begin(self) -> Training | None:
        """See `Replay`."""
        if self.begun in AFTER and (shares := importance(self.study, lets_rest=self.settings.lets_rest)):
            self.told[self.begun] = shares
        return super().begin()


def true_shares(table: Table) -> Shares:
    """The importance when all settings of `table` are trained to their end."""
    study = optuna.create_study()
    space = HyperparameterSearchSpace.from_json(table.space)
    for curve in table.curves:
        if curve.failed is None:
            study.enqueue_trial(curve.params)
            trial = study.ask()
            space.suggest(trial)
            study.tell(trial, min(curve.losses))
    shares = importance(study)
    assert shares is not None, f"the table of {table.music} is too short"
    return shares


def main() -> None:
    """Replay and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=Path, nargs="+", default=sorted(TABLES.glob("*.json.gz")))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    tables = [read_table(path) for path in options.tables]
    told: dict[tuple[str, int], list[tuple[Shares, Shares]]] = {}
    for table in tables:
        others = [other for other in tables if other.family == table.family and other.music != table.music]
        true = true_shares(table)
        for way in WAYS:
            for seed in range(options.seeds):
                replay = replayed(way, table, others, seed, len(table.curves), Watched)
                assert isinstance(replay, Watched)
                for n_trials, shares in replay.told.items():
                    told.setdefault((way.name, n_trials), []).append((shares, true))

    print("| search | trials | searches | the same leads | its weight | apart |\n|---|---|---|---|---|---|")
    for (name, n_trials), pairs in sorted(told.items()):
        leaders = [(max(shares, key=shares.__getitem__), true) for shares, true in pairs]
        same = statistics.fmean(true[leader] == max(true.values()) for leader, true in leaders)
        weight = statistics.fmean(true[leader] / max(true.values()) for leader, true in leaders)
        apart = statistics.fmean(sum(abs(s.get(x, 0.0) - true[x]) for x in true) / 2 for s, true in pairs)
        print(f"| {name} | {n_trials} | {len(pairs)} | {same:.0%} | {weight:.2f} | {apart:.2f} |")


if __name__ == "__main__":
    main()
