"""Chromasonic finds the settings with which a neural melody model learns your music best.

Start reading at `music/` (what a melody is), then `melody_generation/` (from melodies to models), then
`melody_generation/hyperparameter_search/` (the search). `ui/` and the `pages/` beside this package show it all.
"""

__version__ = "0.1.0"
