"""Words on the Progress page."""

from chromasonic.results.records import SearchState, TrialState

TITLE = "Watching the search"
PURPOSE = "Here you watch a search at work: how well each trial learned, which one is best, and how long it will take."
ABOUT = "**{name}** · learns from {music}"
OTHERS = "All searches"

STATES = {
    SearchState.RUNNING: "Searching",
    SearchState.PAUSED: "Paused: it holds still after the epoch under way, and so does the clock",
    SearchState.STOPPED: "Stopped. Every finished trial is kept, and the search can go on from here",
    SearchState.FINISHED: "Finished",
    SearchState.FAILED: "Nothing worked",
}
STOPPED_RESTING = "Stopped. Every finished trial is kept, and so are those that rest: the search can go on from here"
STOPPING = "Stopping …"
NOT_STARTED = "Not started yet"
REASON = "{state}: {reason}."

BEST = "Best · *validation loss*"
BEST_HELP = (
    "How surprised the best model is by tunes it did not learn from, in nats per token (one pitch or one duration). "
    "Lower is better; 0 would be a model that always knows what comes next."
)
NONE_YET = "–"
TRIALS = "Settings tried · *trials*"
OF = "{done:,} of {total:,}"
ELAPSED, ELAPSED_IN_ALL = "Searching for", "Searched for"
TIME_IS_UP = "The time is up: the trials in training finish their pass through the tunes, then the search ends"
REMAINING = "Time left"
UNKNOWN_TIME = "soon known"
ABOUT_TIME = "about {time}"
AT_MOST = "at most {time}"
COMPARED = "{loss:.2f} nats per token: the best model is as unsure as someone choosing among {choices}. {others}"
COMPARED_TO = "{name} scores {loss:.2f}"
GUESSING, COUNTING, UNTUNED = "guessing blindly", "counting what follows what", "the untuned default"
TRIED = "Tried: {counts}."
COUNTED = {
    TrialState.COMPLETE: "{n:,} finished",
    TrialState.PRUNED: "{n:,} stopped early (*pruned*)",
    TrialState.FAILED: "{n:,} failed",
    TrialState.RESTING: "{n:,} resting",
}
GONE_ON, GONE_ON_PAUSED = "{n:,} going on after a rest", "{n:,} paused after a rest"
NOT_COUNTED = "Not counted yet: {counts}."
NEW, NEW_PAUSED = "{n:,} training now", "{n:,} paused"
INTERRUPTED = "{n:,} interrupted (their settings get another try)"
NOTHING_YET = "No trial has begun yet"
TRIALS_HELP = (
    "How many settings have been tried, of all that were asked for. Each trial learns a little and then *rests*; "
    "the better half of those that have come as far goes on. So the bar above counts lessons, not trials."
)

STOP = "Stop"
STOP_HELP = "Stops within seconds. Nothing is lost: finished trials are kept, and you can let it go on later."
PAUSE = "Pause"
PAUSE_HELP = "Holds still after the epoch that is being trained, until you let it go on."
START = "Start"
START_HELP = "The search begins with its first trial."
RESUME = "Go on"
RESUME_HELP = "The search goes on from here; a trial that was interrupted is tried again."
RELEASE_HELP = "The search goes on where it held still."
FURTHER = "Search further"
FURTHER_HELP = "Try more settings, in the light of all that were tried so far."
MORE_TRIALS = "More trials"
MORE_MINUTES = "More minutes"
MORE_MINUTES_HELP = "0 means no time limit."
SEE_RESULTS = "See the results"
SOMEWHERE = "in another window"
ELSEWHERE = (
    "This search runs {where}. You can watch it here; to stop it, press Ctrl+C there, or Stop in its own window. It "
    "can then go on here."
)

NOW = "Training now"
HOLDS_STILL = "Holds still"
TRIAL = "Trial {number} · {family}"
EPOCH = "Pass {epoch} of {epochs} through the tunes · *epoch*"
LOSS = "loss {loss:.3f} after the last pass, {best}"
LOSS_AT_BEST = "its best so far"
LOSS_ABOVE = "its best was {loss:.3f}"
FIRST_EPOCH = "no loss yet: the first pass is under way"
NOTHING_TO_DRAW = "The charts begin when a model has gone through the tunes once."
LEFT_OUT = "Interrupted trials are left out."
WAITING_FOR_TRIAL = "The first model is being set up …"

HISTORY = "How the search is going"
READ_HISTORY = "Each point is one trial; the lower, the better it learned."
READ_LINE = "The line is the best so far."
MARKS = {
    TrialState.COMPLETE: "● finished",
    TrialState.RESTING: "◇ rests, and goes on if it leads the others",
    TrialState.PRUNED: "○ stopped early",
    TrialState.RUNNING: "◆ trains now (drawn from its first pass on)",
    TrialState.FAILED: "× failed",
}
PAUSED_MARK = "◆ paused (drawn from its first pass on)"
READ_SCALE = "The scale is finer towards the best."
CURVES = "How the models learn"
READ_CURVES = "Each line is one model getting better from pass to pass; one that levels off has learned what it can."
READ_ENDS = "Where a grey line ends: {marks}."
LONGEST = "Of the trials that rest or were stopped early, those that learned longest are drawn."
CLOSER_WITH_MOUSE = "Drag a box to look closer, or use the keys + − and the arrows."
CLOSER_WITH_FINGERS = "Pinch to look closer."
WHOLE = "The whole chart"
MORE_TRIALS_NEEDED_RESTING = (
    "Needs more trials: after {needed} there is a first, rough impression of which setting matters ({done} so far)."
)
IMPORTANCE = "What matters"
READ_IMPORTANCE = "The longer the bar, the more this setting decided between a good trial and a better one."
MORE_TRIALS_NEEDED = (
    "Needs more trials: after {needed} finished ones there is a first, rough impression of which setting matters "
    "({done} so far). Trials that were stopped early do not count here."
)

FAILED = "What failed, and why ({n:,})"
FAILED_LINE = "**{trials}** – {reason}"
FAILED_AFTER = "The search learned from it to stay away from such settings, and went on."
NO_REASON = "no reason was recorded"

REMARKS = "Your notes on this search"
