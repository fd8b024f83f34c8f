"""No word is missing in a language that is offered, and each says as much as the English one."""

import re
from collections import Counter

import pytest

from chromasonic.languages import ENGLISH, NAMES, OFFERED, extraction, language
from chromasonic.languages.reading import file_of, read_catalog

ENTRIES = extraction.entries()
TEXTS = {entry.id for entry in ENTRIES}
CONTEXTS = {(entry.context, entry.id) for entry in ENTRIES}
OTHERS = [code for code in OFFERED if code != ENGLISH]
BEGUN = [code for code in NAMES if code != ENGLISH and file_of(code).exists()]


@pytest.mark.parametrize("code", OTHERS)
def test_no_word_is_missing(code):
    speech = language(code)
    missing = [text for text in TEXTS if ("", text) not in speech.texts and text not in speech.forms]
    assert not missing, f"{len(missing)} texts: python -m chromasonic.languages.extraction, then translate {code}.po"


@pytest.mark.parametrize("code", OTHERS)
def test_no_word_is_a_guess_or_left_over(code):
    for message in read_catalog(code):
        assert not message.id or not message.fuzzy, f"{message.id} is only a guess"
        assert not message.id or message.id in TEXTS, f"{message.id} stands nowhere in the code any more"
        assert not message.context or (message.context, message.id) in CONTEXTS, f"{message.id} is of another page"


def signs(text: str) -> Counter[str]:
    """What must be as in the English text: icons, links, emphasis, code and line breaks."""
    found = re.findall(r":material/\w+:|\]\([^)]*\)|`[^`]*`|\*\*|<[^>]*>|\n", text)
    return Counter(found) + Counter({"*": text.replace("**", "").count("*")})


@pytest.mark.parametrize("code", BEGUN)
def test_each_translation_has_the_places_and_signs_of_the_original(code):
    wrong = []
    for message in read_catalog(code):
        if not message.id or not message.string or not any(message.string):
            continue
        plural = isinstance(message.id, tuple | list)
        english, translations = (message.id[1], message.string) if plural else (message.id, [message.string])
        for said in translations:
            try:
                if extraction.places(english) != extraction.places(said) or signs(english) != signs(said):
                    wrong.append(f"{english}\n→ {said}")
            except ValueError as error:
                wrong.append(f"{english}\n→ {said}: {error}")
    assert not wrong, "\n\n".join(wrong)


def test_every_text_is_one_that_can_be_filled_in():
    for entry in ENTRIES:
        for text in [entry.id] if isinstance(entry.id, str) else entry.id:
            assert text.strip()
            extraction.places(text)  # raises where a brace is left open


def test_what_has_no_word_is_not_to_be_translated():
    told = ["–", "♩ = {qpm}", ":material/trophy:", "{done} / {total}", "chromasonic-report.zip", "Trial {number}", "s"]
    assert [text for text in told if extraction.is_text(text)] == ["Trial {number}", "s"]
