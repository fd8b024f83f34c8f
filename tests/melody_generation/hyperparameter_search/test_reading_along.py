"""The best model reads along in a tune that it has never met."""

import math

import pytest
import searches

from chromasonic.melody_generation.hyperparameter_search.evaluation import load_kept
from chromasonic.melody_generation.hyperparameter_search.reading_along import read_along
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.music.collections import load_collection
from chromasonic.workspace import Workspace


@pytest.fixture(scope="module")
def search(tmp_path_factory):
    """A small search over forty of Ryan's tunes, finished."""
    workspace = Workspace.open(tmp_path_factory.mktemp("reading") / "Chromasonic")
    search = searches.tiny_search(workspace, load_collection("ryans", workspace.cache).melodies[:40])
    return searches.run(search)


def test_each_note_has_the_chance_that_the_model_gave_it(search):
    import torch

    best = search.record().best.number
    notes = read_along(search, best)
    data = search.load_data()
    model = load_kept(search, best).eval()
    tunes = [tokens[: data.sequence_length + 1] for tokens in data.test]

    def chances_in(tune):
        with torch.inference_mode():
            return torch.softmax(model(torch.tensor([tune[:-1]]))[0], -1)

    nats = [-chances_in(tune)[range(len(tune) - 1), tune[1:]].log() for tune in tunes]
    usual = torch.cat(nats).mean()
    tune = min(zip(tunes, nats, strict=True), key=lambda pair: abs(pair[1].mean() - usual))[0]
    chances = chances_in(tune)
    asked = [place for place, token in enumerate(tune) if VOCABULARY.is_pitch(token)]
    assert [note.name for note in notes] == [VOCABULARY.describe(tune[place]) for place in asked]
    for note, place in zip(notes, asked, strict=True):
        assert math.isclose(note.chance, float(chances[place - 1, tune[place]]), rel_tol=1e-4)
    assert notes[0].onset == 0


def test_nothing_is_read_without_a_model_or_music(search, tmp_path):
    assert read_along(search, 99) == []
    practice = searches.run(searches.practice_search(Workspace.open(tmp_path / "Chromasonic")))
    assert read_along(practice, practice.record().best.number) == []
