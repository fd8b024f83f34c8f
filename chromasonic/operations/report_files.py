"""The report for people, with what the models of a search sang: one page (HTML), and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import NoneType

from chromasonic.checks import instance, shown
from chromasonic.checks import path as checked_path
from chromasonic.errors import ChromasonicError, SettingsError
from chromasonic.files import write_whole
from chromasonic.languages import say
from chromasonic.melody_generation.hyperparameter_search.evaluation import known_scores
from chromasonic.melody_generation.hyperparameter_search.search import Search
from chromasonic.music.key_names import key_name
from chromasonic.music.melody import Melody
from chromasonic.results.markdown import markdown_report
from chromasonic.results.page import Song, report_page
from chromasonic.results.points import thinned_steps
from chromasonic.results.records import SearchRecord, TrialRecord, new_bests
from chromasonic.results.words import NAMES, count, family_name, settings_of

REPORTS = {"html": "optimization_report.html", "md": "optimization_report.md"}
"""What the report is called in each of its formats."""

_A_SEARCH = "a search, such as open_search(…)"
_SCORE_WIDTH = 1100  # a staff of 46 pixels on a wide screen, of 22 on a phone


def make_report(search: Search, kind: str, now: datetime | None = None) -> bytes:
    """The report on `search` as it stands, in the language of now; `kind` is one of `REPORTS`.

    Raises:
        SettingsError: there is no such kind of report.
    """
    instance("search", search, Search, _A_SEARCH)
    _check_kind("kind", kind)
    instance("now", now, (datetime, NoneType), "a moment, or None for the present")
    record, test = search.record(), known_scores(search)
    if kind == "md":
        text = markdown_report(record, now, test)
    else:
        text = report_page(record, _songs_of(search, record), now, test)
    return text.encode("utf-8", errors="replace")  # a name from a file system may hold halves of characters


def write_reports(search: Search, kinds: Sequence[str], folder: Path) -> list[Path]:
    """Write the report into `folder` in each of `kinds`, each whole or not at all, and say which files these are.

    Raises:
        SettingsError: an argument is not what it may be.
        WorkspaceError: the folder cannot be written.
    """
    folder = checked_path("folder", folder, "a folder, such as Path(“results”)")
    instance("search", search, Search, _A_SEARCH)
    instance("kinds", kinds, (list, tuple), "a list, such as [“html”]")
    for kind in kinds:
        _check_kind("kinds", kind)
    written = []
    for kind in kinds:
        content = make_report(search, kind)
        write_whole(folder / REPORTS[kind], content)
        written.append(folder / REPORTS[kind])
    return written


def _check_kind(field: str, kind: object) -> None:
    if not isinstance(kind, str) or kind not in REPORTS:
        raise SettingsError(field, f"needs one of {', '.join(REPORTS)}, but is {shown(kind)}")


def _songs_of(search: Search, record: SearchRecord) -> list[Song]:
    """What the models sang that each were the best so far, the sheet music of the last; damaged songs are left out."""
    sung = set(search.songs.numbers()) if search.is_melodic else set()
    steps = thinned_steps([trial for trial in new_bests(record) if trial.number in sung])
    songs = []
    for place, trial in enumerate(steps):
        try:
            songs.append(_song(search, trial, _title(trial, place, len(steps)), is_last=place == len(steps) - 1))
        except (ChromasonicError, FileNotFoundError):  # the report is worth having without it
            continue
    return songs


def _song(search: Search, trial: TrialRecord, title: str, *, is_last: bool) -> Song:
    from chromasonic.rendering.notation import draw_score
    from chromasonic.rendering.piano_roll import draw_piano_roll

    settings = [f"{NAMES.get(key, key)} {value}" for key, value in settings_of(trial)]
    melody = search.songs.melody(trial.number)
    return Song(
        number=trial.number,
        title=title,
        loss=trial.best_validation_loss or 0.0,
        facts=_facts(melody),
        settings=" · ".join([family_name(trial.family), *settings]),
        sound=search.songs.sound(trial.number),
        roll=draw_piano_roll(melody, primer_beats=search.primer_beats),
        score=draw_score(melody, width=_SCORE_WIDTH).svg if is_last else "",
    )


def _title(trial: TrialRecord, place: int, n: int) -> str:
    if place == n - 1:
        return say("The best: trial {number}", number=trial.number)
    if place == 0:
        return say("The first try: trial {number}", number=trial.number)
    return say("Better: trial {number}", number=trial.number)


def _facts(melody: Melody) -> str:
    minutes, seconds = divmod(round(melody.seconds), 60)
    known = [key_name(melody.key)] if melody.key else []
    known += [say("{meter} time", meter=melody.meter)] if melody.meter else []
    return " · ".join([*known, count(len(melody.notes), "note"), f"{minutes}:{seconds:02d}"])
