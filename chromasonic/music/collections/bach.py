"""The sopranos of Bach's four-part chorales: the hymn tunes themselves.

These files are all made alike, so 90 lines read them in two seconds; music21 would need two minutes.
"""

from __future__ import annotations

import io
import zipfile
from itertools import pairwise
from xml.etree import ElementTree  # nosec B405: of files that came with music21, never of what a person brings

from chromasonic.errors import MusicFileError
from chromasonic.languages import mark
from chromasonic.music.endings import Return, written_out
from chromasonic.music.finishing import finished
from chromasonic.music.melody import Key, Melody, Meter, Note, Repeat
from chromasonic.music.outcome import Reading

from .collection import Collection

_PITCH_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def read_soprano(data: bytes, name: str) -> Reading:
    """The highest voice of one chorale; nothing from the few files that are no chorale for voices.

    Raises:
        MusicFileError: the file is not MusicElementTree.
    """
    try:
        xml = _decompressed(data) if name.endswith(".mxl") else data
        score = ElementTree.fromstring(xml)  # nosec B314: see above
        sopranos = [part.get("id") for part in score.iter("score-part") if _name_of(part).startswith("Soprano")]
        part = next((part for part in score.iter("part") if part.get("id") in sopranos), None)
        return Reading((_read_part(part, score, name),)) if part is not None else Reading()
    except (ElementTree.ParseError, zipfile.BadZipFile, StopIteration, ValueError, KeyError, TypeError) as error:
        raise MusicFileError(name, "It is not the MusicXML of a chorale. Reinstall music21.") from error


def _decompressed(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(next(n for n in archive.namelist() if n.endswith("xml") and not n.startswith("META-INF")))


def _name_of(part: ElementTree.Element) -> str:
    return (part.findtext("part-name") or "").strip()


def _read_part(part: ElementTree.Element, score: ElementTree.Element, name: str) -> Melody:
    notes: list[Note] = []
    repeats: list[Repeat] = []
    returns: list[Return] = []
    barlines = [0.0]  # beats
    divisions, now, repeat_from, repeat_to = 1, 0.0, 0.0, None
    for measure in part.iter("measure"):
        for element in measure:
            if element.tag == "attributes":
                divisions = int(element.findtext("divisions") or divisions)
            elif element.tag == "barline":
                repeat, ending = element.find("repeat"), element.find("ending")
                if ending is not None and (ending.get("number"), ending.get("type")) == ("1", "start"):
                    repeat_to = now
                elif ending is not None and (ending.get("number"), ending.get("type")) == ("2", "start") and repeats:
                    returns.append(Return(now, *repeats[-1]))
                if repeat is not None and repeat.get("direction") == "forward":
                    repeat_from = now
                elif repeat is not None:
                    repeats.append(Repeat(repeat_from, now if repeat_to is None else repeat_to))
                    repeat_from, repeat_to = now, None
            elif element.tag in ("note", "forward") and element.find("grace") is None:
                length = int(element.findtext("duration") or 0) / divisions  # beats
                pitch = element.find("pitch")
                if element.find("chord") is not None:
                    continue  # a second note at the same time; the first is the one with the text
                if pitch is not None and length:
                    if any(tie.get("type") == "stop" for tie in element.iter("tie")) and notes and notes[-1].end == now:
                        notes[-1] = notes[-1]._replace(duration=notes[-1].duration + length)
                    else:
                        notes.append(Note(now, length, _midi(pitch)))
                now += length
        barlines.append(now)

    meter, key = _meter(part), _key(part)
    first_bar, second_bar = (after - before for before, after in pairwise(barlines[:3]))
    number = "BWV " + name.removeprefix("bwv").rpartition(".")[0]
    first_line = _first_line(part)
    tempo = next((sound.get("tempo") for sound in score.iter("sound") if sound.get("tempo")), None)
    melody = Melody(
        notes=tuple(notes),
        title=f"{first_line} ({number})" if first_line else f"Chorale {number}",
        key=key,
        meter=meter,
        qpm=float(tempo) if tempo else None,
        pickup=first_bar if first_bar < min(meter.bar_length, second_bar) else 0.0,
        source=name,
        repeats=tuple(repeats),
    )
    return finished(written_out(melody, returns), name)


def _midi(pitch: ElementTree.Element) -> int:
    step, octave, alter = pitch.findtext("step"), pitch.findtext("octave"), pitch.findtext("alter")
    return 12 * (int(octave or 4) + 1) + _PITCH_CLASS[step or "C"] + int(alter or 0)


def _meter(part: ElementTree.Element) -> Meter:
    time = next(part.iter("time"))
    return Meter(int(time.findtext("beats") or 4), int(time.findtext("beat-type") or 4))


def _key(part: ElementTree.Element) -> Key:
    key = next(part.iter("key"))
    return Key.from_fifths(int(key.findtext("fifths") or 0), key.findtext("mode") or "major")


def _first_line(part: ElementTree.Element) -> str:
    """The first words sung, as a hymn is known by; empty when the file has no text."""
    text = ""
    for lyric in part.iter("lyric"):
        if lyric.get("number", "1") == "1":
            text += (lyric.findtext("text") or "").strip()
            text += " " if lyric.findtext("syllabic") in (None, "single", "end") else ""
    words: list[str] = []
    for word in text.lstrip(" 0123456789.").split()[:8]:
        words.append(word)
        if len(words) >= 3 and word[-1] in ",;:.!?/":
            break
    return " ".join(words).rstrip(" ,;:.!?/")


BACH = Collection(
    name=mark("Bach's chorale melodies"),
    about=mark("The sopranos of 394 four-part chorales by Johann Sebastian Bach: hymn tunes, phrase by phrase."),
    licence_note=mark(
        "The music is in the public domain. Most files were made by Margaret Greentree (2004, jsbchorales.net) and are "
        "passed on in music21 with permission; ask before you use the files commercially."
    ),
    files="bach/bwv*.[mx][xm]l",
    read=read_soprano,
    each_tune_once=True,
)
