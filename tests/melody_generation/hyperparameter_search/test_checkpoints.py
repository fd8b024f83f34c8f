"""Which weights stay on disk, while several workers write there."""

import pytest

from chromasonic.melody_generation.hyperparameter_search.history import TrialHistory


@pytest.fixture
def read_interrupted(monkeypatch):
    """Have something happen right after the trials of a search were read."""

    def interrupt(by):
        read = TrialHistory.read

        def read_and_more(history):
            trials = read(history)
            by()
            return trials

        monkeypatch.setattr(TrialHistory, "read", read_and_more)

    return interrupt


def test_weights_that_another_worker_keeps_meanwhile_stay(make_search, read_interrupted):
    search = make_search()
    search.checkpoints.stem(1).parent.mkdir(parents=True, exist_ok=True)
    search.study.ask()  # the default settings, which are kept in any case
    search.checkpoints.stem(7).with_suffix(".safetensors").touch()  # no trial has this number
    files = [search.checkpoints.stem(1).with_suffix(suffix) for suffix in (".json", ".safetensors")]

    def another_trains() -> None:
        if not files[0].exists():
            search.study.ask()
            for file in files:
                file.touch()

    read_interrupted(another_trains)
    search.checkpoints.let_go()
    assert search.checkpoints.kept() == [1]
