"""Several runners on one search, in this process: who may begin, who counts, who is given up for dead."""

import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import optuna
import psutil
import pytest
from scripted import ScriptedTrainer
from searches import held_elsewhere, practice_search

from chromasonic.errors import SearchHeldError
from chromasonic.melody_generation.hyperparameter_search import fleet as fleet_module
from chromasonic.melody_generation.hyperparameter_search import seats
from chromasonic.melody_generation.hyperparameter_search.catalogue import delete_search
from chromasonic.melody_generation.hyperparameter_search.fleet import InFleet, _Lookout
from chromasonic.melody_generation.hyperparameter_search.holding import EXPIRY, Holder
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.seats import Seat
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.results.records import FINISHED, SearchState, TrialState
from chromasonic.workspace import Workspace


@pytest.fixture
def search(tmp_path):
    workspace = Workspace.open(tmp_path / "workspace")
    yield practice_search(workspace, n_trials=4)
    forget_database(workspace.storage_url)


@pytest.fixture
def seat(search):
    """Takes a seat; the worker that takes it trains nothing."""
    taken = []

    def take():
        tenure = InFleet(search, "cpu")
        tenure.take("a worker", None)
        taken.append(tenure)
        return tenure

    yield take
    for tenure in taken:
        tenure.leave()


def states(search):
    return [trial.state for trial in search.record().trials]


def test_two_workers_share_a_search_to_exactly_the_asked_number(search):
    trainers = [ScriptedTrainer(lambda number: [2.0 - number / 100], epoch_time=0.05) for _ in range(2)]
    runners = [SearchRunner(search, [trainer], tenure=InFleet(search, "cpu")) for trainer in trainers]
    threads = [threading.Thread(target=runner.run, daemon=True) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    record = search.record()
    assert record.state is SearchState.FINISHED
    assert sum(trial.state in FINISHED for trial in record.trials) == 4
    assert sorted(c.number for trainer in trainers for c in trainer.trained) == [
        t.number for t in record.trials if t.state in FINISHED
    ]
    assert len({trial.worker for trial in record.trials if trial.state in FINISHED}) == 2
    assert {seat.left is None for seat in seats.seats(search.study.user_attrs)} == {False}


def test_each_worker_logs_its_own_troubles_and_a_trial_withdrawn_at_the_last_place_is_none(search, seat, caplog):
    other = seat()
    failed = other.next_trial()
    failed.set_user_attr("chromasonic", {"state": "failed", "reason": "out of tune"})
    search.study.tell(failed, state=optuna.trial.TrialState.PRUNED)
    other._withdraw(search.study.ask())
    trainer = ScriptedTrainer({number: "no music" if number == 3 else [2.0] for number in range(9)})
    SearchRunner(search, [trainer], tenure=InFleet(search, "cpu")).run()
    assert search.record().state is SearchState.FINISHED
    warnings = [entry.getMessage() for entry in caplog.records if entry.levelname == "WARNING"]
    assert [warning.partition(";")[0] for warning in warnings] == ["Search 1, trial 3 failed: no music"]


def test_workers_draw_other_settings_than_each_other(search, seat):
    first, second = seat(), seat()
    assert first.salt != second.salt


def test_no_more_are_begun_than_were_asked_for(search, seat):
    first, second = seat(), seat()
    begun = [tenure.next_trial() for tenure in (first, second, first, second)]
    assert [trial.number for trial in begun] == [0, 1, 2, 3]
    assert first.next_trial() is None
    assert first.wait_for_more() is not None  # the others may die
    for trial in begun:
        search.study.tell(trial, 1.0)
    assert second.next_trial() is None
    assert second.wait_for_more() is None


def test_who_comes_too_late_to_the_last_place_gives_it_up(search, seat):
    tenure = seat()
    faster = [search.study.ask() for _ in range(3)]
    ask = search.study.ask

    def ask_as_another_does_the_same():
        faster.append(ask())
        return ask()

    search.study.ask = ask_as_another_does_the_same
    try:
        assert tenure.next_trial() is None
    finally:
        del search.study.ask
    assert len(faster) == 4
    late = search.record().trials[4]
    assert (late.state, late.reason) == (TrialState.INTERRUPTED, "others were faster and had the last places")


def test_the_trial_of_a_dead_worker_is_interrupted_and_tried_again_once(search, seat):
    dead, living = seat(), seat()
    trial = dead.next_trial()
    search.settings.space.suggest(trial)
    params = dict(trial.params)
    for _ in range(2):
        dead.leave()
        living._looked = 0.0
        living.beat(1.0)
        record = search.record().trials
        assert record[trial.number].state is TrialState.INTERRUPTED
        assert "gave no more sign of life while it was training" in record[trial.number].reason
        waiting = search.study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.WAITING,))
        if trial.number:  # the retry was given up too: a free trial takes its place
            assert waiting == []
            break
        assert waiting[0].system_attrs["fixed_params"] == params
        dead = seat()
        trial = dead.next_trial()
        assert search.settings.space.suggest(trial) == params
        assert search.study.trials[trial.number].user_attrs["chromasonic:untuned"]
    else:
        pytest.fail("the retry was not reached")


@pytest.fixture
def clock():
    return SimpleNamespace(now=0.0)


@pytest.fixture
def lookout(clock):
    return _Lookout(lambda: clock.now)


def test_a_worker_elsewhere_is_dead_when_its_sign_of_life_stays_the_same(lookout, clock):
    holder = replace(Holder.here("a worker"), host="another-machine")
    far = Seat(id="far", holder=holder, device="cpu", joined=time.time(), beat=time.time(), elapsed=0.0)
    beats_again = replace(far, beat=5.0)  # by a clock that was set back by decades
    for now, seat, is_dead in (
        (0.0, far, False),
        (EXPIRY - 1, far, False),
        (EXPIRY + 1, beats_again, False),
        (2 * EXPIRY, beats_again, False),
        (2 * EXPIRY + 2, beats_again, True),
        (2 * EXPIRY + 3, far, False),  # it was only cut off
    ):
        clock.now = now
        assert lookout.is_dead(seat) is is_dead, now
    assert lookout.is_dead(replace(far, left=1.0))


def test_a_worker_on_this_machine_is_dead_when_its_process_is(lookout):
    here = Seat(id="near", holder=Holder.here("a worker"), device="cpu", joined=0.0, beat=0.0, elapsed=0.0)
    parent = psutil.Process(os.getppid())
    living = replace(here.holder, pid=parent.pid, began=parent.create_time())
    assert not lookout.is_dead(replace(here, holder=living))
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert lookout.is_dead(replace(here, holder=replace(here.holder, pid=process.pid)))


def test_a_trial_that_bears_no_name_is_given_up_in_time(lookout, clock):
    trial = optuna.trial.create_trial(value=1.0)
    for now, is_abandoned in ((0.0, False), (EXPIRY - 1, False), (EXPIRY + 1, True)):
        clock.now = now
        assert lookout.is_abandoned(trial) is is_abandoned


def test_a_worker_that_was_wrongly_given_up_goes_on_with_another_trial(search, seat):
    other = seat()

    class GivenUp(ScriptedTrainer):
        def train(self, candidate, on_epoch):
            if candidate.number == 0:
                stored = search.study.get_trials(deepcopy=False)[0]
                other._mark_interrupted(stored, "its worker gave no more sign of life", may_retry=True)
            return super().train(candidate, on_epoch)

    SearchRunner(search, [GivenUp(lambda number: [2.0, 1.9])], tenure=InFleet(search, "cpu")).run()
    assert states(search)[0] is TrialState.INTERRUPTED
    assert sum(state in FINISHED for state in states(search)) == 4


def test_what_is_complete_stays_so_when_it_is_given_up_a_moment_too_late(search, seat):
    tenure, trial = seat(), search.study.ask()
    stored = search.study.get_trials(deepcopy=False)[0]
    search.study._storage.set_trial_user_attr(trial._trial_id, "chromasonic:interrupted", "gave no more sign of life")
    search.study.tell(trial, 1.5)
    tenure._mark_interrupted(stored, "gave no more sign of life", may_retry=True)
    record = search.record().trials
    assert [(trial.state, trial.reason) for trial in record] == [(TrialState.COMPLETE, None)]


def test_a_runner_of_its_own_and_workers_refuse_each_other_and_say_who_is_there(search, seat):
    worker = seat()
    with pytest.raises(
        SearchHeldError, match=rf"already running in a worker on this machine \(process {os.getpid()}\)"
    ):
        SearchRunner(search, [ScriptedTrainer({})]).run()
    seat()
    with pytest.raises(SearchHeldError, match=f"already running in 2 workers on {socket.gethostname()}"):
        delete_search(search)
    assert search.holder() is None
    worker.leave()


def test_a_worker_is_refused_while_a_runner_of_its_own_is_there(search):
    held_elsewhere(search)
    with pytest.raises(SearchHeldError, match="already running in a terminal on this machine"):
        SearchRunner(search, [ScriptedTrainer({})], tenure=InFleet(search, "cpu")).run()
    assert seats.living_seats(search.study.user_attrs) == []


def test_all_hold_still_when_asked_to_and_go_on_when_asked_to(search, monkeypatch):
    monkeypatch.setattr(fleet_module, "_HEED", 0.0)
    monkeypatch.setattr(fleet_module, "_LOOK", 0.05)
    is_slow = threading.Event()

    class Slow(ScriptedTrainer):
        def train(self, candidate, on_epoch):
            if candidate.number == 1:
                seats.halt(search.study, True)
                is_slow.set()
            return super().train(candidate, on_epoch)

    runner = SearchRunner(search, [Slow(lambda number: [2.0, 1.9])], tenure=InFleet(search, "cpu"))
    thread = threading.Thread(target=runner.run, daemon=True)
    thread.start()
    assert is_slow.wait(20)
    while (trial := search.record().trials[1]).state is not TrialState.INTERRUPTED:
        time.sleep(0.02)
    assert trial.reason == "you stopped the search for all workers while it was training"
    assert search.record().state is SearchState.STOPPED
    assert runner.is_running
    seats.halt(search.study, False)
    thread.join()
    assert search.record().state is SearchState.FINISHED
    assert sum(state in FINISHED for state in states(search)) == 4


def test_a_worker_that_is_asked_to_leave_finishes_its_trial_first(search):
    trainer = ScriptedTrainer(lambda number: [2.0, 1.9])
    runner = SearchRunner(search, [trainer], tenure=InFleet(search, "cpu"), on_epoch=lambda current: runner.drain())
    runner.run()
    record = search.record()
    assert [trial.state for trial in record.trials if trial.state in FINISHED] == [TrialState.COMPLETE]
    assert (record.state, record.reason) == (SearchState.STOPPED, "its worker was asked to leave")


def test_a_trial_that_outlives_the_drain_limit_is_put_in_line(search):
    trainer = ScriptedTrainer(lambda number: "slow")
    runner = SearchRunner(search, [trainer], tenure=InFleet(search, "cpu"), drain_limit=0.2)
    thread = threading.Thread(target=runner.run, daemon=True)
    thread.start()
    assert trainer.in_slow_trial.wait(20)
    runner.drain()
    thread.join()
    assert states(search) == [TrialState.INTERRUPTED, TrialState.WAITING]


def test_the_clock_of_a_search_goes_on_through_its_workers(search, seat):
    tenure = seat()
    tenure.beat(12.0)
    tenure.leave()
    assert search.elapsed() == 12.0
    other = replace(tenure._seat, left=None, beat=time.time() - 5.0)
    search.study.set_user_attr(seats.SEAT + other.id, other.to_json())
    assert search.elapsed() >= 12.0
