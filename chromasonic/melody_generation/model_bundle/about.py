"""What a model bundle says about its model, as small frozen records that go to JSON and come back looked at."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, TypeVar

from chromasonic import checks
from chromasonic.errors import SettingsError
from chromasonic.melody_generation.families import MODEL_LABELS
from chromasonic.melody_generation.sizes import LARGEST, MAX_BATCH_SIZE, MAX_CONTEXT, MAX_EPOCHS, MAX_SEED
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.music.limits import FASTEST_QPM
from chromasonic.music.melody import Melody, Meter, interval_shape

MOST_TUNES = 200_000
MOST_LESSONS = 100
LONGEST_NAME = 100  # characters
_LONGEST_TEXT = 10_000
_A_PRINT = re.compile(r"[0-9a-f]{16}")

Record = TypeVar("Record")


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """How well a model with these settings predicted tunes it had not heard, before one learned from everything.

    Losses are in nats per token; what was not measured is None.
    """

    n_tunes: int
    loss: float
    is_of_parts: bool = False  # there were too few tunes to hold some back, so the ends of all of them were
    low: float | None = None  # with 95 % confidence the loss lies from here
    high: float | None = None  # to here
    untuned: float | None = None  # the default settings on the same tunes
    ngram: float | None = None  # counting what follows what
    uniform: float | None = None  # guessing blindly


@dataclass(frozen=True, kw_only=True)
class MusicAbout:
    """The music a model learned from."""

    name: str
    fingerprint: str = ""
    n_tunes: int = 0
    sources: tuple[str, ...] = ()  # names of collections and files
    licences: tuple[str, ...] = ()  # what is said about the use of the collections among them


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """One training: the first on all the music of a search, any later one where somebody went on."""

    music: str
    n_tunes: int  # learned from
    epochs: int
    learning_rate: float
    batch_size: int
    when: str  # ISO 8601
    loss_before: float | None = None  # nats per token, on the tunes of `n_judged`
    loss_after: float | None = None
    n_judged: int = 0  # tunes it was judged by
    is_unheard: bool = False  # whether the model had heard none of those


@dataclass(frozen=True, kw_only=True)
class ModelAbout:
    """Everything about a finished model but its weights.

    Raises:
        SettingsError: a value is outside what it may be; names the field.
    """

    name: str
    family: str  # a key of MODEL_FAMILIES
    arguments: dict[str, Any]  # of its constructor
    context: int  # tokens it sees at once
    music: MusicAbout
    seed: int = 0
    transpose: bool = False  # whether each phrase was moved to another key in each epoch
    temperature: float = 0.9  # with these it sings unless it is told otherwise
    bars: int = 16
    meter: tuple[int, int] = (4, 4)
    qpm: float = 120.0
    held_out: HeldOut | None = None
    search: str = ""  # the name of the one that found its settings
    n_trials: int = 0
    search_seconds: float = 0.0
    families: tuple[str, ...] = ()  # among which the search chose
    params: dict[str, float] = field(default_factory=dict)  # the six settings that it found
    lessons: tuple[Lesson, ...] = ()
    heard: tuple[str, ...] = ()  # a print of each tune that it learned from; see `tune_print`
    created: str = ""  # ISO 8601

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", tidy_name(self.name))
        if self.family not in MODEL_LABELS:
            raise SettingsError("family", f"needs one of {', '.join(MODEL_LABELS)}, but is {checks.shown(self.family)}")
        checks.record_of("arguments", self.arguments, {*LARGEST, "dropout"})
        for name, largest in LARGEST.items():
            checks.whole(name, self.arguments.get(name), at_least=1, at_most=largest)
        checks.number("dropout", self.arguments.get("dropout"), at_least=0, below=1)
        if self.arguments["vocab_size"] != VOCABULARY.size:
            raise SettingsError("vocab_size", f"needs {VOCABULARY.size}, the size of the vocabulary of melodies")
        checks.whole("context", self.context, at_least=1, at_most=MAX_CONTEXT)
        checks.instance("music", self.music, MusicAbout, "a MusicAbout(…)")
        checks.whole("seed", self.seed, at_least=0, at_most=MAX_SEED)
        checks.instance("transpose", self.transpose, bool, "True or False")
        checks.number("temperature", self.temperature, above=0, at_most=100)
        checks.whole("bars", self.bars, at_least=1, at_most=256)
        checks.number("qpm", self.qpm, above=0, at_most=FASTEST_QPM)
        if not Meter(*self.meter).bar_length > 0:
            raise SettingsError("meter", "needs a meter, such as (4, 4)")

    @property
    def n_epochs(self) -> int:
        """Passes through the music in all lessons."""
        return sum(lesson.epochs for lesson in self.lessons)

    def to_json(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Plain values for settings.json and for music.json, which `from_json` turns back into an equal record."""
        settings = asdict(self)
        return settings, {**settings.pop("music"), "heard": list(settings.pop("heard"))}

    @classmethod
    def from_json(cls, settings: Mapping[str, Any], music: Mapping[str, Any]) -> ModelAbout:
        """The record that `to_json` wrote, each value of it looked at.

        Raises:
            SettingsError: a field is missing, unknown, or its value is not allowed.
        """
        known = {f.name for f in fields(cls)} - {"music", "heard"}
        settings = dict(checks.record_of("settings", settings, known))
        music = dict(checks.record_of("music", music, {*(f.name for f in fields(MusicAbout)), "heard"}))
        heard = _list("heard", music.pop("heard", []), MOST_TUNES)
        if not all(isinstance(one, str) and _A_PRINT.fullmatch(one) for one in heard):
            raise SettingsError("heard", "needs prints of tunes, 16 hexadecimal digits each")
        read: dict[str, Callable[[Any], Any]] = {
            "name": lambda v: _text("name", v),
            "search": lambda v: _text("search", v),
            "created": lambda v: _moment("created", v),
            "n_trials": lambda v: checks.whole("n_trials", v, at_least=0, at_most=10**9),
            "search_seconds": lambda v: checks.number("search_seconds", v, at_least=0, at_most=1e12),
            "families": lambda v: tuple(_text("families", one) for one in _list("families", v, MOST_LESSONS)),
            "meter": lambda v: _meter(v),
            "params": _params,
            "held_out": lambda v: None if v is None else _held_out(v),
            "lessons": lambda v: tuple(_lesson(one) for one in _list("lessons", v, MOST_LESSONS)),
        }
        values = {name: read.get(name, lambda v: v)(value) for name, value in settings.items()}
        return _made(cls, {**values, "music": _music(music), "heard": tuple(heard)})


def tidy_name(name: str) -> str:
    """A name for a model: without spaces around it, and none that cannot be seen.

    Raises:
        SettingsError: it cannot be used.
    """
    name = unicodedata.normalize("NFC", checks.instance("name", name, str, "a name, such as “My reels”")).strip()
    if not name or len(name) > LONGEST_NAME:
        raise SettingsError("name", f"needs 1 to {LONGEST_NAME} characters, but has {len(name)}")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name):
        raise SettingsError("name", "holds a line break or another invisible sign. Type it again without")
    return name


def tune_print(melody: Melody) -> str:
    """16 hexadecimal digits by which a tune is known again in whatever key, and from which nobody can sing it."""
    shape = interval_shape(checks.instance("melody", melody, Melody, "a Melody(…)"))
    return hashlib.sha256(repr(shape).encode()).hexdigest()[:16]


def prints_of(sequences: Sequence[Sequence[int]]) -> tuple[str, ...]:
    """The prints of tunes that are given as tokens of VOCABULARY, each once, sorted."""
    return tuple(sorted({tune_print(VOCABULARY.decode(tokens)) for tokens in sequences}))


def now() -> str:
    """This moment, as a record has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


# ---- from a stranger's JSON ------------------------------------------------------------------------------------------


def _made(kind: type[Record], values: Mapping[str, Any]) -> Record:
    try:
        return kind(**values)
    except TypeError as error:  # something is missing, or not of a kind that can be looked at
        raise SettingsError(kind.__name__, f"needs its fields ({error})") from error


def _text(field: str, value: Any) -> str:
    text: str = checks.instance(field, value, str, "a text")
    if len(text) > _LONGEST_TEXT or any(unicodedata.category(character) == "Cs" for character in text):
        raise SettingsError(field, "needs a text of bearable length")
    return text


def _list(field: str, value: Any, most: int) -> list[Any]:
    found: list[Any] = checks.instance(field, value, list, "a list")
    if len(found) > most:
        raise SettingsError(field, f"needs at most {most:,} entries, but has {len(found):,}")
    return found


def _moment(field: str, value: Any) -> str:
    text = _text(field, value)
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="seconds") if text else ""
    except (ValueError, OverflowError) as error:
        raise SettingsError(field, f"needs a moment, but is {checks.shown(text)}") from error


def _loss(field: str, value: Any) -> float:
    return checks.number(field, value, at_least=-1e6, at_most=1e6)


def _or_none(field: str, value: Any) -> float | None:
    return None if value is None else _loss(field, value)


def _count(field: str, value: Any, most: int = 10_000_000) -> int:
    return checks.whole(field, value, at_least=0, at_most=most)


def _meter(value: Any) -> tuple[int, int]:
    parts = _list("meter", value, 2)
    if len(parts) != 2:
        raise SettingsError("meter", "needs two numbers, such as [4, 4]")
    beats = checks.whole("meter", parts[0], at_least=1, at_most=64)
    unit = checks.whole("meter", parts[1], at_least=1, at_most=64)
    if unit & (unit - 1):
        raise SettingsError("meter", f"needs a lower number that is a power of two, but is {unit}")
    return beats, unit


def _params(value: Any) -> dict[str, float]:
    params = checks.instance("params", value, Mapping, "a record")
    if len(params) > 20:
        raise SettingsError("params", "needs the six settings")
    return {
        _text("params", name): checks.number("params", v, at_least=-1e12, at_most=1e12) for name, v in params.items()
    }


def _held_out(value: Any) -> HeldOut:
    known = [f.name for f in fields(HeldOut)]
    record = checks.record_of("held_out", value, known)
    losses = {
        name: _or_none(name, record.get(name)) for name in known if name not in ("n_tunes", "loss", "is_of_parts")
    }
    return HeldOut(
        n_tunes=_count("n_tunes", record.get("n_tunes")),
        loss=_loss("loss", record.get("loss")),
        is_of_parts=checks.instance("is_of_parts", record.get("is_of_parts", False), bool, "True or False"),
        **losses,
    )


def _music(value: Mapping[str, Any]) -> MusicAbout:
    return MusicAbout(
        name=_text("music", value.get("name")),
        fingerprint=_text("fingerprint", value.get("fingerprint", "")),
        n_tunes=_count("n_tunes", value.get("n_tunes", 0)),
        sources=tuple(_text("sources", one) for one in _list("sources", value.get("sources", []), 10_000)),
        licences=tuple(_text("licences", one) for one in _list("licences", value.get("licences", []), 100)),
    )


def _lesson(value: Any) -> Lesson:
    record = checks.record_of("lesson", value, [f.name for f in fields(Lesson)])
    return Lesson(
        music=_text("music", record.get("music")),
        n_tunes=_count("n_tunes", record.get("n_tunes")),
        epochs=_count("epochs", record.get("epochs"), MAX_EPOCHS),
        learning_rate=checks.number("learning_rate", record.get("learning_rate"), above=0, at_most=1e6),
        batch_size=checks.whole("batch_size", record.get("batch_size"), at_least=1, at_most=MAX_BATCH_SIZE),
        when=_moment("when", record.get("when")),
        loss_before=_or_none("loss_before", record.get("loss_before")),
        loss_after=_or_none("loss_after", record.get("loss_after")),
        n_judged=_count("n_judged", record.get("n_judged", 0)),
        is_unheard=checks.instance("is_unheard", record.get("is_unheard", False), bool, "True or False"),
    )
