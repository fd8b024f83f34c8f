"""A file of a language: read as it is meant, and brought up to date without losing what was translated."""

import pytest

from chromasonic.languages import extraction, reading
from chromasonic.languages.extraction import Entry

FILE = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

#. music.TITLE
#: chromasonic/ui/wording/music.py
msgid "Your music"
msgstr "Deine Musik"

msgid "Notes"
msgstr "Notizen"

msgctxt "music"
msgid "Notes"
msgstr "Noten"

#, fuzzy
msgid "Help"
msgstr "Hilfe?"

#. message
msgid "there is no track {track}."
msgstr "es gibt keine Spur {track}."

msgid "{n:,} tune"
msgid_plural "{n:,} tunes"
msgstr[0] "{n:,} Melodie"
msgstr[1] "{n:,} Melodien"

msgid "Gone"
msgstr "Weg"
"""
ENTRIES = [
    Entry("Your music", "music.py", "music.TITLE", "music"),
    Entry("Notes", "music.py", "music.NOTES", "music"),
    Entry("Notes", "studies.py", "studies.NOTES", "studies"),
    Entry("Help", "shell.py", "shell.HELP", "shell"),
    Entry(("{n:,} tune", "{n:,} tunes"), "advice.py"),
    Entry("New", "new.py"),
]


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "FOLDER", tmp_path)
    file = tmp_path / "de.po"
    file.write_text(FILE, encoding="utf-8")
    return file


def test_a_file_is_read_as_it_is_meant():
    german = reading.read_language("de")
    assert german.text("Your music") == "Deine Musik"
    assert (german.text("Notes"), german.text("Notes", "music")) == ("Notizen", "Noten")
    assert german.text("Help") == "Help"  # only a guess
    assert (german.form(1, "{n:,} tune", "{n:,} tunes"), german.form_of(2)) == ("{n:,} Melodie", 1)
    assert german.messages == (("", "there is no track {track}."),)
    assert german.separators == {ord(","): ".", ord("."): ","}


@pytest.mark.parametrize(("code", "n_forms"), [("de", 2), ("es", 3), ("fr", 3), ("ja", 1)])
def test_a_language_has_its_own_number_of_forms(code, n_forms):
    assert {reading.read_language(code).form_of(n) for n in (0, 1, 2, 5, 21, 1_000_000)} == set(range(n_forms))


def test_an_update_keeps_what_was_translated_and_drops_what_is_gone(file):
    assert extraction.update("de", ENTRIES) == (6, 2)  # and one translation of a page's own
    once = file.read_text(encoding="utf-8")
    german = reading.read_language("de")
    assert (german.text("Your music"), german.text("Notes", "music")) == ("Deine Musik", "Noten")
    assert german.form(5, "{n:,} tune", "{n:,} tunes") == "{n:,} Melodien"
    assert "Weg" not in once and 'msgid "New"\nmsgstr ""' in once
    extraction.update("de", ENTRIES)
    assert file.read_text(encoding="utf-8") == once
