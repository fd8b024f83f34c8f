"""What an exported file holds, and how large each part of it may be."""

from __future__ import annotations

import re

from .. import holding
from ..search import BEGAN_WITH, DATA, SETTINGS

FORMAT = 1
SUFFIX = ".chromasonic"

MANIFEST, TRIALS = "manifest.json", "trials.jsonl"
KEPT = (SETTINGS, DATA, holding.STATUS, BEGAN_WITH)  # attributes that travel; who holds or owns a search does not
NOTE, MARKS = "note", "labels"  # what people said about the search, in the manifest; about a trial, in its line

MIB = 1024 * 1024
MAX_TOTAL = 8 * 1024 * MIB
MAX_FILES = 1000
MAX_DATA = 64 * MIB  # of the music, unpacked: some twenty million notes
MAX_LINE = 8 * MIB  # of one trial
_ALLOWED = (  # everything an export may hold beside trials and manifest, and how large each may be
    (re.compile(r"data\.json\.gz"), MAX_DATA),
    (re.compile(r"checkpoints/(?:trial-\d{5,6}|final)\.safetensors"), 2 * 1024 * MIB),
    (re.compile(r"checkpoints/(?:trial-\d{5,6}|final)\.json"), MIB),
    (re.compile(r"results/(?:best_hyperparameters|optimization_results)\.json"), 512 * MIB),
    (re.compile(r"results/optimization_(?:report\.txt|history\.png)"), 64 * MIB),
    (re.compile(r"test_losses\.json"), MIB),
    (re.compile(r"songs/trial-\d{5,6}\.(?:mid|ogg)"), 8 * MIB),
    (re.compile(r"ears/mine\.jsonl"), 8 * MIB),  # but not those of the people of a team
)


def largest_size(name: str) -> int | None:
    """How many bytes the file called `name` may have; None for one that does not belong into an export."""
    return next((largest for pattern, largest in _ALLOWED if pattern.fullmatch(name)), None)
