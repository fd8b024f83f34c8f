"""Real files changed at random, tens of thousands of them: each is read, or refused in words, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import mutation
import pytest

ROOT = Path(__file__).parents[2]
FILES = {"midi": 8_000, "abc": 6_000, "musicxml": 3_000, "mxl": 2_500, "kern": 2_500}
LONGEST = 600  # seconds for all files of one format
FEW = 60  # files of each format in the normal suite


def test_the_long_run_has_at_least_20_000_files() -> None:
    assert sum(FILES.values()) >= 20_000
    assert set(FILES) == set(mutation.FORMATS)


@pytest.mark.parametrize("kind", mutation.FORMATS)
def test_the_originals_are_read(kind: str) -> None:
    outcomes = [mutation.outcome(f"tune{mutation.SUFFIXES[kind]}", data) for data in mutation.originals(kind)]
    assert outcomes.count("melody") >= 3


@pytest.mark.parametrize("kind", mutation.FORMATS)
def test_a_changed_file_is_read_or_refused_in_words(kind: str) -> None:
    for number in range(FEW):
        mutation.outcome(f"tune{mutation.SUFFIXES[kind]}", mutation.mutant(kind, number))


def test_one_number_makes_one_file() -> None:
    for kind in mutation.FORMATS:
        assert mutation.mutant(kind, 7) == mutation.mutant(kind, 7)
    assert len({mutation.mutant("midi", number) for number in range(100)}) > 90


@pytest.mark.slow
@pytest.mark.timeout(LONGEST + 60)
@pytest.mark.parametrize("kind", mutation.FORMATS)
def test_thousands_of_changed_files_are_read_or_refused(
    kind: str, tmp_path: Path, say_at_the_end: Callable[[str], None]
) -> None:
    current = tmp_path / "current"
    command = [sys.executable, ROOT / "tests/helpers/mutation.py", kind, str(FILES[kind]), current]
    python_path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": python_path}, capture_output=True, text=True, timeout=LONGEST
    )
    assert done.returncode == 0, f"it ended with {done.returncode} at {current.read_bytes()!r:.2000}: {done.stderr}"
    told = json.loads(done.stdout)
    say_at_the_end(
        f"{kind}: {FILES[kind]:,} changed files: {told.get('melody', 0):,} became melodies, "
        f"{told.get('refused', 0):,} were refused in words, {told.get('other', 0)} ended otherwise; "
        f"the slowest took {told['slowest']:.2f} s, and the most memory was {told['peak']:.0f} MiB"
    )
    assert told["others"] == []
    assert told["melody"] + told["refused"] == FILES[kind]
    assert told["melody"] > FILES[kind] // 10, "so few are still music that little is tested"
