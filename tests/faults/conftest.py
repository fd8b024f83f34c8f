"""A workspace of its own for each fault."""

import pytest

from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace.open(tmp_path / "workspace")
    yield workspace
    forget_database(workspace.storage_url)
