"""How large a model, a training or practice music may be, so that a slip costs a sentence and never the machine."""

from __future__ import annotations

LARGEST = {"vocab_size": 1_000_000, "embedding_dim": 8192, "hidden_size": 8192, "num_layers": 64}
"""Of the whole numbers that a model is built from."""

MAX_WEIGHTS = 2**31  # of a model, about: 8 GiB, and four times as much in training
MAX_CONTEXT = 1_000_000  # tokens that a model sees at once: more than any tune has
MAX_EPOCHS = 100_000
MAX_BATCH_SIZE = 65_536  # phrases
MAX_SEED = 2**63 - 1  # what torch takes
MAX_PRACTICE_MELODIES = 100_000
MAX_PRACTICE_NOTES = 10_000_000  # in all practice melodies together: half a minute to make up, and days to learn
MAX_NEW_TOKENS = 100_000  # that a model goes on with
