"""The `chromasonic` command: search, studies, dashboard, app; export, import, backup, doctor."""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chromasonic import __version__, hyperparameter_search_example, worker
from chromasonic.errors import SearchError, WorkspaceError
from chromasonic.files import write_whole
from chromasonic.music.sets import saved_music_set
from chromasonic.terminal import run_command
from chromasonic.workspace import PROXY_PORT, Workspace

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search

DASHBOARD_PORT = 8080
NAME_WIDTH = 40

_log = logging.getLogger("chromasonic.cli")  # run as a program the module has another name


def main(arguments: list[str] | None = None) -> int:
    """Run the command that `arguments` name; the exit code."""
    parser = argparse.ArgumentParser(
        prog="chromasonic", description="Find the settings with which a melody model learns your music best."
    )
    parser.add_argument("--version", action="version", version=f"chromasonic {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    search = commands.add_parser(
        "search", help="search for the best settings", description="Search for the best settings."
    )
    hyperparameter_search_example.add_arguments(search)
    search.set_defaults(run=hyperparameter_search_example.run)

    studies = commands.add_parser("studies", help="list past and running searches")
    _add_storage(studies)
    studies.set_defaults(run=_studies)

    dashboard = commands.add_parser(
        "dashboard", help="open optuna-dashboard on the searches (no login; this machine only)"
    )
    _add_storage(dashboard)
    dashboard.add_argument("--port", type=int, default=DASHBOARD_PORT, help="default: %(default)s")
    dashboard.set_defaults(run=_dashboard)

    work = commands.add_parser(
        "worker",
        help="work on a search together with other machines",
        description="Work on a search together with other machines: the search's own runner without a page. SIGTERM "
        "lets it finish the trials in training and leave; Ctrl-C, or a second SIGTERM, stops it now. No trial is lost "
        "either way, nor when it is killed.",
    )
    worker.add_arguments(work)
    work.set_defaults(run=worker.run)

    proxy = commands.add_parser(
        "proxy",
        help="stand before the database, for many workers",
        description="Stand before the database as Optuna's storage proxy: workers then give grpc://HOST:PORT as their "
        "--storage. It has no login and encrypts nothing, so let only your own network reach it.",
    )
    _add_storage(proxy)
    proxy.add_argument("--host", default="127.0.0.1", help="where to listen (default: this machine only)")
    proxy.add_argument("--port", type=int, default=PROXY_PORT, help="default: %(default)s")
    proxy.set_defaults(run=_proxy)

    export = commands.add_parser("export", help="write a search to one file, to keep or to take to another machine")
    export.add_argument("name", metavar="NAME", help="name of the search")
    export.add_argument("file", metavar="FILE", type=Path, help="a new file; its name should end in .chromasonic")
    export.add_argument(
        "--model",
        action="store_true",
        help="its final model alone, as a bundle to share (trained first where it was not); the file's name should "
        "end in .chromasonic-model.zip",
    )
    _add_storage(export)
    export.set_defaults(run=_export)

    take_in = commands.add_parser("import", help="take in a search, or a model, that was exported here or elsewhere")
    take_in.add_argument("file", metavar="FILE", type=Path)
    take_in.add_argument(
        "--trust-own-models",
        action="store_true",
        help="take in a search with a model of somebody's own too: to go on with it runs that code",
    )
    _add_storage(take_in)
    take_in.set_defaults(run=_import)

    sing = commands.add_parser("sing", help="let a model from a bundle sing, and write what it sings as MIDI")
    sing.add_argument("model", metavar="MODEL", type=Path, help="a file that ends in .chromasonic-model.zip")
    sing.add_argument("file", metavar="FILE", type=Path, help="the MIDI file to write")
    sing.add_argument("--seed", type=int, default=0, help="where chance starts; default: %(default)s")
    sing.set_defaults(run=_sing)

    backup = commands.add_parser("backup", help="copy the whole workspace into a new folder, while it is in use")
    backup.add_argument("folder", metavar="FOLDER", type=Path)
    backup.set_defaults(run=_backup)

    doctor = commands.add_parser("doctor", help="look whether everything is well, and say what to do where it is not")
    _add_storage(doctor)
    doctor.set_defaults(run=_doctor)

    app = commands.add_parser("app", help="open the app in the browser")
    app.set_defaults(run=_app)

    options, rest = parser.parse_known_args(arguments)
    if rest and options.run is not _app:
        parser.error(f"unknown: {' '.join(rest)}")
    options.rest = rest  # `chromasonic app` hands Streamlit's own options on
    keeps_log = options.run is not _app  # which keeps its own, in its own process
    return run_command(options.command, lambda: int(options.run(options)), keeps_log=keeps_log)


def _add_storage(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--storage", metavar="URL", help="an Optuna storage URL (default: the workspace's own database)"
    )


def _studies(options: argparse.Namespace) -> int:
    from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches
    from chromasonic.melody_generation.hyperparameter_search.storage import open_database

    workspace = Workspace.open()
    records = [s.record() for s in list_searches(workspace, open_database(options.storage or workspace.storage_url))]
    if not records:
        print("No searches yet. Start one with “chromasonic search” or “chromasonic app”.")
        return 0
    width = min(NAME_WIDTH, max(len(record.name) for record in records))  # a longer one moves its own line only
    print(f"{'Name':{width}}  State     Trials   Best loss  Music")
    for record in records:
        best = record.best.best_validation_loss if record.best else None
        loss = f"{best:9.4f}" if best is not None else "        –"
        trials = f"{record.n_tried}/{record.n_trials}"
        print(f"{record.name:{width}}  {record.state:8}  {trials:>7}  {loss}  {record.music}")
    return 0


def _dashboard(options: argparse.Namespace) -> int:
    from chromasonic.melody_generation.hyperparameter_search.dashboard import serve_dashboard
    from chromasonic.melody_generation.hyperparameter_search.storage import open_database

    workspace = Workspace.open()
    database = open_database(options.storage or workspace.storage_url)
    server = serve_dashboard(database, options.port, workspace.artifact_store)
    print(f"optuna-dashboard: {server.url}   (no login, so only this machine can open it; Ctrl-C ends it)", flush=True)
    server.wait()
    return 0


def _proxy(options: argparse.Namespace) -> int:
    from chromasonic.melody_generation.hyperparameter_search.storage import serve_storage

    storage = options.storage or Workspace.open().storage_url
    told = f"Storage proxy: grpc://{options.host}:{options.port}   (no login; Ctrl-C ends it)"
    serve_storage(storage, options.host, options.port, when_ready=lambda: print(told, flush=True))
    return 0


def _export(options: argparse.Namespace) -> int:
    from chromasonic.melody_generation.hyperparameter_search.bundle import export_search
    from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search, tidy_name
    from chromasonic.melody_generation.hyperparameter_search.storage import open_database

    workspace = Workspace.open()
    search = open_search(tidy_name(options.name), workspace, open_database(options.storage or workspace.storage_url))
    if options.model:
        return _export_model(search, workspace, options.file)
    export_search(search, options.file)
    print(
        f"“{search.name}” is in {options.file}, with its {len(search.study.trials)} trials, its music and its models."
    )
    return 0


def _export_model(search: Search, workspace: Workspace, file: Path) -> int:
    from chromasonic.melody_generation.hyperparameter_search.final import FinalTraining, has_final
    from chromasonic.melody_generation.hyperparameter_search.final_bundle import final_model
    from chromasonic.melody_generation.model_bundle import save_model_bundle

    if file.exists():
        raise WorkspaceError(f"{file.name} is there already. Choose another name, or move that file away.")
    if not has_final(search):
        print("Training the final model on all the music …", flush=True)
        training = FinalTraining(search)
        training.join()
        if training.status.error:
            raise SearchError(f"The final model could not be trained: {training.status.error}")
    model, about = final_model(search, saved_music_set(workspace.music, search.record().music))
    save_model_bundle(file, model, about)
    print(f"The final model of “{search.name}” is in {file}, with its card and an example.")
    return 0


def _sing(options: argparse.Namespace) -> int:
    from chromasonic.melody_generation.model_bundle import load_model_bundle
    from chromasonic.music.midi import write_midi

    bundle = load_model_bundle(options.model)
    (melody,) = bundle.sing(seed=options.seed)
    write_whole(options.file, write_midi(melody))
    print(f"“{bundle.about.name}” sang {len(melody.notes)} notes: {options.file}")
    return 0


def _import_model(file: Path) -> int:
    from chromasonic.melody_generation.model_bundle.shelf import bring_model

    stored = bring_model(Workspace.open().models, file)
    print(f"The model “{stored.name}” is here: choose it on the Models page, or use it with “chromasonic sing”.")
    return 0


def _import(options: argparse.Namespace) -> int:
    from chromasonic.melody_generation.model_bundle.bundle import holds_model

    if holds_model(options.file):
        return _import_model(options.file)
    from chromasonic.melody_generation.hyperparameter_search.bundle import import_search
    from chromasonic.melody_generation.hyperparameter_search.storage import open_database

    workspace = Workspace.open()
    database = open_database(options.storage or workspace.storage_url)
    search = import_search(options.file, workspace, database, trusts_own_models=options.trust_own_models)
    print(f"“{search.name}” is here, with its {len(search.study.trials)} trials, its music and its models.")
    return 0


def _backup(options: argparse.Namespace) -> int:
    from chromasonic.operations.backup import back_up

    workspace = Workspace.open()
    back_up(workspace, options.folder)
    print(
        f"The workspace is copied into {options.folder}. To use the copy, set CHROMASONIC_HOME to that folder; a "
        "database elsewhere (--storage) is not in it."
    )
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from chromasonic.operations.doctor import examine

    is_well = True
    for finding in examine(options.storage):
        is_well &= finding.is_well
        _log.log(logging.INFO if finding.is_well else logging.WARNING, "%s", finding)
        print(finding, flush=True)
    return 0 if is_well else 1


def _app(options: argparse.Namespace) -> int:
    script = Path(__file__).parent.parent / "app.py"
    return subprocess.call([sys.executable, "-m", "streamlit", "run", str(script), *options.rest], cwd=script.parent)


if __name__ == "__main__":
    sys.exit(main())
