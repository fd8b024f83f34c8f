"""The families of melody models. Start reading at `recurrent.py`.

All are built as `(vocab_size, embedding_dim, hidden_size, num_layers, dropout)` and give, for token ids (B, T), logits
(B, T, V) for the token that follows each.
"""

from .initialisation import set_output_bias
from .recurrent import GRUMelodyModel, LSTMMelodyModel, RNNMelodyModel
from .structure import MelodyModel
from .transformer import TransformerMelodyModel

MODEL_FAMILIES: dict[str, type[MelodyModel]] = {
    "transformer": TransformerMelodyModel,
    "lstm": LSTMMelodyModel,
    "gru": GRUMelodyModel,
    "rnn": RNNMelodyModel,
}
"""Every family by its key, as in `families.MODEL_LABELS`."""

__all__ = [
    "MODEL_FAMILIES",
    "GRUMelodyModel",
    "LSTMMelodyModel",
    "MelodyModel",
    "RNNMelodyModel",
    "TransformerMelodyModel",
    "set_output_bias",
]
