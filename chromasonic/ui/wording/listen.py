"""Words on the Listen page."""

TITLE = "Listen"
INTRODUCTION = "The model that learned from **{music}** makes up new melodies, one after another, note by note."
NO_MODEL = "No model is kept yet: the first one comes with the first finished trial. It will not be long."
WATCH = "Watch the search"
CANNOT_SING = (
    "This search learned from practice melodies: made-up rows of numbers that show whether a model can learn at all. "
    "They have neither rhythm nor rests, so there is nothing to sing. Choose some real music, search for the settings "
    "that suit it, and its models will sing here."
)
CHOOSE_MUSIC = "Choose your music"

MODEL = "Who sings · *model*"
MODEL_HELP = "The final model if you trained one, the best of the search, or any other that was kept."
FINAL = "The final model, trained on all the music"
BEST = "The best: trial {number} (loss {loss:.2f})"
OTHER = "Trial {number} (loss {loss:.2f})"
UNTUNED = "The default settings: trial {number} (loss {loss:.2f})"
TEMPERATURE = "How adventurous · *temperature*"
TEMPERATURE_HELP = (
    "1 is as adventurous as the music it learned from. Lower keeps to the beaten track; higher takes more risks, and "
    "sometimes wrong notes."
)
BARS = "How long · *bars*"
VARIATIONS = "How many melodies · *variations*"
MORE = "Opening, meter, tempo and chance"
PRIMER = "Begin with a tune of yours · *primer*"
PRIMER_HELP = (
    "The model hears the first bars of it and goes on from there. Those bars open each melody; as many as you ask for "
    "above follow them."
)
NO_PRIMER = "Nothing: a fresh start"
PRIMER_GONE = "The music of this search is not among your saved music, so there is no tune to begin with."
PRIMER_BARS = "Bars of it to begin with"
METER = "Meter"
METER_HELP = "How long a bar is."
TEMPO = "Tempo (quarter notes per minute)"
SEED = "Where chance starts · *seed*"
SEED_HELP = (
    "The same seed and settings give the same melodies. It counts up with each press, so that the next are others."
)
COMPOSE = "Compose"
COMPOSING = "Composing …"

MELODIES = "New melodies"
MADE_BY = "{model} · adventurous {temperature:g} · seed {seed}"
WITH_OPENING = "{yours} of yours, orange in the picture; then {more} by the model."
WITH_UPBEAT = "An upbeat and {yours} of yours, orange in the picture; then {more} by the model."
WHICH = "Melody"
