"""Every technical word on any page has its explanation in one place."""

import importlib
import pkgutil
import re

from chromasonic.results.words import FAMILIES, NAMES
from chromasonic.ui import wording
from chromasonic.ui.wording import glossary

FORMS = {  # a word as pages write it, and as it stands in the list
    "epochs": "epoch", "trials": "trial", "studies": "study", "held out": "held-out", "pruned": "pruning",
    "test": "test set", "validation": "validation set", "test loss": "loss", "validation loss": "loss",
    ".chromasonic": ".chromasonic file", ".chromasonic-model.zip": "model bundle", "rests": "resting trial",
}  # fmt: skip
PLAIN = {"that", "italic"}  # slanted because it is stressed, or to show what slanted is


def strings(value):
    """All the texts in a constant."""
    if isinstance(value, str):
        return [value]
    values = [*value.values()] if isinstance(value, dict) else value if isinstance(value, tuple | list) else []
    return [text for one in values for text in strings(one)]


def texts():
    """Every text of every page."""
    for module in pkgutil.iter_modules(wording.__path__):
        found = importlib.import_module(f"{wording.__name__}.{module.name}")
        yield from (text for name in vars(found) if name.isupper() for text in strings(getattr(found, name)))


def test_every_slanted_word_on_a_page_is_explained():
    explained = {term.lower() for term, _ in glossary.TERMS.values()} | PLAIN
    slanted = {word.lower() for text in texts() for word in re.findall(r"(?<![*\w])\*([^*{}]+)\*(?![*\w])", text)}
    assert len(slanted) > 40
    assert {word for word in slanted if FORMS.get(word, word) not in explained} == set()


def test_every_setting_and_every_kind_of_model_is_explained():
    explained = {term for term, _ in glossary.TERMS.values()}
    assert {*NAMES.values(), *FAMILIES.values()} <= explained


def test_every_link_into_the_list_leads_somewhere():
    links = {anchor for text in texts() for anchor in re.findall(r"\]\(#([\w-]+)\)", text)}
    assert len(links) > 15
    assert links <= set(glossary.TERMS)


def test_no_word_stands_twice():
    terms = [term.lower() for term, _ in glossary.TERMS.values()]
    assert len(terms) == len(set(terms))
