"""Words about the workers of a search that several machines share."""

HEADER = "Workers"
ABOUT = (
    "Machines that work on this search together. Each one trains a trial of its own, and all learn from what the "
    "others found. One that disappears costs nothing: its trial is tried again."
)
NONE_YET = "No worker has come yet. Start one on any machine that reaches the database:"
ANOTHER = "Start another worker"
ANOTHER_ABOUT = "On any machine that reaches the database, after Chromasonic was installed there:"
TYPE_IT = "Type your password where `***` stands."
NO_STORE = (
    "The music of this search is on this machine only, because no artifact store is set: only workers that share this "
    "workspace's folder find it. Set `CHROMASONIC_ARTIFACTS` to a folder that all machines see, or to a bucket such as "
    "`s3://melodies`, and start the search anew."
)

COLUMNS = {
    "where": "Where",
    "device": "Device",
    "done": "Trials finished",
    "now": "Doing now",
    "sign": "Last sign of life",
}
WHERE = "{host} (process {pid})"
TRAINS = "trains trial {numbers}"
WAITS = "waits for a trial"
HOLDS = "holds still"
LEFT = "has left"
GONE = "gave no more sign of life"
AGO = "{time} ago"
TABLE_ALT = "One line for each worker: where it runs, what it does, and when it was last heard of"
ALIVE = "{n} at work, {left} gone."

STOP_ALL = "Stop for all"
STOP_ALL_HELP = (
    "Every worker holds still after the epoch that it is training, on whatever machine, and waits. Finished trials are "
    "kept; the others are tried again when it goes on."
)
GO_ON_ALL = "Go on for all"
GO_ON_ALL_HELP = "Every worker that waits takes its next trial."
HERE_TOO = "Work on it here too"
HERE_TOO_HELP = "This machine becomes one more worker."
