"""Words on the Search page."""

TITLE = "Find the best settings"
INTRODUCTION = (
    "A model learns better or worse depending on a handful of settings. Chromasonic tries many, keeps what works on "
    "your music, and shows you how much better it gets."
)

LEARNS_FROM = "Learns from **{name}** · {tunes}, {notes}"
CHANGE_MUSIC = "Change the music"

COPIED = (
    "Copied from **{name}**: its music and its settings, as near as this page can show them. Change what you like; "
    "nothing starts until you press the button."
)
COPIED_OTHER_MUSIC = (
    "The settings were copied from **{name}**, as near as this page can show them. That search learned from other "
    "tunes ({its_music}); this one will learn from {music}. Nothing starts until you press the button."
)
NEXT_OTHER_MUSIC = (
    "**{name}** learned from other tunes ({its_music}); this search will learn from {music}, for which what was found "
    "there may not hold. Nothing starts until you press the button."
)
NO_PRESET = "The settings below are those of another search; choose one of these to begin from it instead."
PRESET = "How thoroughly to look"
PRESETS = {"quick": "Quick", "balanced": "Balanced", "thorough": "Thorough"}
ABOUT_PRESETS = {
    "quick": "A first answer: one kind of model, small sizes, short lessons.",
    "balanced": "A good answer: two kinds of model, more sizes, longer lessons.",
    "thorough": "The best answer this machine can find: every kind of model, every size, the longest lessons.",
}

NAME = "Name of this search"
NAME_HELP = "You will find it under this name on the Studies page."
DEFAULT_NAME = "{music}, {when}"
START = "Start the search"
HERE_TOO = "This machine works on it too"
HERE_TOO_HELP = (
    "Searches are shared with other machines here. Without this, the search waits for workers; the next page says how "
    "to start one."
)
IMPOSSIBLE = "The search cannot start yet: see “{section}” below. {reason}"
CHOOSE_ONE = {
    "families": "Choose at least one kind of model.",
    "batch": "Choose at least one batch size.",
}
ALREADY = {  # by what trains
    "trials": "{name} is running at the moment. A second search is welcome; both will take longer.",
    "final": "{name}: its final model is training at the moment. A search beside it is welcome; both will take longer.",
    "further": "{name}: this model is learning on at the moment. A search beside it is welcome; both will take longer.",
}
BEGIN_WITH = "Begin with what “{name}” has found"
BEGIN_WITH_HELP = (
    "Its trials that fit these settings count as done, if the music and the longest lesson are the same; otherwise the "
    "best of its settings are tried first."
)
DEALING = "Dealing the tunes: some to learn from, some to be tested on …"
COUNTING = "Working out what simple guessing would score, to compare with …"
STARTING = "Starting …"

ESTIMATE = "About **{time}** on this machine: up to {trials} of up to {epochs}, {at_once} at once."
ESTIMATE_LIMITED = (
    "About **{time}** on this machine, the time limit: as many of the {trials} as fit, {at_once} at once. All of them "
    "would take about {whole}."
)
MEASURING = "Measuring how fast this machine learns …"
NOT_MEASURED = (
    "How long it will take is not known: this machine's speed could not be measured. The search itself works."
)

FINE_TUNE = "Fine-tune"
FINE_TUNE_HELP = "Nothing here needs to be touched. Two-ended sliders set between which bounds the search looks."
HOW_LONG = "How long to search"
WHICH_MODELS = "Which models to try"
HOW_LEARNING = "How they learn"
MACHINE = "Machine and chance"

TRIALS = "How many settings to try · *trials*"
TRIALS_HELP = (
    "Each trial begins one model from scratch with one choice of settings. Where each is trained to its end, gains get "
    "small after 30 or so; where all rest early, half of the trials are short, and it takes about twice as many."
)
EPOCHS = "Longest lesson for each · *epochs*"
EPOCHS_HELP = (
    "How often a model may go through all the tunes. It ends sooner when it stops getting better, or falls behind the "
    "others (*early stopping*, *pruning*)."
)
MINUTES = "Time limit in minutes, 0 for none · *timeout*"
MINUTES_HELP = "The search ends after this time, whatever is left to try. 0 means no limit."
TRIAL_MINUTES = "Most minutes for one model, 0 for no limit · *trial time limit*"
TRIAL_MINUTES_HELP = "A model that takes longer is given up, and the search stays away from such. 0 means no limit."
JOBS = "Models trained side by side · *parallel trials*"
JOBS_HELP = "One for each processor core is a good choice. More share the cores and gain nothing."
JOBS_CROWDED = "This machine has {cores}; training {jobs} models at once makes each slower and the search no faster."

FAMILIES = "Kinds of model · *model family*"
FAMILIES_HELP = (
    "**LSTM** and **GRU** remember what came before note by note, and are quick learners. **RNN** is their simple "
    "ancestor. **Transformer** looks at all the notes so far at once; it needs more tunes and time."
)
HIDDEN = "Size of its memory · *hidden size*"
HIDDEN_HELP = "How many numbers hold what the model has understood so far. Larger learns more and takes longer."
LAYERS = "Levels of thought · *number of layers*"
LAYERS_HELP = "Layers stacked on one another: the lower hear notes, the upper hear phrases. More take longer."
EMBEDDING = "Detail of a note's portrait · *embedding size*"
EMBEDDING_HELP = "How many numbers describe one note or duration before the model thinks about it."

LEARNING_RATE = "How fast it learns · *learning rate*"
LEARNING_RATE_HELP = "The size of each correction. Too small learns for ever, too large stumbles. It matters most."
BATCH = "Phrases heard before each correction · *batch size*"
BATCH_HELP = (
    "Few make quick, nervous corrections; many make calm, rare ones. The search picks among those chosen. Where tunes "
    "are few, few are chosen to begin with: many would make too few corrections."
)
DROPOUT = "How much it must learn to do without · *dropout*"
DROPOUT_HELP = "The share of its thoughts blanked out while learning, so that it does not learn tunes by heart."
STRATEGY = "Which models are given up early · *pruning*"
STRATEGIES = {
    "resuming": "All rest early, the best go on",
    "median": "Those behind the middle one are stopped",
    "hyperband": "Those behind are stopped, by Hyperband",
    "halving": "Those behind are stopped, by successive halving",
    "none": "None, each learns to its end",
}
STRATEGY_HELP = (
    "Who begins badly seldom ends well, so the time is better spent on others. **All rest early**: each model learns "
    "a little and then waits; the better half of those that have come as far goes on where it was, twice on the way. "
    "That tries about twice as many settings in the same time, and first some that did well on other music. **Behind "
    "the middle one**: whoever does worse than half of the others at the same point is stopped (*median pruner*). "
    "*Hyperband* and *successive halving* are two other rules to stop by."
)
PATIENCE = "How long a slow beginner is waited for, in % of its lesson · *pruning*"
PATIENCE_HELP = (
    "After this part of its epochs a model that is behind most of the others is stopped, which saves time. 100 lets "
    "every model finish."
)
TRANSPOSE = "Practise in all keys · *transposition*"
TRANSPOSE_HELP = "Moves each phrase to another key in each epoch. Helps when tunes are few; their own keys get lost."

DEVICE = "Where to train · *device*"
DEVICE_HELP = "What this machine has, by name."
TRIAL_MEMORY = "Most memory for one model in GiB, 0 for no limit · *trial memory limit*"
TRIAL_MEMORY_HELP = (
    "A model that takes more is given up before the machine runs out of memory; the search stays away from such. 0 "
    "means no limit."
)
SEED = "Where chance starts · *seed*"
SEED_HELP = "The same seed, settings and music give the same search, when models train one at a time."
