"""How much of a melody stands in known music: tables one can check by eye."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chromasonic.music.melody import Melody, Meter, Note, to_ticks
from chromasonic.music.originality import (
    FEWEST_FOR_COPIES,
    Finding,
    KnownMusic,
    Originality,
    Passage,
    UsualLengths,
    Verdict,
    bar_at,
    evenly,
    originality,
)

MakeMelody = Callable[..., Melody]
SCALE = [60, 62, 64, 65, 67, 69, 71, 72]
JACQUES = [60, 62, 64, 60, 60, 62, 64, 60, 64, 65, 67, 64, 65, 67]
JACQUES_LENGTHS = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 2]


@pytest.fixture
def known(melody: MakeMelody) -> KnownMusic:
    """A scale, and Frère Jacques."""
    return KnownMusic([melody(SCALE), melody(JACQUES, JACQUES_LENGTHS, title="Frère Jacques")])


@pytest.mark.parametrize(
    "pitches, lengths, with_rhythm, pitches_alone",
    [
        (SCALE, None, (0, 8, 0, 0, 1), (0, 8, 0, 0, 1)),
        ([pitch + 5 for pitch in SCALE], None, (0, 8, 0, 0, 1), (0, 8, 0, 0, 1)),
        (SCALE, [2] * 8, None, (0, 8, 0, 0, 1)),  # twice as slow
        (SCALE, [1, 1, 1, 2, 1, 1, 1, 1], (0, 4, 0, 0, 1), (0, 8, 0, 0, 1)),  # the fourth note is held
        (SCALE, [1, 1, 1, 1, 1, 1, 1, 9], (0, 8, 0, 0, 1), (0, 8, 0, 0, 1)),  # however long the last one is held
        ([50, 71, 60, 62, 64, 60, 73], None, (2, 4, 1, 0, 1), (2, 4, 1, 0, 1)),
        ([64, 65, 67], [1, 1, 1], (0, 3, 0, 2, 2), (0, 3, 0, 2, 2)),  # in both tunes; the first is named
        ([60, 66], None, None, None),
        ([60], None, None, None),
        ([], None, None, None),
    ],
    ids=[
        "the scale", "in another key", "slower", "a note held", "the last held", "in the middle", "a commonplace",
        "a tritone", "one note", "silence",
    ],
)  # fmt: skip
def test_the_longest_known_passage(
    pitches: list[int],
    lengths: list[float] | None,
    with_rhythm: tuple[int, ...] | None,
    pitches_alone: tuple[int, ...] | None,
    known: KnownMusic,
    melody: MakeMelody,
) -> None:
    notes = melody(pitches, lengths).notes
    assert known.longest_passage(notes, rhythm=True) == (with_rhythm and Passage(*with_rhythm))
    assert known.longest_passage(notes, rhythm=False) == (pitches_alone and Passage(*pitches_alone))


def test_a_rest_counts_as_rhythm_and_a_note_cut_short_does_not(known: KnownMusic, melody: MakeMelody) -> None:
    rested = melody([60, 62, None, 64, 65, 67])  # 64 65 67 is the longest that keeps its rhythm
    passage = known.longest_passage(rested.notes, rhythm=True)
    assert passage is not None and (passage.start, passage.n_notes) == (2, 3)
    short = [note._replace(duration=0.5) for note in melody(SCALE).notes]
    assert known.longest_passage(short, rhythm=True) == Passage(0, 8, 0, 0, 1)


@pytest.mark.parametrize("rhythm", [True, False])
def test_a_passage_does_not_run_from_one_tune_into_the_next(rhythm: bool, melody: MakeMelody) -> None:
    known = KnownMusic([melody([60, 64]), melody([]), melody([65]), melody([64, 67])])
    assert known.longest_passage(melody([60, 64, 67]).notes, rhythm=rhythm) == Passage(0, 2, 0, 0, 1)
    assert known.longest_passage(melody([64, 67]).notes, rhythm=rhythm) == Passage(0, 2, 3, 0, 1)
    assert KnownMusic([]).longest_passage(melody([60, 64]).notes, rhythm=rhythm) is None


notes_in_a_row = st.lists(st.tuples(st.integers(60, 63), st.sampled_from([0.5, 1.0])), max_size=12)


def tune_of(events: list[tuple[int, float]]) -> Melody:
    notes, now = [], 0.0
    for pitch, length in events:
        notes.append(Note(now, length, pitch))
        now += length
    return Melody(tuple(notes))


@given(st.lists(notes_in_a_row, max_size=4), notes_in_a_row, st.booleans())
@settings(max_examples=80, deadline=None)
def test_it_finds_what_trying_everything_finds(
    tunes: list[list[tuple[int, float]]], events: list[tuple[int, float]], rhythm: bool
) -> None:
    def moves(tune: Melody) -> list[tuple[int, int]]:
        wait = 1 if rhythm else 0
        return [(b.pitch - a.pitch, wait * to_ticks(b.onset - a.onset)) for a, b in pairwise(tune.notes)]

    melody, known = tune_of(events), [tune_of(tune) for tune in tunes]
    sung = moves(melody)
    lengths = [
        length
        for start in range(len(sung))
        for length in range(1, len(sung) - start + 1)
        for tune in known
        for place in range(len(tune.notes))
        if moves(tune)[place : place + length] == sung[start : start + length]
    ]
    passage = KnownMusic(known).longest_passage(melody.notes, rhythm=rhythm)
    assert (passage.n_notes if passage else 0) == max(lengths, default=-1) + 1
    if passage:
        there = moves(known[passage.tune])[passage.start_in_tune :][: passage.n_notes - 1]
        assert there == sung[passage.start :][: passage.n_notes - 1]


def test_other_tunes_share_so_much(known: KnownMusic, melody: MakeMelody) -> None:
    others = [melody([60, 66]), melody([*SCALE[:5], 70, 76]), melody([64, 65, 67, 64, 65])]
    assert known.usual_lengths(others, 100) == UsualLengths((0, 3, 5), (0, 5, 5))
    assert known.usual_lengths(others, 3) == UsualLengths((0, 3, 3), (0, 3, 3))  # a shorter look finds less


@pytest.mark.parametrize(
    "n_notes, usual, verdict, median, share",
    [
        (0, (4, 5, 6, 7), Verdict.OWN, 6, 1.0),
        (6, (4, 5, 5, 6, 7), Verdict.OWN, 5, 0.4),
        (7, (4, 5, 5, 6, 7), Verdict.BORROWS, 5, 0.2),
        (8, (4, 5, 5, 6, 7), Verdict.BORROWS, 5, 0.0),
        (8, (5,) * 19, Verdict.BORROWS, 5, 0.0),
        (13, (4, 5, 5, 6, 7), Verdict.BORROWS, 5, 0.0),
        (14, (4, 5, 5, 6, 7), Verdict.COPIES, 5, 0.0),
        (8, (5,) * 20, Verdict.COPIES, 5, 0.0),
        (8, (*[5] * 19, 8), Verdict.BORROWS, 5, 0.05),
        (8, (*[5] * 20, 8), Verdict.COPIES, 5, 1 / 21),
        (8, (9, 9, 9, 9), Verdict.UNKNOWN, 9, 1.0),
        (8, (), Verdict.UNKNOWN, 0, 0.0),
    ],
    ids=[
        "nothing known", "as usual", "longer than most", "longer than any of five",
        "longer than any of 19", "nearly twice any of five", "twice any of five",
        "longer than any of 20", "as one in 20", "as one in 21",
        "too few to compare", "nothing to compare",
    ],
)  # fmt: skip
def test_a_number_has_a_comparison(
    n_notes: int, usual: tuple[int, ...], verdict: Verdict, median: int, share: float
) -> None:
    finding = Finding(Passage(0, n_notes, 0, 0, 1) if n_notes else None, usual)
    assert (finding.n_notes, finding.verdict, finding.median) == (n_notes, verdict, median)
    assert finding.share == pytest.approx(share)


@pytest.mark.parametrize("rhythm, pitches, tells", [(9, 9, 9), (4, 9, 9), (9, 4, 9), (5, 6, 5)])
def test_what_says_more_against_the_melody_is_told_first(rhythm: int, pitches: int, tells: int) -> None:
    usual = (5, 5, 6, 6, 7)
    first, second = (Finding(Passage(0, n_notes, 0, 0, 1), usual) for n_notes in (rhythm, pitches))
    assert Originality(first, second).telling.n_notes == tells
    unknown = Finding(Passage(0, 3, 0, 0, 1), ())
    assert Originality(unknown, unknown).telling is unknown


def test_a_tune_learned_by_heart_is_told_from_one_that_is_new(known: KnownMusic, melody: MakeMelody) -> None:
    others = [melody([60, 60 + leap, 62 + leap, 64 + leap, 60]) for leap in range(3, 3 + FEWEST_FOR_COPIES)]
    usual = known.usual_lengths(others, len(JACQUES))
    by_heart = originality(known, melody(JACQUES, JACQUES_LENGTHS).notes, usual)
    assert by_heart.telling.verdict is Verdict.COPIES and by_heart.telling.n_notes == len(JACQUES)
    assert originality(known, melody([60, 70, 61, 63, 65, 72]).notes, usual).telling.verdict is Verdict.OWN


@pytest.mark.parametrize(
    "pitches, onset, longest, completing",
    [
        ([60, 64], 2, 2, {67}),
        ([61, 65], 2, 2, {68}),  # in any key
        ([60, 64], 3, 2, set()),  # after another wait it is another rhythm
        ([60, 64], 2, 3, set()),  # three notes are allowed
        ([60, 64, 67], 3, 2, {72}),
        ([60, 64, 67], 3, 3, {72}),
        ([60, 64, 67], 4, 3, {69}),  # the other chord is held there
        ([50, 60, 64, 67], 5, 3, {69}),
        ([67, 72], 2, 2, set()),  # where a tune ends, nothing follows
        ([60], 1, 2, set()),
        ([], 0, 2, set()),
    ],
)
def test_the_pitches_that_would_complete_a_copy(
    pitches: list[int], onset: float, longest: int, completing: set[int], melody: MakeMelody
) -> None:
    known = KnownMusic([melody([60, 64, 67, 72]), melody([60, 64, 67, 69], [1, 1, 2, 1])])
    notes = melody(pitches).notes
    assert known.copies(notes, onset, longest) == completing
    for pitch in completing:
        assert known.copied_notes([*notes, Note(onset, 1, pitch)]) > longest


@pytest.mark.parametrize(
    "pitches, n_notes",
    [([], 1), ([60], 1), ([60, 66], 1), ([61, 60, 62], 2), ([60, 62, 64, 65], 4), ([80, 60, 62, 64, 65], 4)],
)
def test_how_much_of_the_end_is_copied(pitches: list[int], n_notes: int, known: KnownMusic, melody: MakeMelody) -> None:
    assert known.copied_notes(melody(pitches).notes) == n_notes


@pytest.mark.parametrize(
    "onset, pickup, meter, bar",
    [
        (0, 0, Meter(), 1), (3.9, 0, Meter(), 1), (4, 0, Meter(), 2), (0, 1, Meter(), 0), (1, 1, Meter(), 1),
        (3, 0, Meter(6, 8), 2), (4, 0, None, None),
    ],
)  # fmt: skip
def test_bars_are_numbered_as_in_print(
    onset: float, pickup: float, meter: Meter | None, bar: int | None, melody: MakeMelody
) -> None:
    assert bar_at(replace(melody([60]), pickup=pickup, meter=meter), onset) == bar


def test_a_few_stand_for_many_at_equal_distances(melody: MakeMelody) -> None:
    tunes = [melody([60], title=str(place)) for place in range(10)]
    assert [tune.title for tune in evenly(tunes, 4)] == ["0", "2", "5", "7"]
    assert evenly(tunes, 10) == tunes
