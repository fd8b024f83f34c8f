"""What watching a search costs: processor time of one refresh of the Progress page.

    python benchmarks/live_page.py

A search that is running is filled with made-up trials of 8 epochs each, every fourth of them stopped early, and with
the songs of each new best. Then the very functions that the live page calls by the clock are run, one after the other,
inside Streamlit's own test runner: *idle* while nothing has changed, *changed* after another trial has finished. It is
processor time of this process, so that other programs on a busy machine do not count; sending the page to the browser
is not in it. The table shows medians, and the worst of the changed ones: now and then what matters is worked out anew.
*elsewhere* is what the other pages do every five seconds, so that the title of the tab goes along.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import random
import statistics
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import optuna
import sqlalchemy
from streamlit.testing.v1 import AppTest

from chromasonic.melody_generation.datasets import SearchData
from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search
from chromasonic.melody_generation.hyperparameter_search.history import OUTCOME
from chromasonic.melody_generation.hyperparameter_search.search import Search
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.music.melody import Melody, Note
from chromasonic.rendering.song import write_song
from chromasonic.results.records import Baselines, SearchState, new_bests
from chromasonic.workspace import Workspace

EPOCHS = 8
START = datetime(2026, 11, 24, 9, 0)
MARKS = {"idle": 15, "changed": 60}  # ms, at 10,000 trials
PAGE_TABLES = ("trials", "trial_params", "trial_values", "trial_intermediate_values", "trial_user_attributes")


def made_up_trial(
    chance: random.Random, number: int, epochs: int = EPOCHS
) -> tuple[dict[str, Any], list[float], dict[str, Any], bool]:
    """Parameters, losses, outcome and whether it was stopped early, as a search might have found them."""
    params = {
        "learning_rate": 10 ** chance.uniform(-5, -2),
        "batch_size": chance.choice([16, 32, 64, 128]),
        "hidden_size": 32 * chance.randint(2, 16),
        "num_layers": chance.randint(1, 4),
        "dropout": chance.uniform(0.0, 0.5),
        "embedding_dim": 32 * chance.randint(1, 8),
    }
    end = 1.4 + abs(chance.gauss(0, 0.3)) + 50 * abs(params["learning_rate"] - 0.003)
    is_pruned = number % 4 == 3
    losses = [end + 1.5 / epoch for epoch in range(1, 4 if is_pruned else epochs + 1)]
    outcome = {
        "training_time": chance.uniform(5, 60),
        "n_parameters": 100_000,
        "train_losses": [loss - 0.1 for loss in losses],
    }
    return params, losses, outcome, is_pruned


def fill(search: Search, n_trials: int, chance: random.Random, epochs: int = EPOCHS) -> None:
    """Write `n_trials` made-up trials straight into the tables: through Optuna it would take minutes."""
    asked = search.study.ask()
    search.settings.space.suggest(asked)
    distributions = {
        name: optuna.distributions.distribution_to_json(distribution)
        for name, distribution in asked.distributions.items()
    }
    spaces = asked.distributions
    search.study.tell(asked, 2.5)
    rows: dict[str, list[dict[str, Any]]] = {table: [] for table in PAGE_TABLES}
    first = asked._trial_id + 1
    for number in range(1, n_trials):
        key = first + number
        params, losses, outcome, is_pruned = made_up_trial(chance, number, epochs)
        began = START + timedelta(seconds=10 * number)
        rows["trials"].append(
            {"trial_id": key, "number": number, "study_id": search.id, "state": "PRUNED" if is_pruned else "COMPLETE"}
            | {"datetime_start": str(began), "datetime_complete": str(began + timedelta(seconds=9))}
        )
        rows["trial_params"] += [
            {"trial_id": key, "param_name": name, "param_value": spaces[name].to_internal_repr(value)}
            | {"distribution_json": distributions[name]}
            for name, value in params.items()
        ]
        if not is_pruned:
            rows["trial_values"].append({"trial_id": key, "objective": 0, "value": losses[-1], "value_type": "FINITE"})
        rows["trial_intermediate_values"] += [
            {"trial_id": key, "step": epoch, "intermediate_value": loss, "intermediate_value_type": "FINITE"}
            for epoch, loss in enumerate(losses, start=1)
        ]
        rows["trial_user_attributes"].append({"trial_id": key, "key": OUTCOME, "value_json": json.dumps(outcome)})
    with search.database.engine.begin() as connection:
        for table, entries in rows.items():
            names = list(entries[0])
            values = ", ".join(f":{name}" for name in names)
            connection.execute(sqlalchemy.text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"), entries)


def finish_another(search: Search, chance: random.Random) -> None:
    """One more trial, through the storage that the page reads, as the runner does it."""
    _, losses, outcome, _ = made_up_trial(chance, 0)
    trial = search.study.ask(fixed_distributions=search.study.get_trials(deepcopy=False)[0].distributions)
    for epoch, loss in enumerate(losses, start=1):
        trial.report(loss, epoch)
    trial.set_user_attr(OUTCOME, outcome)
    search.study.tell(trial, losses[-1])


def refresh(search, spent):  # its source runs elsewhere, where no name of this file is known
    """What the test runner runs: one look at the search, timed."""
    import time

    from chromasonic.ui.progress_view import look_below_once, look_once

    began = time.process_time()
    look_once(search)
    look_below_once(search)
    spent.append((time.process_time() - began) * 1000)


def look_from_elsewhere(search, spent):  # as above
    """What another page does meanwhile."""
    import time

    import streamlit as st

    from chromasonic.ui.watching import watch_elsewhere

    st.session_state["watched search"] = search
    began = time.process_time()
    watch_elsewhere()
    spent.append((time.process_time() - began) * 1000)


def music() -> SearchData:
    """What the search learns: no more than its page asks for."""
    tune = VOCABULARY.encode(Melody(tuple(Note(beat, 1.0, 60 + beat % 12) for beat in range(32)), "A scale"))
    return SearchData([tune], [tune], [tune], VOCABULARY.size, sequence_length=128, music="a scale", melodic=True)


def sing(search: Search) -> None:
    """Leave a song of eight bars for each new best, as the runner does."""
    for trial in new_bests(search.record()):
        notes = (Note(beat, 1.0, 60 + (beat * trial.number) % 12) for beat in range(32))
        write_song(search.songs.stem(trial.number), Melody(tuple(notes), f"Trial {trial.number}", qpm=120))


def measure(n_trials: int, rounds: int) -> tuple[float, float, float, float]:
    """Milliseconds of an idle refresh, of a changed one, of the worst changed one, and of a look from elsewhere."""
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CHROMASONIC_HOME"] = folder
        settings = SearchSettings(n_trials=2 * n_trials)
        baselines = Baselines(uniform=4.5, ngram=2.3, ngram_order=4)
        workspace = Workspace.open(Path(folder))
        search = create_search(f"{n_trials} trials", music(), settings, workspace=workspace, baselines=baselines)
        search.study.sampler = optuna.samplers.RandomSampler(seed=0)
        fill(search, n_trials, chance)
        sing(search)
        search.take("a benchmark")
        search.write_status(SearchState.RUNNING, 100.0)
        spent: list[float] = []
        progress, other = (
            AppTest.from_function(page, args=(search, spent), default_timeout=300)
            for page in (refresh, look_from_elsewhere)
        )

        def look(app: AppTest = progress) -> None:
            search.beat(100.0)
            app.run()
            if app.exception or app.error:
                raise SystemExit(f"The page failed: {[e.value for e in [*app.exception, *app.error]]}")

        look()
        look()
        spent.clear()
        for _ in range(rounds):
            look()
        idle = statistics.median(spent)
        spent.clear()
        for _ in range(rounds):
            finish_another(search, chance)
            look()
        changed, worst = statistics.median(spent), max(spent)
        look(other)
        spent.clear()
        for _ in range(rounds):
            look(other)
        search.database.engine.dispose()
        return idle, changed, worst, statistics.median(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=20, help="refreshes of each kind (default: %(default)s)")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    logging.disable(logging.WARNING)  # Streamlit misses a browser
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}; ms of processor time")
    print(f"{'trials':>8} {'idle':>8} {'changed':>8} {'worst':>8} {'elsewhere':>10}")
    for n_trials in options.trials:
        idle, changed, worst, elsewhere = measure(n_trials, options.rounds)
        print(f"{n_trials:>8,} {idle:>8.1f} {changed:>8.1f} {worst:>8.1f} {elsewhere:>10.1f}", flush=True)
    print(f"marks at 10,000 trials: idle {MARKS['idle']}, changed {MARKS['changed']}")


if __name__ == "__main__":
    main()
