"""What it costs that a leading trial sings: processor time of its song beside that of its training.

    python benchmarks/songs.py

One trial of each family with the default settings, trained on Ryan's fiddle tunes as the Quick preset does, then its
song: made, played on the piano and written as MIDI and Ogg. Only trials that lead sing, some five of sixteen, so the
share of a whole search is smaller.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from chromasonic.melody_generation.datasets import prepare
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.hyperparameter_search import HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.candidate import Answer, Candidate
from chromasonic.melody_generation.hyperparameter_search.in_process import InProcessTrainer
from chromasonic.melody_generation.models import MODEL_FAMILIES
from chromasonic.music.collections import load_collection


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", default=list(MODEL_FAMILIES), choices=list(MODEL_FAMILIES))
    parser.add_argument("--tunes", type=int, default=1_059)
    parser.add_argument("--epochs", type=int, default=8)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        data = prepare(load_collection("ryans", Path(folder)).melodies[: options.tunes], "Ryan's")
        trainer = InProcessTrainer(data)
        print(f"{options.epochs} epochs over {options.tunes:,} tunes, default settings; seconds of processor time\n")
        print(f"{'family':<12} {'training':>9} {'its song':>9} {'share':>7}")
        for family in options.families:
            candidate = Candidate(
                number=0, family=family, params=HyperparameterSearchSpace().untuned(), epochs=options.epochs, seed=0
            )
            began = time.process_time()
            trainer.train(candidate, lambda epoch: Answer.GO_ON)
            trained = time.process_time()
            trainer.sing(Path(folder) / family)
            sung = time.process_time()
            training, song = trained - began, sung - trained
            print(f"{MODEL_LABELS[family]:<12} {training:>9.1f} {song:>9.2f} {song / training:>6.1%}", flush=True)


if __name__ == "__main__":
    main()
