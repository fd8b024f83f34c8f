"""One melody to hear, to see and to take home."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from chromasonic.errors import ChromasonicError
from chromasonic.languages import comma, kept, sentences
from chromasonic.music.key_names import key_name
from chromasonic.music.melody import DEFAULT_QPM, Melody
from chromasonic.ui import errors, player
from chromasonic.ui.wording import tune as words

if TYPE_CHECKING:
    from chromasonic.rendering.soundfont import Sound

LONGEST_FILE_NAME = 51  # characters; with “.musicxml” 60, which most file managers show whole


def show_tune(
    melody: Melody,
    *,
    key: str,
    title: bool = True,
    primer_beats: float = 0.0,
    plays: bool = False,
    also: Sequence[dict[str, Any]] = (),
) -> None:
    """Title, facts, sound, score, piano roll and downloads of one melody; `key` tells it from others on the page.

    In the piano roll its first `primer_beats` stand out, as the opening that a model was given. It `plays` by itself
    where the musician has just asked for it. The score and the roll follow `also` other sounds on the page: what
    `player.followed` gives.
    """
    if title:
        st.subheader(errors.escaped(melody.title or words.UNTITLED), anchor=False)
    st.caption(" · ".join(facts(melody)))
    beside, choice = st.columns([3, 1], vertical_alignment="bottom")
    with choice:
        instrument = _choose_instrument(key)
    with beside, st.container(key=f"{key} sound"), errors.shown_plainly():
        st.audio(
            ogg(melody, instrument),
            format="audio/ogg",
            alt=words.AUDIO_ALT.format(title=_title(melody)),
            autoplay=plays,
        )
    with errors.shown_plainly():
        _show_notes(melody, key, primer_beats, also)
    _offer_downloads(melody, instrument, key)


def _show_notes(melody: Melody, key: str, primer_beats: float, also: Sequence[dict[str, Any]]) -> None:
    st.caption(sentences([words.HOW_TO_READ_ROLL, words.OPENING_IS_ORANGE if primer_beats else ""]))
    tune = player.followed(
        melody, sound=f"{key} sound", title=_title(melody), facts=comma().join(facts(melody)), primer_beats=primer_beats
    )
    player.show_notes([tune, *also], key=f"{key} notes", plays_on=False)
    if tune["problem"]:
        st.caption(errors.escaped(tune["problem"]))


def facts(melody: Melody) -> list[str]:
    """What a musician asks first: key, meter, length and tempo; what is not known is left out."""
    known = [key_name(melody.key)] if melody.key else []
    known += [words.METER.format(meter=melody.meter)] if melody.meter else []
    bars = max(1, melody.bars)
    known += [words.BARS.format(n=bars) if bars > 1 else words.ONE_BAR]
    known += [words.NOTES.format(n=len(melody.notes)), length(melody)]
    known += [
        words.TEMPO.format(qpm=round(melody.qpm)) if melody.qpm else words.NO_TEMPO.format(qpm=round(DEFAULT_QPM))
    ]
    return known


def length(melody: Melody) -> str:
    """How long it sounds, as on a record sleeve: 0:32."""
    minutes, seconds = divmod(round(melody.seconds), 60)
    return f"{minutes}:{seconds:02d}"


def file_stem(title: str) -> str:
    """The name of a file that holds a melody of that title, without its ending.

    A long title is cut before its last three words: these say which of several melodies it is (“continued 3”).
    """
    spelt_plainly = unicodedata.normalize("NFKC", title).lower().replace("'", "").replace("’", "")
    name = re.sub(r"[\W_]+", "-", spelt_plainly).strip("-") or words.UNTITLED.lower()
    if len(name) <= LONGEST_FILE_NAME:
        return name
    end = "-".join(name.split("-")[-3:])[-(LONGEST_FILE_NAME // 2) :]
    return f"{name[: LONGEST_FILE_NAME - 1 - len(end)].rstrip('-')}-{end.lstrip('-')}"


def _choose_instrument(key: str) -> str:
    from chromasonic.rendering.audio import INSTRUMENTS

    return st.selectbox(
        words.PLAYED_ON,
        list(INSTRUMENTS),
        format_func=words.INSTRUMENTS.__getitem__,
        key=f"{key} instrument",
        persist_state="session",
    )


def _offer_downloads(melody: Melody, instrument: str, key: str) -> None:
    stem = file_stem(_title(melody))
    with st.popover(words.DOWNLOAD, icon=":material/download:", key=f"{key} downloads"):
        for label, suffix, mime, make in _formats(instrument):
            st.download_button(
                label,
                kept(partial(_made, make, melody)),
                file_name=f"{stem}.{suffix}",
                mime=mime,
                on_click="ignore",
                key=f"{key} {suffix}",
                help=words.FORMAT_HELP[suffix],
                width="stretch",
            )


def offer_all(melodies: Sequence[Melody], *, name: str, key: str) -> None:
    """One button for a zip of all `melodies`, each in every format, played on the instrument chosen for `key`.

    The file is called after what they came from, whose `name` that is.
    """
    from chromasonic.rendering.audio import INSTRUMENTS

    instrument = st.session_state.get(f"{key} instrument", next(iter(INSTRUMENTS)))
    st.download_button(
        words.DOWNLOAD_ALL.format(n=len(melodies)),
        kept(partial(zipped, tuple(melodies), instrument)),
        file_name=f"{file_stem(name)}-{words.MELODIES}.zip",
        mime="application/zip",
        on_click="ignore",
        key=f"{key} zip",
        icon=":material/folder_zip:",
        help=words.DOWNLOAD_ALL_HELP,
    )


def zipped(melodies: Sequence[Melody], instrument: str) -> bytes:
    """A zip file of all `melodies`, each in every format; one that has no sound, say, has a text that says why."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, melody in enumerate(melodies, 1):
            stem = f"{number:0{len(str(len(melodies)))}}-{file_stem(_title(melody))}"
            for _, suffix, _, make in _formats(instrument):
                try:
                    archive.writestr(f"{stem}.{suffix}", make(melody))
                except ChromasonicError as error:
                    archive.writestr(f"{stem}.{suffix}.txt", errors.told(error))
    return file.getvalue()


def _formats(instrument: str) -> list[tuple[str, str, str, Callable[[Melody], str | bytes]]]:
    return [
        ("MIDI", "mid", "audio/midi", _midi),
        ("MusicXML", "musicxml", "application/vnd.recordare.musicxml+xml", _musicxml),
        ("ABC", "abc", "text/vnd.abc", _abc),
        (words.PRINT_VIEW, "html", "text/html", _print_view),
        ("WAV", "wav", "audio/wav", partial(_wav, instrument=instrument)),
        ("OGG", "ogg", "audio/ogg", partial(ogg, instrument=instrument)),
        ("MP3", "mp3", "audio/mpeg", partial(_mp3, instrument=instrument)),
    ]


def _made(make: Callable[[Melody], str | bytes], melody: Melody) -> str | bytes:
    try:
        return make(melody)
    except ChromasonicError as error:  # asked for by the browser, outside any page: the file itself says why
        return errors.told(error)


def _midi(melody: Melody) -> bytes:
    from chromasonic.music.midi import write_midi

    return write_midi(melody)


def _musicxml(melody: Melody) -> str:
    from chromasonic.music.score import write_musicxml

    return write_musicxml(melody)


def _abc(melody: Melody) -> str:
    from chromasonic.music.abc_notation import write_abc

    return write_abc(melody)


def _print_view(melody: Melody) -> str:
    from chromasonic.rendering.sheet import print_page

    return print_page(melody, title=_title(melody), facts=facts(melody), button=words.PRINT)


@lru_cache(maxsize=32)  # a page runs again with every click; the sound stays the same
def ogg(melody: Melody, instrument: str = "piano") -> bytes:
    """The sound of `melody` as an Ogg Vorbis file; raises as `render_audio` does."""
    from chromasonic.rendering.audio import to_ogg

    return to_ogg(_played(melody, instrument))


def _mp3(melody: Melody, instrument: str) -> bytes:
    from chromasonic.rendering.audio import to_mp3

    return to_mp3(_played(melody, instrument))


def _wav(melody: Melody, instrument: str) -> bytes:
    from chromasonic.rendering.audio import to_wav

    return to_wav(_played(melody, instrument))


@lru_cache(maxsize=1)  # one after another is written in every format; five minutes are 50 MB
def _played(melody: Melody, instrument: str) -> Sound:
    from chromasonic.rendering.audio import render_audio

    return render_audio(melody, instrument=instrument)


def _title(melody: Melody) -> str:
    return melody.title or words.UNTITLED
