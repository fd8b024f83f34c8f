"""The loop of a search, with trainers that follow a script one can check by eye."""

import threading
import time

import optuna
import pytest
from scripted import ScriptedTrainer

from chromasonic.errors import SearchError, SearchFailedError
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.search import open_search
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
    assert search.kept_checkpoints() == [0, *range(4, 14)]


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
