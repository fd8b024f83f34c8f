"""What Listen says about a melody: whether it is new, and whether it is like the music it was learned from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import streamlit as st

from chromasonic.languages import sentences
from chromasonic.music.measures import MEASURES, Spread
from chromasonic.music.melody import Melody, Meter, Note
from chromasonic.music.originality import Finding, KnownMusic, Originality, Passage, bar_at
from chromasonic.results.words import count
from chromasonic.ui import charts, errors, player, tune_view
from chromasonic.ui.home import Home
from chromasonic.ui.learned import Spreads, learned_at, originality_of, usual_measures
from chromasonic.ui.wording import listen as words

USUAL_LONGEST_COPY = 8  # notes: about a bar of a reel
_AVOID, _LONGEST = "avoid copies", "longest copy"


def ask_longest_copy() -> int | None:
    """How many notes in a row may be like known ones; None: any number."""
    for key, value in begin_with(None).items():
        st.session_state.setdefault(key, value)
    if not st.toggle(words.AVOID_COPIES, help=words.AVOID_COPIES_HELP, key=_AVOID, persist_state="session"):
        return None
    return st.number_input(words.LONGEST_COPY, 2, 64, key=_LONGEST, persist_state="session")


def begin_with(longest_copy: int | None) -> dict[str, bool | int]:
    """What `ask_longest_copy` has to begin with, so that it gives `longest_copy`."""
    return {_AVOID: longest_copy is not None, _LONGEST: longest_copy or USUAL_LONGEST_COPY}


def show_findings(home: Home, melody: Melody, *, primer_beats: float, is_final: bool) -> None:
    """Below a melody: how much of what the model sang is known, and its measures beside those of the tunes."""
    with errors.shown_plainly():
        st.subheader(words.ORIGINALITY, anchor=False)
        with st.spinner(words.COMPARING):  # seen only the first time
            learned = learned_at(home, everything=is_final)
            if learned is None:
                gone = words.NOTHING_TO_COMPARE if home.search else words.TUNES_NOT_HERE
                st.caption(gone.format(music=errors.escaped(home.music)))
                return
            sung = replace(melody, notes=tuple(note for note in melody.notes if note.onset >= primer_beats))
            found = originality_of(learned, sung.notes)
        _show_originality(sung, found, learned.known)
        st.subheader(words.MEASURES, anchor=False)
        with st.spinner(words.COMPARING):
            usual = usual_measures(home, learned, melody.meter or Meter())
        _show_measures(melody, *usual)


# ---- is it new? -----------------------------------------------------------------------------------------------------


def _show_originality(sung: Melody, found: Originality, known: KnownMusic) -> None:
    """The verdict, and the passage with the one it is like, to hear one after the other."""
    told = found.telling if found.with_rhythm.passage else found.pitches_alone
    st.markdown(_verdict(told, known, is_rhythm=told is found.with_rhythm))
    passage = _choose_passage(found, begin_with=told.passage, key=f"passage {hash(sung.notes)}")
    if passage is None:
        return
    here, there = st.columns(2)
    tune = known.tunes[passage.tune]
    with here:
        where = _where(sung, passage.start, words.HERE, words.HERE_WITHOUT_BAR)
        _show_passage(sung, passage.start, passage.n_notes, sung.qpm, where, key="passage here")
    with there:
        where = _where(tune, passage.start_in_tune, words.THERE, _named(tune))
        _show_passage(tune, passage.start_in_tune, passage.n_notes, sung.qpm, where, key="passage there")


def _choose_passage(found: Originality, *, begin_with: Passage | None, key: str) -> Passage | None:
    """The passage with its rhythm or the one of pitches alone, where that one is longer; None where there is none."""
    with_rhythm, pitches_alone = found.with_rhythm.passage, found.pitches_alone.passage
    if with_rhythm is None or pitches_alone is None or with_rhythm.n_notes == pitches_alone.n_notes:
        return with_rhythm or pitches_alone
    offered = {words.WITH_RHYTHM: with_rhythm, words.PITCHES_ALONE: pitches_alone}
    chosen: str = st.segmented_control(
        words.WHICH_PASSAGE,
        list(offered),
        default=words.PITCHES_ALONE if begin_with == pitches_alone else words.WITH_RHYTHM,
        required=True,
        format_func=lambda kind: kind.format(notes=count(offered[kind].n_notes, "note")),
        key=key,  # another melody begins with its own more telling one
    )
    return offered[chosen]


def _verdict(finding: Finding, known: KnownMusic, *, is_rhythm: bool) -> str:
    passage = finding.passage
    if passage is None:
        return words.NOTHING_KNOWN
    tune = known.tunes[passage.tune]
    named = _named(tune)
    if passage.n_tunes > 1:
        named = words.SEVERAL_TUNES.format(tune=named, others=count(passage.n_tunes - 1, "other tune"))
    bar = bar_at(tune, tune.notes[passage.start_in_tune].onset)
    return words.VERDICTS[is_rhythm, finding.verdict].format(
        notes=count(passage.n_notes, "note"),
        place=named if bar is None else words.PLACES[is_rhythm].format(tune=named, bar=bar),
        usual=count(finding.median, "note"),
    )


def _named(tune: Melody) -> str:
    return words.ONE_TUNE.format(title=errors.escaped(tune.title)) if tune.title else words.UNNAMED_TUNE


def _where(whole: Melody, start: int, in_bar: str, without_bar: str) -> str:
    bar = bar_at(whole, whole.notes[start].onset)
    return without_bar if bar is None else in_bar.format(bar=bar, tune=_named(whole))


def _show_passage(whole: Melody, start: int, n_notes: int, qpm: float | None, told: str, *, key: str) -> None:
    """A few notes of a melody, to hear at `qpm` and to see."""
    st.caption(told)
    part = replace(_part(whole, start, n_notes), qpm=qpm)
    with st.container(key=f"{key} sound"):
        st.audio(tune_view.ogg(part), format="audio/ogg", alt=words.PASSAGE_AUDIO_ALT.format(where=told))
    followed = player.followed(part, sound=f"{key} sound", title=told, facts="", is_passage=True)
    player.show_notes([followed | {"rollName": words.PASSAGE_ALT.format(where=told)}], key=key)


def _part(whole: Melody, start: int, n_notes: int) -> Melody:
    """Some notes as a melody that begins with the first of them; its bar lines stay where they were."""
    bar = (whole.meter or Meter()).bar_length
    notes = whole.notes[start : start + n_notes]
    onset = notes[0].onset
    moved = tuple(Note(note.onset - onset, note.duration, note.pitch, note.velocity) for note in notes)
    return replace(whole, notes=moved, pickup=(whole.pickup - onset) % bar, repeats=())


# ---- is it musical? -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Measured:
    """A measure of a melody beside what is usual."""

    name: str  # one of MEASURES
    value: float
    tunes: Spread
    counting: Spread | None

    @property
    def told(self) -> str:
        """`14 semitones`."""
        return self._in_words(self.value)

    @property
    def usual(self) -> str:
        """`12 to 17 semitones`; `100 %` where both ends read the same."""
        low, high = self.tunes.low, self.tunes.high
        if self._in_words(low) == self._in_words(high):
            return self._in_words(low)
        return words.RANGES[self._unit].format(low=low * self._scale, high=high * self._scale)

    def _in_words(self, value: float) -> str:
        if self._unit == "semitones":
            return count(round(value), "semitone")
        return words.VALUES[self._unit].format(value=value * self._scale)

    @property
    def _unit(self) -> str:
        return _UNITS.get(self.name, "percent")

    @property
    def _scale(self) -> int:
        return 100 if self._unit == "percent" else 1


_UNITS = {"pitch_range": "semitones", "pitch_class_entropy": "bits", "note_length_variety": "bits"}  # others: shares


def _show_measures(melody: Melody, over_tunes: Spreads, over_songs: Spreads) -> None:
    """A row for each measure, and below a sentence for each."""
    from chromasonic.results.musicality import MeasureRow, draw_measures

    measured = [
        _Measured(name, value, tunes, over_songs.get(name))
        for name, measure in MEASURES.items()
        if (tunes := over_tunes[name]) is not None and not math.isnan(value := measure(melody))
    ]
    rows = [MeasureRow(words.MEASURE_NAMES[row.name], row.told, row.value, row.tunes, row.counting) for row in measured]
    each = [
        words.MEASURE_ALT.format(name=words.MEASURE_NAMES[row.name], value=row.told, usual=row.usual)
        for row in measured
    ]
    charts.show_chart(
        draw_measures(rows, dark=charts.is_dark()),
        alt=words.MEASURES_ALT.format(measures=sentences(each)),
        how_to_read=words.READ_MEASURES if any(over_songs.values()) else words.READ_MEASURES_ALONE,
        key="measures",
    )
    meanings = [words.MEASURE_MEANINGS[row.name].format(value=row.told, usual=row.usual) for row in measured]
    st.caption("\n".join(f"- {meaning}" for meaning in meanings))
