"""The families of models by key, and what each is called on the screen; names alone, so that nobody waits for torch."""

MODEL_LABELS = {"transformer": "Transformer", "lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}
