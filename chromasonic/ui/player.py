"""The score and the piano roll of a melody, in which the note stands out that is being played beside them."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from chromasonic.errors import RenderingError
from chromasonic.languages import current, speaking
from chromasonic.music.melody import DEFAULT_QPM, Melody
from chromasonic.ui import errors
from chromasonic.ui.wording import tune as words

_ASSETS = Path(__file__).parent / "assets"
_component = st.components.v2.component(
    "chromasonic_player",
    html='<div class="player"></div>\n',
    css=(_ASSETS / "player.css").read_text(encoding="utf-8"),
    js=(_ASSETS / "player.js").read_text(encoding="utf-8"),
)


def show_notes(tunes: list[dict[str, Any]], *, key: str, plays_on: bool = True) -> None:
    """Show one of the `tunes` at a time: the one whose sound was played last, the first before any was.

    Where it `plays_on` the sound of the next begins when one has ended; each is what `followed` gives.
    """
    _component(key=key, data={"tunes": tunes, "playsOn": plays_on})


def followed(
    melody: Melody,
    *,
    sound: str,
    title: str,
    facts: str,
    primer_beats: float = 0.0,
    begins: float = 0.0,
    is_passage: bool = False,
) -> dict[str, Any]:
    """What the player needs to follow `melody` in the `st.audio` that stands in the container with the key `sound`.

    Where its score is not drawn, or not to the end, `problem` says why.

    Args:
        melody: what is played there.
        sound: the key of that container.
        title: what screen readers call the pictures.
        facts: what else they say of them.
        primer_beats: how much of it is the opening that a model was given.
        begins: where in that sound it begins, in seconds.
        is_passage: it is cut out of a longer melody, where its bars have other numbers: so none is shown, and no score.
    """
    return _drawn(melody, primer_beats, is_passage, current()) | {
        "sound": _class_of(sound),
        "begins": begins,
        "hasOpening": primer_beats > 0,
        "rollName": words.ROLL_ALT.format(title=title, facts=facts),
        "scoreName": words.SCORE_ALT.format(title=title, facts=facts),
        "how": words.HOW_TO_PLAY_ROLL,
    }


@lru_cache(maxsize=32)  # a page runs again with every click; the pictures stay the same
def _drawn(melody: Melody, primer_beats: float, is_passage: bool, language: str) -> dict[str, Any]:
    with speaking(language):
        return _draw(melody, primer_beats, is_passage)


def _draw(melody: Melody, primer_beats: float, is_passage: bool) -> dict[str, Any]:
    from chromasonic.rendering.notation import NARROW, draw_score
    from chromasonic.rendering.piano_roll import draw_piano_roll, gather_piano_roll

    roll = gather_piano_roll(melody, primer_beats=primer_beats)
    beat = 60 / (melody.qpm or DEFAULT_QPM)  # s, as in the sound
    score, narrow, problem = "", "", ""
    if not is_passage:
        try:
            drawn = draw_score(melody)
            score, narrow = drawn.svg, draw_score(melody, width=NARROW).svg
            problem = "" if drawn.is_whole else words.SCORE_IS_CUT.format(n=drawn.n_notes)
        except RenderingError as error:  # the piano roll needs nothing that could be missing
            problem = errors.told(error)
    return {
        "length": (melody.duration if is_passage else roll.end) * beat,
        "notes": [
            [
                round(note.onset * beat, 4),
                round((note.onset + note.duration) * beat, 4),
                note.name if is_passage else note.label,
            ]
            for note in roll.notes
        ],
        "roll": draw_piano_roll(melody, primer_beats=primer_beats, whole_bars=not is_passage),
        "score": score,
        "narrow": narrow,
        "problem": problem,
        "isPassage": is_passage,
    }


def _class_of(key: str) -> str:
    """The class that Streamlit gives the container with that key."""
    return "st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", key.strip())
