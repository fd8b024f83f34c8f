"""What every test may use, and which tests run when."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
import servers

# Several small models at once on few cores: one thread each is fastest. Set before anything imports torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from chromasonic.logbook import close_log
from chromasonic.music.melody import Melody, Note

CHROMIUM = shutil.which("chromium")
IN_CI = bool(os.environ.get("CI"))
AT_THE_END = "said at the end"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the slow tests too, as CI does")
    parser.addoption("--pictures", metavar="FOLDER", help="let the browser walk photograph each page into this folder")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("slow") and not (config.getoption("--slow") or IN_CI):
            item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))
        if item.get_closest_marker("browser") and not CHROMIUM and not IN_CI:  # in CI a missing browser is a failure
            item.add_marker(pytest.mark.skip(reason="needs Debian's Chromium: apt install chromium"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests had to say at the end."""
    reports = [report for kind in terminalreporter.stats.values() for report in kind]
    said = [
        line
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, line in report.user_properties
        if name == AT_THE_END
    ]
    if said:
        terminalreporter.section("counted and measured")
        terminalreporter.write("\n".join([*map(str, said), ""]))


@pytest.fixture
def say_at_the_end(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Say a line that stands below the results of the whole run."""
    return partial(record_property, AT_THE_END)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A workspace of its own for each test: none ever writes into the home of whoever runs it."""
    folder = tmp_path / "Chromasonic"
    monkeypatch.setenv("CHROMASONIC_HOME", str(folder))
    yield folder
    close_log()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a real PostgreSQL; skipped where Debian's package is not installed, but never in CI."""
    if servers.postgresql_programs() is None and not IN_CI:
        pytest.skip("needs PostgreSQL: apt install postgresql")
    with servers.postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def s3_server() -> Iterator[tuple[dict[str, str], str]]:
    """A real S3-compatible server: what the environment must say to reach it, and the name of its bucket."""
    with servers.s3() as server:
        yield server


@pytest.fixture
def melody() -> Callable[..., Melody]:
    """Makes a melody from pitches (None is a rest), one beat each unless durations say otherwise."""

    def make(pitches: Sequence[int | None], durations: Sequence[float] | None = None, title: str = "A tune") -> Melody:
        notes, onset = [], 0.0
        for pitch, duration in zip(pitches, durations or [1.0] * len(pitches), strict=True):
            if pitch is not None:
                notes.append(Note(onset, duration, pitch))
            onset += duration
        return Melody(tuple(notes), title=title)

    return make
