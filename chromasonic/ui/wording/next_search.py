"""Words of what the next search should change."""

from chromasonic import languages
from chromasonic.languages import speaking
from chromasonic.ui.wording import search

NEXT = "The next search"
ABOUT = (
    "What this search found speaks for these changes; untick what you do not want. All else stays as it was, and what "
    "was found is taken along where it fits. Nothing starts yet: you will see the settings first."
)
CHANGE = "{name}: {before} → **{after}**"
COPY = "Duplicate and change"
COPY_HELP = "Opens the Search page with the music and every setting of this search, to be changed. Nothing starts yet."
TAKEN_ALONG = "That makes {trials} in all; {taken:,} of them are taken along and count as done."
PREPARE = "Prepare the next search with this"
YES, NO = "yes", "no"
with speaking(languages.ENGLISH):  # as all here, it is put into other words when it is asked for
    SETTINGS = {
        "learning_rate_range": search.LEARNING_RATE,
        "batch_size_options": search.BATCH,
        "hidden_size_range": search.HIDDEN,
        "num_layers_range": search.LAYERS,
        "dropout_range": search.DROPOUT,
        "embedding_dim_range": search.EMBEDDING,
        "num_epochs": search.EPOCHS,
        "n_trials": search.TRIALS,
        "timeout": "Time limit · *timeout*",
        "strategy": search.STRATEGY,
        "prune_after": "How long a slow beginner is waited for · *pruning*",
        "transpose": search.TRANSPOSE,
    }
