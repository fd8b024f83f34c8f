"""Every database keeps the same promises: SQLite, PostgreSQL, and either of them behind a storage proxy."""

import json
import math
import subprocess
import sys
import uuid

import optuna
import pytest
import servers
from optuna.storages import RDBStorage
from optuna.trial import TrialState

from chromasonic.errors import SearchError
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database, open_database

IN_LINE = 30

SEIZE = """
import json, sys, time
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState
import optuna
from chromasonic.melody_generation.hyperparameter_search.storage import open_database

storage = open_database(sys.argv[1]).storage
study = optuna.load_study(study_name=sys.argv[2], storage=storage)
trials = study.get_trials(deepcopy=False)
print("ready", flush=True)
sys.stdin.readline()
taken, ended = [], []
while (trial_id := study._pop_waiting_trial_id()) is not None:
    taken.append(trial_id)
print("through", flush=True)
sys.stdin.readline()
for trial in trials:
    try:
        storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
        ended.append(trial._trial_id)
    except UpdateFinishedTrialError:
        pass
print(json.dumps([taken, ended]), flush=True)
"""


@pytest.fixture(params=["SQLite", "PostgreSQL", "SQLite behind a proxy"])
def url(request, tmp_path):
    sqlite = f"sqlite:///{tmp_path / 'searches.db'}"
    if request.param == "PostgreSQL":
        url = request.getfixturevalue("postgresql_server")
        yield url
    elif request.param == "SQLite":
        url = sqlite
        yield url
    else:
        with servers.proxy(sqlite) as url:
            yield url
    forget_database(url)


@pytest.fixture
def study(url):
    return optuna.create_study(study_name=uuid.uuid4().hex, storage=open_database(url).storage)


def at_once(url, study, n=3):
    """Let processes take what stands in line, then end every trial, each as fast as it can."""
    command = [sys.executable, "-c", SEIZE, url, study.study_name]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(n)]
    for _ in range(2):
        for process in processes:
            process.stdout.readline()
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
    results = [json.loads(process.communicate()[0]) for process in processes]
    return [[trial for result in results for trial in result[kind]] for kind in range(2)]


def test_a_trial_is_taken_from_the_line_once_and_ended_once(url, study):
    for number in range(IN_LINE):
        study.enqueue_trial({"x": number})
    taken, ended = at_once(url, study)
    everyone = sorted(trial._trial_id for trial in study.get_trials(deepcopy=False))
    assert len(everyone) == IN_LINE
    assert sorted(taken) == everyone
    assert sorted(ended) == everyone


def test_a_page_notices_whatever_changes_in_the_trials(url, study):
    database = open_database(url)
    seen = [database.change_token(study._study_id)]

    def look():
        seen.append(database.change_token(study._study_id))

    look()
    assert seen[0] == seen[1]
    trial = study.ask()
    look()
    trial.report(1.0, 1)
    look()
    study.tell(trial, 1.0)
    look()
    assert len(set(seen[1:])) == 4


def test_trials_are_read_as_optuna_itself_reads_them(url, study):
    database = open_database(url)
    if database.engine is None:
        pytest.skip("the proxy reads for those behind it")
    for place, value in enumerate([1.5, math.inf, -math.inf]):
        trial = study.ask()
        trial.suggest_float("rate", 1e-5, 1e-2, log=True)
        trial.suggest_int("hidden", 32, 128, step=32)
        trial.suggest_categorical("batch", [16, 32])
        trial.suggest_categorical("family", ["lstm", "gru"])
        for step, loss in enumerate([2.0, math.nan, math.inf, value], start=1):
            trial.report(loss, step)
        trial.set_user_attr("outcome", {"é": [1, None]})
        trial.set_constraint("broken", place)
        study.tell(trial, value)
    study.tell(study.ask(), state=TrialState.PRUNED)
    study.tell(study.ask(), state=TrialState.FAIL)
    study.ask().report(2.0, 1)
    study.enqueue_trial({"rate": 0.001})
    other = optuna.create_study(study_name=uuid.uuid4().hex, storage=database.storage)
    other.ask()

    backend, ids = database.storage._backend, sorted(trial._trial_id for trial in study.get_trials())
    for unfinished, after in [(set(), -1), (set(ids[:1]), ids[-3]), (set(), ids[-1])]:
        ours = backend._get_trials(study._study_id, None, unfinished, after)
        theirs = RDBStorage._get_trials(backend, study._study_id, None, unfinished, after)
        assert list(map(repr, ours)) == list(map(repr, theirs))  # nan is not nan
    assert len(theirs) == 0 < len(ours := backend._get_trials(study._study_id, None, set(), -1))
    assert list(ours[0].params) == ["rate", "hidden", "batch", "family"]


def test_a_study_that_is_gone_is_not_read_as_an_empty_one(url, study):
    database = open_database(url)
    optuna.delete_study(study_name=study.study_name, storage=database.storage)
    with pytest.raises(KeyError):
        database.storage.get_all_trials(study._study_id)


def test_the_attributes_of_a_study_are_read_as_optuna_reads_them(url, study):
    database = open_database(url)
    assert database.user_attributes(study._study_id) == {}
    for name, value in {"chromasonic:status": {"state": "made", "took": 0.1}, "key": "é", "nothing": None}.items():
        study.set_user_attr(name, value)
    assert database.user_attributes(study._study_id) == study.user_attrs
    optuna.delete_study(study_name=study.study_name, storage=database.storage)
    with pytest.raises(KeyError):
        database.user_attributes(study._study_id)


def test_what_only_the_database_can_do_is_refused_behind_a_proxy(tmp_path):
    with servers.proxy(f"sqlite:///{tmp_path / 'searches.db'}") as url:
        database = open_database(url)
        with pytest.raises(SearchError, match="can be run alone, renamed, extended or deleted only at the database"):
            database.rename_study(1, "another")
        forget_database(url)


@pytest.mark.parametrize("url", ["grpc://", "grpc://host:notaport", "grpc://:13000"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(SearchError, match="is no address of a storage proxy"):
        open_database(url)


def test_a_proxy_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setattr("chromasonic.melody_generation.hyperparameter_search.storage._PATIENCE", 0.2)
    with pytest.raises(SearchError, match=r"The storage proxy at 127.0.0.1:\d+ does not answer"):
        open_database(f"grpc://127.0.0.1:{servers.free_port()}")


def test_a_database_locked_by_a_writer_is_waited_for(tmp_path):
    storage = open_database(f"sqlite:///{tmp_path / 'searches.db'}").storage
    study = optuna.create_study(storage=storage)
    trial = study.ask()
    script = (
        "import sqlite3, sys, time\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('BEGIN IMMEDIATE'); print('locked', flush=True); time.sleep(1.5)\n"
        "connection.execute('COMMIT')\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "searches.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as locking:
        locking.stdout.readline()
        study.tell(trial, 1.0)
        assert locking.wait() == 0
    assert study.get_trials()[0].state is TrialState.COMPLETE


def test_a_study_is_filled_with_what_optuna_itself_would_store(url):
    source = optuna.create_study()
    source.enqueue_trial({"x": 0.25, "kind": "b", "n": 3}, user_attrs={"untuned": True})
    for number, state in enumerate([TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL]):
        trial = source.ask()
        trial.suggest_float("x", 1e-3, 1.0, log=True), trial.suggest_categorical("kind", ["a", "b", None])
        trial.suggest_int("n", 1, 4), trial.set_user_attr("outcome", {"losses": [1.5, None], "reason": "“é”"})
        for epoch, loss in enumerate([2.5, float("nan"), float("inf")]):
            trial.report(loss, epoch)
        source.tell(trial, 1.0 + number if state is TrialState.COMPLETE else None, state=state)
    source.enqueue_trial({"x": 0.5})
    database = open_database(url)
    ours = database.create_study(uuid.uuid4().hex, "mark", {"by": "us"})
    theirs = optuna.create_study(study_name=uuid.uuid4().hex, storage=database.storage)
    database.fill_study(ours, source.trials)
    theirs.add_trials(source.trials)
    forget_database(url)  # so that what is read is what was stored
    stored = [open_database(url).load_study(study.study_name) for study in (ours, theirs)]
    same, as_optuna = ([as_text(trial) for trial in study.trials] for study in stored)
    assert len(same) == 4 and same == as_optuna
    assert stored[0].user_attrs == {"mark": {"by": "us"}} and stored[0].directions == stored[1].directions
    with pytest.raises(optuna.exceptions.DuplicatedStudyError):
        open_database(url).create_study(ours.study_name, "mark", None)


def as_text(trial):
    """Everything about `trial` but its id in the database; as text, for not even itself equals what is no number."""
    return repr({key: value for key, value in vars(trial).items() if key != "_trial_id"})
