"""A trainer that follows a script, for tests of the search's loop."""

import json
import threading
import time

import safetensors.numpy

from chromasonic.melody_generation.hyperparameter_search.candidate import (
    Answer,
    CandidateFailedError,
    CandidateResult,
    CandidateStoppedError,
)
from chromasonic.melody_generation.hyperparameter_search.rest_files import epochs_in
from chromasonic.music.melody import Melody, Note
from chromasonic.rendering.song import write_song
from chromasonic.results.records import Epoch


class ScriptedTrainer:
    """Plays the losses of `script[trial number]`; a string fails with that reason; "slow" waits for an interrupt."""

    def __init__(self, script, epoch_time=0.0):
        self.script = script
        self.epoch_time = epoch_time
        self.trained = []
        self.kept = []
        self.closed = False
        self.in_slow_trial = threading.Event()
        self._interrupted = threading.Event()

    def train(self, candidate, on_epoch):
        self._interrupted.clear()
        self.trained.append(candidate)
        losses = self.script(candidate.number) if callable(self.script) else self.script[candidate.number]
        if losses == "slow":
            self.in_slow_trial.set()
            assert self._interrupted.wait(20)
            raise CandidateStoppedError
        if isinstance(losses, str):
            raise CandidateFailedError(losses)
        before = (epochs_in(candidate.goes_on_from) or 0) if candidate.goes_on_from else 0
        curve, answer = [], Answer.GO_ON
        for number, loss in enumerate(losses, start=1):
            curve.append(Epoch(number, loss, loss - 0.1))
            if number > before:
                time.sleep(self.epoch_time)
                answer = on_epoch(curve[-1])
            if answer is not Answer.GO_ON:
                break
        if answer is Answer.REST:
            candidate.rests_at.parent.mkdir(exist_ok=True)
            epochs = {"epochs": [[epoch.train_loss, epoch.validation_loss, 1.0] for epoch in curve]}
            safetensors.numpy.save_file({}, candidate.rests_at, {"chromasonic": json.dumps(epochs)})
        return CandidateResult(
            best_validation_loss=min(epoch.validation_loss for epoch in curve),
            epochs_run=len(curve),
            training_time=1.5,
            n_parameters=1000,
            curve=tuple(curve),
            rests=answer is Answer.REST,
        )

    def keep(self, stem):
        stem.parent.mkdir(parents=True, exist_ok=True)
        stem.with_suffix(".safetensors").write_bytes(b"weights")
        stem.with_suffix(".json").write_text("{}")
        self.kept.append(stem.name)

    def sing(self, stem):
        pitches = [60 + (int(stem.name[-5:]) + step) % 12 for step in range(8)]
        write_song(stem, Melody(tuple(Note(beat / 2, 0.5, pitch) for beat, pitch in enumerate(pitches))))

    def interrupt(self):
        self._interrupted.set()

    def close(self):
        self.closed = True


class HeldTrainer(ScriptedTrainer):
    """Trains as scripted, and holds at its third trial until the test lets it go on."""

    def __init__(self, script, epoch_time=0.0):
        super().__init__(script, epoch_time)
        self.may_go_on = threading.Event()

    def train(self, candidate, on_epoch):
        if candidate.number == 2:
            assert self.may_go_on.wait(120)
        return super().train(candidate, on_epoch)
