"""A finished model as one file, to keep, to share and to go on with: its weights and what one must know to use them.

The file is a zip archive. `model.safetensors` holds the weights, `settings.json` how the model is built, trained and
best used, `music.json` what it learned from (never the tunes themselves, only prints by which one tells whether a tune
is among them), `vocabulary.json` what its tokens mean, `model_card.md` all of that in plain words, and `example.py`
lets it sing. Whoever sends one may mean harm: see `bundle.py`.
"""

from .about import HeldOut, Lesson, ModelAbout, MusicAbout, tune_print
from .bundle import SUFFIX, ModelBundle, bundle_name, check_model_bundle, load_model_bundle, save_model_bundle
from .card import model_card

__all__ = [
    "SUFFIX",
    "HeldOut",
    "Lesson",
    "ModelAbout",
    "ModelBundle",
    "MusicAbout",
    "bundle_name",
    "check_model_bundle",
    "load_model_bundle",
    "model_card",
    "save_model_bundle",
    "tune_print",
]
