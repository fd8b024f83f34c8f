"""The code reads the same everywhere, its types fit together, and it does nothing that is known to be unsafe."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["bandit", "--quiet", "--recursive", "--configfile", "pyproject.toml", "chromasonic", "pages", "app.py"],
        pytest.param(["mypy"], marks=pytest.mark.slow),
    ],
    ids=["ruff check", "ruff format", "bandit", "mypy --strict"],
)
@pytest.mark.timeout(400)
def test_the_code_passes(command: list[str]) -> None:
    result = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
