"""Runs the search that is named in the background with training processes of its own, as the app's server does."""

import signal
import sys
from pathlib import Path

from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search
from chromasonic.melody_generation.hyperparameter_search.registry import SearchRegistry
from chromasonic.workspace import Workspace


def main(root: str, name: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit())
    runner = SearchRegistry().start(open_search(name, Workspace.open(Path(root))))
    while not runner.join(0.1):  # a wait without end would keep Python from hearing a signal
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
