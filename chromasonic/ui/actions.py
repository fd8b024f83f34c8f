"""What a person does to a search: every change goes through here, where it is asked whether they may.

A button that is not shown protects nothing, because whoever speaks to the server need not use our page. So pages call
these, and nothing of the engine that changes a search; `tests/test_architecture.py` keeps it so.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import SEEK_END
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from chromasonic.errors import AccessError
from chromasonic.people import may_change, may_see
from chromasonic.results.words import listing
from chromasonic.ui import context, login
from chromasonic.ui.wording import login as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.registry import AtWork
    from chromasonic.melody_generation.hyperparameter_search.search import Search


def is_allowed(search: Search) -> bool:
    """Whether whoever is at the page may change `search`; what they may not is not offered."""
    return may_change(login.person(), search.owner)


def refuse_others(search: Search) -> None:
    """Let nobody but its owner change a search.

    Raises:
        AccessError: it is someone else's.
    """
    if is_allowed(search):
        return
    context.refuse_strangers(search)
    name = search.owner.name if search.owner else ""
    raise AccessError((words.NOT_YOURS if name else words.NOBODYS).format(name=search.name, owner=name))


def go_on(search: Search) -> None:
    """Run it in the background, from where it stands.

    Raises:
        SearchError: it is already running.
        AccessError: it is someone else's, or as many run as may.
    """
    refuse_others(search)
    context.registry().start(search, refuse_when_full)


def go_further(search: Search, n_trials: int, timeout: float | None) -> None:
    """Ask for another number of trials in all and another time limit, and run it. Raises as `go_on` does."""
    refuse_others(search)
    search.extend(n_trials, timeout)
    go_on(search)


def pause(search: Search) -> None:
    """Hold it still after the epoch it is in."""
    refuse_others(search)
    if runner := context.registry().runner(search):
        runner.pause()


def resume(search: Search) -> None:
    """Let it go on after a pause."""
    refuse_others(search)
    if runner := context.registry().runner(search):
        runner.resume()


def stop(search: Search) -> None:
    """End it now."""
    refuse_others(search)
    if runner := context.registry().runner(search):
        runner.stop()


def halt_workers(search: Search, is_halted: bool) -> None:
    """Let all its workers hold still, on whatever machines, or go on."""
    refuse_others(search)
    search.halt_workers(is_halted)


def rename(search: Search, name: str) -> Search:
    """The same search under another name. Raises `SearchError` when it runs, or the name cannot be used."""
    from chromasonic.melody_generation.hyperparameter_search.catalogue import rename_search

    refuse_others(search)
    return rename_search(search, name)


def delete(search: Search) -> None:
    """Delete it for ever. Raises `SearchError` when it runs."""
    from chromasonic.melody_generation.hyperparameter_search.catalogue import delete_search

    refuse_others(search)
    delete_search(search)


def export(search: Search) -> tuple[str, bytes]:
    """All of it as one file: a name for that and its bytes. Raises `SearchError` when it runs."""
    from chromasonic.melody_generation.hyperparameter_search.bundle import export_name, export_search

    refuse_others(search)
    with TemporaryDirectory(dir=context.workspace().cache) as folder:
        file = Path(folder) / export_name(search)
        export_search(search, file)
        return file.name, file.read_bytes()


def take_in(file: BinaryIO) -> Search:
    """The search in an exported file, theirs from now on.

    Raises:
        BundleError: it cannot be taken in.
        AccessError: it is larger than an upload may be on this server.
    """
    from chromasonic.melody_generation.hyperparameter_search.bundle import import_search

    rules, size = login.rules(), file.seek(0, SEEK_END)
    file.seek(0)
    if rules is not None and size > rules.upload_mib * 2**20:  # the page says so too, and can be gone round
        raise AccessError(words.TOO_LARGE.format(size=size / 2**20, limit=rules.upload_mib))
    return import_search(file, context.workspace(), owner=login.person())


def share(search: Search, is_shared: bool) -> None:
    """Let everyone on this server look at it, or its owner alone."""
    refuse_others(search)
    search.share(is_shared)


def let_sing_together(search: Search) -> None:
    """Find out how many of its best models do best together. Raises `CheckpointError` when one is damaged."""
    from chromasonic.melody_generation.hyperparameter_search.ensemble import choose_ensemble

    refuse_others(search)
    choose_ensemble(search)


def train_final(search: Search) -> None:
    """Train its final model in the background. Raises `AccessError` when as much trains as may."""
    refuse_others(search)
    context.registry().train_final(search, refuse_when_full)


def stop_final(search: Search) -> None:
    """Stop the training of its final model."""
    refuse_others(search)
    if training := context.registry().final(search):
        training.stop()


# ---- how many at once -----------------------------------------------------------------------------------------------


def busy() -> list[str]:
    """What trains on this server, in words: names of those one may see, and of other people's only whose they are."""
    return [_called(search) for search in context.registry().busy()]


def refuse_when_full(busy: Sequence[AtWork] | None = None) -> None:
    """Let nobody start what this server does not allow beside what is `busy`: now, unless given.

    Raises:
        AccessError: as much trains as may.
    """
    rules, who = login.rules(), login.person()
    if rules is None or who is None:
        return
    at_work: Sequence[AtWork] = context.registry().busy() if busy is None else busy
    theirs = [other for other in at_work if other.owner is not None and other.owner.id == who.id]
    for limit, those, message in (
        (rules.searches_each, theirs, words.FULL_EACH),
        (rules.searches_at_once, at_work, words.FULL),
    ):
        if len(those) >= limit:
            raise AccessError(message.format(limit=limit, busy=listing([_called(other) for other in those])))


def full() -> AccessError | None:
    """Why nothing else may be started at this moment; None when it may."""
    try:
        refuse_when_full()
    except AccessError as error:
        return error
    return None


def _called(search: AtWork) -> str:
    if may_see(login.person(), search.owner, search.is_shared):
        return f"“{search.name}”"
    return words.OF_SOMEONE.format(owner=search.owner.name if search.owner else "")
