"""A report of a problem: what one needs to understand it, without music, names and secrets.

The log leaves those out line by line; here a second net takes whatever name is known in this workspace out of every
text, and nothing that came from a file of music is read at all.
"""

from __future__ import annotations

import contextlib
import getpass
import io
import json
import platform
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from chromasonic.errors import ChromasonicError
from chromasonic.logbook import in_words, log_files, versions, without_names
from chromasonic.workspace import Workspace

LONGEST_LOG = 256 * 1024  # bytes of the log's end: days of use, and still to be read through before it is sent
MOST_SEARCHES = 50
_SHORTEST_NAME = 3  # characters; a shorter one would be “found” inside innocent words
_README = """A report of a problem with Chromasonic.

versions.txt   Chromasonic, Python, the system, the packages that matter most
doctor.txt     what “chromasonic doctor” says
log.txt        the end of the log
searches.json  how the latest searches were set and how their trials ended

It holds no music, no titles, no names of searches, files or people, no passwords. Such words stand as “…”.
"""


def gather(workspace: Workspace) -> dict[str, str]:
    """The texts of the report by file name; what cannot be had says why and keeps nothing else from being there."""
    texts = {
        "README.txt": lambda: _README,
        "versions.txt": versions,
        "doctor.txt": _doctor,
        "log.txt": lambda: _log(workspace),
        "searches.json": lambda: _searches(workspace),
    }
    hide = _hider(workspace)
    return {name: hide(_or_why_not(text)) for name, text in texts.items()}


def as_zip(texts: dict[str, str]) -> bytes:
    """The report as one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return packed.getvalue()


def _or_why_not(text: Callable[[], str]) -> str:
    try:
        return text()
    except Exception as error:  # a report is asked for when things are broken
        return f"This could not be read: {in_words(error)}"


def _doctor() -> str:
    from chromasonic.operations.doctor import examine

    return "\n".join(str(finding) for finding in examine(self_test=False))


def _log(workspace: Workspace) -> str:
    text = "".join(file.read_text(encoding="utf-8", errors="replace") for file in log_files(workspace.logs))
    return _MODELS_OWN_WORDS.sub(r"\1", text[-LONGEST_LOG:]) or "There is no log yet."


def _searches(workspace: Workspace) -> str:
    from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches

    if not (workspace.root / "searches.db").exists():
        return "[]"
    found = list_searches(workspace)[:MOST_SEARCHES]
    return json.dumps([_about(search) for search in found], indent=1, ensure_ascii=False)


def _about(search: Any) -> dict[str, Any]:
    """How a search was set and how its trials ended: numbers, and words of ours."""
    try:
        record = search.record()
    except ChromasonicError as error:
        return {"search": search.id, "unreadable": in_words(error)}
    settings = search.settings.to_json()
    settings["families"] = ["a model of one's own" if ":" in family else family for family in settings["families"]]
    return {
        "search": search.id,
        "state": record.state,
        "reason": record.reason,
        "settings": settings,
        "versions": record.versions,
        "device": record.device,
        "seconds": round(record.total_time, 1),
        "tunes": [record.n_train, record.n_validation, record.n_test],
        "trials": [
            {
                "trial": trial.number,
                "state": trial.state,
                "reason": _MODELS_OWN_WORDS.sub(r"\1", trial.reason or "") or None,
                "epochs": trial.epochs_run,
                "loss": trial.best_validation_loss,
                "seconds": trial.training_time,
                "params": trial.params,
            }
            for trial in record.trials
        ],
    }


_MODELS_OWN_WORDS = re.compile(r"(the model raised \w+): .*?(?=; \{|$)", re.MULTILINE)
"""What somebody's own class says when it fails may quote anything."""


def _hider(workspace: Workspace) -> Callable[[str], str]:
    """Takes out whatever name is known here."""
    names = {name for name in _names(workspace) if len(name) >= _SHORTEST_NAME}
    pattern = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)), re.IGNORECASE)

    def hide(text: str) -> str:
        text = without_names(text, workspace.root)
        return pattern.sub("…", text) if names else text

    return hide


def _names(workspace: Workspace) -> Iterator[str]:
    """Of the searches and their music, of saved music and its sources, of people, of this machine."""
    for source in (_names_of_searches, _names_of_music, _names_of_models, _names_of_people, _names_of_machine):
        with contextlib.suppress(Exception):  # what is broken has its names hidden by the first net
            yield from source(workspace)


def _names_of_searches(workspace: Workspace) -> Iterable[str]:
    from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches

    if (workspace.root / "searches.db").exists():
        for search in list_searches(workspace):
            yield from (search.name, search.folder.name)
            yield from ((search.owner.name, search.owner.email, search.owner.id) if search.owner else ())
            with contextlib.suppress(ChromasonicError):
                yield search.record().music


def _names_of_music(workspace: Workspace) -> Iterable[str]:
    from chromasonic.music.sets import SUFFIX, list_music_sets

    for folder in {file.parent for file in workspace.root.rglob(f"*{SUFFIX}") if file.parent.name == "music"}:
        for music in list_music_sets(folder):
            yield from (music.name, *music.sources)


def _names_of_models(workspace: Workspace) -> Iterable[str]:
    from chromasonic.melody_generation.model_bundle.shelf import list_models

    for folder in [workspace.root / "models", *workspace.root.glob("people/*/models")]:
        for model in list_models(folder):
            yield model.name
            if model.about is not None:
                yield from (model.about.search, *(lesson.music for lesson in model.about.lessons))


def _names_of_people(workspace: Workspace) -> Iterable[str]:
    for file in workspace.root.glob("people/*/person.json"):
        yield from json.loads(file.read_text(encoding="utf-8")).values()


def _names_of_machine(workspace: Workspace) -> Iterable[str]:
    yield from (str(workspace.root), str(Path.home()), platform.node())
    user = getpass.getuser()
    if user not in ("root", "user"):
        yield user
