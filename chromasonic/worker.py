"""A worker: the search's own runner without a page, one of any number on any machines.

chromasonic worker --storage postgresql+psycopg2://name@host/database --study "Ryan's reels"
"""

from __future__ import annotations

import argparse
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from chromasonic.checks import number
from chromasonic.errors import SearchError
from chromasonic.hyperparameter_search_example import as_ctrl_c
from chromasonic.results.words import count
from chromasonic.terminal import Onlooker
from chromasonic.workspace import Workspace

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search
    from chromasonic.results.records import TrialRecord

DRAIN_LIMIT = 600.0
YEAR = 365 * 24 * 60 * 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of a worker."""
    parser.add_argument("--study", required=True, metavar="NAME", help="the search to work on")
    parser.add_argument(
        "--storage",
        metavar="URL",
        help="the database that all workers share, or grpc://HOST:PORT of a storage proxy (default: "
        "CHROMASONIC_STORAGE, or the workspace's own database)",
    )
    parser.add_argument(
        "--artifacts",
        metavar="PLACE",
        help="where all workers find music and leave checkpoints: a folder, or s3://BUCKET (default: "
        "CHROMASONIC_ARTIFACTS)",
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, mps or auto (default: %(default)s)")
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="trials at once on this machine (default: %(default)s)"
    )
    parser.add_argument(
        "--drain-limit",
        type=float,
        default=DRAIN_LIMIT,
        metavar="SECONDS",
        help="after a SIGTERM let the trials in training go on for so long (default: %(default)g)",
    )


def run(options: argparse.Namespace) -> int:
    """Work on a search until it is done, or until this worker is asked to leave; the exit code.

    A first SIGTERM drains: no other trial is begun, and the worker leaves after those in training, or when the drain
    limit is reached. A second one, or Ctrl-C, stops now; the trials in training are put in line for the others.
    """
    from chromasonic.melody_generation.hyperparameter_search.storage import proxy_explained

    number("--drain-limit", options.drain_limit, at_least=0, at_most=YEAR)
    signal.signal(signal.SIGTERM, as_ctrl_c)
    with proxy_explained():
        return _work(options)


def _work(options: argparse.Namespace) -> int:
    from chromasonic.melody_generation.hyperparameter_search.fleet import InFleet
    from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
    from chromasonic.melody_generation.hyperparameter_search.trial_process import child_trainers
    from chromasonic.melody_generation.training import resolve_device

    search = find(options)
    device = str(resolve_device(options.device))
    settings = search.settings.gone_on_with(device=device, jobs=options.jobs)
    tenure = InFleet(search, device)
    runner = SearchRunner(
        search,
        child_trainers(search.data_file, settings),
        tenure=tenure,
        drain_limit=options.drain_limit,
        on_trial=_say,
    )
    _tell(f"Working on “{search.name}”: {count(settings.n_trials, 'trial')} in all, on {device}.")
    runner.run()
    record = search.record()
    _tell(f"Left “{search.name}” with {record.n_finished} of {count(record.n_trials, 'trial')} finished.")
    return 0


def find(options: argparse.Namespace) -> Search:
    """The search to work on, with its music on this machine.

    Raises:
        ChromasonicError: there is none of that name, or its music cannot be had.
    """
    from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search
    from chromasonic.melody_generation.hyperparameter_search.storage import open_database

    workspace = Workspace.open()
    workspace = replace(
        workspace,
        storage=options.storage or workspace.storage,
        artifacts=options.artifacts or workspace.artifacts,
    )
    search = open_search(options.study, workspace, open_database(workspace.storage_url))
    search.bring_music()
    if not search.data_file.exists():
        raise SearchError(
            f"The music of “{search.name}” is not in the workspace of this machine. Say with --artifacts where the "
            "machines share it, a folder or s3://BUCKET; the search must have been started with the same place in "
            "CHROMASONIC_ARTIFACTS."
        )
    return search


def _say(trial: TrialRecord) -> None:
    loss = "" if trial.best_validation_loss is None else f", validation loss {trial.best_validation_loss:.4f}"
    reason = f" ({trial.reason})" if trial.reason else ""
    _tell(f"Trial {trial.number}: {trial.state}{loss}{reason}")


def _tell(text: str) -> None:
    print(text, file=Onlooker(sys.stdout), flush=True)
