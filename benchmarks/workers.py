"""How well workers share a search: trials a minute with 1, 2 and 4 of them, and with 50 and 200 light ones.

python benchmarks/workers.py                        # SQLite and PostgreSQL, trials of 1 s and of 10 s (7 minutes)
python benchmarks/workers.py --light 50 200         # through the storage proxy over PostgreSQL, trials of 30 s
python benchmarks/workers.py --light 200 --proxies 2

A trial here sleeps through its epochs, so that few cores are enough to see what sharing costs. Everything else is the
real thing: the runner, its seat, the sampler, each epoch reported, each trial told, in processes of their own. Light
workers are threads of a few processes, each with a connection and a cache of its own, and draw at random.

In the table: *efficiency* is the time that the trials must take at least, over the time that passed; *report* is how
long telling the database of an epoch took, for half of them and for 95 %; *given up* are trials that came too late to
the last place; *failed* are workers; *load* is that of the machine before the start, 1 for each core that is busy.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

import optuna
import psutil
import servers

from chromasonic.melody_generation.datasets import SearchData
from chromasonic.melody_generation.hyperparameter_search.candidate import Answer, CandidateResult
from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search
from chromasonic.melody_generation.hyperparameter_search.fleet import InFleet
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.search import Search
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.storage import _open as open_one_more
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database, open_database
from chromasonic.results.records import FINISHED, Baselines, Epoch
from chromasonic.workspace import Workspace

EPOCHS = 5
PER_PROCESS = 50
NO_MUSIC = SearchData([[1, 2, 3]], [[1, 2, 3]], [], vocab_size=8, sequence_length=2, music="none", melodic=False)


class Sleeper:
    """Trains nothing for so many seconds."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.trained = []  # when each training began and ended, seconds since 1970
        self.waits = []  # seconds each epoch's report took

    def train(self, candidate, on_epoch):
        """See `Trainer`."""
        began = time.time()
        for number in range(1, EPOCHS + 1):
            time.sleep(self.seconds / EPOCHS)
            reported = time.perf_counter()
            if on_epoch(Epoch(number, 2.0 + candidate.number % 7 / 10 - number / 10, 1.0)) is not Answer.GO_ON:
                break
            self.waits.append(time.perf_counter() - reported)
        self.trained.append((began, time.time()))
        return CandidateResult(best_validation_loss=1.5, epochs_run=EPOCHS, training_time=self.seconds, n_parameters=1)

    def keep(self, stem):
        """See `Trainer`."""

    def interrupt(self):
        """See `Trainer`."""

    def close(self):
        """See `Trainer`."""


def work(url, name, seconds, light):
    """One process: a worker, or so many light ones; prints what it measured."""
    workspace = Workspace.open(Path(os.environ["CHROMASONIC_HOME"]))
    sleepers = [Sleeper(seconds) for _ in range(max(1, light))]
    failed = []

    def one(number, sleeper):
        try:
            database = open_one_more(url) if light else open_database(url)
            search = Search(database, workspace, database.load_study(name))
            sampler = optuna.samplers.RandomSampler() if light else None
            tenure = InFleet(search, f"worker {number}")
            SearchRunner(
                search, [sleeper], tenure=tenure, sampler=sampler, pruner=optuna.pruners.NopPruner(), plot=False
            ).run()
        except Exception as error:
            failed.append(f"{type(error).__name__}: {str(error)[:200]}")

    threads = [threading.Thread(target=one, args=item) for item in enumerate(sleepers)]
    print("ready", flush=True)
    sys.stdin.readline()
    for thread in threads:
        thread.start()
        time.sleep(0.02 if light else 0.0)
    for thread in threads:
        thread.join()
    trained = [trial for sleeper in sleepers for trial in sleeper.trained]
    waits = [wait for sleeper in sleepers for wait in sleeper.waits]
    print(json.dumps({"trained": trained, "waits": waits, "failed": failed}), flush=True)


def measure(urls, n_workers, n_trials, seconds, light, home):
    """Let workers, spread over the addresses of one database, do so many trials; what they measured."""
    url = urls[0]
    workspace = Workspace.open(home)
    settings = SearchSettings(n_trials=n_trials)
    name = f"{n_workers} workers, {seconds:g} s, {time.time()}"
    baselines = Baselines(uniform=2.0, ngram=1.9, ngram_order=2)
    search = create_search(
        name, NO_MUSIC, settings, workspace=workspace, database=open_database(url), baselines=baselines
    )
    shares = [min(PER_PROCESS, n_workers - i) for i in range(0, n_workers, PER_PROCESS)] if light else [0] * n_workers
    environment = {**os.environ, "CHROMASONIC_HOME": str(home)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__, "--work", urls[i % len(urls)], name, str(seconds), str(share)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for i, share in enumerate(shares)
    ]
    for process in processes:
        process.stdout.readline()
    load = psutil.getloadavg()[0]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    found = [json.loads(process.communicate()[0].splitlines()[-1]) for process in processes]
    trained = [trial for result in found for trial in result["trained"]]
    waits = [wait for result in found for wait in result["waits"]]
    wall = max(end for _, end in trained) - min(began for began, _ in trained)
    states = [trial.state for trial in search.record().trials]
    forget_database(url)
    return {
        "per_minute": len(trained) / wall * 60,
        # At least as long as the slowest worker's share of the trials must take, if nothing else took any time.
        "efficiency": n_trials * seconds / n_workers / wall,
        "report": quantiles(waits, n=20)[9:19:9] if len(waits) > 1 else [0.0, 0.0],
        "finished": sum(state in FINISHED for state in states),
        "rows": len(states),
        "failed": [reason for result in found for reason in result["failed"]],
        "load": load,
    }


def show(where, n_workers, n_trials, seconds, result):
    half, most = (1000 * wait for wait in result["report"])
    print(
        f"| {where} | {n_workers} | {seconds:g} s | {result['finished']} of {n_trials} | {result['per_minute']:.1f} "
        f"| {result['efficiency']:.3f} | {half:.0f} / {most:.0f} ms | {result['rows'] - result['finished']} "
        f"| {len(result['failed'])} | {result['load']:.1f} |",
        flush=True,
    )
    for reason in sorted(set(result["failed"]))[:3]:
        print(f"  {reason}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--databases", nargs="+", default=["SQLite", "PostgreSQL"], choices=["SQLite", "PostgreSQL"])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--seconds", type=float, nargs="+", help="of one trial (default: 1 and 10; light workers: 30)")
    parser.add_argument("--each", type=int, help="trials for each worker (default: 20 of 1 s, 4 of longer ones)")
    parser.add_argument("--light", type=int, nargs="+", default=[], help="so many light workers, through the proxy")
    parser.add_argument("--proxies", type=int, default=1, help="so many proxies before the database of light workers")
    parser.add_argument("--work", nargs=4, metavar=("URL", "NAME", "SECONDS", "LIGHT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        url, name, seconds, light = options.work
        work(url, name, float(seconds), int(light))
        return
    print("| through | workers | trial | finished | trials/min | efficiency | report | given up | failed | load |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = {}
        for database in options.databases[-1:] if options.light else options.databases:
            sqlite = f"sqlite:///{home / 'searches.db'}"
            urls[database] = [sqlite if database == "SQLite" else stack.enter_context(servers.postgresql())]
        if options.light:
            named = "proxy" if options.proxies == 1 else f"{options.proxies} proxies"
            urls = {
                f"{named}, {name}": [stack.enter_context(servers.proxy(url)) for _ in range(options.proxies)]
                for name, [url] in urls.items()
            }
        for where, through in urls.items():
            for seconds in options.seconds or ([30.0] if options.light else [1.0, 10.0]):
                for n_workers in options.light or options.workers:
                    n_trials = n_workers * (options.each or (20 if seconds <= 1 else 4))
                    result = measure(through, n_workers, n_trials, seconds, bool(options.light), home)
                    show(where, n_workers, n_trials, seconds, result)


if __name__ == "__main__":
    main()
