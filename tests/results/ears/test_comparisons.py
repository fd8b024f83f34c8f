import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from chromasonic.errors import WorkspaceError
from chromasonic.results.ears.comparisons import Answer, Comparisons, times_heard


@pytest.fixture
def file(tmp_path):
    return tmp_path / "ears" / "mine.jsonl"


def told(file):
    return [(one.left, one.right, one.answer) for one in Comparisons(file).read()]


def test_answers_are_kept_in_their_order_and_the_last_can_be_taken_back(file):
    assert told(file) == []
    ears = Comparisons(file)
    ears.add(3, 7, Answer.LEFT)
    ears.add(7, 0, Answer.CANNOT_SAY)
    ears.add(0, 3, Answer.RIGHT)
    ears.undo()
    assert told(file) == [(3, 7, "left"), (7, 0, "can't say")]
    ears.undo()
    ears.undo()
    ears.undo()  # there is nothing left
    ears.add(1, 2, Answer.RIGHT)
    assert told(file) == [(1, 2, "right")]
    assert times_heard(ears.read()) == {1: 1, 2: 1}


@pytest.mark.parametrize(
    "line",
    [
        b'{"left": 1, "right": 2, "ans',
        b"\xff\xfe",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"left": 1, "right": 1, "answer": "left", "when": "2026-11-25T12:00:00"}',
        b'{"left": true, "right": 2, "answer": "left", "when": "2026-11-25T12:00:00"}',
        b'{"left": 1, "right": 1e9, "answer": "left", "when": "2026-11-25T12:00:00"}',
        b'{"left": 1, "right": 2, "answer": "both", "when": "2026-11-25T12:00:00"}',
        b'{"left": 1, "right": 2, "answer": "left", "when": "once"}',
        b'{"left": {}, "right": [], "answer": [], "when": 3}',
    ],
    ids=["cut short", "bytes", "a list", "null", "deep", "itself", "true", "a float", "both", "once", "things"],
)
def test_a_line_that_is_no_answer_spoils_no_other(file, line):
    ears = Comparisons(file)
    ears.add(1, 2, Answer.LEFT)
    with file.open("ab") as lines:
        lines.write(b"\n" + line)
    ears.add(2, 1, Answer.RIGHT)
    assert told(file) == [(1, 2, "left"), (2, 1, "right")]


def test_two_windows_lose_no_answer(file):
    with ThreadPoolExecutor(8) as windows:
        list(windows.map(lambda number: Comparisons(file).add(number, number + 1, Answer.LEFT), range(40)))
    assert {left for left, _, _ in told(file)} == set(range(40))


def test_a_kill_loses_no_answer_that_was_given(file):
    script = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from chromasonic.results.ears.comparisons import Answer, Comparisons\n"
        "for number in range(5): Comparisons(Path(sys.argv[1])).add(number, 9, Answer.LEFT)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(file)], check=False, env=os.environ)
    assert [left for left, _, _ in told(file)] == [0, 1, 2, 3, 4]


def test_a_file_that_cannot_be_written_is_said_in_words(tmp_path):
    (tmp_path / "ears").write_text("in the way")
    with pytest.raises(WorkspaceError, match="could not be written"):
        Comparisons(tmp_path / "ears" / "mine.jsonl").add(1, 2, Answer.LEFT)
    assert told(tmp_path / "ears" / "mine.jsonl") == []
