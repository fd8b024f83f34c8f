"""The clock is set back an hour in the middle of a search: nothing is lost, nothing is timed wrongly, nobody waits."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from searches import practice_search

from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.results.charts import timeline
from chromasonic.results.records import FINISHED, SearchState

ROOT = Path(__file__).parents[2]
SET_BACK = """
import datetime, os, time

SIGN, HOUR = os.environ["CLOCK_SIGN"], 3600.0
real_time, real_datetime = time.time, datetime.datetime


def is_set_back():
    return HOUR if os.path.exists(SIGN) else 0.0


class Either(type):
    def __instancecheck__(cls, value):
        return isinstance(value, real_datetime)


class SetBack(real_datetime, metaclass=Either):
    @classmethod
    def now(cls, tz=None):
        return real_datetime.now(tz) - datetime.timedelta(seconds=is_set_back())


time.time = lambda: real_time() - is_set_back()
datetime.datetime = SetBack
"""


def test_a_clock_that_is_set_back_an_hour_costs_no_trial_and_no_time(workspace, tmp_path):
    search = practice_search(workspace, n_trials=8, timeout=3000)
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(SET_BACK)
    sign = tmp_path / "set back"
    environment = {
        "CHROMASONIC_HOME": str(workspace.root),
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "clock"), str(ROOT)]),
        "CLOCK_SIGN": str(sign),
    }
    command = [sys.executable, "-m", "chromasonic.cli", "search", "--resume", search.name, "--plot"]
    began = time.monotonic()
    process = subprocess.Popen(
        [*command, f"--output-dir={tmp_path / 'out'}"], env={**os.environ, **environment}, stderr=subprocess.PIPE
    )
    before = {}
    while len(before) < 2:
        assert process.poll() is None, process.communicate()
        before = {trial.number: trial for trial in search.record().trials if trial.state in FINISHED}
        time.sleep(0.02)
    sign.touch()
    while process.poll() is None:
        assert search.record().state in (SearchState.RUNNING, SearchState.FINISHED)
        assert 0.0 <= search.elapsed() < 600
        time.sleep(0.1)
    assert process.returncode == 0, process.communicate()
    process.communicate()
    forget_database(workspace.storage_url)
    record = open_search(search.name, workspace).record()
    assert (record.state, record.n_finished) == (SearchState.FINISHED, 8)
    assert {trial.number: trial for trial in record.trials if trial.number in before} == before
    assert 0.0 < record.total_time <= time.monotonic() - began
    assert all(trial.training_time >= 0 for trial in record.trials if trial.training_time is not None)
    starts = [trial.started for trial in record.trials]
    assert starts != sorted(starts)  # it was set back indeed
    assert all(span.start >= 0.0 and 0.0 <= span.length < 600 for span in timeline(record).spans)
    results = json.loads((tmp_path / "out" / "optimization_results.json").read_text(encoding="utf-8"))
    assert len(results["trial_results"]) == 8
