"""Words about the songs that a search leaves on its way."""

TITLE = "Hear it getting better"
ABOUT = (
    "Whenever a model was among the best, it sang: always from the same two bars of a tune that none of them learned, "
    "and with the same throws of the dice. So whatever you hear change comes from its settings."
)
STILL_SILENT = "The first model sings as soon as it has finished its lessons."
NONE_KEPT = "No model of this search has sung: it ended before one had finished, or was made before models sang."
PRACTICE = "This search learned practice melodies, which are no music, so its models do not sing."

IN_A_ROW = "One after the other: {steps}."
STEP = "{time} trial {number} ({loss})"
IN_A_ROW_ALT = "The songs of {n} models, one after the other"

WHICH = "Whose song?"
WHICH_HELP = "Each was the best so far when it had finished. Points in the chart can be chosen too."
FIRST = "First try · {loss}"
BETTER = "Trial {number} · {loss}"
WINNER = "Best · {loss}"
OTHER = "Trial {number}"

READ_CHART = "Choose a point to hear what that model sang."
NO_SONG = "Trial {number} left no song: only models that are among the best when they have finished do."
SONG = "Trial {number} sings"
LOSS = "Validation loss {loss:.3f} nats per token"
