"""What the models of a search sang on its way: one after the other, or that of the point one chooses."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from chromasonic.languages import comma, figure
from chromasonic.results.points import thinned_steps
from chromasonic.results.records import SearchRecord, TrialRecord, new_bests
from chromasonic.results.words import curve_loss
from chromasonic.ui import errors, player, remarks_view, tune_view
from chromasonic.ui.search_controls import AT_WORK
from chromasonic.ui.steady_chart import show_steady_chart
from chromasonic.ui.wording import songs as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search
    from chromasonic.melody_generation.hyperparameter_search.songs import Songs
    from chromasonic.music.melody import Melody


def show_history(search: Search, chart: bytes, *, key: str) -> None:
    """The history of a search; a point that is chosen there sings below."""

    def choose() -> None:
        st.session_state[_just_chosen_key(search)] = round(st.session_state[key]["chosen"])
        st.session_state[_asked_key(search)] = True

    show_steady_chart(chart, key=key, on_chosen=choose if search.is_melodic else None)


def was_asked(search: Search) -> bool:
    """Whether a point of the history was chosen since this was last asked, and so a song is to be shown."""
    return bool(st.session_state.pop(_asked_key(search), False))


def show_songs(search: Search, record: SearchRecord) -> None:
    """The strip from the first try to the winner, and the song of the one that is chosen."""
    just_chosen = st.session_state.get(_just_chosen_key(search))
    if just_chosen is not None:
        st.session_state[_chosen_key(search)] = just_chosen
    st.header(words.TITLE, anchor=False)
    if not search.is_melodic:
        st.caption(words.PRACTICE)
        return
    st.caption(words.ABOUT)
    sung = set(search.songs.numbers())
    steps = thinned_steps([trial for trial in new_bests(record) if trial.number in sung])
    if not steps:
        st.caption(words.STILL_SILENT if record.state in AT_WORK else words.NONE_KEPT)
        return
    labels = _labels(steps)
    in_a_row = _play_in_a_row(search, steps, labels) if len(steps) > 1 else []
    trial = _choose(search, record, steps, labels)
    if trial is not None:
        _show_song(search, trial, trial.number in sung, just_chosen is not None, in_a_row)
    # Only now: a clock of the page may have cut this short, and what the browser tells then is not yet this choice.
    st.session_state.pop(_just_chosen_key(search), None)


def _play_in_a_row(search: Search, steps: list[TrialRecord], labels: list[str]) -> list[dict[str, Any]]:
    """Offer the sound of them all; what the score and the piano roll need to follow it."""
    with errors.shown_plainly():
        sound, begins, melodies = _in_a_row(search.songs, tuple(trial.number for trial in steps))
        with st.container(key="in a row"):
            st.audio(sound, format="audio/ogg", alt=words.IN_A_ROW_ALT.format(n=len(steps)))
        told = [
            words.STEP.format(time=_clock(begin), number=trial.number, loss=loss)
            for begin, trial, loss in zip(begins, steps, losses_told(steps), strict=True)
        ]
        st.caption(words.IN_A_ROW.format(steps=" → ".join(told)))
        return [
            player.followed(
                melody,
                sound="in a row",
                title=words.SONG.format(number=trial.number),
                facts=comma().join(tune_view.facts(melody)),
                primer_beats=search.primer_beats,
                begins=begin,
            )
            | {"heading": heading}
            for trial, melody, begin, heading in zip(steps, melodies, begins, labels, strict=True)
        ]
    return []


@lru_cache(maxsize=16)  # a song never changes
def _in_a_row(songs: Songs, numbers: tuple[int, ...]) -> tuple[bytes, list[float], list[Melody]]:
    from chromasonic.rendering.song import in_a_row

    sound, begins = in_a_row([songs.sound(number) for number in numbers])
    return sound, begins, [songs.melody(number) for number in numbers]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _choose(search: Search, record: SearchRecord, steps: list[TrialRecord], told: list[str]) -> TrialRecord | None:
    labels = {trial.number: label for trial, label in zip(steps, told, strict=True)}
    key = _chosen_key(search)
    chosen = st.session_state.setdefault(key, steps[-1].number)
    other = next((trial for trial in record.trials if trial.number == chosen), None)
    if other is not None and chosen not in labels and other.measured is not None:
        labels[chosen] = words.BETTER.format(number=chosen, loss=figure(f"{other.measured.loss:.3f}"))
    number = st.segmented_control(
        words.WHICH,
        list(dict.fromkeys([*labels, chosen])),
        format_func=lambda number: labels.get(number, words.OTHER.format(number=number)),
        help=words.WHICH_HELP,
        key=key,
        required=True,
    )
    return next((trial for trial in record.trials if trial.number == number), None)


def _labels(steps: list[TrialRecord]) -> list[str]:
    texts = [words.FIRST, *[words.BETTER] * (len(steps) - 2), words.WINNER] if len(steps) > 1 else [words.WINNER]
    told = zip(texts, steps, losses_told(steps), strict=True)
    return [text.format(number=trial.number, loss=loss) for text, trial, loss in told]


def losses_told(steps: list[TrialRecord]) -> list[str]:
    """The best loss of each, with three decimals where two would make some of them look alike."""
    losses = [trial.best_validation_loss for trial in steps]
    short = [f"{loss:.2f}" for loss in losses]
    return [figure(loss) for loss in (short if len(set(short)) == len(short) else [f"{loss:.3f}" for loss in losses])]


def _show_song(search: Search, trial: TrialRecord, has_sung: bool, plays: bool, in_a_row: list[dict[str, Any]]) -> None:
    from chromasonic.ui.progress_view import settings_in_words

    st.markdown(f"**{words.SONG.format(number=trial.number)}**")
    loss = curve_loss(trial)
    facts = [words.LOSS.format(loss=loss)] if loss is not None else []
    st.caption("  \n".join([*facts, settings_in_words(trial)]))
    remarks_view.show_remarks(search, trial.number, place="song")
    if not has_sung:
        st.info(words.NO_SONG.format(number=trial.number))
        if in_a_row:
            player.show_notes(in_a_row, key="in a row notes", plays_on=False)
        return
    with errors.shown_plainly():
        tune_view.show_tune(
            search.songs.melody(trial.number),
            key="song",
            title=False,
            primer_beats=search.primer_beats,
            plays=plays,
            also=in_a_row,
        )


def _chosen_key(search: Search) -> str:
    return f"song {search.folder.name}"


def _asked_key(search: Search) -> str:
    return f"song asked for {search.folder.name}"


def _just_chosen_key(search: Search) -> str:
    return f"song just chosen {search.folder.name}"
