"""A candidate that is trained in several turns, here and in child processes, is the one trained in one turn."""

import subprocess
import sys
import time
from dataclasses import replace

import pytest

from chromasonic.melody_generation.datasets import save_data
from chromasonic.melody_generation.hyperparameter_search import in_process
from chromasonic.melody_generation.hyperparameter_search.candidate import Answer, Candidate
from chromasonic.melody_generation.hyperparameter_search.in_process import InProcessTrainer
from chromasonic.melody_generation.hyperparameter_search.limits import TrialLimits
from chromasonic.melody_generation.hyperparameter_search.rest_files import epochs_in
from chromasonic.melody_generation.hyperparameter_search.trial_process import ChildTrainer

PARAMS = {
    "learning_rate": 1e-2,
    "batch_size": 8,
    "hidden_size": 32,
    "num_layers": 1,
    "dropout": 0.2,
    "embedding_dim": 32,
}


@pytest.fixture(params=["here", "in a child"])
def make_trainer(request, practice_data, tmp_path):
    made = []

    def make(**limits):
        if request.param == "here":
            made.append(InProcessTrainer(practice_data))
        else:
            save_data(tmp_path / "data.json.gz", practice_data)
            made.append(ChildTrainer(tmp_path / "data.json.gz", "cpu", TrialLimits(**limits)))
        return made[-1]

    yield make
    for trainer in made:
        trainer.close()


@pytest.fixture
def candidate(tmp_path):
    return Candidate(
        number=3,
        family="lstm",
        params=PARAMS,
        epochs=6,
        seed=1,
        rests_at=tmp_path / "resting" / "trial-00003.safetensors",
    )


class Listener:
    """Is told epochs, and at those it is given it answers something else than to go on."""

    def __init__(self, **answers):
        self.answers = {int(name.removeprefix("at_")): answer for name, answer in answers.items()}
        self.epochs = []

    def __call__(self, epoch):
        self.epochs.append(epoch)
        return self.answers.get(epoch.number, Answer.GO_ON)

    @property
    def numbers(self):
        return [epoch.number for epoch in self.epochs]


def test_the_wait_through_a_pause_is_no_training(make_trainer, candidate):
    pause = 0.3  # seconds, after each of six epochs

    def hold_still(epoch):
        time.sleep(pause)
        return Answer.GO_ON

    trainer, began = make_trainer(), time.monotonic()
    result = trainer.train(candidate, hold_still)
    assert result.training_time <= time.monotonic() - began - 6 * pause


def kept(trainer, stem):
    trainer.keep(stem)
    return stem.with_suffix(".safetensors").read_bytes()[-10_000:]  # the end of the weights


def test_turns_come_to_what_one_turn_comes_to(make_trainer, candidate, tmp_path):
    whole = Listener()
    one = make_trainer()
    in_one_turn = one.train(candidate, whole)
    weights = kept(one, tmp_path / "whole")
    assert not in_one_turn.rests

    first, second, third = Listener(at_2=Answer.REST), Listener(at_3=Answer.REST), Listener()
    trainer = make_trainer()
    so_far = trainer.train(candidate, first)
    assert (so_far.rests, so_far.epochs_run, first.numbers) == (True, 2, [1, 2])
    assert so_far.best_validation_loss == min(epoch.validation_loss for epoch in first.epochs)
    trainer.train(replace(candidate, number=4, rests_at=None), Listener(at_1=Answer.ENOUGH))  # another comes between
    again = replace(candidate, goes_on_from=candidate.rests_at)
    assert trainer.train(again, second).rests
    elsewhere = make_trainer()
    result = elsewhere.train(replace(again, trained_for=40.0), third)
    assert (second.numbers, third.numbers) == ([3], [4, 5, 6])
    assert [*first.epochs, *second.epochs, *third.epochs] == whole.epochs == list(result.curve)
    assert 40 < result.training_time < 40 + 30
    assert replace(result, training_time=0) == replace(in_one_turn, training_time=0)
    assert kept(elsewhere, tmp_path / "in turns") == weights


def test_the_answers_end_a_turn_as_they_say(make_trainer, candidate):
    trainer = make_trainer()
    result = trainer.train(candidate, Listener(at_2=Answer.ENOUGH))
    assert (result.rests, result.epochs_run) == (False, 2)
    result = trainer.train(candidate, Listener(at_6=Answer.REST))
    assert (result.rests, result.epochs_run) == (True, 6)
    nothing_left = Listener()
    result = trainer.train(replace(candidate, goes_on_from=candidate.rests_at), nothing_left)
    assert (result.rests, result.epochs_run, nothing_left.epochs) == (False, 6, [])


def test_what_cannot_be_gone_on_from_begins_again(make_trainer, candidate, tmp_path):
    trainer = make_trainer()
    trainer.train(candidate, Listener(at_2=Answer.REST))
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(candidate.rests_at.read_bytes()[:-1])
    for wrong in (
        replace(candidate, goes_on_from=tmp_path / "nothing.safetensors"),
        replace(candidate, goes_on_from=damaged),
        replace(candidate, goes_on_from=candidate.rests_at, number=4),
        replace(candidate, goes_on_from=candidate.rests_at, seed=2),
        replace(candidate, goes_on_from=candidate.rests_at, epochs=3),
        replace(candidate, goes_on_from=candidate.rests_at, transpose=True),
        replace(candidate, goes_on_from=candidate.rests_at, params={**PARAMS, "learning_rate": 2e-2}),
    ):
        anew = Listener(at_3=Answer.ENOUGH)
        result = trainer.train(wrong, anew)
        assert anew.numbers == [epoch.number for epoch in result.curve] == [1, 2, 3]


def test_a_candidate_of_other_music_begins_again(candidate, practice_data):
    InProcessTrainer(practice_data).train(candidate, Listener(at_2=Answer.REST))
    again = replace(candidate, goes_on_from=candidate.rests_at)
    for other in (
        replace(practice_data, train=practice_data.train[::-1]),
        replace(practice_data, sequence_length=practice_data.sequence_length - 1),
    ):
        anew = Listener(at_1=Answer.ENOUGH)
        InProcessTrainer(other).train(again, anew)
        assert anew.numbers == [1]


def test_a_look_at_the_file_says_how_far_it_is(candidate, practice_data, tmp_path):
    trainer, path = InProcessTrainer(practice_data), candidate.rests_at
    assert epochs_in(path) is None
    for epochs in (2, 4):
        trainer.train(replace(candidate, goes_on_from=path), Listener(**{f"at_{epochs}": Answer.REST}))
        assert epochs_in(path) == epochs
    trainer.keep(tmp_path / "a model")
    whole = path.read_bytes()
    for content in (b"", b"\xff" * 99, whole[:-1], (tmp_path / "a model.safetensors").read_bytes()):
        path.write_bytes(content)
        assert epochs_in(path) is None
    assert epochs_in(tmp_path) is None


def test_a_look_at_the_file_needs_no_torch():
    script = (
        "import chromasonic.melody_generation.hyperparameter_search.rest_files, sys; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_where_no_checkpoint_can_be_written_it_does_not_rest_but_goes_on(make_trainer, candidate, tmp_path):
    (tmp_path / "resting").write_text("a file where the folder should be")
    told = Listener(at_2=Answer.REST)
    result = make_trainer().train(candidate, told)
    assert (result.rests, result.epochs_run) == (False, candidate.epochs)


def test_what_goes_on_for_long_is_written_at_the_end_of_each_epoch(practice_data, candidate, monkeypatch):
    monkeypatch.setattr(in_process, "CHECKPOINT_EVERY", 0.0)
    on_disk = []
    trainer = InProcessTrainer(practice_data)
    trainer.train(candidate, lambda epoch: on_disk.append(epochs_in(candidate.rests_at)) or Answer.GO_ON)
    assert on_disk == [None, 1, 2, 3, 4, 5]  # as each epoch is told, those before it are safe
    on_disk.clear()
    monkeypatch.setattr(in_process, "CHECKPOINT_EVERY", 1000.0)
    candidate.rests_at.unlink()
    trainer.train(candidate, lambda epoch: on_disk.append(epochs_in(candidate.rests_at)) or Answer.GO_ON)
    assert on_disk == [None] * 6
