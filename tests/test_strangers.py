"""Nothing that comes from a file is ever run: read in the source, for what is not there cannot be tested otherwise."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "chromasonic").rglob("*.py")]
NEVER_IMPORTED = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml"}
NEVER_CALLED = {
    "eval", "exec", "compile", "__import__", "torch.load", "torch.save", "torch.jit.load", "np.load", "numpy.load",
    "pd.read_pickle", "pandas.read_pickle", "os.system", "os.popen", "yaml.load", "extractall",
}  # fmt: skip
MARKUP = {"unsafe_allow_html"}


def offences(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in NEVER_IMPORTED)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in NEVER_IMPORTED:
            yield str(node.module)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in NEVER_CALLED or called.split(".")[-1] == "extractall":
                yield called
            for keyword in node.keywords:
                is_true = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
                if is_true and keyword.arg in {"shell", "allow_pickle", *MARKUP}:
                    yield f"{called}({keyword.arg}=True)"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_from_a_file_is_run(path: Path) -> None:
    assert list(offences(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from pickle import loads", "import torch\ntorch.load('x')", "eval('1')", "np.load('x')",
        "subprocess.run('x', shell=True)", "st.markdown('x', unsafe_allow_html=True)", "archive.extractall('.')",
    ],
)  # fmt: skip
def test_what_would_run_it_is_seen(source: str) -> None:
    assert list(offences(source))
