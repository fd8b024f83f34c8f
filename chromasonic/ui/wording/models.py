"""Words on the Models page."""

TITLE = "Your models"
INTRODUCTION = (
    "Finished models: those that you kept from a search, and those that others gave you. Each sings without its "
    "search, and fits into one file (*model bundle*)."
)
EMPTY = (
    "There is no finished model yet. When a search is done, train its final model on the Results page and press “To my "
    "models” there; or bring one that somebody gave you."
)
MODEL = "Model"
DAMAGED = "{name} (damaged)"
DAMAGED_ABOUT = "The file of this model is damaged and cannot be opened. All that is left is to delete it."

LISTEN = "Compose with it"
GO_ON = "Go on training …"
TAKE = "Take it home"
TAKE_HELP = "One file with the model, its settings, its card and a short example in Python. The tunes are not in it."
RENAME = "Rename …"
DELETE = "Delete …"
DECIDE_HELP = "Decide first whether it keeps what it learned last."
BUSY_HELP = "It is learning; wait, or stop that first."

BRING = "Bring a model …"
BRING_TITLE = "Bring a model"
BRING_ABOUT = (
    "Choose a model that Chromasonic saved, here or elsewhere. Its name ends in *.chromasonic-model.zip*. A whole "
    "search is imported on the Studies page."
)
FILE = "The model"
NO_FILE = "choose a file first"
BRING_YES = "Bring it here"
BROUGHT = "“{name}” is here. It can sing at once."

RENAME_TITLE = "Rename this model"
RENAMED = "“{old}” is now called “{new}”."

DELETE_TITLE = "Delete this model?"
DELETE_QUESTION = "“{name}” will be gone for good. Melodies that you kept, and your music, are not touched."
DELETE_YES = "Delete it"
DELETE_NO = "Keep it"
DELETED = "“{name}” was deleted."

GO_ON_TITLE = "Go on training"
GO_ON_ABOUT = (
    "It goes on from what it knows, gently, on this music (*fine-tuning*). Nothing is lost: the model stays as it is "
    "until you have heard the new one and decided."
)
NO_MUSIC = "There is no saved music to learn from yet. Choose some on the Music page first."
MUSIC = "Learn from"
EPOCHS = "How many times through it · *epochs*"
BEGIN = "Begin"

LEARNING = "It is learning from {music}"
STOP = "Stop"
EPOCH_OF = "Pass {epoch} of {epochs} through the tunes"
EPOCH_OF_LEFT = "Pass {epoch} of {epochs} through the tunes · about {left} left"
STARTING = "Getting ready …"
SO_FAR = (
    "Its loss was {before:.2f} before, and is {now:.2f} now, on {tunes} held back from this lesson (*validation loss*)."
)
FAILED = "It could not go on: {reason}."

DECIDE = "It has learned from {music}"
BETTER = (
    "Its loss went from **{before:.2f}** to **{after:.2f}** on {tunes} (*validation loss*, nats per token; lower is "
    "better)."
)
NOT_BETTER = (
    "Its loss went from **{before:.2f}** to **{after:.2f}** on {tunes} (*validation loss*, nats per token): no better "
    "than before. Unless you like what you hear, keep it as it was."
)
ARE_UNHEARD = "It had heard none of these tunes, so this is an honest test."
ARE_HEARD = (
    "It had heard these tunes before, or some of them, so this says how well it remembers, not how well it does on new "
    "music. Trust your ears."
)
AS_IT_WAS, AS_IT_IS = "As it was", "After this lesson"
SUNG_ALT = "The model sings: {which}"
KEEP_NEW = "Keep what it learned"
KEEP_OLD = "Keep it as it was"
KEPT_NEW = "“{name}” has kept what it learned."
KEPT_OLD = "“{name}” is as it was."
