"""From melodies to models: the only room where torch is spoken.

`tokenization` turns a melody into token ids, `datasets` deals tunes to train, validation and test, `models` are the
families that learn them, `training` is how they learn, `generation` lets them sing, and `hyperparameter_search` finds
the settings that suit your music.
"""
