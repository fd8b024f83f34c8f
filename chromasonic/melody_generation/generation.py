"""A model sings: new melodies, or a melody continued."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random

import torch
from torch import Tensor, nn

from chromasonic.checks import instance, number, shown, token_sequences, whole
from chromasonic.errors import ModelError, SettingsError
from chromasonic.languages import mark, say
from chromasonic.music.checked import checked_key, checked_melody, checked_meter
from chromasonic.music.key_finding import estimated_key
from chromasonic.music.limits import FASTEST_QPM, MAX_NOTES
from chromasonic.music.melody import Key, Melody, Meter, Note, to_beats, to_ticks
from chromasonic.music.originality import KnownMusic

from .datasets import DEFAULT_CONTEXT
from .models import MelodyModel
from .sampling import Listener, draw
from .sizes import LARGEST, MAX_CONTEXT, MAX_NEW_TOKENS, MAX_SEED
from .tokenization import HIGHEST_PITCH, LOWEST_PITCH, PIANO, VOCABULARY, pitch_name

MAX_BARS, MAX_VARIATIONS = 256, 64
"""Beyond these a musician would wait for minutes."""

SHORTEST_COPY = 2
"""Notes in a row that may always be like those of known music: every interval has been sung before."""


COMMON_TIME = Meter(4, 4)
CONTINUED = mark(", continued")


@dataclass(frozen=True, kw_only=True)
class GenerationConfig:
    """How a model sings; each default says why it is what it is.

    Raises:
        SettingsError: a value is outside what it may be; names the field.
    """

    temperature: float = 1.0  # as adventurous as the music it learned; lower is calmer, higher wilder
    top_k: int | None = None  # choose among the so many likeliest tokens only; None: all
    top_p: float | None = 0.95  # leaves out the unlikeliest 5 %, where the slips are; None: all
    bars: int = 16  # the length of most dance tunes
    meter: Meter = COMMON_TIME  # what a bar is
    qpm: float = 120.0  # quarter notes per minute
    lowest: int = LOWEST_PITCH  # MIDI numbers; what is sung stays within these two, by itself the whole piano
    highest: int = HIGHEST_PITCH
    key: Key | None = None  # only the notes of its scale are sung; None: all notes, as in the music it learned
    variations: int = 1
    seed: int = 0  # the same seed gives the same melodies, and more variations leave the first ones as they are
    longest_copy: int | None = None  # notes in a row that may be like those in the music it learned; None: any number

    def __post_init__(self) -> None:
        top_k = 1 if self.top_k is None else self.top_k
        for name, value, most in (
            ("bars", self.bars, MAX_BARS),
            ("variations", self.variations, MAX_VARIATIONS),
            ("top_k", top_k, LARGEST["vocab_size"]),
        ):
            whole(name, value, at_least=1, at_most=most)
        if self.longest_copy is not None:
            whole("longest_copy", self.longest_copy, at_least=SHORTEST_COPY, at_most=MAX_NOTES)
        whole("seed", self.seed, at_least=-MAX_SEED, at_most=MAX_SEED)
        number("temperature", self.temperature, above=0)
        number("qpm", self.qpm, above=0, at_most=FASTEST_QPM)
        number("top_p", 1 if self.top_p is None else self.top_p, above=0, at_most=1)
        checked_meter("meter", self.meter)
        for name, pitch in (("lowest", self.lowest), ("highest", self.highest)):
            whole(name, pitch, at_least=0, at_most=127)
        if self.key is not None:
            checked_key("key", self.key)
        if not self.pitches:
            notes = f"notes of {self.key}" if self.key else "piano keys"
            raise SettingsError(
                "lowest",
                f"there are no {notes} from {pitch_name(self.lowest)} to {pitch_name(self.highest)}. Widen the range, "
                "the lowest note below the highest.",
            )

    @property
    def pitches(self) -> tuple[int, ...]:
        """What may be sung: the keys of the piano within the range and, where a key is given, on its scale."""
        within = (pitch for pitch in PIANO if self.lowest <= pitch <= self.highest)
        return tuple(pitch for pitch in within if self.key is None or pitch % 12 in self.key.scale)


def generate(
    model: nn.Module,
    config: GenerationConfig,
    primer: Melody | None = None,
    *,
    context: int = DEFAULT_CONTEXT,
    known: KnownMusic | None = None,
) -> list[Melody]:
    """New melodies, `config.variations` of them.

    A melody has the asked bars. It ends at the last bar line, its last note cut there if need be, or earlier in the
    last bar where the model ends it by itself, as tunes do that begin with an upbeat. Each choice is among what makes
    sense: one length follows a pitch or a rest, two rests do not follow each other, and no melody begins with one.
    Pitches stay within the range and the key that `config` names; those of the primer are what they are.

    Args:
        model: one that learned tokens of VOCABULARY.
        config: how it sings.
        primer: a melody to continue. Its notes open every result as they are, up to `primer.duration`; the bar it ends
            in is filled, and `config.bars` bars follow.
        context: how many tokens the model saw at once in training.
        known: the music of which no more than `config.longest_copy` notes in a row may return, in any key, with their
            rhythm. The notes of the primer do not count. Where every pitch would be too long a copy, those remain that
            copy least.

    Raises:
        SettingsError: an argument is not what it may be; or there is a `longest_copy` and no `known` music.
        ModelError: the model learned other tokens, or does not answer with numbers.
    """
    _check_singer(model, config, context)
    watched = _watched(config, known)
    primer = Melody(()) if primer is None else checked_melody("primer", primer)
    if isinstance(model, MelodyModel) and model.vocab_size != VOCABULARY.size:  # of others only the answer tells
        raise _learned_something_else(model.vocab_size)
    opening = VOCABULARY.encode(primer)[:-1]  # without END
    lines = [_Line(to_ticks(primer.duration), primer.pickup, config, watched) for _ in range(config.variations)]
    chances = _chances(config)
    listener = Listener(model, context)
    tokens = torch.tensor(opening).expand(len(lines), -1)  # (B, T)
    with _answering(model):
        while not all(line.is_done for line in lines):
            logits = listener.hear(tokens)  # (B, V)
            if logits.size(1) != VOCABULARY.size:
                raise _learned_something_else(logits.size(1))
            allowed = torch.stack([line.allowed() for line in lines])  # (B, V)
            chosen = _draw(logits.masked_fill(~allowed, -math.inf), chances, config)
            for line, token in zip(lines, chosen.tolist(), strict=True):
                line.accept(token)
            tokens = chosen[:, None]
    return [_finished(line, primer, number, config) for number, line in enumerate(lines, start=1)]


def generate_tokens(
    model: nn.Module,
    config: GenerationConfig,
    opening: Sequence[int],
    n_tokens: int,
    *,
    context: int = DEFAULT_CONTEXT,
) -> list[list[int]]:
    """Plain sequences for models of any vocabulary: `opening`, at least one token, and `n_tokens` more.

    Only the sampling settings, `variations` and `seed` of `config` matter here. `n_tokens` may be 100,000.

    Raises:
        SettingsError: there is no opening, or it holds an id that the model does not know, or the number of tokens is
            none; or another argument is not what it may be.
        ModelError: the model does not answer with numbers.
    """
    _check_singer(model, config, context)
    (given,) = token_sequences("opening", [opening])
    if not given:
        raise SettingsError("opening", "is empty, but a model needs at least one token to go on from")
    most = model.vocab_size if isinstance(model, MelodyModel) else LARGEST["vocab_size"]
    if not 0 <= min(given) <= max(given) < most:
        raise SettingsError("opening", f"needs token ids from 0 to {most - 1}, but is {shown(opening)}")
    n_tokens = whole("n_tokens", n_tokens, at_least=0, at_most=MAX_NEW_TOKENS)
    chances = _chances(config)
    listener = Listener(model, context)
    sequences = torch.tensor(given).expand(config.variations, -1)  # (B, T)
    tokens = sequences
    with _answering(model):
        for _ in range(n_tokens):
            tokens = _draw(listener.hear(tokens), chances, config)[:, None]
            sequences = torch.cat([sequences, tokens], dim=1)
    return [[int(token) for token in sequence] for sequence in sequences]


def _learned_something_else(n_tokens: int) -> ModelError:
    return ModelError(
        f"This model knows {n_tokens} tokens, but a melody is written with {VOCABULARY.size}: it learned something "
        "else than melodies. Choose a model that was trained on music."
    )


def _watched(config: GenerationConfig, known: KnownMusic | None) -> KnownMusic | None:
    """The music that is not to be copied; None where anything may be."""
    if known is not None:
        instance("known", known, KnownMusic, "a KnownMusic(tunes)")
    elif config.longest_copy is not None:
        raise SettingsError(
            "longest_copy", "needs the music that is not to be copied. Call generate(…, known=KnownMusic(tunes))"
        )
    return known if config.longest_copy is not None else None


def _check_singer(model: nn.Module, config: GenerationConfig, context: int) -> None:
    instance("model", model, nn.Module, "a model, such as LSTMMelodyModel(…)")
    instance("config", config, GenerationConfig, "a GenerationConfig(…)")
    whole("context", context, at_least=1, at_most=MAX_CONTEXT)


class _Line:
    """A melody being written: what may come next, and when it is full."""

    def __init__(self, start: int, pickup: float, config: GenerationConfig, known: KnownMusic | None) -> None:
        bar, upbeat = to_ticks(config.meter.bar_length), to_ticks(pickup)  # ticks
        full_bars = math.ceil((start - upbeat) / bar)  # of the primer, the one it ends in counted whole
        self.end = upbeat + (full_bars + config.bars) * bar
        self.last_bar = self.end - bar  # where it begins; a model may end the melody once something sounds in it
        self.pitches = config.pitches
        self.pitch_ids = tuple(map(_token, self.pitches))
        self.may_rest = start > 0  # with nothing before it, a rest at the beginning would only be waiting
        self.now = start  # where the last event ends, in ticks
        self.tokens: list[int] = []
        self.is_done = False
        self.known, self.longest_copy = known, config.longest_copy or SHORTEST_COPY
        self.notes: list[Note] = []  # as far as copies are made of: how long one is held does not matter

    def allowed(self) -> Tensor:
        """Which tokens (V,) may follow."""
        last = self.tokens[-1] if self.tokens else VOCABULARY.START
        if self.is_done:
            return _only(range(VOCABULARY.END, VOCABULARY.END + 1))
        if VOCABULARY.is_pitch(last) or last == VOCABULARY.REST:
            return _only(VOCABULARY.duration_ids)
        sensible = _only(self.pitch_ids, rest=self.may_rest, end=self.now > self.last_bar)
        return sensible if self.known is None else self._without_copies(sensible, self.known)

    def _without_copies(self, sensible: Tensor, known: KnownMusic) -> Tensor:
        """Those of the `sensible` tokens (V,) that complete no copy that is too long; some pitch is always left."""
        copies = known.copies(self.notes, to_beats(self.now), self.longest_copy)
        allowed = sensible.clone()
        allowed[[_token(pitch) for pitch in copies if pitch in PIANO]] = False
        if all(pitch in copies for pitch in self.pitches):
            copied = {pitch: known.copied_notes([*self.notes, self._sung(pitch)]) for pitch in self.pitches}
            least = min(copied.values())
            allowed[[_token(pitch) for pitch in self.pitches if copied[pitch] == least]] = True
        return allowed

    def _sung(self, pitch: int) -> Note:
        return Note(to_beats(self.now), 1.0, pitch)

    def accept(self, token: int) -> None:
        """Write `token` down, which was allowed."""
        if self.is_done:
            return
        self.tokens.append(token)
        if VOCABULARY.is_duration(token):
            self.now += VOCABULARY.ticks(token)
        else:
            self.may_rest = token != VOCABULARY.REST
        if VOCABULARY.is_pitch(token):
            self.notes.append(self._sung(PIANO[token - VOCABULARY.pitch_ids.start]))
        self.is_done = token == VOCABULARY.END or self.now >= self.end


def _token(pitch: int) -> int:
    return VOCABULARY.pitch_ids[pitch - LOWEST_PITCH]


def _draw(logits: Tensor, chances: Sequence[Random], config: GenerationConfig) -> Tensor:
    """The next token (B,) of each variation, each by its own row of chances."""
    return draw(
        logits,
        [chance.random() for chance in chances],
        temperature=config.temperature,
        top_k=config.top_k,
        top_p=config.top_p,
    )


def _chances(config: GenerationConfig) -> list[Random]:
    return [Random(f"{config.seed}, variation {number}") for number in range(config.variations)]


@contextmanager
def _answering(model: nn.Module) -> Iterator[None]:
    """Inside, `model` answers without dropout and without preparing to learn."""
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        model.train(was_training)


@lru_cache(maxsize=64)
def _only(ids: Sequence[int], rest: bool = False, end: bool = False) -> Tensor:
    """A mask (V,) that allows `ids`, and a rest or the end where said."""
    mask = torch.zeros(VOCABULARY.size, dtype=torch.bool)
    mask[list(ids)] = True
    mask[VOCABULARY.REST] |= rest
    mask[VOCABULARY.END] |= end
    return mask


def _finished(line: _Line, primer: Melody, number: int, config: GenerationConfig) -> Melody:
    """The primer and what was written after it, in the key asked for, the primer's, or the one it seems to have."""
    start, end = to_beats(to_ticks(primer.duration)), to_beats(line.end)
    written = [note._replace(onset=start + note.onset) for note in VOCABULARY.decode(line.tokens).notes]
    notes = [note._replace(duration=min(note.duration, end - note.onset)) for note in written]
    continued = say(CONTINUED)
    title = f"{primer.title.removesuffix(continued)}{continued}" if primer.title else say("New melody")
    melody = Melody(
        (*primer.notes, *notes),
        title=f"{title} {number}" if config.variations > 1 else title,
        key=config.key or primer.key,
        meter=config.meter,
        qpm=config.qpm,
        pickup=primer.pickup,
        source="Chromasonic",
    )
    return melody if melody.key else replace(melody, key=estimated_key(melody))
