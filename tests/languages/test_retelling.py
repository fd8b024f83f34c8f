"""What went wrong is told in English where it happened, and in the reader's language where it is shown."""

import pseudo
import pytest

from chromasonic import languages
from chromasonic.languages import Language, extraction, speaking
from chromasonic.languages.retelling import AsTold, retold

MESSAGES = {
    "the file is empty. Export or copy it again.": "die Datei ist leer. Bitte noch einmal exportieren.",
    "this music lasts longer than {MAX_BEATS} beats. Split it.": "diese Musik dauert länger als {MAX_BEATS} Schläge.",
    "line {number}: {error}": "Zeile {number}: {error}",
    "it learned from {tunes} in {seconds:g} seconds": "in {seconds:g} Sekunden lernte es aus {tunes}",
}
GERMAN = Language(
    code="de",
    texts={("", english): german for english, german in MESSAGES.items()},
    forms={("{n:,} tune", "{n:,} tunes"): ("{n:,} Melodie", "{n:,} Melodien")},
    messages=tuple(("", english) for english in MESSAGES),
    separators={ord(","): ".", ord("."): ","},
    locale="de",
)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("the file is empty. Export or copy it again.", "die Datei ist leer. Bitte noch einmal exportieren."),
        ("this music lasts longer than 10,000 beats. Split it.", "diese Musik dauert länger als 10.000 Schläge."),
        (
            "a: b.abc: the file is empty. Export or copy it again.",
            "a: b.abc: die Datei ist leer. Bitte noch einmal exportieren.",
        ),
        (
            "line 3: the file is empty. Export or copy it again.",
            "Zeile 3: die Datei ist leer. Bitte noch einmal exportieren.",
        ),
        ("it learned from 1,059 tunes in 2.5 seconds", "in 2,5 Sekunden lernte es aus 1.059 Melodien"),
        ("what nobody of ours has said", "what nobody of ours has said"),
        ("", ""),
    ],
    ids=["as it is", "with a number", "of a file", "a reason in a reason", "what is counted", "of others", "nothing"],
)
def test_a_message_is_said_anew(monkeypatch, message, told):
    monkeypatch.setattr(languages, "language", {"de": GERMAN}.__getitem__)
    assert retold(message) == message
    with speaking("de"):
        assert retold(message) == told


MADE = sorted({entry.id for entry in extraction.entries() if entry.note == "message" and extraction.places(entry.id)})


def test_every_message_with_values_in_it_is_known_again(monkeypatch):
    bracketed = pseudo.pseudo_language()
    monkeypatch.setattr(languages, "language", lambda code: bracketed)
    lost = []
    for english in MADE:
        names = [place.partition("!")[0] for place in extraction.places(english)]
        message = AsTold().vformat(english, (), {name: f"«{name}»" for name in names})
        with speaking(pseudo.CODE):
            if not retold(message).startswith(pseudo.OPEN):
                lost.append(english)
    assert not lost
