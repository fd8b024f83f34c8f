"""The two promised commands, the packaging and the settings of the app."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def requirements(name: str) -> list[Requirement]:
    lines = [line.split(" #")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def test_the_readme_gives_the_command_that_opens_the_app() -> None:
    assert "\npip install -r requirements.txt && streamlit run app.py\n" in (ROOT / "README.md").read_text()


def test_ci_runs_the_very_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci/run").read_text()
    pattern = re.search(r"grep -m1 '(.+)' README.md", script)
    assert pattern is not None
    found = [line for line in (ROOT / "README.md").read_text().splitlines() if re.search(pattern[1], line)]
    assert found == ["pip install -r requirements-dev.txt && pytest --slow"]


def test_the_ci_script_is_sound_bash() -> None:
    subprocess.run(["bash", "-n", ROOT / ".ci/run"], check=True)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_what_is_pinned_is_what_is_tested(name: str) -> None:
    wrong = [
        f"{r.name}: {version(r.name)}, not {r.specifier}"
        for r in requirements(name)
        if version(r.name) not in r.specifier
    ]
    assert not wrong


def test_requirements_install_the_package_itself() -> None:
    assert (ROOT / "requirements.txt").read_text().splitlines()[-1] == "-e ."


def test_no_module_of_ours_hides_one_of_pythons() -> None:
    # `cd chromasonic && python hyperparameter_search_example.py` puts that folder first on Python's path.
    ours = {path.stem for path in (ROOT / "chromasonic").iterdir() if not path.name.startswith((".", "__"))}
    theirs = sys.stdlib_module_names | {requirement.name for requirement in requirements("requirements.txt")}
    assert not ours & theirs


def test_the_app_listens_to_this_machine_only_and_tells_nobody() -> None:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())
    assert config["server"]["address"] == "127.0.0.1"
    assert config["browser"]["gatherUsageStats"] is False
    assert not {"enableCORS", "enableXsrfProtection"} & config["server"].keys()  # both stay on, as by default
