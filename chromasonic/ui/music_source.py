"""Where the tunes come from: a collection, own files, both, or music saved before."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from chromasonic.errors import AccessError, NotEnoughMusicError
from chromasonic.languages import comma, moment, say
from chromasonic.music import limits
from chromasonic.music.collections import COLLECTIONS, DEFAULT_COLLECTION, load_collection
from chromasonic.music.melody import Melody, interval_shape
from chromasonic.music.outcome import Reading
from chromasonic.music.sets import (
    MusicSet,
    MusicSetSummary,
    delete_music_set,
    list_music_sets,
    load_music_set,
    save_music_set,
    under_free_name,
)
from chromasonic.results.words import count
from chromasonic.ui import context, dialogs, errors, notices, quota
from chromasonic.ui.uploads import Upload, find_upload, keep_upload
from chromasonic.ui.wording import music as words

_UPLOAD = "upload"
_KEPT_READINGS = 8
_MIB = 1024 * 1024

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Offer:
    """Music the musician could use: how it would be called, and how its tunes are read."""

    name: str
    sources: tuple[str, ...]
    state: str  # differs whenever reading would give something else
    read: Callable[[OnProgress], Reading]
    is_ready: bool  # reading takes no time worth asking about
    upload: Upload | None = None
    is_saved: bool = False


def choose_offer() -> Offer | None:
    """Ask where the tunes come from, and for what that asks; None while something is missing."""
    saved = list_music_sets(context.workspace().music)
    sources = [source for source in words.SOURCES if source != "saved" or saved]
    source = st.segmented_control(
        words.WHERE_FROM,
        sources,
        default="collection",
        required=True,
        format_func=words.SOURCES.__getitem__,
        key="from",
        bind="query-params",
    )
    if source == "saved":
        return _choose_saved(saved)
    collection = _choose_collection() if source in ("collection", "both") else None
    files = _bring_files() if source in ("files", "both") else None
    if source == "both":
        return _together(collection, files) if collection and files else None
    return collection or files


def say_that_files_are_missing() -> None:
    """Say what to do, or that files are on their way, which the browser alone knows (`assets/style.css`)."""
    if st.session_state.get("refused"):  # which says what to do
        return
    with st.container(key="files missing"):
        st.caption(words.NO_FILES_YET)
    with st.container(key="files arrive"):
        st.caption(words.FILES_ARRIVE)


def read(offer: Offer) -> Reading:
    """The tunes of `offer`, with a progress bar the first time."""
    shelf = _shelf()
    if offer.state not in shelf:
        bar = st.progress(0.0, words.READING_BEGINS)

        def on_progress(done: int, total: int) -> None:
            bar.progress(done / max(total, 1), words.READING.format(done=done, total=total))

        shelf[offer.state] = offer.read(on_progress)
        bar.empty()
    while len(shelf) > _KEPT_READINGS:
        shelf.popitem(last=False)
    return shelf[offer.state]


def n_copies(offer: Offer, reading: Reading) -> int:
    """How many tunes equal an earlier one note for note, in whatever key; worked out once for each offer."""
    return _n_copies(offer.state, reading.melodies)


@st.cache_data(show_spinner=False, max_entries=_KEPT_READINGS)
def _n_copies(state: str, _melodies: tuple[Melody, ...]) -> int:
    return len(_melodies) - len({interval_shape(melody) for melody in _melodies})


def use(offer: Offer, name: str) -> str:
    """Save the tunes of `offer` as a music set and make it the chosen one; the name it got.

    The same tunes under the same name are not saved twice; other tunes get the first free name.

    Raises:
        NotEnoughMusicError: no tune could be read.
        MusicSetError, WorkspaceError: the tunes cannot be saved under this name, or at all.
    """
    if not offer.is_saved:
        reading = read(offer)
        if not reading.melodies:
            raise NotEnoughMusicError(words.NOTHING_TO_USE)
        files = offer.upload.files_in(reading) if offer.upload else ()
        music = MusicSet(name, reading.melodies, reading.skipped, (*offer.sources, *files))
        folder = context.workspace().music
        music = under_free_name(folder, music)
        if music.name not in {summary.name for summary in list_music_sets(folder)}:
            quota.make_room(0)  # how small it will be packed is not known yet
            save_music_set(folder, music)
        name = music.name
    context.choose_music(name)
    return name


@st.cache_resource(show_spinner=False)
def _shelf() -> OrderedDict[str, Reading]:
    """The readings of late, so that a page that runs again need not read again."""
    return OrderedDict()


# ---- a collection -------------------------------------------------------------------------------------------------


def _choose_collection() -> Offer:
    keys = list(COLLECTIONS)
    key = st.selectbox(
        words.COLLECTION,
        keys,
        index=keys.index(DEFAULT_COLLECTION),
        format_func=lambda key: say(COLLECTIONS[key].name),
        key="collection",
        bind="query-params",
    )
    collection = COLLECTIONS[key]
    with st.container(border=True):
        st.write(errors.escaped(say(collection.about)))
        st.caption(words.LICENCE.format(note=errors.escaped(say(collection.licence_note))))
    cache = context.workspace().cache
    return Offer(
        name=say(collection.name),
        sources=(collection.name,),
        state=f"collection {key}",
        read=lambda on_progress: load_collection(key, cache, on_progress),
        is_ready=(cache / "collections" / f"{key}.music").exists(),  # read before: opens at once
    )


# ---- own files ----------------------------------------------------------------------------------------------------


def _bring_files() -> Offer | None:
    st.file_uploader(  # any kind of file: the readers say what a wrong one is, and what to do instead
        words.FILES, accept_multiple_files=True, key="files", help=words.FILES_HELP, on_change=_keep_files
    )
    st.caption(
        words.LIMITS.format(
            files=quota.upload_files(),
            size=quota.upload_bytes() // _MIB,
            midi=limits.MAX_MIDI_BYTES // _MIB,
        )
    )
    if refusal := st.session_state.get("refused"):
        st.error(refusal, icon=":material/error:")
    upload = find_upload(context.workspace().uploads, st.query_params.get(_UPLOAD) or st.session_state.get(_UPLOAD))
    if upload is None:
        return None
    st.query_params[_UPLOAD] = upload.token
    if not st.session_state.get("files"):  # the browser forgets its files in a reload; we do not
        names = upload.names
        listed = comma().join(errors.escaped(name) for name in names[:3]) + (", …" if len(names) > 3 else "")
        st.caption(words.KEPT_FILES.format(files=count(len(names), "file"), names=listed))
    return Offer(
        name=words.OWN_MUSIC,
        sources=(),  # its files are named once it is known which of them hold a tune
        state=f"upload {upload.folder} {upload.state}",
        read=upload.read,
        is_ready=True,
        upload=upload,
    )


def _keep_files() -> None:
    files = st.session_state.get("files") or []
    st.session_state.pop("refused", None)
    st.session_state.pop(_UPLOAD, None)
    st.query_params.pop(_UPLOAD, None)
    size = sum(file.size for file in files)
    if len(files) > quota.upload_files():
        st.session_state["refused"] = words.TOO_MANY.format(n=len(files), limit=quota.upload_files())
    elif size > quota.upload_bytes():
        st.session_state["refused"] = words.TOO_LARGE.format(
            size=math.ceil(size / _MIB), limit=quota.upload_bytes() // _MIB
        )
    elif files:
        try:
            quota.make_room(size)
        except AccessError as error:
            st.session_state["refused"] = errors.escaped(errors.told(error))
            return
        with errors.shown_plainly():
            upload = keep_upload(context.workspace().uploads, [(file.name, file.getvalue()) for file in files])
            st.session_state[_UPLOAD] = upload.token


def _together(collection: Offer, files: Offer) -> Offer:
    def read_both(on_progress: OnProgress) -> Reading:
        own, theirs = files.read(on_progress), collection.read(on_progress)
        return Reading(own.melodies + theirs.melodies, own.skipped + theirs.skipped)

    return Offer(
        name=words.WITH_OWN.format(collection=collection.name),
        sources=collection.sources,
        state=f"{collection.state} and {files.state}",
        read=read_both,
        is_ready=collection.is_ready,
        upload=files.upload,
    )


# ---- saved before -------------------------------------------------------------------------------------------------


def _choose_saved(saved: list[MusicSetSummary]) -> Offer | None:
    summaries = {summary.name: summary for summary in saved}
    name = st.selectbox(words.SAVED, list(summaries), key="saved", bind="query-params")
    summary = summaries[name]
    with st.container(border=True):
        if summary.is_damaged:
            st.write(words.DAMAGED)
        else:
            saved_on = moment(datetime.fromisoformat(summary.created))
            tunes, notes = count(summary.n_tunes, "tune"), count(summary.n_notes, "note")
            st.write(words.SAVED_ABOUT.format(tunes=tunes, notes=notes, when=saved_on))
            shown = comma().join(summary.sources[:5]) + (", …" if len(summary.sources) > 5 else "")
            st.caption(words.FROM.format(sources=errors.escaped(shown)))
        if st.button(words.DELETE, key="delete", icon=":material/delete:", type="tertiary"):
            _confirm_deletion(name)
    if summary.is_damaged:
        return None
    folder = context.workspace().music

    def read_saved(on_progress: OnProgress) -> Reading:
        music = load_music_set(folder, name)
        return Reading(music.melodies, music.skipped)

    return Offer(
        name=name,
        sources=summary.sources,
        state=f"saved {folder} {name} {summary.created}",
        read=read_saved,
        is_ready=True,
        is_saved=True,
    )


@dialogs.dialog(lambda: words.DELETE_TITLE)
@errors.shown_plainly()
def _confirm_deletion(name: str) -> None:
    st.write(words.DELETE_QUESTION.format(name=errors.escaped(name)))
    with st.container(horizontal=True):
        if st.button(words.DELETE_YES, key="delete yes", type="primary", on_click=_delete, args=[name]):
            st.rerun()
        if st.button(words.DELETE_NO, key="delete no"):
            st.rerun()


@errors.shown_plainly()
def _delete(name: str) -> None:
    delete_music_set(context.workspace().music, name)
    context.forget_music(name)
    notices.leave(words.DELETED.format(name=name))
