"""Small searches for the tests: a workspace of their own, a little music."""

import pytest

from chromasonic.melody_generation.datasets import SearchData
from chromasonic.melody_generation.hyperparameter_search import HyperparameterSearchSpace
from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.melody_generation.training import create_training_data
from chromasonic.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace.open(tmp_path / "workspace")
    yield workspace
    forget_database(workspace.storage_url)


@pytest.fixture
def tiny_space():
    return HyperparameterSearchSpace(
        learning_rate_range=(1e-3, 1e-2),
        batch_size_options=[8, 16],
        hidden_size_range=(32, 64),
        num_layers_range=(1, 1),
        dropout_range=(0.0, 0.2),
        embedding_dim_range=(32, 32),
        num_epochs=4,
    )


@pytest.fixture
def practice_data():
    train, validation = create_training_data(24, 16, 88, 0.75, seed=0)
    return SearchData(
        train=train, validation=validation, test=[], vocab_size=88, sequence_length=16, music="practice", melodic=False
    )


@pytest.fixture
def make_search(workspace, tiny_space, practice_data):
    def make(name="a search", **settings):
        settings = SearchSettings(**{"space": tiny_space, "n_trials": 4, **settings})
        return create_search(name, practice_data, settings, workspace=workspace)

    return make
