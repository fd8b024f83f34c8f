"""Words are asked for where they are shown, so that each person gets them in a language of their own."""

import ast
from pathlib import Path

import pytest

from chromasonic import languages
from chromasonic.languages import Language, Text, say, say_number, speaking, translated
from chromasonic.ui.wording import music

ROOT = Path(__file__).parents[2]
UI = [*(ROOT / "chromasonic" / "ui").glob("*.py"), *(ROOT / "pages").glob("*.py")]

GERMAN = Language(
    code="de",
    texts={
        ("", "Your music"): "Deine Musik",
        ("", "{n:,} notes, {loss:.2f}"): "{n:,} Noten, {loss:.2f}",
        ("", "Notes"): "Notizen",
        ("music", "Notes"): "Noten",
    },
    forms={("{n:,} tune", "{n:,} tunes"): ("{n:,} Melodie", "{n:,} Melodien")},
    separators={ord(","): ".", ord("."): ","},
    locale="de",
)


@pytest.fixture(autouse=True)
def german(monkeypatch):
    monkeypatch.setattr(languages, "language", {"de": GERMAN}.__getitem__)


def test_a_word_of_a_page_is_in_the_language_of_whoever_asks():
    assert music.TITLE == "Your music"
    with speaking("de"):
        assert music.TITLE == "Deine Musik"
        assert music.USE == "Use this music"  # which the file does not have
    assert music.TITLE == "Your music"


def test_numbers_are_written_as_the_language_writes_them():
    with speaking("de"):
        assert say("{n:,} notes, {loss:.2f}", n=1059, loss=2.5) == "1.059 Noten, 2,50"
        assert say("{n:,} at {loss:.2f}", n=1059, loss=2.5) == "1.059 at 2,50"
        assert languages.figure("1,059.5") == "1.059,5"
        assert (
            languages.Translated({"n": "{n:,} notes, {loss:.2f}"})["n"].format(n=1059, loss=2.5) == "1.059 Noten, 2,50"
        )
    assert say("{n:,} notes, {loss:.2f}", n=1059, loss=2.5) == "1,059 notes, 2.50"


@pytest.mark.parametrize("n, told", [(1, "1 Melodie"), (0, "0 Melodien"), (1059, "1.059 Melodien")])
def test_each_number_has_its_form(n, told):
    with speaking("de"):
        assert say_number(n, "{n:,} tune", "{n:,} tunes") == told


def test_a_word_that_means_two_things_may_have_two_translations():
    with speaking("de"):
        assert translated("Notes") == "Notizen"
        assert translated("Notes", context="music") == "Noten"
        assert music.COLUMNS["notes"] == "Noten"


def test_what_is_no_word_stays_as_it_is():
    with speaking("de"):
        assert translated({"a": ("Your music", 3), "b": None}) == {"a": ("Deine Musik", 3), "b": None}
        assert isinstance(translated(music.TITLE), Text)  # translated once


def test_what_is_done_for_a_program_can_be_done_in_english():
    with speaking("de"), speaking("en"):
        assert music.TITLE == "Your music"


@pytest.mark.parametrize(
    "wish, spoken", [("de-AT", "de"), ("de", "de"), ("DE", "de"), ("ja-JP", "en"), ("", "en"), (None, "en")]
)
def test_the_browser_says_which_language(monkeypatch, wish, spoken):
    monkeypatch.setattr(languages, "OFFERED", ("en", "de"))
    assert languages.best_offered(wish) == spoken


# ---- nobody keeps a word --------------------------------------------------------------------------------------------


def word_modules(tree: ast.Module) -> set[str]:
    """What the modules of words are called in a file."""
    imported = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return {
        alias.asname or alias.name
        for node in imported
        if node.module == "chromasonic.ui.wording"
        for alias in node.names
    }


def asked_on_import(node: ast.AST, modules: set[str]) -> list[str]:
    """The words that a file asks for as it is imported: outside functions, and in their decorators and defaults."""
    found = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            for early in (*child.decorator_list, *child.args.defaults, *filter(None, child.args.kw_defaults)):
                found += asked_on_import(ast.Expr(early), modules)
        elif isinstance(child, ast.Attribute) and isinstance(child.value, ast.Name) and child.value.id in modules:
            found.append(f"{child.value.id}.{child.attr}, line {child.lineno}")
        elif not isinstance(child, ast.Lambda):
            found += asked_on_import(child, modules)
    return found


@pytest.mark.parametrize("file", UI, ids=lambda file: file.stem)
def test_no_word_is_kept_in_the_language_of_whoever_came_first(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    modules = word_modules(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert not str(node.module).startswith("chromasonic.ui.wording."), "import the module, not its words"
    if file.parent.name != "pages":  # which run anew for each person
        assert not asked_on_import(tree, modules), "ask for a word where it is shown"


def test_the_test_of_kept_words_sees_them():
    tree = ast.parse("@dialog(words.A)\ndef show(title=words.B): words.C\nD = {1: words.D}\ndraw(lambda: words.E)")
    assert [word[:7] for word in asked_on_import(tree, {"words"})] == ["words.A", "words.B", "words.D"]
