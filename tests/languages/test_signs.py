"""What stands between words, and how moments are written, is not the same in every language."""

import importlib
from datetime import datetime

import pytest

from chromasonic.languages import comma, extraction, moment, sentence, sentences, short_moment, sign, speaking
from chromasonic.languages.retelling import retold
from chromasonic.music.key_names import pitch_name

WHEN = datetime(2026, 11, 5, 14, 5)


@pytest.mark.parametrize(
    "code, signs, told",
    [
        ("en", (", ", "; ", ": "), "It ends. It begins."),
        ("de", (", ", "; ", ": "), "It ends. It begins."),
        ("fr", (", ", "\u202f; ", "\u202f: "), "It ends. It begins."),
        ("ja", ("、", "；", "："), "It ends。It begins。"),
    ],
)
def test_signs_stand_as_the_language_has_them(code, signs, told):
    with speaking(code):
        assert (comma(), sign("; "), sign(": ")) == signs
        assert sentences([sentence("it ends."), "", sentence("it begins")]) == told


@pytest.mark.parametrize(
    "code, long, short",
    [
        ("en", "5 November 2026, 14:05", "5 Nov, 14:05"),
        ("de", "5. November 2026, 14:05", "5. Nov., 14:05"),
        ("es", "5 de noviembre de 2026, 14:05", "5 nov, 14:05"),
        ("fr", "5 novembre 2026, 14:05", "5 nov. 14:05"),
        ("ja", "2026年11月5日 14:05", "11月5日 14:05"),
    ],
)
def test_a_moment_is_written_as_the_language_writes_it(code, long, short):
    with speaking(code):
        assert (moment(WHEN), short_moment(WHEN)) == (long, short)


@pytest.mark.parametrize(
    "code, names",
    [
        ("en", ["C4", "F♯4", "B4", "B♭4", "A0"]),
        ("de", ["C4", "Fis4", "H4", "B4", "A0"]),
        ("es", ["Do4", "Fa♯4", "Si4", "Si♭4", "La0"]),
        ("fr", ["do4", "fa♯4", "si4", "si♭4", "la0"]),
        ("ja", ["C4", "F♯4", "B4", "B♭4", "A0"]),
    ],
)
def test_notes_have_the_names_that_keys_have(code, names):
    with speaking(code):
        assert [pitch_name(60), pitch_name(66), pitch_name(71), pitch_name(70, flats=True), pitch_name(21)] == names


KEPT = {  # as it stands in a file or in the database, and as a German reads it
    "“X” is already running in the app on this machine (process 12). Stop it there first, then try again.": "„X“ läuft "
    "schon in der App auf diesem Rechner (Prozess 12). Stopp sie erst dort und versuch es dann noch einmal.",
    "in a terminal on studio (process 12)": "in einem Terminal auf studio (Prozess 12)",
    "its worker on studio gave no more sign of life while it was training": "sein Worker auf studio gab kein "
    "Lebenszeichen mehr, während er trainierte",
    "the time was up after 2 of 3 epochs; its song could not be kept: the file is empty. Export or copy it again.": (
        "die Zeit war um, nach 2 von 3 Epochen; sein Lied ließ sich nicht aufheben: die Datei ist leer. Exportiere "
        "oder kopiere sie noch einmal."
    ),
    "its weights could not be kept: “a.pt” could not be written in the artifact store /x (disk full). Check "
    "CHROMASONIC_ARTIFACTS, and that this machine may read and write there.": "Artefaktspeicher /x: seine Gewichte "
    "ließen sich nicht aufheben: „a.pt“ ließ sich nicht schreiben (disk full). Prüf CHROMASONIC_ARTIFACTS, und ob "
    "dieser Rechner dort lesen und schreiben darf.",
    "a.mp3: this is an audio recording (MP3). Chromasonic needs notes, not sound: add the tune as MIDI, MusicXML or "
    "ABC.": "a.mp3: dies ist eine Tonaufnahme (MP3). Chromasonic braucht Noten, keinen Klang: Nimm die Melodie als "
    "MIDI, MusicXML oder ABC.",
    "reading this upload took longer than 2.5 minutes. Add it in a second upload.": "dieses Hochgeladene zu lesen "
    "dauerte länger als 2,5 Minuten. Nimm sie beim zweiten Mal.",
    "a.abc, tune 3": "a.abc, Melodie 3",
    "a.mid, track 2 (Flute)": "a.mid, Spur 2 (Flute)",
    "The best: trial 5 (loss 2.53)": "Das beste: Versuch 5 (Loss 2,53)",
    "whole; 2 searches, schema v3.0.0.d": "heil; 2 Suchen, Schema v3.0.0.d",
    "cpu: Some Processor, 2 cores; cuda:0: Some Card": "cpu: Some Processor, 2 Kerne; cuda:0: Some Card",
}


@pytest.mark.parametrize(("kept", "told"), KEPT.items(), ids=[kept[:30] for kept in KEPT])
def test_what_was_kept_in_english_is_told_in_the_language_of_whoever_reads_it(kept, told):
    with speaking("de"):
        assert retold(kept) == told
    for code in ("es", "fr", "ja"):
        with speaking(code):
            assert retold(kept) not in (kept, told)


@pytest.mark.parametrize("module", extraction.wording_modules(), ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_page_that_is_first_seen_in_german_is_english_for_the_english(module):
    before = {name: value for name, value in vars(module).items() if name.isupper()}
    with speaking("de"):
        importlib.reload(module)
    assert {name: value for name, value in vars(module).items() if name.isupper()} == before
