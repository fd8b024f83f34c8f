"""One melody to hear, to see and to take home."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, partial

import streamlit as st

from chromasonic.errors import ChromasonicError
from chromasonic.music.melody import DEFAULT_QPM, Melody
from chromasonic.ui import charts, errors
from chromasonic.ui.wording import tune as words

LONGEST_FILE_NAME = 51  # characters; with “.musicxml” 60, which most file managers show whole


def show_tune(melody: Melody, *, key: str, title: bool = True, primer_beats: float = 0.0, plays: bool = False) -> None:
    """Title, facts, player, piano roll and downloads of one melody; `key` tells it from others on the page.

    In the piano roll its first `primer_beats` stand out, as the opening that a model was given. It `plays` by itself
    where the musician has just asked for it.
    """
    if title:
        st.subheader(errors.escaped(melody.title or words.UNTITLED), anchor=False)
    st.caption(" · ".join(facts(melody)))
    player, choice = st.columns([3, 1], vertical_alignment="bottom")
    with choice:
        instrument = _choose_instrument(key)
    with player, errors.shown_plainly():
        st.audio(
            _wav(melody, instrument),
            format="audio/wav",
            alt=words.AUDIO_ALT.format(title=_title(melody)),
            autoplay=plays,
        )
    with errors.shown_plainly():
        from chromasonic.rendering.piano_roll import draw_piano_roll

        charts.show_chart(
            draw_piano_roll(melody, dark=charts.is_dark(), primer_beats=primer_beats),
            alt=words.ROLL_ALT.format(title=_title(melody), facts=", ".join(facts(melody))),
            how_to_read=words.HOW_TO_READ_ROLL,
            key=f"{key} roll",
        )
    _offer_downloads(melody, instrument, key)


def facts(melody: Melody) -> list[str]:
    """What a musician asks first: key, meter, length and tempo; what is not known is left out."""
    known = [str(melody.key)] if melody.key else []
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
        words.PLAYED_ON, list(INSTRUMENTS), format_func=str.capitalize, key=f"{key} instrument", persist_state="session"
    )


def _offer_downloads(melody: Melody, instrument: str, key: str) -> None:
    stem = file_stem(_title(melody))
    with st.container(horizontal=True, gap="small"):
        for label, suffix, mime, make in _formats(instrument):
            st.download_button(
                label,
                partial(_made, make, melody),
                file_name=f"{stem}.{suffix}",
                mime=mime,
                on_click="ignore",
                key=f"{key} {suffix}",
                icon=":material/download:",
                help=words.FORMAT_HELP[suffix],
            )


def _formats(instrument: str) -> list[tuple[str, str, str, Callable[[Melody], str | bytes]]]:
    return [
        ("MIDI", "mid", "audio/midi", _midi),
        ("MusicXML", "musicxml", "application/vnd.recordare.musicxml+xml", _musicxml),
        ("ABC", "abc", "text/vnd.abc", _abc),
        ("WAV", "wav", "audio/wav", partial(_wav, instrument=instrument)),
    ]


def _made(make: Callable[[Melody], str | bytes], melody: Melody) -> str | bytes:
    try:
        return make(melody)
    except ChromasonicError as error:  # asked for by the browser, outside any page: the file itself says why
        return str(error)


def _midi(melody: Melody) -> bytes:
    from chromasonic.music.midi import write_midi

    return write_midi(melody)


def _musicxml(melody: Melody) -> str:
    from chromasonic.music.score import write_musicxml

    return write_musicxml(melody)


def _abc(melody: Melody) -> str:
    from chromasonic.music.abc_notation import write_abc

    return write_abc(melody)


@lru_cache(maxsize=32)  # a page runs again with every click; the sound stays the same
def _wav(melody: Melody, instrument: str) -> bytes:
    from chromasonic.rendering.audio import melody_to_wav

    return melody_to_wav(melody, instrument=instrument)


def _title(melody: Melody) -> str:
    return melody.title or words.UNTITLED
