"""The searched settings in plain words, each with its term beside it; the same wherever a trial is shown."""

from chromasonic import languages
from chromasonic.languages import speaking, translated
from chromasonic.ui.wording import search

with speaking(languages.ENGLISH):  # as all here, it is put into other words when it is asked for
    NAMES = {
        "learning_rate": search.LEARNING_RATE,
        "batch_size": search.BATCH,
        "hidden_size": search.HIDDEN,
        "num_layers": search.LAYERS,
        "dropout": search.DROPOUT,
        "embedding_dim": search.EMBEDDING,
    }
METAPHORS = (
    "“Levels of thought” are layers laid on one another: the lower hear notes, the upper phrases. The “detail of a "
    "note's portrait” is how many numbers describe one note or length before the model thinks about it."
)


def plain(key: str) -> str:
    """What the setting `key` is called: plain words, then the term."""
    return str(translated(NAMES.get(key, key), "search")).replace("*", "")
