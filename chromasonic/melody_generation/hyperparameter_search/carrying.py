"""A search that goes on in another space begins with what the old one found.

Optuna refuses a study whose ranges have changed, or quietly learns less from it. So a changed search is a new study,
and the old one's trials that fit its space are taken along. Where their losses can be compared (same music, same
lessons) they count as trials of the new study, with their weights; else the best of their settings are tried first,
each moved to the nearest that the new space allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FixedTrial, FrozenTrial

from chromasonic.files import write_whole
from chromasonic.languages import mark
from chromasonic.results.records import TrialRecord, TrialState, ranked
from chromasonic.results.workload import Begun

from .history import CARRIED, FAMILY, OUTCOME, UNTUNED
from .search import Search
from .settings import SearchSettings

MOST_IN_LINE = 5
"""Settings of an old search that are tried first when its losses cannot be compared: enough to begin well."""


def can_go_on(before: SearchSettings, asked: SearchSettings) -> bool:
    """Whether a search with the settings `before` can itself go on as `asked`, for its trials mean the same there."""
    return (before.space, before.families, before.transpose) == (asked.space, asked.families, asked.transpose)


@dataclass(frozen=True)
class FittingTrial:
    """A finished trial of another search, and its settings as a search with other ranges would have asked for them."""

    trial: FrozenTrial
    record: TrialRecord
    params: dict[str, Any]


def fitting_trials(old: Search, settings: SearchSettings) -> list[FittingTrial]:
    """The finished trials of `old` whose settings a search with `settings` might have tried, by number."""
    distributions = distributions_of(settings)
    states = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    fitting = []
    trials = old.study.get_trials(deepcopy=False, states=states)
    records = old.record().trials  # read after them, so that it has them all
    for trial in trials:
        record = records[trial.number]
        if record.state is TrialState.FAILED:
            continue
        params = {**trial.params, FAMILY: record.family}
        fits = all(holds(distribution, params.get(name)) for name, distribution in distributions.items())
        if fits and record.family in settings.families:
            fitting.append(FittingTrial(trial, record, {name: params[name] for name in distributions}))
    return fitting


def is_comparable(old: Search, fingerprint: str, settings: SearchSettings) -> bool:
    """Whether losses of `old` mean the same in a search over data of that `fingerprint` with `settings`."""
    same = old.settings.space.num_epochs == settings.space.num_epochs and old.settings.transpose == settings.transpose
    return same and old.record().fingerprint == fingerprint


def taken_along(old: Search, settings: SearchSettings) -> list[Begun]:
    """How far the trials of `old` are that count as done in a search of the same music with `settings`, if any do."""
    if old.settings.seed != settings.seed or not is_comparable(old, old.record().fingerprint, settings):
        return []  # with another seed the tunes are dealt otherwise
    fitting = [found.record for found in fitting_trials(old, settings)]
    return [Begun(trial.epochs_run, True, trial.state is TrialState.COMPLETE) for trial in fitting]


@dataclass(frozen=True)
class Carried:
    """What a new search begins with."""

    trials: list[FrozenTrial]  # finished, or waiting to be tried
    words: str


def carry_over(old: Search, fingerprint: str, settings: SearchSettings, folder: Path) -> Carried:
    """What a new search, whose files are in `folder`, takes over from `old`; weights are copied there."""
    fitting = fitting_trials(old, settings)
    if not is_comparable(old, fingerprint, settings):
        in_line = _in_line(best_settings(old, settings))
        return Carried(in_line, mark(f"the best settings of “{old.name}” that fit ({len(in_line)}), to be tried first"))
    untuned, distributions = settings.space.untuned(), distributions_of(settings)
    carried, kept, sung = [], set(old.checkpoints.kept()), set(old.songs.numbers())
    for number, found in enumerate(fitting):
        trial = found.trial
        is_untuned = all(found.params[name] == value for name, value in untuned.items())
        is_untuned = is_untuned and not found.record.cut_by_time  # then they are tried anew, to the end
        artifacts: dict[str, str] = {}
        if trial.number in kept:
            old.checkpoints.bring(trial.number)
            weights = [old.checkpoints.stem(trial.number).with_suffix(suffix) for suffix in (".safetensors", ".json")]
            copies = _copied(weights, folder / "checkpoints" / f"trial-{number:05d}")
            artifacts |= old.artifacts.keep(copies) if old.artifacts is not None else {}
        if trial.number in sung:
            copies = _copied(old.songs.files(trial.number), folder / "songs" / f"trial-{number:05d}")
            artifacts |= old.songs.artifacts.keep(copies)
        carried.append(
            optuna.create_trial(
                state=trial.state,
                value=trial.value if trial.state is optuna.trial.TrialState.COMPLETE else None,
                params=found.params,
                distributions=distributions,
                intermediate_values=trial.intermediate_values,
                user_attrs={
                    OUTCOME: trial.user_attrs.get(OUTCOME, {}),
                    CARRIED: {"search": old.name, "number": trial.number},
                    **({UNTUNED: True} if is_untuned else {}),
                },
                system_attrs=artifacts,
            )
        )
    if not fitting and (in_line := _in_line(best_settings(old, settings))):
        words = mark(f"the best settings of “{old.name}”, moved to what is allowed ({len(in_line)}), to be tried first")
        return Carried(in_line, words)
    n, n_finished = len(fitting), old.record().n_finished
    return Carried(carried, mark(f"the trials of “{old.name}” that fit ({n} of {n_finished})"))


def best_settings(old: Search, settings: SearchSettings) -> list[dict[str, Any]]:
    """The best settings that `old` found, at most a handful, moved to the nearest that `settings` allow."""
    known = [{**trial.params, FAMILY: trial.family} for trial in ranked(old.record().trials)]
    distributions = distributions_of(settings)
    whole = [
        params for params in known if params[FAMILY] in settings.families and distributions.keys() <= params.keys()
    ]
    return moved(whole, distributions)[:MOST_IN_LINE]


def moved(wanted: Iterable[Mapping[str, Any]], distributions: Mapping[str, BaseDistribution]) -> list[dict[str, Any]]:
    """The settings `wanted`, each moved to the nearest that `distributions` give; none twice."""
    found: list[dict[str, Any]] = []
    for params in wanted:
        near = {name: nearest(distribution, params[name]) for name, distribution in distributions.items()}
        if near not in found:
            found.append(near)
    return found


def _in_line(settings: list[dict[str, Any]]) -> list[FrozenTrial]:
    """Trials that wait, each with the settings it is to try."""
    waiting = optuna.trial.TrialState.WAITING
    return [optuna.create_trial(state=waiting, system_attrs={"fixed_params": params}) for params in settings]


def _copied(files: Sequence[Path], stem: Path) -> list[Path]:
    """The `files` that are there once more, as `stem` with their endings."""
    copies = []
    for file in files:
        if file.exists():
            copies.append(stem.with_suffix(file.suffix))
            write_whole(copies[-1], file.read_bytes())
    return copies


def distributions_of(settings: SearchSettings) -> dict[str, BaseDistribution]:
    """What a trial of such a search asks for."""
    trial = FixedTrial({**settings.space.untuned(), FAMILY: settings.families[0]})
    settings.space.suggest(trial)  # type: ignore[arg-type]  # a FixedTrial suggests as a Trial does
    if len(settings.families) > 1:
        trial.suggest_categorical(FAMILY, list(settings.families))
    return trial.distributions


def nearest(distribution: BaseDistribution, value: Any) -> Any:
    """Of the values that `distribution` gives the one nearest to `value`."""
    if holds(distribution, value):
        return value
    if isinstance(distribution, CategoricalDistribution):
        numbers = [choice for choice in distribution.choices if isinstance(choice, int | float)]
        return min(numbers, key=lambda choice: abs(choice - value)) if numbers else distribution.choices[0]
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    inside = min(max(value, distribution.low), distribution.high)
    if isinstance(distribution, FloatDistribution):
        return inside
    return distribution.low + round((inside - distribution.low) / distribution.step) * distribution.step


def holds(distribution: BaseDistribution, value: Any) -> bool:
    """Whether `value` is one of those that `distribution` gives."""
    if value is None:  # it was not asked for there
        return False
    try:
        return distribution._contains(distribution.to_internal_repr(value))
    except ValueError:  # a choice that is not among the new ones
        return False
