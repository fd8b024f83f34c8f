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

import streamlit as st

from chromasonic.errors import AccessError
from chromasonic.music.sets import MusicSet, load_music_set
from chromasonic.people import may_change, may_see
from chromasonic.results.words import listing
from chromasonic.ui import context, login, quota
from chromasonic.ui.wording import login as words

if TYPE_CHECKING:
    from torch import nn

    from chromasonic.melody_generation.hyperparameter_search.registry import AtWork, Lesson
    from chromasonic.melody_generation.hyperparameter_search.remarks import WrittenNote
    from chromasonic.melody_generation.hyperparameter_search.search import Search
    from chromasonic.melody_generation.model_bundle import ModelAbout
    from chromasonic.melody_generation.model_bundle.shelf import StoredModel


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

    _checked_size(file)
    return import_search(file, context.workspace(), owner=login.person())


def share(search: Search, is_shared: bool) -> None:
    """Let everyone on this server look at it, or its owner alone."""
    refuse_others(search)
    search.share(is_shared)


def star(search: Search, is_starred: bool, trial: int | None = None) -> None:
    """Put a star on it, or on one of its trials, or take it away."""
    refuse_others(search)
    search.remarks.star(is_starred, trial)


def tag(search: Search, added: Sequence[str], removed: Sequence[str], trial: int | None = None) -> None:
    """Give it, or one of its trials, tags and take others away. Raises `SettingsError` when one cannot be a tag."""
    refuse_others(search)
    search.remarks.tag(list(added), list(removed), trial)


def write_note(search: Search, text: str, instead_of: WrittenNote, trial: int | None = None) -> WrittenNote:
    """Note `text` about it, or one of its trials, in the place of `instead_of`.

    Raises:
        NoteChangedError: somebody else has changed that note meanwhile.
        SettingsError: it is too long.
        AccessError: the search is someone else's.
    """
    refuse_others(search)
    return search.remarks.write_note(text, instead_of=instead_of, trial=trial)


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


# ---- finished models: each person's own ------------------------------------------------------------------------------


def final_model_of(search: Search) -> tuple[nn.Module, ModelAbout]:
    """Its final model and what is known about it. Raises `ChromasonicError` when there is none, or it is damaged."""
    from chromasonic.melody_generation.hyperparameter_search.final import final_checkpoint

    context.refuse_strangers(search)
    music = context.saved_music(search.record().music)
    try:
        written = final_checkpoint(search).with_suffix(".safetensors").stat().st_mtime_ns
    except FileNotFoundError:
        written = 0
    return _final_model(f"{search.folder} {written} {search.name} {music.fingerprint if music else ''}", search, music)


@st.cache_resource(show_spinner=False, max_entries=2)
def _final_model(key: str, _search: Search, _music: MusicSet | None) -> tuple[nn.Module, ModelAbout]:
    from chromasonic.melody_generation.hyperparameter_search.final_bundle import final_model

    return final_model(_search, _music)


def final_as_file(search: Search) -> bytes:
    """Its final model as a bundle. Raises as above."""
    from chromasonic.melody_generation.model_bundle import SUFFIX, save_model_bundle

    model, about = final_model_of(search)
    with TemporaryDirectory(dir=context.workspace().cache) as folder:
        file = Path(folder) / f"model{SUFFIX}"
        save_model_bundle(file, model, about)
        return file.read_bytes()


def keep_final(search: Search) -> StoredModel:
    """Put a copy of its final model among the models of whoever is at the page. Raises as above."""
    from chromasonic.melody_generation.model_bundle.shelf import add_model

    model, about = final_model_of(search)
    quota.make_room(4 * sum(weights.numel() for weights in model.parameters()))
    return add_model(context.workspace().models, model, about)


def bring_model(file: BinaryIO) -> StoredModel:
    """The model in a bundle, theirs from now on.

    Raises:
        ModelBundleError: it cannot be taken in.
        AccessError: it is larger than an upload may be on this server, or there is no room.
    """
    from chromasonic.melody_generation.model_bundle.shelf import bring_model

    quota.make_room(_checked_size(file))
    return bring_model(context.workspace().models, file)


def rename_model(stored: StoredModel, name: str) -> StoredModel:
    """The same model under another name. Raises `ChromasonicError` when that cannot be used."""
    from chromasonic.melody_generation.model_bundle.shelf import rename_model

    return rename_model(stored, name)


def delete_model(stored: StoredModel) -> None:
    """Delete it for ever."""
    from chromasonic.melody_generation.model_bundle.shelf import delete_model

    delete_model(stored)
    context.registry().forget_continuation(stored)


def go_on_with(stored: StoredModel, music: str, epochs: int) -> None:
    """Go on training it in the background, on the saved music of that name.

    Raises:
        AccessError: as much trains as may.
        ChromasonicError: the music is gone, or the model is.
    """
    from chromasonic.melody_generation.hyperparameter_search.continuing import Continuation

    chosen = load_music_set(context.workspace().music, music)
    quota.make_room(stored.path.stat().st_size)

    def begin() -> Continuation:
        return Continuation(stored, chosen, epochs, owner=login.person())

    context.registry().go_on_with(stored, begin, refuse_when_full)


def stop_lesson(stored: StoredModel) -> None:
    """Stop going on training it; it stays as it was."""
    if lesson := context.registry().continuation(stored):
        lesson.stop()


def keep_lesson(stored: StoredModel) -> None:
    """Let what it learned take the place of what it was. Raises `ChromasonicError` when that cannot be written."""
    from chromasonic.melody_generation.model_bundle.shelf import keep_tried

    keep_tried(stored)
    context.registry().forget_continuation(stored)


def let_go_of_lesson(stored: StoredModel) -> None:
    """Keep it as it was."""
    from chromasonic.melody_generation.model_bundle.shelf import let_go_of_tried

    let_go_of_tried(stored)
    context.registry().forget_continuation(stored)


def _checked_size(file: BinaryIO) -> int:
    """The bytes of an upload. Raises `AccessError` where they are more than it may have on this server."""
    rules, size = login.rules(), file.seek(0, SEEK_END)
    file.seek(0)
    if rules is not None and size > rules.upload_mib * 2**20:  # the page says so too, and can be gone round
        raise AccessError(words.TOO_LARGE.format(size=size / 2**20, limit=rules.upload_mib))
    return size


# ---- how many at once -----------------------------------------------------------------------------------------------


def busy() -> list[tuple[Lesson, str]]:
    """What trains on this server: its name where one may see it, else only whose it is."""
    return [(lesson, _called(at_work)) for lesson, at_work in context.registry().lessons()]


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
