"""The process that reads scores with music21: a file that makes it hang or swell costs this process, nothing more.

`python -m chromasonic.music.score_child` answers requests on its standard input until that closes. A message is its
length in 8 bytes, then JSON. The first message out says that music21 is loaded.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from .endings import Return, written_out
from .engraving import on_grid
from .limits import MAX_NOTES, MAX_SCORE_MEMORY, MIN_NOTES
from .melody import Key, Melody, Meter, Note, Repeat, monophonic, to_beats, to_ticks

_SUNG = re.compile(
    r"melod|vocal|voice|voix|sing|lead|solo|sopran|canto|chant|cantus|tune|superius|discant", re.IGNORECASE
)
_WRITTEN_NOTE = re.compile(r"<note[\s>](?:(?!</?note[\s>]).)*</note>", re.DOTALL)
_PITCH_OR_TIE = re.compile(r"<(pitch|unpitched)>.*?</\1>|<tied? [^>]*>", re.DOTALL)
_LENGTH_BYTES = 8
_MODES = ("major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "aeolian", "ionian", "locrian")


def send(stream: IO[bytes], message: Any) -> None:
    """Writes one message."""
    data = json.dumps(message).encode()
    stream.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Reads one message; None when the other side has closed."""
    head = stream.read(_LENGTH_BYTES)
    if len(head) < _LENGTH_BYTES:
        return None
    length = int.from_bytes(head, "big")
    data = stream.read(length)
    return json.loads(data) if len(data) == length else None


def main() -> None:
    """Answers requests until standard input closes."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what music21 prints is no answer
    from music21 import converter

    _limit_memory()
    send(answers, "ready")
    while (request := receive(sys.stdin.buffer)) is not None:
        _set_alarm(2 * request["seconds"] + 1)  # should whoever asked be gone, so that no one else would end this
        try:
            score = converter.parseData(_without_cues(request["text"]), format=request["format"])
            if "<transpose" in request["text"]:
                score.toSoundingPitch(inPlace=True)  # a clarinet in B flat sounds lower than it is written
            answer: dict[str, Any] = {"tunes": [melody.to_json() for melody in _melodies(score)]}
        except _TooManyNotesError:
            answer = {"problem": "notes"}
        except MemoryError:
            answer = {"problem": "memory"}
        except Exception as error:  # music21 raises whatever its many parsers raise: any of it means "not understood"
            answer = {"problem": "content", "line": getattr(error, "position", (None,))[0]}
        _set_alarm(0)
        send(answers, answer)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):  # only Linux counts so; the time limit holds everywhere
        import resource

        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + MAX_SCORE_MEMORY,) * 2)


def _set_alarm(seconds: float) -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _without_cues(text: str) -> str:
    """MusicXML in which cue notes, which another player plays, are rests; its lines keep their numbers."""
    return _WRITTEN_NOTE.sub(_cue_silenced, text) if "<cue" in text else text


def _cue_silenced(found: re.Match[str]) -> str:
    note = found[0]
    if "<cue" not in note or "<grace" in note:  # grace notes are left out later, and take no time
        return note
    if "<chord" in note:
        return "\n" * note.count("\n")
    return _PITCH_OR_TIE.sub(lambda part: "<rest/>" * bool(part[1]) + "\n" * part[0].count("\n"), note)


class _TooManyNotesError(Exception):
    """The score has more notes than we read."""


def _melodies(score: Any) -> list[Melody]:
    from music21 import stream

    scores = score.scores if isinstance(score, stream.Opus) else [score]
    return [_melody(each) for each in scores]


def _melody(score: Any) -> Melody:
    """The line of the first part with a melody, those first whose name says that they sing it.

    Where several notes begin together the highest is kept, and held until the next begins, in whatever voice.
    """
    parts = list(getattr(score, "parts", ())) or [score]
    for part in sorted(parts, key=lambda each: not _SUNG.search(getattr(each, "partName", None) or "")):
        flat = part.flatten()
        notes = _notes(flat)
        if len(notes) >= MIN_NOTES:  # and not the drums
            break
    meter = next((Meter(t.numerator, t.denominator) for t in flat.getElementsByClass("TimeSignature")), None)
    bars = [(float(bar.offset), bar) for bar in part.getElementsByClass("Measure")]
    pickup = bars[1][0] - bars[0][0] if len(bars) > 1 else 0.0
    marks = score.flatten().getElementsByClass("MetronomeMark")
    tempos = [  # printed, or only heard; words such as Allegro name no number
        mark.getQuarterBPM() for mark in marks if mark.numberSounding or (mark.number and not mark.numberImplicit)
    ]
    metadata = score.metadata
    repeats, returns = _repeats(part, bars)
    played_again = sum(back.start <= note.onset < back.end for back in returns for note in notes)
    if len(notes) + played_again > MAX_NOTES:
        raise _TooManyNotesError
    melody = Melody(
        on_grid(monophonic(on_grid(notes))),  # first on the grid, where the shortest lasts a tick and hides no other
        title=(metadata.title or metadata.movementName or "") if metadata else "",
        key=_key(flat),
        meter=meter,
        qpm=round(tempos[0], 9) if tempos and tempos[0] else None,
        pickup=to_beats(to_ticks(pickup)) if meter and pickup < meter.bar_length else 0.0,
        # Only the name of the part: who asks puts the file before it.
        source=(part.partName or "") if len(parts) > 1 else "",
        repeats=tuple(repeats),
    )
    melody = written_out(melody, returns)
    return replace(melody, notes=on_grid(melody.notes))


def _notes(flat: Any) -> list[Note]:
    """The top notes with ties merged; grace notes, chord symbols and drums are left out."""
    notes: list[Note] = []
    tied: dict[int, int] = {}  # pitch: place in `notes` of the note that a tie holds open
    for element in flat.notes:
        if element.duration.isGrace or not element.quarterLength or "Harmony" in element.classes:
            continue
        heads = [head for head in getattr(element, "notes", [element]) if hasattr(head, "pitch")]
        if not heads:
            continue
        head = max(heads, key=lambda each: each.pitch.midi)
        onset, duration, pitch = float(element.offset), float(element.quarterLength), head.pitch.midi
        tie = head.tie.type if head.tie else None
        place = tied.pop(pitch, None) if tie in ("stop", "continue") else None
        if place is not None and to_ticks(notes[place].end) == to_ticks(onset):
            notes[place] = notes[place]._replace(duration=onset + duration - notes[place].onset)
        else:
            place = len(notes)
            notes.append(Note(onset, duration, pitch))
        if tie in ("start", "continue"):
            tied[pitch] = place
        if len(notes) > MAX_NOTES:
            raise _TooManyNotesError
    return notes


def _key(flat: Any) -> Key | None:
    signatures = list(flat.getElementsByClass("KeySignature"))
    if not signatures or signatures[0].sharps is None:
        return None
    first = next((s for s in signatures if s.offset == signatures[0].offset and "Key" in s.classes), signatures[0])
    mode = getattr(first, "mode", None)
    return Key.from_fifths(first.sharps, mode if mode in _MODES else "major")


def _repeats(part: Any, bars: list[tuple[float, Any]]) -> tuple[list[Repeat], list[Return]]:
    """What is the same both times, up to the first ending where there is one; and where a second ending follows."""
    brackets = list(part.recurse().getElementsByClass("RepeatBracket"))
    first_endings = {id(b) for bracket in brackets if bracket.number[:1] == "1" for b in bracket.getSpannedElements()}
    later_endings = {id(bracket.getFirst()) for bracket in brackets if bracket.number[:1] != "1"}
    repeats: list[Repeat] = []
    returns: list[Return] = []
    start, ending = 0.0, None
    passage: Repeat | None = None  # what comes before each ending
    for offset, bar in bars:
        if getattr(bar.leftBarline, "direction", "") == "start":
            start, ending, passage = offset, None, None
        if id(bar) in first_endings and ending is None:
            ending = offset
            passage = Repeat(to_beats(to_ticks(start)), to_beats(to_ticks(offset)))
        elif id(bar) in later_endings and passage:
            returns.append(Return(to_beats(to_ticks(offset)), *passage))
            start = ending = offset  # should a repeat sign close this ending too, nothing is to be played again
        if getattr(bar.rightBarline, "direction", "") == "end":
            end = offset + float(bar.quarterLength) if ending is None else ending
            if end > start:
                repeats.append(Repeat(to_beats(to_ticks(start)), to_beats(to_ticks(end))))
            start, ending = offset + float(bar.quarterLength), None
    return repeats, returns


if __name__ == "__main__":
    main()
