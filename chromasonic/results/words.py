"""How results are put into words: names, numbers and lengths of time, the same in report, advice and charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from chromasonic.languages import Translated, comma, figure, say, say_number
from chromasonic.results.records import PARAMETERS, Baselines, SearchRecord, SearchState, TrialRecord, TrialState

NAMES = Translated(
    {  # the term of each setting
        "learning_rate": "learning rate",
        "batch_size": "batch size",
        "hidden_size": "hidden size",
        "num_layers": "number of layers",
        "dropout": "dropout",
        "embedding_dim": "embedding size",
        "model_family": "model family",
    }
)

PLAIN_NAMES = Translated(
    {  # and the same for one who does not know the term
        "learning_rate": "How fast it learns",
        "batch_size": "Phrases heard before each correction",
        "hidden_size": "Size of its memory",
        "num_layers": "Levels of thought",
        "dropout": "How much it must learn to do without",
        "embedding_dim": "Detail of a note's portrait",
        "model_family": "Kind of model",
    }
)

WITHIN_A_SENTENCE = Translated(
    {
        "learning_rate": "how fast it learns",
        "batch_size": "phrases heard before each correction",
        "hidden_size": "size of its memory",
        "num_layers": "levels of thought",
        "dropout": "how much it must learn to do without",
        "embedding_dim": "detail of a note's portrait",
        "model_family": "kind of model",
    }
)

FAMILIES = {"transformer": "Transformer", "lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}

STATES = Translated(
    {
        TrialState.WAITING: "waiting",
        TrialState.RUNNING: "in training",
        TrialState.RESTING: "resting, may go on",
        TrialState.COMPLETE: "finished",
        TrialState.PRUNED: "stopped early",
        TrialState.FAILED: "failed",
        TrialState.INTERRUPTED: "interrupted, does not count",
    }
)

STRATEGIES = Translated(
    {  # how trials are stopped early
        "resuming": "all rest twice on their way, and the better half goes on (successive halving)",
        "median": "who falls behind the middle one of the others is stopped (median pruner)",
        "hyperband": "only the better ones get the later epochs (Hyperband)",
        "halving": "only the better ones get the later epochs (successive halving)",
        "none": "never, each is trained to its end",
    }
)

SEARCH_STATES = Translated(
    {
        SearchState.RUNNING: "still running",
        SearchState.PAUSED: "paused",
        SearchState.STOPPED: "stopped; it can be resumed",
        SearchState.FINISHED: "finished",
        SearchState.FAILED: "failed",
    }
)


def both_names(key: str) -> str:
    """`How fast it learns · learning rate`."""
    return f"{PLAIN_NAMES[key]} · {NAMES[key]}" if key in PLAIN_NAMES else key


def within_a_sentence(key: str) -> str:
    """`how fast it learns (learning rate)`."""
    return f"{WITHIN_A_SENTENCE[key]} ({NAMES[key]})" if key in WITHIN_A_SENTENCE else key


def family_name(family: str) -> str:
    """The kind of model: ours by name, others by the name of their class."""
    return FAMILIES.get(family, family.rpartition(":")[2])


def count(number: int, noun: str) -> str:
    """`1 trial`, `2 trials`, `1,059 tunes`."""
    return say_number(number, f"{{n:,}} {noun}", f"{{n:,}} {noun}s")


def telling_trials(search: SearchRecord) -> str:
    """How many trials tell which setting matters: `8 finished trials`, or where trials rest `60 trials`."""
    return count(search.n_telling, "trial") if search.lets_rest else count(search.n_telling, "finished trial")


def listing(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    *others, last = items
    return say("{others} and {last}", others=comma().join(others), last=last)


def trials_by_number(numbers: Sequence[int]) -> str:
    """`Trial 3`, `Trials 3, 5 and 8`; of very many the first dozen."""
    told = [str(number) for number in numbers[:12]]
    more = [say("{n:,} more", n=len(numbers) - 12)] if len(numbers) > 12 else []
    return say_number(len(numbers), "Trial {numbers}", "Trials {numbers}", numbers=listing([*told, *more]))


def number(value: float) -> str:
    """Three significant digits and never an exponent: `0.00123`, `0.00003`, `128`."""
    return figure(_number(value))


@lru_cache(maxsize=8192)  # a live page writes the same few thousand again and again
def _number(value: float) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def setting(name: str, value: float | int | str) -> str:
    """The value of a setting as a person reads it."""
    return number(value) if isinstance(value, float) else str(value)


def settings_of(trial: TrialRecord) -> list[tuple[str, str]]:
    """A trial's settings as (key, value), the six in their usual order."""
    keys = [
        *(key for key in PARAMETERS if key in trial.params),
        *(key for key in trial.params if key not in PARAMETERS),
    ]
    return [(key, setting(key, trial.params[key])) for key in keys]


def duration(seconds: float) -> str:
    """`45 s`, `3 min 20 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return say("{s} s", s=whole)
    if whole < 3600:
        return say("{min} min {s:02} s", min=whole // 60, s=whole % 60)
    return say("{h} h {min:02} min", h=whole // 3600, min=whole % 3600 // 60)


def waiting_time(seconds: float) -> str:
    """A length of time no more exact than an estimate is, rounded up: `45 s`, `3 min 20 s`, `12 min`, `2 h 05 min`."""
    if seconds < 60:
        return duration(seconds)
    if seconds < 600:  # or 80 s would be called 2 min
        return duration(10 * math.ceil(seconds / 10))
    minutes = math.ceil(seconds / 60)
    return say("{n:,} min", n=minutes) if minutes < 60 else duration(60 * minutes)


def percent(share: float) -> str:
    """`23 %`."""
    return say("{share:.0f} %", share=100 * share)


def choices(loss: float, vocab_size: int = 0) -> str:
    """A loss as the number of equally likely choices it is worth (the perplexity): `7.4`, `88`.

    With `vocab_size` never more than there are: a loss above blind guessing means to be wrong and sure of it.
    """
    perplexity = math.exp(min(loss, math.log(vocab_size) if vocab_size else 50.0))
    return figure(f"{perplexity:.1f}" if perplexity < 20 else f"{perplexity:,.0f}")


def possibilities(loss: float, vocab_size: int = 0) -> str:
    """`7.4 equally likely notes or lengths`: among how many it is as hard to choose."""
    return say("{choices} equally likely notes or lengths", choices=choices(loss, vocab_size))


def gain(better: float, worse: float) -> str:
    """How much better a lower loss is, as the chance it gives to what really comes next (geometric mean)."""
    factor = math.exp(worse - better)
    told = percent(factor - 1) if factor < 2 else say("{factor:.1f} times", factor=factor)
    return say("an {times} better chance" if _begins_with_a_vowel(told) else "a {times} better chance", times=told)


def lack(worse: float, better: float) -> str:
    """How much worse a higher loss is, in the same measure: `a 46 % smaller chance`."""
    told = percent(1 - math.exp(better - worse))
    return say("an {share} smaller chance" if _begins_with_a_vowel(told) else "a {share} smaller chance", share=told)


def _begins_with_a_vowel(number: str) -> bool:
    """Whether a number, read aloud, does: eight, eleven, eighteen and eighty."""
    return number.startswith("8") or number.split(" ")[0].split(".")[0] in ("11", "18")


def sides(search: SearchRecord) -> str:
    """How the music was dealt: `80 to learn from, 10 to choose by and 10 held out to judge by`."""
    if not search.n_train:
        return ""
    dealt = [say("{n:,} to learn from", n=search.n_train), say("{n:,} to choose by", n=search.n_validation)]
    return listing([*dealt, say("{n:,} held out to judge by", n=search.n_test)] if search.n_test else dealt)


def ngram_name(baselines: Baselines) -> str:
    """The back-off n-gram model, in plain words and in its own."""
    return say("counting what follows what ({n}-gram)", n=baselines.ngram_order)


def curve_loss(trial: TrialRecord) -> float | None:
    """The loss to show for a trial in any state: its best so far; None before its first epoch."""
    if trial.best_validation_loss is not None and math.isfinite(trial.best_validation_loss):
        return trial.best_validation_loss
    return min((epoch.validation_loss for epoch in trial.curve if math.isfinite(epoch.validation_loss)), default=None)
