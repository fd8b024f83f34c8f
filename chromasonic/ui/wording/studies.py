"""Words on the Studies page."""

from chromasonic.results.records import SearchState
from chromasonic.results.study_list import Order

TITLE = "Your searches"
INTRODUCTION = "Every search is kept, with all its trials and its best models, until you delete it (*studies*)."
EMPTY = (
    "There is no search yet. Choose some music, set up a search – a single button is enough on each page – and it will "
    "be listed here: to watch, to read, to hear, to go on with."
)

HOW_TO_PICK = "Click in front of a search to choose it. Click a heading to sort."
TABLE_ALT = (
    "Table of your searches: name, state, trials, best loss, start, duration and music of each, and what you said of it"
)
STARRED, STAR, TAGS, NOTE, FAMILY = "★", "★", "Tags", "Note", "Kind of model"
STARRED_HELP = "Your favourites."
NAME, MUSIC, STATE, TRIALS, BEST, STARTED, TIME = (
    "Name", "Music", "State", "Trials", "Best loss", "Started", "Time",
)  # fmt: skip
WHOSE, NOBODYS, YOURS, YOURS_SHARED, SOMEBODYS = "Whose", "nobody's", "yours", "yours, shared", "somebody's"
SHARE = "Everyone on this server may look at it"
SHARE_HELP = "They can watch, read, hear and download it; only you can change it."
SHARED_BY = "Shared by {owner}, who alone can change it."
STARTED_FORMAT = "D MMM, HH:mm"  # as Moment.js writes it, which knows English names of months only
MINUTES = "{n:.1f} min"
BEST_HELP = "Validation loss in nats per token; lower is better. Compare only searches of the same music."
STATES = {
    SearchState.RUNNING: "searching",
    SearchState.PAUSED: "paused",
    SearchState.STOPPED: "stopped",
    SearchState.FINISHED: "finished",
    SearchState.FAILED: "failed",
}
TIME_WAS_UP, NOT_STARTED = "time was up", "not started"
TRIALS_OF = "{done} of {total}"

FIND = "Find"
FIND_WHERE = "Name, music, note or tag"
FILTERS = "Filter"
FILTERS_SET = "Filter ({n})"
ONLY_STARRED = "Only those with a star"
ORDER = "Sort by"
ORDERS = {Order.NEWEST: "Newest first", Order.BEST: "Best loss first", Order.NAME: "Name"}
N = "{n:,} studies"
N_OF_ALL = "{n:,} of {all:,} studies"
NOTHING_FITS = "None of your {all:,} studies fits what you look for."
SHOW_ALL = "Show all"

OPEN = "Open"
START = "Start"
RESUME = "Go on"
RENAME = "Rename …"
COMPARE = "Compare"
COMPARE_HELP = "Puts this search beside up to three others: their losses, what differed, and how they sing."
DELETE = "Delete …"
BUSY_HELP = "It is running; stop it first."

RENAME_TITLE = "Rename this search"
RENAMED = "“{old}” is now called “{new}”."

DELETE_TITLE = "Delete this search?"
DELETE_QUESTION = "“{name}” will be gone for good: {losses}. Your saved music is not touched."
LOSSES = "its {trials}, {models} and what is needed to go on with it"
DELETE_YES = "Delete it"
DELETE_NO = "Keep it"
DELETED = "“{name}” was deleted."

DASHBOARD = "Look closer in optuna-dashboard"
DASHBOARD_ABOUT = (
    "A tool for developers that draws every trial of every search. It opens in another tab, for this machine only, and "
    "it has no login: while Chromasonic runs, whoever uses this machine can see your searches, change and delete them."
)
DASHBOARD_START = "Start optuna-dashboard"
DASHBOARD_OPEN = "Open this search in optuna-dashboard"
