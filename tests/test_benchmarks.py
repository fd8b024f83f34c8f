"""The benchmarks still run: small, and without a word on how fast."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
A_TABLE = ROOT / "benchmarks" / "tables" / "bach-rnn.json.gz"


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["ears.py", "--listeners", "2", "--answers", "4", "--songs", "5"],
        pytest.param(["first_paint.py", "--starts=1", "--turns=0"], marks=pytest.mark.browser),
        ["importance.py", "--seeds", "1", "--tables", str(A_TABLE)],
        ["learning.py", "--families=rnn", "--collections=ryans", "--tunes=12", "--rounds=1", "--epochs=1"],
        ["little_music.py", "--families=rnn", "--collections=ryans", "--tunes=12", "--epochs=1", "--batch-sizes", "4"],
        ["live_page.py", "--trials", "20", "--rounds", "2"],
        ["music.py", "--files=4", "--collections=bach"],
        ["overhead.py", "--trials=2", "--epochs=4", "--tunes=10", "--rounds=1"],
        pytest.param(
            ["pages.py", "--trials=20", "--searches=2", "--rounds=1", "--watched=2", "--pages", "studies"],
            marks=pytest.mark.browser,
        ),
        ["optimizer_step.py", "--families=rnn", "--hidden=8", "--batch-sizes=2", "--rounds=1"],
        ["processes.py", "--families=rnn", "--ways", "1x1", "1x2", "--rounds=1", "--seconds=0.1", "--children=1"],
        ["recurrence.py", "--hidden=8", "--batch-sizes=2", "--rounds=1"],
        ["search_efficiency.py", "--seeds", "1", "--trials", "2", "--ways", "random", "resuming"],
        ["songs.py", "--families", "rnn", "--tunes", "60", "--epochs", "1"],
        ["time_estimate.py", "--seeds=1", "--trials=4", "--limits=1", "--tables", str(A_TABLE)],
        ["train_step.py", "--families", "rnn", "--hidden", "16", "--layers", "1", "--tunes", "10", "--rounds", "1"],
        ["whole_job.py", "--n-sequences=20", "--n-trials=1", "--epochs=1"],
        ["workers.py", "--databases", "SQLite", "--workers", "2", "--seconds", "0.2", "--each", "2"],
        ["workers.py", "--databases", "SQLite", "--light", "3", "--seconds", "0.2", "--each", "2"],
    ],
    ids=[
        "ears",
        "first paint",
        "importance",
        "learning",
        "little music",
        "live page",
        "music",
        "overhead",
        "pages",
        "optimizer step",
        "processes",
        "recurrence",
        "search efficiency",
        "songs",
        "time estimate",
        "train step",
        "whole job",
        "workers",
        "light workers",
    ],
)
def test_a_benchmark_prints_its_table(command: list[str], home: Path) -> None:
    script, *options = command
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / script), *options],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        env={**os.environ, "CHROMASONIC_HOME": str(home)},
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 3
