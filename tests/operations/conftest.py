"""What the tests of the workshop share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.workspace import Workspace


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    workspace = Workspace.open()
    yield workspace
    forget_database(workspace.storage_url)
