"""The doctor: says what is well, and what is not with what to do, whatever is broken."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import searches

from chromasonic.cli import main
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.operations import doctor
from chromasonic.operations.doctor import examine

ROOT = Path(__file__).parents[2]


def found(**options):
    return {finding.name: finding for finding in examine(self_test=False, **options)}


def ask(home, *options, **environment):
    """The doctor as a program of its own: exit code, and its lines."""
    answer = subprocess.run(
        [sys.executable, *options, "-m", "chromasonic.cli", "doctor"],
        env={**os.environ, "CHROMASONIC_HOME": str(home), "PYTHONPATH": str(ROOT), **environment},
        cwd=ROOT, capture_output=True, text=True, timeout=110,
    )  # fmt: skip
    assert "Traceback" not in answer.stderr
    return answer.returncode, {line[2:].partition(":")[0]: line for line in answer.stdout.splitlines()}


def test_where_all_is_well_it_says_so_and_tries_everything(workspace):
    searches.practice_search(workspace, "Marys secret")
    code, lines = ask(workspace.root)
    assert all(line.startswith("✓") for line in lines.values()), lines
    assert code == 0
    assert list(lines) == [
        "Python", "Packages", "Devices", "Workspace", "Database", "Disk", "Memory", "Instruments", "Collections",
        "Search", "Files", "Sound",
    ]  # fmt: skip
    assert "1 search, schema v" in lines["Database"]
    assert "learned in two trials" in lines["Search"]
    assert "Marys secret" not in str(lines)


def test_a_damaged_database_is_found_and_the_rest_is_still_looked_at(workspace):
    searches.practice_search(workspace)
    forget_database(workspace.storage_url)
    file = workspace.root / "searches.db"
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    content = bytearray(file.read_bytes())
    content[4096 : 4096 * 12] = os.urandom(4096 * 11)
    file.write_bytes(content)
    findings = found()
    assert not findings["Database"].is_well
    assert "damaged" in findings["Database"].told and "backup" in findings["Database"].advice
    assert findings["Collections"].is_well


def test_a_file_that_is_no_database_is_found(workspace):
    (workspace.root / "searches.db").write_bytes(b"no database at all " * 500)
    assert "file is not a database" in str(found()["Database"])


def test_a_newer_database_is_found(workspace):
    searches.practice_search(workspace)
    forget_database(workspace.storage_url)
    with sqlite3.connect(workspace.root / "searches.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'v99.0.0.a'")
    database.close()
    assert not found()["Database"].is_well


def test_a_workspace_that_cannot_be_written_is_found(tmp_path, monkeypatch):
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("CHROMASONIC_HOME", str(tmp_path / "a file" / "Chromasonic"))
    findings = found()
    assert not findings["Workspace"].is_well and "set CHROMASONIC_HOME" in findings["Workspace"].told


def test_a_missing_package_is_named(monkeypatch, tmp_path, home):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("no-such-package==1.0  # none\nnumpy==0.1\n-e .\n")
    monkeypatch.setattr(doctor, "_REQUIREMENTS", requirements)
    told = str(found()["Packages"])
    assert told.startswith("✗ Packages: no-such-package is not installed; numpy ")
    assert told.endswith("→ pip install -r requirements.txt")


BLOCKED = """
import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
"""


@pytest.mark.parametrize(
    "missing, broken",
    [({"torch"}, {"Devices", "Search"}), ({"optuna", "psutil", "symusic"}, {"Memory", "Search", "Files"})],
    ids=["no torch", "no optuna, psutil and symusic"],
)
def test_it_works_where_packages_do_not(home, tmp_path, missing, broken):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(BLOCKED.format(names=missing))
    code, lines = ask(home, PYTHONPATH=f"{tmp_path / 'site'}{os.pathsep}{ROOT}")
    assert code == 1
    assert {name for name, line in lines.items() if line.startswith("✗")} == broken
    assert all("→" in lines[name] for name in broken)
    assert list(lines)[:2] == ["Python", "Packages"]


def test_a_self_test_that_crashes_or_hangs_ends_as_a_finding(home, tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    crash = "import sys, os\nif any('self_test' in word for word in sys.orig_argv): "
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
    for what, words in (("os.kill(os.getpid(), 11)", "it ended early"), ("import time; time.sleep(60)", "took longer")):
        (tmp_path / "site" / "sitecustomize.py").write_text(crash + what)
        monkeypatch.setattr(doctor, "SELF_TEST_SECONDS", 1.0)
        *_, last = examine()
        assert not last.is_well and words in last.told


def test_a_password_is_not_repeated(home):
    told = str(found(storage="postgresql+nodriver://anna:canary@localhost/x")["Database"])
    assert told.startswith("✗") and "canary" not in told


def test_the_exit_code_tells_a_script(home, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "ENOUGH_DISK", 1e9)
    monkeypatch.setattr(doctor, "_self_test", lambda: iter(()))
    assert main(["doctor"]) == 1
    assert "✗ Disk" in capsys.readouterr().out
