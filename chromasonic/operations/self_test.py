"""Does it all work here? Trains a tiny model, searches two trials, writes and reads each kind of file.

A program of its own, `python -m chromasonic.operations.self_test`: what crashes here ends no one else. It prints one
finding a line, as JSON, and works in the workspace that it is given, which is thrown away afterwards.
"""

from __future__ import annotations

import io
import json
import math
import sys
import time
import zipfile
from collections.abc import Callable

from chromasonic.languages import mark
from chromasonic.logbook import in_words

_ADVICE = mark("pip install --force-reinstall -r requirements.txt, or report the problem")

_KERN = "**kern\n*clefG2\n*k[]\n*M4/4\n4c\n4d\n4e\n4f\n=\n4g\n4a\n4b\n4cc\n==\n*-\n"


def main() -> int:
    """Try everything; the exit code is the number of things that do not work."""
    tests: list[tuple[str, Callable[[], str]]] = [
        (mark("Search"), _search),
        (mark("Files"), _files),
        (mark("Sound"), _sound),
    ]
    wrong = 0
    for name, test in tests:
        try:
            finding = {"name": name, "is_well": True, "told": test()}
        except Exception as error:  # whatever is broken is a finding
            wrong += 1
            finding = {
                "name": name,
                "is_well": False,
                "told": mark(f"it does not work ({in_words(error)})"),
                "advice": _ADVICE,
            }
        print(json.dumps(finding), flush=True)
    return wrong


def _search() -> str:
    from chromasonic.melody_generation.datasets import SearchData
    from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search
    from chromasonic.melody_generation.hyperparameter_search.in_process import InProcessTrainer
    from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
    from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
    from chromasonic.melody_generation.hyperparameter_search.space import HyperparameterSearchSpace
    from chromasonic.melody_generation.training import create_training_data
    from chromasonic.workspace import Workspace

    began = time.monotonic()
    train, validation = create_training_data(24, 16, 88, 0.75, seed=0)
    data = SearchData(train, validation, [], vocab_size=88, sequence_length=16, music="practice", melodic=False)
    space = HyperparameterSearchSpace(
        learning_rate_range=(1e-3, 1e-2),
        batch_size_options=[16],
        hidden_size_range=(32, 64),
        num_layers_range=(1, 1),
        embedding_dim_range=(32, 64),
        num_epochs=2,
    )
    search = create_search("Self-test", data, SearchSettings(space=space, n_trials=2), workspace=Workspace.open())
    SearchRunner(search, [InProcessTrainer(data)], plot=False).run()
    best = search.record().best
    if best is None or best.best_validation_loss is None or not best.best_validation_loss < math.log(88) + 1:
        raise ArithmeticError
    if not search.checkpoints.kept():
        raise FileNotFoundError
    return mark(f"a tiny model learned in two trials, and was kept ({time.monotonic() - began:.1f} s)")


def _files() -> str:
    from chromasonic.music.abc_writer import write_abc
    from chromasonic.music.midi import write_midi
    from chromasonic.music.musicxml_writer import write_musicxml
    from chromasonic.music.reading import read_file

    tune = read_file("scale.krn", _KERN.encode()).melodies[0]
    score = write_musicxml(tune).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("META-INF/container.xml", _CONTAINER)
        archive.writestr("scale.xml", score)
    written = {
        "scale.mid": write_midi(tune),
        "scale.musicxml": score,
        "scale.mxl": packed.getvalue(),
        "scale.abc": write_abc(tune).encode(),
    }
    for name, data in written.items():
        again = read_file(name, data).melodies[0]
        if [note[:3] for note in again.notes] != [note[:3] for note in tune.notes]:
            raise LookupError(name)
    return mark("kern was read; MIDI, MusicXML, compressed MusicXML and ABC were written and read again")


_CONTAINER = '<container><rootfiles><rootfile full-path="scale.xml"/></rootfiles></container>'


def _sound() -> str:
    from chromasonic.music.melody import Melody, Note
    from chromasonic.rendering.audio import melody_to_wav

    if melody_to_wav(Melody((Note(0, 1, 60), Note(1, 1, 64))))[:4] != b"RIFF":
        raise ArithmeticError
    return mark("a melody was played into a WAV file")


if __name__ == "__main__":
    sys.exit(main())
