"""Words on the Results page."""

from chromasonic.results.finding import Kind

TITLE = "What the search found"
PURPOSE = "Here stands what a search found: the best settings, how far they beat plain counting, and what to try next."
ABOUT = "**{name}** · learned from {music} · {trials} tried in {time}"
ABOUT_NOTHING = "**{name}** · learns from {music} · no trial finished so far, after {time}"
SIDES = "Melodies: {sides}."
STILL_RUNNING = "The search is still going on; this is how it stands now."
CUT_SHORT = "The search was stopped before its end; this is how it stands. It can go on where it was."
NOTHING_YET = "No trial has finished yet, so there is nothing to show so far. It will not be long."
NOTHING = "No trial has finished, so there is no result to show. Let the search go on, or start another one."
STOPPED_EARLY = (
    "The search was stopped before a trial had been trained to its end, so there is no result to show yet. What rests "
    "has lost nothing: let the search go on."
)
WATCH = "Watch the search"
TO_GO_ON = "Go on with the search"
MEASURING = "Testing the best model on tunes it has never met …"

VERDICT = "How good is it?"
READ_COMPARISON = {
    True: (
        "How surprised each is by what was kept away from the whole search ({tunes}), in nats per token (*test loss*). "
        "The shorter the bar, the better."
    ),
    False: (
        "How surprised each is by tunes it did not learn from, in nats per token (*validation loss*). The shorter the "
        "bar, the better. This search had no tunes to spare for a last test."
    ),
}
TEST_SCORE = "Its loss on the test tunes: {score} nats per token."
COMPARISON_TABLE = "The same in numbers"
COLUMN_NAME = "Model"
COLUMN_LOSS = "Loss (nats per token)"
COLUMN_CHOICES = "As unsure as choosing among so many notes or lengths"
COLUMN_DIFFERENCE = "Beside it the tuned model's loss is"

LISTEN = "Hear what it sings"
STORY = "What did I just do?"
FINDINGS = "What it means"
ICONS = {
    Kind.WON: ":material/trophy:",
    Kind.MATTERED: ":material/tune:",
    Kind.NEXT: ":material/lightbulb:",
    Kind.CAUTION: ":material/warning:",
}

SEE_IT = "See it"
READ_HISTORY = "Each point is a trial, in the order they were tried, and upwards its loss; lower is better."

SETTINGS = "The best settings"
SETTING = "In plain words"
TERM = "Its term"
VALUE = "Best value"

LEADERBOARD = "All trials, best first"
HOW_TO_PICK = (
    "Click in front of a trial to see how it learned, and to give it a star, tags or a note. Click a heading to sort; "
    "point at one to see what it means. More columns stand to the right."
)
LEADERBOARD_ALT = "Table of the trials: rank, number, loss, how it ended, and its settings"
RANK, TRIAL, LOSS, STATE, MODEL, TIME, SIZE, EPOCH = (
    "Rank", "Trial", "Loss", "Ended", "Model", "Time", "Parameters", "Best epoch",
)  # fmt: skip
SECONDS = "{n:.0f} s"
STARRED, STAR, TAGS, NOTE = "★", "★", "Tags", "Note"
COLUMNS = {  # what each heading means
    "rank": "Its place among the trials that finished.",
    "trial": "Its number, in the order they were tried.",
    "loss": "How surprised it is by tunes it did not learn from, in nats per token (validation loss). Lower is better.",
    "state": "Whether it finished, rests, was stopped early (pruned), or failed.",
    "model": "Kind of model (model family).",
    "epoch": "After how many passes through the tunes it was at its best (best epoch).",
    "time": "How long it trained.",
    "size": "How many numbers it adjusts while it learns (parameters).",
    "starred": "Your favourites.",
    "tags": "Words you gave it, to find it by.",
    "note": "How your note on it begins.",
}
MEANINGS = "What the headings mean: {meanings}."
SHORT_MEANINGS = {
    "epoch": "after how many passes through the tunes it was at its best",
    "size": "how many numbers it adjusts while it learns",
}
STATES = {"complete": "finished", "resting": "resting", "pruned": "stopped early", "failed": "failed"}
CHOSEN_TRIAL = "Trial {number}"
TRAINED = "{epochs} in {time}"
READ_TRIAL = (
    "The thick line is the loss on tunes it did not learn from, the dotted one on those it practised. When they drift "
    "apart, it is learning by heart."
)

SLICE = "One setting at a time"
READ_SLICE = (
    "Each point is a trial, darker where several lie on each other: to the right its value of this setting, upwards "
    "its loss; lower is better. A clear valley shows where good values lie. The star is the best trial."
)
READ_SLICE_UNFINISHED = (
    "Hollow grey points rest or were stopped early: they stand at their best loss so far, and might have come lower."
)
READ_SLICE_ABOVE = "Points at the upper edge are worse than the chart shows ({trials})."
SLICE_OF = "Setting"
TIMELINE = "When each trial trained"
READ_TIMELINE = "Each bar is one trial, as long as it took. Bars below each other trained side by side."
READ_TIMELINE_RESTING = (
    "Each bar is a trial for as long as it trained; one that rested and went on has several. Bars below each other "
    "trained side by side."
)
READ_BREAKS = "At a dotted line the search was stopped or held still, and went on later."

REMARKS = "Your notes on this search"
DOWNLOADS = "Take it home"
DOWNLOADS_HELP = "For your notes, for a colleague, or to use the best settings in a program of your own."
FILES = {
    "best_hyperparameters.json": ("Best settings (JSON)", "The six best settings, for programs."),
    "optimization_results.json": ("Every trial (JSON)", "All trials and what is needed to repeat the search."),
    "optimization_report.txt": ("Report (text)", "A report to read, in English."),
    "optimization_history.png": ("Picture (PNG)", "How the search went, as a picture."),
}
ZIP = "All in one"
ZIP_HELP = "All of these files in one zip."
REPORTS = {
    "html": (
        "Report to show (HTML)",
        "One page with charts, players, sheet music, settings and advice. It opens in any browser, prints well and "
        "needs no network.",
    ),
    "md": ("Report for notes (Markdown)", "The same without sound, for notes and for GitHub."),
}

FINAL = "One last lesson"
FINAL_ABOUT = (
    "So far the best model has learned from a part of your music; the rest was kept back to choose and to judge it by. "
    "With the settings now known, train it once more on all of it (*final model*), and it has heard every tune you "
    "have. There is nothing left to test it on, so it gets no score of its own."
)
FINAL_TRAIN = "Train the final model"
FINAL_AGAIN = "Train it again"
FINAL_DONE = "The final model is ready: choose it on the Listen page."
FINAL_TAKE = "Take the model home"
FINAL_TAKE_HELP = (
    "One file with the model, its settings, its card and a short example in Python: to keep, to share, to sing on "
    "another machine (*model bundle*). The tunes are not in it."
)
FINAL_KEEP = "To my models"
FINAL_KEEP_HELP = "On the Models page it stays when this search is deleted, and you can go on training it."
FINAL_KEPT = "“{name}” is among your models now."
FINAL_CARD = "Its card: what it knows, and how well"
FINAL_READING = "Writing its card …"
FINAL_FAILED = "The final model could not be trained: {reason}."
FINAL_STOP = "Stop"
