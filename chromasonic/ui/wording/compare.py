"""Words on the Compare page."""

from chromasonic import languages
from chromasonic.languages import speaking
from chromasonic.results.side_by_side import Apart
from chromasonic.ui.wording import next_search, search

TITLE = "Searches side by side"
INTRODUCTION = (
    "Put two to four of your searches (*studies*) beside each other: which went further, why, and how each sings."
)
TOO_FEW = {
    0: (
        "There is no search yet. It takes two to compare: start the first one, and another with other settings or "
        "music."
    ),
    1: (
        "There is one search so far, and it takes two to compare. Start another one, with other settings or other "
        "music."
    ),
}
WHICH = "Searches to compare, two to four"
WHICH_HELP = (
    "They are called A, B, C and D in this order, in every chart and table. The address of this page keeps them."
)
CHOOSE = "Choose your searches"
CHOOSE_ANOTHER = "Choose at least one more search above, to see it beside this one."
CHOOSE_TWO = "Choose two searches above, to see them beside each other."
GONE = "Some of the searches that the address of this page names are no longer here, so they are left out."
MORE_THAN_FOUR = "Four can be seen beside each other; the others that the address of this page names are left out."

CALLED = "{sign} **{letter}** · {name}"
ABOUT = "{music} · {state} · {trials} in {time}"
RESULTS_OF = "Results of {letter}"

VERDICT = "Which one went further?"
FURTHER = {  # whether they are judged by the held-out tunes
    True: (
        "**{first} found the better model**: a loss of {loss:.2f} nats per token on the {tunes} held out for the end, "
        "which played no part in these searches, against {others}. It gives {gain} than {second} to what really comes "
        "next."
    ),
    False: (
        "**{first} found the better model**: a loss of {loss:.2f} nats per token on the validation tunes, against "
        "{others}. It gives {gain} than {second} to what really comes next."
    ),
}
TOO_FEW_TO_TELL = {
    True: (
        "**{letters} cannot be told apart on so few tunes.** On the {tunes} held out for the end, which played no part "
        "in these searches, the loss is {losses}, in nats per token. One odd tune would move that."
    ),
    False: (
        "**{letters} cannot be told apart on so few tunes.** On the {tunes} kept to choose by, the loss is {losses}, "
        "in nats per token. One odd tune would move that."
    ),
}
AHEAD_ON_FEW = (
    "**{first} is ahead, but on too few tunes to be sure.** On the {tunes} held out for the end, which played no part "
    "in these searches, the loss is {losses}, in nats per token. With more music the order might change."
)
OTHERS = "{loss:.2f} of {letter}"
EVEN = {
    True: (
        "**{first} and {second} are equally good**, as far as the {tunes} held out for the end, which played no part "
        "in these searches, can tell: {loss:.2f} and {other:.2f} nats per token."
    ),
    False: (
        "**{first} and {second} are equally good**, as far as the validation tunes can tell: {loss:.2f} and "
        "{other:.2f} nats per token. Chance alone moves a loss as far."
    ),
}
SAME_MODEL = (
    "**{owner} and {heir} have the same best model**, with a loss of {loss:.2f} nats per token: {heir} took it over "
    "from {owner}, and {trials} of its own found nothing better."
)
SAME_MODEL_SO_FAR = (
    "**{owner} and {heir} have the same best model**, with a loss of {loss:.2f} nats per token: {heir} took it over "
    "from {owner}, and has not finished a trial of its own yet."
)
REST = "Behind them: {others}."
LEAD_IS_REAL = (
    "With 95 % confidence the difference is {low:.2f} to {high:.2f} nats per token, so it is real and not luck."
)
LEAD_NOT_MEASURED = (
    "The validation tunes also chose these models. The tunes held out for the end would judge more fairly: open the "
    "results of {letters} once, and this page goes by them."
)
NO_HELD_OUT = (
    "The validation tunes also chose these models, and there were no tunes to spare for a last test, so how far to "
    "trust this is not known."
)
PAIR = "{one} with {other}"
APART = {
    Apart.MUSIC: (
        "**Not to be compared by their losses: {pairs}.** They learned other music. A loss is in nats per token of "
        "*that* music, and some music is easier to foresee than other."
    ),
    Apart.VOCABULARY: (
        "**Not to be compared by their losses: {pairs}.** Their models choose among another number of notes and "
        "lengths (*vocabulary*), so a nat per token means something else for each."
    ),
    Apart.SPLIT: (
        "**Not to be compared by their losses: {pairs}.** They have the same tunes, but others of them to learn "
        "from, to choose by and held out to judge by (*split*)."
    ),
}
BY_LEAD = (
    "What can be compared is how far each is ahead of counting what follows what (*n-gram*) on the validation tunes "
    "of its own music: {leads}. By that measure, **{first} made the most of its music**."
)
AHEAD = "{letter} by {nats:.2f} nats per token ({gain})"
BEHIND = "{letter} is behind it by {nats:.2f}"
NOBODY_AHEAD = (
    "What can be compared is how far each is ahead of counting what follows what (*n-gram*) on the validation tunes "
    "of its own music. None of them is: {leads}."
)
WITHOUT = "No trial of {letters} has finished yet, so there is nothing to compare it by."

ALONG = "To the right"
ALONGS = {"trials": "trial by trial", "time": "over time"}
COURSES = "How each of them got there"
READ_LOSSES = (
    "Each line is one search, with the loss of its best model so far; the lower, the better, and a line that falls "
    "sooner found it sooner. Signs mark each new best."
)
READ_OVER_COUNTING = (
    "Each line is one search: how far its best model so far is from counting on its own music, which is the dashed "
    "line at 0. The lower, the better. The losses themselves may not be compared here."
)
NOTHING_DRAWN = "The lines begin when a trial has finished."
UPWARDS = {
    "loss": "best validation loss so far (nats per token)",
    "over counting": "best loss so far, less that of counting",
}
ACROSS = {"trials": "trial", "minutes": "minutes of searching", "seconds": "seconds of searching"}
COUNTING = "counting<br>{loss:.2f}"
COURSES_ALT = "Best so far of each search. {courses}."
COURSE_ALT = "{letter} goes from {first:.2f} to {last:.2f} nats per token"

TABLE = "In numbers"
TABLE_ABOUT = (
    "Losses in nats per token; lower is better. *Validation* tunes chose the winner, *held-out* tunes chose nothing: "
    "theirs is the honest loss, measured when the results of a search are opened."
)
TABLE_ABOUT_APART = " Compare within a column, not across: these are not all over the same music."
MEASURE = "Measure"
BEST = "Best loss · *validation*"
NGRAM = "counting (*n-gram*)"
UNTUNED = "default settings"
UNIFORM = "guessing blindly"
AHEAD_ROW = "Better than counting by"
WORSE = "−{nats:.2f} (worse)"
TEST_BEST = "Best loss · *held out*"
TRIALS_ROW = "Settings tried · *trials*"
TIME_ROW = "Searched for"
NOT_KNOWN = "–"

IMPORTANCE = "What mattered in each"
READ_IMPORTANCE = (
    "The longer the bar, the more this setting decided between a good trial and a better one in that search."
)
TOO_FEW_TRIALS = "{letters}: needs more trials to tell."
ROUGH = "{letters}: a first, rough impression from few trials."
IMPORTANCE_ALT = "What mattered in each, the most first. {rows}."

DIFFERENT = "What differed"
NOTHING_DIFFERENT = "Nothing: music, settings and machine are the same."
ONLY_HOW_FAR = "Only how far they came: {trials}. Music, settings and machine are the same."
SHARED = "What they share ({n})"
SETTING, ALL = "Setting", "In all of them"
DIFFERENCE = "- {name}: {values}"
VALUE_IN = "**{value}** in {letters}"
IN_ALL = {
    False: "In all of them: {tunes}.",
    True: "In all of them: {tunes} (there were too few tunes to deal whole ones, so they were cut in pieces).",
}
ONLY_IN = "Only in {letter}: {tunes}"
AND_MORE = "… and {n:,} more"
NO_TITLES = "Their titles are not known: the music is no longer saved under this name."
MUSIC_UNREADABLE = "Which tunes differ can no longer be told: the music of one of them is gone from its folder."
YES, NO, NO_LIMIT, UNKNOWN = "yes", "no", "no limit", "–"
MEMORY = "{gib:.1f} GiB"

with speaking(languages.ENGLISH):  # as all here, they are put into other words when they are asked for
    ROWS = {
        **next_search.SETTINGS,
        "music": "Music",
        "fingerprint": "The exact tunes and how they were dealt · *fingerprint*",
        "vocab_size": "Possible notes and lengths · *vocabulary*",
        "n_train": "Melodies to learn from",
        "n_validation": "Melodies to choose by · *validation*",
        "n_test": "Melodies held out to judge by · *test*",
        "sequence_length": "Notes and lengths seen at once · *context length*",
        "families": search.FAMILIES,
        "warm_up": "Settings drawn at random before it is guided · *sampler*",
        "began_with": "Began with",
        "device": search.DEVICE,
        "jobs": search.JOBS,
        "trial_timeout": "Most time for one model · *trial time limit*",
        "trial_memory": "Most memory for one model · *trial memory limit*",
        "seed": search.SEED,
        "versions": "Versions of the programs",
    }

SONGS = "How their winners sing"
SONGS_ABOUT = (
    "The song of the best model of each search. With the same music all begin alike, from a tune that none of them "
    "learned, and with the same throws of the dice; with other music each begins from its own. Below, the notes of "
    "the one that plays; when it ends, the next one begins."
)
SONG_OF = "{letter} sings · trial {number}, loss {loss:.2f}"
SONG_TITLE = "{letter} · {name}"
NO_SONG = {
    "practice": "{letter} learned practice melodies, which are no music, so its models do not sing.",
    "nothing": "No model of {letter} has finished yet.",
    "none": "The best model of {letter} left no song.",
}
