"""The arrows between the rooms point one way, and heavy libraries are opened only where they are used."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

RANKS = {  # a room may use those of a lower rank and itself; neighbours of one rank do not know each other
    "": 0,  # chromasonic/__init__.py
    "languages": -1,
    "errors": 0,
    "masking": 0,
    "checks": 1,
    "files": 1,
    "logbook": 1,
    "people": 1,
    "music": 2,
    "results": 3,
    "rendering": 3,
    "workspace": 3,
    "melody_generation": 4,
    "hyperparameter_search": 5,
    "operations": 6,
    "ui": 7,
    "terminal": 7,
    "app": 8,
}
SPOKEN_IN = {  # the only rooms where these libraries may be imported at all
    "torch": {"melody_generation", "hyperparameter_search"},
    "safetensors": {"melody_generation", "hyperparameter_search"},
    "optuna": {"hyperparameter_search"},
    "optuna_dashboard": {"hyperparameter_search"},
    "streamlit": {"ui", "app"},
    "pandas": {"ui", "app"},
    "babel": {"languages"},
    "plotly": {"results"},
    "matplotlib": {"results"},
    "jinja2": {"results"},
    "music21": {"music"},
    "symusic": {"music"},
    "pretty_midi": {"music", "rendering"},
    "verovio": {"rendering"},
    "soundfile": {"rendering"},
}
HEAVY = {
    "torch", "optuna", "optuna_dashboard", "music21", "symusic", "plotly", "matplotlib", "pretty_midi", "pandas",
    "verovio", "soundfile",
}  # fmt: skip
NEVER = {"plotly.express", "optuna.visualization"}  # seconds to import, and slow on a live page


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    module_name(path): path
    for path in [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "chromasonic").rglob("*.py")]
    if path.exists()
}


def room(module: str) -> str:
    """The room a module of ours stands in."""
    parts = module.split(".")
    if parts[0] in ("app", "pages"):
        return "app"
    if parts[:3] == ["chromasonic", "melody_generation", "hyperparameter_search"]:
        return "hyperparameter_search"
    name = parts[1] if len(parts) > 1 else ""
    return "terminal" if name in ("cli", "hyperparameter_search_example", "worker", "__main__") else name


def statements(tree: ast.AST, top_only: bool) -> Iterator[ast.stmt]:
    """The import statements below `tree`; with `top_only` those that run when the module is imported."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue  # for the type checker's eyes only
        elif not (top_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)):
            yield from statements(node, top_only)


@cache
def imports(module: str, top_only: bool = False) -> frozenset[str]:
    """The full names of what a module imports; `from a import b` gives a.b when that is a module of ours."""
    path = MODULES[module]
    names: set[str] = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8")), top_only):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            for alias in node.names:
                child = f"{base}.{alias.name}"
                names.add(child if child in MODULES or child in NEVER else base)
    return frozenset(names)


def ours(names: frozenset[str]) -> set[str]:
    return {name for name in names if name in MODULES}


@pytest.mark.parametrize("module", MODULES)
def test_the_arrows_point_one_way(module: str) -> None:
    here = room(module)
    wrong = {
        name for name in ours(imports(module)) if room(name) != here and RANKS[room(name)] >= RANKS[here] and room(name)
    }
    assert not wrong, f"{module} stands in {here!r} and may not know {sorted(wrong)}"


@pytest.mark.parametrize("module", MODULES)
def test_each_library_is_spoken_in_its_own_rooms(module: str) -> None:
    libraries = {name.split(".")[0] for name in imports(module)}
    wrong = {library for library in libraries if room(module) not in SPOKEN_IN.get(library, {room(module)})}
    assert not wrong, f"{module} may not import {sorted(wrong)}"
    assert not NEVER & imports(module)


@pytest.mark.parametrize("module", [name for name in MODULES if RANKS[room(name)] != 4 and RANKS[room(name)] != 5])
def test_heavy_libraries_are_imported_where_they_are_used(module: str) -> None:
    heavy = {name.split(".")[0] for name in imports(module, top_only=True)} & HEAVY
    assert not heavy, f"{module} should import {sorted(heavy)} inside the functions that need them"


def reached_on_import(module: str) -> dict[str, list[str]]:
    """Every library that importing `module` imports too, with the way to it."""
    found: dict[str, list[str]] = {}
    waiting, seen = [(module, [module])], {module}
    while waiting:
        name, way = waiting.pop()
        for imported in imports(name, top_only=True):
            if imported not in MODULES:
                found.setdefault(imported.split(".")[0], way)
                continue
            parts = imported.split(".")
            for parent in (".".join(parts[: length + 1]) for length in range(len(parts))):  # packages run first
                if parent in MODULES and parent not in seen:
                    seen.add(parent)
                    waiting.append((parent, [*way, parent]))
    return found


@pytest.mark.parametrize("module", [name for name in ("app", "pages.music", "chromasonic.cli") if name in MODULES])
def test_the_first_page_and_the_command_line_open_without_heavy_libraries(module: str) -> None:
    ways = {library: way for library, way in reached_on_import(module).items() if library in {*HEAVY, "babel"}}
    assert not ways, "\n".join(f"{library} through {' → '.join(way)}" for library, way in ways.items())


def test_the_arrow_test_itself_sees_imports() -> None:
    assert "chromasonic.errors" in imports("chromasonic.files")
    assert room("chromasonic.melody_generation.hyperparameter_search.space") == "hyperparameter_search"
    assert {room(module) for module in MODULES} <= RANKS.keys()


def test_whatever_is_imported_is_in_the_requirements() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = {line.split("==")[0].replace("-", "_") for line in lines if "==" in line}
    outside = {name.split(".")[0] for module in MODULES for name in imports(module)} - set(sys.stdlib_module_names)
    assert outside - {"chromasonic", "pages", "app"} <= required


ASKED_FIRST = {  # what pages do to a search, and the one module where it is asked whether this person may
    "chromasonic.ui.actions": r"(rename|delete|export|import)_search|\.extend\(\w+, timeout|search\.share\("
    r"|search\.halt_workers\(|remarks\.(star|tag|write_note|fill)\(|registry\(\)\.\w+\(",
    "chromasonic.ui.context": r"open_search|list_searches|list_studies",
}
LOOKING_ON = r"registry\(\)\.(runner|final|holds|trouble|continuation)\((search|stored)\)"


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) in ("ui", "app")])
def test_pages_touch_a_search_only_where_it_is_asked_who_may(module: str) -> None:
    source = re.sub(LOOKING_ON, "", MODULES[module].read_text(encoding="utf-8"))
    for gate, touch in ASKED_FIRST.items():
        if module not in ASKED_FIRST:
            assert not re.search(touch, source), f"{module} should go through {gate}"


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) in ("ui", "app")])
def test_no_page_loses_a_click_by_stopping_the_session(module: str) -> None:
    stops = re.search(r"\bst\.stop\(\)(?!`)", MODULES[module].read_text(encoding="utf-8"))
    assert not stops, "what was clicked meanwhile would be lost: shell.end_page() ends a page"
