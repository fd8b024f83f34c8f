"""The loop of a search, with trainers that follow a script one can check by eye."""

import os
import signal
import threading
import time

import optuna
import pytest
from scripted import ScriptedTrainer
from searches import held_by_the_dead

from chromasonic.errors import CheckpointError, SearchError, SearchFailedError
from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search
from chromasonic.melody_generation.hyperparameter_search.listing import list_studies
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.results.records import SearchState, TrialState


def run(search, script, **options):
    trainer = ScriptedTrainer(script)
    SearchRunner(search, [trainer], **options).run()
    return trainer


def test_a_search_runs_to_its_asked_number_and_says_what_was_best(make_search):
    search = make_search(n_trials=3)
    run(search, {0: [3.0, 2.5, 2.6], 1: [3.0, 2.2, 2.4], 2: [2.9, 2.8, 2.7]})
    record = search.record()
    assert record.state is SearchState.FINISHED
    assert [trial.best_validation_loss for trial in record.trials] == [2.5, 2.2, 2.7]
    assert (record.best.number, record.best.best_epoch, record.best.final_validation_loss) == (1, 2, 2.4)
    assert record.best.train_loss == pytest.approx(2.1)
    assert (record.best.training_time, record.best.n_parameters, record.best.epochs_run) == (1.5, 1000, 3)


def test_the_default_settings_are_tried_first(make_search, tiny_space):
    search = make_search(n_trials=1)
    trainer = run(search, {0: [2.0]})
    assert trainer.trained[0].params == tiny_space.untuned()
    assert search.record().untuned.number == 0


def test_a_trial_behind_the_others_is_pruned_and_says_so(make_search):
    search = make_search(n_trials=6)
    good, bad = [2.0, 1.9, 1.8, 1.7], [9.0, 9.0, 9.0, 9.0]
    run(search, lambda number: bad if number == 5 else good)
    pruned = search.record().trials[5]
    assert pruned.state is TrialState.PRUNED
    assert pruned.epochs_run < 4
    assert "behind" in pruned.reason


def test_a_failing_trial_ends_with_its_reason_and_the_search_goes_on(make_search):
    search = make_search(n_trials=3)
    run(search, {0: [2.0], 1: "it ran out of memory", 2: [1.9]})
    states = [trial.state for trial in search.record().trials]
    assert states == [TrialState.COMPLETE, TrialState.FAILED, TrialState.COMPLETE]
    assert search.record().trials[1].reason == "it ran out of memory"


def test_the_sampler_stays_away_from_where_trials_fail(make_search):
    """Hidden size 64 always fails; once it knows, TPE asks for it less often than chance would."""
    search = make_search(n_trials=40, seed=5)

    class FailsWhenWide(ScriptedTrainer):
        def train(self, candidate, on_epoch):
            self.script = lambda number: "too wide" if candidate.params["hidden_size"] == 64 else [2.0]
            return super().train(candidate, on_epoch)

    trainer = FailsWhenWide({})
    SearchRunner(search, [trainer]).run()
    after_warm_up = [c.params["hidden_size"] for c in trainer.trained[search.settings.warm_up + 1 :]]
    assert after_warm_up.count(64) / len(after_warm_up) < 0.3


def test_when_every_trial_fails_the_search_raises_and_says_why(make_search):
    search = make_search(n_trials=3)
    with pytest.raises(SearchFailedError, match="the model raised ValueError: no strings attached"):
        run(search, lambda number: "the model raised ValueError: no strings attached")
    record = search.record()
    assert record.state is SearchState.FAILED
    assert record.best is None


def test_a_stop_marks_the_half_done_trial_and_resume_tries_it_again(make_search, workspace):
    search = make_search(n_trials=3)
    trainer = ScriptedTrainer({0: [2.0], 1: "slow"})
    runner = SearchRunner(search, [trainer])
    runner.start()
    assert trainer.in_slow_trial.wait(20)
    runner.stop()
    assert runner.join(20)
    record = search.record()
    assert record.state is SearchState.STOPPED
    assert [trial.state for trial in record.trials[:2]] == [TrialState.COMPLETE, TrialState.INTERRUPTED]
    assert record.n_finished == 1
    assert trainer.closed

    again = run(search, lambda number: [1.9])
    record = search.record()
    assert again.trained[0].params == trainer.trained[1].params
    assert (record.state, record.n_finished) == (SearchState.FINISHED, 3)


def test_a_search_whose_process_was_killed_resumes_to_exactly_the_asked_number(make_search):
    search = make_search(n_trials=3)
    run(search.__class__(search.database, search.workspace, search.study), {0: [2.0], 1: [2.0], 2: [2.0]})
    search.extend(5, None)
    killed = search.study.ask()  # as a runner that was killed leaves it: running, with settings, without a result
    search.settings.space.suggest(killed)
    killed.report(2.5, 1)
    run(search, lambda number: [1.5])
    record = search.record()
    assert record.n_finished == 5
    assert record.trials[3].state is TrialState.INTERRUPTED
    assert sum(trial.state is TrialState.COMPLETE for trial in record.trials) == 5


def test_the_time_limit_ends_the_search_and_keeps_the_best_so_far(make_search):
    search = make_search(n_trials=100, timeout=0.3)
    trainer = ScriptedTrainer(lambda number: [2.0, 1.9, 1.8, 1.7], epoch_time=0.1)
    SearchRunner(search, [trainer]).run()
    record = search.record()
    assert record.state is SearchState.FINISHED
    assert record.reason == "the time limit was reached"
    assert record.trials[0].state is TrialState.COMPLETE
    assert "time was up after" in record.trials[0].reason
    assert record.n_finished < 100
    assert list_studies(search.workspace)[0].is_out_of_time


def test_a_pause_holds_the_training_and_the_clock(make_search):
    search = make_search(n_trials=2)
    released = threading.Event()

    class Gate(ScriptedTrainer):
        def train(self, candidate, on_epoch):
            released.wait(20)
            return super().train(candidate, on_epoch)

    runner = SearchRunner(search, [Gate(lambda number: [2.0, 1.9])])
    runner.start()
    runner.pause()
    released.set()
    assert search.record().state is SearchState.PAUSED
    before = runner.status().elapsed
    time.sleep(0.2)
    assert runner.status().elapsed == before
    assert search.record().n_finished == 0
    runner.resume()
    assert runner.join(20)
    assert search.record().n_finished == 2


def test_two_runners_cannot_hold_one_search(make_search):
    search = make_search()
    trainer = ScriptedTrainer(lambda number: "slow")
    runner = SearchRunner(search, [trainer])
    runner.start()
    assert trainer.in_slow_trial.wait(20)
    with pytest.raises(SearchError, match="already running"):
        SearchRunner(search, [ScriptedTrainer({})]).run()
    runner.stop()
    assert runner.join(20)


def test_what_a_refused_runner_was_asked_for_changes_nothing(make_search):
    search = make_search(n_trials=4)
    trainer = ScriptedTrainer(lambda number: "slow")
    runner = SearchRunner(search, [trainer])
    runner.start()
    assert trainer.in_slow_trial.wait(20)
    more = search.settings.gone_on_with(n_trials=99, timeout=1.0)
    with pytest.raises(SearchError, match="already running"):
        SearchRunner(search, [ScriptedTrainer({})], settings=more).run()
    with pytest.raises(SearchError, match="already running"):
        search.extend(99, 1.0)
    runner.stop()
    assert runner.join(20)
    assert (search.record().n_trials, search.record().timeout) == (4, None)


def test_asking_for_fewer_trials_than_are_done_changes_nothing(make_search):
    search = make_search(n_trials=3)
    run(search, lambda number: [2.0])
    run(search, {}, settings=search.settings.gone_on_with(n_trials=2))
    record = search.record()
    assert (record.state, record.n_trials, record.n_finished) == (SearchState.FINISHED, 3, 3)


def test_a_search_goes_on_with_another_device_and_says_so(make_search):
    search = make_search(n_trials=1)
    on_a_card = search.settings.gone_on_with(device="cuda:3")
    search.study.set_user_attr("chromasonic:settings", on_a_card.to_json())  # as another machine left it
    search.study.set_user_attr(
        "chromasonic:data", {**search.study.user_attrs["chromasonic:data"], "device_name": "H100"}
    )
    search = search.__class__(search.database, search.workspace, search.study)
    assert search.record().device == "H100"
    run(search, {0: [2.0]}, settings=search.settings.gone_on_with(device="cpu", jobs=2))
    assert (search.settings.device, search.record().jobs) == ("cpu", 2)
    assert "core" in search.record().device


def test_a_search_that_was_killed_goes_on_with_its_clock(make_search):
    search = make_search(n_trials=1, timeout=50.0)
    held_by_the_dead(search, elapsed=10.0)
    search.beat(40.0)  # its last sign of life
    runner = SearchRunner(search, [ScriptedTrainer({0: [2.0]})])
    runner.run()
    assert 40 <= runner.status().elapsed < 49


def test_every_trial_pruned_is_no_result_and_says_so(make_search):
    class PrunesAll(optuna.pruners.BasePruner):
        def prune(self, study, trial):
            return True

    search = make_search(n_trials=2)
    with pytest.raises(SearchFailedError, match="stopped early by the pruner"):
        run(search, lambda number: [2.0, 1.9], pruner=PrunesAll())
    assert search.record().trials[0].reason == "after 1 epoch it was behind most of the others"


def test_going_on_after_all_has_failed_fails_again_and_says_why(make_search):
    search = make_search(n_trials=2)
    for _ in range(2):
        with pytest.raises(SearchFailedError, match="out of tune"):
            run(search, lambda number: "out of tune")


def test_weights_that_cannot_be_kept_cost_no_trial(make_search):
    class KeepsNothing(ScriptedTrainer):
        def keep(self, stem):
            raise CheckpointError("too heavy")

    search = make_search(n_trials=2)
    SearchRunner(search, [KeepsNothing(lambda number: [2.0])]).run()
    trial = search.record().trials[0]
    assert (trial.state, trial.reason) == (TrialState.COMPLETE, "its weights could not be kept: too heavy")


def test_weights_are_not_let_go_between_being_kept_and_being_told(make_search):
    search = make_search(n_trials=2)
    kept, others_done = threading.Event(), threading.Event()

    class KeepsSlowly(ScriptedTrainer):
        def keep(self, stem):
            super().keep(stem)
            kept.set()
            others_done.wait(0.5)  # nobody else comes to an end meanwhile

    class ComesLater(ScriptedTrainer):
        def train(self, candidate, on_epoch):
            assert kept.wait(20)
            return super().train(candidate, on_epoch)

    runner = SearchRunner(
        search,
        [KeepsSlowly(lambda number: [2.0]), ComesLater(lambda number: [1.9])],
        on_trial=lambda trial: others_done.set(),
    )
    runner.run()
    assert search.checkpoints.kept() == [0, 1]


def test_several_trainers_share_one_budget(make_search):
    search = make_search(n_trials=9)
    trainers = [ScriptedTrainer(lambda number: [2.0 + number / 100]) for _ in range(3)]
    SearchRunner(search, trainers).run()
    assert search.record().n_finished == 9
    assert sorted(c.number for trainer in trainers for c in trainer.trained) == list(range(9))


def test_the_same_seed_gives_the_same_study(make_search):
    searches = [make_search(name, n_trials=8, seed=seed) for name, seed in (("one", 7), ("two", 7), ("three", 8))]
    for search in searches:
        run(search, lambda number: [2.0 - number / 50])
    params = [[trial.params for trial in search.record().trials] for search in searches]
    assert params[0] == params[1]
    assert params[0] != params[2]


def test_checkpoints_of_the_ten_best_and_of_the_untuned_are_kept(make_search):
    search = make_search(n_trials=14)
    run(search, lambda number: [3.0 if number == 0 else 2.5 - number / 10], pruner=optuna.pruners.NopPruner())
    assert search.checkpoints.kept() == [0, *range(4, 14)]


def test_keyboard_interrupt_keeps_what_is_finished(make_search):
    search = make_search(n_trials=5)

    class CtrlC(ScriptedTrainer):
        def train(self, candidate, on_epoch):
            if candidate.number == 2:
                raise KeyboardInterrupt
            return super().train(candidate, on_epoch)

    with pytest.raises(KeyboardInterrupt):
        SearchRunner(search, [CtrlC(lambda number: [2.0])]).run()
    record = search.record()
    assert record.state is SearchState.STOPPED
    assert record.n_finished == 2
    assert record.trials[2].state is TrialState.INTERRUPTED


def ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_stops_a_search_without_breaking_into_what_it_writes(make_search):
    search = make_search(n_trials=3)
    with pytest.raises(KeyboardInterrupt):
        run(search, lambda number: [2.0], on_trial=lambda trial: ctrl_c() or time.sleep(0.2))
    record = search.record()
    assert (record.state, record.reason, record.n_finished) == (SearchState.STOPPED, "you stopped it", 1)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_breaks_into_a_model_that_hangs(make_search):
    class Hangs(ScriptedTrainer):
        def train(self, candidate, on_epoch):
            ctrl_c()
            ctrl_c()
            raise AssertionError("nobody came")

    search = make_search(n_trials=3)
    with pytest.raises(KeyboardInterrupt):
        SearchRunner(search, [Hangs({})]).run()
    assert search.record().state is SearchState.STOPPED
    assert search.record().trials[0].state is TrialState.INTERRUPTED


def test_ctrl_c_while_a_search_closes_waits_for_the_reports(make_search):
    class Impatient(ScriptedTrainer):
        def close(self):
            ctrl_c()
            ctrl_c()

    search = make_search(n_trials=1)
    with pytest.raises(KeyboardInterrupt):
        SearchRunner(search, [Impatient({0: [2.0]})]).run()
    assert search.record().state is SearchState.FINISHED
    assert {file.suffix for file in (search.folder / "results").iterdir()} == {".json", ".txt", ".png"}


def test_ctrl_c_right_after_a_trial_was_told_leaves_it_finished(make_search):
    search = make_search(n_trials=3)
    tell = search.study.tell

    def tell_and_interrupt(*arguments, **options):
        tell(*arguments, **options)
        raise KeyboardInterrupt

    search.study.tell = tell_and_interrupt
    with pytest.raises(KeyboardInterrupt):
        run(search, lambda number: [2.0])
    assert [trial.state for trial in search.record().trials[:1]] == [TrialState.COMPLETE]


def test_ctrl_c_while_a_trial_is_asked_for_leaves_none_running(make_search, tiny_space):
    class CtrlC(optuna.samplers.RandomSampler):
        def before_trial(self, study, trial):
            raise KeyboardInterrupt

    search = make_search(n_trials=3)
    with pytest.raises(KeyboardInterrupt):
        run(search, {}, sampler=CtrlC())
    assert search.record().trials[0].state is TrialState.INTERRUPTED
    run(search, lambda number: [2.0])
    assert search.record().untuned.params == tiny_space.untuned()


def test_a_search_is_found_again_with_its_trials(make_search, workspace):
    run(make_search("Tunes, Tuesday"), lambda number: [2.0])
    found = open_search("Tunes, Tuesday", workspace)
    assert found.record().n_finished == 4


def test_a_sampler_that_breaks_ends_the_search_with_its_message(make_search):
    class Broken(optuna.samplers.RandomSampler):
        def before_trial(self, study, trial):
            raise RuntimeError("sampler broke")

    search = make_search()
    with pytest.raises(RuntimeError, match="sampler broke"):
        run(search, {}, sampler=Broken())
    assert search.record().state is SearchState.FAILED
    assert search.record().reason == "something unexpected went wrong (RuntimeError: sampler broke)"


def test_the_default_settings_stay_the_baseline_when_their_first_try_is_interrupted(make_search, tiny_space):
    search = make_search(n_trials=2)
    trainer = ScriptedTrainer({0: "slow"})
    runner = SearchRunner(search, [trainer])
    runner.start()
    assert trainer.in_slow_trial.wait(20)
    runner.stop()
    assert runner.join(20)
    assert search.record().untuned is None
    run(search, lambda number: [2.0])
    assert search.record().untuned.number == 1
    assert search.record().untuned.params == tiny_space.untuned()


def test_a_search_leaves_its_files_however_it_ends(make_search):
    search = make_search(n_trials=1)
    with pytest.raises(SearchFailedError):
        run(search, lambda number: "nothing works")
    assert {file.name for file in (search.folder / "results").iterdir()} == {
        "optimization_results.json",
        "optimization_report.txt",
        "optimization_history.png",
    }
