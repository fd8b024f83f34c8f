"""Small real searches: forty of Ryan's tunes, models that learn in a moment."""

import os
import subprocess
import sys
from dataclasses import replace

import psutil

from chromasonic.melody_generation.datasets import SearchData, prepare
from chromasonic.melody_generation.hyperparameter_search import HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search
from chromasonic.melody_generation.hyperparameter_search.holding import Holder
from chromasonic.melody_generation.hyperparameter_search.in_process import InProcessTrainer
from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.models.ngram import compute_baselines
from chromasonic.melody_generation.training import create_training_data
from chromasonic.music.melody import Melody, Note
from chromasonic.music.sets import MusicSet, delete_music_set, save_music_set
from chromasonic.results.records import SearchState

TINY_SPACE = HyperparameterSearchSpace(
    learning_rate_range=(1e-3, 1e-2),
    batch_size_options=[16, 32],
    hidden_size_range=(32, 64),
    num_layers_range=(1, 1),
    dropout_range=(0.0, 0.2),
    embedding_dim_range=(32, 64),
    num_epochs=2,
)


def tiny_search(workspace, melodies, name="Forty tunes, once", **settings):
    """A search over real tunes, ready to run."""
    settings = SearchSettings(**{"space": TINY_SPACE, "n_trials": 3, **settings})
    data = prepare(melodies, "Forty tunes")
    return create_search(name, data, settings, workspace=workspace, baselines=compute_baselines(data))


def practice_search(workspace, name="Practice", **settings):
    """A search over practice melodies, ready to run."""
    train, validation = create_training_data(24, 16, 88, 0.75, seed=0)
    data = SearchData(train, validation, [], vocab_size=88, sequence_length=16, music="practice", melodic=False)
    settings = SearchSettings(**{"space": TINY_SPACE, "n_trials": 2, **settings})
    return create_search(name, data, settings, workspace=workspace)


def leave_other_music(search):
    """Let the music that `search` learned from be gone, and other music be saved instead: its name there."""
    folder, music = search.workspace.music, search.record().music
    delete_music_set(folder, music)
    save_music_set(folder, MusicSet("Others", (Melody((Note(0, 1, 60),)),)))
    return music


def held_elsewhere(search, elapsed=1.0):
    """Let another living process hold `search` and run it: the one that started these tests."""
    process = psutil.Process(os.getppid())
    holder = replace(Holder.here("a terminal"), pid=process.pid, began=process.create_time())
    search.study.set_user_attr("chromasonic:lease", holder.to_json())
    search.write_status(SearchState.RUNNING, elapsed)
    return holder


def held_by_the_dead(search, elapsed=1.0):
    """Leave `search` as a runner does whose process was killed."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    holder = replace(Holder.here("a terminal"), pid=dead.pid)
    search.study.set_user_attr("chromasonic:lease", holder.to_json())
    search.write_status(SearchState.RUNNING, elapsed)
    return holder


def run(search):
    """Run `search` to its end, in this thread."""
    SearchRunner(search, [InProcessTrainer(search.load_data())]).run()
    return search


def run_until(search, number):
    """Run `search` and stop it as trial `number` has learned for an epoch."""
    runner = SearchRunner(
        search,
        [InProcessTrainer(search.load_data())],
        on_epoch=lambda current: runner.stop() if current.number == number else None,
    )
    runner.run()
    return search
