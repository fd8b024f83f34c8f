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
from pathlib import Path
from typing import IO, Any

from .engraving import on_grid
from .limits import MAX_NOTES, MAX_SCORE_MEMORY, MIN_NOTES
from .melody import Key, Melody, Meter, Note, Repeat, monophonic, to_beats, to_ticks

_SUNG = re.compile(
    r"melod|vocal|voice|voix|sing|lead|solo|sopran|canto|chant|cantus|tune|superius|discant", re.IGNORECASE
)
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
            score = converter.parseData(request["text"], format=request["format"])
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


class _TooManyNotesError(Exception):
    """The score has more notes than we read."""


def _melodies(score: Any) -> list[Melody]:
    from music21 import stream

    scores = score.scores if isinstance(score, stream.Opus) else [score]
    return [_melody(each) for each in scores]


def _melody(score: Any) -> Melody:
    """The highest voice of the first part with a melody, those first whose name says that they sing it."""
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
    tempos = [mark.getQuarterBPM() for mark in marks if mark.number is not None and not mark.numberImplicit]
    metadata = score.metadata
    return Melody(
        on_grid(monophonic(notes)),
        title=(metadata.title or metadata.movementName or "") if metadata else "",
        key=_key(flat),
        meter=meter,
        qpm=round(tempos[0], 9) if tempos and tempos[0] else None,
        pickup=to_beats(to_ticks(pickup)) if meter and pickup < meter.bar_length else 0.0,
        # Only the name of the part: who asks puts the file before it.
        source=(part.partName or "") if len(parts) > 1 else "",
        repeats=tuple(_repeats(part, bars)),
    )


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


def _repeats(part: Any, bars: list[tuple[float, Any]]) -> list[Repeat]:
    """What is the same both times: up to the first ending where there is one."""
    first_endings = {
        id(bar)
        for bracket in part.recurse().getElementsByClass("RepeatBracket")
        if bracket.number.startswith("1")
        for bar in bracket.getSpannedElements()
    }
    repeats: list[Repeat] = []
    start, ending = 0.0, None
    for offset, bar in bars:
        if getattr(bar.leftBarline, "direction", "") == "start":
            start, ending = offset, None
        if id(bar) in first_endings and ending is None:
            ending = offset
        if getattr(bar.rightBarline, "direction", "") == "end":
            end = offset + float(bar.quarterLength) if ending is None else ending
            if end > start:
                repeats.append(Repeat(to_beats(to_ticks(start)), to_beats(to_ticks(end))))
            start, ending = offset + float(bar.quarterLength), None
    return repeats


if __name__ == "__main__":
    main()
