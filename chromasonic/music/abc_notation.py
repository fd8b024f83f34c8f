"""ABC notation, the letters in which folk tunes travel: many tunes a file, read in about a millisecond each.

Where the standard leaves a choice, or files disagree with it:

- an accidental holds to the barline for its letter *in the octave where it is written*, as on a printed staff (the
  standard says in every octave, which few programs do); a file that has a `propagate-accidentals` is obeyed;
- an accidental, comma or apostrophe that belongs to no note is a slip of the typist and passed over;
- of a chord the top note is kept, of several voices the first; grace notes are left out;
- repeats are noted, not played out: a `Repeat` spans what is the same both times. Only where a second ending follows
  the first is the passage written out as it is played, for no one plays two endings in a row;
- `Q:120` counts unit note lengths (`L:`) per minute.

Source: the ABC standard 2.1, https://abcnotation.com/wiki/abc:standard:v2.1
"""

from __future__ import annotations

import re
import time
from functools import lru_cache
from itertools import accumulate, pairwise

from chromasonic.languages import mark

from ..errors import MusicFileError
from .abc_fields import parse_key, parse_meter, parse_shift, parse_tempo, parse_text, parse_unit
from .abc_writer import write_abc
from .engraving import NATURAL_PITCH_CLASS, signature
from .finishing import finished
from .limits import MAX_ABC_BYTES, MAX_ABC_LINE, MAX_ABC_SECONDS, MAX_ABC_TUNES, MAX_NOTES, MIN_NOTES
from .melody import TICKS_PER_BEAT, Key, Melody, Meter, Note, Repeat, to_beats, to_ticks
from .outcome import Reading, Skipped
from .text import decoded, quoted

__all__ = ["read_abc", "write_abc"]

_LINE_END = re.compile(r"\r\n?|\n")
_FIELD = re.compile(r"([A-Za-z+]):(?![|:])")  # `A:|` is a note before a repeat sign
_VOICE = re.compile(r"\[V:([^\[\]]*)\]")
_COMMENT = re.compile(r"(?<!\\)%.*")
_MAILED_LINE_END = re.compile(r"(?:=20|(?<=[ |])=)[ \t]*$")  # a written-out space, or "the line goes on"
_PROPAGATE = re.compile(r"propagate-accidentals\s+(not|octave|pitch)")
_NOTE = r"(?P<accidental>\^{1,2}|_{1,2}|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']*)"
_LENGTH = r"\d{0,4}(?:/{1,4}\d{0,4})?"
_TOKEN = re.compile(
    rf"""{_NOTE}(?P<length>{_LENGTH})(?P<tie>-?)
    |(?P<bar>:*(?:\|\]?|\[\|)+:*|:{{2,}})(?:\s*\[?(?P<ending>\d+)[\d,.\-]*)?
    |(?P<blank>[\s`)\\$*;@]+|\((?!\d))
    |(?P<broken>>{{1,3}}|<{{1,3}})
    |\((?P<tuplet>\d)(?::(?P<into>\d?))?(?::(?P<over>\d?))?
    |(?P<rest>[zx])(?P<rest_length>{_LENGTH})
    |(?P<bars_rest>[ZX])(?P<rest_bars>\d{{0,3}})
    |"[^"]*"|![^!|\s\[\]"]*!|\{{[^}}]*\}}
    |\[(?P<field>[A-Za-z]):(?P<value>[^\]]*)\]
    |\[(?P<first>\d)[\d,.\-]*
    |(?:\[(?P<chord>(?:[^\]\[|"]++|"[^"]*+")*+)\]|\+(?!f+\+)(?P<old_chord>(?:[\^_=]*[A-Ga-g][,']*{_LENGTH}){{2,}})\+)
        (?P<chord_length>{_LENGTH})(?P<chord_tie>-?)
    |\["[^"]*"
    |\+[a-z.<>(){{}}0-9]+\+
    |(?P<overlay>&)
    |y\d*|[.~H-Wh-w!"\]}}+:\-]
    |[\^_=]\d*|[,']+""",
    re.VERBOSE,
)
_ENDING = re.compile(r"\s*(\d)[\d,.\-]*")
_CHORD_NOTE = re.compile(rf'{_NOTE}(?P<length>{_LENGTH})(?P<tie>-?)|"[^"]*"|![^!]*!|.')
_ACCIDENTALS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
_LONGEST_FIELD = 300  # characters; no title or key needs more
_TUPLET_TIME = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}  # p notes in the time of q; 5, 7 and 9 depend on the meter


class _TuneError(Exception):
    """This tune cannot be read."""

    def __init__(self, reason: str) -> None:
        self.reason = reason  # says where and why
        super().__init__(reason)


def _too_many_notes() -> _TuneError:
    return _TuneError(f"this tune has more than {MAX_NOTES:,} notes. Split it into several tunes.")


class _TimeIsUpError(Exception):
    """Reading the file has taken as long as it may."""


class _Sound:
    """A note or rest while it is read: what follows may still change its length."""

    __slots__ = ("is_tied", "pitch", "step", "ticks")

    def __init__(self, ticks: float, pitch: int | None = None, step: str = "", is_tied: bool = False) -> None:
        self.ticks = ticks
        self.pitch = pitch
        self.step = step  # letter and octave as written, where accidentals live
        self.is_tied = is_tied


def read_abc(data: bytes, name: str, *, seconds: float = MAX_ABC_SECONDS) -> Reading:
    """Reads every tune of an ABC file; a tune that cannot be read is listed as skipped.

    Args:
        data: the file.
        name: its name, for messages.
        seconds: of computing that reading may take; what other programs take of the processor does not count.

    Raises:
        MusicFileError: the file holds no tune at all.
    """
    deadline = time.thread_time() + seconds
    lines = _lines(data, name)
    starts = _starts(lines, name)
    header = [field for line in lines[: starts[0]] if (field := _as_field(line)) and field[0] in "LMQI"]
    spans = list(zip(starts, [*starts[1:], len(lines)], strict=True))
    melodies, skipped = [], []
    for number, (start, end) in enumerate(spans[:MAX_ABC_TUNES], 1):
        tune = _Tune(header)
        try:
            tune.read(lines[start:end], start + 1, deadline)
            melody = tune.melody(mark(f"{name}, tune {number}") if len(starts) > 1 else name)
            melodies.append(finished(melody, name))
        except (_TuneError, MusicFileError) as error:
            label = mark(f"{name}, tune {number}") + (f" ({tune.title})" if tune.title else "")
            skipped.append(Skipped(label, error.reason))
        except _TimeIsUpError:
            reason = mark(f"reading this file took longer than {seconds:g} seconds and was stopped here. Split it.")
            return Reading(tuple(melodies), (*skipped, Skipped(mark(f"{name}, from tune {number} on"), reason)))
    if len(spans) > MAX_ABC_TUNES:
        reason = mark(f"a file may have {MAX_ABC_TUNES:,} tunes, and this has {len(spans):,}. Split it.")
        skipped.append(Skipped(mark(f"{name}, from tune {MAX_ABC_TUNES + 1:,} on"), reason))
    return Reading(tuple(melodies), tuple(skipped))


def _lines(data: bytes, name: str) -> list[str]:
    if len(data) > MAX_ABC_BYTES:
        raise MusicFileError(name, f"an ABC file may have {MAX_ABC_BYTES >> 20} MiB, and this is larger. Split it.")
    text = decoded(data)
    if "\0" in text:
        raise MusicFileError(name, "this is no ABC text, though its name says so. Export the tune as ABC again.")
    lines, is_prose = [], False
    for line in _LINE_END.split(text):
        # `%%begintext` begins prose for the printed page; blanked with a comment, so that line numbers stay.
        is_prose = (is_prose or line.startswith("%%begintext")) and not line.startswith("%%endtext")
        if not line.startswith("Q:"):  # where “=20” is a slow tempo; elsewhere a tune has once travelled by e-mail
            line = _MAILED_LINE_END.sub("", line)
        lines.append("%" if is_prose else line.replace("=3D", "="))
    return lines


def _starts(lines: list[str], name: str) -> list[int]:
    """The places of the lines where a tune begins: each `X:`, and the first line when its key stands before them."""
    starts = [i for i, line in enumerate(lines) if line.startswith("X:")]
    first_key = next((i for i, line in enumerate(lines) if line.startswith("K:")), None)
    if first_key is not None and (not starts or first_key < starts[0]):
        starts.insert(0, 0)
    if not starts:
        raise MusicFileError(name, "no tune found: in ABC each tune begins with a line such as “X:1” and has a "
                                   "line “K:” for its key. Check that this is an ABC file.")  # fmt: skip
    return starts


def _as_field(line: str) -> tuple[str, str] | None:
    """The letter and the value of an information field; `%%…` is another spelling of the field `I:`."""
    if line.startswith("%%"):
        return "I", line[2:]
    found = _FIELD.match(line)
    return (found[1], _COMMENT.sub("", line[2:])) if found else None


class _Tune:
    """One tune while it is read, line by line and sign by sign."""

    def __init__(self, file_header: list[tuple[str, str]]) -> None:
        self.title = ""
        self.key: Key | None = None
        self.meter: Meter | None = None  # the first
        self.meter_now: Meter | None = None
        self.qpm: float | None = None
        self.sounds: list[_Sound] = []
        self.unit: float | None = None  # `L:` in ticks
        self.tempo = ""  # `Q:` as written: it may count units, which the header may name later
        self.signature = signature(None)
        self.shift = 0  # semitones from what is written to what sounds
        self.accidentals: dict[str, int] = {}  # since the last barline
        self.propagates = "octave"  # where an accidental holds: in its octave, for its "pitch" class, or "not"
        self.stretch = 1.0  # broken rhythm waiting for the next sound
        self.tuplet = (0, 1.0)  # sounds to come, and their ratio
        self.first_voice = self.voice = ""
        self.in_body = False  # after the first key
        self.in_overlay = False  # after `&`, a second voice within the bar
        self.pickup_at: int | None = None  # these marks are places among the sounds
        self.bar_at = 0
        self.section_at = 0
        self.section_is_marked = False
        self.first_ending_at: int | None = None
        self.endings_of = (0, 0)  # the passage that comes before each ending
        self.last_ending = 0  # its number; 0 where no second can follow
        self.repeats: list[tuple[int, int]] = []
        for letter, value in file_header:
            self._field(letter, value)

    def read(self, lines: list[str], first_line: int, deadline: float) -> None:
        for number, line in enumerate(lines, first_line):
            if time.thread_time() > deadline:
                raise _TimeIsUpError
            if not line.strip():
                if self.sounds:
                    break  # an empty line ends a tune, and no comment does; what follows is prose
                continue
            try:
                field = _as_field(line)
                if field:
                    self._field(*field)
                    self.in_body = self.in_body or field[0] == "K"
                elif self.in_body:
                    if len(line) > MAX_ABC_LINE:
                        raise _TuneError(f"a line may have {MAX_ABC_LINE:,} characters, and this is longer. Break it.")
                    self._music(_COMMENT.sub("", line))
            except _TuneError as error:
                raise _TuneError(f"line {number}: {error}") from None
        if not self.in_body:
            raise _TuneError(f"line {first_line}: this tune has no key line, so its music cannot be found. "
                             "Add a line such as “K:G” before the notes.")  # fmt: skip

    def melody(self, source: str) -> Melody:
        ends = list(accumulate((sound.ticks for sound in self.sounds), initial=0.0))
        places = [0]  # of the start of each sound, in ticks; the last is the end
        for sound, end in zip(self.sounds, ends[1:], strict=True):
            places.append(max(round(end), places[-1] + (sound.pitch is not None)))  # the shortest note lasts one tick
        line: list[tuple[int, int, int]] = []  # start, end in ticks, pitch
        open_step = ""  # the note before is tied to the same letter and octave
        for sound, (start, end) in zip(self.sounds, pairwise(places), strict=True):
            if sound.pitch is not None:
                if line and sound.step == open_step and line[-1][2] == sound.pitch:
                    start = line.pop()[0]
                line.append((start, end, sound.pitch))
            open_step = sound.step if sound.is_tied else ""
        notes = tuple(Note(to_beats(start), to_beats(end - start), pitch) for start, end, pitch in line)
        if len(notes) < MIN_NOTES:
            count = mark("only one note") if notes else mark("no notes")
            raise _TuneError(f"this tune has {count}. Add the notes after its key line “K:”.")
        first_bar = places[self.pickup_at] if self.pickup_at is not None and self.pickup_at < len(self.sounds) else 0
        is_short = self.meter is not None and first_bar < to_ticks(self.meter.bar_length)
        return Melody(
            notes,
            title=self.title,
            key=self.key and _moved(self.key, self.shift),
            meter=self.meter,
            qpm=self.qpm,
            pickup=to_beats(first_bar) if is_short else 0.0,
            source=source,
            repeats=tuple(Repeat(to_beats(places[a]), to_beats(places[b])) for a, b in self.repeats),
        )

    def _field(self, letter: str, value: str) -> None:
        value = value[:_LONGEST_FIELD].strip()
        if letter == "V":
            voice = value.split()[0] if value else ""
            self.first_voice = self.first_voice or ("1" if self.sounds else voice)
            self.voice = voice if self.in_body else self.first_voice  # before the key, voices are only announced
            if voice == self.first_voice:
                self._shift(value)
        elif self.voice != self.first_voice:
            return
        elif letter == "T":
            self.title = self.title or parse_text(value)
        elif letter == "L":
            self.unit = parse_unit(value)
            if not self.unit:
                raise _TuneError(f"{quoted(f'L:{value}')} is no note length. Write one such as “L:1/8”.")
        elif letter == "M":
            self.meter_now = parse_meter(value)
            if not self.sounds:
                self.meter = self.meter_now
        elif letter == "I":
            found = _PROPAGATE.match(value)
            self.propagates = found[1] if found else self.propagates
        elif letter == "Q" and not self.sounds:
            self.tempo = value
            self.qpm = parse_tempo(self.tempo, self._unit())
        elif letter == "K":
            self._shift(value)
            key = parse_key(value)
            if key is None:
                name = quoted(f"K:{value}")
                raise _TuneError(f"{name} is no key that ABC knows. Write one such as “K:G”, “K:Em” or “K:Ador”.")
            if key.is_silent:  # only a clef: the key stays
                return
            self.signature = key.signature
            if not self.sounds:
                self.key = key.key
                self.unit = self._unit()
                self.qpm = parse_tempo(self.tempo, self.unit)

    def _shift(self, value: str) -> None:
        shift = parse_shift(value)
        self.shift = self.shift if shift is None else shift

    def _unit(self) -> float:
        """The unit note length in ticks: the one named, or the meter's: short meters (under 3/4) count sixteenths."""
        if self.unit:
            return self.unit
        return TICKS_PER_BEAT / (4 if self.meter and self.meter.bar_length < 3 else 2)

    def _music(self, line: str) -> None:
        parts = _VOICE.split(line)  # text, voice, text, voice, …, text
        self._voice_music(parts[0])
        for voice, text in zip(parts[1::2], parts[2::2], strict=True):
            self._field("V", voice)
            self._voice_music(text)

    def _voice_music(self, text: str) -> None:
        if self.voice != self.first_voice:
            return
        ending = _ENDING.match(text) if self.bar_at == len(self.sounds) else None  # its barline ends the line before
        if ending:
            self._ending(int(ending[1]))
        place, length = ending.end() if ending else 0, len(text)
        while place < length:
            sign = _TOKEN.match(text, place)
            if sign is None:
                raise _TuneError(f"{quoted(text[place])} at place {place + 1} of the line means nothing in ABC. "
                                 "Correct the line and add the file again.")  # fmt: skip
            place = sign.end()
            if sign["bar"]:
                self._bar(sign["bar"], sign["ending"])
            elif self.in_overlay:
                continue
            elif sign["letter"]:
                self._add(self._note(sign))
            elif sign["broken"]:
                self._break(sign["broken"])
            elif sign["rest"]:
                self._add(_Sound(_length(sign["rest_length"]) * self._unit()))
            elif sign["tuplet"]:
                self._start_tuplet(int(sign["tuplet"]), int(sign["into"] or 0), int(sign["over"] or 0))
            elif sign["chord"] or sign["old_chord"]:
                self._chord(sign)
            elif sign["field"]:
                self._field(sign["field"], sign["value"])
            elif sign["first"]:
                self._ending(int(sign["first"]))
            elif sign["bars_rest"]:
                bar = (self.meter_now or Meter()).bar_length * TICKS_PER_BEAT
                self._add(_Sound(int(sign["rest_bars"] or 1) * bar))
            elif sign["overlay"]:
                self.in_overlay = True

    def _note(self, sign: re.Match[str]) -> _Sound:
        letter, marks = sign["letter"], sign["octave"]
        octave = 5 + letter.islower() + marks.count("'") - marks.count(",")  # in MIDI's count, where 60 = 12 * 5
        upper = letter.upper()
        step = f"{upper}{octave}"
        pitch = NATURAL_PITCH_CLASS[upper] + 12 * octave
        accidental = sign["accidental"]
        before = self.sounds[-1] if self.sounds else None
        held = upper if self.propagates == "pitch" else step
        if accidental and self.propagates != "not":
            self.accidentals[held] = _ACCIDENTALS[accidental]
        if not accidental and before and before.is_tied and before.step == step and before.pitch is not None:
            pitch = before.pitch  # a tie carries its accidental over the barline
        elif accidental:
            pitch += self.shift + _ACCIDENTALS[accidental]
        else:
            pitch += self.shift + self.accidentals.get(held, self.signature[upper])
        if not 0 <= pitch <= 127:
            raise _TuneError(
                f"{quoted(sign[0])} lies outside what any instrument plays. Remove some of its octave marks."
            )
        return _Sound(_length(sign["length"]) * self._unit(), pitch, step, is_tied=bool(sign["tie"]))

    def _chord(self, sign: re.Match[str]) -> None:
        notes = [
            self._note(note) for note in _CHORD_NOTE.finditer(sign["chord"] or sign["old_chord"]) if note["letter"]
        ]
        if notes:
            top = max(notes, key=lambda note: note.pitch or 0)
            top.ticks = notes[0].ticks * _length(sign["chord_length"])  # a chord lasts as long as its first note
            top.is_tied = top.is_tied or bool(sign["chord_tie"])
            self._add(top)

    def _add(self, sound: _Sound) -> None:
        if len(self.sounds) >= MAX_NOTES:
            raise _too_many_notes()
        sound.ticks *= self.stretch
        self.stretch = 1.0
        left, ratio = self.tuplet
        if left:
            sound.ticks *= ratio
            self.tuplet = (left - 1, ratio)
        self.sounds.append(sound)

    def _break(self, signs: str) -> None:
        """Broken rhythm: `A>B` dots A and halves B; two signs dot twice and quarter."""
        if not self.sounds or self.stretch != 1.0:  # one is waiting already: more would lengthen the note for ever
            return
        short = 0.5 ** len(signs)
        before, self.stretch = (2 - short, short) if signs[0] == ">" else (short, 2 - short)
        self.sounds[-1].ticks *= before

    def _start_tuplet(self, notes: int, into: int, over: int) -> None:
        """`notes` in the time of `into`, for the next `over` sounds."""
        if notes == 0:
            raise _TuneError("a tuplet of 0 notes. Write one such as “(3ABc”.")
        meter = self.meter_now
        is_compound = meter is not None and meter.beats % 3 == 0 and meter.beats > 3
        into = into or _TUPLET_TIME.get(notes, 3 if is_compound else 2)
        self.tuplet = (over or notes, into / notes)

    def _bar(self, bar: str, ending: str | None) -> None:
        here = self.bar_at = len(self.sounds)
        self.accidentals.clear()
        self.in_overlay = False
        if here and self.pickup_at is None:
            self.pickup_at = here
        if bar.startswith(":"):
            end = here if self.first_ending_at is None else self.first_ending_at
            if end > self.section_at:
                self.repeats.append((self.section_at, end))
        is_heavy = bar.strip(":") not in ("|", "")
        if ":" in bar or (is_heavy and not self.section_is_marked):
            self.section_at, self.first_ending_at = here, None
            self.section_is_marked = bar.endswith(":")
            self.last_ending = 0 if self.section_is_marked else self.last_ending
        if ending:
            self._ending(int(ending))

    def _ending(self, number: int) -> None:
        here = len(self.sounds)
        if number == 1:
            self.first_ending_at, self.endings_of, self.last_ending = here, (self.section_at, here), 1
            return
        if 0 < self.last_ending < number:
            self._play_again()
            self.last_ending = number
        # A second ending is often closed by `:|` too, though nothing is to be played again.
        self.first_ending_at = self.section_at

    def _play_again(self) -> None:
        """Writes out what comes before a second ending."""
        start, end = self.endings_of
        if len(self.sounds) + end - start > MAX_NOTES:
            raise _too_many_notes()
        if self.repeats[-1:] == [self.endings_of]:
            self.repeats.pop()
        self.sounds += [_Sound(sound.ticks, sound.pitch, sound.step, sound.is_tied) for sound in self.sounds[start:end]]
        self.section_at = self.bar_at = len(self.sounds)


def _moved(key: Key, semitones: int) -> Key:
    """The key that sounds when `key` is written: of its names, the one with the fewest sharps or flats."""
    return Key.from_fifths((key.fifths + 7 * semitones + 5) % 12 - 5, key.mode) if semitones % 12 else key


@lru_cache(maxsize=1024)
def _length(text: str) -> float:
    """A note length such as `3`, `/`, `//` or `3/2`, in unit note lengths."""
    whole = text.rstrip("/") if text.endswith("/") else text
    top, slash, bottom = whole.partition("/")
    below = int(bottom.strip("/")) if slash else 2 ** (len(text) - len(whole))
    length = int(top or 1) / below if below else 0.0
    if not length:
        raise _TuneError(f"“{text}” is no note length. Write one such as 2 or 3/2.")
    return length
