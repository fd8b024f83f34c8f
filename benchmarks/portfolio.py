"""The settings that a search tries first: those that together did best on all the music they were trained on.

    python benchmarks/portfolio.py

From the tables of `learning_curves.py`, for each family: greedily, each next one is what lowers the regret most, that
is the best loss of those chosen so far above the best of the table, as a share of how far the median settings are above
it; the default settings, which every search tries, are there from the start. Where that leaves little to gain, what is
good by itself decides. Printed as it stands in `hyperparameter_search/portfolio.py`.

M. Feurer et al., Practical Automated Machine Learning for the AutoML Challenge 2018, build their portfolio so.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from learning_curves import TABLES, Table, read_table

from chromasonic.melody_generation.hyperparameter_search.space import Params

SIZE = 4
ITSELF = 0.1
"""How much the regret of a setting by itself weighs beside what it adds to those chosen before."""


def portfolio(tables: Sequence[Table], size: int = SIZE) -> list[Params]:
    """The `size` settings, the most useful first, of those that all `tables` of one family have trained."""
    losses = [{key_of(curve.params): min(curve.losses, default=math.inf) for curve in table.curves} for table in tables]
    params = {key_of(curve.params): curve.params for curve in tables[0].curves}
    common = [key for key in params if all(key in known for known in losses)]
    regrets = [_regrets({key: known[key] for key in common}) for known in losses]
    default, *others = common
    left, chosen = [regret[default] for regret in regrets], []

    def cost(key: tuple[float | int, ...]) -> float:
        together = sum(min(least, regret[key]) for least, regret in zip(left, regrets, strict=True))
        return together + ITSELF * sum(regret[key] for regret in regrets)

    for _ in range(min(size, len(others))):
        best = min((key for key in others if key not in chosen), key=cost)
        chosen.append(best)
        left = [min(least, regret[best]) for least, regret in zip(left, regrets, strict=True)]
    return [params[key] for key in chosen]


def key_of(params: Params) -> tuple[float | int, ...]:
    """Settings as what can be looked up."""
    return tuple(params[name] for name in sorted(params))


def _regrets(losses: dict[tuple[float | int, ...], float]) -> dict[tuple[float | int, ...], float]:
    least = min(losses.values())
    usual = statistics.median(losses.values()) - least
    return {key: (loss - least) / usual for key, loss in losses.items()}


def rounded(params: Params) -> Params:
    """As one would write them down."""
    written = {**params, "learning_rate": float(f"{params['learning_rate']:.2g}")}
    return {**written, "dropout": round(params["dropout"], 2)}


def main() -> None:
    """Print the settings of each family."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=Path, nargs="+", default=sorted(TABLES.glob("*.json.gz")))
    options = parser.parse_args()
    families = defaultdict(list)
    for path in options.tables:
        table = read_table(path)
        families[table.family].append(table)
    for family, tables in families.items():
        counts = ", ".join(f"{len(table.curves)} settings on {table.music}" for table in tables)
        print(f"# {family}: {counts}")
        for params in portfolio(tables):
            print(f"    {rounded(params)},")


if __name__ == "__main__":
    main()
