"""Works on the search that is named as `chromasonic worker` does, with a trainer that learns nothing and so is fast."""

import argparse
import signal
import sys
import time
from pathlib import Path

from scripted import ScriptedTrainer

from chromasonic import worker
from chromasonic.melody_generation.hyperparameter_search.fleet import InFleet
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.storage import proxy_explained


def losses_of(number):
    best = 1.5 + (number * 37 % 101) / 101  # a scattered one for each number
    return [best + 0.2, best + 0.1, best]


def main() -> None:
    parser = argparse.ArgumentParser()
    worker.add_arguments(parser)
    parser.add_argument("--epoch-time", type=float, default=0.05)
    parser.add_argument("--told", type=Path, help="where to write which trials this worker has told")
    options = parser.parse_args()

    def stop(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)

    def note(trial):
        if options.told:
            with options.told.open("a") as file:
                file.write(f"{trial.number}\n")

    search = worker.find(options)
    trainers = [ScriptedTrainer(losses_of, options.epoch_time) for _ in range(options.jobs)]
    tenure = InFleet(search, "cpu")
    print("ready", flush=True)
    began = time.monotonic()
    with proxy_explained():
        SearchRunner(search, trainers, tenure=tenure, drain_limit=options.drain_limit, on_trial=note).run()
    print(f"left after {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
