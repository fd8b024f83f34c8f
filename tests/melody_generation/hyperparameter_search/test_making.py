"""A search is made whole or not at all."""

import os
import signal
import subprocess
import sys

import optuna
import pytest
from searches import practice_search

from chromasonic.errors import SearchError, WorkspaceError
from chromasonic.melody_generation.hyperparameter_search import catalogue
from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches
from chromasonic.melody_generation.hyperparameter_search.making import clear_half_made, new_study
from chromasonic.melody_generation.hyperparameter_search.storage import open_database

KILLED = """
import os, signal, sys
from chromasonic.melody_generation.hyperparameter_search import catalogue
from chromasonic.workspace import Workspace
from searches import practice_search

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
{fault}
practice_search(Workspace.open(), "Reels")
"""
MOMENTS = {
    "before its music is kept": "catalogue.save_data = die",
    "before its first trial is in line": "catalogue.enqueue_untuned = die",
}


def folders(workspace):
    return sorted(workspace.searches.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("fault", MOMENTS.values(), ids=MOMENTS)
def test_a_search_whose_making_was_killed_is_no_search_and_leaves_its_name_free(fault, workspace):
    environment = {**os.environ, "CHROMASONIC_HOME": str(workspace.root), "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run([sys.executable, "-c", KILLED.format(fault=fault)], env=environment, timeout=100)
    assert killed.returncode == -signal.SIGKILL
    assert list_searches(workspace) == []
    database = open_database(workspace.storage_url)
    assert [study.study_name for study in database.storage.get_all_studies()] == ["Reels"]
    search = practice_search(workspace, "Reels")
    assert [study._study_id for study in database.storage.get_all_studies()] == [search.id]
    assert folders(workspace) == [search.folder]


def test_a_search_that_cannot_be_made_leaves_nothing(workspace, monkeypatch):
    def full(*_):
        raise WorkspaceError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(catalogue, "save_data", full)
        with pytest.raises(WorkspaceError, match="the disk is full"):
            practice_search(workspace, "Reels")
    assert open_database(workspace.storage_url).storage.get_all_studies() == []
    assert folders(workspace) == []
    assert practice_search(workspace, "Reels").name == "Reels"


def test_a_study_that_is_being_made_and_one_of_another_program_are_let_be(workspace):
    database = open_database(workspace.storage_url)
    optuna.create_study(study_name="theirs", storage=database.storage)
    with new_study(lambda: "Reels", workspace, database) as (study, _):
        assert clear_half_made(workspace, database) == 0
        with pytest.raises(SearchError, match="already a search called “Reels”"):
            practice_search(workspace, "Reels")
        assert database.load_study("Reels")._study_id == study._study_id


def test_whoever_comes_second_is_asked_for_another_name(workspace):
    database = open_database(workspace.storage_url)
    names = iter(["Reels", "Reels", "Reels (2)"])
    with (
        new_study(lambda: next(names), workspace, database),
        new_study(lambda: next(names), workspace, database) as two,
    ):
        assert two[0].study_name == "Reels (2)"
