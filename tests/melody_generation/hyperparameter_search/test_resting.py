"""A search whose trials rest, with trainers that follow a script one can check by eye."""

import optuna
import pytest
from scripted import HeldTrainer, ScriptedTrainer

from chromasonic.errors import SearchFailedError, StorageError
from chromasonic.melody_generation.hyperparameter_search import HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.candidate import CandidateStoppedError
from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.results.records import SearchState, TrialState

FIVE_EPOCHS = HyperparameterSearchSpace(num_epochs=5)


def falling(start):
    """The losses of a trial whose first is `start`, and each other 0.1 lower."""
    return [round(start - 0.1 * epoch, 1) for epoch in range(5)]


@pytest.fixture
def make_resting(make_search):
    def make(**settings):
        return make_search(**{"space": FIVE_EPOCHS, "strategy": "resuming", "n_trials": 9, **settings})

    return make


def run(search, script, **options):
    trainer = ScriptedTrainer(script)
    SearchRunner(search, [trainer], **options).run()
    return trainer


def epochs_of(record):
    return [trial.epochs_run for trial in record.trials]


def test_of_nine_trials_five_go_on_and_three_to_the_end_and_at_last_the_default_settings(make_resting):
    search = make_resting()
    losses = {0: 9.0, 1: 5.0, 2: 4.0, 3: 6.0, 4: 3.0, 5: 7.0, 6: 8.0, 7: 2.0, 8: 5.5}
    trainer = run(search, {number: falling(start) for number, start in losses.items()})
    record = search.record()
    assert record.state is SearchState.FINISHED
    assert epochs_of(record) == [5, 3, 5, 1, 5, 1, 1, 5, 3]
    assert [trial.number for trial in record.of_state(TrialState.COMPLETE)] == [0, 2, 4, 7]
    assert (record.best.number, record.best.best_validation_loss, record.best.final_validation_loss) == (7, 1.6, 1.6)
    assert record.untuned.number == 0
    assert len({candidate.number for candidate in trainer.trained}) == 9
    assert record.trials[3].reason == "after 1 epoch others promised more"
    assert not list((search.folder / "resting").iterdir())


def test_what_goes_on_begins_where_it_rested_and_no_epoch_is_trained_twice(make_resting):
    trainer = run(make_resting(n_trials=3), {0: falling(9), 1: falling(5), 2: falling(6)})
    turns = [(candidate.number, candidate.goes_on_from is not None) for candidate in trainer.trained]
    assert turns == [(0, False), (1, False), (1, True), (2, False), (1, True), (2, True), (0, True)]


def test_the_default_settings_are_trained_to_their_end_once_they_lead(make_resting):
    search = make_resting(n_trials=4)
    trainer = run(search, {0: falling(5), 1: falling(9), 2: falling(6), 3: falling(7)})
    assert [candidate.number for candidate in trainer.trained] == [0, 1, 0, 2, 3, 2, 2]
    assert epochs_of(search.record()) == [5, 1, 5, 1]


def test_a_search_of_one_trial_trains_it_to_its_end(make_resting):
    search = make_resting(n_trials=1)
    run(search, {0: falling(3)})
    assert search.record().best.epochs_run == 5


def test_two_trainers_share_what_rests(make_resting):
    search = make_resting()
    trainers = [ScriptedTrainer(lambda number: falling(9 - 0.5 * number), epoch_time=0.01) for _ in range(2)]
    SearchRunner(search, trainers).run()
    record = search.record()
    assert record.n_finished == 9
    assert record.best.number == 8
    assert all(trainer.trained for trainer in trainers)


def test_a_search_that_is_stopped_goes_on_with_what_rests(make_resting):
    search = make_resting()

    def stop_in_the_third(trial):
        if trial.number == 2:
            runner.stop()

    script = {number: falling(9 - 0.5 * number) for number in range(9)}
    runner = SearchRunner(search, [ScriptedTrainer(script)], on_epoch=stop_in_the_third)
    runner.run()
    record = search.record()
    assert record.state is SearchState.STOPPED
    assert record.best is None  # none counts with fewer epochs than asked
    assert record.only_rests
    assert record.count(TrialState.RESTING) == 3
    again = open_search(search.name, search.workspace)
    trainer = run(again, lambda number: falling(9 - 0.5 * number))
    record = again.record()
    assert record.state is SearchState.FINISHED
    assert record.n_finished == 9
    assert not record.of_state(TrialState.RESTING, TrialState.RUNNING)
    assert max(candidate.number for candidate in trainer.trained) == 8


def test_a_stop_between_two_rungs_keeps_the_epoch_that_has_just_ended(make_resting):
    search = make_resting(n_trials=3)

    def stop_in_the_second_epoch(current):
        if current.number == 1 and current.epoch == 2:
            runner.stop()

    script = {0: falling(9), 1: falling(5), 2: falling(6)}
    runner = SearchRunner(search, [ScriptedTrainer(script)], on_epoch=stop_in_the_second_epoch)
    runner.run()
    record = search.record()
    assert [trial.state for trial in record.trials] == [TrialState.RESTING] * 2
    assert epochs_of(record) == [1, 2]
    assert len(record.trials[1].turns) == 2
    trainer = run(open_search(search.name, search.workspace), script)
    assert trainer.trained[0].number == 1  # it had the right to go on
    assert epochs_of(search.record()) == [5, 5, 3]


def test_a_stop_before_the_first_rung_keeps_what_was_learned_and_it_goes_on_from_there(make_resting):
    search = make_resting(space=HyperparameterSearchSpace(num_epochs=20), n_trials=2)  # rungs: 3 and 12

    def stop_in_the_second_epoch(current):
        if current.epoch == 2:
            runner.stop()

    def losses(number):
        return [round(9 - number - 0.1 * epoch, 1) for epoch in range(20)]

    runner = SearchRunner(search, [ScriptedTrainer(losses)], on_epoch=stop_in_the_second_epoch)
    runner.run()
    assert [(trial.state, trial.epochs_run) for trial in search.record().trials] == [(TrialState.RESTING, 2)]
    trainer = run(open_search(search.name, search.workspace), losses)
    assert [candidate.number for candidate in trainer.trained] == [0, 1, 1, 1, 0]  # to its first rung, as others do
    assert trainer.trained[0].goes_on_from
    assert epochs_of(search.record()) == [20, 20]


def test_when_the_time_is_up_before_the_first_rung_what_leads_counts(make_resting):
    search = make_resting(space=HyperparameterSearchSpace(num_epochs=20), timeout=0.3, n_trials=9)
    runner = SearchRunner(search, [ScriptedTrainer(lambda number: [9.0] * 20, epoch_time=0.2)])
    runner.run()
    record = search.record()
    assert record.reason == "the time limit was reached"
    assert record.best.epochs_run < 3
    assert not record.of_state(TrialState.RESTING, TrialState.RUNNING)


def test_an_epoch_that_takes_too_long_is_cut_off_by_a_stop_and_the_trial_rests_where_its_checkpoint_is(make_resting):
    search = make_resting(n_trials=3)

    class Slow(ScriptedTrainer):
        """Hangs in the third epoch of trial 1, until it is interrupted."""

        def train(self, candidate, on_epoch):
            def told(epoch):
                answer = on_epoch(epoch)
                if (candidate.number, epoch.number) == (1, 2):
                    runner.stop()
                    assert self._interrupted.wait(20)
                    raise CandidateStoppedError
                return answer

            return super().train(candidate, told)

    script = {0: falling(9), 1: falling(5), 2: falling(6)}
    runner = SearchRunner(search, [Slow(script)])
    runner.run()
    trial = search.record().trials[1]
    assert (trial.state, trial.epochs_run) == (TrialState.RESTING, 1)
    assert len(trial.turns) == 2
    assert trial.turns[1].end > trial.turns[1].start  # the turn that was cut off
    seen = []
    run(
        open_search(search.name, search.workspace),
        script,
        on_epoch=lambda current: seen.append(epochs_of(search.record())[1]),
    )
    assert seen[:2] == [1, 3]  # the epoch that was lost is not shown before it is trained again
    assert epochs_of(search.record()) == [5, 5, 3]


def test_when_the_time_is_up_the_best_that_rests_counts_and_the_others_are_given_up(make_resting):
    search = make_resting(timeout=1.0, n_trials=1000)
    SearchRunner(search, [ScriptedTrainer(lambda number: falling(5.0 + number % 7), epoch_time=0.2)]).run()
    record = search.record()
    assert record.state is SearchState.FINISHED
    assert record.reason == "the time limit was reached"
    assert record.best is not None
    assert not record.of_state(TrialState.RESTING, TrialState.RUNNING)


def test_what_leads_is_kept_and_sung_while_it_rests(make_resting):
    search = make_resting(n_trials=5)
    trainer = run(search, {0: falling(9), 1: falling(6), 2: falling(4), 3: falling(7), 4: falling(8)})
    assert trainer.kept[:3] == ["trial-00000", "trial-00001", "trial-00001"]
    assert 1 in search.checkpoints.kept()


def test_all_failing_ends_the_search_as_failed(make_resting):
    search = make_resting(n_trials=2)
    with pytest.raises(SearchFailedError):
        run(search, {0: "it burst", 1: "it burst"})


def test_tpe_learns_from_what_rests_and_the_study_does_not_change(make_resting):
    search = make_resting(n_trials=4)  # so few that none is given
    seen = []

    class Watching(optuna.samplers.RandomSampler):
        def sample_independent(self, study, trial, param_name, param_distribution):
            seen.append([(other.number, other.state.name) for other in study.get_trials(deepcopy=False)])
            return super().sample_independent(study, trial, param_name, param_distribution)

    run(search, lambda number: falling(9 - 0.5 * number), sampler=Watching(seed=0))
    assert seen[0] == [(0, "PRUNED"), (1, "RUNNING")]


def test_a_held_trainer_waits_and_the_other_goes_on_with_what_rests(make_resting):
    search = make_resting(n_trials=4)
    held = HeldTrainer(lambda number: falling(9 - number), epoch_time=0.01)
    free = HeldTrainer(lambda number: falling(9 - number), epoch_time=0.01)
    runner = SearchRunner(search, [held, free])
    runner.start()
    for trainer in (held, free):
        trainer.may_go_on.set()
    assert runner.join(30)
    assert search.record().n_finished == 4


def test_a_trial_that_is_cut_off_after_it_went_on_keeps_its_place(make_resting):
    search = make_resting(n_trials=3)

    def break_down_in_the_second_epoch(current):
        if current.number == 1 and current.epoch == 2:
            raise StorageError("the database is gone")

    script = {0: falling(9), 1: falling(5), 2: falling(6)}
    with pytest.raises(StorageError):
        run(search, script, on_epoch=break_down_in_the_second_epoch)
    trial = search.record().trials[1]
    assert (trial.state, trial.epochs_run, trial.measured.loss) == (TrialState.RESTING, 1, 5.0)  # as its checkpoint has
    trainer = run(search, script)
    record = search.record()
    assert [trial.state for trial in record.trials] == [TrialState.COMPLETE, TrialState.COMPLETE, TrialState.PRUNED]
    assert record.n_finished == 3
    assert all(candidate.goes_on_from for candidate in trainer.trained if candidate.number < 2)
