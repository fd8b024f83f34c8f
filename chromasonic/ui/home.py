"""Where a model that sings is at home: in a search, or by itself among the finished models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chromasonic.people import Person
from chromasonic.ui import login

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search
    from chromasonic.melody_generation.model_bundle.shelf import StoredModel


@dataclass(frozen=True)
class Home:
    """What the Listen page must know of where a model comes from."""

    name: str
    folder: Path  # its name is never used again; what was composed last is kept there
    music: str  # the name of the music it learned from
    context: int  # tokens a model sees at once
    owner: Person | None
    search: Search | None = None  # one of these two
    stored: StoredModel | None = None


def of_search(search: Search) -> Home:
    """A search, with all its models."""
    record = search.record()
    return Home(search.name, search.folder, record.music, record.sequence_length, search.owner, search=search)


def of_model(stored: StoredModel) -> Home:
    """A finished model by itself, which belongs to whoever is at the page."""
    assert stored.about is not None
    about = stored.about
    return Home(stored.name, stored.folder, about.music.name, about.context, login.person(), stored=stored)
