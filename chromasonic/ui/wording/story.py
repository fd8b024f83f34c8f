"""Words on the page that tells what a search did; links lead into the glossary at its end."""

TITLE = "What did I just do?"
ABOUT = (
    "The search **{name}**, step by step, with its own numbers, pictures and sounds. Words that are links are "
    "explained at the end of this page."
)
STILL_RUNNING = "The search is still going on. This is its story so far; open the page again to hear how it goes on."
NOTHING_YET = (
    "No model has finished its lessons yet, so the story has only begun. It goes on here as soon as the first one has."
)
NOTHING = "No model has finished, so the story ends early. Let the search go on, or start another one."
STOPPED_EARLY = (
    "The search was stopped before a model had learned to its end, so the story breaks off here. What rests has lost "
    "nothing: let the search go on."
)
WATCH = "Watch the search"
TO_GO_ON = "Go on with the search"
NO_SEARCH = (
    "This page tells how a search works, with one of your own: how your tunes were dealt, what was tried, how the "
    "models learned, and what you can believe. There is no search yet; set one up, and come back."
)

DEALT = "1. Your tunes were dealt into three piles"
DEALT_TWO = "1. The melodies were dealt into two piles"
DEALT_ABOUT = (
    "A model that is asked about tunes it has practised can answer from memory. So the tunes of **{music}** were "
    "dealt before anything was learned, whole, and near copies into the same pile: no phrase lies in two of them."
)
DEALT_BY_PHRASE = (
    "A model that is asked about what it has practised can answer from memory. **{music}** is only a tune or two, so "
    "each was cut: a part to learn from, one to choose by and one held out to judge by. A tune repeats itself, so the "
    "scores flatter."
)
DEALT_PRACTICE = (
    "This search learned {music}: melodies made by a rule, to practise with, which are no music. They were dealt "
    "before anything was learned, so that a model cannot answer from memory."
)
TO_LEARN = "To learn from"
TO_CHOOSE = "To choose by"
TO_JUDGE = "Held out to judge by"
DEALT_WHY = (
    "From the first pile, the [training set](#training-set), models learn. The second, the [validation "
    "set](#validation-set), says which settings are better. The third, the [test set](#test-set), is touched once at "
    "the very end. A model that did best on some tunes was also lucky with them; how good it is can be seen on tunes "
    "that had no say in the choice."
)
DEALT_WHY_TWO = (
    "From the first pile, the [training set](#training-set), models learn. The second, the [validation "
    "set](#validation-set), says which settings are better. There is no third pile for a last test here, so the "
    "winner's score flatters it a little."
)
TRANSPOSED = (
    "You also asked for practice in all keys: in each pass every phrase was moved to another key "
    "([augmentation](#augmentation))."
)

TRIED = "2. Each try had settings of its own"
TRIED_ABOUT = (
    "A [model](#model) finds out by itself which note follows which. But some things have to be set before it begins, "
    "and nobody can know the best values beforehand: its [hyperparameters](#hyperparameter). One set of them, and one "
    "model trained with it, is a [trial](#trial). In this search there were {trials}."
)
TRIED_DEFAULT = "The very first took the default settings, for comparison."
TRIED_TABLE = "The first try and the best one had these settings:"
FIRST_IS_BEST = "The first try is the best one. It had these settings:"
SETTING, FIRST, BEST = "Setting", "First try", "Best try"
FAMILY = "Kind of model"

LEARNED = "3. Each model took lessons"
LEARNED_ABOUT = (
    "In a lesson, an [epoch](#epoch), a model goes through all the practice tunes. It guesses each next pitch or "
    "length – each [token](#token) – looks at what really came, and is corrected a little. Trial {number}, the best "
    "one, took {epochs}. Its [loss](#loss) on tunes it had not practised fell from {begin:.2f} to {end:.2f} and was "
    "lowest after epoch {best}, as its [learning curve](#learning-curve) shows."
)
LEARNED_BY_HEART = (
    "Look where the lines drift apart: after epoch {epoch} it got no better on other tunes, though it went on getting "
    "better on its own. It was learning by heart ([overfitting](#overfitting)). That does no harm here: what counts, "
    "and what was kept, is the model as it was at its best."
)
READ_CURVE = "The thick line is the loss on other tunes, the dotted one on its practice tunes."

MARKED = "4. Each guess got a mark"
MARKED_ABOUT = (
    "The [loss](#loss) says how surprised a model is by what really comes next, in [nats](#nats). The best one has "
    "{loss:.2f}: it is as unsure as someone choosing among {choices}."
)
MARKED_GUESSING = "Who guesses blindly among all {vocabulary} [tokens](#token) scores {uniform:.2f}."
MARKED_COUNTING = "Who only counts which notes followed which (an [n-gram](#n-gram)) scores {ngram:.2f}."
READING = (
    "Here the best model read along in a tune it had never met, and said before each note how likely it thought it. "
    "It gave {expected} of the {n} notes a chance of one in four or more, and {surprising} less than one in twenty. "
    "Point at a note to see its chance."
)
READ_READING = "Time runs to the right, pitch upwards; the colour says how much each note was expected."
READING_TABLE = "The same as a table"
NOTE, CHANCE = "Note", "Chance it was given"

STOPPED = "5. Some were stopped early"
STOPPED_NOBODY = "5. Why some may be stopped early"
STOPPED_ABOUT = (
    "Whoever is far behind in the middle of the lessons seldom wins, so the search gives up such trials and spends "
    "the time on others ([pruning](#pruning)). It did so {times}. Trial {number}, for example: after {epochs} its "
    "loss was {loss:.2f}, and half of the trials before it had had {usual:.2f} or less by then."
)
STOPPED_READ = "The trial that was stopped, beside the one that won."
STOPPED_NONE = (
    "Whoever is far behind in the middle of the lessons seldom wins, so a search may give up such trials "
    "([pruning](#pruning)). In this search that happened to none."
)
STOPPED_SOME = (
    "Whoever is far behind in the middle of the lessons seldom wins, so the search gives up such trials and spends "
    "the time on others ([pruning](#pruning)). It did so {times}."
)
STOPPED_RESTING_ABOUT = (
    "Whoever is far behind in the first lessons seldom wins, so here trials [rest](#resting) after epoch {rungs}. The "
    "better half of those that have come as far goes on where it was; those that never do are given up in the end "
    "([pruning](#pruning)). That happened {times}. Trial {number}, for example: after {epochs} its loss was "
    "{loss:.2f}, and half of those that went on had had {usual:.2f} or less by then."
)
STOPPED_RESTING_SOME = (
    "Whoever is far behind in the first lessons seldom wins, so here trials [rest](#resting) after epoch {rungs}. The "
    "better half of those that have come as far goes on where it was; those that never do are given up in the end "
    "([pruning](#pruning)). That happened {times}."
)
STOPPED_RESTING_NONE = (
    "Whoever is far behind in the first lessons seldom wins, so here trials [rest](#resting) after epoch {rungs}. The "
    "better half of those that have come as far goes on where it was; those that never do are given up in the end "
    "([pruning](#pruning)). So far none was given up; resting now: {resting}."
)

CHOSEN = "6. The search learned where to look"
CHOSEN_ABOUT = (
    "At the start {trials} were thrown with dice, to look everywhere once. From then on the [sampler](#sampler) "
    "compared the settings of good trials with those of poor ones and tried what looked more like the good "
    "([TPE](#tpe))."
)
CHOSEN_BEGUN = (
    "This search began with {began}, so it knew something from the start. The [sampler](#sampler) compares the "
    "settings of good trials with those of poor ones and tries what looks more like the good ([TPE](#tpe))."
)
CHOSEN_NOT_YET = (
    "The trials were thrown with dice, to look everywhere once. With more of them, the [sampler](#sampler) "
    "compares the settings of good trials with those of poor ones and tries what looks more like the good "
    "([TPE](#tpe))."
)
CHOSEN_NOT_YET_DEFAULT = (
    "The first trial takes the default settings; those after it are at first thrown with dice, to look everywhere "
    "once. With more of them, the [sampler](#sampler) compares the settings of good trials with those of poor ones and "
    "tries what looks more like the good ([TPE](#tpe))."
)
CHOSEN_PROVEN = "Besides, {trials} at the start took settings that did well on other music."
CHOSEN_NEARER = (
    "You can see it: those at the start lay on average {early:.0f} % of each range away from the best settings, the "
    "later ones {late:.0f} %."
)
CHOSEN_FURTHER = (
    "In this search it does not show: the later trials lay no nearer to the best settings ({late:.0f} % of each range "
    "on average) than those at the start ({early:.0f} %). More trials usually help."
)
READ_CHOICES = (
    "Each point is a trial, in the order they were tried, and upwards its value of one setting: {setting}. The star is "
    "the best."
)
READ_HOLLOW = "Hollow points were thrown with dice, full ones chosen."
READ_DEFAULT = "The square is the default settings."
READ_PROVEN = "Squares are the default settings, and those that did well on other music."

HEARD = "7. What the settings changed, to hear"
HEARD_ABOUT = (
    "Both models were given the same opening and the same throws of the dice. What you hear change comes from their "
    "settings, and from nothing else."
)
HEARD_FIRST = "The first try: trial {number}, loss {loss:.2f}"
HEARD_BEST = "The best: trial {number}, loss {loss:.2f}"
HEARD_ONE = "The first try is the best one, so there is one song to hear."
HEARD_NOTHING = "None of the two has left a song."
HEARD_PRACTICE = "Practice melodies are no music, so these models do not sing."
HEARD_ALT = "Song of trial {number}"

TRUST = "8. What to trust, and what not"
TRUST_MEASURED = (
    "**The comparison.** On {tunes} that played no part in the search, the best model has a loss of {score} nats per "
    "token."
)
TRUST_VALIDATION = (
    "**The comparison, with care.** The best model was chosen by the same tunes that its loss of {loss:.2f} is "
    "measured on, and that flatters it a little. The Results page makes the honest test, where there are tunes for it."
)
TRUST_ORDER = (
    "**Not the exact order.** With another [seed](#seed) two settings that are close would change places. Trust what "
    "good trials have in common."
)
TRUST_BEAUTY = (
    "**Not that it is beautiful.** A lower loss means that a model foresees your tunes better. Whether it sings "
    "better is for your ears to say: the page By ear lets you compare blind."
)
TRUST_IMPORTANCE = (
    "**Not yet what mattered.** Which settings did rests on {trials}; it is a first, rough impression that more of "
    "them can still change."
)
TO_RESULTS = "See the results"
TO_LISTEN = "Hear what it sings"
