"""The parts of the Compare page: verdict, chart, numbers, what mattered, what differed, the songs of the winners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby, permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from chromasonic.errors import ChromasonicError, SearchError
from chromasonic.languages import comma, figure, sentences, sign
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.results import side_by_side
from chromasonic.results.next_steps import value_in_words
from chromasonic.results.side_by_side import LETTERS, Along, Dealt, Measure, Race, Side, Tune, Verdict
from chromasonic.results.side_by_side_figures import LOOKS, draw_courses, draw_importances
from chromasonic.results.words import NAMES, PLAIN_NAMES, count, duration, gain, listing, percent, setting
from chromasonic.ui import charts, context, errors, player, shell, tune_view
from chromasonic.ui.wording import compare as words
from chromasonic.ui.wording import search as search_words
from chromasonic.ui.wording import studies as study_words
from chromasonic.ui.wording import tune as tune_words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search

_MOST_TITLES = 12

Searches = Mapping[str, "Search"]
"""What is compared, by letter."""


def show(searches: Sequence[Search]) -> None:
    """The whole comparison of two to four searches."""
    chosen = dict(zip(LETTERS, searches, strict=False))
    sides = _sides(chosen)
    _show_names(chosen, sides)
    judged = side_by_side.verdict(sides, _leads(chosen))
    _show_verdict(judged, sides)
    _show_courses(sides)
    _show_numbers(sides, is_apart=bool(judged.apart))
    _show_importances(sides)
    _show_differences(chosen, sides)
    _show_songs(chosen, sides)


def _sides(chosen: Searches) -> list[Side]:
    from chromasonic.melody_generation.hyperparameter_search.evaluation import known_scores

    records = {letter: search.record() for letter, search in chosen.items()}
    is_alike = len({record.fingerprint for record in records.values()}) == 1
    return [
        Side(
            letter=letter,
            record=records[letter],
            settings=search.settings.to_json(),
            test=known_scores(search),
            dealt=None if is_alike else _dealt(search),  # then there is no need to read it
        )
        for letter, search in chosen.items()
    ]


def _dealt(search: Search) -> Dealt | None:
    try:
        return _read_dealt(search.folder, search)
    except SearchError:
        return None


@st.cache_resource(show_spinner=False, max_entries=8)
def _read_dealt(folder: Path, _search: Search) -> Dealt:
    data = _search.load_data()
    return Dealt(*(frozenset(map(tuple, side)) for side in (data.train, data.validation, data.test)))


def _leads(chosen: Searches) -> side_by_side.Leads:
    from chromasonic.melody_generation.hyperparameter_search.evaluation import lead_over

    return {
        (one, other): lead
        for one, other in permutations(chosen, 2)
        if (lead := lead_over(chosen[one], chosen[other])) is not None
    }


def _show_names(chosen: Searches, sides: Sequence[Side]) -> None:
    for side in sides:
        record = side.record
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            name = words.CALLED.format(
                sign=LOOKS[side.letter].sign, letter=side.letter, name=errors.escaped(record.name)
            )
            about = words.ABOUT.format(
                music=errors.escaped(record.music),
                state=study_words.STATES[record.state],
                trials=count(record.n_tried, "trial"),
                time=duration(record.total_time),
            )
            st.markdown(f"{name}  \n:small[{about}]", width="stretch")
            if st.button(
                words.RESULTS_OF.format(letter=side.letter), icon=shell.RESULTS.icon, key=f"results of {side.letter}"
            ):
                context.choose_search(chosen[side.letter].name)
                context.go_to(shell.RESULTS)


# ---- who went further -----------------------------------------------------------------------------------------------


def _show_verdict(judged: Verdict, sides: Sequence[Side]) -> None:
    st.header(words.VERDICT, anchor=False)
    told = [sentence for race in judged.races for sentence in _of_race(race)]
    for why, pairs in groupby(sorted(judged.apart, key=lambda pair: pair[2]), key=lambda pair: pair[2]):
        names = listing([words.PAIR.format(one=one, other=other) for one, other, _ in pairs])
        told.append(words.APART[why].format(pairs=names))
    told += _of_leads(judged.by_lead)
    if judged.without:
        told.append(words.WITHOUT.format(letters=listing([side.letter for side in judged.without])))
    st.markdown("\n\n".join(told))


def _of_race(race: Race) -> list[str]:
    if race.is_open and not race.taken_over:
        text = words.AHEAD_ON_FEW if race.leads_on_few else words.TOO_FEW_TO_TELL[race.is_on_test]
        return [
            text.format(
                first=race.order[0].letter,
                letters=listing(sorted(side.letter for side in race.order)),
                tunes=count(race.n_tunes, "tune"),
                losses=_losses_of(race, race.order),
            )
        ]
    first, second, *rest = race.order
    loss, other = race.loss(first), race.loss(second)
    known = {"first": first.letter, "second": second.letter, "loss": loss, "tunes": count(first.record.n_test, "tune")}
    if race.is_even:
        if race.taken_over:
            told = [_of_one_model(*race.taken_over, loss)]
        else:
            told = [words.EVEN[race.is_on_test].format(**known, other=other)]
        told += [words.REST.format(others=_losses_of(race, rest))] if rest else []
    else:
        others = _losses_of(race, race.order[1:])
        told = [words.FURTHER[race.is_on_test].format(**known, gain=gain(loss, other), others=others)]
    is_settled = race.is_even and (race.is_on_test or race.taken_over is not None)
    return [sentences([*told, *([] if is_settled else [_how_sure(race)])])]


def _of_one_model(heir: Side, owner: Side, loss: float) -> str:
    known = {"heir": heir.letter, "owner": owner.letter, "loss": loss}
    if not heir.n_own:
        return words.SAME_MODEL_SO_FAR.format(**known)
    return words.SAME_MODEL.format(**known, trials=count(heir.n_own, "trial"))


def _losses_of(race: Race, sides: Sequence[Side]) -> str:
    return listing([words.OTHERS.format(letter=side.letter, loss=race.loss(side)) for side in sides])


def _how_sure(race: Race) -> str:
    """How far to trust the order, and by what tunes it could be judged better."""
    lead = race.lead
    if not race.is_on_test:
        letters = listing([side.letter for side in race.not_measured])
        return words.LEAD_NOT_MEASURED.format(letters=letters) if race.order[0].record.n_test else words.NO_HELD_OUT
    return "" if lead is None else words.LEAD_IS_REAL.format(low=lead.low, high=lead.high)


def _of_leads(by_lead: Sequence[Side]) -> list[str]:
    told = []
    for side in by_lead:
        ahead = side.ahead or 0.0
        text = words.AHEAD if ahead > 0 else words.BEHIND
        told.append(text.format(letter=side.letter, nats=abs(ahead), gain=gain(-ahead, 0.0)))
    if not told:
        return []
    text = words.BY_LEAD if (by_lead[0].ahead or 0.0) > 0 else words.NOBODY_AHEAD
    return [text.format(first=by_lead[0].letter, leads=listing(told))]


# ---- the charts and the numbers -------------------------------------------------------------------------------------


def _show_courses(sides: Sequence[Side]) -> None:
    st.header(words.COURSES, anchor=False)
    along = st.segmented_control(
        words.ALONG, list(Along), format_func=words.ALONGS.__getitem__, default=Along.TRIALS, required=True, key="along"
    )
    gathered = side_by_side.courses(sides, Along(along))
    if not gathered.courses:
        st.caption(words.NOTHING_DRAWN)
        return
    across = "trials" if gathered.along is Along.TRIALS else "minutes" if gathered.is_in_minutes else "seconds"
    told = [
        words.COURSE_ALT.format(letter=course.side.letter, first=course.values[0], last=course.values[-1])
        for course in gathered.courses
    ]
    charts.show_chart(
        draw_courses(
            gathered,
            title=words.UPWARDS[gathered.measure],
            across=words.ACROSS[across],
            counting=words.COUNTING.format(loss=gathered.counting or 0.0),
            dark=charts.is_dark(),
        ),
        alt=words.COURSES_ALT.format(courses=listing(told)),
        how_to_read=words.READ_LOSSES if gathered.measure is Measure.LOSS else words.READ_OVER_COUNTING,
        key="courses chart",
    )


def _show_numbers(sides: Sequence[Side], *, is_apart: bool) -> None:
    st.header(words.TABLE, anchor=False)
    st.caption(words.TABLE_ABOUT + (words.TABLE_ABOUT_APART if is_apart else ""))
    columns = {side.letter: _numbers_of(side) for side in sides}
    each = [row for row in zip(*columns.values(), strict=True) if any(number for _, number in row)]
    st.table(
        {words.MEASURE: [row[0][0] for row in each]}
        | {
            _heading(letter): [row[place][1] or words.NOT_KNOWN for row in each] for place, letter in enumerate(columns)
        },
        hide_index=True,
    )


def _numbers_of(side: Side) -> list[tuple[str, str]]:
    record, base, test = side.record, side.record.baselines, side.test
    untuned = record.untuned.best_validation_loss if record.untuned else None
    below = "\u2003"  # a baseline stands below the loss it is held against
    return [
        (words.BEST, _bold(side.loss)),
        (below + words.NGRAM, _number(base.ngram if base else None)),
        (below + words.UNTUNED, _number(untuned)),
        (below + words.UNIFORM, _number(base.uniform if base else None)),
        (words.AHEAD_ROW, _lead(side.ahead)),
        (words.TEST_BEST, _bold(test.best if test else None)),
        (below + words.NGRAM, _number(test.ngram if test else None)),
        (below + words.UNTUNED, _number(test.untuned if test else None)),
        (below + words.UNIFORM, _number(test.uniform if test else None)),
        (words.TRIALS_ROW, figure(f"{record.n_tried:,}")),
        (words.TIME_ROW, duration(record.total_time)),
    ]


def _number(loss: float | None) -> str:
    return "" if loss is None else figure(f"{loss:.2f}")


def _lead(nats: float | None) -> str:
    """By how much it is better than counting, with a word to a figure below 0."""
    if nats is None:
        return ""
    return words.WORSE.format(nats=-nats) if round(nats, 2) < 0 else _number(abs(nats))


def _bold(loss: float | None) -> str:
    return "" if loss is None else figure(f"**{loss:.2f}**")


def _heading(letter: str) -> str:
    return f"{LOOKS[letter].sign} {letter}"


def _show_importances(sides: Sequence[Side]) -> None:
    st.header(words.IMPORTANCE, anchor=False)
    shares = side_by_side.importances(sides)
    names = [(PLAIN_NAMES.get(key, key), NAMES.get(key, key)) for key in shares.keys]
    if shares.shares:
        told = []
        for letter, of in shares.shares.items():
            most_first = sorted(zip(of, shares.told(letter), strict=True), key=lambda entry: -entry[0])
            each = [f"{PLAIN_NAMES.get(key, key)} {share}".rstrip() for _, (key, share) in most_first]
            told.append(f"{letter}{sign(': ')}{listing(each)}")
        charts.show_chart(
            draw_importances(shares, names, dark=charts.is_dark()),
            alt=words.IMPORTANCE_ALT.format(rows=sign("; ").join(told)),
            how_to_read=words.READ_IMPORTANCE,
            key="importances chart",
        )
    for letters, text in ((shares.rough, words.ROUGH), (shares.too_few, words.TOO_FEW_TRIALS)):
        if letters:
            st.caption(text.format(letters=listing(letters)))


# ---- what differed --------------------------------------------------------------------------------------------------


def _show_differences(chosen: Searches, sides: Sequence[Side]) -> None:
    st.header(words.DIFFERENT, anchor=False)
    rows = side_by_side.rows(sides)
    different, same = [row for row in rows if not row.is_same], [row for row in rows if row.is_same]
    if different:
        st.markdown("\n".join(_difference(row, sides) for row in different))
    else:
        st.caption(_how_far(sides))
    if len(side_by_side.groups(sides)) > 1:
        _show_tunes_apart(chosen, sides)
    if same:
        with st.expander(words.SHARED.format(n=len(same))):
            st.table(
                {
                    words.SETTING: [words.ROWS.get(row.key, row.key) for row in same],
                    words.ALL: [in_words(row.key, row.values[0]) for row in same],
                },
                hide_index=True,
            )


def _how_far(sides: Sequence[Side]) -> str:
    """What is left to differ where all that was set is the same."""
    if len({side.record.n_tried for side in sides}) == 1:
        return words.NOTHING_DIFFERENT
    each = [words.VALUE_IN.format(value=count(side.record.n_tried, "trial"), letters=side.letter) for side in sides]
    return words.ONLY_HOW_FAR.format(trials=listing(each))


def _difference(row: side_by_side.Row, sides: Sequence[Side]) -> str:
    """One thing that differed: each value once, with the letters of the searches that had it."""
    letters: dict[str, list[str]] = {}
    for side, value in zip(sides, row.values, strict=True):
        letters.setdefault(in_words(row.key, value), []).append(side.letter)
    values = [words.VALUE_IN.format(value=value, letters=listing(of)) for value, of in letters.items()]
    return words.DIFFERENCE.format(name=words.ROWS.get(row.key, row.key), values=sign("; ").join(values))


def in_words(key: str, value: Any) -> str:
    """The value of one setting as a person reads it."""
    if key in ("timeout", "trial_timeout", "trial_memory") and value is None:
        return words.NO_LIMIT
    if value in (None, "", ()):
        return words.UNKNOWN
    if key in ("timeout", "trial_timeout"):
        return duration(value)
    if key == "trial_memory":
        return words.MEMORY.format(gib=value / 1024)
    if key.endswith("_options"):
        return listing([setting(key, option) for option in value])  # a choice, even where there are two
    if key == "fingerprint":
        return str(value)[:8]
    if key == "prune_after":
        return percent(value)
    if key == "strategy":
        return search_words.STRATEGIES[value]
    if key == "families":
        return errors.escaped(listing([MODEL_LABELS.get(family, family.rpartition(":")[2]) for family in value]))
    if isinstance(value, bool):
        return words.YES if value else words.NO
    if isinstance(value, Mapping):
        return errors.escaped(comma().join(f"{name} {version}" for name, version in value.items()))
    if isinstance(value, int) and key != "seed":
        return figure(f"{value:,}")
    if key in ("began_with", "device"):
        return errors.escaped(errors.told(value))
    return errors.escaped(value_in_words(value))


def _show_tunes_apart(chosen: Searches, sides: Sequence[Side]) -> None:
    apart = side_by_side.tunes_apart(sides)
    if apart is None:
        st.caption(words.MUSIC_UNREADABLE)
        return
    if apart.in_all:
        st.caption(words.IN_ALL[apart.are_pieces].format(tunes=_how_many(apart.in_all, apart)))
    for letter, tunes in apart.only.items():
        if not tunes:
            continue
        with st.expander(words.ONLY_IN.format(letter=letter, tunes=_how_many(len(tunes), apart))):
            known = _titles(chosen[letter])
            titles = list(dict.fromkeys(known[tune] for tune in tunes if known.get(tune)))
            if not titles:
                st.caption(words.NO_TITLES)
                continue
            shown = [f"- {errors.escaped(title)}" for title in titles[:_MOST_TITLES]]
            if len(titles) > _MOST_TITLES:
                shown.append(f"- {words.AND_MORE.format(n=len(titles) - _MOST_TITLES)}")
            st.markdown("\n".join(shown))


def _how_many(n: int, apart: side_by_side.TunesApart) -> str:
    return count(n, "piece") if apart.are_pieces else count(n, "tune")


def _titles(search: Search) -> Mapping[Tune, str]:
    """The titles of the tunes of a search, as far as its music is still saved."""
    music = context.saved_music(search.record().music) if search.is_melodic else None
    return {} if music is None else _read_titles(music.fingerprint, music)


@st.cache_resource(show_spinner=False, max_entries=4)
def _read_titles(fingerprint: str, _music: Any) -> Mapping[Tune, str]:
    from chromasonic.melody_generation.tokenization import VOCABULARY

    return {tuple(VOCABULARY.encode(tune)): tune.title for tune in _music.melodies}


# ---- how they sing --------------------------------------------------------------------------------------------------


def _show_songs(chosen: Searches, sides: Sequence[Side]) -> None:
    st.header(words.SONGS, anchor=False)
    st.caption(words.SONGS_ABOUT)
    sung = []
    for pair in (sides[:2], sides[2:]):
        for column, side in zip(st.columns(2), pair, strict=False):
            with column, errors.shown_plainly():
                if tune := _show_song(chosen[side.letter], side):
                    sung.append(tune)
    if sung:
        if any(tune["hasOpening"] for tune in sung):
            st.caption(tune_words.OPENING_IS_ORANGE)
        player.show_notes(sung, key="winners' notes")


def _show_song(search: Search, side: Side) -> dict[str, Any] | None:
    """The song of the best model; gives what the player below needs to follow it."""
    best = side.record.best
    if why := _why_silent(search, side):
        st.caption(words.NO_SONG[why].format(letter=side.letter))
        return None
    assert best is not None
    title = words.SONG_TITLE.format(letter=side.letter, name=search.name)
    st.markdown(words.SONG_OF.format(letter=_heading(side.letter), number=best.number, loss=side.loss))
    melody, key = search.songs.melody(best.number), f"winner {side.letter}"
    with st.container(key=key):
        st.audio(search.songs.sound(best.number), format="audio/ogg", alt=title)
    try:
        primer_beats = search.primer_beats
    except ChromasonicError:  # the music is gone, and the song is still there
        primer_beats = 0.0
    followed = player.followed(
        melody,
        sound=key,
        title=title,
        facts=comma().join(tune_view.facts(melody)),
        primer_beats=primer_beats,
    )
    return followed | {"heading": title}


def _why_silent(search: Search, side: Side) -> str | None:
    if not search.is_melodic:
        return "practice"
    if side.record.best is None:
        return "nothing"
    return None if side.record.best.number in search.songs.numbers() else "none"
