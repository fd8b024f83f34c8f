"""Every technical word on any page, explained in one place."""

TITLE = "What the words mean"
ABOUT = "Every technical word that Chromasonic uses, on whatever page."

TERMS = {  # by the anchor that links lead to: the word, and what it means
    "augmentation": (
        "augmentation",
        "Practising on changed copies of the music. Here: each phrase is moved to another key in each epoch "
        "(transposition).",
    ),
    "bars": ("bars", "Measures: the beats between two bar lines. A new melody's length is given in them."),
    "baseline": (
        "baseline",
        "What a loss is held against: blind guessing, counting what follows what, and the default settings. A score "
        "without one says nothing.",
    ),
    "batch-size": (
        "batch size",
        "How many phrases a model hears before it corrects itself. Few make quick, nervous corrections, many make "
        "calm ones.",
    ),
    "bootstrap": (
        "bootstrap",
        "A way to see how far a score rests on luck: the test tunes are drawn again and again, with repeats, and one "
        "looks how much the score moves.",
    ),
    "bradley-terry": (
        "Bradley–Terry strength",
        "How often a song would win against an average one, worked out from all your comparisons by ear.",
    ),
    "bundle": (
        ".chromasonic file",
        "A whole search in one file – its trials, its music and its models – to keep or to take to another machine.",
    ),
    "confidence": (
        "95 % confidence",
        "With other tunes of the same kind, a score would lie between these two bounds in 95 of 100 cases.",
    ),
    "context": ("context length", "How many tokens a model sees at once: as far back as it can remember."),
    "dashboard": ("optuna-dashboard", "A second look at the same searches, in a program by the makers of Optuna."),
    "device": (
        "device",
        "What does the calculating: the processor (CPU) of this machine, or a graphics card (CUDA, MPS).",
    ),
    "dropout": (
        "dropout",
        "The share of a model's thoughts that is blanked out while it practises, so that it learns rules and not "
        "tunes by heart.",
    ),
    "duration-entropy": (
        "entropy of durations",
        "How varied the lengths of the notes are: 0 when all are alike, more the harder they are to foresee.",
    ),
    "early-stopping": (
        "early stopping",
        "A model that has got no better for five epochs ends its lessons; its best epoch counts.",
    ),
    "embedding": (
        "embedding size",
        "How many numbers describe one note or length before the model thinks about it: the detail of its portrait.",
    ),
    "ensemble": (
        "ensemble",
        "Several models sing together: each says what should come next, and the mean of that is sung.",
    ),
    "epoch": ("epoch", "One pass through all the practice tunes: one lesson."),
    "final-model": (
        "final model",
        "A model that is trained once more with the best settings, on all the music. Nothing is left to test it on.",
    ),
    "fine-tuning": (
        "fine-tuning",
        "Going on to learn from new tunes with a model that has already learned from others, in small steps, so that "
        "it does not forget them.",
    ),
    "fingerprint": (
        "fingerprint",
        "A short row of signs that differs as soon as the music differs. Two searches with the same one had the same "
        "music.",
    ),
    "gru": ("GRU", "A kind of model that reads note by note and keeps a memory: a simpler relative of the LSTM."),
    "held-out": ("held-out", "Kept away from learning, so that it can be used for an honest test."),
    "hidden-size": (
        "hidden size",
        "How many numbers hold what a model has understood so far: the size of its memory.",
    ),
    "hyperband": (
        "Hyperband",
        "Successive halving several times over, from patient to strict: a rule by which trials are stopped early.",
    ),
    "hyperparameter": (
        "hyperparameter",
        "A setting that is made before learning begins and decides how it goes, such as the learning rate. What the "
        "model itself adjusts is called a parameter.",
    ),
    "importance": (
        "importance",
        "How much of the difference between good and poor trials one setting accounts for.",
    ),
    "kendall": (
        "Kendall's τ",
        "How far two orders agree: 1 is the same order, 0 no relation, −1 the other way round.",
    ),
    "learning-curve": ("learning curve", "The loss after each epoch: how a model got better from lesson to lesson."),
    "learning-rate": (
        "learning rate",
        "The size of each correction: how fast a model learns. Too small takes for ever, too large stumbles.",
    ),
    "layers": (
        "number of layers",
        "How many levels of thought lie on each other: the lower hear notes, the upper hear phrases.",
    ),
    "loss": (
        "loss",
        "How surprised a model is by what really comes next, on average. Lower is better; 0 would be a model that "
        "always knows.",
    ),
    "lstm": ("LSTM", "A kind of model that reads note by note and decides what to keep in memory and what to forget."),
    "measures": (
        "measures",
        "Figures with published definitions that describe a melody, such as how many of its moves are steps.",
    ),
    "median-pruning": (
        "median pruner",
        "A rule by which trials are stopped early: one that is behind the middle one of the others is given up.",
    ),
    "memory-limit": (
        "trial memory limit",
        "The most memory one trial may take. One that takes more is given up, and the search goes on.",
    ),
    "midi": (
        "MIDI",
        "A file that says which notes to play when, for instruments and music programs; it holds no sound.",
    ),
    "model": (
        "model",
        "A program with many adjustable numbers that says of every note and length how likely it is to come next. By "
        "practising it finds good values for them.",
    ),
    "model-bundle": (
        "model bundle",
        "A finished model in one file (.chromasonic-model.zip): its weights, its settings, and in plain words what it "
        "learned from and how well.",
    ),
    "model-family": ("model family", "The kind of model: Transformer, LSTM, GRU or RNN."),
    "musicxml": ("MusicXML", "A file of sheet music that notation programs open."),
    "n-gram": (
        "n-gram",
        "Counting what followed the last few notes in the practice tunes, and expecting the same again. A simple "
        "rival that a good model must beat.",
    ),
    "nats": (
        "nats",
        "The unit of surprise. 0.7 nats is the surprise at a coin that is tossed; each 0.7 more doubles the number of "
        "things that seemed equally likely.",
    ),
    "optuna": ("Optuna", "The program library that chooses the settings to try."),
    "originality": (
        "originality",
        "How long the longest passage is that a new melody shares with the tunes it was learned from.",
    ),
    "overfitting": (
        "overfitting",
        "Learning by heart: a model gets better on its practice tunes and worse on all others.",
    ),
    "parallel": ("parallel trials", "Trials that train side by side, each in a process of its own."),
    "parameters": ("parameters", "The numbers that a model adjusts while it learns; there are thousands to millions."),
    "perplexity": (
        "perplexity",
        "A loss said otherwise: among how many equally likely notes or lengths it is as hard to choose.",
    ),
    "pitch-class-entropy": (
        "pitch-class entropy",
        "How evenly a melody uses the twelve notes of the octave: 0 for one note alone, 3.58 bits for all alike.",
    ),
    "primer": ("primer", "The opening that a model is given to go on from."),
    "pruning": (
        "pruning",
        "Stopping a trial early because it has fallen behind the others at the same point of their lessons. It saves "
        "time for better ones.",
    ),
    "resting": (
        "resting trial",
        "A trial that has learned for a few epochs and waits, with all it has learned. It goes on where it was if it "
        "turns out to lead; otherwise it is given up.",
    ),
    "rnn": ("RNN", "The simplest kind of model that reads note by note: the ancestor of LSTM and GRU."),
    "sampler": ("sampler", "What chooses the settings of the next trial; here TPE."),
    "scale-consistency": (
        "scale consistency",
        "The share of notes that lie in the one scale that fits the melody best.",
    ),
    "seed": (
        "seed",
        "The number at which chance starts. The same seed throws the same dice, so a search can be repeated.",
    ),
    "split": ("split", "How the tunes were dealt into those to learn from, to choose by and held out to judge by."),
    "successive-halving": (
        "successive halving",
        "A rule by which trials are stopped early: of those that have come as far, only the best part gets the next "
        "lessons, and of these again.",
    ),
    "study": ("study", "One search with all it found: its music, its settings and its trials."),
    "temperature": (
        "temperature",
        "How adventurous a model is when it composes. Low keeps to the likeliest notes, high dares unlikely ones.",
    ),
    "test-set": (
        "test set",
        "Tunes that play no part in the search at all. They judge the winner at the end: the loss on them is the test "
        "loss.",
    ),
    "timeout": ("timeout", "The time after which a search ends, whatever is left to try."),
    "token": (
        "token",
        "What a melody is made of for a model: one pitch, one length, a rest, a beginning or an end. Each note is "
        "two: its pitch and its length.",
    ),
    "tpe": (
        "TPE",
        "Tree-structured Parzen estimator: compares the settings of good trials with those of poor ones, and tries "
        "next what looks more like the good.",
    ),
    "training-set": ("training set", "The tunes that models learn from: their practice tunes."),
    "transformer": (
        "Transformer",
        "A kind of model that looks at all the notes so far at once. It needs more tunes and time.",
    ),
    "transposition": ("transposition", "The same tune in another key."),
    "trial": ("trial", "One try: one set of settings, and one model that is trained with them from the beginning."),
    "trial-time-limit": ("trial time limit", "The longest one trial may train. One that takes longer is given up."),
    "validation-set": (
        "validation set",
        "Tunes that no model learns from, by which the search chooses: the loss on them is the validation loss.",
    ),
    "variations": ("variations", "Several melodies made the same way, each with other throws of the dice."),
    "vocabulary": (
        "vocabulary",
        "All the tokens there are: 88 pitches, 22 lengths, and three signs for rest, start and end.",
    ),
    "worker": ("worker", "A machine or program that trains trials of a search together with others."),
}
